"""An image as its file stores it, and its one canonical axis order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError, ImageError
from vertaug.case.grid import FloatArray, Grid

MAX_ARRAY_BYTES = 2_000_000_000
"""Largest float32 array that the reader makes; a larger scan is refused before it is read."""

_SHEAR_OF_ROUNDING = 1e-4  # cosine between axes that float32 headers show without meaning it
_SHEAR_LIMIT = 2e-3  # 0.1 degree; what is more skewed than this was meant to be


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredImage:
    """Voxels in the axis order of the file.

    Attributes
    ----------
    values : (n0, n1, n2) array
        In the order of the affine's columns.
    affine : (4, 4) float64 array
        Index to LPS mm.
    source_format : str
        ``nifti``, ``nrrd``, ``mha`` or ``dicom``.
    label_names : mapping of int to str
        Names that the file itself gives to its values; empty for most files.
    notes : tuple of str
        What the reader changed or noticed.
    """

    values: NDArray[Any]
    affine: FloatArray
    source_format: str
    label_names: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def check_size(shape: tuple[int, ...], name: str) -> None:
    """Refuse what is no volume or would not fit in memory.

    Raises
    ------
    ImageError
        If the shape is not that of a volume or the float32 array exceeds `MAX_ARRAY_BYTES`.
    """
    if len(shape) != 3 or min(shape) < 2:
        message = (
            f"{name}: expected a volume with three axes of at least 2 voxels; found "
            f"{' x '.join(str(n) for n in shape)}"
        )
        raise ImageError(message)
    size = 4 * int(np.prod(shape, dtype=np.int64))
    if size > MAX_ARRAY_BYTES:
        message = (
            f"{name}: {' x '.join(str(n) for n in shape)} voxels need {size / 1e9:.1f} GB, the "
            f"limit is {MAX_ARRAY_BYTES / 1e9:.0f} GB; crop the scan to the spine or resample it "
            "to 1 mm and read that"
        )
        raise ImageError(message)


def to_canonical(image: StoredImage, name: str) -> tuple[NDArray[Any], Grid, tuple[str, ...]]:
    """Permute and flip so that i, j, k run closest to left, posterior, superior.

    No value is interpolated: the array is only re-ordered and the affine follows exactly, so
    all 48 axis orders of one image give the same result.

    Parameters
    ----------
    image : StoredImage
        Image in any axis order.
    name : str
        File name for messages.

    Returns
    -------
    values : (ni, nj, nk) array, C order
    grid : Grid
    notes : tuple of str
        The image's notes and what was noticed here.

    Raises
    ------
    GeometryError
        If the axes are not at right angles.
    """
    affine, notes = _right_angled(np.asarray(image.affine, dtype=np.float64), name)
    axes = find_axis_order(affine)
    values = np.transpose(image.values, axes)
    columns = affine[:3, axes]
    origin = affine[:3, 3].copy()
    for axis in range(3):
        if columns[axis, axis] < 0:
            origin += (values.shape[axis] - 1) * columns[:, axis]
            columns[:, axis] *= -1
            values = np.flip(values, axis)
    canonical = np.eye(4)
    canonical[:3, :3] = columns + 0.0  # no negative zeros in what people read
    canonical[:3, 3] = origin + 0.0
    i, j, k = values.shape
    grid = Grid(shape=(i, j, k), affine=canonical)
    return np.ascontiguousarray(values), grid, image.notes + notes


def find_axis_order(affine: FloatArray) -> tuple[int, int, int]:
    """Return which stored axis runs closest to left-right, front-back and head-foot.

    At an exact tie (an axis half way between two directions) the choice depends on the axes
    as vectors only, not on their stored order.

    Parameters
    ----------
    affine : (4, 4) float64 array
        Index to LPS mm.
    """
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)

    def rank(order: tuple[int, ...]) -> tuple[float, ...]:
        chosen = directions[:, order]
        chosen = chosen * np.where(np.diag(chosen) < 0, -1.0, 1.0)
        vectors = np.round(chosen, 6).ravel(order="F") + 0.0
        return (round(float(np.trace(chosen)), 6), *vectors.tolist())

    a, b, c = max(permutations(range(3)), key=rank)
    return a, b, c


def _right_angled(affine: FloatArray, name: str) -> tuple[FloatArray, tuple[str, ...]]:
    columns = affine[:3, :3]
    lengths = np.linalg.norm(columns, axis=0)
    if not np.isfinite(affine).all() or lengths.min() < 1e-6:
        message = f"{name}: the header's axes do not span space: {columns.tolist()}"
        raise GeometryError(message)
    directions = columns / lengths
    shear = float(np.abs(directions.T @ directions - np.eye(3)).max())
    if shear <= _SHEAR_OF_ROUNDING:
        return affine, ()
    angle = float(np.degrees(np.arcsin(min(shear, 1.0))))
    if shear > _SHEAR_LIMIT:
        message = (
            f"{name}: the image axes must be at right angles, but two of them are "
            f"{angle:.2f} degrees off (sheared, for example a tilted gantry). Resample the image "
            "to right-angled axes, then read that"
        )
        raise GeometryError(message)
    u, _, vt = np.linalg.svd(directions)
    fixed = affine.copy()
    fixed[:3, :3] = (u @ vt) * lengths
    note = f"The image axes were {angle:.3f} degrees off a right angle and were set upright."
    return fixed, (note,)
