"""What can go wrong and how often, as the literature counts it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from vertaug.case.plan import Procedure
from vertaug.procedure_day.evidence import Evidence, Line, evidence_of, read_lines, read_table
from vertaug.procedure_day.patient_risk import TUMOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Complication:
    """An event with its rate.

    Attributes
    ----------
    name, title, rate, note : str
    evidence : Evidence
    """

    name: str
    title: str
    rate: str
    note: str
    evidence: Evidence


@cache
def list_complications(procedure: Procedure, etiology: str = "") -> tuple[Complication, ...]:
    """Return the events with their rates in a procedure.

    Parameters
    ----------
    procedure : Procedure
    etiology : str
        Cause of the fracture, by which a rate is chosen where sources count by it; else, and
        where it is not known, the rates of all causes stand together.
    """
    return tuple(
        _complication(name, table, procedure, etiology)
        for name, table in read_table("complications")["event"].items()
    )


def _complication(
    name: str, table: dict[str, Any], procedure: Procedure, etiology: str
) -> Complication:
    cause = "tumour" if etiology in TUMOURS else etiology
    own = table.get(cause, {}) if cause in _CAUSES else {}
    return Complication(
        name=name,
        title=table["title"],
        rate=own.get("rate", table[procedure.value]),
        note=own.get("note", table.get("note", "")),
        evidence=evidence_of(table),
    )


_CAUSES = ("tumour", "osteoporotic")
"""Causes by which a table may hold rates of its own."""


@cache
def leak_risks() -> tuple[Line, ...]:
    """Return what makes a leak more or less likely."""
    return read_lines(read_table("complications")["risk"])
