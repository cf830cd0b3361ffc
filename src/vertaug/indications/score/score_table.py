"""Points, limits and categories of the scores, read from the data file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from vertaug.case.packaged_data import read_packaged_toml
from vertaug.case.source_status import SourceStatus
from vertaug.indications.score.score_result import ScoreCategory


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreDefinition:
    """What the source of a score prints.

    Attributes
    ----------
    name, title : str
    sources : tuple of str
    status : SourceStatus
    low, high : int
        Least and greatest value that the score can have.
    notes : tuple of str
    categories : tuple of ScoreCategory
        They cover ``low`` to ``high`` without a gap; empty where the source has none.
    points : mapping of str to mapping of str to int
        Points by part and finding; yes and no are ``true`` and ``false``.
    limits : mapping of str to float
    items : tuple of str
        Facts that count one point each.
    made_for : tuple of str
        Causes of the fracture for which the score was made; empty for all.
    """

    name: str
    title: str
    sources: tuple[str, ...]
    status: SourceStatus
    low: int
    high: int
    notes: tuple[str, ...]
    categories: tuple[ScoreCategory, ...]
    points: Mapping[str, Mapping[str, int]]
    limits: Mapping[str, float]
    items: tuple[str, ...]
    made_for: tuple[str, ...]

    def category(self, value: int) -> ScoreCategory | None:
        """Return what the source calls a value; None where it has no name for it."""
        return next((found for found in self.categories if found.holds(value)), None)


@cache
def read_scores() -> Mapping[str, ScoreDefinition]:
    """Return the definitions of all scores by name."""
    tables = read_packaged_toml("vertaug.indications.score", "scores").items()
    return MappingProxyType({name: _definition(name, table) for name, table in tables})


def _definition(name: str, table: Mapping[str, Any]) -> ScoreDefinition:
    points = table.get("points", {})
    return ScoreDefinition(
        name=name,
        title=table["title"],
        sources=tuple(table["sources"]),
        status=SourceStatus(table["status"]),
        low=table["low"],
        high=table["high"],
        notes=tuple(table["notes"]),
        categories=tuple(ScoreCategory(**category) for category in table["categories"]),
        points=MappingProxyType({part: MappingProxyType(row) for part, row in points.items()}),
        limits=MappingProxyType(table.get("limits", {})),
        items=tuple(table.get("items", ())),
        made_for=tuple(table.get("made_for", ())),
    )
