"""The registry on a page: visits, scores, responders, events, fractures, drugs."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from threading import Event
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from vertaug.recovery.registry.agreement import Agreement, compare_predictions
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.event_rate import EventRate, LeakRate, count_events, count_leaks
from vertaug.recovery.registry.fracture_survival import (
    FractureSurvival,
    fit_fractures,
    load_fitter,
    read_followed,
)
from vertaug.recovery.registry.image_course import ImageCourse, follow_images
from vertaug.recovery.registry.made_up import MADE_UP_WORDS, is_made_up
from vertaug.recovery.registry.medication import (
    BoneTreatment,
    OpioidPoint,
    count_bone_treatment,
    mean_opioids,
)
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.score_mean import (
    ResponsePoint,
    ScorePoint,
    count_responders,
    mean_scores,
)
from vertaug.recovery.registry.sql_day import count_if
from vertaug.recovery.registry.visit_count import LOST_WORDS, VisitCount, count_visits


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What there is."""

    patients: int
    died: int
    withdrawn: int
    recorded_lost: int
    procedures: Mapping[str, int]
    levels: int
    kap_median_gy_cm2: float | None
    kap_known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySummary:
    """All that is summed up, of one moment of the registry.

    ``made_up`` tells that patients are made up; all that is shown says so.
    """

    today: date
    made_up: bool
    totals: Totals
    visits: tuple[VisitCount, ...]
    scores: tuple[ScorePoint, ...]
    responders: tuple[ResponsePoint, ...]
    events: tuple[EventRate, ...]
    leaks: tuple[LeakRate, ...]
    fractures: FractureSurvival
    images: ImageCourse
    opioids: tuple[OpioidPoint, ...]
    bone_treatment: BoneTreatment
    agreements: tuple[Agreement, ...]


def summarise(engine: Engine, today: date) -> RegistrySummary:
    """Return the summary of a registry.

    Parameters
    ----------
    engine : Engine
        Of an open registry.
    today : date
        Day from which due dates are counted; what is dated later counts, too.
    """
    # scipy and lifelines take a second to import: the database answers meanwhile
    ready = Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        counting = pool.submit(_count, engine, today, ready)
        try:
            import scipy.special  # noqa: F401
        finally:
            ready.set()
        load_fitter()
        counted = counting.result()
    followed = counted.pop("followed")
    return RegistrySummary(today=today, fractures=fit_fractures(followed), **counted)


def _count(engine: Engine, today: date, ready: Event) -> dict[str, Any]:
    """Return all that the database counts, of one moment.

    What needs scipy comes after ``ready``: two threads never import at the same time.
    """
    with reading(engine) as connection:
        totals = _count_totals(connection)
        points = mean_scores(connection)
        enrolled = sum(totals.procedures.values())
        first = {
            "made_up": is_made_up(connection),
            "totals": totals,
            "scores": points,
            "visits": count_visits(connection, today),
            "followed": read_followed(connection),
        }
        ready.wait()
        return first | {
            "responders": count_responders(connection, points, enrolled),
            "events": count_events(connection),
            "leaks": count_leaks(connection),
            "images": follow_images(connection),
            "opioids": mean_opioids(connection),
            "bone_treatment": count_bone_treatment(connection, today),
            "agreements": compare_predictions(connection),
        }


def _count_totals(connection: Connection) -> Totals:
    patient, procedure = table_of("patient"), table_of("procedure")
    people = connection.execute(
        sa.select(
            sa.func.count(),
            count_if(patient.c.died_on.is_not(None)),
            count_if(patient.c.withdrawn_on.is_not(None)),
            count_if(patient.c.lost_on.is_not(None)),
        ).select_from(patient)
    ).one()
    kinds = connection.execute(
        sa.select(procedure.c.procedure, sa.func.count()).group_by(procedure.c.procedure)
    )
    levels = sa.select(sa.func.count()).select_from(table_of("procedure_level"))
    median, known = _find_median(connection, procedure.c.kap_gy_cm2)
    return Totals(
        patients=int(people[0]),
        died=int(people[1]),
        withdrawn=int(people[2]),
        recorded_lost=int(people[3]),
        procedures={str(name): int(n) for name, n in sorted(tuple(row) for row in kinds)},
        levels=int(connection.execute(levels).scalar_one()),
        kap_median_gy_cm2=median,
        kap_known=known,
    )


def _find_median(connection: Connection, column: sa.Column[float]) -> tuple[float | None, int]:
    """Return the median of what is known, and of how many."""
    known = int(connection.execute(sa.select(sa.func.count(column))).scalar_one())
    if known == 0:
        return None, 0
    middle = (
        sa.select(column)
        .where(column.is_not(None))
        .order_by(column)
        .offset((known - 1) // 2)
        .limit(2 - known % 2)
    )
    values = [float(value) for (value,) in connection.execute(middle)]
    return sum(values) / len(values), known


def summary_tree(summary: RegistrySummary) -> dict[str, Any]:
    """Return a summary as JSON has it; no pseudonym leaves with it."""
    tree: dict[str, Any] = asdict(summary)
    tree["today"] = summary.today.isoformat()
    tree["research_use_only"] = True
    if summary.made_up:
        tree["made_up_words"] = MADE_UP_WORDS
    tree["lost_definition"] = LOST_WORDS
    for agreement in tree["agreements"]:
        agreement["n"] = len(agreement["pairs"])
        for pair in agreement["pairs"]:
            del pair["pseudonym"]
    return tree
