"""From signal to grey, readable.

Same signatures as `_display_numba`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def show_signal(
    signal: NDArray[np.float32],
    offset: NDArray[np.float32],
    curve: NDArray[np.float32],
    detail: NDArray[np.float32],
    greys: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Fill the image of the monitor.

    Parameters
    ----------
    signal : (rows, columns) array
        Relative to no patient.
    offset : (rows, columns) array
        Taken out of the logarithm of the signal.
    curve : (7,) array
        Floor of the signal; black end of the window and one over its width (logarithms); shadow,
        slope of the shadow, middle and highlight, in shares of the grey.
    detail : (2 + n,) array
        Share of detail that is added, detail from which on less is added, and the middle and
        one side of the smoothing that tells detail (n weights).
    greys : (m,) uint8 array
        Grey by share, from 0 to 1.
    out : (rows, columns) uint8 array
    """
    share = _tone(signal, offset, curve)
    strength, strong = detail[:2]
    if strength > 0:
        fine = share - _smooth(share, detail[2:])
        share = share + strength * fine / (np.float32(1.0) + np.abs(fine) / strong)
    place = np.clip(share, 0.0, 1.0) * np.float32(len(greys) - 1) + np.float32(0.5)
    out[...] = greys[place.astype(np.int64)]


def _tone(
    signal: NDArray[np.float32], offset: NDArray[np.float32], curve: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the share of grey: straight in shadow and window, bent toward white above."""
    floor, black, per_width, shadow, slope, middle, highlight = curve
    level = (np.log(np.maximum(signal, floor)) - offset - black) * per_width
    dark = shadow + slope * level
    plain = shadow + middle * level
    over = np.maximum(level - 1, 0)
    bright = shadow + middle + _bend(over * middle, highlight)
    return np.asarray(
        np.where(level < 0, dark, np.where(level > 1, bright, plain)), dtype=np.float32
    )


def _bend(over: NDArray[np.float32], highlight: np.float32) -> NDArray[Any]:
    """Return what is left of an excess that must stay below the highlight."""
    return over * highlight / (over + highlight) if highlight > 0 else over * 0


def _smooth(image: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    from scipy.ndimage import correlate1d

    kernel = np.concatenate([weights[:0:-1], weights])
    rows = correlate1d(image, kernel, axis=1, mode="nearest")
    return np.asarray(correlate1d(rows, kernel, axis=0, mode="nearest"), dtype=np.float32)
