"""Values between voxel centres."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def sample_trilinear(
    values: ArrayLike, index_points: ArrayLike, outside: float = 0.0
) -> NDArray[np.float64]:
    """Sample a field at continuous voxel indices.

    Parameters
    ----------
    values : (ni, nj, nk) array
        Field at voxel centres; computed in float32.
    index_points : (..., 3) array
        Continuous indices; voxel centres at whole numbers.
    outside : float
        Value beyond the outer faces of the border voxels. Within half a voxel of the face the
        border value is held.

    Returns
    -------
    (...) float64 array
    """
    from vertaug.numerics._interpolation_numba import sample_trilinear_points

    points = np.ascontiguousarray(index_points, dtype=np.float64)
    field = np.ascontiguousarray(values, dtype=np.float32).view()
    field.flags.writeable = False  # one compiled kernel for frozen volumes and others
    flat = sample_trilinear_points(field, points.reshape(-1, 3), float(outside))
    return np.asarray(flat.reshape(points.shape[:-1]))


def sample_vectors(field: NDArray[Any], index_points: ArrayLike) -> NDArray[np.float64]:
    """Sample a field of vectors at continuous voxel indices; nothing beyond it.

    Parameters
    ----------
    field : (ni, nj, nk, c) array
    index_points : (..., 3) array
        As in `sample_trilinear`.

    Returns
    -------
    (..., c) float64 array
    """
    along = range(field.shape[-1])
    return np.stack([sample_trilinear(field[..., c], index_points) for c in along], axis=-1)


def resample_trilinear(
    values: ArrayLike,
    index_map: ArrayLike,
    shape: tuple[int, int, int],
    outside: float = 0.0,
) -> NDArray[np.float32]:
    """Resample a field on another grid.

    Parameters
    ----------
    values : (ni, nj, nk) array
        Field to resample.
    index_map : (4, 4) array
        Maps an index of the new grid to a continuous index of ``values``:
        ``inv(old.affine) @ new.affine``.
    shape : tuple of int
        Shape of the new grid.
    outside : float
        Value where the new grid leaves the old one.

    Returns
    -------
    ``shape`` float32 array
    """
    from vertaug.numerics._interpolation_numba import resample_trilinear_affine

    field = np.ascontiguousarray(values, dtype=np.float32)
    matrix = np.ascontiguousarray(index_map, dtype=np.float64)
    return np.asarray(resample_trilinear_affine(field, matrix, shape, float(outside)))


def resample_nearest(
    values: ArrayLike, index_map: ArrayLike, shape: tuple[int, int, int], outside: int = 0
) -> NDArray[np.generic]:
    """Resample labels on another grid by the nearest voxel; parameters as above.

    Returns
    -------
    ``shape`` array of the type of ``values``
    """
    field = np.asarray(values)
    matrix = np.asarray(index_map, dtype=np.float64)
    out = np.full(shape, outside, dtype=field.dtype)
    i, j = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")
    for k in range(shape[2]):
        index = np.stack([i, j, np.full_like(i, k)], axis=-1) @ matrix[:3, :3].T + matrix[:3, 3]
        # half a unit in the last place would flip ties between platforms: floor(x + 0.5)
        nearest = np.floor(index + 0.5).astype(np.int64)
        inside = np.all((nearest >= 0) & (nearest < field.shape), axis=-1)
        a, b, c = nearest[inside].T
        out[:, :, k][inside] = field[a, b, c]
    return out


def extend_nearest(values: NDArray[Any], known: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a field with the value of the nearest known cell wherever none is known.

    Parameters
    ----------
    values : array of the shape of ``known``, or with components along further axes
    known : bool array
        True somewhere.
    """
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return np.asarray(values[tuple(nearest)])
