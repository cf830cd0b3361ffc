"""Readable twin of `_conduction_numba`: whole arrays, flows over the faces of each axis."""

import numpy as np
from numpy.typing import NDArray


def fill_conductances(
    conductivity: NDArray[np.float64],
    area_by_length: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Fill ``faces`` with the conductances of two half cells in series, 0 at the sides."""
    for axis, conductance in enumerate(faces):
        k = np.moveaxis(conductivity, axis, 0)
        out = np.moveaxis(conductance, axis, 0)
        out[[0, -1]] = 0.0
        together = k[1:] + k[:-1]
        mean = np.divide(
            2.0 * k[1:] * k[:-1], together, out=np.zeros_like(together), where=together > 0.0
        )
        out[1:-1] = area_by_length[axis] * mean


def fastest_decay(
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    inverse: NDArray[np.float64],
) -> float:
    """Return a bound of the fastest decay, by the circles of Gershgorin."""
    total = loss.copy()
    for axis, conductance in enumerate(faces):
        g = np.moveaxis(conductance, axis, 0)
        total += 2.0 * np.moveaxis(g[:-1] + g[1:], 0, axis)
    return float((total * inverse).max())


def heat_rate(
    temperature: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    gain: NDArray[np.float64],
    inverse: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` with the rate of temperature of every cell."""
    out[:] = gain - loss * temperature
    for axis, conductance in enumerate(faces):
        ends = [(1, 1) if n == axis else (0, 0) for n in range(3)]
        flow = conductance * np.diff(np.pad(temperature, ends, mode="edge"), axis=axis)
        out += np.diff(flow, axis=axis)
    out *= inverse


def add_stage(
    last: NDArray[np.float64],
    before: NDArray[np.float64],
    start: NDArray[np.float64],
    start_rate: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    gain: NDArray[np.float64],
    inverse: NDArray[np.float64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` with a stage: weights of last, before, start, last's rate, start's rate."""
    rate = np.empty_like(last)
    heat_rate(last, faces, loss, gain, inverse, rate)
    a, b, c, d, e = weights
    out[:] = a * last + b * before + c * start + d * rate + e * start_rate
