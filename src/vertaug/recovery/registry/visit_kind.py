"""The visits of the follow-up in their order, and when each is due."""

from dataclasses import dataclass

VISIT_KINDS = ("baseline", "2h", "24h", "7d", "1mo", "3mo", "6mo", "12mo")
"""In the order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitWindow:
    """Days from the procedure in which a visit counts as this one (design default, site-set)."""

    kind: str
    first_day: int
    last_day: int


WINDOWS = (
    VisitWindow(kind="baseline", first_day=-14, last_day=0),
    VisitWindow(kind="2h", first_day=0, last_day=0),
    VisitWindow(kind="24h", first_day=0, last_day=2),
    VisitWindow(kind="7d", first_day=5, last_day=16),
    VisitWindow(kind="1mo", first_day=14, last_day=35),
    VisitWindow(kind="3mo", first_day=77, last_day=105),
    VisitWindow(kind="6mo", first_day=161, last_day=203),
    VisitWindow(kind="12mo", first_day=335, last_day=395),
)
"""Of the schedule of clinical reference 4.4 (design default)."""
