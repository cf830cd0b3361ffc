"""Means of scores by visit, and how many patients improved by as much as matters.

Scores of different scales are never put together: each scale has rows of its own. What is missing
is missing, nothing is carried forward; every point has its n.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.case.errors import InputError
from vertaug.recovery.prom.instrument import Instrument, ScoreScale, find_instrument
from vertaug.recovery.registry.interval import Mean, Share, exact_share, mean_of_sums
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.sql_day import count_if
from vertaug.recovery.registry.visit_kind import VISIT_KINDS
from vertaug.recovery.responder import read_cut_points

_PAIN = frozenset({"nrs_now", "nrs_rest", "nrs_move"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreKind:
    """A score with its scale."""

    instrument: str
    score: str
    scale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePoint:
    """The mean of a score at one visit."""

    what: ScoreKind
    kind: str
    mean: Mean


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePoint:
    """How many improved by a definition, at one visit.

    Attributes
    ----------
    what : ScoreKind
    kind : str
    definition : str
    source, status : str
        Of the definition.
    share : Share
        Of those with a value before and at this visit.
    enrolled : int
        Procedures, whether assessed or not.
    """

    what: ScoreKind
    kind: str
    definition: str
    source: str
    status: str
    share: Share
    enrolled: int

    @property
    def words(self) -> str:
        """The definition, marked where nobody has checked it."""
        return f"{self.definition}{' (unverified)' if self.status == 'recalled' else ''}"


def mean_scores(connection: Connection) -> tuple[ScorePoint, ...]:
    """Return the mean of every score at every visit that has one."""
    score = table_of("score")
    group = (score.c.instrument, score.c.score, score.c.scale, score.c.kind)
    value = score.c.value
    wanted = sa.select(
        *group,
        sa.func.count(),
        sa.func.count(value),
        sa.func.sum(value),
        sa.func.sum(value * value),
    ).group_by(*group)
    points = [
        ScorePoint(
            what=ScoreKind(instrument=row[0], score=row[1], scale=row[2]),
            kind=row[3],
            mean=mean_of_sums(*row[4:]),
        )
        for row in connection.execute(wanted)
    ]
    return tuple(sorted(points, key=_order))


def _order(point: ScorePoint) -> tuple[str, str, str, int]:
    what = point.what
    return what.instrument, what.score, what.scale, VISIT_KINDS.index(point.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Definition:
    """A least improvement: in points, in percent of the value before, or both."""

    words: str
    source: str
    status: str
    points: float = 0.0
    percent: float = 0.0
    below: float | None = None


def count_responders(
    connection: Connection, points: Sequence[ScorePoint], enrolled: int
) -> tuple[ResponsePoint, ...]:
    """Return responders by every definition that is known for a score.

    Parameters
    ----------
    connection : Connection
    points : sequence of ScorePoint
        What there is, see `mean_scores`.
    enrolled : int
        Procedures.
    """
    found: list[ResponsePoint] = []
    for what in dict.fromkeys(point.what for point in points):
        try:
            instrument = find_instrument(what.instrument)
            scale = instrument.find_scale(what.score)
        except InputError:
            continue  # of a later vertaug; its means are shown
        definitions = _define(instrument, scale)
        if definitions and not instrument.is_change:
            found += _count(connection, what, scale, definitions, enrolled)
    return tuple(found)


def _define(instrument: Instrument, scale: ScoreScale) -> list[_Definition]:
    definitions = [
        _Definition(
            words=f"better by {known.words}", source=known.source, status=known.status,
            **{known.unit: known.value},
        )
        for known in instrument.mcid
        if known.score == scale.name and known.kind == "mcid"
    ]  # fmt: skip
    cut = read_cut_points()
    if instrument.id in _PAIN:
        fall, percent = cut["nrs_fall"], cut["nrs_fall_percent"]
        strong, below = cut["strong_percent"], cut["strong_below"]
        definitions += [
            _Definition(
                words=f"responder: falls by {fall.text} or more and {percent.text} % or more",
                source=fall.note.source, status=fall.note.status.value,
                points=fall.value, percent=percent.value,
            ),
            _Definition(
                words=f"strong: falls by {strong.text} % or more, or to below {below.text}",
                source=below.note.source, status=below.note.status.value,
                percent=strong.value, below=below.value,
            ),
        ]  # fmt: skip
    return definitions


def _count(
    connection: Connection,
    what: ScoreKind,
    scale: ScoreScale,
    definitions: Sequence[_Definition],
    enrolled: int,
) -> list[ResponsePoint]:
    """Pair each value with the one before of the same patient."""
    score = table_of("score")
    same = [
        score.c.instrument == what.instrument,
        score.c.score == what.score,
        score.c.scale == what.scale,
        score.c.value.is_not(None),
    ]
    key = (score.c.pseudonym, score.c.procedure_no)
    before = sa.select(*key, score.c.value).where(*same, score.c.kind == "baseline").cte("before")
    now = (
        sa.select(*key, score.c.kind, score.c.value)
        .where(*same, score.c.kind != "baseline")
        .cte("now")
    )
    first, last = before.c.value, now.c.value
    gain = first - last if scale.worse == "up" else last - first
    ables = list(dict.fromkeys(_least(one) for one in definitions))
    columns = [count_if(_met(one, first, last, gain)) for one in definitions]
    columns += [count_if(_can(first, least)) for least in ables]
    both = (before.c.pseudonym == now.c.pseudonym) & (before.c.procedure_no == now.c.procedure_no)
    wanted = (
        sa.select(now.c.kind, *columns).select_from(before.join(now, both)).group_by(now.c.kind)
    )
    rows = {row[0]: row[1:] for row in connection.execute(wanted)}
    places = {least: len(definitions) + n for n, least in enumerate(ables)}
    return [
        ResponsePoint(
            what=what,
            kind=kind,
            definition=one.words,
            source=one.source,
            status=one.status,
            share=exact_share(int(rows[kind][n]), int(rows[kind][places[_least(one)]])),
            enrolled=enrolled,
        )
        for n, one in enumerate(definitions)
        for kind in VISIT_KINDS
        if kind in rows
    ]


_SOME = 1e-9


def _least(one: _Definition) -> float:
    """Return the value before from which on the definition can be met at all.

    Points alone are met or not from any value, as means of a group count them; nothing falls by
    percent of zero.
    """
    return max(one.points, _SOME) if one.percent else 0.0


def _met(
    one: _Definition,
    first: sa.ColumnElement[float],
    last: sa.ColumnElement[float],
    gain: sa.ColumnElement[float],
) -> sa.ColumnElement[bool]:
    # a hair less, for differences of decimals
    met = (gain >= one.points - _SOME) & (100.0 * gain >= one.percent * first - _SOME)
    if one.below is not None:
        met = met | ((last < one.below) & (first >= one.below))
    return met & _can(first, _least(one))


def _can(first: sa.ColumnElement[float], least: float) -> sa.ColumnElement[bool]:
    """Whether it could be met from there: pain of 1 cannot fall by 2, none falls by percent."""
    return first >= least
