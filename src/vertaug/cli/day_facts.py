"""Facts of the patient for the day's sheet, from a TOML or JSON file."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from vertaug.case.errors import FormatError, InputError
from vertaug.indications.fact import Fact, FactKind
from vertaug.indications.patient_facts import PatientFacts, define_fact, read_definitions

_KEYS = frozenset({"value", "unit", "dated", "source", "note"})
_UNKNOWN = "unknown"


def read_day_facts(path: Path) -> PatientFacts:
    """Read the facts of a patient.

    Groups of facts (``[lab]`` with ``inr = 1.1``) or full names; a value alone, or a table with
    ``value`` and ``dated``. What is "unknown" or not named is unknown.

    Parameters
    ----------
    path : Path
        ``.toml`` or ``.json``.

    Raises
    ------
    FormatError
        If the file cannot be read.
    InputError
        If it holds an unknown name, another unit or an impossible value; all are named.
    """
    facts, wrong = [], []
    for name, given in _flatten(_load(path)):
        try:
            facts.append(_fact(name, given, path.name))
        except InputError as error:
            wrong.append(str(error))
    if wrong:
        message = f"{path.name}: {'; '.join(wrong)}"
        raise InputError(message)
    return PatientFacts.of(facts)


def _load(path: Path) -> Mapping[str, Any]:
    kind = path.suffix.lower()
    if kind not in {".toml", ".json"}:
        message = f"facts are read from .toml or .json; got {path.name}"
        raise FormatError(message)
    try:
        text = path.read_text(encoding="utf-8-sig")
        tree = tomllib.loads(text) if kind == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        message = f"the facts {path} cannot be read: {error}"
        raise FormatError(message) from error
    if not isinstance(tree, dict):
        message = f"the facts {path} are expected as a table of groups such as lab and patient"
        raise FormatError(message)
    return tree


def _flatten(tree: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    groups = {name.partition(".")[0] for name in read_definitions() if "." in name}
    for key, value in tree.items():
        if key in groups and isinstance(value, Mapping):
            for inner, given in value.items():
                yield f"{key}.{inner}", given
        else:
            yield key, value


def _fact(name: str, given: Any, source: str) -> Fact:
    definition = define_fact(name)
    table = dict(given) if isinstance(given, Mapping) else {"value": given}
    other = sorted(set(table) - _KEYS)
    if other or "value" not in table:
        message = f"{name} is expected as a value, or a table of {', '.join(sorted(_KEYS))}"
        raise InputError(message)
    unit = str(table.get("unit", "")) or definition.unit
    if unit != definition.unit:
        message = f"{name} is expected in {definition.unit or 'no unit'}; got {unit}"
        raise InputError(message)
    value = table["value"]
    if definition.kind is FactKind.BOOL and isinstance(value, str):
        value = {"yes": True, "no": False}.get(value.strip().lower(), value)
    unknown = value is None or (isinstance(value, str) and value.strip().lower() == _UNKNOWN)
    if unknown and not (definition.kind is FactKind.CHOICE and _UNKNOWN in definition.choices):
        value = None
    return Fact(
        definition=definition,
        value=value,
        dated=_day(name, table.get("dated")),
        source=str(table.get("source", source)),
        note=str(table.get("note", "")),
    )


def _day(name: str, given: Any) -> date | None:
    if given is None:
        return None
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError as error:
        message = f"{name} is dated {given!r}; expected a day such as 2026-03-02"
        raise InputError(message) from error
