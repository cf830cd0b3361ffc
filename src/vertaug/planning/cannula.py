"""Which needles a balloon passes."""

from vertaug.case.errors import InputError
from vertaug.case.instrument import NEEDLE_GAUGES, Needle, needle_of_gauge
from vertaug.case.plan import Procedure
from vertaug.planning.rules import SafetyRules


def leave_out_thin(
    needles: dict[Procedure, Needle], rules: SafetyRules
) -> tuple[dict[Procedure, Needle], tuple[str, ...]]:
    """Drop a kyphoplasty whose needle no balloon passes, and say so.

    Raises
    ------
    InputError
        If nothing else is to be planned.
    """
    needle = needles.get(Procedure.KYPHOPLASTY)
    if needle is None or passes_balloon(needle, rules):
        return needles, ()
    known = [g for g in NEEDLE_GAUGES if passes_balloon(needle_of_gauge(g), rules)]
    text = (
        f"Kyphoplasty was not planned: no balloon passes {needle.gauge}G, but "
        f"{', '.join(f'{g}G' for g in known)} would do."
    )
    others = dict(needles)
    del others[Procedure.KYPHOPLASTY]
    if not others:
        raise InputError(text)
    return others, (text,)


def passes_balloon(needle: Needle, rules: SafetyRules) -> bool:
    """Whether a needle is thick enough for the balloons of a kyphoplasty."""
    return needle.outer_diameter_mm >= rules.cannula_least_mm
