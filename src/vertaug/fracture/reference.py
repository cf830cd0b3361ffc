"""Expected heights: which neighbours are intact, and what they predict.

Whether a neighbour is intact is itself a grade, so grades and references are found together:
start from the patient's own scale on the level norms, then take references from intact
neighbours and grade again until nothing changes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.level import are_adjacent, sort_levels
from vertaug.fracture.grading import BORDERLINE_PERCENT, ProfileLoss, grade_loss
from vertaug.fracture.height import PROFILE_SHARES, BodyHeights
from vertaug.fracture.norm import find_norm, usual_excess

_MAXIMUM_ROUNDS = 20
_NORMS = "level norms partly recalled"
_MIDDLE_SHARE = 0.25
"""Part of what the front stands above the back that the middle of a level alone must stand above
it too: half in a back that lost height evenly, none with osteophytes (design default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Expected heights of one level.

    Attributes
    ----------
    heights : BodyHeights
        Expected heights.
    method : str
        Where they come from, in words.
    levels : tuple of str
        The neighbours that they come from; empty for the level norms.
    """

    heights: BodyHeights
    method: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedLevels:
    """Grades of all levels with the references they rest on.

    Attributes
    ----------
    references : mapping of str to Reference
        Of every level.
    grades : mapping of str to int
        Genant-style grade of every level.
    intact : tuple of str
        Levels of grade 0 that are not borderline.
    stable : bool
        Whether the grades stopped changing; if not, the higher grade of the cycle is kept.
    """

    references: Mapping[str, Reference]
    grades: Mapping[str, int]
    intact: tuple[str, ...]
    stable: bool

    def measures_of(self, level: str) -> tuple[str, ...]:
        """Return the levels that tell what this one was: the intact and those it rests on."""
        return sort_levels({*self.intact, *self.references[level].levels})


def grade_levels(heights: Mapping[str, BodyHeights], present: Collection[str] = ()) -> GradedLevels:
    """Grade all levels of a scan together.

    The grade is that of the largest loss over the six points and the mid-sagittal profile. The
    profile counts because a collapse need not be deepest at a corner or at the middle point.

    The reference of a level (clinical reference 2.2) is the mean of the same height one level
    above and below if both are grade 0; if only one is, that one times the level factor; if
    neither, the nearest intact level above and below times the level factors; if no level is
    intact, the level norms at the patient's scale. The level factor is the ratio of the level
    norms. The first round, which has no grades yet, uses the last of these for every level.

    Parameters
    ----------
    heights : mapping of str to BodyHeights
        Measured heights of the complete levels.
    present : collection of str
        Levels that were not measured but exist; T13 or L6 among them parts its neighbours.
    """
    levels = sort_levels(heights)
    present = {*present, *levels}
    start = {level: scale_norm(level, heights) for level in levels}
    references = start
    ranks = _rank(heights, start)
    seen: list[dict[str, float]] = []
    while ranks not in seen and len(seen) < _MAXIMUM_ROUNDS:
        seen.append(ranks)
        references = _predict(heights, ranks, start, present)
        ranks = _rank(heights, references)
    stable = ranks == seen[-1]
    if not stable:
        cycle = seen[seen.index(ranks) :] if ranks in seen else [*seen[-1:], ranks]
        ranks = {level: max(r[level] for r in cycle) for level in levels}
        references = _predict(heights, ranks, start, present)
    grades = {level: int(rank) for level, rank in ranks.items()}
    intact = tuple(level for level in levels if ranks[level] == 0)
    return GradedLevels(references=references, grades=grades, intact=intact, stable=stable)


def _predict(
    heights: Mapping[str, BodyHeights],
    ranks: Mapping[str, float],
    start: Mapping[str, Reference],
    present: Collection[str],
) -> dict[str, Reference]:
    intact = {level: h for level, h in heights.items() if ranks[level] == 0}
    borderline = {level: h for level, h in heights.items() if ranks[level] < 1}
    return {
        level: select_reference(level, intact, present)
        or select_reference(level, borderline, present)
        or start[level]
        for level in heights
    }


def select_reference(
    level: str, intact: Mapping[str, BodyHeights], present: Collection[str] = ()
) -> Reference | None:
    """Return the reference of a level from intact neighbours; None if there are none.

    Parameters
    ----------
    level : str
        The level to predict; an entry of its own in ``intact`` is not used.
    intact : mapping of str to BodyHeights
        Heights of the intact levels.
    present : collection of str
        Levels of this patient, see `levels_between`.
    """
    order = sort_levels({*intact, level})
    place = order.index(level)
    near = [order[i] for i in (place - 1, place + 1) if 0 <= i < len(order)]
    beside = [n for n in near if are_adjacent(n, level, present) or are_adjacent(level, n, present)]
    if len(beside) == 2:
        mean = np.mean([intact[name].vector() for name in beside], axis=0)
        method = f"mean of the intact {beside[0]} and {beside[1]}"
        heights = BodyHeights.from_vector(mean)
        return Reference(heights=heights, method=method, levels=tuple(beside))
    used = beside or near
    if not used:
        return None
    here = _norm_vector(level)
    scaled = [intact[name].vector() * here / _norm_vector(name) for name in used]
    kind = "intact neighbour" if beside else "nearest intact " + "level" * (len(used) == 1)
    if not beside and len(used) == 2:
        kind = "nearest intact levels"
    return Reference(
        heights=BodyHeights.from_vector(np.mean(scaled, axis=0)),
        method=f"{kind} {' and '.join(used)} times the level factor ({_NORMS})",
        levels=tuple(used),
    )


def describe_basis(level: str, graded: GradedLevels) -> tuple[str, ...]:
    """Return a sentence where a level has no neighbour as a measure, or one that rests on it."""
    used = graded.references[level].levels
    if not used:
        text = "no other level is a measure for it: its grade and shape are less certain"
        return (text,)
    if len(used) != 1:
        return ()
    (other,) = used
    if graded.references[other].levels != (level,):
        return ()
    text = (
        f"expected heights of {level} rest on {other} alone, whose own rest on {level}: a loss "
        "that both share does not show; see the own ratios"
    )
    return (text,)


def scale_norm(level: str, heights: Mapping[str, BodyHeights]) -> Reference:
    """Return the level norm at the patient's scale.

    The scale is the upper quartile, over the levels, of posterior height divided by its norm:
    the posterior height is the last to fall, and losses only make it smaller. With one level
    this is the own posterior height with the normal ratios of the level, unless the front and
    the middle both stand above it: then it has fallen itself, and the greatest is taken.
    """
    if len(heights) == 1:
        name, scale = _scale_alone(level, heights[level])
        method = f"own {name} height with the normal ratios of the level ({_NORMS})"
    else:
        shares = [h.points.posterior / find_norm(name).posterior for name, h in heights.items()]
        scale = float(np.quantile(shares, 0.75, method="higher"))
        method = f"normal heights of the level at this patient's scale, no level intact ({_NORMS})"
    return Reference(heights=BodyHeights.from_vector(scale * _norm_vector(level)), method=method)


def _scale_alone(level: str, heights: BodyHeights) -> tuple[str, float]:
    """Return which height of a level is its measure, and that height divided by its norm."""
    norm, points = find_norm(level), heights.points
    shares = {
        name: float(getattr(points, name) / getattr(norm, name))
        for name in ("anterior", "middle", "posterior")
    }
    back, greatest = shares["posterior"], max(shares, key=lambda name: shares[name])
    above = shares[greatest] - back
    fallen = above > usual_excess(level) * back
    # osteophytes raise the front corners alone; where the back has fallen the middle is above it
    if fallen and shares["middle"] - back > _MIDDLE_SHARE * above:
        return greatest, shares[greatest]
    return "posterior", back


def find_profile_loss(heights: BodyHeights, reference: BodyHeights) -> ProfileLoss | None:
    """Return the largest loss along the mid-sagittal profile; None without a profile."""
    loss = 100.0 * (1.0 - np.array(heights.profile_mm) / np.array(reference.profile_mm))
    if not np.isfinite(loss).any():
        return None
    worst = int(np.nanargmax(loss))
    return ProfileLoss(percent=float(loss[worst]), share=PROFILE_SHARES[worst])


def _rank(
    heights: Mapping[str, BodyHeights], references: Mapping[str, Reference]
) -> dict[str, float]:
    """Return the grade of each level; 0.5 for a borderline level of grade 0."""
    ranks = {}
    for level, own in heights.items():
        expected = references[level].heights.vector()
        loss = float(np.nanmax(100.0 * (1.0 - own.vector() / expected)))
        grade = grade_loss(loss)
        ranks[level] = 0.5 if grade == 0 and loss >= BORDERLINE_PERCENT else float(grade)
    return ranks


def _norm_vector(level: str) -> FloatArray:
    return BodyHeights.from_points(find_norm(level)).vector()
