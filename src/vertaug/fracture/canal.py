"""Retropulsion of the posterior wall and compromise of the canal (clinical reference 2.5)."""

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.measurement import PosteriorWall
from vertaug.case.spine import Region, Vertebra

# The wall between the pedicles is hollow; beside the midline it stands further back without
# being broken, so only this band is looked at.
_WALL_HALF_BAND_MM = 5.0
_CANAL_HALF_BAND_MM = 2.0
# Least share of the body's height over which the canal must be known.
_LEAST_SHARE = 0.3
_SMOOTHING_MM = 3.0


def measure_retropulsion(
    wall_points_mm: FloatArray, above_mm: FloatArray, below_mm: FloatArray
) -> float:
    """Return how far a wall lies behind the line through the neighbours' corners.

    Parameters
    ----------
    wall_points_mm : (n, 2) float64 array
        Points (y, z) of the posterior wall, y posterior, z superior.
    above_mm, below_mm : (2,) float64 arrays
        Inferior posterior corner of the body above, superior posterior corner of the one below.

    Returns
    -------
    float
        Largest distance behind the line in mm; 0 if the wall lies in front of it.
    """
    along = np.subtract(above_mm, below_mm)
    along = along / np.linalg.norm(along)
    behind = np.array([along[1], -along[0]])  # along turned to posterior: z up gives y positive
    distance = (np.asarray(wall_points_mm) - below_mm) @ behind
    return float(max(distance.max(initial=0.0), 0.0))


def compute_compromise(depth_mm: float, above_mm: float, below_mm: float) -> float:
    """Return ``(1 - depth / mean of above and below) * 100``, not below 0."""
    return max(100.0 * (1.0 - 2.0 * depth_mm / (above_mm + below_mm)), 0.0)


def measure_canal_depth(vertebra: Vertebra) -> float | None:
    """Return the smallest mid-sagittal antero-posterior depth of the canal over the body's height.

    From the posterior wall to the front of the laminae. Above and below the laminae, where
    ligament and not bone bounds the canal, the front of the nearest lamina is carried on. Depths
    are averaged over a band of 4 mm about the midline and 3 mm along the canal, so that one
    voxel does not decide. None if no lamina bounds the canal, or if it is known over less than a
    third of the height.
    """
    grid, frame = vertebra.regions.grid, vertebra.frame
    step = float(grid.spacing_mm[0])
    origin = frame.to_local(grid.to_world([0, 0, 0]))
    x = origin[0] + step * np.arange(grid.shape[0])
    z = origin[2] + step * np.arange(grid.shape[2])
    points = vertebra.landmarks
    low = frame.to_local(points.inferior_posterior)[2]
    high = frame.to_local(points.superior_posterior)[2]
    band = np.abs(x) <= max(_CANAL_HALF_BAND_MM, step)
    slices = (z >= low) & (z <= high)
    regions = np.asarray(vertebra.regions.values)[band][:, :, slices]
    share = np.asarray(vertebra.occupancy.values)[band][:, :, slices]
    front, back, bounded = _find_edges(regions, share)
    if not bounded.any() or bounded.size < 2:
        return None
    known = np.isfinite(front)
    if known.sum() < max(_LEAST_SHARE * known.size, 1):
        return None
    place = np.arange(bounded.size)
    nearest = np.abs(place[:, None] - place[bounded][None, :]).argmin(axis=1)
    depth = (back[bounded][nearest] - front) * step
    return _smallest_mean(depth[known], max(round(_SMOOTHING_MM / step), 1))


def _find_edges(
    regions: NDArray[np.uint8], share: NDArray[np.float32]
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return front and back of the canal by slice, and where bone lies behind it.

    Parameters
    ----------
    regions : (nx, ny, nz) uint8 array
        Region map about the midline.
    share : (nx, ny, nz) float32 array
        Share of bone; its 0.5 crossing places the edges between voxels.

    Returns
    -------
    front, back : (nz,) float64 arrays
        Mean index along y over the band; NaN where the canal is not seen over the whole band.
    bounded : (nz,) bool array
    """
    canal = regions == Region.CANAL
    size = canal.shape[1]
    seen = canal.any(axis=1)
    first = canal.argmax(axis=1)
    behind = size - canal[:, ::-1].argmax(axis=1)
    bone = np.isin(regions, (Region.ARCH, Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE))
    wall = np.take_along_axis(bone, np.minimum(behind, size - 1)[:, None], axis=1)[:, 0]
    whole = seen.all(axis=0)
    front = np.where(whole, _crossing(share, first - 1, first).mean(axis=0), np.nan)
    back = np.where(whole, _crossing(share, behind, behind - 1).mean(axis=0), np.nan)
    return front, back, whole & (wall & seen).all(axis=0)


def _crossing(
    share: NDArray[np.float32], bone: NDArray[np.intp], canal: NDArray[np.intp]
) -> FloatArray:
    """Index along y where the share of bone passes 0.5 between two neighbouring voxels.

    Half-way between them where it does not, as where no bone bounds the canal.
    """
    last = share.shape[1] - 1
    inner, outer = (
        np.take_along_axis(share, np.clip(n, 0, last)[:, None], axis=1)[:, 0] for n in (bone, canal)
    )
    crosses = (inner > 0.5) & (outer <= 0.5)
    part = np.where(crosses, (inner - 0.5) / np.maximum(inner - outer, 1e-6), 0.5)
    return np.asarray(bone + part * (canal - bone))


def _smallest_mean(values: FloatArray, width: int) -> float:
    width = min(width, values.size)
    return float(np.convolve(values, np.full(width, 1.0 / width), mode="valid").min())


def measure_posterior_wall(
    vertebra: Vertebra, above: Vertebra | None, below: Vertebra | None
) -> tuple[PosteriorWall, tuple[str, ...]]:
    """Return retropulsion and canal compromise of a level, and why a value is missing.

    Parameters
    ----------
    vertebra : Vertebra
        The level.
    above, below : Vertebra or None
        Complete adjacent levels.
    """
    depth = measure_canal_depth(vertebra)
    notes = (
        []
        if depth is not None
        else ["canal depth: no lamina bounds the canal behind the body of this level"]
    )
    retropulsion = reference = compromise = None
    if above is None or below is None:
        missing = "above" if above is None else "below"
        notes.append(
            f"retropulsion and canal compromise need a complete level above and below; {missing} "
            "is missing"
        )
    else:
        retropulsion = _retropulsion(vertebra, above, below)
        upper, lower = measure_canal_depth(above), measure_canal_depth(below)
        if upper is not None and lower is not None:
            reference = 0.5 * (upper + lower)
            compromise = None if depth is None else compute_compromise(depth, upper, lower)
    wall = PosteriorWall(
        retropulsion_mm=retropulsion,
        canal_depth_mm=depth,
        canal_reference_mm=reference,
        canal_compromise_percent=compromise,
    )
    return wall, tuple(notes)


def _retropulsion(vertebra: Vertebra, above: Vertebra, below: Vertebra) -> float | None:
    field = vertebra.posterior_wall
    band = np.abs(field.u_mm) <= _WALL_HALF_BAND_MM
    heights = field.height_mm[band]
    z = np.broadcast_to(field.v_mm, heights.shape)
    known = np.isfinite(heights)
    if not known.any():
        return None
    frame = vertebra.frame
    upper = frame.to_local(above.landmarks.inferior_posterior)[1:]
    lower = frame.to_local(below.landmarks.superior_posterior)[1:]
    return measure_retropulsion(np.column_stack([heights[known], z[known]]), upper, lower)
