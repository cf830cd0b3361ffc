"""Oblique planes through a scan, and the exact way from the world to the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray, Grid, read_only

_SECOND_LETTER_SHARE = 0.45  # a second direction mark from 27 degrees of obliquity on


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PicturePlane:
    """A rectangle in the world that is shown as a picture.

    Picture coordinates are mm from the centre, (right, down); pixel (row, column) has its
    centre at ``((column + 0.5) * pixel - half_width, (row + 0.5) * pixel - half_height)``.

    Attributes
    ----------
    centre_lps_mm : (3,) float64 array
        Middle of the picture.
    right, down : (3,) float64 arrays
        Unit vectors in LPS along the picture's columns and rows; orthogonal.
    half_width_mm, half_height_mm : float
        Half the size of the picture.
    pixel_mm : float
        Size of a pixel.
    """

    centre_lps_mm: FloatArray
    right: FloatArray
    down: FloatArray
    half_width_mm: float
    half_height_mm: float
    pixel_mm: float = 0.4

    def __post_init__(self) -> None:
        for name in ("centre_lps_mm", "right", "down"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.float64))
        basis = np.stack([self.right, self.down])
        if not np.allclose(basis @ basis.T, np.eye(2), atol=1e-6):
            message = (
                "the axes of a picture must be orthogonal unit vectors; "
                f"got right {self.right.tolist()}, down {self.down.tolist()}"
            )
            raise GeometryError(message)

    @property
    def normal(self) -> FloatArray:
        """Unit vector out of the reader's eye into the picture, LPS."""
        return np.asarray(np.cross(self.right, self.down))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows = max(1, round(2 * self.half_height_mm / self.pixel_mm))
        return rows, max(1, round(2 * self.half_width_mm / self.pixel_mm))

    @property
    def extent_mm(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top edge in picture coordinates, outer edges of the pixels."""
        rows, columns = self.shape
        width, height = columns * self.pixel_mm / 2, rows * self.pixel_mm / 2
        return -width, width, height, -height

    def to_picture(self, points_lps_mm: ArrayLike) -> FloatArray:
        """Project LPS points, shape (..., 3), to picture mm (right, down), shape (..., 2)."""
        offset = np.asarray(points_lps_mm, dtype=np.float64) - self.centre_lps_mm
        return np.stack([offset @ self.right, offset @ self.down], axis=-1)

    def depth_mm(self, points_lps_mm: ArrayLike) -> FloatArray:
        """Signed distance of LPS points, shape (..., 3), behind the picture."""
        offset = np.asarray(points_lps_mm, dtype=np.float64) - self.centre_lps_mm
        return np.asarray(offset @ self.normal)

    def to_pixel(self, points_lps_mm: ArrayLike) -> FloatArray:
        """Map LPS points, shape (..., 3), to continuous (row, column), shape (..., 2)."""
        picture = self.to_picture(points_lps_mm)
        left, _, _, top = self.extent_mm
        column = (picture[..., 0] - left) / self.pixel_mm - 0.5
        row = (picture[..., 1] - top) / self.pixel_mm - 0.5
        return np.stack([row, column], axis=-1)

    def pixel_centres(self) -> FloatArray:
        """LPS mm of all pixel centres, shape (rows, columns, 3)."""
        rows, columns = self.shape
        left, _, _, top = self.extent_mm
        x = left + (np.arange(columns) + 0.5) * self.pixel_mm
        y = top + (np.arange(rows) + 0.5) * self.pixel_mm
        return np.asarray(
            self.centre_lps_mm + x[None, :, None] * self.right + y[:, None, None] * self.down
        )


def plane_through(
    centre_lps_mm: ArrayLike, right: ArrayLike, down: ArrayLike, half_size_mm: tuple[float, float]
) -> PicturePlane:
    """Return the plane with ``right`` kept exactly and ``down`` made orthogonal to it.

    Parameters
    ----------
    centre_lps_mm : (3,) array_like
        Middle of the picture.
    right, down : (3,) array_like
        Directions in LPS, any length, not parallel.
    half_size_mm : (float, float)
        Half width and half height.
    """
    x = np.asarray(right, dtype=np.float64)
    x = x / np.linalg.norm(x)
    y = np.asarray(down, dtype=np.float64)
    y = y - (y @ x) * x
    return PicturePlane(
        centre_lps_mm=np.asarray(centre_lps_mm, dtype=np.float64),
        right=x,
        down=y / np.linalg.norm(y),
        half_width_mm=half_size_mm[0],
        half_height_mm=half_size_mm[1],
    )


def sample(
    values: NDArray[np.generic], grid: Grid, points_lps_mm: FloatArray, *, order: int = 1
) -> FloatArray:
    """Sample a field at LPS points, NaN where there is no data.

    Parameters
    ----------
    values : (ni, nj, nk) array
        The field; only the box around the points is read.
    points_lps_mm : (..., 3) float64 array
        Where to sample.
    order : int
        1 trilinear, 0 nearest.

    Returns
    -------
    (...) float64 array
    """
    from scipy.ndimage import map_coordinates

    index = grid.to_index(points_lps_mm)
    flat = index.reshape(-1, 3)
    last = np.array(grid.shape) - 1
    inside = np.all((flat >= -0.5) & (flat <= last + 0.5), axis=1)
    out = np.full(len(flat), np.nan)
    if inside.any():
        kept = np.clip(flat[inside], 0, last)
        low = np.floor(kept.min(axis=0)).astype(int)
        high = np.ceil(kept.max(axis=0)).astype(int) + 1
        box = np.asarray(values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))])
        out[inside] = map_coordinates(
            box.astype(np.float32), (kept - low).T, order=order, mode="nearest"
        )
    return out.reshape(index.shape[:-1])


def direction_mark(direction: ArrayLike) -> str:
    """Return the letters of an LPS direction: R, L, A, P, H, F, two where it is oblique."""
    vector = np.asarray(direction, dtype=np.float64)
    vector = vector / np.linalg.norm(vector)
    letters = ("LR", "PA", "HF")
    order = np.argsort(-np.abs(vector), kind="stable")
    text = ""
    for axis in order[:2]:
        if not text or abs(vector[axis]) > _SECOND_LETTER_SHARE:
            text += letters[axis][0 if vector[axis] > 0 else 1]
    return text
