"""Whether an inflated balloon has gone through the wall of its vertebra, where, and how far.

Bone moves with the balloon: a wall that is pushed out and still lies over the balloon is no breach.
A part of a balloon's surface has breached where, straight out from it, no bone of the body lies any
more, or only so much as is left of a cortex that was stretched to several times its area. That a
cortex cracks far earlier is not modelled: a wall without a breach may be a broken one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_points import BonePoints, PointGrid, inside_share
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray

_LEAST = 6
"""Points within a voxel's width of a place that are bone there, a design default: half of what a
layer of points has, so that a cortex of one voxel counts until it is four times as wide."""
_FAR_MM = 60.0
"""How far out bone is looked for: more than a vertebral body is deep."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Breach:
    """A part of a balloon's surface that is out of the bone.

    Attributes
    ----------
    wall : str
        The named wall whose points are nearest.
    share : float
        Of the surface.
    area_mm2 : float
    beyond_mm : float
        From its farthest place to the nearest bone.
    place_mm : (3,) float64 array
        That place, from the corner of the grid.
    """

    wall: str
    share: float
    area_mm2: float
    beyond_mm: float
    place_mm: FloatArray


def find_breaches(
    surface: BalloonSurface,
    points: BonePoints,
    body: NDArray[np.bool_],
    walls: Mapping[str, NDArray[np.bool_]],
    spacing_mm: float,
) -> tuple[Breach, ...]:
    """Return the breaches of a balloon, one for each wall that it has gone through, widest first.

    Parameters
    ----------
    surface : BalloonSurface
    points : BonePoints
        After the inflation.
    body : (points,) bool array
        The bone of the vertebral body. Without processes: beyond the posterior wall they would
        hide a breach.
    walls : mapping of str to (points,) bool array
        Cortex and endplates by name.
    spacing_mm : float
        Of the voxels: bone so close to a line out of the balloon lies over it.

    Raises
    ------
    InputError
        If there is no body, no wall, or a wall without points.
    """
    if not (body.any() and walls and all(named.any() for named in walls.values())):
        message = "breaches are looked for in a body with points and walls with points"
        raise InputError(message)
    normal = surface.area_vectors_mm2()
    area = np.linalg.norm(normal, axis=1)
    middle = np.mean(surface.corners(), axis=0)
    bare = ~_covered(middle, normal / area[:, None], points.place_mm[body], spacing_mm)
    nearest = _nearest_wall(middle[bare], points, walls)
    found = []
    for number, name in enumerate(walls):
        own = np.flatnonzero(bare)[nearest == number]
        if own.size:
            found.append(_breach(name, (middle, area), own, points.place_mm[body]))
    return tuple(sorted(found, key=lambda one: -one.area_mm2))


def volume_outside_mm3(
    surface: BalloonSurface,
    first: BalloonSurface,
    before: BonePoints,
    body: NDArray[np.bool_],
    grid: PointGrid,
) -> float:
    """Return how much of a balloon lies outside the body as it was before the inflation.

    Height that is restored counts too: an endplate that is lifted makes room there.

    Parameters
    ----------
    surface, first : BalloonSurface
        The balloon now and when it was put in.
    before : BonePoints
        Before the inflation, without what was drilled.
    body : (points,) bool array
    grid : PointGrid
    """
    fine = PointGrid(
        shape=(2 * grid.shape[0], 2 * grid.shape[1], 2 * grid.shape[2]),
        spacing_mm=0.5 * grid.spacing_mm,
    )
    bone = np.zeros(fine.shape, dtype=bool)
    bone.ravel()[fine.voxel_of(before.place_mm[body])] = True
    # what was drilled holds no points
    bone |= inside_share(first, fine) > 0.0
    return float(inside_share(surface, fine)[~bone].sum() * fine.spacing_mm**3)


def _covered(
    middle: FloatArray, outward: FloatArray, bone_mm: FloatArray, spacing_mm: float
) -> NDArray[np.bool_]:
    """Return over which triangles bone lies, straight out from them."""
    from scipy.spatial import cKDTree

    tree = cKDTree(bone_mm)
    covered = np.zeros(len(middle), dtype=bool)
    # points half a voxel within the surface still lie on it
    for way in np.arange(0.5 * spacing_mm, _FAR_MM, spacing_mm):
        open_ones = np.flatnonzero(~covered)
        place = middle[open_ones] + way * outward[open_ones]
        near = tree.query_ball_point(place, spacing_mm, return_length=True)
        covered[open_ones] = near >= _LEAST
    return covered


def _nearest_wall(
    places: FloatArray, points: BonePoints, walls: Mapping[str, NDArray[np.bool_]]
) -> NDArray[np.int64]:
    from scipy.spatial import cKDTree

    away = [cKDTree(points.place_mm[named]).query(places)[0] for named in walls.values()]
    return np.asarray(np.argmin(np.stack(away), axis=0))


def _breach(
    wall: str, surface: tuple[FloatArray, FloatArray], own: NDArray[np.int64], bone_mm: FloatArray
) -> Breach:
    from scipy.spatial import cKDTree

    middle, area = surface
    away, _ = cKDTree(bone_mm).query(middle[own])
    return Breach(
        wall=wall,
        share=float(area[own].sum() / area.sum()),
        area_mm2=float(area[own].sum()),
        beyond_mm=float(away.max()),
        place_mm=middle[own[np.argmax(away)]],
    )
