"""Line integrals voxel by voxel (Siddon, Med Phys 1985;12:252), for tests.

Same signatures as `_projection_numba`. Axes of a grid are taken in the order (o, m, c): c is the
one that the running sums follow, o and m the other two. Positions along an axis count voxel
edges: voxel n lies between n and n + 1.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def sum_columns(
    values: NDArray[Any], strides: NDArray[np.int64], scale: float, table: NDArray[Any]
) -> None:
    """Fill a table with running sums of ``values * scale``, rounded, along c.

    Parameters
    ----------
    values : (n,) float32 array
        The field, flat.
    strides : (3,) int64 array
        Steps of o, m and c in ``values``.
    scale : float
        Integers per unit of the field.
    table : (no, nm, nc + 1) integer array
        Filled: entry c is the sum of the first c voxels of the column.
    """
    no, nm, nc = table.shape[0], table.shape[1], table.shape[2] - 1
    for o in range(no):
        for m in range(nm):
            column = values[o * strides[0] + m * strides[1] + np.arange(nc) * strides[2]]
            whole = np.floor(column.astype(np.float64) * scale + 0.5).astype(np.int64)
            table[o, m, 0] = 0
            table[o, m, 1:] = np.cumsum(whole)


def sum_coded_columns(
    codes: NDArray[np.int16],
    strides: NDArray[np.int64],
    lowest: int,
    meaning: NDArray[np.int64],
    table: NDArray[Any],
) -> None:
    """Fill a table with running sums of ``meaning[code - lowest]`` along c.

    Parameters
    ----------
    codes : (n,) int16 array
        The field as codes, flat; codes outside the list mean its first or last entry.
    strides : (3,) int64 array
        Steps of o, m and c in ``codes``.
    lowest : int
        Code of the first entry of ``meaning``.
    meaning : (p,) int64 array
        Integer value of each code: one value, or two packed as ``first * 2**32 + second``.
    table : (no, nm, nc + 1) integer array
        Filled as by `sum_columns`.
    """
    no, nm, nc = table.shape[0], table.shape[1], table.shape[2] - 1
    for o in range(no):
        for m in range(nm):
            column = codes[o * strides[0] + m * strides[1] + np.arange(nc) * strides[2]]
            index = np.clip(column.astype(np.int64) - lowest, 0, len(meaning) - 1)
            table[o, m, 0] = 0
            table[o, m, 1:] = np.cumsum(meaning[index])


def integrate_single(
    table: NDArray[Any],
    shape: tuple[int, int, int],
    rays: NDArray[np.float64],
    world: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out[0]`` with line integrals of a table of single values.

    Parameters
    ----------
    table : (n,) int32 array
        Running sums, flat, with at least one entry more than they need.
    shape : tuple of int
        Voxels along o, m, c.
    rays : (4, 3) float64 array
        Source, centre of pixel (0, 0), step of a column and of a row, in (o, m, c).
    world : (4, 3) float64 array
        The same in mm.
    out : (1, nv, nu) float64 array
        Filled with integer value times mm.
    """
    voxels = np.diff(_entries(table, shape).astype(np.int64), axis=2)
    _fill(out, (voxels,), rays, world)


def integrate_pair(
    table: NDArray[Any],
    shape: tuple[int, int, int],
    rays: NDArray[np.float64],
    world: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill both planes of ``out`` with line integrals of a table of packed pairs.

    Parameters as for `integrate_single`, ``table`` int64, ``out`` (2, nv, nu).
    """
    packed = np.diff(_entries(table, shape), axis=2)
    low = packed.astype(np.int32).astype(np.int64)
    _fill(out, ((packed - low) >> 32, low), rays, world)


def _entries(table: NDArray[Any], shape: tuple[int, int, int]) -> NDArray[Any]:
    no, nm, nc = shape
    return table[: no * nm * (nc + 1)].reshape(no, nm, nc + 1)


def _fill(
    out: NDArray[np.float64],
    fields: tuple[NDArray[Any], ...],
    rays: NDArray[np.float64],
    world: NDArray[np.float64],
) -> None:
    for v in range(out.shape[1]):
        for u in range(out.shape[2]):
            pixel = rays[1] + u * rays[2] + v * rays[3]
            length = np.linalg.norm(world[1] + u * world[2] + v * world[3] - world[0])
            sums = _walk(fields, rays[0], pixel - rays[0])
            for n, value in enumerate(sums):
                out[n, v, u] = value * length


def _walk(
    fields: tuple[NDArray[Any], ...], start: NDArray[np.float64], ray: NDArray[np.float64]
) -> list[float]:
    """Return the integrals of fields over the ray's parameter from 0 to 1."""
    shape = fields[0].shape
    cuts = [np.array([0.0, 1.0])]
    cuts += [
        (np.arange(shape[axis] + 1) - start[axis]) / ray[axis]
        for axis in range(3)
        if ray[axis] != 0.0
    ]
    s = np.unique(np.clip(np.concatenate(cuts), 0.0, 1.0))
    middle = start + 0.5 * (s[1:] + s[:-1])[:, None] * ray
    cell = np.floor(middle).astype(np.int64)
    inside = np.all((cell >= 0) & (cell < np.array(shape)), axis=1)
    i, j, k = cell[inside].T
    pieces = np.diff(s)[inside]
    return [float(np.sum(field[i, j, k] * pieces)) for field in fields]
