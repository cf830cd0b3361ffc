"""Where a needle comes closest to what it must keep clear of, for drawing.

The figures print the margins of the plan as they are; this module only finds the places
between which the dimension lines are drawn.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import HeightField, Region, Vertebra
from vertaug.report.plane import sample
from vertaug.report.sections import path_direction

_STEP_MM = 0.25


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


def _closest(axis: FloatArray, wall: FloatArray, radius_mm: float) -> tuple[FloatArray, FloatArray]:
    """Needle surface point and wall point where axis and wall come closest."""
    from scipy.spatial import cKDTree

    distance, index = cKDTree(wall).query(axis)
    k = int(np.argmin(distance))
    there = wall[index[k]]
    gap = there - axis[k]
    return axis[k] + gap * min(1.0, radius_mm / max(float(distance[k]), 1e-9)), there


def _boundary_points(vertebra: Vertebra, region: Region) -> FloatArray:
    """Centres of the outermost voxels of a region, shape (n, 3), LPS mm."""
    from scipy.ndimage import binary_erosion

    mask = vertebra.mask(region)
    rim = mask & ~binary_erosion(mask)
    return vertebra.regions.grid.to_world(np.argwhere(rim))


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


def dimension_lines(vertebra: Vertebra, path: NeedlePath) -> dict[str, DimensionLine]:
    """Return the margins that can be drawn: canal, anterior wall, both endplates.

    Margins whose structure is missing from the anatomy are left out.
    """
    axis = axis_points(path)
    in_body = axis[_region_along(vertebra, axis) == Region.BODY]
    margins = path.margins
    wanted: list[tuple[str, float, FloatArray, FloatArray]] = [
        ("canal", margins.canal_mm, axis, _boundary_points(vertebra, Region.CANAL))
    ]
    if len(in_body):
        wanted += [
            (
                "anterior wall",
                margins.anterior_wall_mm,
                in_body,
                _wall_points(vertebra, vertebra.anterior_wall),
            ),
            (
                "superior endplate",
                margins.superior_endplate_mm,
                in_body,
                _endplate_points(vertebra, vertebra.superior.surface),
            ),
            (
                "inferior endplate",
                margins.inferior_endplate_mm,
                in_body,
                _endplate_points(vertebra, vertebra.inferior.surface),
            ),
        ]
    lines: dict[str, DimensionLine] = {}
    for name, value, along, wall in wanted:
        if len(wall):
            start, end = _closest(along, wall, path.needle.radius_mm)
            lines[name] = DimensionLine(
                name=name, value_mm=value, needle_lps_mm=start, wall_lps_mm=end
            )
    return lines


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
    """

    at_lps_mm: FloatArray
    wall_lps_mm: FloatArray
    inside: bool


def tightest_section(vertebra: Vertebra, path: NeedlePath) -> TightestSection:
    """Return the section across the needle where the pedicle's surface is nearest.

    Without a pedicle on the way (routes beside it) the section is taken where the needle
    passes the pedicle's narrowest place, or half way to the tip.
    """
    axis = axis_points(path)
    forward = path_direction(path)
    pedicle = vertebra.left_pedicle if path.side == "left" else vertebra.right_pedicle
    number = Region.LEFT_PEDICLE if path.side == "left" else Region.RIGHT_PEDICLE
    inside = _region_along(vertebra, axis) == number
    if inside.any():
        candidates = axis[inside][::2]
    elif pedicle is not None:
        along = np.clip((pedicle.isthmus_lps_mm - path.entry_lps_mm) @ forward, 0, path.length_mm)
        candidates = (path.entry_lps_mm + along * forward)[None]
    else:
        candidates = axis[len(axis) // 2][None]
    found = [_nearest_surface_across(vertebra, point, forward) for point in candidates]
    best = min(range(len(found)), key=lambda k: found[k][0])
    distance, wall = found[best]
    return TightestSection(
        at_lps_mm=candidates[best], wall_lps_mm=wall, inside=bool(np.isfinite(distance))
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
