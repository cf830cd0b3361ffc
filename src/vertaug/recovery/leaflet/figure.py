"""The numbers that a leaflet may print, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from vertaug.case.errors import FormatError
from vertaug.case.packaged_data import read_packaged_toml
from vertaug.case.source_status import SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletFigure:
    """A number, or a range, with where it comes from.

    Attributes
    ----------
    name : str
    low, high : float
        Equal for a single number.
    whole : int or None
        "low of whole people"; None for a plain number.
    below : bool
        At most that many.
    status : SourceStatus
    source, note : str
        ``source`` is a key of `read_sources`.
    named : bool
        The source is printed.
    """

    name: str
    low: float
    high: float
    whole: int | None
    below: bool
    status: SourceStatus
    source: str
    note: str
    named: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            message = f"figure {self.name}: {self.low} to {self.high} is no range"
            raise FormatError(message)

    @property
    def checked(self) -> bool:
        """Whether the number was read in its source."""
        return self.status.is_checked

    @property
    def starred(self) -> bool:
        """Whether it is a rate or the number of a named study that nobody read in its source."""
        return self.status.is_from_memory and (self.whole is not None or self.named)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletFigures:
    """All figures by name, the printed names of their sources, and when the text was edited."""

    figures: Mapping[str, LeafletFigure]
    sources: Mapping[str, str]
    edited: str


@cache
def read_figures() -> LeafletFigures:
    """Return the figures of ``data/figures.toml``.

    Raises
    ------
    FormatError
        If a figure has no known source or no range.
    """
    tree = read_packaged_toml("vertaug.recovery.leaflet", "figures")
    sources: dict[str, str] = tree["source"]
    found: dict[str, LeafletFigure] = {}
    for name, table in tree["figure"].items():
        if table["source"] not in sources:
            message = f"figure {name}: there is no source {table['source']}"
            raise FormatError(message)
        found[name] = LeafletFigure(
            name=name,
            low=float(table.get("low", table.get("value"))),
            high=float(table.get("high", table.get("value"))),
            whole=table.get("of"),
            below=table.get("below", False),
            status=SourceStatus(table["status"]),
            source=table["source"],
            note=table.get("note", ""),
            named=bool(sources[table["source"]]),
        )
    return LeafletFigures(
        figures=MappingProxyType(found),
        sources=MappingProxyType(sources),
        edited=tree["edited"],
    )
