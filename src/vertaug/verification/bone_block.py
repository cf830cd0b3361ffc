"""A body like a vertebral body in moduli and shape, of any size, for tests and timing."""

import numpy as np

from vertaug.case.grid import FloatArray

STANDARD_SHAPES: dict[str, tuple[int, int, int]] = {
    "60k": (48, 40, 40),
    "0.5M": (104, 80, 80),
    "2M": (168, 128, 128),
    "8M": (264, 208, 192),
}
"""Boxes of the standard sizes, third axis superior."""


def make_bone_block(shape: tuple[int, int, int], seed: int = 0) -> FloatArray:
    """Return moduli in MPa: a shell of 10 GPa around a random core of 10 to 2000 MPa.

    The cross-section is an ellipse with a waist, the ends are plates; 1:1000 between the
    stiffest and the softest voxel.

    Parameters
    ----------
    shape : tuple of int
        Of the box; the body fills some three quarters of it.
    seed : int
        Of the core.

    Returns
    -------
    (ni, nj, nk) float64 array
        0 outside.
    """
    from scipy.ndimage import gaussian_filter

    a, b, c = shape
    i, j, k = (np.arange(n, dtype=np.float32) + 0.5 for n in shape)
    waist = 1.0 - 0.08 * np.sin(np.pi * k / c)
    across = np.hypot(((i - a / 2) / (a / 2 - 1))[:, None], ((j - b / 2) / (b / 2 - 1))[None, :])
    radius = across[:, :, None] / waist
    noise = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    texture = gaussian_filter(noise, 1.2)
    modulus = np.clip(10.0 ** (2.0 + 0.6 * texture / texture.std()), 10.0, 2000.0)
    modulus[(radius > 1 - 4 / min(a, b)) | (k < 2) | (k >= c - 2)] = 10_000.0
    return np.where(radius > 1.0, 0.0, modulus).astype(np.float64)
