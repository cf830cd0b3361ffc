"""Products with the stiffness of a body of bricks, plain, for tests.

Same signature as `_brick_numba`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIGNS = np.array([[2 * (n >> 2) - 1, 2 * ((n >> 1) & 1) - 1, 2 * (n & 1) - 1] for n in range(8)])
_X, _Y, _Z = _SIGNS[:, 2], _SIGNS[:, 1], _SIGNS[:, 0]
_MODES = np.array([np.ones(8), _X, _Y, _Z, _X * _Y, _X * _Z, _Y * _Z, _X * _Y * _Z])
# (axis of displacement, mode, axis, mode, coefficient); x is axis 2 of the array
_DIAGONAL = (
    ((2, 1), 0), ((1, 2), 3), ((0, 3), 5), ((2, 2), 6), ((1, 1), 8), ((2, 3), 9), ((0, 1), 11),
    ((1, 3), 12), ((0, 2), 14), ((2, 4), 15), ((0, 6), 17), ((2, 5), 18), ((1, 6), 20),
    ((1, 4), 21), ((0, 5), 23), ((2, 6), 24), ((1, 5), 27), ((0, 4), 29), ((2, 7), 30),
    ((1, 7), 31), ((0, 7), 32),
)  # fmt: skip
_COUPLED = (
    ((2, 1), (1, 2), 1), ((2, 1), (0, 3), 2), ((1, 2), (0, 3), 4), ((2, 2), (1, 1), 7),
    ((2, 3), (0, 1), 10), ((1, 3), (0, 2), 13), ((2, 4), (0, 6), 16), ((2, 5), (1, 6), 19),
    ((1, 4), (0, 5), 22), ((2, 6), (0, 4), 25), ((2, 6), (1, 5), 26), ((1, 5), (0, 4), 28),
)  # fmt: skip


def stiffness_from_modes(q: NDArray[Any]) -> NDArray[np.float64]:
    """Return the stiffness matrix of a brick, (24, 24), from its 33 modal coefficients."""
    modal = np.zeros((3, 8, 3, 8))
    for at, n in _DIAGONAL:
        modal[(*at, *at)] = q[n]
    for a, b, n in _COUPLED:
        modal[(*a, *b)] = modal[(*b, *a)] = q[n]
    nodal = np.einsum("man,mi->ian", modal.reshape(3, 8, 24).transpose(1, 0, 2), _MODES)
    both = np.einsum("iabm,mj->iajb", nodal.reshape(8, 3, 3, 8), _MODES)
    return np.asarray(both.reshape(24, 24), dtype=np.float64)


def sweep(
    u: NDArray[Any],
    first: NDArray[Any],
    second: NDArray[Any] | None,
    q: NDArray[Any],
    cells: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    nodes: NDArray[np.int64],
    planes: NDArray[np.int64],
    task: int,
    b: NDArray[Any],
    d: NDArray[Any],
    weight: NDArray[Any],
    keep: float,
    take: float,
    y: NDArray[Any],
    dots: NDArray[np.float64],
    parts: int,
) -> None:
    """Fill ``y`` from the product of the stiffness with ``u``.

    Parameters
    ----------
    u : (3, n) array
        Displacement of the nodes along the array's axes, in the order of the runs of nodes.
    first, second : (m,) arrays
        Modulus of each brick, in the order of the runs of cells; a second material or None.
    q : (1 or 2, 33) array
        Modal coefficients of the materials at a modulus of 1.
    cells : three (ni, nj) int64 arrays
        Base, first and last of the runs of cells.
    nodes : (ni + 1, nj + 1) int64 array
        Base of the runs of nodes.
    planes : (ni + 2,) int64 array
        First node of each plane.
    task : int
        0: ``y = K u``. 1: ``y = b - K u``, zero where ``weight`` is. 2: a step of Chebyshev's
        iteration, ``d = keep d + take weight (b - K u)`` and ``y = u + d``. 3: ``y = K u``,
        zero where ``weight`` is, and ``dots`` of each plane.
    b, d, weight : (3, n) arrays
        Right side, last step, reciprocal of the diagonal (zero where a node is held).
    keep, take : float
    y : (3, n) array
        Filled; not ``u``.
    dots : (ni + 1,) float64 array
        Filled by task 3 with the scalar product of ``u`` and ``y`` of each plane of nodes.
    parts : int
        Slabs that are worked on side by side; the result does not depend on it.
    """
    base, start, stop = cells
    stiffness = [stiffness_from_modes(row) for row in q]
    out = np.zeros(u.shape)
    for i, j in np.argwhere(stop > start):
        for k in range(start[i, j], stop[i, j]):
            cell = base[i, j] + k
            matrix = first[cell] * stiffness[0]
            if second is not None:
                matrix = matrix + second[cell] * stiffness[1]
            at = [nodes[i + (n >> 2), j + ((n >> 1) & 1)] + k + (n & 1) for n in range(8)]
            out[:, at] += (matrix @ u[:, at].T.ravel()).reshape(8, 3).T
    held = weight == 0
    if task == 0:
        y[:] = out
    elif task == 1:
        y[:] = np.where(held, 0.0, b - out)
    elif task == 2:
        d[:] = keep * d + take * weight * (b - out)
        y[:] = u + d
    else:
        y[:] = np.where(held, 0.0, out)
        for i in range(len(dots)):
            part = slice(planes[i], planes[i + 1])
            dots[i] = float(np.sum(u[:, part] * y[:, part], dtype=np.float64))
