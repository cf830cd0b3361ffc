"""Hounsfield units inside a vertebra, before the scanner: NumPy, compiled by `_field_numba`.

Design values, chosen so that the scanned phantom looks like CT of an elderly spine.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable

from vertaug.imaging.phantom._field_reference import body_field, bump, relative_height

CORTICAL_HU = 1250.0
GAS_HU = -820.0


@register_jitable(error_model="numpy")
def lattice_noise(x: Any, y: Any, z: Any, lattice: Any) -> Any:
    """Smooth periodic noise between the values of a cubic lattice of size 2**n."""
    mask = lattice.shape[0] - 1
    i, j, k = np.floor(x), np.floor(y), np.floor(z)
    u, v, w = x - i, y - j, z - k
    u, v, w = u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v), w * w * (3.0 - 2.0 * w)
    i0, j0, k0 = np.int64(i) & mask, np.int64(j) & mask, np.int64(k) & mask
    i1, j1, k1 = (i0 + 1) & mask, (j0 + 1) & mask, (k0 + 1) & mask
    a = lattice[i0, j0, k0] * (1.0 - u) + lattice[i1, j0, k0] * u
    b = lattice[i0, j1, k0] * (1.0 - u) + lattice[i1, j1, k0] * u
    c = lattice[i0, j0, k1] * (1.0 - u) + lattice[i1, j0, k1] * u
    d = lattice[i0, j1, k1] * (1.0 - u) + lattice[i1, j1, k1] * u
    return (a * (1.0 - v) + b * v) * (1.0 - w) + (c * (1.0 - v) + d * v) * w


@register_jitable(error_model="numpy")
def cleft_field(x: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to the gas cleft: a flat lens under the superior endplate, in front."""
    top = s.superior_anterior * 0.7 + s.superior_posterior * 0.3 - 6.0
    slope = (s.superior_posterior - s.superior_anterior) / (2.0 * s.half_depth)
    u, v = x / (0.55 * s.half_width), (y + 0.3 * s.half_depth) / (0.45 * s.half_depth)
    w = (z - top - slope * (y + 0.3 * s.half_depth)) / 2.2
    r = np.sqrt(u * u + v * v + w * w)
    return (r - 1.0) * 2.2


@register_jitable(error_model="numpy")
def cancellous_hu(x: Any, y: Any, z: Any, core: Any, s: Any, lattice: Any) -> Any:
    """Return the HU of cancellous bone of the body; ``core`` is the mean of its middle."""
    t = relative_height(x, y, z, s)
    fine = lattice_noise(x / 1.15 + 7.0 * s.wobble_phase, y / 1.15, z / 3.4, lattice)
    coarse = lattice_noise(x / 5.1, y / 4.3 + 5.0 * s.wobble_phase, z / 6.0 + 9.0, lattice)
    near_plate = np.maximum(np.abs(t) - 0.45, 0.0) / 0.55
    regional = 1.0 + 0.45 * near_plate * near_plate + 0.12 * y / s.half_depth
    band = s.collapse * 420.0 * bump(t, 0.62, 0.36) * (1.0 + 0.35 * coarse)
    vein_depth = s.half_depth - 1.5 - y
    vein_width = np.maximum(4.2 - 0.34 * np.maximum(vein_depth, 0.0), 0.0)
    vein = np.minimum(np.maximum(vein_width - np.abs(x), 0.0), 1.5) / 1.5
    vein = vein * bump(z, 0.5, 4.0)
    hu = core * regional + 85.0 * fine + 26.0 * coarse + band
    return hu * (1.0 - vein) + 15.0 * vein


@register_jitable(error_model="numpy")
def share_within(depth: Any, grain: Any, spread: Any) -> Any:
    """Share of a half-space seen from a depth below its surface.

    The view is a box of width ``grain`` (the sub-sample) blurred by one of width ``spread`` (the
    scanner), both in mm along the normal.
    """
    wide, narrow = 0.5 * (grain + spread), 0.5 * (grain - spread)
    a, b = np.maximum(depth + wide, 0.0), np.maximum(depth + narrow, 0.0)
    c, d = np.maximum(depth - narrow, 0.0), np.maximum(depth - wide, 0.0)
    return 0.5 * (a * a - b * b - c * c + d * d) / (grain * spread)


@register_jitable(error_model="numpy")
def bone_hu(x: Any, y: Any, z: Any, layer: Any, setting: Any, s: Any, lattice: Any) -> Any:
    """Hounsfield units of the bone that a sub-sample of a vertebra sees.

    ``layer`` holds its depth below the outer surface, its width and the scanner's spread
    (`share_within`). The thin cortex counts with its exact share: sampled at points it would come
    and go with the place of the points. ``setting`` holds the core's cancellous HU and the
    factor of bone for the tube voltage.
    """
    core, factor = setting
    depth, grain, spread = layer
    body = body_field(x, y, z, s)
    in_body = np.minimum(np.maximum(1.5 - 0.5 * body, 0.0), 1.0)
    t = relative_height(x, y, z, s)
    uneven = lattice_noise(x / 3.0 + 11.0, y / 3.0, z / 3.6 + 3.0 * s.wobble_phase, lattice)
    plate = t * t * t * t
    shell = (0.42 + 0.26 * plate * plate) * (1.0 + 0.4 * uneven)
    arch_shell = 1.1 + 0.22 * uneven
    thick = np.maximum(in_body * shell + (1.0 - in_body) * arch_shell, 0.1)
    marrow = cancellous_hu(x, y, z, core, s, lattice)
    spongy = core + 55.0 + 40.0 * uneven
    inside = in_body * marrow + (1.0 - in_body) * spongy
    below = np.maximum(depth - thick, 0.0)
    inside = inside + (90.0 + 110.0 * (1.0 - in_body)) * np.exp(-below / 1.1)
    bone = np.maximum(share_within(depth, grain, spread), 1e-9)
    cortical = 1.0 - share_within(depth - thick, grain, spread) / bone
    hu = inside + cortical * (CORTICAL_HU * factor - inside)
    gas = np.minimum(np.maximum(0.5 - cleft_field(x, y, z, s) / 0.6, 0.0), 1.0) * s.cleft
    return hu + gas * (GAS_HU - hu)
