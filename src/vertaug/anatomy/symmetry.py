"""The mirror plane of a vertebra."""

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.numerics.interpolation import sample_trilinear

Axes = tuple[FloatArray, FloatArray, FloatArray]

_LIMIT_RAD = np.radians(25.0)


def find_mirror_turn(
    occupancy: NDArray[np.float32], part: NDArray[np.bool_], axes: Axes
) -> tuple[float, float]:
    """Return the turn about z and the shift along x of the vertebra's mirror plane.

    The plane best maps ``part`` (body and pedicles) onto the bone of the other side.

    Parameters
    ----------
    occupancy : (nx, ny, nz) float32 array
        Share of bone.
    part : (nx, ny, nz) bool array
        Voxels to mirror.
    axes : tuple of float64 arrays
        Coordinates along x, y, z in mm.

    Returns
    -------
    turn_rad : float
        Angle by which the plane's posterior direction is turned from y toward x.
    shift_mm : float
        x at which the plane crosses y = 0.
    """
    from scipy.optimize import minimize

    index = np.argwhere(part)
    stride = max(len(index) // 12000, 1)
    step = float(axes[0][1] - axes[0][0])
    corner = np.array([a[0] for a in axes])
    points = index[::stride] * step + corner

    def mismatch(unknowns: FloatArray) -> float:
        turn, shift = float(np.clip(unknowns[0], -_LIMIT_RAD, _LIMIT_RAD)), float(unknowns[1])
        normal = np.array([np.cos(turn), -np.sin(turn), 0.0])
        distance = points @ normal - shift * np.cos(turn)
        mirrored = points - 2.0 * distance[:, None] * normal
        return 1.0 - float(sample_trilinear(occupancy, (mirrored - corner) / step).mean())

    simplex = np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 2.0]])
    options = {"initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-6, "maxiter": 120}
    found = minimize(mismatch, simplex[0], method="Nelder-Mead", options=options)
    return float(np.clip(found.x[0], -_LIMIT_RAD, _LIMIT_RAD)), float(found.x[1])
