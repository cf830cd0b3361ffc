"""Opioids by visit, and treatment of osteoporosis within four weeks of the procedure."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.interval import Mean, Share, exact_share, mean_of_sums
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.sql_day import count_if, days_between
from vertaug.recovery.registry.visit_kind import VISIT_KINDS

WITHIN_DAYS = 28
"""Treatment of osteoporosis is to be recorded by then (clinical reference 4.8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpioidPoint:
    """Opioids at one visit, of the visits that were done.

    Attributes
    ----------
    kind : str
    mme : Mean
        Morphine milligram equivalents a day; missing is not zero.
    without : Share
        Taking none, of those with a record.
    factor_sets : tuple of str
        By which factors; more than one cannot be compared.
    """

    kind: str
    mme: Mean
    without: Share
    factor_sets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneTreatment:
    """Treatment of osteoporosis, of osteoporotic procedures at least 28 days ago.

    Attributes
    ----------
    treated : Share
        Recorded by 28 days.
    not_treated : int
        Recorded that there was none.
    unknown : int
        Nothing recorded by then.
    without_now, followed_without : int
        Osteoporotic procedures up to today, also of the last four weeks, without a treatment that
        is recorded at any time and goes on; and those of them whose patients are followed, which
        is what the board lists.
    """

    treated: Share
    not_treated: int
    unknown: int
    without_now: int
    followed_without: int


def mean_opioids(connection: Connection) -> tuple[OpioidPoint, ...]:
    """Return the use of opioids at every visit that was done."""
    visit = table_of("visit")
    mme = visit.c.mme_per_day
    wanted = (
        sa.select(
            visit.c.kind,
            sa.func.count(),
            sa.func.count(mme),
            sa.func.sum(mme),
            sa.func.sum(mme * mme),
            count_if(mme == 0.0),
            sa.func.count(sa.distinct(visit.c.mme_factors)),
            sa.func.min(visit.c.mme_factors),
            sa.func.max(visit.c.mme_factors),
        )
        .where(visit.c.status == "done")
        .group_by(visit.c.kind)
    )
    rows = {row[0]: row[1:] for row in connection.execute(wanted)}
    return tuple(
        OpioidPoint(
            kind=kind,
            mme=mean_of_sums(*rows[kind][:4]),
            without=exact_share(int(rows[kind][4]), int(rows[kind][1])),
            factor_sets=tuple(sorted({name for name in rows[kind][6:8] if name is not None})),
        )
        for kind in VISIT_KINDS
        if kind in rows
    )


def count_bone_treatment(connection: Connection, today: date) -> BoneTreatment:
    """Return how many osteoporotic patients had treatment recorded by four weeks."""
    procedure, drug, visit = table_of("procedure"), table_of("treatment"), table_of("visit")
    drugs = (
        sa.select(drug.c.pseudonym)
        .where(
            drug.c.pseudonym == procedure.c.pseudonym,
            days_between(connection, procedure.c.done_on, drug.c.started_on) <= WITHIN_DAYS,
            sa.or_(drug.c.stopped_on.is_(None), drug.c.stopped_on > procedure.c.done_on),
        )
        .exists()
    )
    told = [
        sa.select(visit.c.pseudonym)
        .where(
            visit.c.pseudonym == procedure.c.pseudonym,
            visit.c.procedure_no == procedure.c.procedure_no,
            visit.c.osteoporosis_treated.is_(answer),
            days_between(connection, procedure.c.done_on, visit.c.visited_on) <= WITHIN_DAYS,
        )
        .exists()
        for answer in (True, False)
    ]
    treated = drugs | told[0]
    wanted = (
        sa.select(sa.func.count(), count_if(treated), count_if(~treated & told[1]))
        .select_from(procedure)
        .where(
            procedure.c.cause == "osteoporotic",
            procedure.c.done_on <= today - timedelta(days=WITHIN_DAYS),
        )
    )
    total, yes, no = connection.execute(wanted).one()
    open_ones = _count_untreated(connection, today)
    return BoneTreatment(
        treated=exact_share(int(yes), int(total)),
        not_treated=int(no),
        unknown=int(total) - int(yes) - int(no),
        without_now=open_ones[0],
        followed_without=open_ones[1],
    )


def _count_untreated(connection: Connection, today: date) -> tuple[int, int]:
    procedure, patient = table_of("procedure"), table_of("patient")
    wanted = (
        sa.select(sa.func.count(), count_if(is_followed(today)))
        .select_from(procedure.join(patient, patient.c.pseudonym == procedure.c.pseudonym))
        .where(is_untreated(today))
    )
    without, followed = connection.execute(wanted).one()
    return int(without), int(followed)


def is_untreated(today: date) -> sa.ColumnElement[bool]:
    """Return whether a row of `procedure` is osteoporotic, up to a day, and has no treatment.

    Treatment is a drug that goes on, or a visit of the patient at which one was told.
    """
    procedure, drug, visit = table_of("procedure"), table_of("treatment"), table_of("visit")
    drugs = sa.select(drug.c.pseudonym).where(
        drug.c.pseudonym == procedure.c.pseudonym, drug.c.stopped_on.is_(None)
    )
    told = sa.select(visit.c.pseudonym).where(
        visit.c.pseudonym == procedure.c.pseudonym, visit.c.osteoporosis_treated
    )
    return sa.and_(
        procedure.c.cause == "osteoporotic",
        procedure.c.done_on <= today,
        ~drugs.exists(),
        ~told.exists(),
    )


def is_followed(today: date) -> sa.ColumnElement[bool]:
    """Return whether a patient is not dead, and neither withdrew nor was lost by a day."""
    patient = table_of("patient")
    return sa.and_(
        patient.c.died_on.is_(None),
        sa.or_(patient.c.withdrawn_on.is_(None), patient.c.withdrawn_on > today),
        sa.or_(patient.c.lost_on.is_(None), patient.c.lost_on > today),
    )
