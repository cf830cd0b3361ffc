"""Genant grade and shape of the phantom's levels from their true heights."""

from collections.abc import Mapping
from dataclasses import dataclass

from vertaug.case.measurement import FractureShape, HeightSet
from vertaug.imaging.phantom.profile import find_landmarks, measure_heights
from vertaug.imaging.phantom.solid import Solid, deform
from vertaug.imaging.phantom.specification import PHANTOM_LEVELS, HeightLoss
from vertaug.imaging.phantom.vertebra_shape import SHAPES

_NAMES = ("anterior", "middle", "posterior")
_INTACT_BELOW = 0.15  # as in the measurement: a borderline level is no measure for others
# a designed loss of exactly 20 % comes back from differences of heights a few bits off
_ROUNDING_PERCENT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """A level against its reference: expected heights, losses, grade and shape."""

    reference_mm: HeightSet
    loss_percent: HeightSet
    grade: int
    shape: FractureShape


def grade_levels(
    heights: Mapping[str, HeightSet], lost_share: Mapping[str, float]
) -> dict[str, Grading]:
    """Grade all levels against intact neighbours (clinical reference 2.2).

    The reference is the mean height of the levels above and below where both are intact; else
    the height of the nearest intact level, times the ratio of the two levels' designed heights.
    """
    intact = [name for name in heights if lost_share[name] < _INTACT_BELOW]
    design = {name: _designed_heights(name) for name in heights}
    return {
        name: _grade(heights[name], _reference(name, heights, design, intact)) for name in heights
    }


def grade_of(loss_percent: float) -> int:
    """Return the quantitative, Genant-style grade: 20 and 25 belong upward, 40 downward."""
    if loss_percent > 40.0 + _ROUNDING_PERCENT:
        return 3
    if loss_percent >= 25.0 - _ROUNDING_PERCENT:
        return 2
    return 1 if loss_percent >= 20.0 - _ROUNDING_PERCENT else 0


def _designed_heights(name: str) -> HeightSet:
    return measure_heights(find_landmarks(make_intact(name)))


def make_intact(name: str) -> Solid:
    """Return a level as it was before any loss of height."""
    return deform(SHAPES[name], HeightLoss(), retropulsion_mm=0.0, cleft=False, index=0)


def _reference(
    name: str,
    heights: Mapping[str, HeightSet],
    design: Mapping[str, HeightSet],
    intact: list[str],
) -> HeightSet:
    n = PHANTOM_LEVELS.index(name)
    beside = [PHANTOM_LEVELS[m] for m in (n - 1, n + 1) if 0 <= m < len(PHANTOM_LEVELS)]
    beside = [other for other in beside if other in intact]
    if len(beside) == 2:
        means = [sum(getattr(heights[o], key) for o in beside) / 2 for key in _NAMES]
        return HeightSet(anterior=means[0], middle=means[1], posterior=means[2])
    others = [other for other in intact if other != name]
    if not others:
        return design[name]
    nearest = min(others, key=lambda other: abs(PHANTOM_LEVELS.index(other) - n))
    scaled = [
        getattr(heights[nearest], key) * getattr(design[name], key) / getattr(design[nearest], key)
        for key in _NAMES
    ]
    return HeightSet(anterior=scaled[0], middle=scaled[1], posterior=scaled[2])


def _grade(heights: HeightSet, reference: HeightSet) -> Grading:
    loss = {key: 100 * (1 - getattr(heights, key) / getattr(reference, key)) for key in _NAMES}
    grade = grade_of(max(loss.values()))
    return Grading(
        reference_mm=reference,
        loss_percent=HeightSet(**loss),
        grade=grade,
        shape=_shape(loss) if grade else FractureShape.NONE,
    )


def _shape(loss: Mapping[str, float]) -> FractureShape:
    """Shape by the height that lost most; crush also where all three are fractured."""
    if loss["posterior"] == max(loss.values()) or grade_of(min(loss.values())) > 0:
        return FractureShape.CRUSH
    if loss["anterior"] >= loss["middle"]:
        return FractureShape.WEDGE
    return FractureShape.BICONCAVE
