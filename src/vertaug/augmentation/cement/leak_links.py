"""From walls, veins, fissures and needle tracks to the ways out of every cell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.needle_track import NeedleTrack, follow_track
from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.survey import BoneSurvey
from vertaug.augmentation.cement.thin_links import ThinLinks, join_links, link_way
from vertaug.augmentation.cement.way_out import Way
from vertaug.case.grid import FloatArray, Grid
from vertaug.numerics.flow_cells import POROUS

_SAMPLES_PER_MM = 4.0
_AROUND = 16
"""Places around a vein."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WallLinks:
    """Ways out of every cell through shell, endplates and missing walls.

    Attributes
    ----------
    conductance_mm3 : (ni, nj, nk) float64 array
        Times viscosity.
    path : (ni, nj, nk) uint8 array
        `LeakPath` of the widest.
    exit_lps_mm : (ni, nj, nk, 3) float32 array
        Where the widest one of that path opens on the surface of the bone; NaN without any.
    """

    conductance_mm3: FloatArray
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


def link_ways(survey: BoneSurvey, permeability: FloatArray, ways: tuple[Way, ...]) -> ThinLinks:
    """Return the links of cells to veins, fissures and needle tracks.

    Parameters
    ----------
    survey : BoneSurvey
    permeability : (ni, nj, nk) float64 array
        Across, mm2; 0 in sealed cells.
    ways : tuple of Way
    """
    return join_links([_link_way(survey, permeability, way) for way in ways])


def link_wall(survey: BoneSurvey, permeability: FloatArray, ratios: FloatArray) -> WallLinks:
    """Return the ways out of every cell through the wall.

    Parameters
    ----------
    survey : BoneSurvey
    permeability : (ni, nj, nk) float64 array
        Across, mm2; 0 in sealed cells.
    ratios : (3,) float64 array
        Of the permeability along each axis.
    """
    wall, shape = survey.wall, survey.bone.grid.shape
    cell = np.ravel_multi_index(tuple(wall.cell.T), shape)
    values = _through_wall(survey, permeability.ravel()[cell] * ratios[wall.axis])
    total, best = np.zeros(permeability.size), np.zeros(permeability.size)
    path = np.zeros(permeability.size, dtype=np.uint8)
    for leak in LeakPath:
        of = wall.path == leak
        amount = np.bincount(cell[of], weights=values[of], minlength=total.size)
        total += amount
        path[amount > best] = leak
        best = np.maximum(best, amount)
    ways = (cell, values, wall.points.place_mm)
    return WallLinks(
        conductance_mm3=total.reshape(shape),
        path=path.reshape(shape),
        exit_lps_mm=_widest_exits(survey, ways, wall.path == path[cell]),
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


def _through_wall(survey: BoneSurvey, own: FloatArray) -> FloatArray:
    """Conductance times viscosity of each face, ``own`` its cell's permeability across it, in mm3.

    Half a cell and the shell in series; a basivertebral foramen is a vein and not a part of the
    wall.
    """
    wall = survey.wall
    half = 0.5 * survey.bone.grid.spacing_mm[wall.axis]
    plate = survey.setting.endplate_permeability.value
    shell = np.where(wall.path == LeakPath.D, plate, survey.setting.shell_permeability.value)
    in_shell = np.where(wall.opened, 0.0, wall.thickness_mm) / np.maximum(shell, 1e-30)
    passes = (wall.opened | (shell > 0.0)) & (wall.path != LeakPath.B)
    return np.asarray(np.where(passes, wall.area_mm2 / (half / own + in_shell), 0.0))


def _link_way(survey: BoneSurvey, permeability: FloatArray, way: Way) -> ThinLinks:
    """Return the links of the cells that a way draws from: along it, or the nearest at the wall."""
    grid, frame = survey.bone.grid, survey.vertebra.frame
    cell_mm = float(np.prod(grid.spacing_mm)) ** (1.0 / 3.0)
    reach = float(np.linalg.norm(way.inner_mm - way.mouth_mm))
    count = max(int(_SAMPLES_PER_MM * (way.length_mm if way.slit_mm is not None else reach)), 1)
    along = np.asarray((np.arange(count) + 0.5) / count, dtype=np.float64)
    around = np.asarray((np.arange(_AROUND) + 0.5) * (2.0 * np.pi / _AROUND), dtype=np.float64)
    places = frame.to_world(way.places_mm(along, around, cell_mm))
    cell = np.stack(_cells_at(grid, places), axis=-1)
    to_mouth = np.repeat(along, len(places) // count) * reach
    inside = permeability[tuple(cell.T)] > 0.0
    mouth = frame.to_world(way.mouth_mm)
    if way.slit_mm is not None:
        cell = survey.wall.cell[_nearest(survey.wall.cell, grid.to_index(places), grid.spacing_mm)]
    elif inside.any():
        cell, to_mouth = cell[inside], to_mouth[inside]
    else:
        cell = survey.wall.cell[
            _nearest(survey.wall.cell, grid.to_index(mouth[None]), grid.spacing_mm)
        ]
        to_mouth = np.zeros(1)
    return link_way(
        way,
        cell,
        permeability[tuple(cell.T)],
        to_mouth,
        cell_mm=cell_mm,
        exit_lps_mm=mouth if way.exit_mm is None else frame.to_world(way.exit_mm),
    )


def _nearest(
    cells: NDArray[np.int64], index: FloatArray, spacing_mm: FloatArray
) -> NDArray[np.int64]:
    """Return the numbers of the cells nearest to places (n, 3), given as indices."""
    away = np.linalg.norm((index[:, None] - cells) * spacing_mm, axis=-1)
    return np.asarray(np.argmin(away, axis=1))
