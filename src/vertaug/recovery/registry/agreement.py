"""What was predicted beside what was observed (Bland & Altman 1986)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.schema import table_of

_WIDE = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPair:
    """A level with what was predicted and what was observed."""

    pseudonym: str
    level: str
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Predicted and observed values of one quantity.

    Attributes
    ----------
    quantity, procedure : str
    unit : str
    pairs : tuple of ObservedPair
        Where both are there.
    only_predicted, only_observed : int
        Where one is missing.
    not_usable : int
        Of all predicted values those that the simulation itself does not call predictions, such
        as leak volumes; they are not left out of ``pairs``.
    bias, low, high : float or None
        Mean of observed minus predicted, and the limits of agreement; None below 2 and 3 pairs.
    words : str
        What is compared with what.
    """

    quantity: str
    procedure: str
    unit: str
    pairs: tuple[ObservedPair, ...]
    only_predicted: int
    only_observed: int
    not_usable: int
    bias: float | None
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quantity:
    name: str
    unit: str
    words: str


_QUANTITIES = (
    _Quantity(
        name="failure_load_n", unit="N",
        words="strength after the procedure: simulated, and computed from the first CT after it",
    ),
    _Quantity(
        name="height_anterior_mm", unit="mm",
        words="anterior height after the procedure: simulated, and on the first image after it",
    ),
    _Quantity(
        name="leak_ml", unit="mL",
        words="cement outside the vertebra: simulated, and measured",
    ),
)  # fmt: skip


def compare_predictions(connection: Connection) -> tuple[Agreement, ...]:
    """Return the agreement of each quantity that was ever predicted, by procedure."""
    found = []
    prediction = table_of("prediction")
    known = set(connection.execute(sa.select(prediction.c.quantity).distinct()).scalars())
    for quantity in (q for q in _QUANTITIES if q.name in known):
        rows = _read_pairs(connection, quantity)
        for procedure in sorted({row.procedure for row in rows}):
            mine = [row for row in rows if row.procedure == procedure]
            found.append(_agree(quantity, procedure, mine))
    return tuple(found)


def _read_pairs(connection: Connection, quantity: _Quantity) -> Sequence[Any]:
    """Return levels that have a prediction of the procedure that was done, or an observation."""
    procedure, level = table_of("procedure"), table_of("procedure_level")
    prediction = table_of("prediction")
    same = (level.c.pseudonym == procedure.c.pseudonym) & (
        level.c.procedure_no == procedure.c.procedure_no
    )
    of_level = (
        (prediction.c.pseudonym == level.c.pseudonym)
        & (prediction.c.procedure_no == level.c.procedure_no)
        & (prediction.c.level == level.c.level)
        & (prediction.c.simulated == procedure.c.procedure)
        & (prediction.c.quantity == quantity.name)
    )
    observed = _observe(quantity)
    rows = (
        sa.select(
            procedure.c.procedure,
            level.c.pseudonym,
            level.c.level,
            prediction.c.value.label("predicted"),
            sa.func.coalesce(prediction.c.usable, sa.true()).label("usable"),
            observed.label("observed"),
        )
        .select_from(procedure.join(level, same).outerjoin(prediction, of_level))
        .subquery()
    )
    wanted = sa.select(rows).where(rows.c.predicted.is_not(None) | rows.c.observed.is_not(None))
    return connection.execute(wanted.order_by(rows.c.pseudonym, rows.c.level)).all()


def _observe(quantity: _Quantity) -> sa.ColumnElement[Any]:
    """Return what was seen: in the procedure itself, or on the first image after it."""
    procedure, level, image = (
        table_of("procedure"),
        table_of("procedure_level"),
        table_of("imaging"),
    )
    if quantity.name == "leak_ml":
        return level.c.leak_ml
    value = image.c[quantity.name]
    return (
        sa.select(value)
        .where(
            image.c.pseudonym == level.c.pseudonym,
            image.c.level == level.c.level,
            image.c.imaged_on >= procedure.c.done_on,
            value.is_not(None),
        )
        .order_by(image.c.imaged_on, image.c.modality)
        .limit(1)
        .correlate(procedure, level)
        .scalar_subquery()
    )


def _agree(quantity: _Quantity, procedure: str, rows: Sequence[Any]) -> Agreement:
    pairs = tuple(
        ObservedPair(
            pseudonym=row.pseudonym, level=row.level, predicted=row.predicted,
            observed=row.observed,
        )
        for row in rows if row.predicted is not None and row.observed is not None
    )  # fmt: skip
    bias, low, high = _limits([pair.observed - pair.predicted for pair in pairs])
    return Agreement(
        quantity=quantity.name,
        procedure=procedure,
        unit=quantity.unit,
        pairs=pairs,
        only_predicted=sum(row.observed is None for row in rows),
        only_observed=sum(row.predicted is None for row in rows),
        not_usable=sum(not row.usable for row in rows if row.predicted is not None),
        bias=bias,
        low=low,
        high=high,
        words=quantity.words,
    )


def _limits(differences: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    n = len(differences)
    if n < 2:
        return None, None, None
    bias = math.fsum(differences) / n
    if n < 3:
        return bias, None, None
    sd = math.sqrt(math.fsum((d - bias) ** 2 for d in differences) / (n - 1))
    return bias, bias - _WIDE * sd, bias + _WIDE * sd
