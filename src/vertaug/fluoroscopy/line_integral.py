"""Line integrals through a field on a grid, for every pixel of a C-arm."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray, Grid
from vertaug.fluoroscopy.carm import CArm

_LARGEST = float(1 << 30)
_STEEP, _BOTH_STEEP = 0.3, 0.55
"""Columns that a ray changes per voxel of depth along an axis: from the first value on the
interactive mode joins two along the steeper axis, from the second on along the other as well."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """A rectangle of pixels: first column and row, and how many of them."""

    column: int
    row: int
    columns: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Running sums along one axis: flat entries, voxels along (o, m, c), which axes these are."""

    entries: NDArray[Any]
    shape: tuple[int, int, int]
    order: tuple[int, int, int]
    joined: tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProjectedField:
    """A field prepared for projection: one value a voxel, or two from a list of codes.

    Make it with `prepare_field` or `prepare_coded_field`. Running sums along an axis are made
    when a view first needs them and kept.

    Attributes
    ----------
    values : (ni, nj, nk) float32 or int16 array
        The field, or its codes; what is zero all around is cut off.
    grid : Grid
        Where its voxels are.
    meaning : (p, n) float64 array or None
        For codes: the n values of each code, from ``lowest`` on.
    lowest : int
        The first code of ``meaning``.
    units : (n,) float64 array
        Value of one integer of the sums.
    """

    values: NDArray[Any]
    grid: Grid
    meaning: FloatArray | None
    lowest: int
    units: FloatArray
    _tables: dict[tuple[int, int, int], _Table] = field(default_factory=dict)

    @property
    def fields(self) -> int:
        """Values a voxel has: 1 or 2."""
        return len(self.units)

    def nearest_axis(self, direction_lps: FloatArray) -> int:
        """Return the axis of the grid along which a direction passes most voxels."""
        return int(np.argmax(np.abs(np.linalg.inv(self.grid.affine[:3, :3]) @ direction_lps)))

    def table(self, joined: tuple[int, int, int]) -> _Table:
        """Return the running sums; ``joined`` is 0 for their axis, else 1 or 2 voxels a column."""
        if joined not in self._tables:
            self._tables[joined] = _make_table(self, joined)
        return self._tables[joined]

    def forget(self) -> None:
        """Drop the running sums; they are made again when needed."""
        self._tables.clear()


def prepare_field(values: NDArray[Any], grid: Grid) -> ProjectedField:
    """Prepare a scalar field.

    Parameters
    ----------
    values : (ni, nj, nk) array
        Field at voxel centres, constant within a voxel, zero outside the grid.
    grid : Grid

    Raises
    ------
    GeometryError
        If shapes differ or a value is not finite.
    """
    given = np.ascontiguousarray(values, dtype=np.float32)
    if given.shape != grid.shape:
        message = f"the field has shape {given.shape}, its grid {grid.shape}"
        raise GeometryError(message)
    if not np.isfinite(given).all():
        message = "the field holds values that are not finite numbers"
        raise GeometryError(message)
    cut, smaller = _cut_off_zeros(given, given != 0.0, grid)
    largest = max((float(np.abs(cut).max()) * max(cut.shape)), 1e-30)
    return ProjectedField(
        values=cut, grid=smaller, meaning=None, lowest=0, units=np.array([largest / _LARGEST])
    )


def prepare_coded_field(
    codes: NDArray[np.int16], grid: Grid, meaning: FloatArray, lowest: int
) -> ProjectedField:
    """Prepare a field of codes, such as Hounsfield units, that mean one or two values.

    Parameters
    ----------
    codes : (ni, nj, nk) int16 array
        Codes at voxel centres; those outside the list mean its first or last entry.
    grid : Grid
    meaning : (p, n) float64 array
        Values of the codes ``lowest``, ``lowest + 1`` ...; n is 1 or 2.
    lowest : int
        Code of the first row.
    """
    given = np.ascontiguousarray(codes, dtype=np.int16)
    zero = np.all(meaning == 0.0, axis=1)
    # in the order of the codes' bits, so that the codes themselves are the index
    every = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int64)
    row = np.clip(every - lowest, 0, len(meaning) - 1)
    cut, smaller = _cut_off_zeros(given, np.take(~zero[row], given.view(np.uint16)), grid)
    used = meaning[: max(1, int(np.clip(int(cut.max()) - lowest, 0, len(meaning) - 1)) + 1)]
    largest = np.maximum(np.abs(used).max(axis=0) * max(cut.shape), 1e-30)
    return ProjectedField(
        values=cut, grid=smaller, meaning=meaning, lowest=lowest, units=largest / _LARGEST
    )


def integrate_field(
    projected: ProjectedField,
    carm: CArm,
    window: Window | None = None,
    *,
    interactive: bool = False,
) -> FloatArray:
    """Return the line integral from focus to each pixel, value times mm.

    The integral is exact for a field that is constant within its voxels (rounding below 1e-6
    of the largest). The interactive mode joins two columns where a ray changes columns often;
    it differs at sharp edges only.

    Parameters
    ----------
    projected : ProjectedField
    carm : CArm
    window : Window, optional
        Only these pixels.
    interactive : bool
        Give up exactness in steep views for speed.

    Returns
    -------
    (n, rows, columns) float64 array
    """
    from vertaug.fluoroscopy._projection_numba import integrate_pair, integrate_single

    rays = carm.pixel_rays
    part = window or Window(column=0, row=0, columns=carm.pixels[0], rows=carm.pixels[1])
    world = np.array(rays)
    world[1] += part.column * rays[2] + part.row * rays[3]
    table = projected.table(_choose_columns(projected, carm, interactive=interactive))
    out = np.empty((projected.fields, part.rows, part.columns))
    index = _index_rays(world, projected.grid, table)
    integrate = integrate_single if projected.fields == 1 else integrate_pair
    integrate(table.entries, table.shape, index, world, out)
    out *= projected.units[:, None, None]
    return out


def walk_field(projected: ProjectedField, carm: CArm, every: int = 1) -> FloatArray:
    """Return the same integrals by Siddon's walk from voxel to voxel: slow, the reference.

    Parameters
    ----------
    projected : ProjectedField
    carm : CArm
    every : int
        Of the pixels only each so many-th, along rows and columns.

    Returns
    -------
    (n, rows / every, columns / every) float64 array
    """
    from vertaug.fluoroscopy._projection_reference import integrate_pair, integrate_single

    rays = np.array(carm.pixel_rays)
    rays[2:] *= every
    table = projected.table(_choose_columns(projected, carm, interactive=False))
    out = np.empty((projected.fields, carm.pixels[1] // every, carm.pixels[0] // every))
    walk = integrate_single if projected.fields == 1 else integrate_pair
    walk(table.entries, table.shape, _index_rays(rays, projected.grid, table), rays, out)
    out *= projected.units[:, None, None]
    return out


def _choose_columns(
    projected: ProjectedField, carm: CArm, *, interactive: bool
) -> tuple[int, int, int]:
    inverse = np.linalg.inv(projected.grid.affine[:3, :3])
    central = np.abs(inverse @ carm.receptor)
    axis = int(np.argmax(central))
    slope = central / central[axis]
    slope[axis] = 0.0
    limits = np.full(3, _BOTH_STEEP)
    limits[int(np.argmax(slope))] = _STEEP
    joined = [0 if a == axis else 1 + int(interactive and slope[a] > limits[a]) for a in range(3)]
    return joined[0], joined[1], joined[2]


def _index_rays(world: FloatArray, grid: Grid, table: _Table) -> FloatArray:
    """Return rays in edge coordinates of the table's voxels, in its order of axes."""
    inverse = np.linalg.inv(grid.affine[:3, :3])
    rays = np.empty((4, 3))
    rays[:2] = (world[:2] - grid.affine[:3, 3]) @ inverse.T + 0.5
    rays[2:] = world[2:] @ inverse.T
    rays /= np.maximum(table.joined, 1)
    return np.ascontiguousarray(rays[:, list(table.order)])


def _make_table(projected: ProjectedField, joined: tuple[int, int, int]) -> _Table:
    """Sum along the axis whose entry in ``joined`` is 0, with two voxels joined where it is 2."""
    from vertaug.fluoroscopy._projection_numba import sum_coded_columns, sum_columns

    axis = joined.index(0)
    # the axis that is contiguous in memory comes in the middle: planes are then transposed
    order = {0: (1, 2, 0), 1: (0, 2, 1), 2: (0, 1, 2)}[axis]
    no, nm, nc = (projected.values.shape[a] for a in order)
    strides = np.array(projected.values.strides)[list(order)] // projected.values.itemsize
    kind = np.int32 if projected.fields == 1 else np.int64
    entries = np.zeros(no * nm * (nc + 1) + 1, dtype=kind)
    table = entries[:-1].reshape(no, nm, nc + 1)
    flat = projected.values.reshape(-1)
    if projected.meaning is None:
        sum_columns(flat, strides, 1.0 / float(projected.units[0]), table)
    else:
        sum_coded_columns(flat, strides, projected.lowest, _pack(projected), table)
    shape = (no, nm, nc)
    if max(joined) == 2:
        entries, shape = _join(table, tuple(joined[a] for a in order[:2]))
    return _Table(entries=entries, shape=shape, order=order, joined=joined)


def _pack(projected: ProjectedField) -> NDArray[np.int64]:
    """Return the codes' values as integers, two of them packed into one."""
    assert projected.meaning is not None
    whole = np.rint(projected.meaning / projected.units).astype(np.int64)
    return whole[:, 0] if projected.fields == 1 else whole[:, 0] * (1 << 32) + whole[:, 1]


def _join(table: NDArray[Any], by: tuple[int, ...]) -> tuple[NDArray[Any], tuple[int, int, int]]:
    """Average neighbouring columns along o and m; a last odd one is averaged with nothing."""
    no, nm, entries = table.shape
    pad = [(0, -no % by[0]), (0, -nm % by[1]), (0, 0)]
    full = np.pad(table, pad) if any(p[1] for p in pad) else table
    a, b = full.shape[0] // by[0], full.shape[1] // by[1]
    high_and_low = full.reshape(a, by[0], b, by[1], entries).sum(axis=(1, 3), dtype=np.int64)
    count = by[0] * by[1]
    if table.dtype == np.int32:
        mean = (high_and_low // count).astype(np.int32)
    else:
        # Four packed sums do not fit beside each other: each half is averaged alone.
        low = full.astype(np.int32).astype(np.int64)
        high = (full - low) >> 32
        halves = [
            h.reshape(a, by[0], b, by[1], entries).sum(axis=(1, 3)) // count for h in (high, low)
        ]
        mean = (halves[0] << 32) + halves[1]
    flat = np.zeros(mean.size + 1, dtype=table.dtype)
    flat[:-1] = mean.reshape(-1)
    return flat, (a, b, entries - 1)


def _cut_off_zeros(
    values: NDArray[Any], filled: NDArray[np.bool_], grid: Grid
) -> tuple[NDArray[Any], Grid]:
    """Crop to the box of what is not zero."""
    start, stop = [], []
    for axis in range(3):
        line = np.flatnonzero(filled.any(axis=tuple(a for a in range(3) if a != axis)))
        start.append(int(line[0]) if len(line) else 0)
        stop.append(int(line[-1]) + 1 if len(line) else 1)
    first, last = (start[0], start[1], start[2]), (stop[0], stop[1], stop[2])
    part = values[first[0] : last[0], first[1] : last[1], first[2] : last[2]]
    return np.ascontiguousarray(part), grid.crop(first, last)
