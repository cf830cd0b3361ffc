"""The grey scale of a fluoroscope: metal and bone dark, air bright."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray

_SHUTTER_GREY = 0
_FLOOR = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class GreyScale:
    """How signal becomes grey.

    The logarithm of the signal is shown, with the slow changes over the image damped
    (harmonisation) so that thick and thin parts are seen together, edges lifted a little, and
    the window taken from the image.

    Attributes
    ----------
    harmonisation : float
        Share of the slow changes that is taken out, 0 to 1.
    harmonised_mm : float
        Slow means slower than this, at the detector.
    sharpening : float
        Share of detail below 1.5 mm that is added.
    window_percent : tuple of float
        Percentiles of the open field that become black and white.
    inverted : bool
        Bone and metal white.
    """

    harmonisation: float = 0.55
    harmonised_mm: float = 35.0
    sharpening: float = 0.6
    window_percent: tuple[float, float] = (0.5, 99.7)
    inverted: bool = False

    def __post_init__(self) -> None:
        low, high = self.window_percent
        if not 0 <= self.harmonisation <= 1 or not 0 <= low < high <= 100:
            message = f"harmonisation lies in 0 to 1, the window in 0 to 100 %; got {self}"
            raise InputError(message)


def show_grey(
    signal: NDArray[np.float32], field: NDArray[np.bool_], pitch_mm: float, scale: GreyScale
) -> NDArray[np.uint8]:
    """Return the image of a monitor.

    Parameters
    ----------
    signal : (rows, columns) array
        Relative to no patient.
    field : (rows, columns) bool array
        Where the field is open; the rest is black.
    pitch_mm : float
        Pixel size on the detector.
    scale : GreyScale
    """
    from scipy.ndimage import gaussian_filter

    density = np.log(np.maximum(signal, _FLOOR)).astype(np.float32)
    density[~field] = float(np.median(density[field]))
    slow = _smooth(density, scale.harmonised_mm / pitch_mm)
    shown = density - scale.harmonisation * slow
    if scale.sharpening > 0:
        fine = gaussian_filter(density, 0.75 / pitch_mm, mode="nearest", truncate=3.0)
        shown = shown + scale.sharpening * (density - fine)
    return _window(shown, field, scale)


def _smooth(image: NDArray[np.float32], sigma: float) -> FloatArray:
    """Smooth by a wide Gaussian on a coarser grid; the result is slow, so nothing is lost."""
    from scipy.ndimage import gaussian_filter, zoom

    step = max(1, int(sigma // 6))
    coarse = image[step // 2 :: step, step // 2 :: step]
    smooth = gaussian_filter(coarse, sigma / step, mode="nearest", truncate=3.0)
    factors = [n / m for n, m in zip(image.shape, smooth.shape, strict=True)]
    return np.asarray(zoom(smooth, factors, order=1, mode="nearest", grid_mode=True))


def _window(
    shown: NDArray[np.floating], field: NDArray[np.bool_], scale: GreyScale
) -> NDArray[np.uint8]:
    inside = shown[field]
    low, high = np.percentile(inside[:: max(1, inside.size // 40000)], scale.window_percent)
    grey = np.clip((shown - low) / max(float(high - low), 1e-6), 0.0, 1.0)
    if scale.inverted:
        grey = 1.0 - grey
    out = np.rint(255.0 * grey).astype(np.uint8)
    out[~field] = _SHUTTER_GREY
    return out
