"""What a balloon did to the shape of a body, measured as the anatomy measures it.

Landmarks, endplates and walls are carried with the bone beside them; heights, angles and volume
then come from the functions that measured them before. A body that did not move keeps every
measure exactly.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from vertaug.anatomy.endplate import find_surface
from vertaug.anatomy.occupancy import local_coordinates
from vertaug.augmentation.balloon.bone_motion import (
    SurfaceMotion,
    body_surface,
    displacement_of,
    find_motion,
    slopes_of,
)
from vertaug.augmentation.balloon.bone_points import BonePoints
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.measurement import HeightSet
from vertaug.case.spine import Endplate, EndplateLine, HeightField, Landmarks, Region, Vertebra
from vertaug.fracture.angle import kyphosis_between, slope_in_plane
from vertaug.fracture.height import measure_heights
from vertaug.fracture.lost_volume import average_heights

_HALF_BAND_MM = 5.0
"""Half width of the sagittal slab that gives an endplate line, as for the anatomy's own."""
_LINE_PLACES = 41
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
        Superior endplate of the level above to inferior endplate of this one; None without a
        level above. The neighbours do not move in the model, so that only the inferior endplate
        changes it; were the level above to follow the superior endplate, it would change by as
        much as the wedge angle.
    body_volume_ml : float
        With the cavity in it.
    lift : HeightField
        How far the superior endplate moved superior, over x and y of the vertebra's frame.
    anterior, left, right, canal : WallBulge
        Of the anterior wall, the sides, and the posterior wall toward the canal.
    """

    heights_mm: HeightSet
    heights_3d_mm: HeightSet
    wedge_angle_deg: float
    local_kyphosis_deg: float | None
    body_volume_ml: float
    lift: HeightField
    anterior: WallBulge
    left: WallBulge
    right: WallBulge
    canal: WallBulge

    @property
    def lift_mean_mm(self) -> float:
        """Mean over the superior endplate."""
        return float(np.nanmean(self.lift.height_mm))

    @property
    def lift_most_mm(self) -> float:
        """Most over the superior endplate."""
        return float(np.nanmax(self.lift.height_mm))


def measure_shape(
    vertebra: Vertebra,
    voxels: Grid,
    before: BonePoints,
    after: BonePoints,
    above: Vertebra | None = None,
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

    Raises
    ------
    InputError
        If the points are not the same, or none lies near the surface of the body.
    AnatomyError
        If the body cannot be measured.
    """
    motion = find_motion(vertebra, voxels, before, after)
    moved = _carried(vertebra, motion)
    surface, frame = vertebra.superior.surface, vertebra.frame
    upper, lower = moved.superior.line, moved.inferior.line
    left, right = _sides(vertebra)
    return ShapeAfter(
        heights_mm=measure_heights(moved.landmarks),
        heights_3d_mm=average_heights(moved),
        wedge_angle_deg=kyphosis_between(upper, lower, frame),
        local_kyphosis_deg=None
        if above is None
        else kyphosis_between(above.superior.line, lower, frame),
        body_volume_ml=moved.body_volume_mm3 / 1000.0,
        lift=replace(surface, height_mm=displacement_of(surface, 2, motion)[..., 2]),
        anterior=_bulge(vertebra.anterior_wall, 1, -1.0, motion),
        left=_bulge(left, 0, 1.0, motion),
        right=_bulge(right, 0, -1.0, motion),
        canal=_bulge(vertebra.posterior_wall, 1, 1.0, motion),
    )


def _carried(vertebra: Vertebra, motion: SurfaceMotion) -> Vertebra:
    """Return the vertebra with all that its measures come from moved; its voxels stay."""
    frame, points = vertebra.frame, vertebra.landmarks
    names = [f.name for f in fields(Landmarks)]
    local = np.array([frame.to_local(getattr(points, name)) for name in names])
    shift = motion.at(local)
    world = [
        np.asarray(getattr(points, n)) + frame.direction_to_world(d)
        for n, d in zip(names, shift, strict=True)
    ]
    sup, inf = local[[0, 2]], local[[3, 5]]
    return replace(
        vertebra,
        landmarks=Landmarks(**dict(zip(names, world, strict=True))),
        superior=_moved_plate(vertebra, vertebra.superior, sup, motion),
        inferior=_moved_plate(vertebra, vertebra.inferior, inf, motion),
        body_volume_mm3=vertebra.body_volume_mm3 + _gained_volume(vertebra, motion),
    )
