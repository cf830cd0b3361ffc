"""One vertebra: from mask and CT to its parts, surfaces, landmarks and frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.body import PosteriorBorder, find_body, measure_body_volume
from vertaug.anatomy.canal import CanalAxis, fill_canal, find_canal_axis
from vertaug.anatomy.endplate import FittedPlane, find_endplates, find_surface, fit_plane
from vertaug.anatomy.landmark import find_landmarks, fit_endplate_line, to_world
from vertaug.anatomy.occupancy import (
    MaskDistance,
    find_other_bone,
    index_map,
    local_coordinates,
    local_grid,
    occupancy_on,
)
from vertaug.anatomy.pedicle import find_pedicle
from vertaug.anatomy.plate_edge import refine_endplate, refine_surface, thick_share
from vertaug.anatomy.pose import orthonormal_frame
from vertaug.anatomy.region import mark_regions
from vertaug.anatomy.scan_voxel import spacing_along
from vertaug.anatomy.symmetry import find_mirror_turn
from vertaug.case.errors import AnatomyError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import (
    Endplate,
    EndplateLine,
    HeightField,
    Landmarks,
    Pedicle,
    Vertebra,
    VertebraFrame,
)
from vertaug.case.volume import LabelMap, Scan, Volume
from vertaug.numerics.interpolation import resample_trilinear

FINE_MM = 0.75
"""Spacing of the grid a vertebra is kept on."""
_COARSE_MM = (1.5, 1.0, FINE_MM)
"""Spacings of the passes that turn the frame into place."""
_MARGIN_MM = 6.0
FLAT_MM = 12.0
"""Posterior wall below which a body no longer carries the height of its pedicles (design
default)."""

Axes = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VertebraInput:
    """What the analysis of one vertebra starts from.

    Attributes
    ----------
    bone : MaskDistance
        Of this vertebra.
    labels : LabelMap
        With all other labelled bone.
    points_lps_mm : (n, 3) float64 array
        Voxel centres of this vertebra.
    frame : VertebraFrame
        First estimate.
    """

    level: str
    bone: MaskDistance
    labels: LabelMap
    points_lps_mm: FloatArray
    frame: VertebraFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    """Canal, body and endplates found in one frame."""

    grid: Grid
    axes: Axes
    occupancy: NDArray[np.float32]
    canal: CanalAxis
    body: NDArray[np.bool_]
    border: PosteriorBorder
    superior: HeightField
    inferior: HeightField


def analyse_vertebra(start: VertebraInput, scan: Scan) -> Vertebra:
    """Find the parts of one vertebra.

    The frame is turned into place in three passes: look through the canal, cut the body, fit
    its endplates, find the mirror plane; then everything is measured on the fine grid.

    Raises
    ------
    AnatomyError
        If canal, body or endplates cannot be found.
    """
    frame = start.frame
    for spacing in _COARSE_MM:
        frame = _improve_frame(_find_parts(start, frame, spacing), frame, scan)
    parts = _find_parts(start, frame, FINE_MM)
    return _measure(start, parts, frame, scan)


def _find_parts(start: VertebraInput, frame: VertebraFrame, spacing_mm: float) -> _Parts:
    grid = local_grid(frame, start.points_lps_mm, spacing_mm, _MARGIN_MM)
    axes = local_coordinates(grid, frame)
    occupancy = occupancy_on(start.bone, grid)
    canal = find_canal_axis(occupancy > 0.5, axes, 24.0 if spacing_mm > 1.2 else 12.0)
    if canal is None:
        message = f"{start.level}: no vertebral canal is seen; is the mask a whole vertebra?"
        raise AnatomyError(message)
    body, border = find_body(occupancy, axes, canal)
    superior, inferior = find_endplates(occupancy, body, axes)
    return _Parts(
        grid=grid,
        axes=axes,
        occupancy=occupancy,
        canal=canal,
        body=body,
        border=border,
        superior=superior,
        inferior=inferior,
    )


def _improve_frame(parts: _Parts, frame: VertebraFrame, scan: Scan) -> VertebraFrame:
    """Origin to the body's centroid, z to the endplates' mid-plane, y into the mirror plane."""
    z = _mid_plane_normal(parts.superior, parts.inferior)
    # the planes of the mask are the steadier ones, above all in a broken plate, until thick
    # slices make them come in steps
    share = thick_share(spacing_along(scan.grid, frame.axes[:, 2]))
    if share > 0.0:
        superior = refine_surface(parts.superior, scan, frame, axis=2, outward=1.0)
        inferior = refine_surface(parts.inferior, scan, frame, axis=2, outward=-1.0)
        z = (1.0 - share) * z + share * _mid_plane_normal(superior, inferior)
    x, y, _ = parts.axes
    behind = parts.border.canal_y_mm + 4.0
    part = (parts.occupancy > 0.5) & (y[None, :, None] < behind)
    height = parts.body.any(axis=(0, 1))
    part &= height & (np.abs(x[:, None, None]) < 40.0)
    turn, _ = find_mirror_turn(parts.occupancy, part, parts.axes)
    posterior = np.array([np.sin(turn), np.cos(turn), 0.0])
    index = np.argwhere(parts.body).mean(axis=0)
    return orthonormal_frame(
        parts.grid.to_world(index),
        frame.direction_to_world(posterior),
        frame.direction_to_world(z),
    )


def _mid_plane_normal(superior: HeightField, inferior: HeightField) -> FloatArray:
    return fit_plane(superior).normal + fit_plane(inferior).normal


def _measure(start: VertebraInput, parts: _Parts, frame: VertebraFrame, scan: Scan) -> Vertebra:
    place = (parts.axes, frame)
    pedicles = [
        find_pedicle(parts.occupancy, parts.body, parts.border, place, side)
        for side in ("left", "right")
    ]
    canal = fill_canal(parts.occupancy > 0.5, parts.body, parts.canal, parts.axes)
    regions = mark_regions(parts.occupancy > 0.5, parts.body, canal, pedicles, place)
    fields = (
        refine_endplate(parts.superior, scan, frame, upper=True),
        refine_endplate(parts.inferior, scan, frame, upper=False),
    )
    walls = (
        find_surface(parts.occupancy, parts.body, parts.axes, 1, last=False),
        find_surface(parts.occupancy, parts.body, parts.axes, 1, last=True),
    )
    # behind, veins leave the wall and its ridge breaks off: there the mask is the steadier one
    seen_walls = (refine_surface(walls[0], scan, frame, axis=1, outward=-1.0), walls[1])
    points, profiles = find_landmarks(
        fields, seen_walls, spacing_along(scan.grid, frame.axes[:, 2])
    )
    planes = (fit_plane(fields[0]), fit_plane(fields[1]))
    plates = [
        _endplate(field, plane, fit_endplate_line(profile, frame), frame)
        for field, plane, profile in zip(fields, planes, profiles, strict=True)
    ]
    hu = resample_trilinear(scan.hu, index_map(scan.grid, parts.grid), parts.grid.shape, -1024.0)
    return Vertebra(
        level=start.level,
        complete=True,
        cut_by=(),
        frame=frame,
        regions=Volume(values=regions, grid=parts.grid),
        occupancy=Volume(values=parts.occupancy, grid=parts.grid),
        neighbours=Volume(
            values=find_other_bone(start.labels, start.level, parts.grid), grid=parts.grid
        ),
        hu=Volume(values=hu, grid=parts.grid),
        superior=plates[0],
        inferior=plates[1],
        anterior_wall=walls[0],
        posterior_wall=_posterior_wall(walls[1], parts.border),
        landmarks=to_world(points, frame),
        left_pedicle=pedicles[0],
        right_pedicle=pedicles[1],
        body_volume_mm3=measure_body_volume(parts.occupancy, parts.body, parts.border, parts.axes),
        notes=_notes(parts, pedicles, to_world(points, frame)),
    )


def _endplate(
    field: HeightField, plane: FittedPlane, line: EndplateLine, frame: VertebraFrame
) -> Endplate:
    return Endplate(
        surface=field,
        normal=frame.direction_to_world(plane.normal),
        centre_lps_mm=frame.to_world([0.0, 0.0, plane.offset_mm]),
        line=line,
    )


def _posterior_wall(wall: HeightField, border: PosteriorBorder) -> HeightField:
    """Posterior wall where it faces the canal; beside it the body runs into the pedicles."""
    beside = np.abs(wall.u_mm[:, None] - border.canal_x_mm[None, :])
    facing = beside < 0.85 * border.canal_half_width_mm
    height = np.where(facing, wall.height_mm, np.nan)
    return HeightField(u_mm=wall.u_mm, v_mm=wall.v_mm, height_mm=height)


def _notes(parts: _Parts, pedicles: list[Pedicle | None], landmarks: Landmarks) -> tuple[str, ...]:
    notes = []
    back = float(np.linalg.norm(landmarks.superior_posterior - landmarks.inferior_posterior))
    if back < FLAT_MM:
        notes.append(
            f"the body is crushed to {back:.0f} mm at its posterior wall: size and axis of the "
            "pedicles, and margins near them, are rough"
        )
    if parts.canal.closing_mm > 0:
        notes.append(
            "the mask leaves the canal open; gaps of the arch up to "
            f"{parts.canal.closing_mm:.0f} mm were bridged to find it"
        )
    for side, pedicle in zip(("left", "right"), pedicles, strict=True):
        if pedicle is None:
            notes.append(f"the {side} pedicle was not found: no bone joins body and arch there")
    return tuple(notes)
