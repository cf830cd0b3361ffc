"""Where a vertebra is and how it is turned: a first estimate, refined later by its endplates."""

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import AnatomyError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import VertebraFrame


def orthonormal_frame(
    origin_lps_mm: FloatArray, posterior: FloatArray, superior: FloatArray
) -> VertebraFrame:
    """Return the frame with z along ``superior`` and y as close to ``posterior`` as possible."""
    z = superior / np.linalg.norm(superior)
    y = posterior - (posterior @ z) * z
    length = float(np.linalg.norm(y))
    if length < 1e-6:
        message = "the posterior direction of the vertebra runs along its axis"
        raise AnatomyError(message)
    y = y / length
    return VertebraFrame(origin_lps_mm=origin_lps_mm, axes=np.stack([np.cross(y, z), y, z], axis=1))


def find_body_centre(mask: NDArray[np.bool_], grid: Grid) -> FloatArray:
    """Return the centre of the thickest part of the mask in LPS mm, shape (3,).

    The vertebral body is the thickest part of every thoracic and lumbar vertebra unless it is
    crushed flat; `place_body_centres` then mends it from the neighbours.
    """
    from scipy.ndimage import distance_transform_edt

    index = np.argwhere(mask)
    start, stop = index.min(axis=0), index.max(axis=0) + 1
    crop = mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    depth = distance_transform_edt(np.pad(crop, 1), sampling=grid.spacing_mm)[1:-1, 1:-1, 1:-1]
    core = np.argwhere(depth >= 0.8 * depth.max())
    weight = depth[tuple(core.T)] ** 2
    return grid.to_world((core * weight[:, None]).sum(axis=0) / weight.sum() + start)


def estimate_up(centres: list[FloatArray], place: int) -> FloatArray:
    """Return the cranial direction at one vertebra from the centres of its neighbours.

    Parameters
    ----------
    centres : list of (3,) arrays
        Body centres, cranio-caudal order, LPS mm.
    place : int
        Which vertebra.

    Returns
    -------
    (3,) float64 array
        Unit vector; the scan's own head direction if there is no neighbour.
    """
    upper = centres[max(place - 1, 0)]
    lower = centres[min(place + 1, len(centres) - 1)]
    direction = upper - lower
    length = float(np.linalg.norm(direction))
    return direction / length if length > 1.0 else np.array([0.0, 0.0, 1.0])


def estimate_frame(points_lps_mm: FloatArray, centre: FloatArray, up: FloatArray) -> VertebraFrame:
    """Return a first frame: posterior runs from the body centre to the centroid of the bone.

    Parameters
    ----------
    points_lps_mm : (n, 3) array
        Voxel centres of the whole vertebra.
    centre : (3,) array
        Body centre.
    up : (3,) array
        Cranial direction.
    """
    return orthonormal_frame(centre, points_lps_mm.mean(axis=0) - centre, up)
