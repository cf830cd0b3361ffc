"""Where folded balloons lie: on the paths of a plan, within the room that the body leaves.

The cannula is drawn back behind the balloon, as in a kyphoplasty; of a plan the lines of the
needles are used, and of one for kyphoplasty their ends, which are those of the balloons' beds.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.patient_bone import PatientBone
from vertaug.augmentation.balloon.product import Balloon, known_balloons
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.augmentation.balloon.tension import BalloonSkin
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import Endplate, Region, Vertebra
from vertaug.fracture.interior import measure_depth
from vertaug.numerics.interpolation import sample_trilinear
from vertaug.planning.body import body_shape

_STEP_MM = 0.1
_REACH_MM = 50.0
"""Along the axis before and behind the tip, more than any body is deep."""
_RIM_MM = 3.0
"""The rounded rim of an endplate is not looked at, as in the fit of its plane."""
_DEEPER_MM = 2.0
"""A plate is pressed in if it is so much deeper than the other, beyond the normal difference in
concavity (as the aim of a needle has it; design default)."""
_PRESSED_PERCENTILE = 95.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRules:
    """How near a folded balloon may lie. Design defaults.

    Attributes
    ----------
    cortex_mm : float
        Between the balloon's axis, its tip included, and the surface of the body.
    endplate_mm : float
        Between the folded balloon and an endplate that is pressed in, along the body's axis.
    depth_share : float
        How far in front of the posterior wall the balloon begins, of the body's depth: in the
        anterior two thirds.
    """

    cortex_mm: float = 3.0
    endplate_mm: float = 5.0
    depth_share: float = 1.0 / 3.0

    def __post_init__(self) -> None:
        for name, most in (("cortex_mm", 20.0), ("endplate_mm", 20.0), ("depth_share", 0.9)):
            value = getattr(self, name)
            if not 0.0 <= value <= most:
                message = f"{name} is expected from 0 to {most:g}; got {value:g}"
                raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Depression:
    """An endplate that is pressed in.

    Attributes
    ----------
    superior : bool
    depth_mm : float
        Under its best plane.
    place_mm : (2,) float64 array
        Centre of what is deeper than half of that, x and y in the vertebra's frame.
    """

    superior: bool
    depth_mm: float
    place_mm: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Axis:
    """The line of a needle in the vertebra's frame.

    Attributes
    ----------
    side : str
    tip_mm, direction : (3,) float64 arrays
        The planned end, and forward along the needle.
    ends_bed : bool
        Whether the planned end is that of a balloon's bed.
    """

    side: str
    tip_mm: FloatArray
    direction: FloatArray
    ends_bed: bool

    def at(self, way_mm: FloatArray) -> FloatArray:
        """Return points at ways forward of the tip, shape (n, 3)."""
        return np.asarray(self.tip_mm + way_mm[:, None] * self.direction)


def find_depression(vertebra: Vertebra) -> Depression | None:
    """Return the endplate that is pressed in, or None where neither is much deeper than the other.

    Parameters
    ----------
    vertebra : Vertebra
    """
    plates = ((True, vertebra.superior, 1.0), (False, vertebra.inferior, -1.0))
    found = [(superior, *_pressed(plate, vertebra, sign)) for superior, plate, sign in plates]
    (superior, depth, place), other = sorted(found, key=lambda one: -one[1])
    if depth - max(other[1], 0.0) < _DEEPER_MM:
        return None
    return Depression(superior=superior, depth_mm=depth, place_mm=place)


def _pressed(plate: Endplate, vertebra: Vertebra, sign: float) -> tuple[float, FloatArray]:
    """Return how deep a plate lies under its best plane, and where."""
    from scipy.ndimage import distance_transform_edt

    surface = plate.surface
    x, y = np.meshgrid(surface.u_mm, surface.v_mm, indexing="ij")
    normal = np.asarray(plate.normal) @ vertebra.frame.axes
    centre = vertebra.frame.to_local(plate.centre_lps_mm)
    along = normal[0] * (x - centre[0]) + normal[1] * (y - centre[1])
    depth = sign * (centre[2] - along / normal[2] - surface.height_mm)
    seen = np.isfinite(depth)
    step = float(surface.u_mm[1] - surface.u_mm[0])
    inner = distance_transform_edt(np.pad(seen, 1))[1:-1, 1:-1] * step > _RIM_MM
    if not inner.any():
        inner = seen
    deepest = float(np.percentile(depth[inner], _PRESSED_PERCENTILE))
    low = inner & (np.nan_to_num(depth, nan=-np.inf) >= 0.5 * deepest)
    return deepest, np.array([x[low].mean(), y[low].mean()])


def place_balloons_on_plan(
    bone: PatientBone,
    vertebra: Vertebra,
    paths: tuple[NeedlePath, ...],
    product: Balloon,
    rules: PlacementRules | None = None,
) -> tuple[tuple[BalloonSurface, BalloonSkin], ...]:
    """Return a folded balloon on each path, and its skin.

    A balloon lies with its middle as near as it can come to below (or above) the deepest part of an
    endplate that is pressed in; without one, with its tip at the end of its bed (plans for
    kyphoplasty), or as far forward as there is room when it is unfolded.

    Parameters
    ----------
    bone : PatientBone
        Of the vertebra.
    vertebra : Vertebra
    paths : tuple of NeedlePath
    product : Balloon
    rules : PlacementRules, optional

    Returns
    -------
    tuple of (BalloonSurface, BalloonSkin)
        In mm from the corner of the bone's grid.

    Raises
    ------
    InputError
        If there is no path, a needle's tip is not in the body, a path has no room for the balloon,
        or two balloons overlap while folded.
    """
    rules = rules or PlacementRules()
    if not paths:
        message = f"no path is given for a balloon in {vertebra.level}; choose a plan"
        raise InputError(message)
    room = _Room(vertebra, rules)
    axes = [_axis(path, vertebra) for path in paths]
    middles = []
    for axis in axes:
        room.check_tip(axis)
        middles.append(axis.at(np.array([_middle_way(axis, room, product)]))[0])
    placed = list(zip(axes, middles, strict=True))
    for one, other in combinations(placed, 2):
        _check_apart(one, other, product)
    frame = vertebra.frame
    return tuple(
        product.folded(
            bone.to_place(frame.to_world(middle)),
            bone.voxels.directions.T @ frame.direction_to_world(axis.direction),
        )
        for axis, middle in placed
    )


class _Room:
    """Where on an axis a balloon may lie."""

    def __init__(self, vertebra: Vertebra, rules: PlacementRules) -> None:
        self.vertebra, self.rules = vertebra, rules
        self.depression = find_depression(vertebra)
        self._shape = body_shape(vertebra)
        body = vertebra.mask(Region.BODY) & (np.asarray(vertebra.occupancy.values) > 0.5)
        self._depth = measure_depth(body, vertebra.regions.grid.spacing_mm)

    def check_tip(self, axis: _Axis) -> None:
        """Refuse a needle that does not end in the body."""
        if float(self._depth_at(axis.tip_mm)) <= 0.0:
            message = (
                f"the tip of the {axis.side} needle is not in the body of {self.vertebra.level}: "
                "take another plan, or move its target into the body"
            )
            raise InputError(message)

    def along(self, axis: _Axis, radius_mm: float) -> tuple[float, float]:
        """Return first and last way of the longest room on an axis; the same twice if none."""
        way = np.arange(-_REACH_MM, _REACH_MM + 0.5 * _STEP_MM, _STEP_MM)
        free = np.concatenate([[False], self._free(axis.at(way), radius_mm), [False]])
        starts, stops = (
            np.flatnonzero(free[1:] & ~free[:-1]),
            np.flatnonzero(free[:-1] & ~free[1:]),
        )
        if starts.size == 0:
            return 0.0, 0.0
        longest = int(np.argmax(stops - starts))
        return float(way[starts[longest]]), float(way[stops[longest] - 1])

    def _free(self, points: FloatArray, radius_mm: float) -> NDArray[np.bool_]:
        free = self._depth_at(points) >= self.rules.cortex_mm
        free &= self._shape.depth_fraction(points) >= self.rules.depth_share
        if self.depression is not None:
            x, y, z = points.T
            superior = self.depression.superior
            plate = self._shape.superior if superior else self._shape.inferior
            gap = plate.at(x, y) - z if superior else z - plate.at(x, y)
            free &= gap - radius_mm >= self.rules.endplate_mm
        return np.asarray(free)

    def _depth_at(self, points: FloatArray) -> FloatArray:
        """Return how deep points of the vertebra's frame lie in the body, 0 outside, mm."""
        source = self.vertebra.regions.grid
        return sample_trilinear(self._depth, source.to_index(self.vertebra.frame.to_world(points)))


def _axis(path: NeedlePath, vertebra: Vertebra) -> _Axis:
    entry, tip = vertebra.frame.to_local([path.entry_lps_mm, path.target_lps_mm])
    length = float(np.linalg.norm(tip - entry))
    if length < 1.0:
        message = f"the {path.side} path is {length:.1f} mm long: entry and tip are expected apart"
        raise InputError(message)
    return _Axis(
        side=path.side,
        tip_mm=tip,
        direction=(tip - entry) / length,
        ends_bed=path.balloon_mm is not None,
    )


def _middle_way(axis: _Axis, room: _Room, product: Balloon) -> float:
    """Return how far forward of the planned tip the middle of a balloon lies, mm."""
    first, last = room.along(axis, 0.5 * product.folded_mm.value)
    half = 0.5 * product.length_mm.value
    if last - first < 2.0 * half:
        raise InputError(_no_room(axis, room, product, last - first))
    if room.depression is not None:
        sideways = axis.direction[:2]
        away = room.depression.place_mm - axis.tip_mm[:2]
        wanted = float(away @ sideways) / max(float(sideways @ sideways), 1e-9)
    else:
        wanted = -half if axis.ends_bed else last - half
    # unfolded it is longer: its end should keep as far from the cortex, where there is room behind
    wanted = min(wanted, last - 0.5 * product.unfolded_length_mm)
    return float(np.clip(wanted, first + half, last - half))


def _no_room(axis: _Axis, room: _Room, product: Balloon, found_mm: float) -> str:
    fitting: dict[float, list[str]] = {}
    for name, other in known_balloons().items():
        first, last = room.along(axis, 0.5 * other.folded_mm.value)
        if other.length_mm.value <= last - first:
            fitting.setdefault(other.length_mm.value, []).append(name)
    rules, level = room.rules, room.vertebra.level
    margins = f"its axis {rules.cortex_mm:g} mm inside the body"
    if room.depression is not None:
        plate = "superior" if room.depression.superior else "inferior"
        margins += f" and {rules.endplate_mm:g} mm to the {plate} endplate, which is pressed in"
    said = (
        f"balloon {product.name!r} is {product.length_mm.value:g} mm long; the {axis.side} path "
        f"has {found_mm:.1f} mm of room in the front of {level} ({margins}): "
    )
    if fitting:
        names = " or ".join(repr(name) for name in fitting[max(fitting)])
        return said + f"take {names}, whichever passes the cannula, or another plan"
    return said + "no known balloon fits; take another plan"


def _check_apart(
    one: tuple[_Axis, FloatArray], other: tuple[_Axis, FloatArray], product: Balloon
) -> None:
    """Refuse two folded balloons that overlap."""
    thick = product.folded_mm.value
    half = 0.5 * (product.length_mm.value - thick)
    way = np.linspace(-half, half, 1 + int(np.ceil(2.0 * half / _STEP_MM)))
    first, second = (middle + way[:, None] * axis.direction for axis, middle in (one, other))
    apart = np.sqrt(((first[:, None] - second[None]) ** 2).sum(axis=2).min())
    if apart < thick:
        message = (
            f"the balloons on the {one[0].side} and the {other[0].side} path overlap by "
            f"{thick - apart:.1f} mm while folded: take one path, shorter balloons, or a plan "
            "whose paths end farther apart"
        )
        raise InputError(message)
