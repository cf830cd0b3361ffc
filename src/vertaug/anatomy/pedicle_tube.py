"""A pedicle as a tube with a bright wall, as the scanner sees it: values of voxels and slopes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.scan_voxel import CORTEX_HU
from vertaug.case.grid import FloatArray

UNKNOWNS = 15
"""Centre across and half width, each as ``a + b s + c s^2 + d v + e v^2`` over the place along (s)
and up (v); thickness of both walls, as a logarithm; and in 100 HU the soft tissue on both sides
and the marrow."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TubeWindow:
    """Voxels around an isthmus; coordinates across, up and along the pedicle from its centre.

    ``pieces_mm`` (m, 3) are the centres of the pieces of a voxel relative to its own,
    ``blur_mm`` the blur of the scanner and of one piece, ``half_mm`` half of the mask's width and
    height.
    """

    place_mm: FloatArray
    hu: FloatArray
    inside: NDArray[np.bool_]
    pieces_mm: FloatArray
    blur_mm: float
    spacing_mm: float
    half_mm: tuple[float, float]


def find_edges(p: FloatArray, v: FloatArray, s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the lower and upper edge across the pedicle."""
    centre = p[0] + p[1] * s + p[2] * s**2 + p[3] * v + p[4] * v**2
    half = p[5] + p[6] * s + p[7] * s**2 + p[8] * v + p[9] * v**2
    return centre - half, centre + half


def edge_basis(v: FloatArray, s: FloatArray) -> FloatArray:
    """Return what the five coefficients of centre or half width are multiplied with, (..., 5)."""
    return np.stack([np.ones_like(s), s, s**2, v, v**2], axis=-1)


def model_values(p: FloatArray, window: TubeWindow) -> FloatArray:
    """Return the values of the voxels, (n,) HU: soft tissue, wall, marrow, wall, soft tissue."""
    from scipy.special import ndtr

    low_soft, high_soft, marrow = 100.0 * p[12:]
    edge, low_wall, high_wall, upper = (ndtr(face) for face in _faces(p, window))
    value = low_soft + (CORTEX_HU - low_soft) * edge + (marrow - CORTEX_HU) * low_wall
    value += (CORTEX_HU - marrow) * high_wall + (high_soft - CORTEX_HU) * upper
    return np.asarray(value.mean(axis=1))


def model_slopes(p: FloatArray, window: TubeWindow) -> FloatArray:
    """Return the slopes of `model_values` by the unknowns, (n, 15)."""
    from scipy.special import ndtr

    low_soft, high_soft, marrow = 100.0 * p[12:]
    faces = _faces(p, window)
    edge, low_wall, high_wall, upper = (ndtr(face) for face in faces)
    steps = (
        CORTEX_HU - low_soft,
        marrow - CORTEX_HU,
        CORTEX_HU - marrow,
        high_soft - CORTEX_HU,
    )
    scale = np.sqrt(2 * np.pi) * window.blur_mm
    bells = [step * np.exp(-0.5 * face**2) / scale for step, face in zip(steps, faces, strict=True)]
    by_low, by_high = -bells[0] - bells[1], -bells[2] - bells[3]
    pieces = window.place_mm[:, None, :] + window.pieces_mm
    basis = edge_basis(pieces[..., 1], pieces[..., 2])
    count = pieces.shape[1]
    slopes = np.empty((len(pieces), UNKNOWNS))
    slopes[:, :5] = np.einsum("nm,nmk->nk", by_low + by_high, basis) / count
    slopes[:, 5:10] = np.einsum("nm,nmk->nk", by_high - by_low, basis) / count
    slopes[:, 10] = -np.exp(p[10]) * bells[1].mean(axis=1)
    slopes[:, 11] = np.exp(p[11]) * bells[2].mean(axis=1)
    slopes[:, 12] = 100.0 * (1.0 - edge).mean(axis=1)
    slopes[:, 13] = 100.0 * upper.mean(axis=1)
    slopes[:, 14] = 100.0 * (low_wall - high_wall).mean(axis=1)
    return slopes


def _faces(p: FloatArray, window: TubeWindow) -> tuple[FloatArray, ...]:
    """Distance beyond the four faces of the tube's walls in units of the blur, each (n, m)."""
    place = window.place_mm[:, None, :] + window.pieces_mm
    u = place[..., 0]
    low, high = find_edges(p, place[..., 1], place[..., 2])
    low_wall, high_wall = np.exp(p[10:12])
    blur = window.blur_mm
    return (
        (u - low) / blur,
        (u - low - low_wall) / blur,
        (u - high + high_wall) / blur,
        (u - high) / blur,
    )
