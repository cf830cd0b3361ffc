"""Where a needle comes closest to what it must keep clear of, for drawing.

The figures print the margins of the plan as they are; this module only finds the places
between which the dimension lines are drawn: in the plane of the picture, on the surface of the
needle and on the structure, as far apart as the margin says.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import HeightField, Region, Vertebra
from vertaug.report.plane import PicturePlane, sample
from vertaug.report.sections import path_direction

_STEP_MM = 0.25
_NEAR_PLANE_MM = 1.5
_NEAR_ISTHMUS_MM = 2.0
_LONGEST_WAY_MM = 60.0
_MIDLINE_MM = 5.0
ANTERIOR_WALL = "anterior wall"
_ANTERO_LATERAL_MM = 8.0
AGREEMENT_MM = 0.6  # a line that would show another length than the margin is not drawn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DimensionLine:
    """A margin as it is drawn.

    Attributes
    ----------
    name : str
        What the needle keeps clear of.
    value_mm : float
        The margin as the plan states it.
    needle_lps_mm, wall_lps_mm : (3,) float64 arrays
        Ends of the line on the needle's surface and on the structure.
    """

    name: str
    value_mm: float
    needle_lps_mm: FloatArray
    wall_lps_mm: FloatArray


def axis_points(path: NeedlePath) -> FloatArray:
    """Points along the needle's axis from bone entry to tip, shape (n, 3), LPS mm."""
    n = max(2, round(path.length_mm / _STEP_MM) + 1)
    t = np.linspace(0.0, 1.0, n)[:, None]
    return np.asarray(path.entry_lps_mm + t * (path.target_lps_mm - path.entry_lps_mm))


def _region_along(vertebra: Vertebra, points: FloatArray) -> NDArray[np.int64]:
    """Region number at each point, background outside the grid."""
    values = sample(vertebra.regions.values, vertebra.regions.grid, points, order=0)
    return np.nan_to_num(values).round().astype(np.int64)


def _line_in_plane(
    path: NeedlePath,
    plane: PicturePlane,
    margin: tuple[str, float],
    wall: FloatArray,
    start_mm: float,
) -> DimensionLine | None:
    """Return where a margin can be drawn in a picture, None if nowhere.

    The needle is the cylinder with flat ends from ``start_mm`` along its axis to the tip.
    """
    name, value = margin
    wall = wall[np.abs(plane.depth_mm(wall)) <= _NEAR_PLANE_MM]
    if not len(wall):
        return None
    forward = path_direction(path)
    offset = wall - path.entry_lps_mm
    along = offset @ forward
    aside = offset - along[:, None] * forward
    away = np.linalg.norm(aside, axis=1)
    foot = np.clip(along, start_mm, path.length_mm)
    reach = np.minimum(away, path.needle.radius_mm) / np.maximum(away, 1e-9)
    surface = path.entry_lps_mm + foot[:, None] * forward + reach[:, None] * aside
    distance = np.linalg.norm(wall - surface, axis=1)
    distance = np.where((away < path.needle.radius_mm) & (foot == along), -distance, distance)
    mismatch = np.abs(distance - max(value, 0.0))
    k = int(np.argmin(mismatch + 0.2 * np.abs(plane.depth_mm(wall))))
    if mismatch[k] > AGREEMENT_MM:
        return None
    return DimensionLine(name=name, value_mm=value, needle_lps_mm=surface[k], wall_lps_mm=wall[k])


def _boundary_points(vertebra: Vertebra, region: Region) -> FloatArray:
    """Centres of the outermost voxels of a region, shape (n, 3), LPS mm."""
    from scipy.ndimage import binary_erosion

    mask = vertebra.mask(region)
    if not mask.any():
        return np.empty((0, 3))
    where = np.argwhere(mask)
    first = where.min(axis=0)
    box = mask[tuple(slice(a, b + 1) for a, b in zip(first, where.max(axis=0), strict=True))]
    rim = box & ~binary_erosion(box)
    return vertebra.regions.grid.to_world(np.argwhere(rim) + first)


def _wall_points(vertebra: Vertebra, surface: HeightField) -> FloatArray:
    """Points of an anterior or posterior wall, shape (n, 3), LPS mm."""
    x, z = np.meshgrid(surface.u_mm, surface.v_mm, indexing="ij")
    local = np.stack([x, surface.height_mm, z], axis=-1)
    return vertebra.frame.to_world(local[np.isfinite(surface.height_mm)])


def _endplate_points(vertebra: Vertebra, surface: HeightField) -> FloatArray:
    """Points of an endplate, shape (n, 3), LPS mm."""
    x, y = np.meshgrid(surface.u_mm, surface.v_mm, indexing="ij")
    local = np.stack([x, y, surface.height_mm], axis=-1)
    return vertebra.frame.to_world(local[np.isfinite(surface.height_mm)])


def dimension_lines(
    vertebra: Vertebra, path: NeedlePath, plane: PicturePlane
) -> dict[str, DimensionLine]:
    """Return the margins that can be drawn in a picture: canal, anterior wall, endplates.

    Margins whose place is not in the picture are left out; the table has them all.
    """
    axis = axis_points(path)
    in_body = np.flatnonzero(_region_along(vertebra, axis) == Region.BODY)
    margins = path.margins
    lines = [
        _line_in_plane(
            path,
            plane,
            ("canal", margins.canal_mm),
            _boundary_points(vertebra, Region.CANAL),
            0.0,
        )
    ]
    if len(in_body):
        start = float(np.linalg.norm(axis[in_body[0]] - axis[0]))
        walls = (
            (
                (ANTERIOR_WALL, margins.anterior_wall_mm),
                _wall_points(vertebra, vertebra.anterior_wall),
            ),
            (
                ("superior endplate", margins.superior_endplate_mm),
                _endplate_points(vertebra, vertebra.superior.surface),
            ),
            (
                ("inferior endplate", margins.inferior_endplate_mm),
                _endplate_points(vertebra, vertebra.inferior.surface),
            ),
        )
        lines += [_line_in_plane(path, plane, margin, wall, start) for margin, wall in walls]
    return {line.name: line for line in lines if line is not None}


def anterior_wall_aside_mm(vertebra: Vertebra, path: NeedlePath) -> float:
    """Return how far to the left of the midline the anterior wall is nearest to the tip, mm."""
    wall = _wall_points(vertebra, vertebra.anterior_wall)
    if not len(wall):
        return 0.0
    nearest = wall[np.argmin(np.linalg.norm(wall - path.target_lps_mm, axis=1))]
    return float(vertebra.frame.to_local(nearest)[0])


def anterior_wall_name(vertebra: Vertebra, path: NeedlePath) -> str:
    """Return ``anterior wall``, or that it is its antero-lateral part that the tip is nearest."""
    aside = anterior_wall_aside_mm(vertebra, path)
    return "antero-lateral wall" if abs(aside) > _ANTERO_LATERAL_MM else ANTERIOR_WALL


def tip_to_posterior_wall_mm(vertebra: Vertebra, path: NeedlePath) -> float | None:
    """Return how far the tip lies in front of the posterior wall, None without a wall.

    Along the vertebra's depth, to the wall near the midline at the tip's height: what a true
    lateral view shows.
    """
    _, tip_y, tip_z = vertebra.frame.to_local(path.target_lps_mm)
    wall = _midline_wall_mm(vertebra.posterior_wall, tip_z)
    return None if wall is None else wall - float(tip_y)


def depth_on_lateral(vertebra: Vertebra, path: NeedlePath) -> float | None:
    """Return how deep the tip stands on a true lateral view, None without walls.

    0 at the posterior and 1 at the anterior wall near the midline, at the tip's height. The
    plan's own fraction is between the walls where the needle is: the body's sides are shorter.
    """
    _, tip_y, tip_z = vertebra.frame.to_local(path.target_lps_mm)
    back = _midline_wall_mm(vertebra.posterior_wall, tip_z)
    front = _midline_wall_mm(vertebra.anterior_wall, tip_z)
    if back is None or front is None:
        return None
    return (back - float(tip_y)) / (back - front)


def _midline_wall_mm(surface: HeightField, z_mm: float) -> float | None:
    middle = surface.height_mm[np.abs(surface.u_mm) <= _MIDLINE_MM]
    seen = np.isfinite(middle).any(axis=0)
    if not seen.any():
        return None
    return float(np.interp(z_mm, surface.v_mm[seen], np.nanmedian(middle[:, seen], axis=0)))


def way_ahead_mm(vertebra: Vertebra, path: NeedlePath) -> float | None:
    """Return how far the needle could go straight on before it leaves the bone."""
    steps = np.arange(0.0, _LONGEST_WAY_MM, _STEP_MM)
    points = path.target_lps_mm + steps[:, None] * path_direction(path)
    bone = np.nan_to_num(sample(vertebra.occupancy.values, vertebra.occupancy.grid, points))
    outside = bone < 0.5
    if outside[0] or not outside.any():
        return None
    first = int(outside.argmax())
    share = (bone[first - 1] - 0.5) / (bone[first - 1] - bone[first])
    return float(steps[first - 1] + share * _STEP_MM)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TightestSection:
    """The place along a needle where the pedicle leaves the least bone around it.

    Attributes
    ----------
    at_lps_mm : (3,) float64 array
        Point of the axis.
    wall_lps_mm : (3,) float64 array
        Nearest point of the bone's surface, in the section across the needle.
    inside : bool
        Whether the axis is inside the bone there.
    wall_mm : float
        Distance of the needle's surface to that point; negative outside.
    """

    at_lps_mm: FloatArray
    wall_lps_mm: FloatArray
    inside: bool
    wall_mm: float


def tightest_section(vertebra: Vertebra, path: NeedlePath) -> TightestSection:
    """Return the section across the needle, near the isthmus, where the surface is nearest.

    Behind it the needle is still in the pedicle's region, but the section would cut the articular
    process. Without a pedicle on the way (routes beside it) the section is taken where the needle
    passes the pedicle's narrowest place, or half way to the tip.
    """
    axis = axis_points(path)
    forward = path_direction(path)
    pedicle = vertebra.left_pedicle if path.side == "left" else vertebra.right_pedicle
    number = Region.LEFT_PEDICLE if path.side == "left" else Region.RIGHT_PEDICLE
    inside = _region_along(vertebra, axis) == number
    if inside.any() and pedicle is not None:
        from_isthmus = np.abs((axis - pedicle.isthmus_lps_mm) @ forward)
        near = inside & (from_isthmus <= max(_NEAR_ISTHMUS_MM, from_isthmus[inside].min()))
        candidates = axis[near]
    elif pedicle is not None:
        along = np.clip((pedicle.isthmus_lps_mm - path.entry_lps_mm) @ forward, 0, path.length_mm)
        candidates = (path.entry_lps_mm + along * forward)[None]
    else:
        candidates = axis[len(axis) // 2][None]
    found = [_nearest_surface_across(vertebra, point, forward) for point in candidates]
    best = min(range(len(found)), key=lambda k: found[k][0])
    distance, wall = found[best]
    return TightestSection(
        at_lps_mm=candidates[best],
        wall_lps_mm=wall,
        inside=bool(np.isfinite(distance)),
        wall_mm=distance - path.needle.radius_mm,
    )


def _nearest_surface_across(
    vertebra: Vertebra, point: FloatArray, forward: FloatArray
) -> tuple[float, FloatArray]:
    """Distance and place where rays across the needle first leave the bone."""
    side = np.cross(forward, vertebra.frame.axes[:, 2])
    side = side / np.linalg.norm(side)
    up = np.cross(side, forward)
    angles = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    rays = np.cos(angles)[:, None] * side + np.sin(angles)[:, None] * up
    steps = np.arange(0.0, 15.0, _STEP_MM)
    bone = sample(
        vertebra.occupancy.values,
        vertebra.occupancy.grid,
        point + steps[None, :, None] * rays[:, None, :],
    )
    outside = np.nan_to_num(bone) < 0.5
    first = np.where(outside.any(axis=1), outside.argmax(axis=1), len(steps))
    k = int(np.argmin(first))
    if first[k] == 0:
        return np.inf, point
    reach = steps[min(first[k], len(steps) - 1)] - _STEP_MM / 2
    return float(reach), np.asarray(point + reach * rays[k])
