"""What can go wrong and how often, as the literature counts it."""

from dataclasses import dataclass
from functools import cache

from vertaug.case.plan import Procedure
from vertaug.procedure_day.evidence import Evidence, Line, evidence_of, read_lines, read_table


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
def list_complications(procedure: Procedure) -> tuple[Complication, ...]:
    """Return the events with their rates in a procedure."""
    return tuple(
        Complication(
            name=name,
            title=table["title"],
            rate=table[procedure.value],
            note=table.get("note", ""),
            evidence=evidence_of(table),
        )
        for name, table in read_table("complications")["event"].items()
    )


@cache
def leak_risks() -> tuple[Line, ...]:
    """Return what makes a leak more or less likely."""
    return read_lines(read_table("complications")["risk"])
