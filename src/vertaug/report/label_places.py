"""Where labels go beside their points, so that they cover no marker, no line and no other label."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.grid import FloatArray

_ANGLES = np.deg2rad([135, 315, 45, 225, 90, 270, 160, 340, 20, 200, 115, 295])
_DISTANCES = (15.0, 20.0, 26.0, 34.0, 44.0, 56.0)
_CLEAR = 2.5
"""Room about a label."""


def place_labels(
    points: ArrayLike, sizes: ArrayLike, taken: ArrayLike, frame: tuple[float, float, float, float]
) -> FloatArray:
    """Return the middle of a label for each point, shape (n, 2).

    Each takes the nearest of some places that is free; where none is, the one that covers least.

    Parameters
    ----------
    points : (n, 2) array_like
        What is labelled; counts as taken.
    sizes : (n, 2) array_like
        Widths and heights of the labels.
    taken : (m, 2) array_like
        Points that no label may cover: markers, and lines as close points.
    frame : tuple of float
        Left, lower, right, upper limit.
    """
    marks = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    halves = 0.5 * np.asarray(sizes, dtype=np.float64).reshape(-1, 2)
    busy = np.concatenate([np.asarray(taken, dtype=np.float64).reshape(-1, 2), marks])
    placed: list[FloatArray] = []
    boxes: list[FloatArray] = []
    for mark, half in zip(marks, halves, strict=True):
        choices = [
            mark + distance * np.array([np.cos(angle), np.sin(angle)])
            for distance in _DISTANCES
            for angle in _ANGLES
        ]
        costs = [_cost(middle, half + _CLEAR, (busy, boxes), frame) for middle in choices]
        best = choices[int(np.argmin(costs))]
        placed.append(best)
        boxes.append(np.concatenate([best, half]))
    return np.asarray(placed, dtype=np.float64).reshape(-1, 2)


def _cost(
    middle: FloatArray,
    half: FloatArray,
    taken: tuple[FloatArray, Sequence[FloatArray]],
    frame: tuple[float, float, float, float],
) -> float:
    """Count what a label would cover; out of the frame is worse than anything."""
    busy, boxes = taken
    covered = float((np.abs(busy - middle) < half).all(axis=1).sum())
    covered += 20.0 * sum(bool((np.abs(box[:2] - middle) < half + box[2:]).all()) for box in boxes)
    low, high = np.array(frame[:2]), np.array(frame[2:])
    outside = bool((middle - half < low).any() or (middle + half > high).any())
    return covered + 1e6 * outside
