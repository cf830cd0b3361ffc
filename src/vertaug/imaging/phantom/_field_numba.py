"""Compiled loops over the functions of `_field_reference` and `_bone_hu_reference`.

``affines`` (n, 3, 4) map the points (or voxel indices) given to the construction frame of each
level; ``solids`` (n,) are the rows of the solid table, cranio-caudal order. Parallel over
outputs only: results do not depend on the number of threads.

Numba's cache watches this file, not the modules it compiles functions from: after a change there,
save this file again. The tests hold both together and fail on a stale cache.
"""

import numpy as np
from numba import njit, prange

from vertaug.imaging.phantom._bone_hu_reference import bone_hu, share_within
from vertaug.imaging.phantom._field_reference import (
    arch_field,
    body_field,
    canal_field,
    keep_joint_gap,
    pedicle_field,
    smooth_min,
)

BONE, BODY, CANAL, ARCH, PEDICLE = 0, 1, 2, 3, 4
JOINT_GAP_MM = 1.8
_REACH_MM = 12.0
_BLOCK = 4
_NUDGE = 0.05  # of a voxel, for gradients
_THICKEST_CORTEX_MM = 6.0  # with half a voxel: deeper, no layer matters
_FIELD_SLACK = 1.5  # the fields are distances to first order only: a block is skipped with care


@njit(cache=True, error_model="numpy")
def map_point(m, n, a, b, c):  # type: ignore[no-untyped-def]
    """Apply the affine ``m[n]`` (3 x 4) to a point."""
    return (
        m[n, 0, 0] * a + m[n, 0, 1] * b + m[n, 0, 2] * c + m[n, 0, 3],
        m[n, 1, 0] * a + m[n, 1, 1] * b + m[n, 1, 2] * c + m[n, 1, 3],
        m[n, 2, 0] * a + m[n, 2, 1] * b + m[n, 2, 2] * c + m[n, 2, 3],
    )


@njit(cache=True, error_model="numpy")
def bone_at(x, y, z, s):  # type: ignore[no-untyped-def]
    """`bone_field`, without the parts that are too far away to change it."""
    behind = y - s.half_depth
    if behind > 20.0:
        arch = arch_field(x, y, z, s)
        if arch < 3.0:
            return arch
        front = smooth_min(body_field(x, y, z, s), pedicle_field(abs(x), y, z, s), 2.5)
        return smooth_min(front, arch, 2.0)
    front = smooth_min(body_field(x, y, z, s), pedicle_field(abs(x), y, z, s), 2.5)
    if behind < -6.0 and front < 2.0:
        return front
    return smooth_min(front, arch_field(x, y, z, s), 2.0)


@njit(cache=True, error_model="numpy")
def bone_beside_neighbours(a, b, c, affines, solids, level):  # type: ignore[no-untyped-def]
    """Distance to one vertebra with the joint gap to its neighbours kept open.

    Only posterior elements can touch, and only within ``_REACH_MM``.
    """
    x, y, z = map_point(affines, level, a, b, c)
    own = bone_at(x, y, z, solids[level])
    if -_REACH_MM < own < _REACH_MM and y > solids[level].half_depth + 2.0:
        for other in (level - 1, level + 1):
            if 0 <= other < len(solids):
                x, y, z = map_point(affines, other, a, b, c)
                if -45.0 < z < 40.0:
                    near = bone_at(x, y, z, solids[other])
                    own = keep_joint_gap(own, near, JOINT_GAP_MM)
    return own


@njit(cache=True, error_model="numpy")
def part_field(a, b, c, affines, solids, level, part):  # type: ignore[no-untyped-def]
    """Distance to a part (`BONE`, `BODY`, `CANAL`, ...) of one level."""
    if part == BONE:
        return bone_beside_neighbours(a, b, c, affines, solids, level)
    x, y, z = map_point(affines, level, a, b, c)
    if part == BODY:
        return body_field(x, y, z, solids[level])
    if part == ARCH:
        return arch_field(x, y, z, solids[level])
    if part == PEDICLE:
        return pedicle_field(abs(x), y, z, solids[level])
    return max(canal_field(x, y, z, solids[level]), -bone_at(x, y, z, solids[level]))


@njit(cache=True, parallel=True, error_model="numpy")
def evaluate_part(points, affines, solids, level, part):  # type: ignore[no-untyped-def]
    """Evaluate `part_field` at points (n, 3); returns (n,) float64."""
    out = np.empty(len(points))
    for n in prange(len(points)):
        a, b, c = points[n, 0], points[n, 1], points[n, 2]
        out[n] = part_field(a, b, c, affines, solids, level, part)
    return out


@njit(cache=True, error_model="numpy")
def _find_grain(i, j, k, affines, solids, level, steps):  # type: ignore[no-untyped-def]
    """Extent of a sub-sample across the surface near a voxel, in mm."""
    d = bone_beside_neighbours(i, j, k, affines, solids, level)
    if d < -_THICKEST_CORTEX_MM:
        return 1.0
    a = bone_beside_neighbours(i + _NUDGE, j, k, affines, solids, level) - d
    b = bone_beside_neighbours(i, j + _NUDGE, k, affines, solids, level) - d
    c = bone_beside_neighbours(i, j, k + _NUDGE, affines, solids, level) - d
    ni, nj, nk = steps
    return np.sqrt((a / ni) ** 2 + (b / nj) ** 2 + (c / nk) ** 2) / _NUDGE + 1e-6


@njit(cache=True, error_model="numpy")
def _average_bone(i, j, k, affines, solids, level, steps, spread, setting, lattice):  # type: ignore[no-untyped-def]
    """Share of bone in a voxel and its sum of Hounsfield units, over sub-samples."""
    ni, nj, nk = steps
    grain = _find_grain(i, j, k, affines, solids, level, steps)
    count = ni * nj * nk
    share, total = 0.0, 0.0
    for n in range(count):
        a = i + (n // (nj * nk) + 0.5) / ni - 0.5
        b = j + ((n // nk) % nj + 0.5) / nj - 0.5
        c = k + (n % nk + 0.5) / nk - 0.5
        d = bone_beside_neighbours(a, b, c, affines, solids, level)
        part = share_within(-d, grain, spread)
        if part > 0.0:
            x, y, z = map_point(affines, level, a, b, c)
            bone = bone_hu(x, y, z, (-d, grain, spread), setting, solids[level], lattice)
            share += part
            total += part * bone
    return share / count, total / count


@njit(cache=True, parallel=True, error_model="numpy")
def draw_vertebra(hu, label, affines, solids, level, value, box, steps, reach, setting, lattice):  # type: ignore[no-untyped-def]
    """Draw one vertebra into ``hu`` (float32) and, where ``value`` is not 0, into ``label``.

    ``box`` (3, 2) are the first and one-past-last indices; ``steps`` (3 ints) how many
    sub-samples a voxel takes along each axis; ``reach`` the distance in mm beyond which a voxel
    holds no bone, the distance between sub-samples, the depth from which one sample is enough,
    and the scanner's spread. Each sub-sample has its share of bone from the distance, so that
    edges are those of a scanner that averages over the voxel.
    """
    margin, grain, deep, spread = reach
    low_j, low_k = box[1, 0], box[2, 0]
    blocks_i = (box[0, 1] - box[0, 0] + _BLOCK - 1) // _BLOCK
    half = 0.5 * (_BLOCK - 1)
    block_reach = margin + _FIELD_SLACK * 2.0 * half * (margin - grain - 0.5 * spread)
    for bi in prange(blocks_i):
        first_i = box[0, 0] + bi * _BLOCK
        for first_j in range(low_j, box[1, 1], _BLOCK):
            for first_k in range(low_k, box[2, 1], _BLOCK):
                x, y, z = map_point(affines, level, first_i + half, first_j + half, first_k + half)
                if bone_at(x, y, z, solids[level]) > block_reach:
                    continue
                for i in range(first_i, min(first_i + _BLOCK, box[0, 1])):
                    for j in range(first_j, min(first_j + _BLOCK, box[1, 1])):
                        for k in range(first_k, min(first_k + _BLOCK, box[2, 1])):
                            d = bone_beside_neighbours(i, j, k, affines, solids, level)
                            if d > margin:
                                continue
                            if value and d <= 0.0:
                                label[i, j, k] = value
                            count = (1, 1, 1) if d < -deep else steps
                            share, total = _average_bone(
                                i, j, k, affines, solids, level, count, spread, setting, lattice
                            )
                            hu[i, j, k] = hu[i, j, k] * (1.0 - share) + total
