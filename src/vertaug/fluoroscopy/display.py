"""The grey scale of a fluoroscope: metal and bone dark, air bright."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.fluoroscopy.smoothing import gaussian_weights, smooth_slowly

_SHUTTER_GREY = 0
_FLOOR = 1e-5
_DETAIL_MM = 0.75
_STRONG_EDGE = 0.06
"""Share of the grey from which on detail is no longer lifted in proportion."""


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
        Share of detail below 1.5 mm that is added; strong edges get no more than weak ones.
    window_percent : tuple of float
        Percentiles of the patient in the open field between which most of the grey is spread.
    shadow, shadow_decades : float
        Share of the grey kept for what is denser than the patient (cement, contrast, metal),
        and over how many decades of signal it is spread.
    highlight : float
        Share of the grey kept for what is brighter than the window.
    gamma : float
        Exponent of the display; above 1 the bright half is darker.
    inverted : bool
        Bone and metal white.
    """

    harmonisation: float = 0.6
    harmonised_mm: float = 35.0
    sharpening: float = 0.5
    window_percent: tuple[float, float] = (0.5, 99.5)
    shadow: float = 0.22
    shadow_decades: float = 2.0
    highlight: float = 0.12
    gamma: float = 1.3
    inverted: bool = False

    def __post_init__(self) -> None:
        low, high = self.window_percent
        if (
            not 0 <= self.harmonisation <= 1
            or not 0 <= low < high <= 100
            or not (self.shadow >= 0 <= self.highlight and self.shadow + self.highlight < 0.9)
            or not (self.gamma > 0 < self.shadow_decades)
        ):
            message = (
                "harmonisation lies in 0 to 1, the window in 0 to 100 %, shadow and highlight "
                f"leave room for the window; got {self}"
            )
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GreyMap:
    """The grey scale of one view.

    Attributes
    ----------
    offset : (rows, columns) float32 array
        Slow changes that are taken out of the logarithm of the signal.
    black, white : float
        Ends of the window after that, natural logarithms.
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
    weight = smooth_slowly(inside, sigma)
    slow = smooth_slowly(density * inside, sigma) / np.maximum(weight, 1e-3)
    middle = float(np.median(density[patient]))
    slow = np.where(weight > 1e-3, slow, middle)
    offset = (scale.harmonisation * (slow - middle)).astype(np.float32)
    shown = (density - offset)[patient]
    part = shown[:: max(1, shown.size // 40000)]
    low, high = (float(v) for v in np.percentile(part, scale.window_percent))
    width = max(high - low, 0.05)
    return GreyMap(offset=offset, black=low, white=low + width)


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
    from vertaug.fluoroscopy._display_numba import show_signal

    out = np.empty(signal.shape, dtype=np.uint8)
    show_signal(
        np.ascontiguousarray(signal, dtype=np.float32),
        grey.offset,
        describe_curve(grey, scale),
        describe_detail(scale, pitch_mm),
        list_greys(scale),
        out,
    )
    out[~field] = _SHUTTER_GREY
    return out


def describe_curve(grey: GreyMap, scale: GreyScale) -> NDArray[np.float32]:
    """Return the tone curve in the form of the kernel, shape (7,)."""
    width = grey.white - grey.black
    slope = scale.shadow * width / (scale.shadow_decades * np.log(10.0))
    middle = 1.0 - scale.shadow - scale.highlight
    numbers = (_FLOOR * _FLOOR, grey.black, 1.0 / width, scale.shadow, slope, middle)
    return np.array([*numbers, scale.highlight], dtype=np.float32)


def describe_detail(scale: GreyScale, pitch_mm: float) -> NDArray[np.float32]:
    """Return how detail is lifted in the form of the kernel, shape (2 + n,)."""
    weights = gaussian_weights(_DETAIL_MM / pitch_mm if scale.sharpening > 0 else 0.0)
    return np.array([scale.sharpening, _STRONG_EDGE, *weights], dtype=np.float32)


def list_greys(scale: GreyScale) -> NDArray[np.uint8]:
    """Return the grey of each share, in fine steps, shape (4096,)."""
    share = np.linspace(0.0, 1.0, 4096) ** scale.gamma
    return np.rint(255.0 * (1.0 - share if scale.inverted else share)).astype(np.uint8)
