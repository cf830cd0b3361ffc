"""The balloon's part of a kyphoplasty in a patient, from the folded balloon to the cavity."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.body_wall import BodyWall, find_body_wall
from vertaug.augmentation.balloon.bone_motion import find_motion, near_surface
from vertaug.augmentation.balloon.bone_points import BonePoints
from vertaug.augmentation.balloon.bone_room import BODY, BoneRoom, measure_room
from vertaug.augmentation.balloon.breach import Breach, find_breaches
from vertaug.augmentation.balloon.crushed_bone import CrushedBone, calibrated_bone
from vertaug.augmentation.balloon.dead_weight import UpperEnd, weight_on_top
from vertaug.augmentation.balloon.deflation import deflate
from vertaug.augmentation.balloon.ends import (
    CONTACT_MM,
    CortexStop,
    HeightTarget,
    MeanLift,
    WallContact,
)
from vertaug.augmentation.balloon.fracture_zone import (
    FractureAge,
    FractureZone,
    broken_and_whole,
    find_fracture_zone,
)
from vertaug.augmentation.balloon.increment import IncrementLimits
from vertaug.augmentation.balloon.inflation import (
    InflatedBone,
    Inflation,
    InflationLimits,
    inflate,
    place_balloons,
    rated_limits,
)
from vertaug.augmentation.balloon.ligaments import (
    SpinalLigaments,
    lumbar_ligaments,
    place_ligaments,
)
from vertaug.augmentation.balloon.moved_measures import carry_landmarks
from vertaug.augmentation.balloon.patient_bone import (
    BonePart,
    BoneSetting,
    PatientBone,
    patient_bone,
)
from vertaug.augmentation.balloon.placement import place_balloons_on_plan
from vertaug.augmentation.balloon.preload import PRONE_N, preload
from vertaug.augmentation.balloon.product import Balloon
from vertaug.augmentation.balloon.shape import ShapeAfter, measure_shape
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.density import DensityCalibration
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.measurement import HeightSet, VertebraMeasurement
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import Vertebra
from vertaug.fracture.height import measure_heights

_WALLS = {
    "cortex": BonePart.CORTEX,
    "superior endplate": BonePart.SUPERIOR_ENDPLATE,
    "inferior endplate": BonePart.INFERIOR_ENDPLATE,
}
WALL_MOVES_MM = 1.0
"""A wall that has gone out so far is seen to move, and would be cracked (design default)."""
_FRAMES = 8
"""Balloons are kept at so many volumes of an inflation, about even."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalloonChoice:
    """What is inflated and how.

    Attributes
    ----------
    balloon : Balloon
    volume_ml : float
        In each balloon.
    preload_n : float
        Axial force on the spine: before the inflation, and with ``WEIGHT`` all through it.
    upper_end : UpperEnd
    lift_mm : float or None
        Mean lift of the superior endplate at which the inflation ends; None for none.
    contact_mm : float
        A balloon with 1 cm2 of its surface (`CONTACT_MM2`) so near the outer face of the cortex
        ends the inflation; a voxel at least.
    spacing_mm : float
        Of the voxels.
    fracture : FractureAge
        Of the fracture, if the level has one.
    bone : BoneSetting
    crushed : CrushedBone
    ligaments : SpinalLigaments
        Of a level above that rides on its disc.
    """

    balloon: Balloon
    volume_ml: float
    preload_n: float = PRONE_N.value
    upper_end: UpperEnd = UpperEnd.WEIGHT
    lift_mm: float | None = None
    contact_mm: float = CONTACT_MM
    spacing_mm: float = 1.5
    fracture: FractureAge = FractureAge.FRESH
    bone: BoneSetting = field(default_factory=BoneSetting)
    crushed: CrushedBone = field(default_factory=calibrated_bone)
    ligaments: SpinalLigaments = field(default_factory=lumbar_ligaments)

    @property
    def within_mm(self) -> float:
        """How near the outer face of the cortex a balloon ends the inflation."""
        return max(self.contact_mm, self.spacing_mm)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptMoment:
    """A moment of an inflation.

    Attributes
    ----------
    surfaces : tuple of BalloonSurface
    place_mm : (n, 3) float64 array
        Of the points of bone.
    plate : (3,) float64 array
        As in `InflatedBone`.
    """

    surfaces: tuple[BalloonSurface, ...]
    place_mm: FloatArray
    plate: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WallMoved:
    """When a wall had gone out by `WALL_MOVES_MM`, after the increment that did it.

    Attributes
    ----------
    volumes_mm3 : (balloons,) float64 array
    heights_mm : HeightSet
        Of the body by then.
    """

    volumes_mm3: FloatArray
    heights_mm: HeightSet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalloonTreatment:
    """A vertebra before, during and after an inflation.

    Attributes
    ----------
    bone : PatientBone
        Without what was drilled for the balloons.
    zone : FractureZone or None
        Of the bone before that; None where none is broken.
    folded : tuple of BalloonSurface
    kept : tuple of KeptMoment
        During the inflation, the last one at its end.
    inflation : Inflation
    emptied : InflatedBone
    before, inflated, after : ShapeAfter
        Measured alike; ``before`` with the bone where the CT shows it.
    breaches : tuple of Breach
        At full inflation.
    contacts : tuple of WallContact
        At full inflation, of each balloon.
    wall_moved : WallMoved or None
        None where no wall went out so far.
    room : BoneRoom
        At full inflation.
    """

    bone: PatientBone
    zone: FractureZone | None
    folded: tuple[BalloonSurface, ...]
    kept: tuple[KeptMoment, ...]
    inflation: Inflation
    emptied: InflatedBone
    before: ShapeAfter
    inflated: ShapeAfter
    after: ShapeAfter
    breaches: tuple[Breach, ...]
    contacts: tuple[WallContact, ...]
    wall_moved: WallMoved | None
    room: BoneRoom

    @property
    def cavities(self) -> tuple[BalloonSurface, ...]:
        """What the emptied balloons leave."""
        return tuple(surface for surface, _ in self.emptied.balloons)

    def cavity_mm3(self) -> float:
        """Return the volume of the cavities."""
        return float(self.emptied.volumes_mm3().sum())


def treat_with_balloon(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    paths: tuple[NeedlePath, ...],
    choice: BalloonChoice,
    *,
    measured: VertebraMeasurement | None = None,
    above: Vertebra | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> BalloonTreatment:
    """Place a balloon on each path, load the spine, inflate, empty, and measure the body.

    Parameters
    ----------
    vertebra : Vertebra
        Complete.
    calibration : DensityCalibration
        To K2HPO4-equivalent density.
    paths : tuple of NeedlePath
    choice : BalloonChoice
    measured : VertebraMeasurement, optional
        Of the vertebra: tells where it is broken; without it no bone is.
    above : Vertebra, optional
        The adjacent level above, for the local kyphosis angle.
    progress : callable, optional
        Takes (share done, message).

    Raises
    ------
    LevelError
        If the vertebra is incomplete.
    InputError
        If a balloon has no room, overlaps another, is not made for the volume or would not be
        inflated at all, or the density is not that of bone.
    ComputationError
        If an increment cannot be solved.
    """
    limits = rated_limits(choice.balloon, choice.volume_ml)
    whole = patient_bone(vertebra, calibration, spacing_mm=choice.spacing_mm, setting=choice.bone)
    balloons = place_balloons_on_plan(whole, vertebra, paths, choice.balloon)
    folded = tuple(surface for surface, _ in balloons)
    zone = _zone(whole, vertebra, measured, choice)
    bone = broken_and_whole(whole, zone, choice.crushed).drilled(*folded)
    weight = None
    if choice.upper_end is UpperEnd.WEIGHT:
        slack = None if zone is None else measured
        ligaments = place_ligaments(choice.ligaments, bone, vertebra, slack)
        weight = weight_on_top(bone.held, bone.grid, choice.preload_n, ligaments)
    law = choice.crushed.law()
    state = place_balloons(bone.grid, law, bone.held, bone.points, balloons, weight=weight)
    state = preload(state, choice.preload_n)
    near = near_surface(vertebra, bone.voxels, bone.points)
    wall = find_body_wall(bone, vertebra, near)
    cortex = CortexStop(wall_mm=wall, within_mm=choice.within_mm)
    limits = replace(limits, cortex=cortex, height=_height_target(bone, state, choice))
    kept, moved, watch = _watcher(choice.volume_ml * len(balloons), wall, progress)
    _refuse_at_once(limits, state, choice.balloon)
    inflation = inflate(state, limits, watch)
    emptied = deflate(inflation.state, IncrementLimits())

    def shape(points: BonePoints, tilted_deg: float = 0.0) -> ShapeAfter:
        return measure_shape(
            vertebra,
            bone.voxels,
            bone.points,
            points,
            above,
            tilted_forward_deg=tilted_deg,
            near=near,
        )

    return BalloonTreatment(
        bone=bone,
        zone=zone,
        folded=folded,
        kept=_thinned(kept),
        inflation=inflation,
        emptied=emptied,
        before=shape(bone.points),
        inflated=shape(inflation.state.points, inflation.state.tilted_forward_deg),
        after=shape(emptied.points, emptied.tilted_forward_deg),
        breaches=_breaches(bone, inflation.state),
        contacts=cortex.find(_surfaces(inflation.state), inflation.state.points),
        wall_moved=_wall_moved(vertebra, bone, near, moved),
        room=measure_room(bone, inflation.state.points),
    )


def _wall_moved(
    vertebra: Vertebra,
    bone: PatientBone,
    near: NDArray[np.bool_],
    moved: list[InflatedBone],
) -> WallMoved | None:
    if not moved:
        return None
    motion = find_motion(vertebra, bone.voxels, bone.points, moved[0].points, near)
    landmarks = carry_landmarks(vertebra.landmarks, vertebra.frame, motion.at)
    return WallMoved(volumes_mm3=moved[0].volumes_mm3(), heights_mm=measure_heights(landmarks))


def _zone(
    bone: PatientBone,
    vertebra: Vertebra,
    measured: VertebraMeasurement | None,
    choice: BalloonChoice,
) -> FractureZone | None:
    """Return where a body is broken; None where it is whole, or healed."""
    if measured is None or choice.fracture is FractureAge.HEALED:
        return None
    return find_fracture_zone(bone, vertebra, measured, choice.bone.shell_mm)


def _height_target(
    bone: PatientBone, loaded: InflatedBone, choice: BalloonChoice
) -> HeightTarget | None:
    """Return the end at a height, if one is wanted."""
    if choice.lift_mm is None:
        return None
    lift = MeanLift(
        before=loaded.points,
        lifted=bone.where(BonePart.SUPERIOR_ENDPLATE),
        along=np.array([0.0, 0.0, 1.0]),
    )
    return HeightTarget(measure_mm=lift, target_mm=choice.lift_mm)


def _refuse_at_once(limits: InflationLimits, loaded: InflatedBone, balloon: Balloon) -> None:
    """Refuse an inflation that would end before it begins."""
    end = limits.met(loaded)
    if end is not None:
        message = (
            f"nothing can be inflated: with balloon {balloon.name!r} folded {end.value}; take a "
            "shorter balloon, another plan or another end"
        )
        raise InputError(message)


def kept_moment(state: InflatedBone) -> KeptMoment:
    """Return what is kept of a state."""
    return KeptMoment(
        surfaces=_surfaces(state),
        place_mm=state.points.place_mm,
        plate=state.plate,
    )


def _watcher(
    wanted_ml: float, wall: BodyWall, progress: Callable[[float, str], None] | None
) -> tuple[list[KeptMoment], list[InflatedBone], Callable[[InflatedBone], None]]:
    """Return lists of what is kept of each increment and of the first with a moved wall.

    And what fills them.
    """
    kept: list[KeptMoment] = []
    moved: list[InflatedBone] = []

    def watch(state: InflatedBone) -> None:
        kept.append(kept_moment(state))
        if not moved and wall.outward_mm(state.points) >= WALL_MOVES_MM:
            moved.append(state)
        if progress is not None:
            volume = float(state.volumes_mm3().sum()) / 1000.0
            progress(min(volume / wanted_ml, 1.0), f"{volume:.1f} of {wanted_ml:.1f} ml in all")

    return kept, moved, watch


def _thinned(kept: list[KeptMoment]) -> tuple[KeptMoment, ...]:
    """Return at most so many of them, about even in number, with the last one."""
    if not kept:
        return ()
    chosen = np.unique(np.linspace(0, len(kept) - 1, min(_FRAMES, len(kept))).round().astype(int))
    return tuple(kept[number] for number in chosen)


def _surfaces(state: InflatedBone) -> tuple[BalloonSurface, ...]:
    return tuple(surface for surface, _ in state.balloons)


def _breaches(bone: PatientBone, state: InflatedBone) -> tuple[Breach, ...]:
    walls = {name: bone.where(part) for name, part in _WALLS.items()}
    body = bone.where(*BODY)
    found = [
        breach
        for surface in _surfaces(state)
        for breach in find_breaches(surface, state.points, body, walls, bone.grid.spacing_mm)
    ]
    return tuple(found)
