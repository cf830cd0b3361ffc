"""Readable twin of `_conduction_numba`: whole arrays, flows over the faces of each axis.

A face belongs to the cell before it; at the far side of the box it conducts nothing.
"""

import numpy as np
from numpy.typing import NDArray


def fill_conductances(
    conductivity: NDArray[np.float64],
    area_by_length: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Fill the conductances of faces, two half cells in series."""
    for axis, conductance in enumerate(faces):
        k, out = (np.moveaxis(a, axis, 0) for a in (conductivity, conductance))
        both = k[1:] + k[:-1]
        mean = np.divide(2.0 * k[1:] * k[:-1], both, out=np.zeros_like(both), where=both > 0.0)
        out[:-1] = area_by_length[axis] * mean
        out[-1] = 0.0


def fastest_decay(
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    inverse: NDArray[np.float64],
) -> float:
    """Return a bound of the fastest decay, by the circles of Gershgorin."""
    total = loss.copy()
    for axis, conductance in enumerate(faces):
        g, own = (np.moveaxis(a, axis, 0) for a in (conductance, total))
        own += 2.0 * g
        own[1:] += 2.0 * g[:-1]
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
        g, t, own = (np.moveaxis(a, axis, 0) for a in (conductance, temperature, out))
        flow = g[:-1] * np.diff(t, axis=0)
        own[:-1] += flow
        own[1:] -= flow
    out *= inverse


def add_stage(
    last: NDArray[np.float64],
    before: NDArray[np.float64],
    start_rate: NDArray[np.float64],
    faces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    loss: NDArray[np.float64],
    inverse: NDArray[np.float64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` with the change since the start up to a stage, of the two stages before it."""
    rate = np.empty_like(last)
    heat_rate(last, faces, loss, np.zeros_like(loss), inverse, rate)
    a, b, c, d = weights
    out[:] = a * last + b * before + c * rate + d * start_rate
