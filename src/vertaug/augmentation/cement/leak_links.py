"""From walls, veins, fissures and needle tracks to one way out of every cell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.survey import BoneSurvey
from vertaug.augmentation.cement.veins import NeedleTrack, Way, follow_track
from vertaug.case.grid import FloatArray, Grid
from vertaug.numerics.flow_cells import POROUS

_SAMPLES_PER_MM = 4.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellLinks:
    """Ways out of every cell.

    Attributes
    ----------
    conductance_mm3 : (ni, nj, nk) float64 array
        Times viscosity, of all of them.
    thin_mm3 : (ni, nj, nk) float64 array
        Of veins, fissures and needle tracks only.
    room_mm3 : (ni, nj, nk) float64 array
        What these hold.
    thin_shear_per_mm3 : (ni, nj, nk) float64 array
        Shear rate at their walls by the flow that leaves the cell through them.
    path : (ni, nj, nk) uint8 array
        `LeakPath` of the widest.
    exit_lps_mm : (ni, nj, nk, 3) float32 array
        Where the widest one of that path opens on the surface of the bone; NaN without any.
    """

    conductance_mm3: FloatArray
    thin_mm3: FloatArray
    room_mm3: FloatArray
    thin_shear_per_mm3: FloatArray
    path: NDArray[np.uint8]
    exit_lps_mm: NDArray[np.float32]


def find_tracks(survey: BoneSurvey, tracks: tuple[NeedleTrack, ...]) -> tuple[Way, ...]:
    """Return the gaps around needles as ways out.

    Parameters
    ----------
    survey : BoneSurvey
    tracks : tuple of NeedleTrack
    """
    found = []
    frame, grid = survey.vertebra.frame, survey.bone.grid
    for track in tracks:
        entry, tip = frame.to_local(track.entry_lps_mm), frame.to_local(track.tip_lps_mm)
        count = max(int(_SAMPLES_PER_MM * np.linalg.norm(entry - tip)), 2)
        places = np.linspace(tip, entry, count)
        region = survey.bone.region[_cells_at(grid, frame.to_world(places))]
        found.append(follow_track(entry, tip, track, region == POROUS))
    return tuple(way for way in found if way is not None)


def _cells_at(grid: Grid, points_lps_mm: FloatArray) -> tuple[NDArray[np.int64], ...]:
    """Nearest cells of points (n, 3), held within the grid."""
    index = np.floor(grid.to_index(points_lps_mm) + 0.5).astype(np.int64)
    return tuple(np.clip(index, 0, np.array(grid.shape) - 1).T)


def sum_ways(
    survey: BoneSurvey,
    permeability: FloatArray,
    ratios: FloatArray,
    vein_length_mm: float,
    ways: tuple[Way, ...],
) -> CellLinks:
    """Return the ways out of every cell.

    Parameters
    ----------
    survey : BoneSurvey
    permeability : (ni, nj, nk) float64 array
        Across, mm2; 0 in sealed cells.
    ratios : (3,) float64 array
        Of the permeability along each axis.
    vein_length_mm : float
        Of the vein behind a foramen that the CT shows.
    ways : tuple of Way
    """
    wall, shape = survey.wall, survey.bone.grid.shape
    cell = np.ravel_multi_index(tuple(wall.cell.T), shape)
    through = _through_wall(survey, permeability.ravel()[cell] * ratios[wall.axis], vein_length_mm)
    parts = [(cell, through, wall.path, wall.points.place_mm)]
    thin, room, shear = np.zeros((3, permeability.size))
    for way in ways:
        places, share = _spread_way(survey, permeability, way)
        mouth = np.broadcast_to(way.mouth_mm, (len(places), 3))
        parts.append((places, share, np.full(len(places), way.path, dtype=np.uint8), mouth))
        np.add.at(thin, places, share)
        np.add.at(room, places, way.room_mm3 * share / share.sum())
        # the flow through a cell's share of a way is that share of the flow through the whole
        np.add.at(shear, places, way.shear_per_mm3 * share.sum() * share)
    cells, values, paths, mouths = (np.concatenate(p) for p in zip(*parts, strict=True))
    total, best = np.zeros(permeability.size), np.zeros(permeability.size)
    path = np.zeros(permeability.size, dtype=np.uint8)
    for leak in LeakPath:
        of = paths == leak
        amount = np.bincount(cells[of], weights=values[of], minlength=total.size)
        total += amount
        path[amount > best] = leak
        best = np.maximum(best, amount)
    return CellLinks(
        conductance_mm3=total.reshape(shape),
        thin_mm3=thin.reshape(shape),
        room_mm3=room.reshape(shape),
        thin_shear_per_mm3=np.divide(
            shear, thin**2, out=np.zeros_like(thin), where=thin > 0.0
        ).reshape(shape),
        path=path.reshape(shape),
        exit_lps_mm=_widest_exits(survey, (cells, values, mouths), paths == path[cells]),
    )


def _widest_exits(
    survey: BoneSurvey,
    ways: tuple[NDArray[np.int64], FloatArray, FloatArray],
    chosen: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Return the mouth of the widest chosen way of each cell in LPS mm, NaN without one."""
    cells, values, mouths = (part[chosen] for part in ways)
    # of several ways of one cell the last one written stays
    order = np.argsort(values, kind="stable")
    order = order[values[order] > 0.0]
    shape = survey.bone.grid.shape
    out = np.full((int(np.prod(shape)), 3), np.nan, dtype=np.float32)
    out[cells[order]] = survey.vertebra.frame.to_world(mouths[order])
    return out.reshape(*shape, 3)


def _through_wall(survey: BoneSurvey, own: FloatArray, vein_length_mm: float) -> FloatArray:
    """Conductance times viscosity of each face, ``own`` its cell's permeability across it, in mm3.

    Half a cell and the shell in series; behind the basivertebral foramen a vein as wide as it.
    """
    wall = survey.wall
    half = 0.5 * survey.bone.grid.spacing_mm[wall.axis]
    plate = survey.setting.endplate_permeability.value
    shell = np.where(wall.path == LeakPath.D, plate, survey.setting.shell_permeability.value)
    in_shell = np.where(wall.opened, 0.0, wall.thickness_mm) / np.maximum(shell, 1e-30)
    resistance = half / own + in_shell
    foramen = wall.path == LeakPath.B
    area = float(wall.area_mm2[foramen].sum())
    if area > 0.0:
        # Poiseuille in a tube of that area: area^2 / (8 pi L), per area
        resistance[foramen] += 8.0 * np.pi * vein_length_mm / area
    passes = wall.opened | (shell > 0.0)
    return np.asarray(np.where(passes, wall.area_mm2 / resistance, 0.0))


def _spread_way(
    survey: BoneSurvey, permeability: FloatArray, way: Way
) -> tuple[NDArray[np.int64], FloatArray]:
    """Cells that a way draws from, and its conductance shared between them."""
    count = max(int(_SAMPLES_PER_MM * np.linalg.norm(way.inner_mm - way.mouth_mm)), 1)
    places = way.mouth_mm + (np.arange(count)[:, None] + 0.5) / count * (
        way.inner_mm - way.mouth_mm
    )
    grid = survey.bone.grid
    index = np.ravel_multi_index(
        _cells_at(grid, survey.vertebra.frame.to_world(places)), grid.shape
    )
    index = index[permeability.ravel()[index] > 0.0]
    if len(index) == 0:
        distance = np.linalg.norm(
            grid.to_index(survey.vertebra.frame.to_world(way.mouth_mm)) - survey.wall.cell, axis=1
        )
        nearest = survey.wall.cell[int(np.argmin(distance))]
        index = np.atleast_1d(np.ravel_multi_index(tuple(nearest), grid.shape))
    draw = way.draw_from_bone(permeability.ravel()[index])
    whole = 1.0 / (1.0 / way.own_mm3 + 1.0 / float(draw.sum()))
    return index, np.asarray(whole * draw / draw.sum())
