"""The basivertebral foramen: where the CT shows it in the posterior wall."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.bone_on_grid import BoneOnGrid
from vertaug.augmentation.cement.openings import (
    LeakPath,
    Wall,
    WallSetting,
    even_thickness,
    keep_large_patches,
)
from vertaug.augmentation.cement.shell import SurfacePoints, project_to_surface
from vertaug.case.density import DensityCalibration
from vertaug.case.grid import FloatArray, Grid
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
_LATTICE_MM = 0.5
_BESIDE_MM = 2.0
"""Farther from any face of the part, no point of the lattice is taken."""


def mark_foramen(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    bone: BoneOnGrid,
    wall: Wall,
    *,
    scan_grid: Grid | None,
    setting: WallSetting,
) -> Wall:
    """Return the wall with the basivertebral foramen open and labelled B, if the CT shows it.

    It is seen as a gap of the wall toward the canal, at mid-height in the middle third, or as a
    tract of low density that meets the wall there (a foramen of 2 to 5 mm may lie behind a
    posterior longitudinal ligament that reads as a wall, or be lost in the blur). All thresholds
    are design defaults. Every vertebra has one (Tzika et al., Surg Radiol Anat 2021;43:889: one in
    45 %, two in 37 %), so one not seen is drawn at random later.

    It is looked for on a lattice of 0.5 mm on the wall, so that its section hardly depends on the
    cells.

    Parameters
    ----------
    vertebra : Vertebra
    calibration : DensityCalibration
    bone : BoneOnGrid
    wall : Wall
    scan_grid : Grid or None
    setting : WallSetting
    """
    middle = _middle_of_posterior_wall(vertebra, wall)
    if not middle.any():
        return wall
    points = _lattice_on(vertebra, wall.points.place_mm[middle])
    area = np.full(len(points.place_mm), _LATTICE_MM**2)
    thickness = even_thickness(vertebra, calibration, (points, area), scan_grid, setting)
    density, typical = _density_behind(vertebra, calibration, points), _typical(bone)
    least = setting.least_seen_mm2(scan_grid)
    found = keep_large_patches(thickness < setting.open_below_mm, points.place_mm, area, least)
    if not found.any() and float(density.min()) < _LOW_SHARE * typical:
        found = density < 0.5 * (float(density.min()) + typical)
    if found.any():
        centre = points.place_mm[np.argmin(np.where(found, density, np.inf))]
        found &= np.linalg.norm(points.place_mm - centre, axis=1) < _LARGEST_RADIUS_MM
    found = keep_large_patches(found, points.place_mm, area, _LEAST_AREA_MM2)
    if not found.any():
        return wall
    faces = _faces_at(wall, middle, points.place_mm[found])
    return replace(
        wall,
        thickness_mm=np.where(faces, 0.0, wall.thickness_mm),
        path=np.where(faces, np.uint8(LeakPath.B), wall.path).astype(np.uint8),
        foramen_mm2=float(area[found].sum()),
    )


def _lattice_on(vertebra: Vertebra, places_mm: FloatArray) -> SurfacePoints:
    """Return points on the surface, evenly spaced seen from behind, over a part of the wall."""
    from scipy.spatial import cKDTree

    seen = places_mm[:, [0, 2]]
    low, high = (np.round(edge / _LATTICE_MM) for edge in (seen.min(axis=0), seen.max(axis=0)))
    steps = [_LATTICE_MM * np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
    x, z = (part.ravel() for part in np.meshgrid(*steps))
    away, nearest = cKDTree(seen).query(np.stack([x, z], axis=-1))
    places = np.stack([x, places_mm[nearest, 1], z], axis=-1)
    return project_to_surface(vertebra, places[away < _BESIDE_MM])


def _faces_at(wall: Wall, middle: NDArray[np.bool_], found_mm: FloatArray) -> NDArray[np.bool_]:
    """Return the faces of the middle of the posterior wall over some places, at least one."""
    from scipy.spatial import cKDTree

    away, _ = cKDTree(found_mm).query(wall.points.place_mm)
    away = np.where(middle, away, np.inf)
    return np.asarray(away <= max(_LATTICE_MM, float(away.min())))


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


def _density_behind(
    vertebra: Vertebra, calibration: DensityCalibration, points: SurfacePoints
) -> FloatArray:
    """Mean density of the bone a little inside each point of the surface."""
    grid, density = vertebra.hu.grid, calibration.to_density(vertebra.hu.values)
    total = np.zeros(len(points.place_mm))
    for depth in _BEHIND_WALL_MM:
        place = points.place_mm - depth * points.outward
        total += sample_trilinear(density, grid.to_index(vertebra.frame.to_world(place)))
    return np.asarray(total / len(_BEHIND_WALL_MM))


def _typical(bone: BoneOnGrid) -> float:
    """Median density of the cancellous bone, at least 20 mg/ml so that it can be undercut."""
    return max(float(np.median(bone.cancellous_mg_per_ml[bone.in_body])), 20.0)
