"""A vertebra as a closed glass hull: what lies in it is seen between its far and its near wall.

A glassy surface alone leaves open whether a thing lies in it or before it. Here the far wall is
drawn first, then what lies inside, paler with its depth below the near wall, then the near wall
with its shine. Lines of equal height run round the body: over the inside in front, under it behind.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.spine import Vertebra
from vertaug.report.figure_solid import BACKGROUND, BONE_RGB, rgb_of
from vertaug.report.plane import PicturePlane
from vertaug.report.raster import Layer, Mesh, clearness_of, halve, render, render_far, shade

_CLEAR = 0.74
"""Share of the light from the inside where the near wall faces the eye."""
_FAR_LIGHT = 0.72
_SHINE = 0.22
_FADE_MM, _MOST_FADE = 40.0, 0.6
"""What lies this deep below the near wall has taken the most of the far wall's colour."""
_LINE_MM = 5.0
"""Between lines of equal height on the body."""
_INK = np.array([0.30, 0.26, 0.20])
_NEAR_LINE, _FAR_LINE, _EDGE = 0.60, 0.28, 0.85
_FLAT = 0.75
"""Where the surface looks up or down by more than this, lines of equal height would smear."""
_JUMP_MM = 2.5
_SMOOTH_MM = 0.8
"""Of the normals, so that rims of endplates are lines."""
_LEAST_PLATE_MM2 = 150.0
"""Smaller places that look up or down are no endplate."""
_SPAN, _LEAST_NEIGHBOURS = 5, 8
"""Of the pixels in a square: fewer are specks where triangles meet."""
_PAIRS = ((np.s_[1:, :], np.s_[:-1, :]), (np.s_[:, 1:], np.s_[:, :-1]))
"""Pixels with their neighbours above and to the left."""


Thing = tuple[Layer, str]
"""What is drawn with a vertebra, seen in the plane of its hull, and its colour."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hull:
    """A vertebra seen from one side.

    Attributes
    ----------
    plane : PicturePlane
    near, far : Layer
        Its nearest and farthest surface.
    near_lines, far_lines, edges : (rows, columns) bool array
        Pixels of lines of equal height on either wall of the body, and of edges.
    glass : Glass
        Its walls, lit.
    """

    plane: PicturePlane
    near: Layer
    far: Layer
    near_lines: NDArray[np.bool_]
    far_lines: NDArray[np.bool_]
    edges: NDArray[np.bool_]
    glass: "Glass"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glass:
    """The lit walls of a hull: the same whatever lies between them.

    All but `clear` are colours in [0, 1], shape (rows, columns, 3).

    Attributes
    ----------
    wall : float64 array
        The far wall.
    behind : float64 array
        The far wall with its lines, and the background.
    clear : (rows, columns) float64 array
        Share of the light from behind that the near wall lets through.
    front, shine : float64 array
        What the near wall adds to that, and its shine.
    empty : float64 array
        The picture with nothing inside.
    """

    wall: FloatArray
    behind: FloatArray
    clear: FloatArray
    front: FloatArray
    shine: FloatArray
    empty: FloatArray


def hull_of(vertebra: Vertebra, bone: Mesh, plane: PicturePlane) -> Hull:
    """Return a vertebra's walls and lines seen in a plane.

    Parameters
    ----------
    vertebra : Vertebra
    bone : Mesh
        Its surface.
    plane : PicturePlane
    """
    near, far = render(bone, plane), render_far(bone, plane)
    near_lines = _body_lines(vertebra, near, plane)
    far_lines = _body_lines(vertebra, far, plane)
    edges = _edges(near)
    return Hull(
        plane=plane,
        near=near,
        far=far,
        near_lines=near_lines,
        far_lines=far_lines,
        edges=edges,
        glass=_light(near, far, (near_lines, far_lines, edges)),
    )


def _light(near: Layer, far: Layer, lines: tuple[NDArray[np.bool_], ...]) -> Glass:
    """Return the lit walls; lines are those of the near and of the far wall, and the edges."""
    near_lines, far_lines, edges = lines
    seen = np.isfinite(near.depth_mm)
    wall = _FAR_LIGHT * shade(_turned(far), BONE_RGB)
    behind = np.where(seen[..., None], wall, np.array(BACKGROUND))
    _ink(behind, far_lines, _FAR_LINE)
    clear = clearness_of(near.normal.reshape(-1, 3), _CLEAR).reshape(seen.shape)
    front = (1.0 - clear[..., None]) * shade(near, BONE_RGB)
    shine = shade(near, (0.0, 0.0, 0.0), _SHINE)
    empty = behind.copy()
    empty[seen] = clear[seen, None] * behind[seen] + front[seen]
    _ink(empty, near_lines & seen, _NEAR_LINE)
    empty[seen] = np.minimum(empty[seen] + shine[seen], 1.0)
    _ink(empty, edges, _EDGE)
    return Glass(wall=wall, behind=behind, clear=clear, front=front, shine=shine, empty=empty)


def picture_enclosed(hull: Hull, tools: tuple[Thing, ...], inside: tuple[Thing, ...]) -> FloatArray:
    """Return the lit picture, shape (rows/2, columns/2, 3).

    Parameters
    ----------
    hull : Hull
    tools : tuple of (Layer, str)
        What reaches out of the bone, such as needles, with its colour.
    inside : tuple of (Layer, str)
        What lies in the bone in any case, such as cement: it is never drawn over the near wall.
    """
    glass = hull.glass
    hit = np.zeros(hull.plane.shape, dtype=bool)
    for layer, _ in (*inside, *tools):
        hit |= np.isfinite(layer.depth_mm)
    # pixels without a thing are those of the empty hull
    at = np.flatnonzero(hit)
    near, wall, out = (_pick(a, at) for a in (hull.near.depth_mm, glass.wall, glass.behind))
    seen = np.isfinite(near)
    nearest, held = np.full(seen.shape, np.inf), np.zeros(seen.shape, dtype=bool)
    for number, (layer, colour) in enumerate((*inside, *tools)):
        kept = number < len(inside)
        depth = _pick(layer.depth_mm, at)
        closer = (depth < nearest) & (seen | (not kept))
        nearest[closer], held[closer] = depth[closer], kept
        part = Layer(depth_mm=depth[closer], normal=_pick(layer.normal, at[closer]))
        lit = shade(part, rgb_of(colour), 0.0 if kept else 0.4)
        fade = _fade(near[closer], part.depth_mm)[:, None]
        out[closer] = (1.0 - fade) * lit + fade * wall[closer]
    before = np.isfinite(nearest) & ~held & (nearest <= near)
    laid = seen & ~before
    where = at[laid]
    out[laid] = _pick(glass.clear, where)[:, None] * out[laid] + _pick(glass.front, where)
    _ink(out, _pick(hull.near_lines, at) & laid, _NEAR_LINE)
    out[laid] = np.minimum(out[laid] + _pick(glass.shine, where), 1.0)
    _ink(out, _pick(hull.edges, at) & ~before, _EDGE)
    picture = glass.empty.copy()
    picture.reshape(-1, 3)[at] = out
    return halve(picture)


def _pick(values: NDArray[Any], at: NDArray[np.intp]) -> NDArray[Any]:
    """Return the values of some pixels, by their number in the picture."""
    return np.asarray(values.reshape(-1, *values.shape[2:])[at])


def _fade(near_mm: FloatArray, depth_mm: FloatArray) -> FloatArray:
    """Return how much of the far wall's colour a thing takes, by its depth below the near wall."""
    below = np.where(np.isfinite(near_mm), depth_mm - near_mm, 0.0)
    return np.asarray(_MOST_FADE * np.clip(below / _FADE_MM, 0.0, 1.0))


def _ink(out: FloatArray, where: NDArray[np.bool_], strength: float) -> None:
    out[where] = (1.0 - strength) * out[where] + strength * _INK


def _turned(layer: Layer) -> Layer:
    """Return a layer with normals that look to the eye, for light on the inside of a wall."""
    return Layer(depth_mm=layer.depth_mm, normal=-layer.normal)


def _body_lines(vertebra: Vertebra, layer: Layer, plane: PicturePlane) -> NDArray[np.bool_]:
    """Return the pixels of lines of equal height on the body, and of the rims of its endplates."""
    from scipy.ndimage import gaussian_filter

    hit = np.isfinite(layer.depth_mm)
    depth = np.where(hit, layer.depth_mm, 0.0)
    local = vertebra.frame.to_local(plane.pixel_centres() + depth[..., None] * plane.normal)
    marks = vertebra.landmarks
    corners = np.stack([marks.superior_posterior, marks.inferior_posterior])
    body = hit & (local[..., 1] < vertebra.frame.to_local(corners)[:, 1].max())
    axis = vertebra.frame.axes[:, 2]
    up = layer.normal @ np.array([axis @ v for v in (plane.right, plane.down, plane.normal)])
    weight = gaussian_filter(hit.astype(np.float64), _SMOOTH_MM / plane.pixel_mm)
    smooth = gaussian_filter(np.where(hit, up, 0.0), _SMOOTH_MM / plane.pixel_mm)
    flat = body & (np.abs(smooth) > _FLAT * np.maximum(weight, 1e-9))
    least = _LEAST_PLATE_MM2 / plane.pixel_mm**2
    flat = body & ~_large(body & ~_large(flat, least), least)
    number = np.floor(local[..., 2] / _LINE_MM)
    lines = _differ(number, body & ~flat) | _differ(flat.astype(np.float64), body)
    return np.asarray(lines & body)


def _large(mask: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    """Return the connected parts of a mask that have at least so many pixels."""
    from scipy.ndimage import label

    parts, _ = label(mask)
    counts = np.bincount(parts.ravel())
    counts[0] = 0
    return np.asarray(counts[parts] >= least)


def _differ(number: FloatArray, body: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return pixels whose neighbour has the next number, four pixels wide, without specks."""
    from scipy.ndimage import binary_dilation

    out = np.zeros(body.shape, dtype=bool)
    for first, second in _PAIRS:
        next_one = body[first] & body[second] & (np.abs(number[first] - number[second]) == 1.0)
        out[first] |= next_one
        out[second] |= next_one
    return np.asarray(binary_dilation(_without_specks(out)))


def _edges(layer: Layer) -> NDArray[np.bool_]:
    """Return the pixels of the outline and of steps in depth."""
    hit = np.isfinite(layer.depth_mm)
    depth = np.where(hit, layer.depth_mm, 1e3)
    out = np.zeros(hit.shape, dtype=bool)
    for first, second in _PAIRS:
        step = np.abs(depth[first] - depth[second]) > _JUMP_MM
        out[first] |= step & hit[first]
        out[second] |= step & hit[second]
    return _without_specks(out)


def _without_specks(lines: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return lines two pixels wide without what is no line."""
    from scipy.ndimage import uniform_filter

    share = uniform_filter(lines.astype(np.float64), _SPAN)
    return np.asarray(lines & (share * _SPAN**2 > _LEAST_NEIGHBOURS - 0.5))
