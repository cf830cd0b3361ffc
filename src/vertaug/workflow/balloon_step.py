"""The balloons of a kyphoplasty of a case: placed, inflated, emptied, and what they leave."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.dead_weight import plate_centre_mm
from vertaug.augmentation.balloon.fracture_zone import FractureAge
from vertaug.augmentation.balloon.inflation import rated_limits
from vertaug.augmentation.balloon.patient_bone import patient_bone
from vertaug.augmentation.balloon.placement import place_balloons_on_plan
from vertaug.augmentation.balloon.preload import axial_force_n
from vertaug.augmentation.balloon.product import Balloon
from vertaug.augmentation.balloon.shape import ShapeAfter
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.augmentation.bone_shift import motion_above, shift_of_bone
from vertaug.augmentation.deflated_bone import DeflatedBone, deflated_bone
from vertaug.augmentation.kyphoplasty import (
    BalloonChoice,
    BalloonTreatment,
    KeptMoment,
    kept_moment,
    treat_with_balloon,
)
from vertaug.case.bone_shift import BoneShift
from vertaug.case.case_content import CaseResults
from vertaug.case.grid import FloatArray, read_only
from vertaug.case.kyphoplasty import (
    STAGES,
    BalloonBreach,
    BalloonCourse,
    BalloonFrame,
    BalloonSetup,
    MovedWall,
    RoomForBalloons,
    ShapeStage,
)
from vertaug.case.level import are_adjacent
from vertaug.case.measurement import HeightSet
from vertaug.case.plan import AccessPlan, NeedlePath
from vertaug.case.spine import Spine, Vertebra
from vertaug.fracture.height_restoration import restore_heights
from vertaug.workflow.balloon_choice import choose_balloon
from vertaug.workflow.balloon_limits import (
    describe_end,
    describe_fracture,
    list_balloon_limits,
)
from vertaug.workflow.kernels import KernelSignature, say_kernels
from vertaug.workflow.procedure_plan import find_injection_plan, plan_words
from vertaug.workflow.product_sheet import describe_balloon, describe_bone, describe_ligaments
from vertaug.workflow.simulation_choice import SimulationChoice

BALLOON_KERNELS: tuple[KernelSignature, ...] = tuple(
    KernelSignature(module=f"vertaug.{module}", name=name, arguments=())
    for module, name in (
        ("augmentation.balloon._foam_numba", "stress_cells"),
        ("augmentation.balloon._foam_numba", "turn_cells"),
        ("augmentation.balloon._foam_numba", "add_forces"),
        ("augmentation.balloon._inside_numba", "fill_inside"),
        ("augmentation.balloon._skin_numba", "pull_triangles"),
        ("numerics._rows_numba", "multiply_rows"),
        ("numerics._rows_numba", "add_rows"),
    )
)
"""Kernels of the balloon's step beside those of strength."""
_MM3_PER_ML = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InflatedVertebra:
    """What the balloon step stores.

    Attributes
    ----------
    balloon : Balloon
        With all its values, since a file of the user need not be there any more.
    course : BalloonCourse
    tips_lps_mm : (needles, 3) float64 array
        From where cement is injected: on the needle, as near as it comes to the middle of the
        cavity.
    bone : DeflatedBone
        Where the bone went, for cement and strength after it.
    """

    balloon: Balloon
    course: BalloonCourse
    tips_lps_mm: FloatArray
    bone: DeflatedBone

    def __post_init__(self) -> None:
        object.__setattr__(self, "tips_lps_mm", read_only(self.tips_lps_mm))

    @property
    def shift(self) -> BoneShift:
        """How the bone has moved after the balloons were emptied."""
        bone = self.course.bone_at("emptied")
        assert bone is not None  # `inflate_case` keeps it
        return bone


def inflate_case(
    results: CaseResults,
    choice: SimulationChoice,
    known: Mapping[str, Balloon],
    tell: Callable[[str, float], None],
) -> InflatedVertebra:
    """Place, inflate and empty the balloons of a kyphoplasty, and measure what they did.

    Parameters
    ----------
    results : CaseResults
        With plans of a kyphoplasty.
    choice : SimulationChoice
        With a balloon.
    known : mapping of str to Balloon
        That can be taken.
    tell : callable
        Takes (message, fraction).

    Raises
    ------
    LevelError, InputError
        If level, plan, balloon, volume or density cannot be used, or a balloon has no room.
    ComputationError
        If an increment cannot be solved.
    """
    wish = choice.balloon
    assert wish is not None  # a kyphoplasty has one
    level, access = find_injection_plan(results, choice)
    balloon, volume_ml = choose_balloon(known, access, wish)
    vertebra = results.spine[level]
    chosen = BalloonChoice(
        balloon=balloon,
        volume_ml=volume_ml,
        preload_n=wish.preload_n,
        contact_mm=wish.contact_mm,
        spacing_mm=wish.spacing_mm,
        fracture=FractureAge(wish.fracture_age),
    )
    tell(say_kernels(BALLOON_KERNELS), 0.0)
    treatment = treat_with_balloon(
        vertebra,
        results.calibration,
        access.paths,
        chosen,
        measured=results.assessment.levels.get(level),
        above=_above(results.spine, level),
        progress=lambda share, message: tell(message, share),
    )
    tell("shape of the body", 1.0)
    return InflatedVertebra(
        balloon=balloon,
        course=_course(results, (level, choice.plan, access), chosen, treatment),
        tips_lps_mm=_tips(access.paths, treatment),
        bone=deflated_bone(vertebra, treatment),
    )


def check_balloons(
    results: CaseResults, choice: SimulationChoice, known: Mapping[str, Balloon]
) -> None:
    """Refuse balloons that have no room, before anything takes its time.

    Parameters
    ----------
    results, choice, known
        As in `inflate_case`.

    Raises
    ------
    LevelError, InputError
        As `inflate_case`, but for what only the loaded spine tells.
    """
    wish = choice.balloon
    assert wish is not None  # a kyphoplasty has one
    level, access = find_injection_plan(results, choice)
    balloon, volume_ml = choose_balloon(known, access, wish)
    rated_limits(balloon, volume_ml)
    vertebra = results.spine[level]
    bone = patient_bone(vertebra, results.calibration, spacing_mm=wish.spacing_mm)
    place_balloons_on_plan(bone, vertebra, access.paths, balloon)


def _above(spine: Spine, level: str) -> Vertebra | None:
    """Return the complete vertebra next above, as the measurement of local kyphosis takes it."""
    complete = {name: v for name, v in spine.vertebrae.items() if v.complete}
    present = spine.labels.levels
    return next((v for n, v in complete.items() if are_adjacent(n, level, present)), None)


def _course(
    results: CaseResults,
    planned: tuple[str, int, AccessPlan],
    chosen: BalloonChoice,
    found: BalloonTreatment,
) -> BalloonCourse:
    level, number, access = planned
    measured = results.assessment.levels.get(level)
    reference = None if measured is None else measured.reference_mm
    inflation, bone = found.inflation, found.bone
    return BalloonCourse(
        setup=BalloonSetup(
            level=level,
            plan_number=number,
            plan=plan_words(access),
            sides=tuple(path.side for path in access.paths),
            balloon=describe_balloon(chosen.balloon),
            wanted_ml=chosen.volume_ml,
            preload_n=chosen.preload_n,
            contact_mm=chosen.within_mm,
            spacing_mm=chosen.spacing_mm,
            fracture=describe_fracture(found),
            bone=(*describe_bone(chosen.crushed), *describe_ligaments(chosen.ligaments)),
        ),
        volume_ml=inflation.volume_mm3 / _MM3_PER_ML,
        pressure_mpa=inflation.pressure_mpa,
        readable=inflation.resolved,
        end=describe_end(found, chosen, tuple(path.side for path in access.paths)),
        stages=_stages((found.before, found.inflated, found.after), reference),
        breaches=tuple(
            BalloonBreach(
                wall=breach.wall,
                area_mm2=breach.area_mm2,
                beyond_mm=breach.beyond_mm,
                place_lps_mm=bone.to_world(breach.place_mm),
            )
            for breach in found.breaches
        ),
        cavity_ml=found.cavity_mm3() / _MM3_PER_ML,
        frames=_frames(results.spine[level], found),
        triangles=found.folded[0].triangles,
        notes=list_balloon_limits(
            found, chosen, axial_force_n(inflation.state), access.paths[0].needle
        ),
        contact_mm2=tuple(contact.area_mm2 for contact in found.contacts),
        moved_wall=_moved_wall(found),
        room=_room(found),
    )


def _moved_wall(found: BalloonTreatment) -> MovedWall | None:
    moved = found.wall_moved
    if moved is None:
        return None
    gained = moved.heights_mm.anterior - found.before.heights_mm.anterior
    return MovedWall(
        volume_ml=tuple(float(volume) / _MM3_PER_ML for volume in moved.volumes_mm3),
        anterior_mm=gained,
    )


def _room(found: BalloonTreatment) -> RoomForBalloons:
    full = float(found.inflation.state.volumes_mm3().sum()) / _MM3_PER_ML
    return RoomForBalloons(
        added_ml=full - _volume_ml(found.folded),
        grown_ml=found.inflated.body_volume_ml - found.before.body_volume_ml,
        pressed_ml=found.room.pressed_mm3 / _MM3_PER_ML,
        opened_ml=found.room.opened_mm3 / _MM3_PER_ML,
    )


def _stages(shapes: tuple[ShapeAfter, ...], reference: HeightSet | None) -> tuple[ShapeStage, ...]:
    before = shapes[0].heights_mm
    return tuple(
        ShapeStage(
            name=name,
            heights_mm=shape.heights_mm,
            wedge_angle_deg=shape.wedge_angle_deg,
            local_kyphosis_deg=shape.local_kyphosis_deg,
            body_volume_ml=shape.body_volume_ml,
            lift_mean_mm=shape.lift_mean_mm,
            lift_most_mm=shape.lift_most_mm,
            wall_mm=(
                shape.anterior.most_mm,
                shape.left.most_mm,
                shape.right.most_mm,
                shape.canal.most_mm,
            ),
            gain=None
            if name == STAGES[0]
            else restore_heights(before, shape.heights_mm, reference),
        )
        for name, shape in zip(STAGES, shapes, strict=True)
    )


def _frames(vertebra: Vertebra, found: BalloonTreatment) -> tuple[BalloonFrame, ...]:
    times = [("inflating", moment) for moment in found.kept[:-1]]
    times += [("inflated", moment) for moment in found.kept[-1:]]
    times.append(("emptied", kept_moment(found.emptied)))
    folded = BalloonFrame(
        stage="folded",
        volume_ml=_volume_ml(found.folded),
        points_lps_mm=tuple(_in_patient(s, found) for s in found.folded),
    )
    later = (
        BalloonFrame(
            stage=stage,
            volume_ml=_volume_ml(moment.surfaces),
            points_lps_mm=tuple(_in_patient(s, found) for s in moment.surfaces),
            bone=_shift(vertebra, found, moment),
        )
        for stage, moment in times
    )
    return (folded, *later)


def _shift(vertebra: Vertebra, found: BalloonTreatment, moment: KeptMoment) -> BoneShift:
    voxels, weight = found.bone.voxels, found.emptied.weight
    shift = shift_of_bone(vertebra, voxels, found.bone.points, moment.place_mm)
    if weight is None:
        return shift
    centre = plate_centre_mm(weight, found.bone.grid)
    return replace(shift, above=motion_above(voxels, centre, moment.plate))


def _volume_ml(surfaces: tuple[BalloonSurface, ...]) -> float:
    return sum(surface.volume_mm3() for surface in surfaces) / _MM3_PER_ML


def _in_patient(surface: BalloonSurface, found: BalloonTreatment) -> NDArray[np.float32]:
    return found.bone.to_world(surface.points_mm).astype(np.float32)


def _tips(paths: tuple[NeedlePath, ...], found: BalloonTreatment) -> FloatArray:
    tips = []
    for path, cavity in zip(paths, found.cavities, strict=True):
        entry, along = path.entry_lps_mm, path.target_lps_mm - path.entry_lps_mm
        along = along / np.linalg.norm(along)
        middle = found.bone.to_world(cavity.points_mm.mean(axis=0))
        tips.append(entry + float((middle - entry) @ along) * along)
    return np.array(tips)
