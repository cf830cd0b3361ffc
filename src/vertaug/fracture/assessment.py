"""Assessment of all bodies of a spine."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from vertaug.case.density import DensityCalibration
from vertaug.case.level import are_adjacent
from vertaug.case.measurement import (
    FractureAssessment,
    HeightSet,
    VertebraMeasurement,
)
from vertaug.case.spine import Spine, Vertebra
from vertaug.fracture.angle import kyphosis_between
from vertaug.fracture.canal import measure_posterior_wall
from vertaug.fracture.grading import (
    classify_shape,
    compute_loss,
    compute_own_ratios,
    describe_grade,
    describe_low_body,
    largest_loss,
)
from vertaug.fracture.height import BodyHeights, measure_body, measure_depth
from vertaug.fracture.interior import crop_to_body, find_cleft, find_metal, measure_trabecular
from vertaug.fracture.lost_volume import average_heights, predict_volume
from vertaug.fracture.norm import WEDGE_SD, find_norm
from vertaug.fracture.reference import (
    GradedLevels,
    Reference,
    describe_basis,
    find_profile_loss,
    grade_levels,
)
from vertaug.fracture.selection import check_level, select_level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """A vertebra with its complete adjacent levels, its measures, and all levels there are."""

    vertebra: Vertebra
    intact: Mapping[str, Vertebra]
    present: Collection[str]
    above: Vertebra | None
    below: Vertebra | None


def assess_fracture(
    spine: Spine, calibration: DensityCalibration | None, *, level: str | None = None
) -> FractureAssessment:
    """Measure and grade every complete body, and name the level to treat.

    Definitions, thresholds and formulas: clinical reference, part 2. Grades are quantitative,
    Genant-style: a number from heights, not a reader's impression.

    Parameters
    ----------
    spine : Spine
        Analysed vertebrae.
    calibration : DensityCalibration or None
        Law from HU to density; None gives HU only.
    level : str or None
        Level to treat; None finds it.

    Returns
    -------
    FractureAssessment

    Raises
    ------
    LevelError
        If the given level is not in the scan or is cut by its edge.
    AnatomyError
        If the heights of a complete body cannot be measured.
    """
    complete = {name: v for name, v in spine.vertebrae.items() if v.complete}
    incomplete = dict(spine.incomplete)
    for name, vertebra in spine.vertebrae.items():
        if not vertebra.complete:
            incomplete[name] = describe_cut(vertebra.cut_by)
    heights = {name: measure_body(v) for name, v in complete.items()}
    graded = grade_levels(heights, incomplete)
    measured = {}
    for name in complete:
        place = _place(name, complete, graded.measures_of(name), {*complete, *incomplete})
        measured[name] = _measure(place, heights[name], graded, calibration)
    given = None if level is None else check_level(level, measured, incomplete)
    chosen, why = select_level(measured, incomplete, given)
    return FractureAssessment(
        level=chosen, level_source=why, levels=measured, incomplete=incomplete
    )


def describe_cut(cut_by: tuple[str, ...]) -> str:
    """Return in words by which faces of the scan a vertebra is cut."""
    if not cut_by:
        return "its body is not complete in the scan"
    faces = " and ".join(cut_by)
    return f"cut by the {faces} {'edge' if len(cut_by) == 1 else 'edges'} of the scan"


def _place(
    name: str, complete: Mapping[str, Vertebra], intact: Iterable[str], present: Collection[str]
) -> _Place:
    above = [v for n, v in complete.items() if are_adjacent(n, name, present)]
    below = [v for n, v in complete.items() if are_adjacent(name, n, present)]
    return _Place(
        vertebra=complete[name],
        intact={n: complete[n] for n in intact},
        present=present,
        above=above[0] if above else None,
        below=below[0] if below else None,
    )


def _measure(
    place: _Place,
    heights: BodyHeights,
    graded: GradedLevels,
    calibration: DensityCalibration | None,
) -> VertebraMeasurement:
    vertebra, points, name = place.vertebra, heights.points, place.vertebra.level
    reference = graded.references[name]
    expected = reference.heights.points
    loss = compute_loss(points, expected)
    profile = find_profile_loss(heights, reference.heights)
    local, cobb, angle_notes = _measure_angles(place)
    grade = graded.grades[name]
    wall, wall_notes = measure_posterior_wall(vertebra, place.above, place.below)
    volume = vertebra.body_volume_mm3 / 1000.0
    predicted, volume_notes = _predict_volume(place, reference, grade)
    top, bottom = vertebra.superior.line, vertebra.inferior.line
    return VertebraMeasurement(
        level=name,
        complete=True,
        heights_mm=points,
        heights_3d_mm=average_heights(vertebra),
        own_ratios=compute_own_ratios(points),
        reference_mm=expected,
        reference_method=reference.method,
        reference_levels=reference.levels,
        loss_percent=loss,
        profile_loss_percent=None if profile is None else profile.percent,
        profile_loss_depth=None if profile is None else profile.share,
        genant_grade=grade,
        shape=classify_shape(loss, profile),
        depth_mm=measure_depth(vertebra.landmarks),
        wedge_angle_deg=kyphosis_between(top, bottom, vertebra.frame),
        local_kyphosis_deg=local,
        cobb_angle_deg=cobb,
        posterior_wall=wall,
        cleft=find_cleft(*crop_to_body(vertebra), vertebra.hu.grid.spacing_mm),
        trabecular=measure_trabecular(vertebra, calibration),
        body_volume_ml=volume,
        predicted_volume_ml=predicted,
        lost_volume_ml=None if predicted is None else predicted - volume,
        endplate_residual_mm=(top.residual_mm, bottom.residual_mm),
        notes=(
            *describe_grade(loss, profile, grade),
            *_describe_shape(place, points, loss, graded),
            *(*angle_notes, *wall_notes, *volume_notes),
            *_describe_limits(vertebra, grade, stable=graded.stable),
        ),
    )


def _predict_volume(
    place: _Place, reference: Reference, grade: int
) -> tuple[float | None, tuple[str, ...]]:
    """Return the volume before the fracture; None where only the own heights could tell it."""
    if grade == 0 and not reference.levels:
        return None, ()
    predicted, notes = predict_volume(place.vertebra, reference, place.intact, place.present)
    return predicted, notes if grade > 0 else ()


def _describe_shape(
    place: _Place, points: HeightSet, loss: HeightSet, graded: GradedLevels
) -> tuple[str, ...]:
    name, depth = place.vertebra.level, measure_depth(place.vertebra.landmarks)
    grade = graded.grades[name]
    return (
        *describe_low_body(points, depth, grade),
        *describe_basis(name, graded),
        *describe_wedging(name, points, loss, grade),
    )


def _describe_limits(vertebra: Vertebra, grade: int, *, stable: bool) -> tuple[str, ...]:
    notes = []
    if not stable:
        notes.append("grades of neighbouring levels depend on each other; the higher is kept")
    if grade >= 2:
        notes.append("the core of a collapsed body is compacted: its density reads too high")
    metal = find_metal(vertebra)
    if metal is not None:
        notes.append(metal)
    return tuple(notes)


def _measure_angles(place: _Place) -> tuple[float | None, float | None, tuple[str, ...]]:
    """Return local kyphosis, Cobb angle, and why one is missing."""
    vertebra, above, below = place.vertebra, place.above, place.below
    if above is None:
        return None, None, ("local kyphosis and Cobb angle need a complete level above",)
    upper = above.superior.line
    local = kyphosis_between(upper, vertebra.inferior.line, vertebra.frame)
    if below is None:
        return local, None, ("the Cobb angle needs a complete level below",)
    return local, kyphosis_between(upper, below.inferior.line, vertebra.frame), ()


def describe_wedging(
    level: str, heights: HeightSet, loss: HeightSet, grade: int
) -> tuple[str, ...]:
    """Return a sentence where the own wedge ratio and the neighbours do not say the same."""
    norm = find_norm(level)
    expected = norm.anterior / norm.posterior
    ratio = heights.anterior / heights.posterior
    band = f"the normal range of {level} ({expected:.2f} +/- {2 * WEDGE_SD:.2f})"
    usual = abs(ratio - expected) <= 2 * WEDGE_SD
    if grade == 1 and usual and loss.anterior == largest_loss(loss):
        text = f"anterior/posterior ratio {ratio:.2f} is within {band}"
        return (f"{text}: physiological wedging is possible",)
    if grade == 0 and ratio < expected - 2 * WEDGE_SD:
        text = f"anterior/posterior ratio {ratio:.2f} is below {band}"
        return (f"{text} although the neighbours predict it",)
    if ratio > expected + 2 * WEDGE_SD:
        text = f"anterior/posterior ratio {ratio:.2f} is above {band}"
        return (f"{text}: its front corners may lie on osteophytes, or the back has lost height",)
    return ()
