"""What rules and statements rest on: citation, year, and how well it was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from vertaug.case.packaged_data import read_packaged_toml
from vertaug.case.source_status import SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A publication, a criterion of a payer, or a choice of the site.

    Attributes
    ----------
    key : str
    citation : str
    year : int or None
        None where nothing was published.
    status : SourceStatus
        How well its content was read.
    citation_status : SourceStatus
        How well the citation itself was checked.
    read_at : str
        Where its content was read.
    """

    key: str
    citation: str
    year: int | None
    status: SourceStatus
    citation_status: SourceStatus
    read_at: str = ""


@cache
def read_sources() -> Mapping[str, Source]:
    """Return the sources by their keys (clinical reference, part 10)."""
    found = {
        key: Source(
            key=key,
            citation=table["citation"],
            year=table.get("year"),
            status=SourceStatus(table["status"]),
            citation_status=SourceStatus(table["citation_status"]),
            read_at=table.get("read_at", ""),
        )
        for key, table in read_packaged_toml("vertaug.indications", "sources").items()
    }
    return MappingProxyType(found)
