"""Facts of a patient as a TOML file that a person can read and go on with."""

import json
from pathlib import Path

from vertaug.case.storage import replace_text
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.antithrombotic_file import CHART, DRUGS
from vertaug.indications.fact import Fact, FactValue
from vertaug.indications.patient_facts import PatientFacts, read_definitions

_HEAD = "# Facts of a patient for vertaug. A fact that is not here is unknown, which is never no.\n"


def format_facts(facts: PatientFacts, antithrombotics: AntithromboticRecord | None = None) -> str:
    """Return the text of a file of facts."""
    groups: dict[str, list[str]] = {}
    for name in read_definitions():
        fact = facts.facts.get(name)
        if fact is None:
            continue
        group, _, short = name.rpartition(".")
        groups.setdefault(group, []).append(f"{short} = {_format(fact)}")
    parts = [_HEAD, *groups.pop("", [])]
    for group, lines in groups.items():
        parts += ["", f"[{group}]", *lines]
    if antithrombotics is not None:
        parts += _format_drugs(antithrombotics)
    return "\n".join(parts) + "\n"


def _format_drugs(record: AntithromboticRecord) -> list[str]:
    lines = ["", f"[{CHART}]", "complete = true"] if record.is_whole else []
    for use in record.uses:
        lines += ["", f"[[{DRUGS}]]", f"drug = {_text(use.drug)}"]
        if use.last_dose is not None:
            lines.append(f"last_dose = {use.last_dose.isoformat()}")
    return lines


def write_facts(
    path: str | Path, facts: PatientFacts, antithrombotics: AntithromboticRecord | None = None
) -> Path:
    """Write a file of facts, whole or not at all.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    return replace_text(path, format_facts(facts, antithrombotics))


def _format(fact: Fact) -> str:
    value = _value(fact.value)
    unit = f"  # {fact.definition.unit}" if fact.definition.unit else ""
    words = {"source": fact.source, "note": fact.note}
    more = [f"{key} = {_text(said)}" for key, said in words.items() if said]
    if fact.dated is not None:
        more.insert(0, f"dated = {fact.dated.isoformat()}")
    if not more:
        return f"{value}{unit}"
    return f"{{value = {', '.join([value, *more])}}}{unit}"


def _value(value: FactValue | None) -> str:
    if value is None:
        return _text("unknown")
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """Return a TOML string; its escapes are those of JSON, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
