"""The six points of morphometry and the endplate lines in the mid-sagittal section."""

from dataclasses import dataclass, replace

import numpy as np

from vertaug.anatomy.plate_edge import thick_share
from vertaug.case.errors import AnatomyError
from vertaug.case.grid import FloatArray
from vertaug.case.spine import EndplateLine, HeightField, Landmarks, VertebraFrame

_HALF_BAND_MM = 5.0
"""Half width of the sagittal slab whose mean gives the profile: 3.5 mm follow noise and spurs of
the rim more, 6 mm the side of a dish (tried on the phantom)."""
_WALL_BAND_MM = 2.0
"""The same for the walls, which curve away sooner."""
_NEAR_THIRD = 0.35
"""Share of the height in which the corners' walls are sought."""
_RIM_MM, _RIM = 2.5, 0.09
"""Rounded rim left out at a corner: the smaller of a length and a share of the depth."""
_NEAR, _HALF = 0.16, 0.4
"""Lengths, as shares of the depth, of the windows inside the rim from which the plate is
continued to the wall by a straight line and by a parabola."""
_LEVEL_MM = 0.35
"""Residual of a parabola at which it counts as much as the more local estimate, per millimetre of
slice spacing: across thick slices the surface itself comes in steps."""
_EVEN_MM = 0.07
"""Residual of a cubic through the whole profile up to which a plate is one even dish; across
thick slices that cannot be told."""
_STEEP, _STEEP_WITHIN = 0.8, 0.3
"""Steepness that is wall, not plate, and the share of the depth in which it is looked for."""
_ROUNDING_MM = 2.0
"""Largest rounding of a rim; the corner is not sought further out."""
_LIP_RISE_MM, _DISH_RISE_MM, _UNSURE_RISE_MM = 0.25, 1.5, 1.0
"""How far a corner may stand above the plate beside it: at most plates, where one even dish leads
up to it, and across thick slices, where neither can be told (tried on the phantom)."""
_LIP_MM = 3.0
"""How far a corner may stand out from the waist; what is further is osteophyte."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SagittalProfile:
    """One endplate in the mid-sagittal section: z over y, in the vertebra frame.

    Attributes
    ----------
    y_mm, z_mm : (n,) float64 arrays
        Points of the profile, front to back.
    front_mm, back_mm : float
        y of the anterior and posterior wall at this endplate.
    spacing_mm : float
        Voxel size of the scan across the endplate.
    """

    y_mm: FloatArray
    z_mm: FloatArray
    front_mm: float
    back_mm: float
    spacing_mm: float


def find_landmarks(
    plates: tuple[HeightField, HeightField],
    walls: tuple[HeightField, HeightField],
    spacing_mm: float,
) -> tuple[tuple[FloatArray, ...], tuple[SagittalProfile, SagittalProfile]]:
    """Return the six points in the vertebra frame and the two profiles.

    Parameters
    ----------
    plates : tuple of HeightField
        Superior and inferior endplate.
    walls : tuple of HeightField
        Anterior and posterior wall, y over (x, z).
    spacing_mm : float
        Voxel size of the scan across the endplates.

    Returns
    -------
    points : tuple of (3,) arrays
        Superior anterior, middle, posterior, inferior anterior, middle, posterior.
    profiles : tuple of SagittalProfile
        Superior and inferior, from corner to corner.

    Raises
    ------
    AnatomyError
        If the section through the middle of the body is too short to hold six points.
    """
    top = _profile(plates[0], walls, spacing_mm, upper=True)
    bottom = _profile(plates[1], walls, spacing_mm, upper=False)
    above, below = _three_points(top, upper=True), _three_points(bottom, upper=False)
    return (*above, *below), (_end_at_corners(top, above), _end_at_corners(bottom, below))


def _profile(
    field: HeightField, walls: tuple[HeightField, HeightField], spacing_mm: float, *, upper: bool
) -> SagittalProfile:
    band = np.abs(field.u_mm) <= _HALF_BAND_MM
    strip = field.height_mm[band]
    enough = np.isfinite(strip).sum(axis=0) >= max(band.sum() // 2, 1)
    if enough.sum() < 8:
        message = "the mid-sagittal section of the body is too short to measure"
        raise AnatomyError(message)
    y = field.v_mm[enough]
    z = np.nanmean(strip[:, enough], axis=0)
    front, back = _walls_at_plate(walls, upper=upper)
    inside = (y > front) & (y < back)
    return SagittalProfile(
        y_mm=y[inside], z_mm=z[inside], front_mm=front, back_mm=back, spacing_mm=spacing_mm
    )


def _walls_at_plate(walls: tuple[HeightField, HeightField], *, upper: bool) -> tuple[float, float]:
    """Find y of the walls beside one endplate: furthest bone within the near third of the body."""
    narrow_band = np.abs(walls[0].u_mm) <= _WALL_BAND_MM
    z = walls[0].v_mm
    front, back = (np.ma.masked_invalid(w.height_mm[narrow_band]).mean(axis=0) for w in walls)
    rows = np.nonzero(~np.ma.getmaskarray(front) & ~np.ma.getmaskarray(back))[0]
    if len(rows) < 4:
        message = "the walls of the body cannot be found in its mid-sagittal section"
        raise AnatomyError(message)
    low, high = z[rows[0]], z[rows[-1]]
    reach = max(_NEAR_THIRD * (high - low), 2.0)
    near = rows[(z[rows] >= high - reach) if upper else (z[rows] <= low + reach)]
    waist = rows[np.abs(z[rows] - 0.5 * (low + high)) <= 2.0]
    return (
        max(float(front[near].min()), float(front[waist].min()) - _LIP_MM),
        min(float(back[near].max()), float(back[waist].max()) + _LIP_MM),
    )


def _three_points(
    profile: SagittalProfile, *, upper: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    front_y, front_z = _corner(profile, upper=upper, at_front=True)
    back_y, back_z = _corner(profile, upper=upper, at_front=False)
    middle_y, middle_z = 0.5 * (front_y + back_y), 0.5 * (front_z + back_z)
    slope = (back_z - front_z) / (back_y - front_y)
    for _ in range(3):  # on the perpendicular through the middle of the chord
        near = np.abs(profile.y_mm - middle_y) <= 1.5
        if not near.any():
            break
        middle_z = float(np.mean(profile.z_mm[near]))
        middle_y = 0.5 * (front_y + back_y) - slope * (middle_z - 0.5 * (front_z + back_z))
    return (
        np.array([0.0, front_y, front_z]),
        np.array([0.0, middle_y, middle_z]),
        np.array([0.0, back_y, back_z]),
    )


def _end_at_corners(profile: SagittalProfile, points: tuple[FloatArray, ...]) -> SagittalProfile:
    """Replace the rounded rims by straight lines from the plate to its corners."""
    front, _, back = points
    rim = min(_RIM_MM, _RIM * (profile.back_mm - profile.front_mm))
    plate = (profile.y_mm >= front[1] + rim) & (profile.y_mm <= back[1] - rim)
    if not plate.any():
        return profile
    y = np.concatenate([front[1:2], profile.y_mm[plate], back[1:2]])
    z = np.concatenate([front[2:3], profile.z_mm[plate], back[2:3]])
    even = np.linspace(front[1], back[1], max(len(profile.y_mm), 8))
    return replace(
        profile, y_mm=even, z_mm=np.interp(even, y, z), front_mm=front[1], back_mm=back[1]
    )


def _corner(profile: SagittalProfile, *, upper: bool, at_front: bool) -> tuple[float, float]:
    """Return y and z of a corner: the plate's last part continued to the wall.

    From the rim inward, points are left out while the profile still climbs steeply: that is the
    rounding of the rim, or the beak of a fractured front wall, not the endplate.
    """
    wall = profile.front_mm if at_front else profile.back_mm
    order = np.argsort(np.abs(profile.y_mm - wall))
    inset = np.abs(profile.y_mm[order] - wall)
    rise = profile.z_mm[order] * (1.0 if upper else -1.0)
    depth = profile.back_mm - profile.front_mm
    outer = inset < _STEEP_WITHIN * depth
    slope = np.gradient(rise, inset)
    steep = np.nonzero(outer & (slope > _STEEP))[0]
    rim = min(_RIM_MM, _RIM * depth)
    start = max(float(inset[steep[-1]]) if len(steep) else 0.0, rim)
    corner_inset = max(float(inset[steep[-1]]) - _ROUNDING_MM, 0.0) if len(steep) else 0.0
    near = (inset >= start) & (inset <= start + _NEAR * depth)
    half = (inset >= start) & (inset <= start + _HALF * depth)
    line, _ = _continue_to(inset[near] - corner_inset, rise[near], 1)
    parabola, residual = _continue_to(inset[half] - corner_inset, rise[half], 2)
    level = _LEVEL_MM * max(profile.spacing_mm, 1.0)
    height = _blend(parabola, line, residual / level)
    unsure = thick_share(profile.spacing_mm)
    lip = _LIP_RISE_MM + unsure * (_UNSURE_RISE_MM - _LIP_RISE_MM)
    if not len(steep):
        whole = (inset >= rim) & (inset <= depth - rim)
        dish, residual = _continue_to(inset[whole], rise[whole], 2)
        height = _blend(dish, height, residual / level)
        cubic, residual = _continue_to(inset[whole], rise[whole], 3)
        # 1 for a plate that is one smooth dish, 0 for any other
        even = (1.0 - unsure) * _blend(1.0, 0.0, residual / _EVEN_MM)
        height += even * (0.5 * (parabola + cubic) - height)
        lip += even * (_DISH_RISE_MM - lip)
    # the ring apophysis is flat: what is seen beside the corner bounds the continued curve
    beside = (inset >= corner_inset + 0.5 * _ROUNDING_MM) & (inset <= start + _NEAR * depth)
    height = min(height, float(rise[beside].max()) + lip)
    y = wall + corner_inset if at_front else wall - corner_inset
    return y, height if upper else -height


def _blend(smooth: float, local: float, misfit: float) -> float:
    """Mean of two estimates, the first counting less the worse its curve fits."""
    share = 1.0 / (1.0 + misfit**4)
    return share * smooth + (1 - share) * local


def _continue_to(inset_mm: FloatArray, height_mm: FloatArray, degree: int) -> tuple[float, float]:
    """Height at inset 0 of the robust polynomial through some points, and its residual."""
    weight = np.ones(len(inset_mm))
    for _ in range(5):
        curve = np.polyfit(inset_mm, height_mm, degree, w=weight)
        rest = height_mm - np.polyval(curve, inset_mm)
        weight = 1.0 / np.sqrt(1.0 + rest**2)
    return float(curve[-1]), float(np.sqrt(np.mean(rest**2)))


def fit_endplate_line(profile: SagittalProfile, frame: VertebraFrame) -> EndplateLine:
    """Return the least-squares line of an endplate profile from corner to corner, in LPS."""
    y, z = profile.y_mm, profile.z_mm
    slope, offset = np.polyfit(y, z, 1)
    residual = float(np.sqrt(np.mean((z - slope * y - offset) ** 2) / (1 + slope**2)))
    direction = np.array([0.0, 1.0, slope]) / np.hypot(1.0, slope)
    return EndplateLine(
        point_lps_mm=frame.to_world([0.0, y.mean(), slope * y.mean() + offset]),
        direction=frame.direction_to_world(direction),
        residual_mm=residual,
    )


def to_world(points: tuple[FloatArray, ...], frame: VertebraFrame) -> Landmarks:
    """Return the six points in LPS."""
    world = [frame.to_world(p) for p in points]
    return Landmarks(
        superior_anterior=world[0],
        superior_middle=world[1],
        superior_posterior=world[2],
        inferior_anterior=world[3],
        inferior_middle=world[4],
        inferior_posterior=world[5],
    )
