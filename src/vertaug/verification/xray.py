"""X-ray problems with exact answers: paths through simple bodies, marker phantom, NIST nodes.

Nothing here uses the projection code; a problem is plain geometry or a published number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.grid import FloatArray, Grid
from vertaug.case.volume import Scan, ScanInfo, Volume

NIST_CM2_PER_G: dict[str, dict[float, float]] = {
    "water": {30: 0.3756, 40: 0.2683, 50: 0.2269, 60: 0.2059, 80: 0.1837, 100: 0.1707},
    "adipose": {30: 0.3063, 40: 0.2396, 50: 0.2123, 60: 0.1974, 80: 0.1800, 100: 0.1688},
    "muscle": {30: 0.3783, 40: 0.2685, 50: 0.2262, 60: 0.2048, 80: 0.1823, 100: 0.1693},
    "cortical_bone": {30: 1.331, 40: 0.6655, 50: 0.4242, 60: 0.3148, 80: 0.2229, 100: 0.1855},
    "air": {30: 0.3538, 40: 0.2485, 50: 0.2080, 60: 0.1875, 80: 0.1662, 100: 0.1541},
    "aluminium": {30: 1.128, 40: 0.5685, 50: 0.3681, 60: 0.2778, 80: 0.2018, 100: 0.1704},
    "copper": {30: 10.92, 40: 4.862, 50: 2.613, 60: 1.593, 80: 0.7630, 100: 0.4584},
    "iodine": {40: 22.10, 50: 12.32, 60: 7.579, 80: 3.510, 100: 1.942},
}
"""Mass attenuation at the node energies in keV: Hubbell and Seltzer, NISTIR 5632, tables 3, 4."""

WATER_TRANSMISSION_100_KV = 1.09e-2
"""Air kerma behind 20 cm of water, 100 kV, 3 mm Al + 0.1 mm Cu (physics reference 7.2)."""
HALF_VALUE_LAYER_100_KV_MM = 5.67
"""Of the same beam, in aluminium."""


def path_through_ball(
    start: ArrayLike, end: ArrayLike, centre: ArrayLike, radius_mm: float
) -> float:
    """Return the length in mm of the segment from ``start`` to ``end`` inside a ball."""
    return _path_in_round(np.asarray(start), np.asarray(end), np.asarray(centre), radius_mm, 3)


def path_through_rod(start: ArrayLike, end: ArrayLike, radius_mm: float, height_mm: float) -> float:
    """Return the length in mm inside a rod about z from z = 0 to ``height_mm``."""
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    low, high = _round_range(a, b - a, np.zeros(3), radius_mm, 2)
    cut_low, cut_high = _slab_range(a[2], (b - a)[2], 0.0, height_mm)
    share = min(high, cut_high, 1.0) - max(low, cut_low, 0.0)
    return float(max(share, 0.0) * np.linalg.norm(b - a))


def path_through_box(start: ArrayLike, end: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Return the length in mm of the segment inside an upright box between two corners."""
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    first, last = 0.0, 1.0
    for axis in range(3):
        lower, upper = np.asarray(low)[axis], np.asarray(high)[axis]
        enter, leave = _slab_range(a[axis], (b - a)[axis], float(lower), float(upper))
        first, last = max(first, enter), min(last, leave)
    return float(max(last - first, 0.0) * np.linalg.norm(b - a))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarkerPhantom:
    """A block of water with one dense ball, off its centre in one direction.

    Attributes
    ----------
    scan : Scan
        The CT; its centre is the origin.
    marker_lps_mm : (3,) float64 array
        Centre of the ball.
    """

    scan: Scan
    marker_lps_mm: FloatArray


def make_marker_phantom(direction_lps: ArrayLike, distance_mm: float = 30.0) -> MarkerPhantom:
    """Return a block of 120 mm of water with a ball of 3 mm radius off its centre."""
    spacing, count = 2.0, 60
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = -spacing * (count - 1) / 2
    grid = Grid(shape=(count, count, count), affine=affine)
    vector = np.asarray(direction_lps, dtype=np.float64)
    marker = vector / np.linalg.norm(vector) * distance_mm
    centres = grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1))
    hu = np.zeros(grid.shape, dtype=np.int16)
    hu[np.linalg.norm(centres - marker, axis=-1) <= 3.0] = 2500
    scan = Scan(hu=hu, grid=grid, info=ScanInfo(source_format="phantom"))
    return MarkerPhantom(scan=scan, marker_lps_mm=marker)


def make_projection_volume() -> Volume:
    """Return the standard volume of projection times: 256 x 256 x 200 voxels of 1 mm, in 1/mm.

    An elliptic body with five vertebrae, each with a dense shell around a textured core; the
    centre of the grid is the origin.
    """
    from scipy.ndimage import gaussian_filter

    shape = (256, 256, 200)
    x, y, z = (
        np.arange(n, dtype=np.float32).reshape([-1 if a == k else 1 for k in range(3)])
        - (n - 1) / 2
        for a, n in enumerate(shape)
    )
    field = np.where((x / 110) ** 2 + (y / 80) ** 2 + (z / 120) ** 2 <= 1, 0.02, 0.0)
    texture = gaussian_filter(np.random.default_rng(0).standard_normal(shape), 1.0)
    texture *= 0.004 / texture.std()
    for level in range(-2, 3):
        r = (x / 24) ** 2 + ((y + 5) / 18) ** 2 + ((z - level * 35) / 14) ** 2
        field = np.where(r <= 1, 0.03 + texture, field)
        field = np.where((r <= 1) & (r > 0.82), 0.06, field)
    affine = np.eye(4)
    affine[:3, 3] = -(np.array(shape) - 1) / 2
    values = np.maximum(field, 0.0).astype(np.float32)
    return Volume(values=values, grid=Grid(shape=shape, affine=affine))


def _path_in_round(
    start: FloatArray, end: FloatArray, centre: FloatArray, radius: float, axes: int
) -> float:
    low, high = _round_range(start, end - start, centre, radius, axes)
    share = min(high, 1.0) - max(low, 0.0)
    return float(max(share, 0.0) * np.linalg.norm(end - start))


def _round_range(
    start: FloatArray, ray: FloatArray, centre: FloatArray, radius: float, axes: int
) -> tuple[float, float]:
    """Return where a line lies within a radius of a point (3 axes) or of a z axis (2)."""
    p, d = (start - centre)[:axes], ray[:axes]
    square = float(d @ d)
    if square == 0.0:
        return (-np.inf, np.inf) if p @ p <= radius**2 else (1.0, 0.0)
    nearest = -float(p @ d) / square
    gap = p + nearest * d
    half = radius**2 - float(gap @ gap)
    if half <= 0.0:
        return 1.0, 0.0
    width = float(np.sqrt(half / square))
    return nearest - width, nearest + width


def _slab_range(p: float, d: float, low: float, high: float) -> tuple[float, float]:
    if d == 0.0:
        return (-np.inf, np.inf) if low <= p <= high else (1.0, 0.0)
    first, second = (low - p) / d, (high - p) / d
    return min(first, second), max(first, second)
