"""How thick the cortex is, from CT that is far too coarse to show it.

A shell thinner than a voxel keeps its mass in the image: blur spreads it but the integral across
the surface stays. ``t = integral of (density - background) / (cortical density - cancellous
density)`` with the density of soft tissue outside and of cancellous bone inside as the background.
A threshold would read at least twice the thickness (Silva, Wang, Keaveny, Hayes, J Orthop Res
1994;12:409: 0.35 mm measured, 0.09 to 0.86 mm).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.bone_on_grid import settle_endplates
from vertaug.case.density import DensityCalibration
from vertaug.case.grid import FloatArray
from vertaug.case.spine import Region, Vertebra
from vertaug.numerics.interpolation import sample_trilinear

_STEP_MM = 0.25
_REACH_MM = 2.5
"""Half width of the integral for voxels up to 1 mm: a blur of 0.6 mm and an edge 1 mm off."""
_LONGEST_REACH_MM = 4.0
_INSIDE_MM = 2.5
"""Thickness of the bone behind the integral whose density is the background."""
_SOFT_TISSUE = (-60.0, 120.0)
"""Limits of the density outside in mg/ml, fat to calcified vessel (design default)."""
_RISE_MM = 1.0
"""From here outward the density may only fall: what rises again is another bone. Half of what a
voxel exceeds 1 mm is added, as the mask may be that much off."""
_LARGEST_INSIDE = 300.0
_SURFACE_BLUR_MM = 1.2
"""Evens the steps of the mask, so that normals are those of the bone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurfacePoints:
    """Points on the outer surface of a vertebra, in its own frame.

    Attributes
    ----------
    place_mm : (n, 3) float64 array
        x left, y posterior, z superior.
    outward : (n, 3) float64 array
        Unit normals.
    """

    place_mm: FloatArray
    outward: FloatArray


def project_to_surface(vertebra: Vertebra, places_mm: FloatArray) -> SurfacePoints:
    """Move points near the surface of a vertebra onto it.

    Parameters
    ----------
    vertebra : Vertebra
    places_mm : (n, 3) float64 array
        In the vertebra frame, within about 2 mm of the surface.
    """
    step = float(vertebra.regions.grid.spacing_mm[0])
    distance = _surface_distance(vertebra)
    slopes = [np.asarray(np.gradient(distance, step, axis=a)) for a in range(3)]
    place = np.array(places_mm)
    for _ in range(3):
        outward = _unit(np.stack([_sample(vertebra, s, place) for s in slopes], axis=-1))
        place -= _sample(vertebra, distance, place)[:, None] * outward
    outward = _unit(np.stack([_sample(vertebra, s, place) for s in slopes], axis=-1))
    return SurfacePoints(place_mm=place, outward=outward)


def _surface_distance(vertebra: Vertebra) -> FloatArray:
    """Signed distance to the surface of a vertebra on its grid in mm, smooth, negative inside."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    grid = vertebra.regions.grid
    bone = np.asarray(vertebra.occupancy.values) > 0.5
    arch = vertebra.mask(Region.ARCH, Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE)
    bone = settle_endplates(bone & ~arch, vertebra, grid) | arch
    step = float(grid.spacing_mm[0])
    outside, inside = distance_transform_edt(~bone), distance_transform_edt(bone)
    # the surface lies half a voxel from the nearest centre
    distance = np.where(bone, 0.5 - inside, outside - 0.5) * step
    return np.asarray(gaussian_filter(distance, _SURFACE_BLUR_MM / step, mode="nearest"))


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def measure_shell(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    points: SurfacePoints,
    voxel_mm: FloatArray,
    cortical_mg_per_ml: float,
) -> FloatArray:
    """Return the thickness of the cortex at points of the surface in mm, at least 0.

    Parameters
    ----------
    vertebra : Vertebra
    calibration : DensityCalibration
    points : SurfacePoints
    voxel_mm : (n,) float64 array
        Size of the scan's voxels along each normal.
    cortical_mg_per_ml : float
        K2HPO4-equivalent density of the cortex itself.

    Returns
    -------
    (n,) float64 array
    """
    density = calibration.to_density(vertebra.hu.values)
    reach = np.clip(_REACH_MM + voxel_mm - 1.0, _REACH_MM, _LONGEST_REACH_MM)
    farthest = float(reach.max()) + _INSIDE_MM
    depth = np.arange(-float(reach.max()), farthest + 1e-9, _STEP_MM)  # positive is inward
    place = points.place_mm[:, None, :] - depth[:, None] * points.outward[:, None, :]
    profile = _sample(vertebra, density, place.reshape(-1, 3)).reshape(place.shape[:2])
    return _integrate(profile, depth, reach, cortical_mg_per_ml)


def _integrate(
    profile: FloatArray, depth: FloatArray, reach: FloatArray, cortical: float
) -> FloatArray:
    """Thickness from profiles (n, m) over depths (m,), positive inward."""
    rise = _RISE_MM + 0.5 * (reach - _REACH_MM)
    beyond = depth <= -rise[:, None]
    fallen = np.minimum.accumulate(np.where(beyond, profile, np.inf)[:, ::-1], axis=1)[:, ::-1]
    # gas of a disc or of lung is not less than soft tissue in a wall's mass
    profile = np.maximum(np.where(beyond, fallen, profile), _SOFT_TISSUE[0])
    within = np.abs(depth) <= reach[:, None] + 1e-9
    behind = (depth > reach[:, None]) & (depth <= reach[:, None] + _INSIDE_MM)
    inner = np.nanmedian(np.where(behind, profile, np.nan), axis=1)
    inner = np.minimum(inner, _LARGEST_INSIDE)
    first = np.where(within, profile, np.inf).min(axis=1, where=depth < 0.0, initial=np.inf)
    outer = np.clip(first, *_SOFT_TISSUE)
    background = np.where(depth < 0.0, outer[:, None], inner[:, None])
    # the sample on the surface belongs half to each side
    background = np.where(np.abs(depth) < 1e-9, 0.5 * (outer + inner)[:, None], background)
    excess = np.where(within, profile - background, 0.0).sum(axis=1) * _STEP_MM
    return np.asarray(np.maximum(excess / (cortical - inner), 0.0))


def _sample(vertebra: Vertebra, values: NDArray[np.floating], places_mm: FloatArray) -> FloatArray:
    """Sample a field of the vertebra's grid at points of its frame."""
    grid = vertebra.regions.grid
    index = grid.to_index(vertebra.frame.to_world(places_mm))
    return sample_trilinear(values, index, outside=float(np.min(values)))
