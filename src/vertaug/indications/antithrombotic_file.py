"""Antithrombotics in a file of facts: drugs with their last dose, and whether these are all."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from vertaug.case.errors import InputError
from vertaug.indications.antithrombotic import AntithromboticUse, refuse_twice
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.antithrombotic_table import find_drug
from vertaug.indications.fact_value import read_yes_no
from vertaug.indications.identity import is_identifying

DRUGS, CHART = "antithrombotics", "antithrombotic_chart"
"""Keys of a file: ``[[antithrombotics]]`` and ``[antithrombotic_chart]``."""
_DRUG_KEYS, _CHART_KEYS = ("drug", "last_dose"), ("complete",)

_NO_SECONDS = re.compile(r"(\blast_dose\s*=\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(?![\d:])")


def add_seconds(text: str) -> str:
    """Return TOML in which times of doses have seconds, which TOML 1.0 asks for and 1.1 not."""
    return _NO_SECONDS.sub(r"\1:00", text)


def is_drug_key(key: str) -> bool:
    """Whether a key of a file is read here."""
    return key in {DRUGS, CHART}


def read_antithrombotics(tree: Mapping[str, Any]) -> tuple[AntithromboticRecord, list[str]]:
    """Return the drugs of a file of facts, and what was left out.

    Parameters
    ----------
    tree : mapping
        ``antithrombotics``: tables with ``drug`` and, where it is known, ``last_dose``, a date
        with a time. ``antithrombotic_chart``: ``complete`` says that the drug chart was read
        whole, so that what is not listed is not taken.

    Raises
    ------
    InputError
        If a drug is unknown or given twice, or something is not as expected.
    """
    given = tree.get(DRUGS, [])
    if isinstance(given, str) or not isinstance(given, list | tuple):
        message = f'{DRUGS} is expected as [[{DRUGS}]] tables with drug = "apixaban"; got {given!r}'
        raise InputError(message)
    notes: list[str] = []
    uses = [_read_use(table, notes) for table in given]
    refuse_twice(use.drug for use in uses)
    is_whole = _read_chart(tree.get(CHART, {}), notes)
    return AntithromboticRecord(uses=tuple(uses), is_whole=is_whole), notes


def _read_use(given: Any, notes: list[str]) -> AntithromboticUse:
    table = _keep_known(given, DRUGS, _DRUG_KEYS, notes)
    name = table.get("drug")
    if not isinstance(name, str) or not name.strip():
        message = f'{DRUGS}: each needs the name of its drug, such as drug = "apixaban"'
        raise InputError(message)
    last = table.get("last_dose")
    drug = find_drug(name).name
    if last is None or (isinstance(last, str) and last.strip().lower() in {"unknown", ""}):
        return AntithromboticUse(drug=drug)
    return AntithromboticUse(drug=drug, last_dose=read_moment(last, f"last_dose of {drug}"))


def _read_chart(given: Any, notes: list[str]) -> bool:
    table = _keep_known(given, CHART, _CHART_KEYS, notes)
    complete = table.get("complete")
    return complete is not None and read_yes_no(complete, f"{CHART}.complete") is True


def _keep_known(
    given: Any, where: str, known: tuple[str, ...], notes: list[str]
) -> Mapping[str, Any]:
    """Return a table without what names a person; anything else unknown is refused."""
    if not isinstance(given, Mapping):
        message = f"{where} is expected as a table with {' and '.join(known)}; got {given!r}"
        raise InputError(message)
    unknown = [key for key in given if key not in known and not is_identifying(key)]
    if unknown:
        message = f"{where}: unknown {', '.join(unknown)}; known are {', '.join(known)}"
        raise InputError(message)
    dropped = [f"{where}.{key}" for key in given if key not in known]
    if dropped:
        notes.append(f"left out, because it names a person: {', '.join(dropped)}")
    return given


def read_moment(given: Any, where: str) -> datetime:
    """Return a date with a time, to the minute; with its time zone where it has one.

    Raises
    ------
    InputError
        If it is none, or a date without a time: a day is too coarse for a hold.
    """
    found = given
    if isinstance(given, str):
        try:
            found = datetime.fromisoformat(given.strip())
        except ValueError:
            found = None
    written = str(given).strip()
    only_day = isinstance(given, date) and not isinstance(given, datetime)
    if only_day or not isinstance(found, datetime) or len(written) <= len("2026-03-31"):
        message = f"{where} is expected as a date with a time such as 2026-03-31T08:00; got {given}"
        raise InputError(message)
    return found.replace(second=0, microsecond=0)
