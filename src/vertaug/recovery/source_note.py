"""Where a value or a sentence of the recovery comes from, and how well that is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from vertaug.case.packaged_data import read_packaged_toml
from vertaug.case.source_status import UNVERIFIED, SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNote:
    """A source and how well it is known.

    Attributes
    ----------
    source : str
        What it is taken from; ``site`` where a clinic set it.
    status : SourceStatus
    """

    source: str
    status: SourceStatus

    @property
    def unverified(self) -> bool:
        """Whether it must be checked against its source before anybody relies on it."""
        return self.status.is_from_memory

    @property
    def words(self) -> str:
        """Source and status as they are printed."""
        mark = f" ({UNVERIFIED})" if self.status.mark == UNVERIFIED else ""
        return f"{self.source}: {self.status.value}{mark}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSentence:
    """A sentence with where it comes from.

    Attributes
    ----------
    key, words : str
    note : SourceNote
    """

    key: str
    words: str
    note: SourceNote


SITE = SourceNote(source="site", status=SourceStatus.DESIGN_DEFAULT)
"""Of what a clinic has set itself."""


def read_note(table: Mapping[str, Any]) -> SourceNote:
    """Return the note of a table with ``source`` and ``status``."""
    return SourceNote(source=table["source"], status=SourceStatus(table["status"]))


@cache
def read_data(name: str) -> Mapping[str, Any]:
    """Return a TOML file of the recovery's data.

    Parameters
    ----------
    name : str
        Without folder and ending.
    """
    return MappingProxyType(read_packaged_toml("vertaug.recovery", name))
