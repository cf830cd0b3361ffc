"""When an inflation ends: as in the operating room, at whichever limit is met first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_points import BonePoints
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray

CONTACT_MM = 1.0
"""A design default: no more than a layer of crushed bone is left between."""


class EndOfInflation(Enum):
    """Why an inflation ended."""

    VOLUME = "the wanted volume is reached"
    PRESSURE = "the pressure limit is reached"
    CORTEX = "a balloon has come up to the cortex"
    TARGET = "the wanted height is reached"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CortexStop:
    """An end where a balloon comes up to the cortex.

    Attributes
    ----------
    cortex : (points,) bool array
        Which points of the bone are cortex or endplate.
    within_mm : float
        From the surface of the balloon to the place of such a point. Half a voxel at least, as far
        apart as points are.
    """

    cortex: NDArray[np.bool_]
    within_mm: float = CONTACT_MM

    def __post_init__(self) -> None:
        if not self.within_mm >= 0.0:
            message = f"a distance from the cortex is expected from 0 up; got {self.within_mm} mm"
            raise InputError(message)

    def is_met(self, surfaces: Sequence[BalloonSurface], points: BonePoints) -> bool:
        """Return whether any balloon is so close.

        Raises
        ------
        InputError
            If there is not one entry for each point.
        """
        return gap_mm(surfaces, points, self.cortex) <= self.within_mm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeightTarget:
    """An end where something measured on the bone has reached its target.

    Attributes
    ----------
    measure_mm : callable
        Takes the points, such as `MeanLift`.
    target_mm : float
    """

    measure_mm: Callable[[BonePoints], float]
    target_mm: float

    def is_met(self, points: BonePoints) -> bool:
        """Return whether it is reached."""
        return self.measure_mm(points) >= self.target_mm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanLift:
    """How far some points have moved along a direction, in the mean.

    Attributes
    ----------
    before : BonePoints
    lifted : (points,) bool array
        Which of them, such as those of an endplate.
    along : (3,) float64 array
        Of any length.
    """

    before: BonePoints
    lifted: NDArray[np.bool_]
    along: FloatArray

    def __post_init__(self) -> None:
        if not (self.lifted.any() and np.linalg.norm(self.along) > 0.0):
            message = "a mean lift needs points and a direction"
            raise InputError(message)

    def __call__(self, points: BonePoints) -> float:
        """Return the lift of the present points, mm."""
        way = points.place_mm[self.lifted] - self.before.place_mm[self.lifted]
        return float((way @ self.along).mean() / np.linalg.norm(self.along))


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestPoint:
    """Where balloons are nearest to named points.

    Attributes
    ----------
    balloon, point : int
        Its number, and that of the point among all.
    gap_mm : float
        Between them.
    """

    balloon: int
    point: int
    gap_mm: float


def find_nearest(
    surfaces: Sequence[BalloonSurface], points: BonePoints, named: NDArray[np.bool_]
) -> NearestPoint:
    """Return where balloons are nearest to the places of named points.

    From corners and middles of the triangles: a balloon of 4 ml is closer by up to 0.1 mm at a
    distance of 2 mm.

    Parameters
    ----------
    surfaces : sequence of BalloonSurface
    points : BonePoints
    named : (points,) bool array

    Raises
    ------
    InputError
        If none is named, or there is not one entry for each point.
    """
    from scipy.spatial import cKDTree

    if named.shape != points.mass_mg.shape or not named.any():
        message = f"of {points.mass_mg.size} points some are to be named; "
        message += f"got {np.count_nonzero(named)} of {named.size}"
        raise InputError(message)
    tree, numbers = cKDTree(points.place_mm[named]), np.flatnonzero(named)
    found = []
    for number, surface in enumerate(surfaces):
        wall = np.concatenate([surface.points_mm, np.mean(surface.corners(), axis=0)])
        away, nearest = tree.query(wall)
        at = int(np.argmin(away))
        found.append(
            NearestPoint(balloon=number, point=int(numbers[nearest[at]]), gap_mm=float(away[at]))
        )
    return min(found, key=lambda one: one.gap_mm)


def gap_mm(
    surfaces: Sequence[BalloonSurface], points: BonePoints, named: NDArray[np.bool_]
) -> float:
    """Return the least distance between balloons and the places of named points.

    Parameters
    ----------
    surfaces, points, named
        As in `find_nearest`.

    Raises
    ------
    InputError
        If none is named, or there is not one entry for each point.
    """
    return find_nearest(surfaces, points, named).gap_mm
