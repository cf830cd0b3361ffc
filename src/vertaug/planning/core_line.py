"""The core of a pedicle: the line deepest below its cortex, for paths to keep to."""

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.spine import Vertebra
from vertaug.numerics.distance import signed_distance

_PART_MM = (1.0, 7.0)
"""The part of the pedicle behind the posterior wall whose core is sought; farther back the
articular and transverse processes join it."""
_FADE_MM = 1.0
_WINDOW_MM = 4.0
_HALF_BOX_MM = (12.0, 16.0)
_ROUNDS = 25


def find_core_line(vertebra: Vertebra, centre_mm: FloatArray, wall_mm: float) -> FloatArray:
    """Return two points on the core line, where its part begins and ends, shape (2, 3).

    Each coronal section of the bone has a centroid, weighted by the squared depth below the
    cortex and by a bell of 4 mm about the line; the line through the centroids is the next line,
    until it stays. The measured axis does not enter, nor do the ends of the pedicle: a CT that
    is resampled, or labels a little different, hardly move it.

    Parameters
    ----------
    centre_mm : (3,) float64 array
        Where to begin, vertebra frame.
    wall_mm : float
        y of the posterior wall beside the pedicle.
    """
    depth, axes = _depth_near(vertebra, centre_mm, wall_mm)
    x, y, z = axes
    near, far = (wall_mm + d for d in _PART_MM)
    fade = np.clip((y - near) / _FADE_MM + 0.5, 0.0, 1.0)
    fade *= np.clip((far - y) / _FADE_MM + 0.5, 0.0, 1.0)
    ends = np.array([[centre_mm[0], near, centre_mm[2]], [centre_mm[0], far, centre_mm[2]]])
    for _ in range(_ROUNDS):
        share = (y - near) / (far - near)
        at_x = ends[0, 0] + share * (ends[1, 0] - ends[0, 0])
        at_z = ends[0, 2] + share * (ends[1, 2] - ends[0, 2])
        bell_x = np.exp(-0.5 * ((x[:, None] - at_x) / _WINDOW_MM) ** 2)
        bell_z = np.exp(-0.5 * ((z[:, None] - at_z) / _WINDOW_MM) ** 2)
        mass = depth**2 * bell_x[:, :, None] * bell_z.T[None]
        total = mass.sum(axis=(0, 2))
        if not (fade * total > 0.0).sum() > 2:
            break
        centroid_x = np.einsum("xyz,x->y", mass, x) / np.maximum(total, 1e-9)
        centroid_z = np.einsum("xyz,z->y", mass, z) / np.maximum(total, 1e-9)
        weight = np.sqrt(fade * (total > 0.0))
        basis = np.stack([1.0 - share, share], axis=1) * weight[:, None]
        goal = np.stack([centroid_x, centroid_z], axis=1) * weight[:, None]
        line, *_ = np.linalg.lstsq(basis, goal, rcond=None)
        moved = float(np.abs(ends[:, [0, 2]] - line).max())
        ends[:, [0, 2]] = line
        if moved < 1e-3:
            break
    return ends


def _depth_near(
    vertebra: Vertebra, centre_mm: FloatArray, wall_mm: float
) -> tuple[FloatArray, tuple[FloatArray, FloatArray, FloatArray]]:
    """Depth below the cortex around a pedicle, and the coordinates along its axes."""
    grid = vertebra.occupancy.grid
    step = float(grid.spacing_mm[0])
    origin = vertebra.frame.to_local(grid.to_world((0, 0, 0)))
    half_x, half_z = _HALF_BOX_MM
    pad = 6.0
    low = (centre_mm[0] - half_x, wall_mm + _PART_MM[0] - pad, centre_mm[2] - half_z)
    high = (centre_mm[0] + half_x, wall_mm + _PART_MM[1] + pad, centre_mm[2] + half_z)
    box, axes = [], []
    for n, o, a, b in zip(grid.shape, origin, low, high, strict=True):
        first = int(np.clip(np.floor((a - o) / step), 0, n - 2))
        last = int(np.clip(np.ceil((b - o) / step) + 1, first + 2, n))
        box.append(slice(first, last))
        axes.append(o + step * np.arange(first, last))
    depth = -signed_distance(vertebra.occupancy.values[tuple(box)], step, reach_mm=8.0)
    return np.maximum(depth, 0.0).astype(np.float64), (axes[0], axes[1], axes[2])
