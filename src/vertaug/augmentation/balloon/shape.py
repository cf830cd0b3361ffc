"""What a balloon did to the shape of a body, measured as the anatomy measures it.

Landmarks, endplates and walls are carried with the bone beside them; heights, angles and volume
then come from the functions that measured them before. A body that did not move keeps every
measure exactly.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.endplate import find_surface
from vertaug.anatomy.occupancy import local_coordinates
from vertaug.augmentation.balloon.bone_motion import (
    SurfaceMotion,
    body_faces,
    find_motion,
    slopes_of,
)
from vertaug.augmentation.balloon.bone_points import BonePoints
from vertaug.augmentation.balloon.moved_measures import carry_measures
from vertaug.augmentation.balloon.moved_surface import displacement_of
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.grid import Grid
from vertaug.case.measurement import HeightSet
from vertaug.case.spine import (
    HeightField,
    Region,
    Vertebra,
)
from vertaug.fracture.angle import kyphosis_between
from vertaug.fracture.height import measure_heights
from vertaug.fracture.lost_volume import average_heights

_STEEPEST = 1.0
"""A wall faces outward along its axis up to 45 degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WallBulge:
    """How far a wall moved outward in mm; negative inward; NaN where the wall is not known."""

    mean_mm: float
    most_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShapeAfter:
    """A body after a balloon was inflated in it, or emptied again.

    Attributes
    ----------
    heights_mm : HeightSet
        From the six points.
    heights_3d_mm : HeightSet
        Mean of the full height map over its thirds.
    wedge_angle_deg : float
        Between the endplate lines, kyphosis positive.
    local_kyphosis_deg : float or None
        Superior endplate of the level above, which tilts with the outer face of the disc between,
        to inferior endplate of this one; None without a level above.
    body_volume_ml : float
        With the cavity in it.
    surface : BalloonSurface
        Of the body: the faces of its voxels where they are now, in the vertebra's frame.
    lift : HeightField
        How far the superior endplate moved superior, over x and y of the vertebra's frame.
    sink : HeightField
        How far the inferior endplate moved inferior.
    anterior, left, right, canal : WallBulge
        Of the anterior wall, the sides, and the posterior wall toward the canal.
    """

    heights_mm: HeightSet
    heights_3d_mm: HeightSet
    wedge_angle_deg: float
    local_kyphosis_deg: float | None
    body_volume_ml: float
    surface: BalloonSurface
    lift: HeightField
    sink: HeightField
    anterior: WallBulge
    left: WallBulge
    right: WallBulge
    canal: WallBulge

    @property
    def lift_mean_mm(self) -> float:
        """Mean rise of the superior endplate."""
        return float(np.nanmean(self.lift.height_mm))

    @property
    def lift_most_mm(self) -> float:
        """Greatest rise of the superior endplate."""
        return float(np.nanmax(self.lift.height_mm))

    @property
    def sink_mean_mm(self) -> float:
        """Mean fall of the inferior endplate."""
        return float(np.nanmean(self.sink.height_mm))

    @property
    def sink_most_mm(self) -> float:
        """Greatest fall of the inferior endplate."""
        return float(np.nanmax(self.sink.height_mm))


def measure_shape(
    vertebra: Vertebra,
    voxels: Grid,
    before: BonePoints,
    after: BonePoints,
    above: Vertebra | None = None,
    *,
    tilted_forward_deg: float = 0.0,
    near: NDArray[np.bool_] | None = None,
) -> ShapeAfter:
    """Return the shape of a body after its bone moved.

    Parameters
    ----------
    vertebra : Vertebra
        As the CT shows it.
    voxels : Grid
        Where the balloon's voxels lie.
    before, after : BonePoints
        The same points in the same order.
    above : Vertebra, optional
        The adjacent level above.
    tilted_forward_deg : float
        How far it has tilted on its disc, with the disc's outer face.
    near : (points,) bool array, optional
        As in `find_motion`.

    Raises
    ------
    InputError
        If the points are not the same, or none lies near the surface of the body.
    AnatomyError
        If the body cannot be measured.
    """
    motion = find_motion(vertebra, voxels, before, after, near)
    faces = body_faces(vertebra)
    surface = faces.at(faces.points_mm + motion.at(faces.points_mm))
    grown_mm3 = surface.volume_mm3() - faces.volume_mm3()
    moved = carry_measures(vertebra, motion.at)
    top, bottom = vertebra.superior.surface, vertebra.inferior.surface
    frame = vertebra.frame
    upper, lower = moved.superior.line, moved.inferior.line
    left, right = _sides(vertebra)
    return ShapeAfter(
        heights_mm=measure_heights(moved.landmarks),
        heights_3d_mm=average_heights(moved),
        wedge_angle_deg=kyphosis_between(upper, lower, frame),
        local_kyphosis_deg=None
        if above is None
        else kyphosis_between(above.superior.line, lower, frame) + tilted_forward_deg,
        body_volume_ml=(vertebra.body_volume_mm3 + grown_mm3) / 1000.0,
        surface=surface,
        lift=replace(top, height_mm=displacement_of(top, 2, motion.at)[..., 2]),
        sink=replace(bottom, height_mm=-displacement_of(bottom, 2, motion.at)[..., 2]),
        anterior=_bulge(vertebra.anterior_wall, 1, -1.0, motion),
        left=_bulge(left, 0, 1.0, motion),
        right=_bulge(right, 0, -1.0, motion),
        canal=_bulge(vertebra.posterior_wall, 1, 1.0, motion),
    )


def _sides(vertebra: Vertebra) -> tuple[HeightField, HeightField]:
    """Return the left and the right side of a body: x over (y, z)."""
    axes = local_coordinates(vertebra.regions.grid, vertebra.frame)
    share = np.asarray(vertebra.occupancy.values, dtype=np.float32)
    body = vertebra.mask(Region.BODY)
    left, right = (find_surface(share, body, axes, 0, last=last) for last in (True, False))
    return left, right


def _bulge(wall: HeightField, axis: int, outward: float, motion: SurfaceMotion) -> WallBulge:
    """Return how far the part of a wall that faces along an axis moved outward."""
    facing = np.hypot(*slopes_of(wall)) <= _STEEPEST
    height = np.where(facing, wall.height_mm, np.nan)
    moved = outward * displacement_of(replace(wall, height_mm=height), axis, motion.at)[..., axis]
    known = moved[np.isfinite(moved)]
    if not known.size:
        return WallBulge(mean_mm=np.nan, most_mm=np.nan)
    return WallBulge(mean_mm=float(known.mean()), most_mm=float(known.max()))
