"""Exact morphometry of one deformed vertebra in its construction frame."""

import math
from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.measurement import HeightSet
from vertaug.imaging.phantom._field_reference import (
    body_field,
    bone_field,
    inferior_height,
    pedicle_along,
    superior_height,
)
from vertaug.imaging.phantom.posture import find_corners
from vertaug.imaging.phantom.solid import Solid

_INTEGRATION_STEP_MM = 0.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SagittalLine:
    """Least-squares line of an endplate: a point and the angle of its direction.

    ``angle_rad`` is that of the direction running posterior, from y toward z.
    """

    point: FloatArray
    angle_rad: float
    residual_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PedicleSection:
    """The narrowest section of the left pedicle in the construction frame."""

    centre: FloatArray
    axis: FloatArray
    across: FloatArray
    up: FloatArray
    width_mm: float
    height_mm: float


def _height(solid: Solid, y: FloatArray | float, *, superior: bool) -> FloatArray:
    function = superior_height if superior else inferior_height
    return np.asarray(function(0.0, y, solid))


def find_landmarks(solid: Solid) -> dict[str, FloatArray]:
    """Return the six points of morphometry (see `vertaug.case.spine.Landmarks`)."""
    points = dict(find_corners(solid))
    for plate in ("superior", "inferior"):
        front, back = points[f"{plate}_anterior"], points[f"{plate}_posterior"]
        points[f"{plate}_middle"] = _meet_plate(solid, front, back, superior=plate == "superior")
    return points


def _meet_plate(solid: Solid, front: FloatArray, back: FloatArray, *, superior: bool) -> FloatArray:
    """Point of the endplate on the perpendicular through the middle of its chord."""
    chord = (back - front) / np.linalg.norm(back - front)
    normal = np.array([0.0, -chord[2], chord[1]])
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        point = (front + back) / 2 + middle * normal
        if point[2] < float(_height(solid, float(point[1]), superior=superior)):
            low = middle
        else:
            high = middle
    return np.asarray((front + back) / 2 + (low + high) / 2 * normal)


def measure_heights(points: dict[str, FloatArray]) -> HeightSet:
    """Return the three heights: distances between superior and inferior points."""

    def height(where: str) -> float:
        return float(np.linalg.norm(points[f"superior_{where}"] - points[f"inferior_{where}"]))

    return HeightSet(
        anterior=height("anterior"), middle=height("middle"), posterior=height("posterior")
    )


def fit_line(solid: Solid, *, superior: bool) -> SagittalLine:
    """Fit the mid-sagittal profile of an endplate between 2 and 98 % of its depth.

    Ordinary least squares of the height over the chord against the position along it, at 97
    evenly spaced points.
    """
    corners = find_corners(solid)
    plate = "superior" if superior else "inferior"
    front, back = corners[f"{plate}_anterior"], corners[f"{plate}_posterior"]
    y = front[1] + np.linspace(0.02, 0.98, 97) * (back[1] - front[1])
    z = _height(solid, y, superior=superior)
    chord = math.atan2(back[2] - front[2], back[1] - front[1])
    c, s = math.cos(chord), math.sin(chord)
    along, over = c * y + s * z, c * z - s * y
    slope, offset = np.polyfit(along - along.mean(), over, 1)
    residual = over - slope * (along - along.mean()) - offset
    middle = along.mean()
    return SagittalLine(
        point=np.array([0.0, c * middle - s * offset, s * middle + c * offset]),
        angle_rad=chord + math.atan(float(slope)),
        residual_mm=float(np.sqrt(np.mean(residual**2))),
    )


def integrate_body(solid: Solid) -> tuple[float, FloatArray]:
    """Return volume in mm3 and centroid of the body, by integration over its left half."""
    step = _INTEGRATION_STEP_MM
    x = np.arange(step / 2, solid.half_width + 3, step)[:, None, None]
    y = np.arange(-solid.half_depth - 5, solid.half_depth + 6, step)[None, :, None]
    z = np.arange(-18.0, 18.0, step)[None, None, :]
    share = np.clip(0.5 - body_field(x, y, z, solid) / step, 0.0, 1.0)
    half = float(share.sum())
    centroid = np.array([0.0, float((share * y).sum()) / half, float((share * z).sum()) / half])
    return 2.0 * half * step**3, centroid


def measure_pedicle(solid: Solid) -> PedicleSection:
    """Measure the left pedicle: the section across its axis with the smallest width."""
    axis, across, up, centre = _pedicle_axes(solid)
    along = np.arange(-3.0, 4.001, 0.1)
    middle = centre + along[:, None] * -axis
    left = _ray_to_surface(solid, middle, across, 12.0)
    right = _ray_to_surface(solid, middle, -across, 12.0)
    n = int(np.argmin(left + right))
    foot = middle[n] + across * (left[n] - right[n]) / 2
    above = _ray_to_surface(solid, foot[None], up, 16.0)
    below = _ray_to_surface(solid, foot[None], -up, 16.0)
    return PedicleSection(
        centre=foot + up * float(above[0] - below[0]) / 2,
        axis=axis,
        across=across,
        up=up,
        width_mm=float(left[n] + right[n]),
        height_mm=float(above[0] + below[0]),
    )


def _pedicle_axes(solid: Solid) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Axis (forward), across (lateral), up and centre of the left pedicle, from its own map."""
    centre = np.array([solid.pedicle_x, solid.pedicle_y, solid.pedicle_z])
    rows = [pedicle_along(x, y, z, solid) for x, y, z in centre + np.eye(3)]
    back, across, up = np.array(rows, dtype=np.float64).T
    return -back, across, up, centre


def _ray_to_surface(
    solid: Solid, starts: FloatArray, direction: FloatArray, longest: float
) -> FloatArray:
    """Distance from points inside the bone to its surface along a direction, by bisection."""
    ticks = np.arange(0.0, longest, 0.25)
    points = starts[:, None, :] + ticks[None, :, None] * direction
    inside = bone_field(points[..., 0], points[..., 1], points[..., 2], solid) <= 0
    first = np.where(inside.all(axis=1), len(ticks) - 1, np.argmin(inside, axis=1))
    low, high = ticks[np.maximum(first - 1, 0)], ticks[first]
    for _ in range(30):
        half = (low + high) / 2
        at = starts + half[:, None] * direction
        within = bone_field(at[:, 0], at[:, 1], at[:, 2], solid) <= 0
        low, high = np.where(within, half, low), np.where(within, high, half)
    return np.asarray((low + high) / 2)
