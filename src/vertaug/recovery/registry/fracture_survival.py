"""Time to the first new vertebral fracture (Kaplan-Meier, lifelines).

A patient is followed up to the last image in which the spine was looked through for new
fractures: without such an image nobody knows, and the patient is not counted but told. Times are
when a fracture was found, which is later than when it happened. Death ends the follow-up.

Fractures are found when they are looked for. By the day of the image, who is looked at early in
the window of a visit would leave the risk before who is looked at late, and the curve would fall
far below the share of patients with a fracture. So times are those of the planned visits.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.case.errors import MissingExtraError
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.sql_day import days_between

RISK_DAYS = (1, 7, 30, 91, 182, 365)
"""Planned visits after the procedure, days; then comes one each half year."""
_HALF_YEAR_DAYS = 182.5
_WORDS = (
    "First new vertebral fracture after the first procedure, when it was found. Censored at the "
    "last image in which the spine was looked through; death ends follow-up. Times are those of "
    "the nearest planned visit (days 1, 7, 30, 91, 182, 365, then each half year)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalStep:
    """A step of the curve.

    Attributes
    ----------
    day : int
    at_risk : int
        Just before the day.
    events, censored : int
        On the day.
    free, low, high : float
        Share without a new fracture after the day, with its 95 % interval (log-log, Greenwood).
    """

    day: int
    at_risk: int
    events: int
    censored: int
    free: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FractureSurvival:
    """New fractures over time.

    Attributes
    ----------
    steps : tuple of SurvivalStep
        Empty where nobody was looked at.
    patients : int
        Followed.
    events : int
        With a new fracture.
    never_looked : int
        Patients with a procedure whose spine was never looked through after it.
    risk_days, at_risk : tuple of int
        Numbers at risk at some days.
    words : str
        How it is counted.
    """

    steps: tuple[SurvivalStep, ...]
    patients: int
    events: int
    never_looked: int
    risk_days: tuple[int, ...]
    at_risk: tuple[int, ...]
    words: str = _WORDS

    def free_at(self, day: int) -> SurvivalStep | None:
        """Return the last step up to a day, None before the first or after the last patient."""
        passed = [step for step in self.steps if step.day <= day]
        return passed[-1] if passed and self.steps[-1].day >= day else None


FollowedDays = tuple[tuple[int | None, bool, int], ...]
"""Days of follow-up, None where nobody looked; whether it ended with a fracture; how many."""


def fit_fractures(courses: FollowedDays) -> FractureSurvival:
    """Return the curve of patients that were followed.

    Raises
    ------
    MissingExtraError
        If lifelines is not installed.
    """
    followed = [(nearest_visit(day), event, n) for day, event, n in courses if day is not None]
    never = sum(n for day, _, n in courses if day is None)
    steps = _fit(followed) if followed else ()
    return FractureSurvival(
        steps=steps,
        patients=sum(n for _, _, n in followed),
        events=sum(n for _, event, n in followed if event),
        never_looked=never,
        risk_days=RISK_DAYS,
        at_risk=tuple(sum(n for d, _, n in followed if d >= day) for day in RISK_DAYS),
    )


def nearest_visit(day: int) -> int:
    """Return the day of the planned visit that is nearest to a day after the procedure."""
    halves = max(1, round(day / _HALF_YEAR_DAYS))
    later = int(halves * _HALF_YEAR_DAYS)
    return min((*RISK_DAYS, later), key=lambda planned: (abs(planned - day), planned))


def read_followed(connection: Connection) -> FollowedDays:
    """Return how long patients were followed for new fractures."""
    procedure, found, image = table_of("procedure"), table_of("new_fracture"), table_of("imaging")
    first = (
        sa.select(procedure.c.pseudonym, sa.func.min(procedure.c.done_on).label("start"))
        .group_by(procedure.c.pseudonym)
        .subquery()
    )
    broken = (
        sa.select(first.c.pseudonym, sa.func.min(found.c.found_on).label("day"))
        .join_from(first, found, found.c.pseudonym == first.c.pseudonym)
        .where(found.c.found_on >= first.c.start)
        .group_by(first.c.pseudonym)
        .subquery()
    )
    looked = (
        sa.select(first.c.pseudonym, sa.func.max(image.c.imaged_on).label("day"))
        .join_from(first, image, image.c.pseudonym == first.c.pseudonym)
        .where(image.c.fractures_looked_for, image.c.imaged_on >= first.c.start)
        .group_by(first.c.pseudonym)
        .subquery()
    )
    until = days_between(connection, first.c.start, sa.func.coalesce(broken.c.day, looked.c.day))
    event = broken.c.day.is_not(None)
    wanted = (
        sa.select(until, event, sa.func.count())
        .select_from(
            first.outerjoin(broken, broken.c.pseudonym == first.c.pseudonym).outerjoin(
                looked, looked.c.pseudonym == first.c.pseudonym
            )
        )
        .group_by(until, event)
    )
    return tuple((day, bool(hit), int(n)) for day, hit, n in connection.execute(wanted))


def load_fitter() -> type[Any]:
    """Return lifelines' Kaplan-Meier estimator; the first call takes a second.

    Raises
    ------
    MissingExtraError
        If lifelines is not installed.
    """
    try:
        from lifelines import KaplanMeierFitter
    except ImportError as error:
        message = 'curves need lifelines; install it with: pip install "vertaug[registry]"'
        raise MissingExtraError(message) from error
    fitter: type[Any] = KaplanMeierFitter
    return fitter


def _fit(followed: list[tuple[int, bool, int]]) -> tuple[SurvivalStep, ...]:
    days, events, numbers = zip(*followed, strict=True)
    fitter = load_fitter()().fit(days, events, weights=numbers)
    table = fitter.event_table
    free = fitter.survival_function_.iloc[:, 0]
    band = fitter.confidence_interval_
    return tuple(
        SurvivalStep(
            day=int(day),
            at_risk=round(float(row.at_risk)),
            events=round(float(row.observed)),
            censored=round(float(row.censored)),
            free=float(free.loc[day]),
            low=float(band.loc[day].iloc[0]),
            high=float(band.loc[day].iloc[1]),
        )
        for day, row in table.iterrows()
    )
