"""Surfaces of a vertebra, given as heights, after its bone has moved."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.spine import HeightField
from vertaug.numerics.interpolation import extend_nearest

Displacement = Callable[[FloatArray], FloatArray]
"""Takes places (..., 3) in the vertebra's frame, mm; returns how far the bone there went."""


def surface_places(field: HeightField, axis: int) -> FloatArray:
    """Return the places of a surface whose height is along an axis, shape (nu, nv, 3)."""
    u, v = np.meshgrid(field.u_mm, field.v_mm, indexing="ij")
    first, second = (a for a in range(3) if a != axis)
    out = np.empty((*field.height_mm.shape, 3))
    out[..., first], out[..., second], out[..., axis] = u, v, field.height_mm
    return out


def displacement_of(field: HeightField, axis: int, went: Displacement) -> FloatArray:
    """Return the displacement of a surface, shape (nu, nv, 3); NaN where it is not known."""
    out = np.full((*field.height_mm.shape, 3), np.nan)
    seen = np.isfinite(field.height_mm)
    out[seen] = went(surface_places(field, axis)[seen])
    return out


def move_surface(field: HeightField, went: Displacement, axis: int = 2) -> HeightField:
    """Return a height map after a motion: each column has the height of where its bone came from.

    The slope of a column says nothing of that height where the surface falls away beside it: at
    the rim 3 mm sideways on a slope of 8 would lift it by 24 mm.

    Parameters
    ----------
    field : HeightField
    went : callable
    axis : int
        Along which its heights are.
    """
    from scipy.ndimage import map_coordinates

    seen = np.isfinite(field.height_mm)
    if not seen.any():
        return field
    moved = np.where(seen[..., None], displacement_of(field, axis, went), 0.0)
    step = np.array([field.u_mm[1] - field.u_mm[0], field.v_mm[1] - field.v_mm[0]])
    along = [a for a in range(3) if a != axis]
    origin = np.indices(seen.shape) - np.moveaxis(moved[..., along] / step, -1, 0)
    brought = map_coordinates(
        extend_nearest(field.height_mm, seen), origin, order=1, mode="nearest"
    )
    return replace(field, height_mm=np.where(seen, brought + moved[..., axis], np.nan))
