"""How near the cement of a filling came to the ways out of the bone."""

from dataclasses import dataclass

import numpy as np

from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.augmentation.cement.survey import BoneSurvey
from vertaug.case.filling import LEAK_PATHS, Filling
from vertaug.case.grid import FloatArray
from vertaug.case.simulation import OpeningGap

_HALF = 0.5
"""Pores that are fuller count as cement."""
_PATCH_MM = 3.0
"""Open faces of the wall nearer to each other belong to one opening: a design default."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Places:
    """Where the openings of a path lie, LPS mm, and how many there are."""

    points: FloatArray
    count: int


def measure_opening_gaps(
    body: PorousBody, survey: BoneSurvey, filling: Filling
) -> tuple[OpeningGap, ...]:
    """Return the distance from cement to the nearest opening of each path.

    Openings are gaps of the wall that the CT shows, and the veins, fissures and needle tracks of
    the body; a way thinner than a cell counts where it draws from the bone and at its mouth.

    Parameters
    ----------
    body : PorousBody
    survey : BoneSurvey
        Of the same vertebra.
    filling : Filling
        On the body's grid.
    """
    from scipy.spatial import cKDTree

    pores = body.pore_volume_mm3 / body.grid.voxel_volume_mm3
    full = filling.cement_share >= _HALF * np.maximum(pores, 1e-6)
    cement = body.grid.to_world(np.argwhere(full & (pores > 0.0)))
    found = []
    for name, path in zip(LEAK_PATHS, (p for p in LeakPath if p != LeakPath.NONE), strict=True):
        places = _openings(body, survey, path)
        gap = None
        if places.count and len(cement):
            away, _ = cKDTree(cement).query(places.points)
            # half a cell: distances count from the edge of the cement, not from its middle
            gap = max(float(np.min(away)) - 0.5 * float(np.min(body.grid.spacing_mm)), 0.0)
        found.append(OpeningGap(path=name, openings=places.count, gap_mm=gap))
    return tuple(found)


def _openings(body: PorousBody, survey: BoneSurvey, path: LeakPath) -> _Places:
    frame, wall = survey.vertebra.frame, survey.wall
    seen = frame.to_world(wall.points.place_mm[wall.opened & (wall.path == path)])
    ways = [way for way in body.ways if way.path == path]
    ends = [frame.to_world(point) for way in ways for point in (way.mouth_mm, way.inner_mm)]
    points = np.concatenate([seen.reshape(-1, 3), np.reshape(ends, (-1, 3))])
    return _Places(points=points, count=_patches(seen) + len(ways))


def _patches(points: FloatArray) -> int:
    """Return how many groups points form."""
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    if not len(points):
        return 0
    tree = cKDTree(points)
    near = tree.sparse_distance_matrix(tree, _PATCH_MM, output_type="coo_matrix")
    count, _ = connected_components(near, directed=False)
    return int(count)
