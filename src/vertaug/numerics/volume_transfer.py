"""What lies in the cells of one grid, put into the cells of another without loss.

Where the axes of both grids are parallel each cell gives to others in proportion to the volume that
they share, which is exact. Otherwise a cell is cut into equal parts, and each goes to the cell that
holds its centre.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Array = NDArray[np.float64]
_PARALLEL = 1e-6
"""Cells that a row of an affine may drift sideways per step and still count as parallel."""
_PARTS = 4
"""Along each axis of a cell, for each cell of the other grid that it spans."""


def transfer_contents(
    contents: ArrayLike, index_map: ArrayLike, shape: tuple[int, int, int]
) -> tuple[_Array, float]:
    """Return what each cell of another grid holds, and what fell outside it.

    Parameters
    ----------
    contents : (ni, nj, nk) array
        Amount in each cell, such as a volume, spread evenly over the cell.
    index_map : (4, 4) array
        Maps an index of this grid to a continuous index of the other one:
        ``inv(other.affine) @ this.affine``.
    shape : tuple of int
        Of the other grid.

    Returns
    -------
    ``shape`` float64 array
    outside : float
        Sum of ``contents`` is that of the array and this, to rounding.
    """
    held = np.asarray(contents, dtype=np.float64)
    matrix = np.asarray(index_map, dtype=np.float64)
    linear = matrix[:3, :3]
    sideways = linear - np.diag(np.diag(linear))
    if np.abs(sideways * max(held.shape)).max() < _PARALLEL:
        out = _by_overlap(held, matrix, shape)
    else:
        out = _by_parts(held, matrix, shape)
    return out, float(held.sum() - out.sum())


def _by_overlap(held: _Array, matrix: _Array, shape: tuple[int, int, int]) -> _Array:
    out = held
    for axis in range(3):
        weights = _overlaps(held.shape[axis], matrix[axis, axis], matrix[axis, 3], shape[axis])
        out = np.moveaxis(np.tensordot(weights, out, axes=(1, axis)), 0, axis)
    return out


def _overlaps(count: int, step: float, start: float, wanted: int) -> _Array:
    """Return the share (wanted, count) of each cell of a row that lies in each other cell."""
    ends = start + step * (np.arange(count)[:, None] + np.array([-0.5, 0.5]))
    low, high = ends.min(axis=1), ends.max(axis=1)
    cells = np.arange(wanted)[:, None]
    shared = np.minimum(high, cells + 0.5) - np.maximum(low, cells - 0.5)
    return np.asarray(np.clip(shared, 0.0, None) / abs(step))


def _by_parts(held: _Array, matrix: _Array, shape: tuple[int, int, int]) -> _Array:
    filled = np.argwhere(held != 0.0)
    amounts = held[tuple(filled.T)]
    number = [_PARTS * max(1, int(np.ceil(n))) for n in np.linalg.norm(matrix[:3, :3], axis=0)]
    offsets = np.stack(
        np.meshgrid(*((np.arange(n) + 0.5) / n - 0.5 for n in number), indexing="ij"), axis=-1
    ).reshape(-1, 3)
    out = np.zeros(int(np.prod(shape)))
    for offset in offsets:
        place = np.floor((filled + offset) @ matrix[:3, :3].T + matrix[:3, 3] + 0.5)
        inside = ((place >= 0) & (place < shape)).all(axis=1)
        flat = np.ravel_multi_index(tuple(place[inside].astype(np.int64).T), shape)
        out += np.bincount(flat, amounts[inside] / len(offsets), minlength=len(out))
    return out.reshape(shape)
