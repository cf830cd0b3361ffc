"""Where a body of voxels is, row by row, so that nothing is stored for the air around it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Runs of cells along the last axis, one run for each (i, j), stored one after the other.

    Cell (i, j, k) of a run is entry ``base[i, j] + k`` of a flat array.

    Attributes
    ----------
    first, last : (ni, nj) int64 arrays
        The run is ``first <= k < last``; both are 0 where there is none.
    base : (ni, nj) int64 array
    size : int
        Entries in all.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    base: NDArray[np.int64]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpanGrid:
    """The voxels and the nodes of a body.

    Attributes
    ----------
    shape : tuple of int
        Voxels along the three axes.
    cells, nodes : Rows
        Runs of voxels, and of the nodes at their corners. A run holds what lies between the
        first and the last voxel of its row, voids included.
    """

    shape: tuple[int, int, int]
    cells: Rows
    nodes: Rows

    def gather_cells(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values of a box of voxels in the order of the runs, shape (cells.size,)."""
        return np.ascontiguousarray(values[self._inside(self.cells, self.shape)])

    def gather_nodes(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of a box of nodes, shape (ni + 1, nj + 1, nk + 1), in order of runs."""
        return np.ascontiguousarray(values[self._inside(self.nodes, self.node_shape)])

    def spread_cells(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return flat values of voxels in their box, zero outside the runs."""
        return self._spread(self.cells, self.shape, values)

    def spread_nodes(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return flat values of nodes in their box, zero outside the runs."""
        return self._spread(self.nodes, self.node_shape, values)

    @property
    def node_shape(self) -> tuple[int, int, int]:
        """Nodes along the three axes of the box."""
        i, j, k = self.shape
        return i + 1, j + 1, k + 1

    @staticmethod
    def _inside(rows: Rows, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
        k = np.arange(shape[2])
        return np.asarray((k >= rows.first[:, :, None]) & (k < rows.last[:, :, None]))

    def _spread(
        self, rows: Rows, shape: tuple[int, int, int], values: NDArray[Any]
    ) -> NDArray[Any]:
        box = np.zeros(shape, dtype=values.dtype)
        box[self._inside(rows, shape)] = values
        return box


def span_body(filled: NDArray[np.bool_]) -> SpanGrid:
    """Return the runs of a body.

    Parameters
    ----------
    filled : (ni, nj, nk) bool array
        Where there is matter.

    Raises
    ------
    ValueError
        If there is none.
    """
    if filled.ndim != 3 or not filled.any():
        message = "no voxel holds any matter: there is nothing to compute"
        raise ValueError(message)
    i, j, k = filled.shape
    first, last = _find_runs(filled)
    return SpanGrid(shape=(i, j, k), cells=_lay(first, last), nodes=_lay(*_corners(first, last)))


def coarsen(grid: SpanGrid) -> SpanGrid:
    """Return the grid of voxels twice as large that covers the runs.

    Coarse node (I, J, K) lies at node (2 I, 2 J, 2 K). An odd last voxel is completed with
    nothing.
    """
    first, last = grid.cells.first, grid.cells.last
    pad = [(0, n % 2) for n in first.shape]
    # a run that is empty must not pull the others to zero
    low = np.pad(np.where(last > first, first, np.iinfo(np.int64).max), pad, constant_values=2**62)
    high = np.pad(last, pad)
    a, b = low.shape[0] // 2, low.shape[1] // 2
    low = low.reshape(a, 2, b, 2).min(axis=(1, 3))
    high = high.reshape(a, 2, b, 2).max(axis=(1, 3))
    empty = high == 0
    first = np.where(empty, 0, low // 2)
    last = np.where(empty, 0, (high + 1) // 2)
    shape = (a, b, (grid.shape[2] + 1) // 2)
    return SpanGrid(shape=shape, cells=_lay(first, last), nodes=_lay(*_corners(first, last)))


def _find_runs(filled: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    some = filled.any(axis=2)
    first = np.where(some, filled.argmax(axis=2), 0)
    last = np.where(some, filled.shape[2] - filled[:, :, ::-1].argmax(axis=2), 0)
    return first.astype(np.int64), last.astype(np.int64)


def _corners(
    first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the runs of the nodes around runs of voxels."""
    ni, nj = first.shape
    low = np.full((ni + 1, nj + 1), 2**62, dtype=np.int64)
    high = np.zeros((ni + 1, nj + 1), dtype=np.int64)
    known = np.where(last > first, first, 2**62)
    end = np.where(last > first, last + 1, 0)
    for a in (0, 1):
        for b in (0, 1):
            part = np.s_[a : a + ni, b : b + nj]
            low[part] = np.minimum(low[part], known)
            high[part] = np.maximum(high[part], end)
    return np.where(high == 0, 0, low), high


def _lay(first: NDArray[np.int64], last: NDArray[np.int64]) -> Rows:
    length = last - first
    start = np.concatenate([[0], np.cumsum(length.ravel())])
    base = start[:-1].reshape(first.shape) - first
    return Rows(
        first=np.ascontiguousarray(first),
        last=np.ascontiguousarray(last),
        base=np.ascontiguousarray(base),
        size=int(start[-1]),
    )
