"""The basivertebral foramen: where the CT shows it in the posterior wall."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.bone_on_grid import BoneOnGrid
from vertaug.augmentation.cement.openings import LeakPath, Wall, keep_large_patches
from vertaug.case.spine import Region, Vertebra
from vertaug.numerics.interpolation import sample_trilinear

_HALF_WIDTH_MM = 6.0
"""Of the part of the posterior wall in which the foramen lies, about the middle of the canal."""
_HALF_HEIGHT = 0.3
"""Of that part, as a share of the posterior height."""
_BEHIND_WALL_MM = (2.5, 3.5, 4.5)
_LOW_SHARE = 0.6
"""A tract is less dense than this share of the body's middle density."""
_LEAST_AREA_MM2 = 4.0
_LARGEST_RADIUS_MM = 3.5
"""About the place of least density: what is open farther away is a defect of the wall."""


def mark_foramen(vertebra: Vertebra, bone: BoneOnGrid, wall: Wall) -> Wall:
    """Return the wall with the basivertebral foramen open and labelled B, if the CT shows it.

    It is seen as a gap of the wall toward the canal, at mid-height in the middle third, or as a
    tract of low density that meets the wall there (a foramen of 2 to 5 mm may lie behind a
    posterior longitudinal ligament that reads as a wall, or be lost in the blur). All thresholds
    are design defaults. Every vertebra has one (Tzika et al., Surg Radiol Anat 2021;43:889: one in
    45 %, two in 37 %), so one not seen is drawn at random later.

    Parameters
    ----------
    vertebra : Vertebra
    bone : BoneOnGrid
    wall : Wall
    """
    middle = _middle_of_posterior_wall(vertebra, wall)
    if not middle.any():
        return wall
    density, typical = _density_behind(bone, vertebra, wall), _typical(bone)
    found = middle & wall.opened
    if not found.any():
        least = float(density[middle].min())
        if least < _LOW_SHARE * typical:
            found = middle & (density < 0.5 * (least + typical))
    if found.any():
        centre = wall.points.place_mm[np.argmin(np.where(found, density, np.inf))]
        found &= np.linalg.norm(wall.points.place_mm - centre, axis=1) < _LARGEST_RADIUS_MM
    found = keep_large_patches(found, wall.points.place_mm, wall.area_mm2, _LEAST_AREA_MM2)
    if not found.any():
        return wall
    return replace(
        wall,
        thickness_mm=np.where(found, 0.0, wall.thickness_mm),
        path=np.where(found, np.uint8(LeakPath.B), wall.path).astype(np.uint8),
    )


def _middle_of_posterior_wall(vertebra: Vertebra, wall: Wall) -> NDArray[np.bool_]:
    marks = vertebra.landmarks
    top, bottom = (
        vertebra.frame.to_local(p)[2] for p in (marks.superior_posterior, marks.inferior_posterior)
    )
    x, _, z = wall.points.place_mm.T
    canal = np.argwhere(vertebra.mask(Region.CANAL))
    centre = 0.0
    if len(canal):
        grid = vertebra.regions.grid
        centre = float(vertebra.frame.to_local(grid.to_world(canal.mean(axis=0)))[0])
    near = np.abs(z - 0.5 * (top + bottom)) < _HALF_HEIGHT * (top - bottom)
    return np.asarray((wall.path == LeakPath.CANAL) & near & (np.abs(x - centre) < _HALF_WIDTH_MM))


def _density_behind(bone: BoneOnGrid, vertebra: Vertebra, wall: Wall) -> NDArray[np.float64]:
    """Mean density of the bone a little inside each face."""
    total = np.zeros(len(wall.area_mm2))
    for depth in _BEHIND_WALL_MM:
        place = wall.points.place_mm - depth * wall.points.outward
        index = bone.grid.to_index(vertebra.frame.to_world(place))
        total += sample_trilinear(bone.cancellous_mg_per_ml, index)
    return np.asarray(total / len(_BEHIND_WALL_MM))


def _typical(bone: BoneOnGrid) -> float:
    """Median density of the cancellous bone, at least 20 mg/ml so that it can be undercut."""
    return max(float(np.median(bone.cancellous_mg_per_ml[bone.in_body])), 20.0)
