"""The pedicles: isthmus, width, height and axis."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.body import PosteriorBorder
from vertaug.case.grid import FloatArray
from vertaug.case.spine import Pedicle, VertebraFrame
from vertaug.numerics.distance import signed_distance
from vertaug.numerics.interpolation import sample_trilinear

Axes = tuple[FloatArray, FloatArray, FloatArray]

_PLANE_STEP_MM = 0.4
_PLANE_HALF_MM = 15.0
_BASE_MM, _SHORTEST_MM = 1.0, 5.0
"""Where behind the posterior wall the pedicle is taken up, and how far it is followed at least;
it flanks the front half of the canal."""
_AXIS_REACH_MM = 6.0
"""Half length of the line that is held deep in the pedicle."""
_CAP, _CONVERGENCE_DEG, _PRIOR_SLOPE = 1.3, 12.0, 0.3
_STEEPEST_DEG = (45.0, 25.0)
"""Largest transverse and sagittal angle of a pedicle axis."""
_HEIGHT_MM = 24.0
"""Pedicles lie within this height of the body's centroid."""
_CORE_REACH_MM = 4.0
"""How far before and behind the isthmus the axis is fitted."""
_NARROWEST_MM, _FARTHEST_MM = 2.0, 10.0
"""A narrower isthmus, or one farther behind the body, is no pedicle's (design defaults; ours lie
2.5 to 6.2 mm behind)."""
_TUBE = 1.3
"""The pedicle ends where its section is this much larger than the smallest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Section:
    """Section of a pedicle by a plane across its axis, lengths in mm."""

    centre: FloatArray
    area: float
    width: float
    height: float
    contour: FloatArray


def find_pedicle(
    occupancy: NDArray[np.float32],
    body: NDArray[np.bool_],
    border: PosteriorBorder,
    place: tuple[Axes, VertebraFrame],
    side: str,
) -> Pedicle | None:
    """Follow the bone backward from the body on one side of the canal to its narrowest section.

    The axis is the line through the core of the pedicle: centroids of coronal sections weighted
    by the squared depth below the cortex, so that processes springing from its flanks do not
    pull it aside. Width and height are chords of the section across this axis.

    Parameters
    ----------
    occupancy : (nx, ny, nz) float32 array
        Share of bone on the local grid.
    body : (nx, ny, nz) bool array
    border : PosteriorBorder
    place : tuple
        Coordinates along x, y, z in mm, and the vertebra frame.
    side : str
        ``left`` or ``right``.

    Returns
    -------
    Pedicle or None
        None if no bone joins body and arch on this side.
    """
    axes, frame = place
    sign = 1.0 if side == "left" else -1.0
    core = _track_core(occupancy, body, border, axes, sign)
    if len(core) < 4:
        return None
    middle, local_axis = _fit_axis(occupancy, axes, core, sign)
    along = (core - middle) @ local_axis
    # where the mean point's section runs into the arch, one further forward may not
    for t in sorted(along, key=abs):
        sections = _cut_sections(occupancy, axes, middle + t * local_axis, local_axis)
        if sections:
            break
    else:
        return None
    width = _smooth(np.array([s.width for s in sections]))
    narrowest = sections[int(width.argmin())]
    behind = narrowest.centre[1] - float(np.nanmax(_side_wall(border, sign)))
    if width.min() < _NARROWEST_MM or behind > _FARTHEST_MM:
        return None  # a ridge of the lamina, as where a body is crushed below its pedicles
    forward = -local_axis[1]
    return Pedicle(
        side=side,
        isthmus_lps_mm=frame.to_world(narrowest.centre),
        axis=frame.direction_to_world(local_axis),
        width_mm=float(width.min()),
        height_mm=narrowest.height,
        transverse_angle_deg=float(np.degrees(np.arctan2(-sign * local_axis[0], forward))),
        sagittal_angle_deg=float(np.degrees(np.arctan2(-local_axis[2], forward))),
        contour_lps_mm=frame.to_world(narrowest.contour),
    )


def _track_core(
    occupancy: NDArray[np.float32],
    body: NDArray[np.bool_],
    border: PosteriorBorder,
    axes: Axes,
    sign: float,
) -> FloatArray:
    """Core points of coronal sections around the narrowest one, shape (n, 3).

    A section is the connected bone beside the canal that overlaps the section in front of it.
    """
    from scipy.ndimage import distance_transform_edt

    x, y, z = axes
    step = float(x[1] - x[0])
    wall = _side_wall(border, sign)
    upper = body.any(axis=(0, 1)) & (z > 0.0)
    base = float(wall[upper].max()) + _BASE_MM
    stop = max(float(np.median(border.canal_y_mm[upper])) + 1.0, base + _SHORTEST_MM)
    rows = np.nonzero((y > base) & (y < stop))[0]
    columns = np.nonzero(sign * (x - np.median(border.canal_x_mm)) > 0)[0]
    heights = np.nonzero(np.abs(z) < _HEIGHT_MM)[0]
    window = np.ix_(columns, rows, heights)
    bone = (occupancy > 0.5)[window] & ~body[window]
    beside = sign * (x[columns][:, None] - border.canal_x_mm[heights])
    found: list[FloatArray] = []
    thickness: list[float] = []
    previous: NDArray[np.bool_] | None = None
    for j in range(len(rows)):
        section = bone[:, j] & (beside > 0.5 * border.canal_half_width_mm)
        depth = distance_transform_edt(np.pad(section, 1))[1:-1, 1:-1]
        previous = _next_section(section, depth, previous)
        if previous is None:
            break
        weight = np.where(previous, depth, 0.0) ** 2
        i, k = np.nonzero(previous)
        w = weight[i, k]
        found.append(
            np.array([w @ x[columns][i], w.sum() * y[rows[j]], w @ z[heights][k]]) / w.sum()
        )
        thickness.append(float(np.sqrt(weight.max())))
    if len(found) < 4:
        return np.zeros((0, 3))
    narrow = _smooth(np.array(thickness))
    low = int(narrow.argmin())
    reach = max(round(_CORE_REACH_MM / step), 2)
    return np.array(found[max(low - reach, 0) : low + reach + 1])


def _side_wall(border: PosteriorBorder, sign: float) -> FloatArray:
    return border.wall_left_mm if sign > 0 else border.wall_right_mm


def _next_section(
    section: NDArray[np.bool_], depth: FloatArray, previous: NDArray[np.bool_] | None
) -> NDArray[np.bool_] | None:
    """Choose the component that continues the previous section, or the thickest one."""
    from scipy.ndimage import label

    labels, count = label(section)
    if count == 0:
        return None
    if previous is None:
        chosen = int(labels[np.unravel_index(np.where(section, depth, -1.0).argmax(), depth.shape)])
    else:
        overlap = np.bincount(labels[previous], minlength=count + 1)
        overlap[0] = 0
        chosen = int(overlap.argmax()) if overlap.any() else 0
    return np.asarray(labels == chosen) if chosen else None


def _smooth(values: FloatArray) -> FloatArray:
    if len(values) < 3:
        return values
    padded = np.pad(values, 1, mode="edge")
    return np.asarray((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4)


def _fit_axis(
    occupancy: NDArray[np.float32], axes: Axes, core: FloatArray, sign: float
) -> tuple[FloatArray, FloatArray]:
    """Return a point and the forward direction of the line that stays deepest in the pedicle.

    Minimises the mean square by which the depth below the cortex falls short of a cap, along
    the line from the body through the isthmus to the arch. The cap, a third more than the
    isthmus gives, keeps body and articular mass from pulling; a weak prior for a convergence
    of 12 degrees decides where the bone does not.
    """
    from scipy.optimize import minimize

    low = np.maximum(np.floor(core.min(axis=0) - 14.0), [a[0] for a in axes])
    high = np.minimum(np.ceil(core.max(axis=0) + 14.0), [a[-1] for a in axes])
    box = tuple(
        slice(int(np.searchsorted(a, p)), int(np.searchsorted(a, q)) + 1)
        for a, p, q in zip(axes, low, high, strict=True)
    )
    step = float(axes[0][1] - axes[0][0])
    depth = -signed_distance(occupancy[box], step)
    corner = np.array([a[s.start] for a, s in zip(axes, box, strict=True)])
    middle = core[len(core) // 2]
    reach = np.arange(-_AXIS_REACH_MM, _AXIS_REACH_MM + 0.1, 0.5)
    cap = _CAP * max(float(sample_trilinear(depth, (middle - corner) / step)), 1.5)
    prior = np.array([sign * np.tan(np.radians(_CONVERGENCE_DEG)), 0.0])

    def shortfall(unknowns: FloatArray) -> float:
        x, z, slope_x, slope_z = unknowns
        line = middle + np.stack([x + slope_x * reach, reach, z + slope_z * reach], axis=1)
        missing = np.maximum(cap - sample_trilinear(depth, (line - corner) / step, -5.0), 0.0)
        turn = (unknowns[2:] - prior) / _PRIOR_SLOPE
        return float((missing**2).mean() / cap**2 + 0.01 * (turn @ turn))

    start = np.array([0.0, 0.0, *prior])
    simplex = np.stack([start, *(start + np.diag([1.5, 1.5, 0.15, 0.15]))])
    found = minimize(
        shortfall,
        start,
        method="Nelder-Mead",
        options={"initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-7, "maxiter": 400},
    )
    x, z, slope_x, slope_z = found.x
    direction = -np.array([slope_x, 1.0, slope_z])
    direction = _limit_obliquity(direction / np.linalg.norm(direction))
    return middle + np.array([x, 0.0, z]), direction


def _limit_obliquity(direction: FloatArray) -> FloatArray:
    """Keep the axis within the angles pedicles have; short runs can mislead the fit."""
    aside, up = np.abs(direction[1]) * np.tan(np.radians(_STEEPEST_DEG))
    out = np.array(
        [np.clip(direction[0], -aside, aside), direction[1], np.clip(direction[2], -up, up)]
    )
    return np.asarray(out / np.linalg.norm(out))


def _cut_sections(
    occupancy: NDArray[np.float32], axes: Axes, start: FloatArray, direction: FloatArray
) -> list[_Section]:
    """Sections across the axis, back to front, as far as the pedicle stays a separate tube."""
    reference = _section(occupancy, axes, start, direction)
    if reference is None:
        return []
    found = {0: reference}
    for sense in (-1, 1):
        smallest = reference.area
        for n in range(1, 13):
            section = _section(occupancy, axes, start + sense * n * 0.5 * direction, direction)
            if section is None or section.area > _TUBE * smallest:
                break
            smallest = min(smallest, section.area)
            found[sense * n] = section
    return [found[n] for n in sorted(found)]


def _section(
    occupancy: NDArray[np.float32], axes: Axes, point: FloatArray, direction: FloatArray
) -> _Section | None:
    """Cut the bone by the upright plane across ``direction``.

    An upright plane keeps clear of body and lamina where the pedicle slants; the width is level
    in it, and the height is foreshortened to that across the axis. None if the cut reaches the
    edge of the window.
    """
    from scipy.ndimage import label

    u = np.array([-direction[1], direction[0], 0.0]) / np.hypot(direction[0], direction[1])
    v = np.array([0.0, 0.0, 1.0])
    line = np.arange(-_PLANE_HALF_MM, _PLANE_HALF_MM + 1e-9, _PLANE_STEP_MM)
    plane = point + line[:, None, None] * u + line[None, :, None] * v
    step = float(axes[0][1] - axes[0][0])
    corner = np.array([a[0] for a in axes])
    values = sample_trilinear(occupancy, (plane - corner) / step)
    labels, count = label(values > 0.5)
    if count == 0:
        return None
    half = len(line) // 2
    index = np.argwhere(labels > 0)
    nearest = index[((index - half) ** 2).sum(axis=1).argmin()]
    part = labels == labels[tuple(nearest)]
    if np.hypot(*(nearest - half)) * _PLANE_STEP_MM > 4.0 or _touches_edge(part):
        return None
    a, b = np.nonzero(part)
    centre = np.array([line[a].mean(), line[b].mean()])
    width, angle = _narrowest_chord(values, centre, line)
    slant = float(np.hypot(direction[0], direction[1]))
    height = _chord(values, centre, angle + np.pi / 2, line) * slant
    contour = _outline(values, centre, line)
    return _Section(
        centre=point + centre[0] * u + centre[1] * v,
        area=float(part.sum()) * _PLANE_STEP_MM**2,
        width=width,
        height=height,
        contour=point + contour[:, :1] * u + contour[:, 1:] * v,
    )


def _touches_edge(part: NDArray[np.bool_]) -> bool:
    return bool(part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any())


def _reach(
    values: FloatArray, centre: FloatArray, angles: FloatArray, line: FloatArray
) -> FloatArray:
    """Distance from the centre to the edge of the section at each angle."""
    r = np.arange(0.0, _PLANE_HALF_MM, 0.1)
    a = (centre[0] + r * np.cos(angles)[:, None] - line[0]) / _PLANE_STEP_MM
    b = (centre[1] + r * np.sin(angles)[:, None] - line[0]) / _PLANE_STEP_MM
    points = np.stack([a, b, np.zeros_like(a)], axis=-1)
    profile = sample_trilinear(values[:, :, None], points)
    out = profile < 0.5
    first = np.where(out.any(axis=1), out.argmax(axis=1), len(r) - 1)
    return np.asarray(r[first] - 0.05)


def _chord(values: FloatArray, centre: FloatArray, angle: float, line: FloatArray) -> float:
    return float(_reach(values, centre, np.array([angle, angle + np.pi]), line).sum())


def _narrowest_chord(
    values: FloatArray, centre: FloatArray, line: FloatArray
) -> tuple[float, float]:
    """Shortest chord through the centre within 40 degrees of transverse."""
    angles = np.asarray(np.radians(np.arange(-40.0, 40.1, 4.0)), dtype=np.float64)
    both = np.concatenate([angles, angles + np.pi])
    reach = _reach(values, centre, both, line)
    chords = reach[: len(angles)] + reach[len(angles) :]
    best = int(chords.argmin())
    return float(chords[best]), float(angles[best])


def _outline(values: FloatArray, centre: FloatArray, line: FloatArray) -> FloatArray:
    angles = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    reach = _reach(values, centre, angles, line)
    return np.stack(
        [centre[0] + reach * np.cos(angles), centre[1] + reach * np.sin(angles)], axis=1
    )
