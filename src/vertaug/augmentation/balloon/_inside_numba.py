"""What of each voxel lies within a closed surface, compiled.

The readable twin is `_inside_reference`.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

_ASIDE = (1.234e-7, 2.345e-7)
"""Lines pass a little beside the middle of their square, so that none meets an edge."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill_inside(
    points: NDArray[np.float64],
    triangles: NDArray[np.int64],
    spacing: float,
    lines: int,
    out: NDArray[np.float64],
) -> None:
    """Fill the share of each voxel within a closed surface; see the reference."""
    ni, nj, nk = out.shape
    out[:] = 0.0
    d, share = spacing / lines, 1.0 / (lines * lines)
    for t in range(triangles.shape[0]):
        a, b, c = points[triangles[t, 0]], points[triangles[t, 1]], points[triangles[t, 2]]
        both = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if both == 0.0:
            continue
        low_i = max(math.ceil(min(a[0], b[0], c[0]) / d - 0.5 - 1e-6), 0)
        high_i = min(math.ceil(max(a[0], b[0], c[0]) / d - 0.5), ni * lines - 1)
        low_j = max(math.ceil(min(a[1], b[1], c[1]) / d - 0.5 - 1e-6), 0)
        high_j = min(math.ceil(max(a[1], b[1], c[1]) / d - 0.5), nj * lines - 1)
        for i in range(low_i, high_i + 1):
            x = (i + 0.5) * d + _ASIDE[0]
            for j in range(low_j, high_j + 1):
                y = (j + 0.5) * d + _ASIDE[1]
                p = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / both
                q = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / both
                if p < 0.0 or q < 0.0 or p + q > 1.0:
                    continue
                height = (a[2] + p * (b[2] - a[2]) + q * (c[2] - a[2])) / spacing
                own = share if both > 0.0 else -share
                for k in range(min(max(int(height) + 1, 0), nk)):
                    out[i // lines, j // lines, k] += own * min(max(height - k, 0.0), 1.0)
