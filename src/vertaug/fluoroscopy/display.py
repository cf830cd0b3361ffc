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

    The logarithm of the signal is shown, with the slow changes over the patient damped
    (harmonisation) so that thick and thin parts are seen together, and edges lifted. Window
    and slow changes are taken from the patient alone, so that a needle or cement neither
    shifts the grey of the bone nor has a halo.

    Attributes
    ----------
    harmonisation : float
        Share of the slow changes that is taken out, 0 to 1.
    harmonised_mm : float
        Slow means slower than this, at the detector.
    sharpening : float
        Share of detail below 1.5 mm that is added.
    window_percent : tuple of float
        Percentiles of the patient in the open field between which grey is spread.
    headroom : float
        Share of the window kept below it, where matter denser than bone is told apart.
    gamma : float
        Exponent of the display; above 1 the bright half is darker.
    inverted : bool
        Bone and metal white.
    """

    harmonisation: float = 0.6
    harmonised_mm: float = 35.0
    sharpening: float = 0.5
    window_percent: tuple[float, float] = (0.5, 99.5)
    headroom: float = 0.12
    gamma: float = 1.3
    inverted: bool = False

    def __post_init__(self) -> None:
        low, high = self.window_percent
        if (
            not 0 <= self.harmonisation <= 1
            or not 0 <= low < high <= 100
            or not (self.headroom >= 0 < self.gamma)
        ):
            message = f"harmonisation lies in 0 to 1, the window in 0 to 100 %; got {self}"
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GreyMap:
    """The grey scale of one view.

    Attributes
    ----------
    offset : (rows, columns) float32 array
        Slow changes that are taken out of the logarithm of the signal.
    black, white : float
        Ends of the window after that.
    """

    offset: NDArray[np.float32]
    black: float
    white: float


def prepare_grey(
    background: NDArray[np.float32],
    patient: NDArray[np.bool_],
    pitch_mm: float,
    scale: GreyScale,
) -> GreyMap:
    """Return the grey scale that fits a patient.

    Parameters
    ----------
    background : (rows, columns) array
        Signal without matter and noise.
    patient : (rows, columns) bool array
        Pixels of the open field whose rays meet the patient.
    pitch_mm : float
        Pixel size on the detector.
    """
    density = np.log(np.maximum(background, _FLOOR)).astype(np.float32)
    # pixels beside the patient do not pull the slow part up: a mean over patient pixels only
    inside = patient.astype(np.float32)
    sigma = scale.harmonised_mm / pitch_mm
    weight = _smooth(inside, sigma)
    slow = _smooth(density * inside, sigma) / np.maximum(weight, 1e-3)
    middle = float(np.median(density[patient]))
    slow = np.where(weight > 1e-3, slow, middle)
    offset = (scale.harmonisation * (slow - middle)).astype(np.float32)
    shown = (density - offset)[patient]
    part = shown[:: max(1, shown.size // 40000)]
    low, high = (float(v) for v in np.percentile(part, scale.window_percent))
    width = max(high - low, 0.05)
    return GreyMap(offset=offset, black=low - scale.headroom * width, white=low + width)


def show_grey(
    signal: NDArray[np.float32],
    field: NDArray[np.bool_],
    pitch_mm: float,
    grey: GreyMap,
    scale: GreyScale,
) -> NDArray[np.uint8]:
    """Return the image of a monitor, outside of the field black.

    Parameters
    ----------
    signal : (rows, columns) array
        Relative to no patient.
    field : (rows, columns) bool array
        Where the field is open.
    pitch_mm : float
        Pixel size on the detector.
    """
    # what is darker than black carries no more: noise in metal is not spread over the scale
    floor = np.exp(np.minimum(grey.black + grey.offset, 0.0))
    shown = np.log(np.maximum(signal, floor * 0.5)) - grey.offset
    if scale.sharpening > 0:
        from scipy.ndimage import gaussian_filter

        fine = gaussian_filter(shown, 0.75 / pitch_mm, mode="nearest", truncate=3.0)
        shown = shown + scale.sharpening * (shown - fine)
    share = (
        np.clip((shown - grey.black) * (1.0 / (grey.white - grey.black)), 0.0, 1.0) ** scale.gamma
    )
    if scale.inverted:
        share = 1.0 - share
    out = (255.0 * share + 0.5).astype(np.uint8)
    out[~field] = _SHUTTER_GREY
    return np.asarray(out)


def _smooth(image: NDArray[np.float32], sigma: float) -> FloatArray:
    """Smooth by a wide Gaussian on a coarser grid; the result is slow, so nothing is lost."""
    from scipy.ndimage import gaussian_filter, uniform_filter, zoom

    step = max(1, int(sigma // 8))
    averaged = uniform_filter(image, step, mode="nearest") if step > 1 else image
    coarse = averaged[step // 2 :: step, step // 2 :: step]
    smooth = gaussian_filter(coarse, sigma / step, mode="constant", truncate=3.0)
    factors = [n / m for n, m in zip(image.shape, smooth.shape, strict=True)]
    return np.asarray(zoom(smooth, factors, order=1, mode="nearest", grid_mode=True))
