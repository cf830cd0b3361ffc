"""The cavity that a balloon leaves and the bone compacted about it, as the cement meets them.

Every point of bone takes along what the survey of the CT holds where it came from. Outside the
bone the survey continues its densities, and what is there moves with the nearest bone, so that a
wall that moves a little does not look like bone that grew denser. What is spread to be smooth is
spread over the room that is left beside the cavity, which keeps its sum.
"""

from dataclasses import dataclass, replace

import numpy as np

from vertaug.augmentation.balloon.bone_motion import check_same, places_in_world
from vertaug.augmentation.balloon.bone_points import BonePoints, PointGrid, inside_share
from vertaug.augmentation.balloon.foam_law import DENSEST_G_PER_ML
from vertaug.augmentation.balloon.surface import BalloonSurface, node_weights_at
from vertaug.augmentation.cement.bone_on_grid import BoneOnGrid
from vertaug.augmentation.cement.needle_track import NeedleTrack
from vertaug.augmentation.cement.porous_body import (
    BoneSetting,
    PorousBody,
    build_porous_body,
    open_void,
)
from vertaug.augmentation.cement.survey import BoneSurvey
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, Grid
from vertaug.numerics.flow_cells import POROUS
from vertaug.numerics.interpolation import sample_trilinear
from vertaug.numerics.volume_transfer import transfer_contents
from vertaug.tissue.bone_law import DensityKind, convert_density

_SMOOTHING_MM = 1.0
"""Over which what the points carry is spread: they part to several mm where bone was stretched
round the cavity (design default)."""
_AROUND_MM = 4.0
"""Of the surroundings that are taken along outside the bone."""
_LEAST_ROOM = 0.02
"""A cell with less left beside the cavity keeps its density: it hardly counts."""
_TELL_MM3 = 10.0
"""Less cavity outside the bone is not told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Matter:
    """Bone, discs and what surrounds them, before and after a balloon, on a fine grid.

    Attributes
    ----------
    grid : Grid
        Its cells are as large as what a point stands for.
    before, after : (n, 3) float64 arrays
        Indices of its cells.
    apparent : (2, n) float64 array
        Apparent density that each carries, mg/ml: with the cortex, and cancellous.
    free : tuple of two (ni, nj, nk) float64 arrays
        Share of each cell that matter can be in, before and after.
    """

    grid: Grid
    before: FloatArray
    after: FloatArray
    apparent: FloatArray
    free: tuple[FloatArray, FloatArray]


def cavity_share(cavities: tuple[BalloonSurface, ...], voxels: Grid, grid: Grid) -> FloatArray:
    """Return the share of each cell of a grid that lies within cavities.

    Parameters
    ----------
    cavities : tuple of BalloonSurface
        In mm from the corner of the balloon's grid.
    voxels : Grid
        Where its voxels lie.
    grid : Grid

    Raises
    ------
    InputError
        If the voxels are not cubic.
    """
    fine = _fine_grid(voxels)
    inside = _inside(cavities, fine) * fine.voxel_volume_mm3
    held, _ = transfer_contents(inside, np.linalg.inv(grid.affine) @ fine.affine, grid.shape)
    return np.clip(held / grid.voxel_volume_mm3, 0.0, 1.0)


def survey_after_balloon(
    survey: BoneSurvey,
    voxels: Grid,
    before: BonePoints,
    after: BonePoints,
    cavities: tuple[BalloonSurface, ...],
) -> BoneSurvey:
    """Return a survey with the bone compacted as the points were.

    The wall, its openings, veins, the porous region and gas stay as surveyed; the notes say how far
    the bone at the wall moved. Where nothing moved, nothing changes.

    Parameters
    ----------
    survey : BoneSurvey
    voxels : Grid
        Where the balloon's voxels lie.
    before, after : BonePoints
        The same points in the same order.
    cavities : tuple of BalloonSurface
        After the deflation, in mm from the corner of the balloon's grid.

    Raises
    ------
    InputError
        If the points are not the same or the voxels are not cubic.
    """
    check_same(before, after)
    if not cavities and np.array_equal(before.place_mm, after.place_mm):
        return survey
    bone = survey.bone
    matter = _moving_matter(bone, voxels, (before, after), cavities)
    share = cavity_share(cavities, voxels, bone.grid)
    whole, core = (
        _compacted(density, matter, number, bone.grid)
        for number, density in enumerate((bone.density_mg_per_ml, bone.cancellous_mg_per_ml))
    )
    return replace(
        survey,
        bone=replace(bone, density_mg_per_ml=whole, cancellous_mg_per_ml=core),
        notes=survey.notes + _notes(survey, voxels, (before, after), share),
    )


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
        As in `build_porous_body`; the same state draws the same bone as without a balloon.

    Raises
    ------
    InputError
        If no cell has a way out, or the shares are not on the survey's grid.
    """
    body = build_porous_body(survey, rng, setting, tracks)
    return open_void(body, share) if share.any() else body


def _fine_grid(voxels: Grid) -> Grid:
    """Return the cells that the points of bone stand for: half as long as the voxels."""
    spacing = voxels.spacing_mm
    if np.ptp(spacing) > 1e-6 * spacing[0]:
        message = f"a balloon needs cubic voxels; got {spacing.tolist()} mm"
        raise InputError(message)
    return voxels.halved()


def _inside(cavities: tuple[BalloonSurface, ...], fine: Grid) -> FloatArray:
    """Return the share of each fine cell within cavities; where two meet it counts once."""
    cells = PointGrid(shape=fine.shape, spacing_mm=float(fine.spacing_mm[0]))
    outside = np.ones(fine.shape)
    for cavity in cavities:
        outside *= 1.0 - inside_share(cavity, cells)
    return 1.0 - outside


def _moving_matter(
    bone: BoneOnGrid,
    voxels: Grid,
    points: tuple[BonePoints, BonePoints],
    cavities: tuple[BalloonSurface, ...],
) -> _Matter:
    """Return the points, and around the bone what moves with the nearest of them."""
    from scipy.ndimage import distance_transform_edt
    from scipy.spatial import cKDTree

    fine = _fine_grid(voxels)
    side = float(fine.spacing_mm[0])
    start, end = (p.place_mm / side - 0.5 for p in points)
    cell = np.clip(np.floor(start + 0.5).astype(np.int64), 0, np.array(fine.shape) - 1)
    empty = np.ones(fine.shape, dtype=bool)
    empty[tuple(cell.T)] = False
    cavity = _inside(cavities, fine)
    drilled = empty & (cavity > 0.5)
    near = distance_transform_edt(empty, sampling=side) <= _AROUND_MM
    around = np.argwhere(empty & near & ~drilled).astype(np.float64)
    _, nearest = cKDTree(start).query(around)
    start, end = np.vstack([start, around]), np.vstack([end, around + (end - start)[nearest]])
    return _Matter(
        grid=fine,
        before=start,
        after=end,
        apparent=_apparent_at(bone, fine.to_world(start)),
        free=(np.where(drilled, 0.0, 1.0), 1.0 - cavity),
    )


def _apparent_at(bone: BoneOnGrid, places_lps_mm: FloatArray) -> FloatArray:
    """Return the apparent density that the survey holds at places, shape (2, n); gas has none."""
    index = np.clip(bone.grid.to_index(places_lps_mm), 0.0, np.array(bone.grid.shape) - 1.0)
    fields = (bone.density_mg_per_ml, bone.cancellous_mg_per_ml)
    density = np.stack([sample_trilinear(field, index) for field in fields])
    apparent = convert_density(density, DensityKind.K2HPO4, DensityKind.APPARENT)
    matter = np.clip(1.0 - sample_trilinear(bone.gas_share, index), 0.0, 1.0)
    return np.maximum(apparent, 0.0) * matter


def _compacted(density: FloatArray, matter: _Matter, number: int, grid: Grid) -> FloatArray:
    """Return a density of the survey, in mg/ml, changed by what its matter brought and took."""
    index_map = np.linalg.inv(grid.affine) @ matter.grid.affine
    means, kept = [], np.ones(grid.shape, dtype=bool)
    for place, free in zip((matter.before, matter.after), matter.free, strict=True):
        inside = _spread(_deposit(place, matter.apparent[number], matter.grid), free, matter.grid)
        held, _ = transfer_contents(inside * free, index_map, grid.shape)
        room, _ = transfer_contents(free, index_map, grid.shape)
        kept &= room * matter.grid.voxel_volume_mm3 > _LEAST_ROOM * grid.voxel_volume_mm3
        mean = np.divide(held, room, out=np.zeros(grid.shape), where=kept)
        means.append(convert_density(mean, DensityKind.APPARENT, DensityKind.K2HPO4))
    none = convert_density(0.0, DensityKind.APPARENT, DensityKind.K2HPO4)
    least, most = np.minimum(density, none), np.maximum(density, 1000.0 * DENSEST_G_PER_ML)
    return np.where(kept, np.clip(density + (means[1] - means[0]), least, most), density)


def _deposit(place: FloatArray, amount: FloatArray, grid: Grid) -> FloatArray:
    """Return amounts shared among the eight cells about each place, shape of the grid."""
    cells, weights = node_weights_at(place, 1.0, grid.shape)
    shared = np.bincount(
        cells.ravel(), (amount[:, None] * weights).ravel(), minlength=int(np.prod(grid.shape))
    )
    return np.asarray(shared.reshape(grid.shape), dtype=np.float64)


def _spread(amount: FloatArray, free: FloatArray, grid: Grid) -> FloatArray:
    """Return amounts spread over the free room, per room: their sum is kept."""
    room = _smooth(free, grid)
    return _smooth(np.divide(amount, room, out=np.zeros_like(room), where=room > 1e-3), grid)


def _smooth(values: FloatArray, grid: Grid) -> FloatArray:
    from scipy.ndimage import gaussian_filter

    sigma = _SMOOTHING_MM / float(grid.spacing_mm[0])
    return np.asarray(gaussian_filter(values, sigma, mode="constant", truncate=3.0))


def _notes(
    survey: BoneSurvey, voxels: Grid, points: tuple[BonePoints, BonePoints], share: FloatArray
) -> tuple[str, ...]:
    grid, porous = survey.bone.grid, survey.bone.region == POROUS
    volume = share * grid.voxel_volume_mm3
    most = _wall_movement(survey, voxels, points)
    cell = float(grid.spacing_mm.min())
    rough = f", more than a cell of {cell:.2g} mm: there they are rough" if most > cell else ""
    made = (
        f"the balloon left a cavity of {volume[porous].sum() / 1000.0:.1f} ml and compacted the "
        "bone about it; wall, openings and veins are those before it, and the bone at the wall "
        f"moved by at most {most:.1f} mm{rough}"
    )
    notes = [made]
    lost = float(volume[~porous].sum())
    if lost > _TELL_MM3:
        notes.append(
            f"{lost / 1000.0:.2f} ml of the cavity lie outside the bone that cement can fill and "
            "are left out"
        )
    return tuple(notes)


def _wall_movement(
    survey: BoneSurvey, voxels: Grid, points: tuple[BonePoints, BonePoints]
) -> float:
    """Return how far the bone in the cells of the wall moved at most, mm."""
    grid = survey.bone.grid
    at_wall = np.zeros(grid.shape, dtype=bool)
    at_wall[tuple(survey.wall.cell.T)] = True
    index = np.floor(grid.to_index(places_in_world(points[0], voxels)) + 0.5).astype(np.int64)
    held = ((index >= 0) & (index < grid.shape)).all(axis=1) & (points[0].elastic_mpa == 0.0)
    held[held] = at_wall[tuple(index[held].T)]
    moved = np.linalg.norm(points[1].place_mm - points[0].place_mm, axis=1)
    return float(moved[held].max(initial=0.0))
