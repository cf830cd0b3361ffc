"""A small z-buffer renderer: triangle meshes to shaded, partly transparent pictures.

The compiled kernel finds the nearest triangle of each pixel; everything else is array
arithmetic on whole pictures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.report.plane import PicturePlane

_LIGHT = np.array([-0.45, -0.65, -0.62])  # from the upper left in front, picture axes
_AMBIENT = 0.42


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mesh:
    """A triangle mesh in LPS mm with outward vertex normals.

    Attributes
    ----------
    vertices, normals : (n, 3) float64 arrays
    faces : (m, 3) int array
        Counter-clockwise seen from outside.
    """

    vertices: FloatArray
    normals: FloatArray
    faces: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """What one mesh looks like from one side.

    Attributes
    ----------
    depth_mm : (rows, columns) float64 array
        Depth of the nearest surface behind the picture plane; inf where there is none.
    normal : (rows, columns, 3) float64 array
        Unit normal in picture axes (right, down, into the picture).
    """

    depth_mm: FloatArray
    normal: FloatArray


def render(mesh: Mesh, plane: PicturePlane) -> Layer:
    """Return the nearest surface of a mesh seen along the plane's normal (parallel rays)."""
    return _render(mesh, plane, 1.0)


def render_far(mesh: Mesh, plane: PicturePlane) -> Layer:
    """Return the farthest surface of a mesh, with the normals that look out of it.

    Depths are inf where there is none, as those of the nearest.
    """
    layer = _render(mesh, plane, -1.0)
    depth = np.where(np.isfinite(layer.depth_mm), -layer.depth_mm, np.inf)
    return Layer(depth_mm=depth, normal=layer.normal)


def _render(mesh: Mesh, plane: PicturePlane, sign: float) -> Layer:
    from vertaug.report._raster_numba import blend_normals, scan_convert

    basis = np.stack([plane.right, plane.down, plane.normal])
    pixel = plane.to_pixel(mesh.vertices)
    depth_mm = sign * plane.depth_mm(mesh.vertices)
    seen = np.stack([pixel[:, 1], pixel[:, 0], depth_mm], axis=-1)
    corners = np.ascontiguousarray(seen[mesh.faces])
    depth = np.full(plane.shape, np.inf)
    owner = np.zeros(plane.shape, dtype=np.int64)
    scan_convert(corners, depth, owner)
    normal = np.zeros((*plane.shape, 3))
    blend_normals(
        corners, np.ascontiguousarray(mesh.faces), mesh.normals @ basis.T, owner, depth, normal
    )
    return Layer(depth_mm=depth, normal=normal)


def shade(layer: Layer, colour: tuple[float, float, float], gloss: float = 0.0) -> FloatArray:
    """Return the lit colour of each pixel, shape (rows, columns, 3), in [0, 1].

    Lambert's law with an ambient part, and a highlight of strength ``gloss``.
    """
    light = _LIGHT / np.linalg.norm(_LIGHT)
    half = light + np.array([0.0, 0.0, -1.0])
    half = half / np.linalg.norm(half)
    hit = np.isfinite(layer.depth_mm)
    normal = layer.normal[hit]
    diffuse = _AMBIENT + (1 - _AMBIENT) * np.clip(normal @ light, 0.0, 1.0)
    lit = diffuse[:, None] * np.array(colour)
    if gloss > 0.0:
        lit += (gloss * np.clip(normal @ half, 0.0, 1.0) ** 40)[:, None]
    out = np.zeros(layer.normal.shape)
    out[hit] = np.minimum(lit, 1.0)
    return out


def glass_over(
    normal: FloatArray, colour: FloatArray, behind: FloatArray, clearness: float = 0.72
) -> FloatArray:
    """Lay a surface over what is behind it like glass: clear face on, dense at the rims.

    Parameters
    ----------
    normal : (n, 3) float64 array
        Normals of the surface in picture axes.
    colour, behind : (n, 3) float64 arrays
        Lit colours of the surface and of what lies behind it.
    clearness : float
        Share of the light from behind where the surface faces the eye, 0 to 1.
    """
    through = clearness_of(normal, clearness)[:, None]
    return np.asarray(through * behind + (1 - through) * colour)


def clearness_of(normal: FloatArray, clearness: float) -> FloatArray:
    """Return the share of the light from behind that a surface lets through, shape (n,).

    Parameters
    ----------
    normal : (n, 3) float64 array
        In picture axes.
    clearness : float
        Where the surface faces the eye, 0 to 1.
    """
    facing = np.clip(-normal[:, 2], 0.0, 1.0)
    return np.asarray(clearness * facing**1.2)


def halve(picture: FloatArray) -> FloatArray:
    """Average 2 x 2 pixels, shape (2r, 2c, 3) to (r, c, 3): smooth edges."""
    rows, columns = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    upper, lower = picture[0:rows:2], picture[1:rows:2]
    four = [part[:, k:columns:2] for part in (upper, lower) for k in (0, 1)]
    return np.asarray((four[0] + four[1] + four[2] + four[3]) / 4.0)
