"""What a CT scanner does to the object: blur, noise with the texture of CT, whole numbers."""

import numpy as np
from numpy.typing import NDArray

# The noise spectrum rises with frequency (ramp filter) and falls again (smooth kernel).
_NOISE_CUTOFF_PER_MM = 0.42
_NOISE_SLICE_SIGMA_MM = 0.6
_SHARE_BEFORE = 0.75
"""Share of the blur that bone surfaces have before they are sampled. A scanner blurs first and
samples then; blurred after sampling alone, a thin endplate could not be placed within a voxel."""


_NARROW = 0.5
"""Variance in voxels² that three weights can hold: 1/4, 1/2, 1/4."""


def surface_spread(sharpness_mm: float) -> float:
    """Width in mm of the box whose standard deviation is the blur before sampling."""
    return float(np.sqrt(12.0)) * _SHARE_BEFORE * max(sharpness_mm, 1e-3)


def blur(hu: NDArray[np.float32], spacing_mm: NDArray[np.float64], sigma_mm: float) -> None:
    """Blur in place by what is left of the scanner's point-spread function, a Gaussian."""
    from scipy.ndimage import correlate1d

    if sigma_mm <= 0:
        return
    rest = sigma_mm * float(np.sqrt(1.0 - _SHARE_BEFORE**2))
    for axis in range(3):
        kernel = blur_kernel(rest / float(spacing_mm[axis]))
        correlate1d(hu, kernel, axis=axis, output=hu, mode="nearest")


def blur_kernel(sigma_voxels: float) -> NDArray[np.float64]:
    """Return weights whose variance is that of the Gaussian at any width.

    A sampled Gaussian loses its variance when it is narrow; there three weights that hold it
    exactly take its place.
    """
    variance = sigma_voxels**2
    if variance <= _NARROW:
        return np.array([0.5 * variance, 1.0 - variance, 0.5 * variance])
    reach = int(np.ceil(5.0 * sigma_voxels))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_voxels) ** 2)
    return np.asarray(weights / weights.sum())


def make_noise(
    shape: tuple[int, int, int],
    spacing_mm: NDArray[np.float64],
    sigma_hu: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return correlated noise with standard deviation ``sigma_hu``.

    In the plane (i, j) white noise is shaped by ``f * exp(-(f / f0)**2)``, the ramp of filtered
    back-projection under a smooth kernel; across slices neighbours share some of it.
    """
    from scipy import fft
    from scipy.ndimage import gaussian_filter1d

    u = fft.fftfreq(shape[0], spacing_mm[0])[:, None]
    v = fft.rfftfreq(shape[1], spacing_mm[1])[None, :]
    f = np.hypot(u, v)
    gain = ((f + 0.02) * np.exp(-((f / _NOISE_CUTOFF_PER_MM) ** 2))).astype(np.float32)
    out = np.empty(shape, dtype=np.float32)
    for k in range(shape[2]):
        white = rng.standard_normal(shape[:2], dtype=np.float32)
        out[:, :, k] = fft.irfft2(fft.rfft2(white) * gain, s=shape[:2])
    sigma = _NOISE_SLICE_SIGMA_MM / spacing_mm[2]
    gaussian_filter1d(out, sigma, axis=2, output=out, mode="wrap")
    scale = float(out.std(dtype=np.float64))
    out *= np.float32(sigma_hu / scale if scale > 0 else 0.0)
    return out


def acquire(
    hu: NDArray[np.float32],
    spacing_mm: NDArray[np.float64],
    *,
    sharpness_mm: float,
    noise_hu: float,
    rng: np.random.Generator,
) -> NDArray[np.int16]:
    """Return the scanned image; ``hu`` is used as work space.

    Noise is weaker where little tissue attenuates (air), as in a scan with a large field.
    """
    blur(hu, spacing_mm, sharpness_mm)
    if noise_hu > 0:
        noise = make_noise(hu.shape, spacing_mm, noise_hu, rng)
        noise *= np.clip(1.0 + (hu + 100.0) / 1800.0, 0.5, 1.25)
        hu += noise
    return np.clip(np.rint(hu), -1024, 3071).astype(np.int16)
