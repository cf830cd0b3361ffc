"""Pressure of a liquid in porous cells: operator and multigrid transfers, compiled.

Parallel over planes of cells that a thread alone writes; sums are taken plane by plane, so that
the bits do not depend on the number of threads. No products are fused by the compiler: it would
choose otherwise in the process that compiles than for those that load its code. The readable twin
is `_darcy_reference`.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.fused import fma

_PARALLEL: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "parallel": True,
}


@numba.njit(inline="always")
def _beside(p, faces, i, j, k):  # type: ignore[no-untyped-def]
    """Return the pressures of the six neighbours times the conductances to them."""
    return (
        fma(faces[0, i, j, k], p[i + 1, j, k], faces[0, i - 1, j, k] * p[i - 1, j, k])
        + fma(faces[1, i, j, k], p[i, j + 1, k], faces[1, i, j - 1, k] * p[i, j - 1, k])
        + fma(faces[2, i, j, k], p[i, j, k + 1], faces[2, i, j, k - 1] * p[i, j, k - 1])
    )


@numba.njit(**_PARALLEL)
def fill_faces(
    mobility: NDArray[np.float64],
    region: NDArray[np.uint8],
    shares: NDArray[np.float64],
    links: NDArray[np.float64],
    faces: NDArray[np.float64],
    outlets: NDArray[np.float32],
    diagonal: NDArray[np.float64],
) -> None:
    """Fill the conductances of all faces; see the reference."""
    ni, nj, nk = region.shape
    for i in numba.prange(1, ni - 1):
        for j in range(1, nj - 1):
            for k in range(1, nk - 1):
                if region[i, j, k] != 1:
                    for axis in range(3):
                        faces[axis, i, j, k] = 0.0
                        outlets[axis, i, j, k] = 0.0
                    diagonal[i, j, k] = 0.0
                    continue
                a = mobility[i, j, k]
                total = links[i, j, k]
                for axis in range(3):
                    di = 1 if axis == 0 else 0
                    dj = 1 if axis == 1 else 0
                    dk = 1 if axis == 2 else 0
                    after = region[i + di, j + dj, k + dk]
                    b = mobility[i + di, j + dj, k + dk]
                    conductance = shares[axis] * 2.0 * a
                    faces[axis, i, j, k] = conductance * b / (a + b) if after == 1 else 0.0
                    out = conductance if after == 0 else 0.0
                    if region[i - di, j - dj, k - dk] == 0:
                        out += conductance
                    outlets[axis, i, j, k] = out
                    total += out
                diagonal[i, j, k] = total


@numba.njit(**_PARALLEL)
def add_faces(faces: NDArray[Any], diagonal: NDArray[Any], inverse: NDArray[np.float32]) -> None:
    """Complete the diagonal and fill its inverse; see the reference."""
    ni, nj, nk = diagonal.shape
    for i in numba.prange(1, ni - 1):
        for j in range(1, nj - 1):
            for k in range(1, nk - 1):
                d = (
                    diagonal[i, j, k]
                    + (faces[0, i, j, k] + faces[0, i - 1, j, k])
                    + (faces[1, i, j, k] + faces[1, i, j - 1, k])
                    + (faces[2, i, j, k] + faces[2, i, j, k - 1])
                )
                diagonal[i, j, k] = d
                inverse[i, j, k] = 1.0 / d if d > 0.0 else 0.0


@numba.njit(inline="always")
def _passable(corner, own):  # type: ignore[no-untyped-def]
    """Return how much of its share a coarse cell at an edge or corner keeps."""
    return min(np.float32(1.0), np.float32(10.0) * corner / own)


@numba.njit(**_PARALLEL)
def fill_weights(
    mobility: NDArray[np.float32], factors: NDArray[np.int64], weights: NDArray[np.float32]
) -> None:
    """Fill the shares of eight coarse cells; see the reference."""
    ni, nj, nk = mobility.shape
    half, none, one = np.float32(0.5), np.float32(0.0), np.float32(1.0)
    for i in numba.prange(1, ni - 1):
        i2 = (i - 1 if i & 1 else i + 1) if factors[0] == 2 else i
        for j in range(1, nj - 1):
            j2 = (j - 1 if j & 1 else j + 1) if factors[1] == 2 else j
            for k in range(1, nk - 1):
                k2 = (k - 1 if k & 1 else k + 1) if factors[2] == 2 else k
                a = mobility[i, j, k]
                if a <= none:
                    continue
                b = mobility[i2, j, k]
                u = half * b / (a + b) if factors[0] == 2 else none
                b = mobility[i, j2, k]
                v = half * b / (a + b) if factors[1] == 2 else none
                b = mobility[i, j, k2]
                w = half * b / (a + b) if factors[2] == 2 else none
                w0 = (one - u) * (one - v) * (one - w)
                w1 = (one - u) * (one - v) * w
                w2 = (one - u) * v * (one - w)
                w3 = (one - u) * v * w * _passable(mobility[i, j2, k2], a)
                w4 = u * (one - v) * (one - w)
                w5 = u * (one - v) * w * _passable(mobility[i2, j, k2], a)
                w6 = u * v * (one - w) * _passable(mobility[i2, j2, k], a)
                w7 = u * v * w * _passable(mobility[i2, j2, k2], a)
                scale = one / (((w0 + w1) + (w2 + w3)) + ((w4 + w5) + (w6 + w7)))
                weights[0, i, j, k], weights[1, i, j, k] = w0 * scale, w1 * scale
                weights[2, i, j, k], weights[3, i, j, k] = w2 * scale, w3 * scale
                weights[4, i, j, k], weights[5, i, j, k] = w4 * scale, w5 * scale
                weights[6, i, j, k], weights[7, i, j, k] = w6 * scale, w7 * scale


@numba.njit(**_PARALLEL)
def restrict(
    r: NDArray[np.float32],
    weights: NDArray[np.float32],
    factors: NDArray[np.int64],
    coarse_inverse: NDArray[np.float32],
    coarse: NDArray[np.float32],
) -> None:
    """Fill a coarse right side; see the reference."""
    fi, fj, fk = factors
    ni, nj, nk = (r.shape[0] - 2) // fi, (r.shape[1] - 2) // fj, (r.shape[2] - 2) // fk
    # the four fine cells that a coarse one has a share in, or the only one
    wi, wj, wk = 3 * fi - 2, 3 * fj - 2, 3 * fk - 2
    for i in numba.prange(1, ni + 1):
        i0 = 2 * i - 2 if fi == 2 else i
        for j in range(1, nj + 1):
            j0 = 2 * j - 2 if fj == 2 else j
            for k in range(1, nk + 1):
                total = np.float32(0.0)
                if coarse_inverse[i, j, k] > 0.0:
                    k0 = 2 * k - 2 if fk == 2 else k
                    for a in range(wi):
                        one = 4 if fi == 2 and (a == 0 or a == 3) else 0
                        for b in range(wj):
                            two = one + (2 if fj == 2 and (b == 0 or b == 3) else 0)
                            for c in range(wk):
                                value = r[i0 + a, j0 + b, k0 + c]
                                if value != 0.0:
                                    way = two + (1 if fk == 2 and (c == 0 or c == 3) else 0)
                                    total += value * weights[way, i0 + a, j0 + b, k0 + c]
                coarse[i, j, k] = total


@numba.njit(**_PARALLEL)
def interpolate(
    coarse: NDArray[np.float32],
    weights: NDArray[np.float32],
    factors: NDArray[np.int64],
    inverse: NDArray[np.float32],
    p: NDArray[np.float32],
) -> None:
    """Add a coarse correction; see the reference."""
    ni, nj, nk = p.shape
    for i in numba.prange(1, ni - 1):
        a = (i + 1) // 2 if factors[0] == 2 else i
        a2 = (a - 1 if i & 1 else a + 1) if factors[0] == 2 else i
        for j in range(1, nj - 1):
            b = (j + 1) // 2 if factors[1] == 2 else j
            b2 = (b - 1 if j & 1 else b + 1) if factors[1] == 2 else j
            for k in range(1, nk - 1):
                if inverse[i, j, k] > 0.0:
                    c = (k + 1) // 2 if factors[2] == 2 else k
                    c2 = (c - 1 if k & 1 else c + 1) if factors[2] == 2 else k
                    near = weights[0, i, j, k] * coarse[a, b, c]
                    near += weights[1, i, j, k] * coarse[a, b, c2]
                    near += weights[2, i, j, k] * coarse[a, b2, c]
                    near += weights[3, i, j, k] * coarse[a, b2, c2]
                    far = weights[4, i, j, k] * coarse[a2, b, c]
                    far += weights[5, i, j, k] * coarse[a2, b, c2]
                    far += weights[6, i, j, k] * coarse[a2, b2, c]
                    far += weights[7, i, j, k] * coarse[a2, b2, c2]
                    p[i, j, k] += near + far


@numba.njit(**_PARALLEL)
def coarsen(
    faces: NDArray[Any],
    outlets: NDArray[np.float32],
    links: NDArray[np.float32],
    mobility: NDArray[np.float32],
    factors: NDArray[np.int64],
    coarse_faces: NDArray[np.float32],
    coarse_outlets: NDArray[np.float32],
    coarse_links: NDArray[np.float32],
    coarse_mobility: NDArray[np.float32],
    coarse_diagonal: NDArray[np.float32],
) -> None:
    """Fill the conductances of a coarse grid; see the reference."""
    fi, fj, fk = factors
    ni, nj = (mobility.shape[0] - 2) // fi, (mobility.shape[1] - 2) // fj
    nk = (mobility.shape[2] - 2) // fk
    for i in numba.prange(1, ni + 1):
        for j in range(1, nj + 1):
            for k in range(1, nk + 1):
                link, logarithms, inside = 0.0, 0.0, 0
                x, y, z, ox, oy, oz = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
                for a in range(fi * (i - 1) + 1, fi * i + 1):
                    for b in range(fj * (j - 1) + 1, fj * j + 1):
                        for c in range(fk * (k - 1) + 1, fk * k + 1):
                            m = mobility[a, b, c]
                            if m > 0.0:
                                logarithms += np.log(m)
                                inside += 1
                                link += links[a, b, c]
                                ox += outlets[0, a, b, c]
                                oy += outlets[1, a, b, c]
                                oz += outlets[2, a, b, c]
                                if a == fi * i:
                                    x += faces[0, a, b, c]
                                if b == fj * j:
                                    y += faces[1, a, b, c]
                                if c == fk * k:
                                    z += faces[2, a, b, c]
                coarse_faces[0, i, j, k] = x / fi
                coarse_faces[1, i, j, k] = y / fj
                coarse_faces[2, i, j, k] = z / fk
                coarse_outlets[0, i, j, k] = ox / fi
                coarse_outlets[1, i, j, k] = oy / fj
                coarse_outlets[2, i, j, k] = oz / fk
                coarse_links[i, j, k] = link
                coarse_mobility[i, j, k] = np.exp(logarithms / inside) if inside else 0.0
                coarse_diagonal[i, j, k] = link + ox / fi + oy / fj + oz / fk


@numba.njit(**_PARALLEL)
def begin(
    b: NDArray[np.float32],
    inverse: NDArray[np.float32],
    rows: NDArray[np.int64],
    p: NDArray[np.float32],
) -> None:
    """Relax the cells of colour 0 from zero pressure; see the reference."""
    ni, nj, _ = p.shape
    for i in numba.prange(1, ni - 1):
        for j in range(1, nj - 1):
            for k in range(rows[i, j, 0], rows[i, j, 1]):
                even = (i + j + k) & 1 == 0
                p[i, j, k] = b[i, j, k] * inverse[i, j, k] if even else np.float32(0.0)


@numba.njit(**_PARALLEL)
def relax(
    p: NDArray[np.float32],
    b: NDArray[np.float32],
    faces: NDArray[np.float32],
    inverse: NDArray[np.float32],
    rows: NDArray[np.int64],
    colour: int,
) -> None:
    """Fulfil the balance of all cells of one colour; see the reference."""
    ni, nj, _ = p.shape
    for i in numba.prange(1, ni - 1):
        for j in range(1, nj - 1):
            low = rows[i, j, 0]
            low += (i + j + low + colour) & 1
            for k in range(low, rows[i, j, 1], 2):
                p[i, j, k] = (b[i, j, k] + _beside(p, faces, i, j, k)) * inverse[i, j, k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def settle(
    p: NDArray[np.float32],
    b: NDArray[np.float32],
    faces: NDArray[np.float32],
    inverse: NDArray[np.float32],
    sweeps: int,
) -> None:
    """Fill the pressure of the coarsest grid; see the reference."""
    ni, nj, nk = p.shape
    p[:] = 0.0
    for sweep in range(4 * sweeps):
        # colours 0, 1, 0, 1, ... and back: the whole is symmetric
        colour = sweep & 1 if sweep < 2 * sweeps else 1 - sweep & 1
        for i in range(1, ni - 1):
            for j in range(1, nj - 1):
                for k in range(1 + ((i + j + 1 + colour) & 1), nk - 1, 2):
                    p[i, j, k] = (b[i, j, k] + _beside(p, faces, i, j, k)) * inverse[i, j, k]


@numba.njit(**_PARALLEL)
def fill_residual(
    p: NDArray[np.float32],
    b: NDArray[np.float32],
    faces: NDArray[np.float32],
    diagonal: NDArray[np.float32],
    rows: NDArray[np.int64],
    r: NDArray[np.float32],
) -> None:
    """Fill what colour 0 lacks to balance; see the reference."""
    ni, nj, _ = p.shape
    for i in numba.prange(1, ni - 1):
        for j in range(1, nj - 1):
            low = rows[i, j, 0]
            for k in range(low + ((i + j + low) & 1), rows[i, j, 1], 2):
                r[i, j, k] = (b[i, j, k] - diagonal[i, j, k] * p[i, j, k]) + _beside(
                    p, faces, i, j, k
                )


@numba.njit(**_PARALLEL)
def multiply(
    p: NDArray[np.float64],
    faces: NDArray[np.float64],
    diagonal: NDArray[np.float64],
    rows: NDArray[np.int64],
    out: NDArray[np.float64],
) -> float:
    """Fill the flow out of each cell at a pressure; see the reference."""
    ni, nj, _ = p.shape
    sums = np.zeros(ni)
    for i in numba.prange(ni):
        plane = 0.0
        for j in range(nj):
            out[i, j, : rows[i, j, 0]] = 0.0
            out[i, j, rows[i, j, 1] :] = 0.0
            for k in range(rows[i, j, 0], rows[i, j, 1]):
                v = diagonal[i, j, k] * p[i, j, k] - _beside(p, faces, i, j, k)
                out[i, j, k] = v
                plane += v * p[i, j, k]
        sums[i] = plane
    total = 0.0
    for i in range(ni):
        total += sums[i]
    return total


@numba.njit(**_PARALLEL)
def fill_flow(
    p: NDArray[np.float64],
    mobility: NDArray[np.float64],
    region: NDArray[np.uint8],
    shares: NDArray[np.float64],
    areas: NDArray[np.float64],
    faces: NDArray[np.float64],
    fluxes: NDArray[np.float64],
    outflow: NDArray[np.float64],
    speed: NDArray[np.float64],
) -> None:
    """Fill what flows through the faces, and the speed; see the reference."""
    ni, nj, nk = p.shape
    for i in numba.prange(1, ni - 1):
        for j in range(1, nj - 1):
            for k in range(1, nk - 1):
                if region[i, j, k] != 1:
                    continue
                c, square, leaving = p[i, j, k], 0.0, 0.0
                for axis in range(3):
                    di = 1 if axis == 0 else 0
                    dj = 1 if axis == 1 else 0
                    dk = 1 if axis == 2 else 0
                    half = shares[axis] * 2.0 * mobility[i, j, k] * c
                    through = faces[axis, i, j, k] * (c - p[i + di, j + dj, k + dk])
                    fluxes[axis, i, j, k] = through
                    conductance = faces[axis, i - di, j - dj, k - dk]
                    through += conductance * (p[i - di, j - dj, k - dk] - c)
                    if region[i + di, j + dj, k + dk] == 0:
                        through += half
                        leaving += half
                    if region[i - di, j - dj, k - dk] == 0:
                        through -= half
                        leaving += half
                    square += (0.5 * through / areas[axis]) ** 2
                outflow[i, j, k] = leaving
                speed[i, j, k] = np.sqrt(square)
