"""Compiled loops over soft tissue, discs and ribs; parallel over outputs only."""

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
from vertaug.imaging.phantom._soft_tissue_reference import disc_hu, over, soft_hu

_RIB_GAP_MM = 1.6


@njit(cache=True)
def look_up(table, first, step, z):  # type: ignore[no-untyped-def]
    """Linear interpolation in a regular table, held beyond its ends."""
    at = min(max((z - first) / step, 0.0), len(table) - 1.001)
    n = int(at)
    return table[n] + (at - n) * (table[n + 1] - table[n])


@njit(cache=True, parallel=True)
def draw_soft_tissue(hu, affine, spine, lattice):  # type: ignore[no-untyped-def]
    """Fill ``hu`` (float32) with soft tissue.

    ``affine`` (3, 4) maps voxel indices to the patient; ``spine`` (n, 5) holds on a regular
    z: z, x and y of the body's middle, axial rotation in radians, half depth of the body.
    """
    first, step = spine[0, 0], spine[1, 0] - spine[0, 0]
    ni, nj, nk = hu.shape
    for i in prange(ni):
        for j in range(nj):
            for k in range(nk):
                x, y, z = map_point(affine, i, j, k)
                dx = x - look_up(spine[:, 1], first, step, z)
                dy = y - look_up(spine[:, 2], first, step, z)
                turn = look_up(spine[:, 3], first, step, z)
                depth = look_up(spine[:, 4], first, step, z)
                c, s = np.cos(turn), np.sin(turn)
                hu[i, j, k] = soft_hu(c * dx + s * dy, c * dy - s * dx, z, depth, lattice)


@njit(cache=True, parallel=True)
def draw_disc(hu, affines, solids, upper, box, lattice):  # type: ignore[no-untyped-def]
    """Draw the disc below the level ``upper``; it runs 2 mm under the endplates."""
    lower = upper + 1
    for i in prange(box[0, 0], box[0, 1]):
        for j in range(box[1, 0], box[1, 1]):
            for k in range(box[2, 0], box[2, 1]):
                x, y, z = map_point(affines[lower], i, j, k)
                floor = superior_height(x, y, solids[lower]) - z - 2.0
                if floor > 2.0:
                    continue
                u, v, w = map_point(affines[upper], i, j, k)
                roof = w - inferior_height(u, v, solids[upper]) - 2.0
                if roof > 2.0:
                    continue
                wall = 0.5 * (
                    wall_field(x, y, 1.0, solids[lower]) + wall_field(u, v, -1.0, solids[upper])
                )
                d = max(wall - 0.8, max(floor, roof))
                hu[i, j, k] = over(hu[i, j, k], d, disc_hu(wall, x, y, lattice), 1.4)


@njit(cache=True)
def rib_field(x, y, z, nodes):  # type: ignore[no-untyped-def]
    """Distance to a rib, a chain of flat capsules through ``nodes`` (n, 3), mirrored in x."""
    d = 1e3
    q = abs(x)
    for n in range(len(nodes) - 1):
        a, b = nodes[n], nodes[n + 1]
        ends = (a[0], a[1], a[2] * 0.75, b[0], b[1], b[2] * 0.75)
        d = smooth_min(d, capsule(q, y, z * 0.75, ends, (3.7, 3.7)), 2.0)
    return d


@njit(cache=True, parallel=True)
def draw_ribs(hu, affines, solids, level, box, nodes, factor):  # type: ignore[no-untyped-def]
    """Draw the pair of ribs of a level, cut back where they meet the vertebra."""
    for i in prange(box[0, 0], box[0, 1]):
        for j in range(box[1, 0], box[1, 1]):
            for k in range(box[2, 0], box[2, 1]):
                x, y, z = map_point(affines[level], i, j, k)
                if rib_field(x, y, z, nodes) > 2.0:
                    continue
                share, total = 0.0, 0.0
                for n in range(8):
                    a, b = i + (n // 4) * 0.5 - 0.25, j + (n // 2 % 2) * 0.5 - 0.25
                    c = k + (n % 2) * 0.5 - 0.25
                    x, y, z = map_point(affines[level], a, b, c)
                    d = rib_field(x, y, z, nodes)
                    bone = bone_beside_neighbours(a, b, c, affines, solids, level)
                    d = max(d, _RIB_GAP_MM - bone)
                    part = min(max(0.5 - d / 0.5, 0.0), 1.0)
                    share += part
                    total += part * (1000.0 * factor if d > -1.0 else 150.0)
                hu[i, j, k] = hu[i, j, k] * (1.0 - share / 8.0) + total / 8.0
