"""Voxel grids in the one world of vertaug: LPS, millimetres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import GeometryError

FloatArray = NDArray[np.float64]


def read_only(array: ArrayLike, dtype: type | np.dtype[np.generic] | None = None) -> NDArray:  # type: ignore[type-arg]
    """Return the array as a read-only view (copied only where the type changes)."""
    out = np.asarray(array, dtype=dtype).view()
    out.flags.writeable = False
    return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Where the voxels of an array ``values[i, j, k]`` lie.

    Attributes
    ----------
    shape : tuple of int
        Number of voxels along i, j, k.
    affine : (4, 4) float64 array
        Maps (i, j, k, 1), voxel centres at whole numbers, to LPS mm.
    """

    shape: tuple[int, int, int]
    affine: FloatArray

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.array_equal(affine[3], [0.0, 0.0, 0.0, 1.0]):
            message = f"an affine must be 4 x 4 with last row 0 0 0 1; got {affine.tolist()}"
            raise GeometryError(message)
        if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
            message = f"the affine does not span space: {affine[:3, :3].tolist()}"
            raise GeometryError(message)
        if len(self.shape) != 3 or min(self.shape) < 1:
            message = f"a grid needs three positive sizes; got {self.shape}"
            raise GeometryError(message)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        object.__setattr__(self, "affine", read_only(affine))

    @property
    def spacing_mm(self) -> FloatArray:
        """Voxel size along i, j, k, shape (3,)."""
        return np.asarray(np.linalg.norm(self.affine[:3, :3], axis=0))

    @property
    def directions(self) -> FloatArray:
        """Unit vectors of i, j, k in LPS as columns, shape (3, 3)."""
        return np.asarray(self.affine[:3, :3] / self.spacing_mm)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def to_world(self, index: ArrayLike) -> FloatArray:
        """Map voxel indices, shape (..., 3), to LPS mm."""
        return np.asarray(index, dtype=np.float64) @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_index(self, points_lps_mm: ArrayLike) -> FloatArray:
        """Map LPS mm points, shape (..., 3), to continuous voxel indices."""
        inverse = np.linalg.inv(self.affine[:3, :3])
        offset = np.asarray(points_lps_mm, dtype=np.float64) - self.affine[:3, 3]
        return np.asarray(offset @ inverse.T)

    def matches(self, other: "Grid", tolerance_mm: float = 1e-3) -> bool:
        """Whether both grids have the same voxels in the same places."""
        return self.shape == other.shape and bool(
            np.allclose(self.corners(), other.corners(), rtol=0.0, atol=tolerance_mm)
        )

    def corners(self) -> FloatArray:
        """Centres of the eight corner voxels in LPS mm, shape (8, 3)."""
        last = np.array(self.shape) - 1
        flags = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, 8).T
        return self.to_world(flags * last)

    def crop(self, start: tuple[int, int, int], stop: tuple[int, int, int]) -> "Grid":
        """Return the grid of ``values[start:stop]`` along each axis."""
        affine = np.array(self.affine)
        affine[:3, 3] = self.to_world(start)
        i, j, k = (b - a for a, b in zip(start, stop, strict=True))
        return Grid(shape=(i, j, k), affine=affine)

    def widened(self, by_mm: ArrayLike) -> "Grid":
        """Return a grid that reaches so much farther at both ends of each axis, in whole voxels."""
        i, j, k = (int(n) for n in np.ceil(np.asarray(by_mm, dtype=np.float64) / self.spacing_mm))
        a, b, c = self.shape
        return self.crop((-i, -j, -k), (a + i, b + j, c + k))

    def halved(self) -> "Grid":
        """Return the grid of the eighths of its voxels."""
        affine = np.array(self.affine)
        affine[:3, :3] *= 0.5
        affine[:3, 3] = self.to_world([-0.25, -0.25, -0.25])
        i, j, k = self.shape
        return Grid(shape=(2 * i, 2 * j, 2 * k), affine=affine)


def axis_aligned_grid(
    origin_lps_mm: ArrayLike, axes: ArrayLike, spacing_mm: float, shape: tuple[int, int, int]
) -> Grid:
    """Return an isotropic grid whose axes are the columns of ``axes`` (3, 3)."""
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(axes, dtype=np.float64) * spacing_mm
    affine[:3, 3] = np.asarray(origin_lps_mm, dtype=np.float64)
    return Grid(shape=shape, affine=affine)
