"""The tip of a needle in cells that may be wider than it.

The flow enters through a ball of 1.2 needle radii, whose mean pressure in a continuum is that at
the radius of the needle. On a grid the mean over the ball's cells differs from it, by a length
that only depends on how the ball lies in its cells; it is computed from the exact answer of a grid
without borders, so that the pressure at the tip does not depend on where in a cell it is (the idea
of Peaceman's well radius, SPE J 1978;18:183, for a ball). Where bone ends within the ball the flow
enters through the part that is in bone, whose mean pressure is higher.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.flow_cells import POROUS, FlowCells

_BALL = 1.2
"""The mean of the potential in a uniform ball of radius a is 6/5 of that at a, 1/(4 pi a)."""
_POINTS = 6
"""Along each axis of a cell, to find how much of it lies in the ball."""
_ACROSS = 13
"""Points along the diameter of a ball, to compare its part in bone with the whole."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TipSource:
    """How the flow of a needle enters the cells.

    Attributes
    ----------
    weights : (ni, nj, nk) float64 array
        Share of the flow that enters each cell; the sum is 1.
    missing_per_mm : float
        What the mean pressure over the weights lacks, times mobility by flow.
    """

    weights: NDArray[np.float64]
    missing_per_mm: float

    def pressure_mpa(
        self,
        pressure_mpa: NDArray[np.float64],
        mobility: NDArray[np.float64],
        rate_mm3_per_s: float,
    ) -> float:
        """Return the pressure at the needle's tip.

        Parameters
        ----------
        pressure_mpa, mobility : (ni, nj, nk) float64 arrays
            Of the cells; mobility in mm2/(MPa s).
        rate_mm3_per_s : float
        """
        inside = self.weights > 0.0
        share, values = self.weights[inside], mobility[inside]
        mean = float((share * pressure_mpa[inside]).sum())
        # resistances around the tip are in series with each other
        resistance = float((share / values).sum())
        # beside an open end the grid's own answer can be smaller than what it lacks
        return max(mean + self.missing_per_mm * rate_mm3_per_s * resistance, 0.0)


def place_tip(cells: FlowCells, place: NDArray[np.float64], radius_mm: float) -> TipSource:
    """Return how the flow of a needle enters the cells around its tip.

    Parameters
    ----------
    cells : FlowCells
    place : (3,) float64 array
        Of the tip in cells; whole numbers are centres.
    radius_mm : float
        Of the needle.

    Raises
    ------
    ValueError
        If no porous cell is near the tip.
    """
    place = np.asarray(place, dtype=np.float64)
    weights = np.zeros(cells.shape)
    reach = _BALL * radius_mm / cells.spacing_mm + 0.5
    low = np.clip(np.ceil(place - reach), 0, np.array(cells.shape) - 1).astype(int)
    high = np.clip(np.floor(place + reach), 0, np.array(cells.shape) - 1).astype(int) + 1
    offsets = (np.arange(_POINTS) + 0.5) / _POINTS - 0.5
    axes = [
        (np.arange(a, b)[:, None] + offsets).reshape(-1) - p
        for a, b, p in zip(low, high, place, strict=True)
    ]
    x, y, z = (c * h for c, h in zip(axes, cells.spacing_mm, strict=True))
    squares = x[:, None, None] ** 2 + y[:, None] ** 2 + z**2
    inside = (squares <= (_BALL * radius_mm) ** 2).astype(np.float64)
    na, nb, nc = high - low
    part = inside.reshape(na, _POINTS, nb, _POINTS, nc, _POINTS).mean(axis=(1, 3, 5))
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    if part.sum() <= 0.0:
        # a ball between the points of one cell
        weights[tuple(np.clip(np.rint(place), 0, np.array(cells.shape) - 1).astype(int))] = 1.0
    else:
        weights[box] = part
    weights[cells.region != POROUS] = 0.0
    if weights.sum() <= 0.0:
        message = f"no porous cell is within {_BALL * radius_mm:.2f} mm of the tip"
        raise ValueError(message)
    weights /= weights.sum()
    exact = _ball_mean(cells, _BALL * radius_mm) * _concentration(cells, place, radius_mm)
    weights.flags.writeable = False
    return TipSource(weights=weights, missing_per_mm=exact - _grid_mean(cells, weights))


def _ball_mean(cells: FlowCells, radius_mm: float) -> float:
    """Return the mean potential in a ball that a unit flow enters evenly, in a continuum.

    In axes scaled by the roots of the permeability ratios the ball is an ellipsoid in an
    isotropic medium, whose mean potential is an elliptic integral (Carlson's R_F).
    """
    from scipy.special import elliprf

    ratios = cells.ratios
    x, y, z = radius_mm**2 / ratios
    return float(_BALL * elliprf(x, y, z) / (4.0 * np.pi * np.sqrt(ratios.prod())))


def _concentration(cells: FlowCells, place: NDArray[np.float64], radius_mm: float) -> float:
    """Return the mean potential in the part of a ball that is in bone, by that in a whole ball.

    Both are sums of 1 / r over pairs of points, r in axes scaled by the roots of the ratios.
    """
    from scipy.spatial.distance import pdist

    along = np.linspace(-1.0, 1.0, _ACROSS)
    ball = np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1).reshape(-1, 3)
    ball = ball[(ball**2).sum(axis=1) <= 1.0] * _BALL * radius_mm
    cell = np.floor(place + ball / cells.spacing_mm + 0.5).astype(int)
    within = ((cell >= 0) & (cell < np.array(cells.shape))).all(axis=1)
    porous = np.zeros(len(ball), dtype=bool)
    porous[within] = cells.region[tuple(cell[within].T)] == POROUS
    if porous.all() or np.count_nonzero(porous) < 2:
        return 1.0
    scaled = ball / np.sqrt(cells.ratios)
    part, whole = (float((1.0 / pdist(points)).mean()) for points in (scaled[porous], scaled))
    return part / whole


def _grid_mean(cells: FlowCells, weights: NDArray[np.float64]) -> float:
    """Return the mean potential over the weights that the same flow has on an endless grid."""
    at = np.argwhere(weights > 0.0)
    share = weights[weights > 0.0]
    steps = np.abs(at[:, None, :] - at[None, :, :]).reshape(-1, 3)
    distinct, number = np.unique(steps, axis=0, return_inverse=True)
    pairs = np.bincount(number.reshape(-1), weights=np.outer(share, share).reshape(-1))
    return float(pairs @ _grid_potential(cells.shares_mm, distinct))


def _grid_potential(
    shares_mm: NDArray[np.float64], steps: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the potential of a unit flow into one cell of an endless grid, at other cells.

    The time integral of a random walk: of the product over the axes of exp(-2 c t) I_n(2 c t).
    """
    from scipy.special import ive

    # the integrand is smooth in the logarithm of time; its tail is that of a continuum
    logarithm = np.linspace(np.log(1e-6), np.log(1e5), 1201)
    time = np.exp(logarithm) / shares_mm.max()
    walk = np.ones((len(steps), time.size))
    for axis in range(3):
        walk *= ive(steps[:, axis, None], 2.0 * shares_mm[axis] * time)
    body = np.trapezoid(walk * time, logarithm, axis=1)
    tail = 2.0 / np.sqrt(time[-1] * (4.0 * np.pi) ** 3 * shares_mm.prod())
    return np.asarray(body + tail)
