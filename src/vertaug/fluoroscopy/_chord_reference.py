"""Chords of solids on the rays of pixels, plain, for tests.

Same signature as `_chord_numba`.
"""

import numpy as np
from numpy.typing import NDArray

CYLINDER, BALL, BOX = 0, 1, 2


def add_chords(
    world: NDArray[np.float64],
    inverse: NDArray[np.float64],
    kind: int,
    sign: float,
    out: NDArray[np.float64],
) -> None:
    """Add the length of each pixel's ray inside a solid.

    Parameters
    ----------
    world : (4, 3) float64 array
        Source, centre of pixel (0, 0), step of a column and of a row, LPS mm.
    inverse : (3, 4) float64 array
        Maps LPS mm to the solid's own coordinates.
    kind : int
        There the solid is ``CYLINDER``: x^2 + y^2 <= 1 and 0 <= z <= 1, ``BALL``: the unit
        ball, ``BOX``: all coordinates in [-1, 1].
    sign : float
        1 adds the chord, -1 takes it away (the bore of a cannula).
    out : (nv, nu) float64 array
        Added to.
    """
    start = inverse[:, :3] @ world[0] + inverse[:, 3]
    for v in range(out.shape[0]):
        for u in range(out.shape[1]):
            ray = world[1] + u * world[2] + v * world[3] - world[0]
            inside = _inside(start, inverse[:, :3] @ ray, kind)
            out[v, u] += sign * inside * np.linalg.norm(ray)


def _inside(p: NDArray[np.float64], d: NDArray[np.float64], kind: int) -> float:
    """Return the share of the segment p ... p + d that lies in the solid."""
    low, high = 0.0, 1.0
    if kind in {CYLINDER, BALL}:
        axes = slice(0, 2 if kind == CYLINDER else 3)
        roots = np.roots([d[axes] @ d[axes], 2 * (d[axes] @ p[axes]), p[axes] @ p[axes] - 1.0])
        if len(roots) == 2:
            if abs(roots[0].imag) > 0:
                return 0.0
            low, high = max(low, min(roots.real)), min(high, max(roots.real))
        elif p[axes] @ p[axes] > 1.0:
            return 0.0
    slabs = {CYLINDER: [(2, 0.0, 1.0)], BALL: [], BOX: [(n, -1.0, 1.0) for n in range(3)]}
    for axis, first, last in slabs[kind]:
        if d[axis] == 0.0:
            if not first <= p[axis] <= last:
                return 0.0
            continue
        ends = sorted([(first - p[axis]) / d[axis], (last - p[axis]) / d[axis]])
        low, high = max(low, ends[0]), min(high, ends[1])
    return max(high - low, 0.0)
