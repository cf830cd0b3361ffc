"""The injection under the fluoroscope: cement of a filling frame by frame, needles in place.

Position, exposure and grey scale are those of the view for all frames, so that what gets darker is
cement. Only cement in the bone has a place; what leaked into a vein, the canal, a disc or soft
tissue is in no frame, and the images say so.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.filling import LEAK_PATHS, LEAST_LEAK_MM3, Filling
from vertaug.case.grid import FloatArray, Grid
from vertaug.fluoroscopy.matter import Cylinder, Matter, VoxelMatter, fill_share, voxel_matter
from vertaug.fluoroscopy.radiograph import Radiograph, show_view
from vertaug.fluoroscopy.view import FixedView
from vertaug.numerics.interpolation import resample_trilinear
from vertaug.tissue.material import Material

_FINEST_MM = 0.5
"""Cells of a filling are refined to this, or their edges would show on the image."""


def filling_matter(
    cement_share: NDArray[np.floating],
    grid: Grid,
    material: Material,
    needles: Sequence[Matter] = (),
) -> VoxelMatter:
    """Return cement of a filling as matter, clear of needles.

    Parameters
    ----------
    cement_share : (ni, nj, nk) array
        Share of each cell's volume that is cement, of a `FillingFrame`.
    grid : Grid
        Of the filling.
    material : Material
        Of the product.
    needles : sequence of Matter
        What stands in the cement; `Cylinder` only is kept clear of.
    """
    return next(_fine_matter([np.asarray(cement_share)], grid, material, needles))


def filling_steps(
    filling: Filling,
    material: Material,
    needles: Sequence[Matter] = (),
    images: int | None = None,
) -> Iterator[tuple[Matter, ...]]:
    """Yield what stands in the patient while the cement comes in, for `record`.

    Parameters
    ----------
    filling : Filling
    material : Material
    needles : sequence of Matter
        In place all the time.
    images : int, optional
        From no cement to all of it, at equal steps of the volume, cement between two frames
        blended in proportion; default: the frames as they are.

    Raises
    ------
    InputError
        If fewer than two images are asked for.
    """
    if images is not None and images < 2:
        message = f"a film of an injection has at least two images; got {images}"
        raise InputError(message)
    fields = (
        [frame.cement_share for frame in filling.frames]
        if images is None
        else [_blend(filling, v) for v in np.linspace(0.0, filling.injected_mm3, images)]
    )
    for share, cement in zip(
        fields, _fine_matter(fields, filling.grid, material, needles), strict=True
    ):
        yield (*needles, cement) if share.any() else tuple(needles)


def show_filling(
    view: FixedView,
    filling: Filling,
    material: Material,
    needles: Sequence[Matter] = (),
    rng: np.random.Generator | None = None,
) -> tuple[Radiograph, ...]:
    """Take one radiograph of each frame of a filling from a fixed position.

    Parameters
    ----------
    view : FixedView
        Its grey scale, fitted to the patient without cement, serves all images.
    filling : Filling
    material : Material
        Of the product, as `vertaug.augmentation.cement.radiopacity.xray_material` gives it.
    needles : sequence of Matter
        Left in place, as `cannula_in_place` returns them.
    rng : numpy.random.Generator, optional
        Source of quantum noise; without it the images have none.

    Returns
    -------
    tuple of Radiograph
        Their notes give the volume, and what left the bone and is not shown.
    """
    return show_frames(view, filling, filling_steps(filling, material, needles), rng)


def show_frames(
    view: FixedView,
    filling: Filling,
    steps: Iterable[Sequence[Matter]],
    rng: np.random.Generator | None = None,
) -> tuple[Radiograph, ...]:
    """Take the radiographs of `show_filling` with what is to be added to the view at each frame.

    Parameters
    ----------
    view : FixedView
    filling : Filling
    steps : iterable of sequences of Matter
    rng : numpy.random.Generator, optional
    """
    images = []
    for number, matter in enumerate(steps):
        image = show_view(view, matter, rng)
        images.append(replace(image, note=frame_note(filling, number)))
    return tuple(images)


def frame_note(filling: Filling, number: int) -> str:
    """Return what is to be known of the image of a frame.

    Parameters
    ----------
    filling : Filling
    number : int
        Of the frame, from 0.
    """
    frame = filling.frames[number]
    text = (
        f"Cement of a simulated injection, {frame.injected_mm3 / 1000.0:.2f} ml after "
        f"{frame.time_s:.0f} s."
    )
    leaked = _leaked_mm3(filling, frame.time_s)
    if leaked >= LEAST_LEAK_MM3:
        text += f" {leaked / 1000.0:.2f} ml that left the bone are not shown."
    return text


def _leaked_mm3(filling: Filling, time_s: float) -> float:
    curve = filling.curve
    return sum(
        float(np.interp(time_s, curve.time_s, curve.leaked_mm3[:, path]))
        for path in range(len(LEAK_PATHS))
    )


def _fine_matter(
    fields: Sequence[NDArray[np.floating]],
    grid: Grid,
    material: Material,
    needles: Sequence[Matter],
) -> Iterator[VoxelMatter]:
    """Yield shares of cement as matter, on finer cells around all of it."""
    filled = np.argwhere(np.any([share > 0.0 for share in fields], axis=0))
    if not len(filled):
        filled = np.zeros((1, 3), dtype=np.int64)
    first = np.maximum(filled.min(axis=0) - 1, 0)
    last = np.minimum(filled.max(axis=0) + 2, grid.shape)
    fine = _refine(
        grid.crop(
            (int(first[0]), int(first[1]), int(first[2])),
            (int(last[0]), int(last[1]), int(last[2])),
        )
    )
    index_map = np.linalg.inv(grid.affine) @ fine.affine
    free = _clearance(fine, needles)
    for share in fields:
        found = resample_trilinear(share, index_map, fine.shape)
        yield voxel_matter(found * free, fine, material)


def _blend(filling: Filling, volume_mm3: float) -> NDArray[np.float32]:
    """Return the cement at a volume, between the frames before and after."""
    volumes = np.array([0.0, *(frame.injected_mm3 for frame in filling.frames)])
    after = int(np.clip(np.searchsorted(volumes, volume_mm3), 1, len(volumes) - 1))
    span = volumes[after] - volumes[after - 1]
    part = np.float32((volume_mm3 - volumes[after - 1]) / span if span > 0.0 else 1.0)
    last = filling.frames[after - 1].cement_share
    first = np.zeros_like(last) if after == 1 else filling.frames[after - 2].cement_share
    return np.asarray((np.float32(1.0) - part) * first + part * last, dtype=np.float32)


def _refine(grid: Grid) -> Grid:
    """Return the grid with each cell cut into equal parts."""
    parts = np.maximum(np.ceil(grid.spacing_mm / _FINEST_MM - 1e-9), 1.0)
    affine = np.array(grid.affine)
    affine[:3, :3] /= parts
    affine[:3, 3] = grid.to_world(0.5 / parts - 0.5)
    i, j, k = (int(n * p) for n, p in zip(grid.shape, parts, strict=True))
    return Grid(shape=(i, j, k), affine=affine)


def _clearance(grid: Grid, needles: Sequence[Matter]) -> FloatArray:
    """Return how much of each voxel the needles leave free."""
    free = np.ones(grid.shape)
    for needle in needles:
        if isinstance(needle, Cylinder):
            free *= 1.0 - fill_share(needle, grid)
    return free
