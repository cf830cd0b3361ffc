"""Voxels of a scan as they were seen: which lie in a box, how wide they are, how blurred."""

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray, Grid

SCANNER_SIGMA_MM = 0.6
"""In-plane blur of a body CT kernel (standard deviation), typical value."""
CORTEX_HU = 1200.0
"""Fully mineralised cortex or endplate at voxel scale. An error of a third moves the outer edge
by less than 0.1 mm for a plate of 0.6 mm."""


def spacing_along(grid: Grid, direction: FloatArray) -> float:
    """Voxel size along a direction in LPS, in mm."""
    return float(np.linalg.norm((grid.directions.T @ direction) * grid.spacing_mm))


def voxels_around(
    grid: Grid, centre_lps_mm: FloatArray, axes: FloatArray, reach_mm: FloatArray
) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the voxels centred in a turned box, and where they lie in it.

    Parameters
    ----------
    grid : Grid
    centre_lps_mm : (3,) float64 array
    axes : (3, 3) float64 array
        Unit vectors of the box as columns, in LPS.
    reach_mm : (3,) float64 array
        Half lengths along them.

    Returns
    -------
    index : (n, 3) intp array
    place_mm : (n, 3) float64 array
        Coordinates along the box's axes from its centre.
    """
    flags = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1], indexing="ij")).reshape(3, 8).T
    corners = grid.to_index(centre_lps_mm + (flags * reach_mm) @ axes.T)
    low = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0)) + 1, grid.shape).astype(int)
    ranges = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
    index = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    place = (grid.to_world(index) - centre_lps_mm) @ axes
    inside = (np.abs(place) <= reach_mm).all(axis=1)
    return index[inside], place[inside]
