"""A simulated kyphoplasty of a case: the balloon's part, and the cement's that follows it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.bone_shift import BoneShift
from vertaug.case.grid import FloatArray, read_only
from vertaug.case.height_restoration import BodyRestoration
from vertaug.case.measurement import HeightSet
from vertaug.case.simulation import ProductValue, SimulatedVertebroplasty

STAGES: tuple[str, ...] = ("before", "inflated", "emptied")
"""When a body's shape is measured. The cement fills the cavity of the emptied balloon and moves no
bone in the model, so that the shape after filling is that of the last stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalloonSheet:
    """A balloon with all its numbers."""

    name: str
    title: str
    values: tuple[ProductValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalloonSetup:
    """What was inflated, where and how.

    Attributes
    ----------
    level : str
    plan_number : int
        Among the plans of a kyphoplasty, from 1.
    plan : str
        Route and sides, in words.
    sides : tuple of str
        Of each balloon.
    balloon : BalloonSheet
    wanted_ml : float
        In each balloon.
    preload_n : float
        Axial force on the spine before the inflation.
    contact_mm : float
        A balloon so near the cortex ends the inflation.
    spacing_mm : float
        Of the voxels.
    fracture : str
        Whether and where bone is taken to be broken, in words; empty in cases of before.
    bone : tuple of ProductValue
        How strong crushed bone and how stiff ligaments are taken to be.
    """

    level: str
    plan_number: int
    plan: str
    sides: tuple[str, ...]
    balloon: BalloonSheet
    wanted_ml: float
    preload_n: float
    contact_mm: float
    spacing_mm: float
    bone: tuple[ProductValue, ...]
    fracture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeStage:
    """The shape of a body at one stage, measured alike at each.

    Attributes
    ----------
    name : str
        One of `STAGES`.
    heights_mm : HeightSet
    wedge_angle_deg : float
    local_kyphosis_deg : float or None
        None without a level above.
    body_volume_ml : float
    lift_mean_mm, lift_most_mm : float
        Of the superior endplate.
    wall_mm : tuple of 4 float
        Farthest outward movement of the anterior, left, right and posterior wall; NaN where a wall
        is not known.
    gain : BodyRestoration or None
        Against the stage ``before``; None for it.
    """

    name: str
    heights_mm: HeightSet
    wedge_angle_deg: float
    local_kyphosis_deg: float | None
    body_volume_ml: float
    lift_mean_mm: float
    lift_most_mm: float
    wall_mm: tuple[float, float, float, float]
    gain: BodyRestoration | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalloonBreach:
    """A part of a balloon that has gone through a wall of the body.

    Attributes
    ----------
    wall : str
    area_mm2, beyond_mm : float
    place_lps_mm : (3,) float64 array
    """

    wall: str
    area_mm2: float
    beyond_mm: float
    place_lps_mm: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "place_lps_mm", read_only(self.place_lps_mm))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalloonFrame:
    """The balloons at one time.

    Attributes
    ----------
    stage : str
        ``folded``, ``inflating``, ``inflated`` or ``emptied``.
    volume_ml : float
        In all balloons.
    points_lps_mm : tuple of (n, 3) float32 arrays
        Of each balloon's surface.
    bone : BoneShift or None
        How the bone has moved by then; None before the inflation, or where it was not kept.
    """

    stage: str
    volume_ml: float
    points_lps_mm: tuple[NDArray[np.float32], ...]
    bone: BoneShift | None = None

    def __post_init__(self) -> None:
        points = tuple(read_only(p, np.float32) for p in self.points_lps_mm)
        object.__setattr__(self, "points_lps_mm", points)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedWall:
    """When a wall of the body had gone out by a millimetre.

    Attributes
    ----------
    volume_ml : tuple of float
        In each balloon by then.
    anterior_mm : float
        Gained by the anterior height by then.
    """

    volume_ml: tuple[float, ...]
    anterior_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomForBalloons:
    """Where the room of the full balloons came from, ml.

    Attributes
    ----------
    added_ml : float
        In all balloons, less what was drilled for the folded ones.
    grown_ml : float
        By which the body has grown.
    pressed_ml : float
        By which bone that was pressed together takes less.
    opened_ml : float
        By which bone that came apart takes more.
    """

    added_ml: float
    grown_ml: float
    pressed_ml: float
    opened_ml: float

    @property
    def rest_ml(self) -> float:
        """What the measures leave open."""
        return self.added_ml - self.grown_ml - self.pressed_ml + self.opened_ml


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalloonCourse:
    """Balloons placed, inflated and emptied in a vertebra.

    Attributes
    ----------
    setup : BalloonSetup
    volume_ml, pressure_mpa : (n, balloons) float64 arrays
        After each increment.
    readable : (n, balloons) bool array
        Where a balloon is wide enough for the voxels, so that its pressure can be read.
    end : str
        Why the inflation ended, in words.
    stages : tuple of ShapeStage
        In the order of `STAGES`.
    breaches : tuple of BalloonBreach
    cavity_ml : float
        That the emptied balloons leave.
    frames : tuple of BalloonFrame
        In time order.
    triangles : (t, 3) int64 array
        Of every surface.
    notes : tuple of str
        What limits it in this case, in sentences for the report.
    contact_mm2 : tuple of float
        Of each balloon's surface near the wall (`BalloonSetup.contact_mm`) at full inflation.
    moved_wall : MovedWall or None
        None where no wall went out by a millimetre.
    room : RoomForBalloons or None
        None where it was not measured.
    """

    setup: BalloonSetup
    volume_ml: FloatArray
    pressure_mpa: FloatArray
    readable: NDArray[np.bool_]
    end: str
    stages: tuple[ShapeStage, ...]
    breaches: tuple[BalloonBreach, ...]
    cavity_ml: float
    frames: tuple[BalloonFrame, ...]
    triangles: NDArray[np.int64]
    notes: tuple[str, ...] = ()
    contact_mm2: tuple[float, ...] = ()
    moved_wall: MovedWall | None = None
    room: RoomForBalloons | None = None

    def __post_init__(self) -> None:
        for name, kind in (
            ("volume_ml", np.float64),
            ("pressure_mpa", np.float64),
            ("readable", np.bool_),
            ("triangles", np.int64),
        ):
            object.__setattr__(self, name, read_only(getattr(self, name), kind))

    def stage(self, name: str) -> ShapeStage:
        """Return the shape at a stage."""
        return next(stage for stage in self.stages if stage.name == name)

    def bone_at(self, stage: str) -> BoneShift | None:
        """Return how the bone has moved at a stage of the frames; None where it was not kept."""
        return next((frame.bone for frame in self.frames if frame.stage == stage), None)

    @property
    def reached_ml(self) -> tuple[float, ...]:
        """In each balloon at the end of the inflation; 0 where it was not inflated at all."""
        if len(self.volume_ml) == 0:
            return (0.0,) * len(self.setup.sides)
        return tuple(self.volume_ml[-1].tolist())

    @property
    def peak_mpa(self) -> float | None:
        """Largest pressure that can be read; None if none can."""
        read = self.pressure_mpa[self.readable]
        return float(read.max()) if read.size else None

    @property
    def end_mpa(self) -> float | None:
        """Largest pressure of the balloons at the end of the inflation; None if none can be read.

        The first increments read high: a folded balloon is hardly wider than a voxel.
        """
        read = self.pressure_mpa[-1:][self.readable[-1:]]
        return float(read.max()) if read.size else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedKyphoplasty:
    """A kyphoplasty with its setup.

    Attributes
    ----------
    balloon : BalloonCourse or None
        None where a volume of 0 was asked for: no balloon was put in and the body keeps its shape.
    cement : SimulatedVertebroplasty
        The injection into the cavity and the bone about it.
    """

    balloon: BalloonCourse | None
    cement: SimulatedVertebroplasty

    @property
    def level(self) -> str:
        """The level."""
        return self.cement.level
