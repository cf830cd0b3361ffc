"""One side of a vertebra as planning sees it: the pedicle, or where it would be."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.spine import Pedicle, Region, Vertebra
from vertaug.numerics.interpolation import sample_trilinear
from vertaug.planning._clearance_layout import SLAB_FADE_MM
from vertaug.planning.body import BodyShape
from vertaug.planning.core_line import find_core_line

_SLAB_LENGTH_MM = (4.0, 7.5)
"""How far behind the middle of its core the cortex counts as the pedicle's: to the end of the
pedicle's region, within these limits. Behind it lie the arch and the entry (design default)."""
_SLAB_END_MM = 20.0
_BORDER_SHARE = 0.6
"""Share of the pedicle's half height in which its medial border is sought."""
_BORDER_REACH_MM, _BORDER_STEP_MM = 12.0, 0.25
_BORDER_ROWS = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SideGeometry:
    """The pedicle of one side in the vertebra frame.

    Attributes
    ----------
    side : str
        ``left`` or ``right``.
    sign : float
        +1 on the left, -1 on the right: the sign of x on this side.
    found : bool
        False if the pedicle was not found; the rest is then mirrored from the other side or
        estimated from the body and serves only the routes beside the pedicle.
    centre_mm, axis, width_axis, height_axis : (3,) float64 arrays
        The middle of the core line and the unit directions: forward along it, lateral, superior.
    half_width_mm, half_height_mm : float
        Half the extent along the width and the height axis.
    medial_border_mm : float
        Distance of the medial border from the frame's mid-plane.
    slab_start_mm : float
        Where along the axis, from the centre, the pedicle begins behind it.
    """

    side: str
    sign: float
    found: bool
    centre_mm: FloatArray
    axis: FloatArray
    width_axis: FloatArray
    height_axis: FloatArray
    half_width_mm: float
    half_height_mm: float
    medial_border_mm: float
    slab_start_mm: float

    def pack(self) -> FloatArray:
        """Return the (13,) array that the clearance kernel takes."""
        tail = [self.slab_start_mm, _SLAB_END_MM, self.sign, self.medial_border_mm]
        vectors = (self.centre_mm, self.axis, self.width_axis)
        return np.concatenate([*vectors, tail])

    def inferior_border_mm(self) -> float:
        """Return z of the inferior pedicle border."""
        return float(self.centre_mm[2] - self.half_height_mm)


def side_geometry(vertebra: Vertebra, shape: BodyShape, side: str) -> SideGeometry:
    """Return the geometry of the ``left`` or ``right`` side."""
    sign = 1.0 if side == "left" else -1.0
    own = vertebra.left_pedicle if side == "left" else vertebra.right_pedicle
    other = vertebra.right_pedicle if side == "left" else vertebra.left_pedicle
    if own is not None:
        return _from_pedicle(vertebra, shape, own, sign)
    if other is not None:
        return _mirror(_from_pedicle(vertebra, shape, other, -sign), side)
    # proportions of a mean lumbar vertebra: pedicle over the lateral third, upper half
    width = shape.half_width_mm
    zero = np.zeros(1)
    centre = np.array([sign * 0.68 * width, shape.posterior.at(zero, zero)[0] + 4.0, 4.0])
    return _build(side, sign, (centre, np.array([-0.2 * sign, -1.0, 0.0])), (4.0, 7.0), found=False)


def _build(
    side: str,
    sign: float,
    line: tuple[FloatArray, FloatArray],
    halves: tuple[float, float],
    *,
    found: bool,
    medial_mm: float | None = None,
    length_mm: float = _SLAB_LENGTH_MM[0],
) -> SideGeometry:
    centre, axis = line[0], line[1] / np.linalg.norm(line[1])
    up = np.array([0.0, 0.0, 1.0]) - axis[2] * axis
    up /= np.linalg.norm(up)
    across = np.cross(axis, up)
    across *= np.sign(across[0]) * sign
    medial = abs(centre[0]) - halves[0] if medial_mm is None else medial_mm
    return SideGeometry(
        side=side,
        sign=sign,
        found=found,
        centre_mm=centre,
        axis=axis,
        width_axis=across,
        height_axis=up,
        half_width_mm=halves[0],
        half_height_mm=halves[1],
        medial_border_mm=float(medial),
        # the kernel fades in from here: half weight where the pedicle ends
        slab_start_mm=-length_mm - SLAB_FADE_MM / 2,
    )


def _from_pedicle(
    vertebra: Vertebra, shape: BodyShape, pedicle: Pedicle, sign: float
) -> SideGeometry:
    isthmus = vertebra.frame.to_local(pedicle.isthmus_lps_mm)
    wall = float(shape.posterior.course(isthmus[:1], isthmus[2:])[0])
    front, back = find_core_line(vertebra, isthmus, wall)
    centre = (front + back) / 2
    return _build(
        pedicle.side,
        sign,
        (centre, front - back),
        (pedicle.width_mm / 2, pedicle.height_mm / 2),
        found=True,
        medial_mm=_medial_border(vertebra, centre, pedicle.height_mm / 2, sign),
        length_mm=_length_behind(vertebra, centre, front - back, sign),
    )


def _length_behind(vertebra: Vertebra, centre: FloatArray, axis: FloatArray, sign: float) -> float:
    """How far the pedicle's region reaches behind the middle of its core."""
    region = Region.LEFT_PEDICLE if sign > 0 else Region.RIGHT_PEDICLE
    index = np.argwhere(vertebra.mask(region))
    if not len(index):
        return _SLAB_LENGTH_MM[0]
    points = vertebra.frame.to_local(vertebra.regions.grid.to_world(index))
    along = (points - centre) @ axis / np.linalg.norm(axis)
    return float(np.clip(-np.percentile(along, 10.0), *_SLAB_LENGTH_MM))


def _medial_border(
    vertebra: Vertebra, centre: FloatArray, half_height: float, sign: float
) -> float | None:
    """Distance of the pedicle's medial cortex from the mid-plane, in its coronal section.

    The section of the frame, not the one across the pedicle's axis: a turn of the axis by 10
    degrees would move the border by a millimetre.
    """
    up = np.linspace(-_BORDER_SHARE, _BORDER_SHARE, 13) * half_height
    inward = np.arange(0.0, _BORDER_REACH_MM, _BORDER_STEP_MM)
    points = np.empty((len(up), len(inward), 3))
    points[..., 0] = centre[0] - sign * inward
    points[..., 1] = centre[1]
    points[..., 2] = centre[2] + up[:, None]
    grid = vertebra.occupancy.grid
    index = grid.to_index(vertebra.frame.to_world(points))
    # a copy: kernels are compiled again for arrays that cannot be written
    share = sample_trilinear(np.array(vertebra.occupancy.values), index, 0.0)
    outside = share < 0.5
    leaves = outside.any(axis=1) & ~outside[:, 0]
    if not leaves.any():
        return None
    first = outside[leaves].argmax(axis=1)
    rows = np.arange(len(first))
    inner, outer = share[leaves][rows, first - 1], share[leaves][rows, first]
    way = inward[first - 1] + _BORDER_STEP_MM * (inner - 0.5) / (inner - outer)
    # the mean of the longest few: one row alone would follow the roughness of the mask
    return float(sign * centre[0] - np.sort(way)[-_BORDER_ROWS:].mean())


def _mirror(geometry: SideGeometry, side: str) -> SideGeometry:
    flip = np.array([-1.0, 1.0, 1.0])
    return _build(
        side,
        -geometry.sign,
        (geometry.centre_mm * flip, geometry.axis * flip),
        (geometry.half_width_mm, geometry.half_height_mm),
        found=False,
        medial_mm=geometry.medial_border_mm,
        length_mm=-geometry.slab_start_mm - SLAB_FADE_MM / 2,
    )
