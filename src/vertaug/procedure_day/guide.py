"""Lines of the sheet that hold for every patient, and when a dose of radiation is spoken of."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus
from vertaug.procedure_day.evidence import Evidence, Line, read_lines, read_table

FIRST_NOTICE_GY, NOTICE_STEP_GY = 3.0, 1.0
SIGNIFICANT_GY, SIGNIFICANT_KAP_GY_CM2, SIGNIFICANT_MIN = 5.0, 500.0, 60.0
ALERT_EVIDENCE = Evidence(source="NCRP168, SIR", status=SourceStatus.RECALLED)


class Topic(StrEnum):
    """What lines are about."""

    POSITIONING = "positioning"
    VIEW = "view"
    RADIATION = "radiation"
    BIOPSY = "biopsy"


@cache
def guide_lines(topic: Topic) -> tuple[Line, ...]:
    """Return the lines of a topic."""
    return read_lines(read_table("guide")[topic.value])


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiationAlert:
    """What a dose so far calls for.

    Attributes
    ----------
    notices : int
        How often it should have been said aloud.
    significant : tuple of str
        What makes it a significant dose; empty for none.
    unknown : tuple of str
        What was not given.
    evidence : Evidence
    """

    notices: int
    significant: tuple[str, ...]
    unknown: tuple[str, ...]
    evidence: Evidence


def judge_radiation(
    air_kerma_gy: float | None, kap_gy_cm2: float | None, fluoroscopy_min: float | None
) -> RadiationAlert:
    """Return what a dose calls for; None is not known.

    Raises
    ------
    InputError
        If a value is negative or beyond what a procedure reaches.
    """
    given = (
        ("air kerma at the reference point, Gy", air_kerma_gy, SIGNIFICANT_GY, 50.0),
        ("kerma-area product, Gy cm2", kap_gy_cm2, SIGNIFICANT_KAP_GY_CM2, 5000.0),
        ("fluoroscopy, min", fluoroscopy_min, SIGNIFICANT_MIN, 600.0),
    )
    for name, value, _, most in given:
        if value is not None and not 0.0 <= value <= most:
            message = f"{name}, is expected within 0 to {most:g}; got {value:g}: look at the unit"
            raise InputError(message)
    notices = 0
    if air_kerma_gy is not None and air_kerma_gy >= FIRST_NOTICE_GY:
        notices = 1 + int((air_kerma_gy - FIRST_NOTICE_GY) / NOTICE_STEP_GY)
    return RadiationAlert(
        notices=notices,
        significant=tuple(
            f"{name} {value:g} (from {limit:g})"
            for name, value, limit, _ in given
            if value is not None and value >= limit
        ),
        unknown=tuple(name for name, value, _, _ in given if value is None),
        evidence=ALERT_EVIDENCE,
    )
