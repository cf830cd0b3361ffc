"""Plain twin of `_skin_numba`."""

import numpy as np
from numpy.typing import NDArray


def pull_triangles(
    points: NDArray[np.float64],
    triangles: NDArray[np.int64],
    slope: NDArray[np.float64],
    area: NDArray[np.float64],
    stiffness: float,
    out: NDArray[np.float64],
) -> None:
    """Add the forces with which stretched triangles resist, on their corners.

    Parameters
    ----------
    points : (v, 3) array
        mm.
    triangles : (t, 3) int64 array
    slope : (t, 3, 2) array
        How a triangle's own two coordinates see its corners, 1/mm.
    area : (t,) array
        Unfolded, mm2.
    stiffness : float
        Tension at a stretch of 2, N/mm.
    out : (v, 3) array
        N.
    """
    edge = np.einsum("tcx,tcm->txm", points[triangles], slope)
    values, vectors = np.linalg.eigh(np.einsum("txm,txn->tmn", edge, edge))
    stretch = np.sqrt(np.maximum(values, 1e-30))
    tension = stiffness * np.maximum(stretch - 1.0, 0.0)
    # directions of the principal stretches: unfolded the columns of `vectors`, now these
    now = (edge @ vectors) / stretch[:, None, :]
    first = (now * tension[:, None, :]) @ vectors.transpose(0, 2, 1)
    forces = np.einsum("t,txm,tcm->tcx", area, first, slope)
    np.add.at(out, triangles, forces)
