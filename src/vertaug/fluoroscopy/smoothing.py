"""Gaussian smoothing of images without SciPy, whose import would take a fifth of a cold start."""

import numpy as np
from numpy.typing import NDArray

_REACH = 3.0
"""Weights are cut off after so many standard deviations."""


def blur(image: NDArray[np.float32], sigma: tuple[float, float]) -> NDArray[np.float32]:
    """Return an image smoothed by a narrow Gaussian, its edge continued.

    Parameters
    ----------
    image : (rows, columns) array
    sigma : tuple of float
        Along rows and columns, pixels.
    """
    out = np.asarray(image, dtype=np.float32)
    for axis, width in enumerate(sigma):
        out = _smooth_axis(out, width, axis, mode="edge")
    return out


def smooth_slowly(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Return an image smoothed by a wide Gaussian, zero outside.

    It is computed on a coarser grid: the result is slow, so nothing is lost.
    """
    step = max(1, int(sigma // 8))
    coarse = np.asarray(image, dtype=np.float32)
    for axis in (0, 1):
        coarse = _mean_of_blocks(coarse, step, axis)
    for axis in (0, 1):
        coarse = _smooth_axis(coarse, sigma / step, axis, mode="constant")
    for axis in (0, 1):
        coarse = _interpolate(coarse, image.shape[axis], step, axis)
    # indexing by columns leaves columns together
    return np.ascontiguousarray(coarse)


def gaussian_weights(sigma: float) -> NDArray[np.float32]:
    """Return the middle and one side of a Gaussian whose weights sum to 1, shape (n,)."""
    steps = np.arange(int(_REACH * sigma + 0.5) + 1)
    weights = np.exp(-0.5 * (steps / max(sigma, 1e-6)) ** 2)
    return np.asarray(weights / (2.0 * weights.sum() - weights[0]), dtype=np.float32)


def _smooth_axis(
    image: NDArray[np.float32], sigma: float, axis: int, mode: str
) -> NDArray[np.float32]:
    weights = gaussian_weights(sigma)
    reach = len(weights) - 1
    if reach == 0:
        return image
    around = [(0, 0), (0, 0)]
    around[axis] = (reach, reach)
    wide = np.pad(image, around, mode="edge" if mode == "edge" else "constant")
    size = image.shape[axis]

    def shifted(by: int) -> NDArray[np.float32]:
        part = slice(reach + by, reach + by + size)
        return wide[part] if axis == 0 else wide[:, part]

    out = weights[0] * shifted(0)
    for k in range(1, reach + 1):
        out += weights[k] * (shifted(-k) + shifted(k))
    return np.asarray(out)


def _mean_of_blocks(image: NDArray[np.float32], step: int, axis: int) -> NDArray[np.float32]:
    size = image.shape[axis]
    starts = np.arange(0, size, step)
    count = np.diff(np.append(starts, size)).astype(np.float32)
    sums = np.add.reduceat(image, starts, axis=axis)
    return np.asarray(sums / (count[:, None] if axis == 0 else count))


def _interpolate(
    coarse: NDArray[np.float32], size: int, step: int, axis: int
) -> NDArray[np.float32]:
    """Return the image between the middles of its blocks, constant beyond the outer ones."""
    starts = np.arange(0, size, step)
    middles = starts + (np.diff(np.append(starts, size)) - 1) / 2
    place = np.interp(np.arange(size), middles, np.arange(len(middles)))
    low = place.astype(int)
    high = np.minimum(low + 1, len(middles) - 1)
    part = (place - low).astype(np.float32)
    if axis == 0:
        return np.asarray(coarse[low] * (1 - part[:, None]) + coarse[high] * part[:, None])
    return np.asarray(coarse[:, low] * (1 - part) + coarse[:, high] * part)
