"""What rules and statements rest on: citation, year, and how well it was read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A publication, a criterion of a payer, or a choice of the site.

    Attributes
    ----------
    key : str
    citation : str
    year : int or None
        None where nothing was published.
    status : str
        How well its content was read.
    citation_status : str
        How well the citation itself was checked.
    read_at : str
        Where its content was read.
    """

    key: str
    citation: str
    year: int | None
    status: str
    citation_status: str
    read_at: str = ""

    @property
    def short(self) -> str:
        """Key and year."""
        return (
            self.key
            if self.year is None or str(self.year) in self.key
            else (f"{self.key} ({self.year})")
        )


@cache
def read_sources() -> Mapping[str, Source]:
    """Return the sources by their keys (clinical reference, part 10)."""
    text = files("vertaug.indications").joinpath("data/sources.toml").read_text("utf-8")
    found = {
        key: Source(
            key=key,
            citation=table["citation"],
            year=table.get("year"),
            status=table["status"],
            citation_status=table["citation_status"],
            read_at=table.get("read_at", ""),
        )
        for key, table in tomllib.loads(text).items()
    }
    return MappingProxyType(found)
