"""Compiled loops over soft tissue, discs and ribs; parallel over outputs only.

Numba's cache watches this file, not `_soft_tissue_reference`: see `_field_numba`.
"""

import numpy as np
from numba import njit, prange

from vertaug.imaging.phantom._field_numba import bone_beside_neighbours, map_point
from vertaug.imaging.phantom._field_reference import (
    capsule,
    inferior_height,
    smooth_min,
    superior_height,
    wall_field,
)
from vertaug.imaging.phantom._soft_tissue_reference import (
    BOWEL_LOOPS,
    bowel_loop,
    canal_contents,
    disc_hu,
    fat_hu,
    kidneys,
    liver_and_spleen,
    lungs,
    muscles,
    outside,
    over,
    pancreas,
    skin_distance,
    vessels,
    wall_layers,
    warp,
)

_RIB_GAP_MM = 1.6
_RIB_REACH_MM = 9.0
_ROUGH_MM = 10.0  # how far roughness may carry an outline beyond its ellipsoid
_LOOPS = np.array(BOWEL_LOOPS)


@njit(cache=True, error_model="numpy")
def soft_hu_at(x, y, z, half_depth, lattice):  # type: ignore[no-untyped-def]
    """`soft_hu`, without the tissues that are too far away to show."""
    skin = skin_distance(x, y, z)
    if skin > 3.0:
        return outside(0.0, y, skin)
    q = abs(x)
    hu, strand = fat_hu(x, y, z, lattice)
    if y < 26.0 and skin > -60.0:
        hu = wall_layers(hu, x, y, skin, strand)
    u, v = warp(x, y, z, lattice)
    p = abs(u)
    if v < -8.0:
        for n in range(len(_LOOPS)):
            loop = _LOOPS[n]
            if (
                abs(u - loop[0]) < loop[3] + _ROUGH_MM
                and abs(v - loop[1]) < loop[4] + _ROUGH_MM
                and abs(z - loop[2]) < loop[5] + _ROUGH_MM
            ):
                hu = bowel_loop(hu, u, v, z, loop, lattice)
    if u < -10.0 or u > 55.0:
        hu = liver_and_spleen(hu, u, v, z, lattice)
    if v < -40.0 and abs(z - 5.0) < 28.0:
        hu = pancreas(hu, u, v, z, lattice)
    if p > 20.0 and abs(v) < 38.0 and -104.0 < z < 50.0:
        hu = kidneys(hu, u, v, z, lattice)
    if z > 15.0 and p > 10.0:
        hu = lungs(hu, u, v, z, lattice)
    if p < 80.0 and v > -half_depth - 20.0:
        hu = muscles(hu, u, v, z, half_depth, lattice)
    if p < 40.0 and v < 0.0:
        hu = vessels(hu, u, v, z, half_depth, lattice)
    if q < 20.0 and half_depth - 4.0 < y < half_depth + 52.0:
        hu = canal_contents(hu, x, y, z, half_depth, lattice)
    return outside(hu, y, skin)


@njit(cache=True, parallel=True, error_model="numpy")
def draw_soft_tissue(hu, affine, spine, lattice):  # type: ignore[no-untyped-def]
    """Fill ``hu`` (float32) with soft tissue.

    ``affine`` (1, 3, 4) maps voxel indices to the patient; ``spine`` (n, 5) holds on a regular
    z: z, x and y of the body's middle, axial rotation in radians, half depth of the body.
    """
    first, step = spine[0, 0], spine[1, 0] - spine[0, 0]
    last = len(spine) - 1.001
    ni, nj, nk = hu.shape
    for i in prange(ni):
        for j in range(nj):
            for k in range(nk):
                x, y, z = map_point(affine, 0, i, j, k)
                at = min(max((z - first) / step, 0.0), last)
                n = int(at)
                w = at - n
                dx = x - spine[n, 1] - w * (spine[n + 1, 1] - spine[n, 1])
                dy = y - spine[n, 2] - w * (spine[n + 1, 2] - spine[n, 2])
                turn = spine[n, 3] + w * (spine[n + 1, 3] - spine[n, 3])
                depth = spine[n, 4] + w * (spine[n + 1, 4] - spine[n, 4])
                c, s = np.cos(turn), np.sin(turn)
                hu[i, j, k] = soft_hu_at(c * dx + s * dy, c * dy - s * dx, z, depth, lattice)


@njit(cache=True, parallel=True, error_model="numpy")
def draw_disc(hu, affines, solids, upper, box, lattice):  # type: ignore[no-untyped-def]
    """Draw the disc below the level ``upper``; it runs 2 mm under the endplates."""
    lower = upper + 1
    for i in prange(box[0, 0], box[0, 1]):
        for j in range(box[1, 0], box[1, 1]):
            for k in range(box[2, 0], box[2, 1]):
                x, y, z = map_point(affines, lower, i, j, k)
                floor = superior_height(x, y, solids[lower]) - z - 2.0
                if floor > 2.0:
                    continue
                u, v, w = map_point(affines, upper, i, j, k)
                roof = w - inferior_height(u, v, solids[upper]) - 2.0
                if roof > 2.0:
                    continue
                wall = 0.5 * (
                    wall_field(x, y, 1.0, solids[lower]) + wall_field(u, v, -1.0, solids[upper])
                )
                d = max(wall - 0.8, floor, roof)
                hu[i, j, k] = over(hu[i, j, k], d, disc_hu(wall, x, y, lattice), 1.4)


@njit(cache=True, error_model="numpy")
def rib_field(x, y, z, nodes):  # type: ignore[no-untyped-def]
    """Distance to a rib, a chain of flat capsules through ``nodes`` (n, 3), mirrored in x."""
    d = 1e3
    q = abs(x)
    for n in range(len(nodes) - 1):
        x0, y0, z0 = nodes[n, 0], nodes[n, 1], nodes[n, 2] * 0.75
        x1, y1, z1 = nodes[n + 1, 0], nodes[n + 1, 1], nodes[n + 1, 2] * 0.75
        if q < min(x0, x1) - _RIB_REACH_MM or q > max(x0, x1) + _RIB_REACH_MM:
            continue
        if abs(z * 0.75 - 0.5 * (z0 + z1)) > 0.5 * abs(z1 - z0) + _RIB_REACH_MM:
            continue
        ends = (x0, y0, z0, x1, y1, z1)
        d = smooth_min(d, capsule(q, y, z * 0.75, ends, (3.7, 3.7)), 2.0)
    return d


@njit(cache=True, parallel=True, error_model="numpy")
def draw_ribs(hu, affines, solids, level, box, nodes, factor):  # type: ignore[no-untyped-def]
    """Draw the pair of ribs of a level, cut back where they meet the vertebra."""
    for i in prange(box[0, 0], box[0, 1]):
        for j in range(box[1, 0], box[1, 1]):
            for k in range(box[2, 0], box[2, 1]):
                x, y, z = map_point(affines, level, i, j, k)
                if rib_field(x, y, z, nodes) > 2.0:
                    continue
                share, total = 0.0, 0.0
                for n in range(8):
                    a, b = i + (n // 4) * 0.5 - 0.25, j + (n // 2 % 2) * 0.5 - 0.25
                    c = k + (n % 2) * 0.5 - 0.25
                    x, y, z = map_point(affines, level, a, b, c)
                    d = rib_field(x, y, z, nodes)
                    bone = bone_beside_neighbours(a, b, c, affines, solids, level)
                    d = max(d, _RIB_GAP_MM - bone)
                    part = min(max(0.5 - d / 0.5, 0.0), 1.0)
                    share += part
                    total += part * (1000.0 * factor if d > -1.0 else 150.0)
                hu[i, j, k] = hu[i, j, k] * (1.0 - share / 8.0) + total / 8.0
