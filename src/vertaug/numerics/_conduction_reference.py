"""Readable twin of `_conduction_numba`: whole arrays, flows over the faces of each axis."""

import numpy as np
from numpy.typing import NDArray


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
