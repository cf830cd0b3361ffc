"""The bone that cement meets after balloons: moved, compacted about a cavity, with walls anew.

The survey is that of the vertebra where its bone is now, so that wall, openings, veins and gas lie
where it went. What it holds at a place is looked up where the bone came from; that bone was pressed
into less room, or drawn into more, is told by the eighths of the balloon's voxels: each takes along
what it holds, and what is spread to be smooth is spread over the room that is left beside the
cavity, which keeps its sum.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.cavity import cavity_in_eighths, cavity_share, eighths_of
from vertaug.augmentation.balloon.foam_law import DENSEST_G_PER_ML
from vertaug.augmentation.balloon.surface import node_weights_at
from vertaug.augmentation.cement.bone_on_grid import BoneOnGrid
from vertaug.augmentation.cement.needle_track import NeedleTrack
from vertaug.augmentation.cement.porous_body import (
    BoneSetting,
    PorousBody,
    build_porous_body,
    open_void,
)
from vertaug.augmentation.cement.survey import BoneSurvey, survey_bone
from vertaug.augmentation.deflated_bone import DeflatedBone
from vertaug.augmentation.moved_vertebra import came_to, move_vertebra
from vertaug.case.bone_shift import BoneShift
from vertaug.case.density import DensityCalibration
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import Vertebra
from vertaug.numerics.flow_cells import POROUS
from vertaug.numerics.interpolation import sample_trilinear
from vertaug.numerics.volume_transfer import transfer_contents
from vertaug.tissue.bone_law import DensityKind, convert_density

_SMOOTHING_MM = 1.0
"""Over which what the eighths carry is spread: they part to several mm where bone was stretched
round the cavity (design default)."""
_LEAST_ROOM = 0.02
"""A cell with less left beside the cavity keeps its density: it hardly counts."""
_ROUNDING_MG_PER_ML = 1e-6
_TELL_MM3 = 10.0
"""Less cavity outside the bone is not told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Matter:
    """What was not drilled out, in the eighths of the balloon's voxels.

    Attributes
    ----------
    grid : Grid
        Of the eighths.
    place : (n, 3) float64 array
        Indices of it where each is now.
    cells, weights : (n, 8) arrays
        Numbers of the eighths about each of these places, and their shares in it.
    free : (ni, nj, nk) float64 array
        Share of each eighth beside the cavity.
    """

    grid: Grid
    place: FloatArray
    cells: NDArray[np.int64]
    weights: FloatArray
    free: FloatArray

    def deposit(self, amount: FloatArray) -> FloatArray:
        """Return amounts (n,) shared among the eighths, shape of the grid."""
        shared = (amount[:, None] * self.weights).ravel()
        held = np.bincount(self.cells.ravel(), shared, minlength=self.free.size)
        return np.asarray(held.reshape(self.grid.shape), dtype=np.float64)


def survey_deflated(
    vertebra: Vertebra,
    calibration: DensityCalibration | None,
    shift: BoneShift,
    scan_grid: Grid | None = None,
    *,
    spacing_mm: float = 1.0,
) -> BoneSurvey:
    """Survey a vertebra where its bone is after balloons; not yet compacted.

    Parameters
    ----------
    vertebra : Vertebra
        As the CT shows it.
    calibration, scan_grid, spacing_mm
        As in `survey_bone`.
    shift : BoneShift
        After the balloons were emptied.

    Raises
    ------
    InputError
        As `survey_bone`.
    """
    moved = move_vertebra(vertebra, shift)
    survey = survey_bone(moved, calibration, scan_grid, spacing_mm=spacing_mm)
    most = np.linalg.norm(came_to(shift, _wall_places(survey)), axis=-1).max(initial=0.0)
    told = (
        "wall, openings and veins are found and drawn where the balloons left the bone; at the "
        f"wall it moved by at most {most:.1f} mm"
    )
    return replace(survey, notes=(*survey.notes, told))


def compact_survey(survey: BoneSurvey, found: DeflatedBone) -> tuple[BoneSurvey, FloatArray]:
    """Return a survey with its bone compacted about the cavities, and their share of its cells.

    Parameters
    ----------
    survey : BoneSurvey
        Of the vertebra where its bone is after the balloons.
    found : DeflatedBone

    Raises
    ------
    InputError
        If the balloon's voxels are not cubic.
    """
    bone = survey.bone
    void = cavity_share(found.cavities, found.voxels, bone.grid)
    if not found.cavities and not found.moved_mm.any():
        return survey, void
    matter = _moved_matter(found)
    whole, core = (
        _compacted(density, _apparent_of(bone, density, matter), matter, bone)
        for density in (bone.density_mg_per_ml, bone.cancellous_mg_per_ml)
    )
    compacted = replace(
        survey,
        bone=replace(bone, density_mg_per_ml=whole, cancellous_mg_per_ml=core),
        notes=survey.notes + _notes(bone, void),
    )
    return compacted, void


def porous_body_after_balloon(
    survey: BoneSurvey,
    share: FloatArray,
    rng: np.random.Generator,
    setting: BoneSetting | None = None,
    tracks: tuple[NeedleTrack, ...] = (),
) -> PorousBody:
    """Return a porous body with a cavity in it and its own draw of all that is drawn.

    Parameters
    ----------
    survey : BoneSurvey
        After the balloon.
    share : (ni, nj, nk) float64 array
        Share of each of its cells that is cavity.
    rng, setting, tracks
        As in `build_porous_body`.

    Raises
    ------
    InputError
        If no cell has a way out, or the shares are not on the survey's grid.
    """
    body = build_porous_body(survey, rng, setting, tracks)
    return open_void(body, share) if share.any() else body


def _wall_places(survey: BoneSurvey) -> FloatArray:
    """Return the places of the wall in LPS mm, (n, 3)."""
    return survey.vertebra.frame.to_world(survey.wall.points.place_mm)


def _moved_matter(found: DeflatedBone) -> _Matter:
    grid = eighths_of(found.voxels)
    kept = ~found.drilled
    place = np.argwhere(kept) + found.moved_mm[kept] / float(grid.spacing_mm[0])
    # what has left the grid lies in none of its cells
    place = place[((place >= -0.5) & (place <= np.array(grid.shape) - 0.5)).all(axis=1)]
    cells, weights = node_weights_at(place, 1.0, grid.shape)
    free = 1.0 - cavity_in_eighths(found.cavities, grid)
    return _Matter(grid=grid, place=place, cells=cells, weights=weights, free=free)


def _apparent_of(
    bone: BoneOnGrid, density: FloatArray, matter: _Matter
) -> tuple[FloatArray, FloatArray]:
    """Return the apparent density that the survey holds in each eighth, and where each has gone."""
    everywhere = np.moveaxis(np.indices(matter.grid.shape), 0, -1)
    here, gone = (matter.grid.to_world(place) for place in (everywhere, matter.place))
    return _apparent_at(bone, density, here), _apparent_at(bone, density, gone)


def _apparent_at(bone: BoneOnGrid, density: FloatArray, places_lps_mm: FloatArray) -> FloatArray:
    """Return the apparent density at places, mg/ml; gas has none."""
    index = np.clip(bone.grid.to_index(places_lps_mm), 0.0, np.array(bone.grid.shape) - 1.0)
    held = convert_density(
        sample_trilinear(density, index), DensityKind.K2HPO4, DensityKind.APPARENT
    )
    matter = np.clip(1.0 - sample_trilinear(bone.gas_share, index), 0.0, 1.0)
    return np.asarray(np.maximum(held, 0.0) * matter)


def _compacted(
    density: FloatArray,
    apparent: tuple[FloatArray, FloatArray],
    matter: _Matter,
    bone: BoneOnGrid,
) -> FloatArray:
    """Return a density of the survey, mg/ml, changed where porous bone was pressed or drawn."""
    grid = bone.grid
    index_map = np.linalg.inv(grid.affine) @ matter.grid.affine
    free, (expected, brought) = matter.free, apparent
    room, _ = transfer_contents(free, index_map, grid.shape)
    kept = room * matter.grid.voxel_volume_mm3 > _LEAST_ROOM * grid.voxel_volume_mm3
    kept &= bone.region == POROUS
    means = []
    for amount in (expected * free, matter.deposit(brought)):
        held, _ = transfer_contents(
            _spread(amount, free, matter.grid) * free, index_map, grid.shape
        )
        mean = np.divide(held, room, out=np.zeros(grid.shape), where=kept)
        means.append(convert_density(mean, DensityKind.APPARENT, DensityKind.K2HPO4))
    none = convert_density(0.0, DensityKind.APPARENT, DensityKind.K2HPO4)
    least, most = np.minimum(density, none), np.maximum(density, 1000.0 * DENSEST_G_PER_ML)
    change = means[1] - means[0]
    kept &= np.abs(change) > _ROUNDING_MG_PER_ML
    return np.where(kept, np.clip(density + change, least, most), density)


def _spread(amount: FloatArray, free: FloatArray, grid: Grid) -> FloatArray:
    """Return amounts spread over the free room, per room: their sum is kept."""
    room = _smooth(free, grid)
    return _smooth(np.divide(amount, room, out=np.zeros_like(room), where=room > 1e-3), grid)


def _smooth(values: FloatArray, grid: Grid) -> FloatArray:
    from scipy.ndimage import gaussian_filter

    sigma = _SMOOTHING_MM / float(grid.spacing_mm[0])
    return np.asarray(gaussian_filter(values, sigma, mode="nearest", truncate=3.0))


def _notes(bone: BoneOnGrid, share: FloatArray) -> tuple[str, ...]:
    porous = bone.region == POROUS
    volume = share * bone.grid.voxel_volume_mm3
    made = (
        f"the balloons left a cavity of {volume[porous].sum() / 1000.0:.1f} ml and compacted the "
        "bone about it; veins in that bone are drawn as in other bone"
    )
    lost = float(volume[~porous].sum())
    if lost <= _TELL_MM3:
        return (made,)
    left_out = (
        f"{lost / 1000.0:.2f} ml of the cavity lie outside the bone that cement can fill and are "
        "left out"
    )
    return made, left_out
