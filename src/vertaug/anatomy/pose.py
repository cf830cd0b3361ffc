"""Where a vertebra is and how it is turned: a first estimate, refined later by its endplates."""

import numpy as np

from vertaug.case.errors import AnatomyError
from vertaug.case.grid import FloatArray
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
