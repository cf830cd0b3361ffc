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

CONTACT_MM = 3.0
"""A design default: the shell of the model and a layer of crushed bone are left between."""

CONTACT_MM2 = 100.0
"""A design default. The least distance alone hardly falls any more once bone is crushed between, so
that an end at some distance is met at volumes far apart; how much of a balloon is near grows
steadily."""


class EndOfInflation(Enum):
    """Why an inflation ended."""

    VOLUME = "the wanted volume is reached"
    PRESSURE = "the pressure limit is reached"
    CORTEX = "a balloon has come up to the cortex"
    TARGET = "the wanted height is reached"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WallContact:
    """How much of a balloon is near a wall.

    Attributes
    ----------
    balloon : int
        Its number.
    area_mm2, whole_mm2 : float
        Of what is near, and of its whole surface.
    toward : (3,) float64 array
        Middle of what it is near, in half widths of the wall from the middle of its box along each
        axis, so that a side lies at 1 or -1; NaN where nothing is near.
    """

    balloon: int
    area_mm2: float
    whole_mm2: float
    toward: FloatArray


def find_contacts(
    surfaces: Sequence[BalloonSurface], wall_mm: FloatArray, within_mm: float
) -> tuple[WallContact, ...]:
    """Return how much of each balloon is near a wall.

    From the middles of the triangles, each of which counts as a whole.

    Parameters
    ----------
    surfaces : sequence of BalloonSurface
    wall_mm : (m, 3) float64 array
        Places on it, dense beside the distance.
    within_mm : float
        From the surface to the nearest of them.

    Raises
    ------
    InputError
        If there is no wall.
    """
    from scipy.spatial import cKDTree

    if not len(wall_mm):
        message = "a contact needs a wall; got no place on it"
        raise InputError(message)
    tree = cKDTree(wall_mm)
    low, high = wall_mm.min(axis=0), wall_mm.max(axis=0)
    # a flat wall has no width across it
    middle, half = 0.5 * (low + high), np.maximum(0.5 * (high - low), np.finfo(float).tiny)
    found = []
    for number, surface in enumerate(surfaces):
        # of what is farther neither distance nor number is asked for
        middles = np.mean(surface.corners(), axis=0)
        away, nearest = tree.query(middles, distance_upper_bound=np.nextafter(within_mm, np.inf))
        nearest = np.minimum(nearest, len(wall_mm) - 1)
        area = np.linalg.norm(surface.area_vectors_mm2(), axis=1)
        near = area * (away <= within_mm)
        toward = np.full(3, np.nan)
        if near.any():
            toward = (near @ wall_mm[nearest] / near.sum() - middle) / half
        found.append(
            WallContact(
                balloon=number,
                area_mm2=float(near.sum()),
                whole_mm2=float(area.sum()),
                toward=toward,
            )
        )
    return tuple(found)


Places = Callable[[BonePoints], FloatArray]
"""Takes points of bone; returns places that are carried with them, (m, 3), mm."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CortexStop:
    """An end where a balloon comes up to the cortex: enough of its surface is near.

    Attributes
    ----------
    wall_mm : callable
        Takes the points and returns places on the outer face of the cortex, such as `BodyWall`.
    within_mm : float
        From the surface of the balloon to the nearest of them.
    area_mm2 : float
        Of the surface of one balloon; half of it where that is less, as of a folded one.
    """

    wall_mm: Places
    within_mm: float = CONTACT_MM
    area_mm2: float = CONTACT_MM2

    def __post_init__(self) -> None:
        for name, value in (("distance from the cortex", self.within_mm), ("area", self.area_mm2)):
            if not value > 0.0:
                message = f"a contact's {name} is expected above 0; got {value}"
                raise InputError(message)

    def find(
        self, surfaces: Sequence[BalloonSurface], points: BonePoints
    ) -> tuple[WallContact, ...]:
        """Return how much of each balloon is near."""
        return find_contacts(surfaces, self.wall_mm(points), self.within_mm)

    def beyond(self, surfaces: Sequence[BalloonSurface], points: BonePoints) -> float:
        """Return by how much more of one is near than the end takes, mm2; negative before it."""
        return max(
            contact.area_mm2 - min(self.area_mm2, 0.5 * contact.whole_mm2)
            for contact in self.find(surfaces, points)
        )


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

    def __post_init__(self) -> None:
        if not np.isfinite(self.target_mm):
            message = f"a height to reach is expected in mm; got {self.target_mm}"
            raise InputError(message)

    def beyond(self, points: BonePoints) -> float:
        """Return how far it is past the target, mm; negative before it."""
        return self.measure_mm(points) - self.target_mm


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
