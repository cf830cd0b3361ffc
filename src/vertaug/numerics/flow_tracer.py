"""What keeps its value while it is carried by a flow, without mixing: particles in the cells.

Carried by upwind fluxes, shells of cement thinner than two cells would mix; particles keep them.
Each follows the flow that the fluxes through the faces give within a cell (straight in each
coordinate, Pollock, Ground Water 1988;26:743, recalled), which conserves volume, so particles
released at a constant number per volume stay at that number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.darcy_multigrid import PressureSolution

FloatArray = NDArray[np.float64]

_STRIDES = np.array([0.8566748838545029, 0.733891856627126, 0.6287067210378087, 0.5385972572236101])
"""Of the evenest additive sequence in four dimensions (roots of x^5 = x + 1; Roberts, recalled)."""
_GOLDEN = 0.6180339887498949
"""Of the evenest additive sequence in one dimension, (sqrt(5) - 1) / 2."""
_FADED = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlowTracers:
    """Particles with a value each.

    Attributes
    ----------
    place : (n, 3) float64 array
        In cells: cell c spans c to c + 1.
    weight : (n,) float64 array
        Volume that each stands for.
    value : (n,) float64 array
    released : int
        How many have been released so far.
    """

    place: FloatArray
    weight: FloatArray
    value: FloatArray
    released: int = 0

    def typical_in_cells(self, wanted: NDArray[np.bool_]) -> FloatArray:
        """Return the value in each wanted cell that lies nearest to its mean, NaN elsewhere.

        Where two portions meet, the mean is a value that neither has.

        Parameters
        ----------
        wanted : (ni, nj, nk) bool array
        """
        out = self.mean_in_cells(wanted)
        if not len(self.value):
            return out
        index = self._cell_of(wanted.shape)
        away = np.abs(self.value - out.ravel()[index])
        inside = np.isfinite(away)
        index, value, away = index[inside], self.value[inside], away[inside]
        order = np.lexsort((value, away, index))
        cells, first = np.unique(index[order], return_index=True)
        out.ravel()[cells] = value[order][first]
        return out

    def _cell_of(self, shape: tuple[int, ...]) -> NDArray[np.int64]:
        cell = np.minimum(self.place.astype(np.int64), np.array(shape) - 1)
        return np.asarray(np.ravel_multi_index(tuple(cell.T), shape), dtype=np.int64)

    def mean_in_cells(self, wanted: NDArray[np.bool_]) -> FloatArray:
        """Return the mean value in each wanted cell, NaN elsewhere.

        A wanted cell without a particle takes the value of the nearest one with any.

        Parameters
        ----------
        wanted : (ni, nj, nk) bool array
        """
        from scipy.ndimage import distance_transform_edt

        shape, out = wanted.shape, np.full(wanted.shape, np.nan)
        if not (wanted.any() and len(self.value)):
            return out
        index = self._cell_of(shape)
        weight = np.bincount(index, self.weight, minlength=wanted.size).reshape(shape)
        total = np.bincount(index, self.weight * self.value, minlength=wanted.size).reshape(shape)
        found = weight > 0.0
        lacking = wanted & ~found
        out[wanted & found] = total[wanted & found] / weight[wanted & found]
        if lacking.any():
            box = _box_of(wanted | found)
            nearest = distance_transform_edt(
                ~found[box], return_distances=False, return_indices=True
            )
            mean = np.divide(total, weight, out=np.zeros(shape), where=found)[box]
            out[box][lacking[box]] = mean[tuple(nearest)][lacking[box]]
        return out


def no_tracers() -> FlowTracers:
    """Return none yet."""
    return FlowTracers(place=np.zeros((0, 3)), weight=np.zeros(0), value=np.zeros(0))


def release_and_carry(
    tracers: FlowTracers,
    flow: PressureSolution,
    source: FloatArray,
    pore_volume_mm3: FloatArray,
    *,
    seconds: float,
    values: tuple[float, float],
    per_mm3: float,
) -> FlowTracers:
    """Release particles where the source is, evenly over a time, and carry all along the flow.

    Parameters
    ----------
    tracers : FlowTracers
    flow : PressureSolution
    source : (ni, nj, nk) float64 array
        mm3/s into each cell.
    pore_volume_mm3 : (ni, nj, nk) float64 array
    seconds : float
    values : (float, float)
        Of what is released at the start and the end of the time.
    per_mm3 : float
        Particles per volume.
    """
    from vertaug.numerics._tracer_numba import carry

    fresh, left = _release(tracers, source, seconds, per_mm3)
    share = 1.0 - left / seconds if seconds > 0.0 else np.zeros_like(left)
    amount = float(source.sum()) * seconds / max(len(left), 1)
    place = np.concatenate([tracers.place, fresh])
    weight = np.concatenate([tracers.weight, np.full(len(left), amount)])
    value = np.concatenate([tracers.value, values[0] + share * (values[1] - values[0])])
    carry(
        place,
        weight,
        np.concatenate([np.full(len(tracers.value), seconds), left]),
        flow.fluxes,
        flow.outflow + flow.link_flow,
        pore_volume_mm3,
    )
    kept = weight > _FADED * amount
    return FlowTracers(
        place=place[kept],
        weight=weight[kept],
        value=value[kept],
        released=tracers.released + len(left),
    )


def _release(
    tracers: FlowTracers, source: FloatArray, seconds: float, per_mm3: float
) -> tuple[FloatArray, FloatArray]:
    """Places of new particles, in proportion to the source, and the time that each has left."""
    where = np.argwhere(source > 0.0)
    shares = source[source > 0.0]
    if len(where) == 0:
        return np.zeros((0, 3)), np.zeros(0)
    count = max(round(float(shares.sum()) * seconds * per_mm3), 1)
    number = tracers.released + 1 + np.arange(count)
    even = np.mod(0.5 + number[:, None] * _STRIDES, 1.0)
    edges = np.cumsum(shares) / shares.sum()
    # one more number for the cell: the same sequence would tie cells to times; moved on by each
    # release, or the same few cells would release all particles of short steps
    start = np.mod(0.5 + tracers.released * _GOLDEN, 1.0)
    pick = np.searchsorted(edges, (np.arange(count) + start) / count)
    order = np.argsort(even[:, 3], kind="stable")
    cell = where[np.minimum(pick, len(where) - 1)][order]
    return cell + even[:, :3], seconds * even[:, 3]


def _box_of(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    found = []
    for axis in range(3):
        along = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        found.append(slice(int(along[0]), int(along[-1]) + 1))
    return found[0], found[1], found[2]
