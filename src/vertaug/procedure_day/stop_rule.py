"""When balloon and cement are stopped, and what follows; as data."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from vertaug.augmentation.balloon.product import Balloon, known_balloons
from vertaug.case.augmentation_content import PSI
from vertaug.case.plan import Procedure
from vertaug.case.source_status import find_weakest
from vertaug.procedure_day.evidence import (
    Evidence,
    Line,
    evidence_of,
    read_lines,
    read_table,
)


class Stopped(StrEnum):
    """What is stopped."""

    BALLOON = "balloon"
    CEMENT = "cement"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRule:
    """A sign at which to stop.

    Attributes
    ----------
    name, sign, then : str
        ``then`` is what follows.
    stops : Stopped
    evidence : Evidence
    """

    name: str
    sign: str
    then: str
    stops: Stopped
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class BalloonLimit:
    """What a balloon of the product table holds and bears.

    Attributes
    ----------
    name, title : str
    most_ml, most_psi : float
    evidence : Evidence
        With the worse status of both.
    """

    name: str
    title: str
    most_ml: float
    most_psi: float
    evidence: Evidence


@cache
def list_stop_rules(stops: Stopped) -> tuple[StopRule, ...]:
    """Return the signs at which a balloon or the cement is stopped."""
    return tuple(
        StopRule(
            name=name,
            sign=table["text"],
            then=table["then"],
            stops=stops,
            evidence=evidence_of(table),
        )
        for name, table in read_table("stop_rules")[stops.value].items()
    )


@cache
def after_stop() -> tuple[Line, ...]:
    """Return what to do after a stop."""
    return read_lines(read_table("stop_rules")["after"])


def how_to(procedure: Procedure) -> tuple[Line, ...]:
    """Return how balloon and cement are advanced."""
    lines = read_lines(read_table("stop_rules")["how"])
    if procedure is Procedure.KYPHOPLASTY:
        return lines
    return tuple(line for line in lines if not line.name.startswith("balloon"))


def balloon_limits(length_mm: float | None) -> tuple[BalloonLimit, ...]:
    """Return the limits of the known balloons of a length; of all without one."""
    return tuple(
        _limit(balloon)
        for balloon in known_balloons().values()
        if not length_mm or balloon.length_mm.value == length_mm
    )


def _limit(balloon: Balloon) -> BalloonLimit:
    worst = find_weakest((balloon.rated_ml.status, balloon.rated_mpa.status))
    return BalloonLimit(
        name=balloon.name,
        title=balloon.title,
        most_ml=balloon.rated_ml.value,
        most_psi=round(balloon.rated_mpa.value * PSI),
        evidence=Evidence(source=balloon.rated_mpa.source, status=worst),
    )
