"""Facts of a patient from a TOML or JSON file: checked, converted, without what names a person."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from vertaug.case.errors import FormatError, InputError
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.antithrombotic_file import (
    add_seconds,
    is_drug_key,
    read_antithrombotics,
)
from vertaug.indications.fact import Fact
from vertaug.indications.fact_date import find_fracture_age, is_date_key, read_date
from vertaug.indications.fact_fhir import read_bundle
from vertaug.indications.fact_value import ReadFacts, read_value
from vertaug.indications.identity import is_identifying, keep_age
from vertaug.indications.patient_facts import PatientFacts, define_fact, read_definitions

_VALUE_KEYS = frozenset({"value", "unit", "dated", "source", "note"})
_LONGEST_TEXT = 200


def read_facts(path: str | Path, *, on: date) -> ReadFacts:
    """Read the facts of a patient from a TOML, JSON or FHIR R4 file.

    Keys that name a person (names, birth date, numbers, addresses) are left out, and so is
    the exact age from 90 years on; the notes say so.

    Parameters
    ----------
    path : str or Path
        ``.toml``; ``.json``, either facts or a FHIR Bundle.
    on : date
        Day of the panel, from which the age of the fracture is counted where dates are given.

    Raises
    ------
    FormatError
        If the file cannot be read.
    InputError
        If it holds an unknown key, an impossible value or an unknown unit; all are named.
    """
    path = Path(path)
    tree = _load(path)
    if tree.get("resourceType") is not None:
        return read_bundle(tree, path.name, on=on)
    if "research_use_only" in tree and "provenance" in tree:
        message = (
            f"{path} is the result of a case, not facts of a patient: name the case folder as "
            f"CASE (vertaug indications {path.parent})"
        )
        raise InputError(message)
    return parse_facts(tree, path.name, on=on)


def _load(path: Path) -> dict[str, Any]:
    kind = path.suffix.lower()
    if kind not in {".toml", ".json"}:
        message = f"{path} is expected as .toml or .json (facts, or a FHIR R4 Bundle)"
        raise FormatError(message)
    try:
        text = path.read_text(encoding="utf-8-sig")
        tree = tomllib.loads(add_seconds(text)) if kind == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        message = f"the facts {path} cannot be read: {error}"
        if isinstance(error, tomllib.TOMLDecodeError):
            message += (
                ". In TOML yes and no are true and false, words stand in straight quotes, days are "
                "written such as 2026-11-28"
            )
        raise FormatError(message) from error
    if not isinstance(tree, dict):
        message = f"the facts {path} are expected as a table of groups such as sx and lab"
        raise FormatError(message)
    return tree


def parse_facts(tree: Mapping[str, Any], name: str, *, on: date) -> ReadFacts:
    """Return the facts of a tree of plain values.

    Parameters
    ----------
    tree : mapping
        Groups of facts (``{"lab": {"inr": 1.1}}``) or full names (``{"lab.inr": 1.1}``).
    name : str
        Of the file, the source of facts that name none.
    on : date
        Day of the panel.

    Raises
    ------
    InputError
        If something in it cannot be used; all of it is named.
    """
    facts: list[Fact] = []
    dates: dict[str, date] = {}
    notes: list[str] = []
    wrong: list[str] = []
    dropped: list[str] = []
    drugs = AntithromboticRecord()
    try:
        drugs, said = read_antithrombotics(tree)
        notes += said
    except InputError as error:
        wrong.append(str(error))
    for key, value in _flatten(tree):
        if is_drug_key(key):
            continue
        if is_identifying(key):
            dropped.append(key)
            continue
        try:
            if is_date_key(key):
                dates[key] = read_date(value, key)
                continue
            fact, said = _read_fact(key, value, name)
            facts.append(fact)
            notes += said
        except InputError as error:
            wrong.append(str(error))
    try:
        found, said = find_fracture_age(dates, facts, on)
        facts += found
        notes += said
    except InputError as error:
        wrong.append(str(error))
    if wrong:
        message = f"{name}: " + "; ".join(wrong)
        raise InputError(message)
    if dropped:
        notes.insert(0, f"left out, because it names a person: {', '.join(dropped)}")
    return ReadFacts(facts=PatientFacts.of(facts), notes=tuple(notes), antithrombotics=drugs)


def _flatten(tree: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Yield full names with values; a table that is no group is a value with its unit."""
    groups = {name.partition(".")[0] for name in read_definitions() if "." in name}
    for key, value in tree.items():
        if is_identifying(key) or key not in groups or not isinstance(value, Mapping):
            yield key, value
            continue
        for inner, given in value.items():
            yield f"{key}.{inner}", given


def _read_fact(key: str, given: Any, source: str) -> tuple[Fact, list[str]]:
    definition = define_fact(key)
    table = dict(given) if isinstance(given, Mapping) else {"value": given}
    unknown = sorted(set(table) - _VALUE_KEYS)
    named = [word for word in unknown if is_identifying(word)]
    if unknown != named:
        known = ", ".join(sorted(_VALUE_KEYS))
        lost = ", ".join(word for word in unknown if word not in named)
        message = f"{key}: unknown {lost}; known are {known}"
        raise InputError(message)
    notes = [f"left out, because it names a person: {key}.{word}" for word in named]
    if "value" not in table:
        message = f"{key} has no value; a fact that nobody knows is left out, or 'unknown'"
        raise InputError(message)
    value = read_value(definition, table["value"], str(table.get("unit", "")))
    if key == "patient.age_y" and isinstance(value, float):
        value, said = keep_age(value)
        notes += said
    dated = table.get("dated")
    return (
        Fact(
            definition=definition,
            value=value,
            dated=None if dated is None else read_date(dated, f"{key}.dated"),
            source=_short(table.get("source", source), f"{key}.source"),
            note=_short(table.get("note", ""), f"{key}.note"),
        ),
        notes,
    )


def _short(given: Any, where: str) -> str:
    text = " ".join(str(given).split())
    if len(text) > _LONGEST_TEXT:
        message = f"{where} is longer than {_LONGEST_TEXT} characters: no letters in here"
        raise InputError(message)
    return text
