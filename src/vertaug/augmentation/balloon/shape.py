"""What a balloon did to the shape of a body, measured as the anatomy measures it.

Landmarks, endplates and walls are carried with the bone beside them; heights, angles and volume
then come from the functions that measured them before. A body that did not move keeps every
measure exactly.
"""

from dataclasses import dataclass, replace

import numpy as np

from vertaug.anatomy.endplate import find_surface
from vertaug.anatomy.occupancy import local_coordinates
from vertaug.augmentation.balloon.bone_motion import (
    SurfaceMotion,
    body_surface,
    displacement_of,
    find_motion,
    move_surface,
    slopes_of,
)
from vertaug.augmentation.balloon.bone_points import BonePoints
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.measurement import HeightSet
from vertaug.case.spine import (
    Endplate,
    EndplateLine,
    HeightField,
    Landmarks,
    Region,
    Vertebra,
    VertebraFrame,
)
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

    Raises
    ------
    InputError
        If the points are not the same, or none lies near the surface of the body.
    AnatomyError
        If the body cannot be measured.
    """
    motion = find_motion(vertebra, voxels, before, after)
    faces = _faces(vertebra)
    surface = faces.at(faces.points_mm + motion.at(faces.points_mm))
    grown_mm3 = surface.volume_mm3() - faces.volume_mm3()
    moved = _carried(vertebra, motion)
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
        lift=replace(top, height_mm=displacement_of(top, 2, motion)[..., 2]),
        sink=replace(bottom, height_mm=-displacement_of(bottom, 2, motion)[..., 2]),
        anterior=_bulge(vertebra.anterior_wall, 1, -1.0, motion),
        left=_bulge(left, 0, 1.0, motion),
        right=_bulge(right, 0, -1.0, motion),
        canal=_bulge(vertebra.posterior_wall, 1, 1.0, motion),
    )


def _carried(vertebra: Vertebra, motion: SurfaceMotion) -> Vertebra:
    """Return the vertebra with all that its measures come from moved; its voxels stay."""
    frame, points = vertebra.frame, vertebra.landmarks
    six = (
        points.superior_anterior,
        points.superior_middle,
        points.superior_posterior,
        points.inferior_anterior,
        points.inferior_middle,
        points.inferior_posterior,
    )
    local = frame.to_local(np.array(six))
    shift = frame.direction_to_world(motion.at(local))
    world = [point + way for point, way in zip(six, shift, strict=True)]
    return replace(
        vertebra,
        landmarks=Landmarks(
            superior_anterior=world[0],
            superior_middle=world[1],
            superior_posterior=world[2],
            inferior_anterior=world[3],
            inferior_middle=world[4],
            inferior_posterior=world[5],
        ),
        superior=_moved_plate(vertebra.superior, frame, local[[0, 2]], motion),
        inferior=_moved_plate(vertebra.inferior, frame, local[[3, 5]], motion),
    )


def _moved_plate(
    plate: Endplate, frame: VertebraFrame, corners_mm: FloatArray, motion: SurfaceMotion
) -> Endplate:
    """Return an endplate with its height map moved and its line turned; its best plane stays."""
    moved = displacement_of(plate.surface, 2, motion)
    return replace(
        plate,
        surface=move_surface(plate.surface, motion),
        line=_turned_line(plate, frame, (corners_mm, motion.at(corners_mm)), moved),
    )


def _turned_line(
    plate: Endplate,
    frame: VertebraFrame,
    corners: tuple[FloatArray, FloatArray],
    moved_mm: FloatArray,
) -> EndplateLine:
    """Return an endplate line turned by the line through the displacements along it.

    A least-squares line is linear in the heights that it goes through, so that what is added to
    them adds its own slope. Its point and residual stay: no angle asks for them.

    Parameters
    ----------
    plate : Endplate
    frame : VertebraFrame
    corners : tuple of two (2, 3) float64 arrays
        Anterior and posterior corner in the vertebra's frame, and their displacements.
    moved_mm : (nu, nv, 3) float64 array
        Displacement of the height map.
    """
    line, field = plate.line, plate.surface
    slope = float(np.tan(np.radians(slope_in_plane(line, frame))))
    front, back = corners[0][:, 1]
    band = (np.abs(field.u_mm) <= _HALF_BAND_MM)[:, None]
    between = (field.v_mm > front) & (field.v_mm < back)
    rise = moved_mm[..., 2] - slope * moved_mm[..., 1]
    known = np.isfinite(rise) & band
    inner = between & known.any(axis=0)
    mean = np.where(known, rise, 0.0).sum(axis=0)[inner] / known.sum(axis=0)[inner]
    ends = corners[1][:, 2] - slope * corners[1][:, 1]
    y = np.linspace(front, back, _LINE_PLACES)
    places = np.concatenate([[front], field.v_mm[inner], [back]])
    added = np.interp(y, places, np.concatenate([ends[:1], mean, ends[1:]]))
    steeper = np.polyfit(y - y.mean(), added, 1)[0]
    turn = float(np.arctan(slope + steeper) - np.arctan(slope))
    upward = np.cross(frame.axes[:, 0], line.direction)
    return replace(line, direction=np.cos(turn) * line.direction + np.sin(turn) * upward)


def _faces(vertebra: Vertebra) -> BalloonSurface:
    """Return the faces of the voxels of a body, in the vertebra's frame."""
    grid, frame = vertebra.regions.grid, vertebra.frame
    origin = frame.to_local(grid.affine[:3, 3])
    return body_surface(vertebra.mask(Region.BODY), origin, float(grid.spacing_mm[0]))


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
    moved = outward * displacement_of(replace(wall, height_mm=height), axis, motion)[..., axis]
    known = moved[np.isfinite(moved)]
    if not known.size:
        return WallBulge(mean_mm=np.nan, most_mm=np.nan)
    return WallBulge(mean_mm=float(known.mean()), most_mm=float(known.max()))
