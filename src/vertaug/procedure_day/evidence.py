"""How well what stands on the day's sheet is known, and the tables that it is read from."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from vertaug.case.packaged_data import read_packaged_toml
from vertaug.case.source_status import SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a value or a line is from.

    Attributes
    ----------
    source : str
        A key of the source list, or what it is drawn from.
    status : SourceStatus
    """

    source: str
    status: SourceStatus

    @property
    def mark(self) -> str:
        """What stands beside it on paper."""
        return self.status.mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence of the sheet with where it is from.

    Attributes
    ----------
    name : str
        By which it is found.
    text : str
    evidence : Evidence
    """

    name: str
    text: str
    evidence: Evidence


def evidence_of(table: dict[str, Any]) -> Evidence:
    """Return the source and status of a table."""
    return Evidence(source=table["source"], status=SourceStatus(table["status"]))


@cache
def read_table(name: str) -> dict[str, Any]:
    """Return the tables of a data file of the day, such as ``checklist``."""
    return read_packaged_toml("vertaug.procedure_day", name)


def read_lines(table: dict[str, Any]) -> tuple[Line, ...]:
    """Return the lines of a table of tables with ``text``, ``source`` and ``status``."""
    return tuple(
        Line(name=name, text=item["text"], evidence=evidence_of(item))
        for name, item in table.items()
    )
