"""The nearest intact level of a case, computed beside a fractured one."""

from collections.abc import Callable

from vertaug.case.case_content import CaseResults
from vertaug.case.errors import ComputationError, InputError
from vertaug.case.level import sort_levels
from vertaug.case.strength_neighbour import IntactNeighbour


def find_neighbour(
    results: CaseResults, level: str, spacing_mm: float, tell: Callable[[str, float], None]
) -> tuple[IntactNeighbour | None, str]:
    """Return the nearest intact level of a fractured one, or why there is none.

    Of two as near the lower one: it bears more, so that a fractured body is not called stronger
    than its neighbour too soon. Left out are levels that are cut, graded, or hold gas or metal.

    Parameters
    ----------
    results : CaseResults
    level : str
    spacing_mm : float
        Of the model's voxels.
    tell : callable
        Takes (message, fraction).

    Returns
    -------
    (IntactNeighbour or None, str)
        None and no words for a level that is not fractured.
    """
    from vertaug.mechanics.linear_strength import measure_neighbour

    measured = results.assessment.levels.get(level)
    if measured is None or measured.genant_grade == 0:
        return None, ""
    failed = []
    for name in list_intact(results, level):
        tell(f"intact {name}", 1.0)
        try:
            found = measure_neighbour(results.spine[name], results.calibration, spacing_mm)
        except (InputError, ComputationError):
            failed.append(name)
            continue
        return found, ""
    if failed:
        return None, f"no model could be made of the intact {' and '.join(failed)}"
    return None, f"no intact neighbour of {level} lies whole in the scan"


def list_intact(results: CaseResults, level: str) -> tuple[str, ...]:
    """Return the intact levels that lie whole in the scan, the nearest first."""
    from vertaug.fracture import find_metal

    spine = results.spine
    intact = [
        name
        for name, own in results.assessment.levels.items()
        if name != level
        and name in spine.vertebrae
        and own.genant_grade == 0
        and not own.cleft.present
        and spine[name].complete
        and find_metal(spine[name]) is None
    ]
    order = sort_levels({level, *spine.vertebrae})
    place = order.index(level)
    return tuple(sorted(intact, key=lambda n: (abs(order.index(n) - place), -order.index(n))))
