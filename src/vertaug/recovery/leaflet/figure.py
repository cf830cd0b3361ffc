"""The numbers that a leaflet may print, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from vertaug.case.errors import FormatError

CHECKED = frozenset({"verified", "computed"})
"""Of a number that is printed without "about"."""
STATUSES = CHECKED | {"partly verified", "recalled", "design default"}


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
    status, source, note : str
        ``source`` is a key of `read_sources`.
    """

    name: str
    low: float
    high: float
    whole: int | None
    below: bool
    status: str
    source: str
    note: str

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            message = f"figure {self.name}: status is one of {sorted(STATUSES)}, not {self.status}"
            raise FormatError(message)
        if not 0 <= self.low <= self.high:
            message = f"figure {self.name}: {self.low} to {self.high} is no range"
            raise FormatError(message)

    @property
    def checked(self) -> bool:
        """Whether the number was read in its source."""
        return self.status in CHECKED


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
    import tomllib

    text = files("vertaug.recovery.leaflet").joinpath("data/figures.toml").read_text("utf-8")
    tree = tomllib.loads(text)
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
            status=table["status"],
            source=table["source"],
            note=table.get("note", ""),
        )
    return LeafletFigures(
        figures=MappingProxyType(found),
        sources=MappingProxyType(sources),
        edited=tree["edited"],
    )
