"""Cement in the shape of an injection, without one: for what comes after the filling."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.filling import Filling, FillingFrame, InjectionCurve
from vertaug.case.grid import FloatArray, Grid

_LUMP_MM, _UNEVEN_MM = 2.5, 3.0
_RATE_MM3_PER_S = 50.0
"""3 ml/min."""
_FIRST_AGE_S = 360.0


def lobed_filling(
    grid: Grid,
    in_body: NDArray[np.bool_],
    porosity: FloatArray,
    tips_lps_mm: ArrayLike,
    volume_mm3: float,
    *,
    level: str = "L1",
    seed: int = 0,
) -> Filling:
    """Return a filling whose lobes grow from tips through the pores of a body.

    Nothing leaks, and the oldest cement lies farthest from its tip.

    Parameters
    ----------
    grid : Grid
    in_body : (ni, nj, nk) bool array
        Where cement may go.
    porosity : (ni, nj, nk) float64 array
    tips_lps_mm : (n, 3) array-like
    volume_mm3 : float
        Of cement; at most what the pores hold.
    level : str
    seed : int
        Of the lobes.
    """
    tips = np.asarray(tips_lps_mm, dtype=np.float64).reshape(-1, 3)
    lumps = _lumps(grid, seed)
    away = np.linalg.norm(grid.to_world(np.argwhere(in_body))[:, None] - tips[None], axis=2)
    reach = np.full(grid.shape, np.inf)
    reach[in_body] = away.min(axis=1) + lumps[in_body]
    order = np.argsort(reach[in_body], kind="stable")
    pores = (porosity[in_body] * grid.voxel_volume_mm3)[order]
    assert 0.0 < volume_mm3 <= pores.sum(), "the pores do not hold that volume"
    before = np.cumsum(pores) - pores

    def share(volume: float) -> NDArray[np.float32]:
        filled = np.zeros(len(order))
        filled[order] = np.clip(volume - before, 0.0, pores)
        out = np.zeros(grid.shape, dtype=np.float32)
        out[in_body] = filled / grid.voxel_volume_mm3
        return out

    volumes = volume_mm3 * np.arange(1, 5) / 4.0
    frames = tuple(
        FillingFrame(time_s=v / _RATE_MM3_PER_S, injected_mm3=v, cement_share=share(v))
        for v in volumes
    )
    filled = frames[-1].cement_share > 0.0
    nearest = np.zeros(grid.shape, dtype=np.uint8)
    nearest[in_body] = 1 + away.argmin(axis=1)
    return Filling(
        level=level,
        product="a cement",
        grid=grid,
        frames=frames,
        curve=_curve(np.append(0.0, volumes)),
        leaks=(),
        events=(),
        stop_reason="the planned volume is in",
        safe_volume_mm3=None,
        injected_mm3=volume_mm3,
        in_bone_mm3=volume_mm3,
        in_body=in_body,
        cell_tip=np.where(filled, nearest, 0).astype(np.uint8),
        age_s=_age(reach, filled, volume_mm3 / _RATE_MM3_PER_S),
        body_volume_mm3=float(in_body.sum()) * grid.voxel_volume_mm3,
        pore_volume_mm3=float(pores.sum()),
        endplate_gap_mm=np.zeros(2),
        left_share=0.5,
        tips_lps_mm=tips,
        needle_lps_mm=np.stack([tips + grid.directions[:, 1] * 40.0, tips], axis=1),
    )


def _lumps(grid: Grid, seed: int) -> FloatArray:
    """Return smooth noise in mm."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).standard_normal(grid.shape)
    lumps = gaussian_filter(noise, _LUMP_MM / grid.spacing_mm)
    return np.asarray(lumps * (_UNEVEN_MM / lumps.std()))


def _age(reach: FloatArray, filled: NDArray[np.bool_], seconds: float) -> NDArray[np.float32]:
    """Return ages that grow with the distance from the tips, NaN where nothing is."""
    out = np.full(reach.shape, np.nan, dtype=np.float32)
    near, far = reach[filled].min(), reach[filled].max()
    out[filled] = _FIRST_AGE_S + seconds * (1.0 + (reach[filled] - near) / max(far - near, 1e-9))
    return out


def _curve(volumes: FloatArray) -> InjectionCurve:
    """Return a steady injection."""
    time = volumes / _RATE_MM3_PER_S
    rate = np.where(time > 0.0, _RATE_MM3_PER_S, 0.0)
    return InjectionCurve(
        time_s=time,
        injected_mm3=volumes,
        rate_mm3_per_s=rate,
        tip_mpa=1e-4 * rate,
        syringe_mpa=1e-2 * rate,
        leaked_mm3=np.zeros((len(time), 6)),
        portion=np.zeros(len(time), dtype=np.int64),
    )
