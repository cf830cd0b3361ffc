"""How cement lies in the body: contact with the endplates, symmetry, what it locks into."""

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.case.filling import LEAK_PATHS, FillingFrame
from vertaug.case.grid import FloatArray

LEAK_CODES = (LeakPath.B, LeakPath.S, LeakPath.C, LeakPath.D, LeakPath.CANAL, LeakPath.TRACK)
"""In the order of `LEAK_PATHS`."""


def measure_gaps(body: PorousBody, full: NDArray[np.bool_]) -> FloatArray:
    """Return the least distance of cement from the superior and inferior endplate.

    Along the columns of the body, 0 is contact; NaN without cement in the body.

    Parameters
    ----------
    body : PorousBody
    full : (ni, nj, nk) bool array
        Cells that are at least half full.
    """
    cement = full & body.in_body
    if not cement.any():
        return np.full(2, np.nan)
    height = body.grid.spacing_mm[2]
    gaps = []
    for flip in (True, False):
        inside, filled = (a[:, :, ::-1] if flip else a for a in (body.in_body, cement))
        columns = filled.any(axis=2)
        gaps.append((filled.argmax(axis=2) - inside.argmax(axis=2))[columns].min() * height)
    return np.array(gaps, dtype=np.float64)


def measure_left(body: PorousBody, cement_share: FloatArray) -> float:
    """Return the share of the cement in the body that lies left of the body's middle.

    The cells in the middle count half; NaN without cement in the body.

    Parameters
    ----------
    body : PorousBody
    cement_share : (ni, nj, nk) float64 array
    """
    inside = np.where(body.in_body, cement_share, 0.0).sum(axis=(1, 2))
    if inside.sum() == 0.0:
        return float("nan")
    number = np.arange(len(inside)) + 0.5
    middle = float(np.average(number, weights=body.in_body.sum(axis=(1, 2))))
    left = np.clip(number + 0.5 - middle, 0.0, 1.0)
    return float((inside * left).sum() / inside.sum())


def nearest_tips(
    body: PorousBody, tips_lps_mm: FloatArray, cement: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return 1 plus the number of the nearest tip where there is cement, else 0.

    Parameters
    ----------
    body : PorousBody
    tips_lps_mm : (n, 3) float64 array
    cement : (ni, nj, nk) bool array
    """
    out = np.zeros(cement.shape, dtype=np.uint8)
    places = body.grid.to_world(np.argwhere(cement))
    away = np.linalg.norm(places[:, None] - tips_lps_mm[None], axis=2)
    out[cement] = 1 + away.argmin(axis=1)
    return out


def measure_interdigitation(body: PorousBody, saturation: FloatArray) -> float:
    """Return the volume of trabeculae that cement has locked into, in mm3.

    The solid between the pores of the body, in the share in which these hold cement; free space
    has none.

    Parameters
    ----------
    body : PorousBody
    saturation : (ni, nj, nk) float64 array
    """
    solid = np.where(body.in_body, 1.0 - body.porosity, 0.0)
    return float((saturation * solid).sum() * body.grid.voxel_volume_mm3)


def measure_openings(body: PorousBody, full: NDArray[np.bool_]) -> FloatArray:
    """Return the least distance of cement from the openings of each path.

    Openings are veins, fissures, needle tracks and missing walls, not what seeps through a shell.
    From centre to centre of cells, 0 where cement is at an opening; NaN where a path has none.

    Parameters
    ----------
    body : PorousBody
    full : (ni, nj, nk) bool array
        Cells that are at least half full.

    Returns
    -------
    (6,) float64 array
        mm, in the order of `LEAK_PATHS`.
    """
    from scipy.ndimage import distance_transform_edt

    out = np.full(len(LEAK_PATHS), np.nan)
    if not full.any():
        return out
    away = distance_transform_edt(~full, sampling=body.grid.spacing_mm)
    opened = (body.links > 0.0) & (body.shell_mm == 0.0)
    for number, code in enumerate(LEAK_CODES):
        thin = body.thin.cell[body.thin.path == code]
        gaps = np.concatenate([away[opened & (body.path == code)], away[tuple(thin.T)]])
        if len(gaps):
            out[number] = float(gaps.min())
    return out


def measure_gap_fill(
    body: PorousBody, gas_share: FloatArray, frames: tuple[FillingFrame, ...]
) -> FloatArray:
    """Return the share of the gas in the bone that cement has taken the place of in each frame.

    Parameters
    ----------
    body : PorousBody
    gas_share : (ni, nj, nk) float64 array
        Of the volume of each cell.
    frames : tuple of FillingFrame

    Returns
    -------
    (n,) float64 array
        NaN without gas.
    """
    gas = np.where(body.pore_volume_mm3 > 0.0, gas_share, 0.0)
    total = float(gas.sum())
    if total == 0.0:
        return np.full(len(frames), np.nan)
    whole = body.grid.voxel_volume_mm3
    open_share = np.where(gas > 0.0, body.pore_volume_mm3 / whole, 1.0)
    return np.array([float((gas * f.cement_share / open_share).sum()) / total for f in frames])
