"""Landmarks and endplates of a body, carried with the bone beside them."""

from dataclasses import fields, replace

import numpy as np

from vertaug.augmentation.balloon.moved_surface import Displacement, displacement_of, move_surface
from vertaug.case.grid import FloatArray
from vertaug.case.spine import (
    Endplate,
    EndplateLine,
    HeightField,
    Landmarks,
    Vertebra,
    VertebraFrame,
)
from vertaug.fracture.angle import slope_in_plane

_HALF_BAND_MM = 5.0
"""Half width of the sagittal slab that gives an endplate line, as for the anatomy's own."""
_LINE_PLACES = 41


def carry_measures(vertebra: Vertebra, went: Displacement) -> Vertebra:
    """Return a vertebra with landmarks, endplates and their lines moved; its voxels stay.

    Parameters
    ----------
    vertebra : Vertebra
    went : callable
        Takes places (..., 3) in its frame, mm; returns how far the bone there went.
    """
    frame, points = vertebra.frame, vertebra.landmarks
    upper, lower = (
        frame.to_local(np.array(ends))
        for ends in (
            (points.superior_anterior, points.superior_posterior),
            (points.inferior_anterior, points.inferior_posterior),
        )
    )
    return replace(
        vertebra,
        landmarks=carry_landmarks(points, frame, went),
        superior=_moved_plate(vertebra.superior, frame, upper, went),
        inferior=_moved_plate(vertebra.inferior, frame, lower, went),
    )


def carry_landmarks(points: Landmarks, frame: VertebraFrame, went: Displacement) -> Landmarks:
    """Return landmarks moved with the bone; parameters as in `carry_measures`."""
    names = [field.name for field in fields(Landmarks)]
    six = np.array([getattr(points, name) for name in names])
    shift = frame.direction_to_world(went(frame.to_local(six)))
    return Landmarks(**dict(zip(names, six + shift, strict=True)))


def move_plate(plate: Endplate, frame: VertebraFrame, after: HeightField) -> Endplate:
    """Return an endplate with another height map; its plane moves by the plane of the change."""
    change = after.height_mm - plate.surface.height_mm
    seen = np.isfinite(change)
    if not change[seen].any():
        return plate
    x, y = np.meshgrid(after.u_mm, after.v_mm, indexing="ij")
    centre = frame.to_local(plate.centre_lps_mm)
    columns = np.stack([np.ones(seen.sum()), x[seen] - centre[0], y[seen] - centre[1]], axis=1)
    rise, across, along = np.linalg.lstsq(columns, change[seen], rcond=None)[0]
    normal = np.asarray(plate.normal) @ frame.axes
    turned = np.array([normal[0] - across * normal[2], normal[1] - along * normal[2], normal[2]])
    return replace(
        plate,
        surface=after,
        centre_lps_mm=frame.to_world(centre + np.array([0.0, 0.0, rise])),
        normal=frame.direction_to_world(turned / np.linalg.norm(turned)),
    )


def _moved_plate(
    plate: Endplate, frame: VertebraFrame, corners_mm: FloatArray, went: Displacement
) -> Endplate:
    """Return an endplate with its height map and its best plane moved and its line turned."""
    moved = displacement_of(plate.surface, 2, went)
    return replace(
        move_plate(plate, frame, move_surface(plate.surface, went)),
        line=_turned_line(plate, frame, (corners_mm, went(corners_mm)), moved),
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
