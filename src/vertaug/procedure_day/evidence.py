"""How well what stands on the day's sheet is known, and the tables that it is read from."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from vertaug.tissue.bone_law import SourceStatus


class Status(StrEnum):
    """How a value or a line came to be what it is."""

    VERIFIED = "verified"
    PARTLY = "partly verified"
    COMPUTED = "computed"
    RECALLED = "recalled"
    UNCERTAIN = "uncertain"
    DESIGN_DEFAULT = "design default"

    @property
    def mark(self) -> str:
        """What stands beside it on paper; empty where it was read in its source or computed."""
        return _MARKS[self]


_MARKS = {
    Status.VERIFIED: "",
    Status.PARTLY: "partly verified",
    Status.COMPUTED: "",
    Status.RECALLED: "unverified",
    Status.UNCERTAIN: "unverified",
    Status.DESIGN_DEFAULT: "design default",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a value or a line is from.

    Attributes
    ----------
    source : str
        A key of the source list, or what it is drawn from.
    status : Status
    """

    source: str
    status: Status

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
    return Evidence(source=table["source"], status=Status(table["status"]))


def status_of(found: SourceStatus) -> Status:
    """Return the status of a value of a product table."""
    return Status(found.value)


@cache
def read_table(name: str) -> dict[str, Any]:
    """Return the tables of a data file of the day, such as ``checklist``."""
    import tomllib

    text = files("vertaug.procedure_day").joinpath("data", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def read_lines(table: dict[str, Any]) -> tuple[Line, ...]:
    """Return the lines of a table of tables with ``text``, ``source`` and ``status``."""
    return tuple(
        Line(name=name, text=item["text"], evidence=evidence_of(item))
        for name, item in table.items()
    )
