"""Expected heights: which neighbours are intact, and what they predict.

Whether a neighbour is intact is itself a grade, so grades and references are found together:
start from the patient's own scale on the level norms, then take references from intact
neighbours and grade again until nothing changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vertaug.case.level import are_adjacent, sort_levels
from vertaug.case.measurement import HeightSet
from vertaug.fracture.grading import compute_loss, grade_loss, largest_loss
from vertaug.fracture.norm import find_norm

_MAXIMUM_ROUNDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Expected heights of one level.

    Attributes
    ----------
    heights_mm : HeightSet
        Expected heights.
    method : str
        Where they come from, in words.
    """

    heights_mm: HeightSet
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedLevels:
    """Grades of all levels with the references they rest on.

    Attributes
    ----------
    references : mapping of str to Reference
        Of every level.
    grades : mapping of str to int
        Genant-style grade of every level.
    stable : bool
        Whether the grades stopped changing; if not, the higher grade of the cycle is kept.
    """

    references: Mapping[str, Reference]
    grades: Mapping[str, int]
    stable: bool


def grade_levels(heights_mm: Mapping[str, HeightSet]) -> GradedLevels:
    """Grade all levels of a scan together.

    The reference of a level (clinical reference 2.2) is the mean of the same height one level
    above and below if both are grade 0; if only one is, that one times the level factor; if
    neither, the nearest intact level above and below times the level factors; if no level is
    intact, the level norms at the patient's scale. The level factor is the ratio of the level
    norms. The first round, which has no grades yet, uses the last of these for every level.

    Parameters
    ----------
    heights_mm : mapping of str to HeightSet
        Measured heights of the complete levels.

    Returns
    -------
    GradedLevels
    """
    levels = sort_levels(heights_mm)
    start = {level: scale_norm(level, heights_mm) for level in levels}
    grades = _grade(heights_mm, start)
    seen: list[dict[str, int]] = []
    references = start
    while grades not in seen and len(seen) < _MAXIMUM_ROUNDS:
        seen.append(grades)
        intact = {level: heights_mm[level] for level in levels if grades[level] == 0}
        references = {level: select_reference(level, intact) or start[level] for level in levels}
        grades = _grade(heights_mm, references)
    stable = bool(seen) and grades == seen[-1]
    if not stable and seen:
        cycle = seen[seen.index(grades) :] if grades in seen else seen[-1:]
        grades = {level: max(g[level] for g in [*cycle, grades]) for level in levels}
    return GradedLevels(references=references, grades=grades, stable=stable or not levels)


def select_reference(level: str, intact: Mapping[str, HeightSet]) -> Reference | None:
    """Return the reference of a level from intact neighbours; None if there are none.

    Parameters
    ----------
    level : str
        The level to predict; an entry of its own in ``intact`` is not used.
    intact : mapping of str to HeightSet
        Heights of the intact levels.
    """
    order = sort_levels({*intact, level})
    place = order.index(level)
    above = order[place - 1] if place > 0 else None
    below = order[place + 1] if place + 1 < len(order) else None
    beside = [
        name
        for name, adjacent in (
            (above, above is not None and are_adjacent(above, level)),
            (below, below is not None and are_adjacent(level, below)),
        )
        if adjacent and name is not None
    ]
    if len(beside) == 2:
        mean = _mean([intact[name] for name in beside])
        return Reference(heights_mm=mean, method=f"mean of the intact {beside[0]} and {beside[1]}")
    used = beside or [name for name in (above, below) if name is not None]
    if not used:
        return None
    scaled = [_scale_to(level, name, intact[name]) for name in used]
    names = " and ".join(used)
    kind = "intact neighbour" if beside else "nearest intact level"
    factor = "times the level factor"
    return Reference(heights_mm=_mean(scaled), method=f"{kind} {names} {factor}")


def scale_norm(level: str, heights_mm: Mapping[str, HeightSet]) -> Reference:
    """Return the level norm at the patient's scale.

    The scale is the upper quartile, over the levels, of posterior height divided by its norm:
    the posterior height is the last to fall, and losses only make it smaller. With one level
    this is the own posterior height with the normal ratios of the level.
    """
    shares = [h.posterior / find_norm(name).posterior for name, h in heights_mm.items()]
    scale = float(np.quantile(shares, 0.75, method="higher"))
    norm = find_norm(level)
    if len(shares) == 1:
        method = "own posterior height with the normal ratios of the level (no other level)"
    else:
        method = "normal heights of the level at this patient's scale (no intact level)"
    return Reference(
        heights_mm=HeightSet(
            anterior=scale * norm.anterior,
            middle=scale * norm.middle,
            posterior=scale * norm.posterior,
        ),
        method=method,
    )


def _grade(
    heights_mm: Mapping[str, HeightSet], references: Mapping[str, Reference]
) -> dict[str, int]:
    return {
        level: grade_loss(largest_loss(compute_loss(heights, references[level].heights_mm)))
        for level, heights in heights_mm.items()
    }


def _scale_to(level: str, source: str, heights: HeightSet) -> HeightSet:
    here, there = find_norm(level), find_norm(source)
    return HeightSet(
        anterior=heights.anterior * here.anterior / there.anterior,
        middle=heights.middle * here.middle / there.middle,
        posterior=heights.posterior * here.posterior / there.posterior,
    )


def _mean(sets: list[HeightSet]) -> HeightSet:
    return HeightSet(
        anterior=sum(h.anterior for h in sets) / len(sets),
        middle=sum(h.middle for h in sets) / len(sets),
        posterior=sum(h.posterior for h in sets) / len(sets),
    )
