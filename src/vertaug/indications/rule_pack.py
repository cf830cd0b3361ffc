"""The rules of the panel, read from a file and checked: ours, or one of a site."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from vertaug.case.errors import FormatError, InputError, MissingExtraError
from vertaug.case.near_name import find_near
from vertaug.case.packaged_data import read_packaged_text
from vertaug.case.source_status import SourceStatus
from vertaug.indications.rule import RULE_STATUSES, Effect, Parameter, Rule, Strength
from vertaug.indications.rule_expression import Expression, list_parameters, parse_expression
from vertaug.indications.source import read_sources

_NEEDED = frozenset(
    {"id", "when", "effect", "grade", "st", "src", "say", "pt", "strength", "review_by"}
)
_OPTIONAL = frozenset({"alt", "gate", "applies", "clears", "reviewer"})
LAB_AGE = "lab_max_age_h"
"""Parameter: a blood test that is older counts as unknown."""

_Word = TypeVar("_Word", Effect, Strength)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePack:
    """Rules with their parameters.

    Attributes
    ----------
    version : str
    name : str
        Name of the file, without its folder; empty for ours.
    sha256 : str
        Of the text that it was read from.
    parameters : mapping of str to Parameter
    rules : tuple of Rule
    """

    version: str
    name: str
    sha256: str
    parameters: Mapping[str, Parameter]
    rules: tuple[Rule, ...]

    @property
    def values(self) -> dict[str, float]:
        """The parameters in force."""
        return {name: parameter.value for name, parameter in self.parameters.items()}

    @property
    def changed(self) -> tuple[Parameter, ...]:
        """Parameters that a site set to another value."""
        return tuple(p for p in self.parameters.values() if p.value != p.default)

    def rule(self, name: str) -> Rule:
        """Return a rule by its name.

        Raises
        ------
        InputError
            If there is none; names near ones.
        """
        for rule in self.rules:
            if rule.name.upper() == name.strip().upper():
                return rule
        known = [rule.name for rule in self.rules]
        near = find_near(name.strip().upper(), known, most=4, cutoff=0.4) or known
        message = f"there is no rule '{name}'; there are {', '.join(near)}"
        raise InputError(message)

    def with_settings(self, settings: Mapping[str, float]) -> "RulePack":
        """Return the pack with other values of parameters.

        Raises
        ------
        InputError
            If there is no such parameter, or the value is outside its range.
        """
        changed = dict(self.parameters)
        for name, value in settings.items():
            if name not in changed:
                message = f"there is no parameter '{name}'; there are {', '.join(changed)}"
                raise InputError(message)
            old = changed[name]
            if not old.low <= value <= old.high:
                unit = f" {old.unit}" if old.unit else ""
                message = (
                    f"{name} is expected between {old.low:g} and {old.high:g}{unit} "
                    f"({old.source}); got {value:g}"
                )
                raise InputError(message)
            changed[name] = replace(old, value=float(value))
        return replace(self, parameters=MappingProxyType(changed))


@cache
def read_own_pack() -> RulePack:
    """Return the rules that come with vertaug.

    Raises
    ------
    MissingExtraError
        If PyYAML is not installed.
    """
    data = read_packaged_text("vertaug.indications", "rules.yaml")
    return parse_rule_pack(data, "")


def read_rule_text(path: Path) -> str:
    """Return the text of a site's file of rules, for `parse_rule_pack`.

    Raises
    ------
    FormatError
        If it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"the rules {path} cannot be read: {error}"
        raise FormatError(message) from error


def parse_rule_pack(text: str, name: str) -> RulePack:
    """Return the rules of a text.

    Parameters
    ----------
    name : str
        Of the file; empty for ours.

    Raises
    ------
    FormatError
        If it holds something else than rules; says where.
    """
    where = name or "rules.yaml"
    tree = _load(text, where)
    _check_keys(tree, {"version", "params", "rules"}, frozenset(), where)
    if not isinstance(tree["params"], dict) or not isinstance(tree["rules"], list):
        message = f"{where}: params is expected as a table and rules as a list"
        raise FormatError(message)
    parameters = {
        key: _parameter(key, table, f"{where}: parameter {key}")
        for key, table in tree["params"].items()
    }
    rules = tuple(_rule(table, where, parameters) for table in tree["rules"])
    _refuse_twice((rule.name for rule in rules), where)
    if LAB_AGE not in parameters:
        message = f"{where}: the parameter {LAB_AGE} is missing"
        raise FormatError(message)
    return RulePack(
        version=str(tree["version"]),
        name=name,
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        parameters=MappingProxyType(parameters),
        rules=rules,
    )


def load_yaml(text: str, where: str) -> Any:
    """Return the plain values of a YAML text.

    Raises
    ------
    FormatError
        If it is not YAML, or asks for more than plain values.
    MissingExtraError
        If PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        message = (
            "the indication panel needs PyYAML, which is not installed; "
            "install it with: pip install 'vertaug[clinic]'"
        )
        raise MissingExtraError(message) from error
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        message = f"{where} is not a YAML file that can be read: {error}"
        raise FormatError(message) from error


def _load(text: str, where: str) -> dict[str, Any]:
    tree = load_yaml(text, where)
    if not isinstance(tree, dict):
        message = f"{where} is expected to hold version, params and rules"
        raise FormatError(message)
    return tree


def _check_keys(
    table: Mapping[str, Any],
    needed: Iterable[str],
    optional: frozenset[str],
    where: str,
) -> None:
    missing = sorted(set(needed) - set(table))
    if missing:
        message = f"{where}: missing {', '.join(missing)}"
        raise FormatError(message)
    unknown = sorted(str(key) for key in set(table) - set(needed) - optional)
    if unknown:
        known = sorted({*needed, *optional})
        message = f"{where}: unknown {', '.join(unknown)}; known are {', '.join(known)}"
        raise FormatError(message)


def _parameter(name: str, table: Any, where: str) -> Parameter:
    if not isinstance(table, dict):
        message = f"{where} is expected as a table with value, range and src"
        raise FormatError(message)
    _check_keys(table, {"value", "range", "src"}, frozenset({"unit"}), where)
    numbers = [table["value"], *_as_list(table["range"])]
    if len(numbers) != 3 or not all(_is_number(n) for n in numbers):
        message = f"{where}: value is expected as a number and range as two of them"
        raise FormatError(message)
    value, low, high = (float(n) for n in numbers)
    if not low <= value <= high:
        message = f"{where}: {value:g} is outside its range, {low:g} to {high:g}"
        raise FormatError(message)
    _check_sources([str(table["src"])], where)
    return Parameter(
        name=name,
        value=value,
        default=value,
        low=low,
        high=high,
        unit=str(table.get("unit", "")),
        source=str(table["src"]),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _rule(table: Any, where: str, parameters: Mapping[str, Parameter]) -> Rule:
    if not isinstance(table, dict) or not isinstance(table.get("id"), str):
        message = f"{where}: a rule is expected as a table with an id"
        raise FormatError(message)
    place = f"{where}: rule {table['id']}"
    _check_keys(table, _NEEDED, _OPTIONAL, place)
    sources = tuple(str(key) for key in _as_list(table["src"]))
    _check_sources(sources, place)
    effect = _word(Effect, table["effect"], place)
    if (effect is Effect.GATE) != bool(table.get("gate")):
        message = f"{place}: the key gate goes with the effect gate, and only with that"
        raise FormatError(message)
    if "applies" in table and effect is not Effect.GATE:
        message = f"{place}: the key applies goes with the effect gate, and only with that"
        raise FormatError(message)
    condition = _condition(table["when"], place, parameters)
    applies = table.get("applies")
    review_by = table["review_by"]
    if not isinstance(review_by, date):
        message = f"{place}: review_by is expected as a date; got {review_by!r}"
        raise FormatError(message)
    alternatives = table.get("alt") or {}
    return Rule(
        name=table["id"],
        when=str(table["when"]),
        condition=condition,
        effect=effect,
        grade=str(table["grade"]),
        strength=_word(Strength, table["strength"], place),
        status=_status(table["st"], place),
        sources=sources,
        say=str(table["say"]),
        patient=str(table["pt"] or ""),
        alternatives=tuple((str(body), str(text)) for body, text in alternatives.items()),
        gate=str(table.get("gate", "")),
        applies=None if applies is None else _condition(applies, place, parameters),
        clears=str(table.get("clears", "")),
        reviewer=str(table.get("reviewer", "")),
        review_by=review_by,
    )


def _condition(text: object, place: str, parameters: Mapping[str, Parameter]) -> Expression:
    try:
        condition = parse_expression(str(text))
    except InputError as error:
        message = f"{place}: {error}"
        raise FormatError(message) from error
    lost = [name for name in list_parameters(condition) if name not in parameters]
    if lost:
        message = f"{place}: there is no parameter {', '.join(lost)}"
        raise FormatError(message)
    return condition


def _check_sources(keys: Iterable[str], where: str) -> None:
    known = read_sources()
    keys = tuple(keys)
    lost = [key for key in keys if key not in known]
    if lost or not keys:
        named = ", ".join(lost) or "no source"
        message = f"{where}: {named} is not in the list of sources; known are {', '.join(known)}"
        raise FormatError(message)


def _word(kind: type[_Word], given: object, where: str) -> _Word:
    try:
        return kind(str(given))
    except ValueError as error:
        known = ", ".join(word.value for word in kind)
        message = f"{where}: {given!r} is not one of {known}"
        raise FormatError(message) from error


def _status(given: object, where: str) -> SourceStatus:
    if given not in RULE_STATUSES:
        message = f"{where}: {given!r} is not one of {', '.join(RULE_STATUSES)}"
        raise FormatError(message)
    return SourceStatus(str(given))


def _refuse_twice(names: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            message = f"{where}: rule {name} is there twice"
            raise FormatError(message)
        seen.add(name)
