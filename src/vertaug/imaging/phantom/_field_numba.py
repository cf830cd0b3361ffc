"""Compiled loops over the functions of `_field_reference` and `_bone_hu_reference`.

``affines`` (n, 3, 4) map the points (or voxel indices) given to the construction frame of each
level; ``solids`` (n,) are the rows of the solid table, cranio-caudal order. Parallel over
outputs only: results do not depend on the number of threads.
"""

import numpy as np
from numba import njit, prange

from vertaug.imaging.phantom._bone_hu_reference import bone_hu
from vertaug.imaging.phantom._field_reference import (
    body_field,
    bone_field,
    canal_field,
    keep_joint_gap,
)

BONE, BODY, CANAL = 0, 1, 2
JOINT_GAP_MM = 1.8
_REACH_MM = 8.0
_FAR_MM = 1e3


@njit(cache=True)
def map_point(m, a, b, c):  # type: ignore[no-untyped-def]
    """Apply a 3 x 4 affine to a point."""
    return (
        m[0, 0] * a + m[0, 1] * b + m[0, 2] * c + m[0, 3],
        m[1, 0] * a + m[1, 1] * b + m[1, 2] * c + m[1, 3],
        m[2, 0] * a + m[2, 1] * b + m[2, 2] * c + m[2, 3],
    )


@njit(cache=True)
def bone_beside_neighbours(a, b, c, affines, solids, level):  # type: ignore[no-untyped-def]
    """Distance to one vertebra with the joint gap to its neighbours kept open."""
    x, y, z = map_point(affines[level], a, b, c)
    own = bone_field(x, y, z, solids[level])
    if own < _REACH_MM:
        for other in (level - 1, level + 1):
            if 0 <= other < len(solids):
                x, y, z = map_point(affines[other], a, b, c)
                if abs(z) < 55.0:
                    near = bone_field(x, y, z, solids[other])
                    own = keep_joint_gap(own, near, JOINT_GAP_MM)
    return own


@njit(cache=True)
def part_field(a, b, c, affines, solids, level, part):  # type: ignore[no-untyped-def]
    """Distance to a part (`BONE`, `BODY`, `CANAL`) of one level."""
    x, y, z = map_point(affines[level], a, b, c)
    if part == BODY:
        return body_field(x, y, z, solids[level])
    if part == CANAL:
        return max(canal_field(x, y, z, solids[level]), -bone_field(x, y, z, solids[level]))
    return bone_beside_neighbours(a, b, c, affines, solids, level)


@njit(cache=True, parallel=True)
def evaluate_part(points, affines, solids, level, part):  # type: ignore[no-untyped-def]
    """Evaluate `part_field` at points (n, 3); returns (n,) float64."""
    out = np.empty(len(points))
    for n in prange(len(points)):
        p = points[n]
        out[n] = part_field(p[0], p[1], p[2], affines, solids, level, part)
    return out


@njit(cache=True, parallel=True)
def draw_vertebra(hu, label, affines, solids, level, value, box, steps, reach, setting, lattice):  # type: ignore[no-untyped-def]
    """Draw one vertebra into ``hu`` (float32) and, where ``value`` is not 0, into ``label``.

    ``box`` (3, 2) are the first and one-past-last indices; ``steps`` (3,) how many sub-samples
    a voxel takes along each axis; ``reach`` the distance in mm beyond which a voxel holds no
    bone, and the distance between sub-samples. Each sub-sample has its share of bone from the distance, so that edges are those of
    a scanner that averages over the voxel.
    """
    ni, nj, nk = steps
    count = ni * nj * nk
    margin, grain = reach
    for i in prange(box[0, 0], box[0, 1]):
        for j in range(box[1, 0], box[1, 1]):
            for k in range(box[2, 0], box[2, 1]):
                x, y, z = map_point(affines[level], i, j, k)
                if bone_field(x, y, z, solids[level]) > margin:
                    continue
                if value and bone_beside_neighbours(i, j, k, affines, solids, level) <= 0.0:
                    label[i, j, k] = value
                share, total = 0.0, 0.0
                for n in range(count):
                    a = i + (n // (nj * nk) + 0.5) / ni - 0.5
                    b = j + ((n // nk) % nj + 0.5) / nj - 0.5
                    c = k + (n % nk + 0.5) / nk - 0.5
                    d = bone_beside_neighbours(a, b, c, affines, solids, level)
                    part = min(max(0.5 - d / grain, 0.0), 1.0)
                    if part > 0.0:
                        x, y, z = map_point(affines[level], a, b, c)
                        bone = bone_hu(x, y, z, max(-d, 0.0), setting, solids[level], lattice)
                        share += part
                        total += part * bone
                hu[i, j, k] = hu[i, j, k] * (1.0 - share / count) + total / count
