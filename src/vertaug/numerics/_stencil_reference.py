"""Products with a coarse operator of which each pair of nodes is stored once, plain, for tests.

Same signatures as `_stencil_numba`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics._galerkin_reference import Runs, find_entry, list_entries


def sweep_stencil(
    x: NDArray[Any],
    blocks: NDArray[Any],
    nodes: Runs,
    task: int,
    b: NDArray[Any],
    d: NDArray[Any],
    weight: NDArray[Any],
    keep: float,
    take: float,
    y: NDArray[Any],
    parts: int,
) -> None:
    """Fill ``y`` from the product of a coarse operator with ``x``.

    Parameters
    ----------
    x : (3 m + 12,) array
        Value ``6 + 3 n + p`` is that of node n along p; the first and the last six are 0.
    blocks : (m, 126) array
        From `gather_stencil`.
    nodes : runs of nodes
    task : int
        0: ``y = A x``. 1: ``y = b - A x``, zero where ``weight`` is. 2: a step of Chebyshev's
        iteration, ``d = keep d + take weight (b - A x)`` and ``y = x + d``.
    b, d, weight : (3 m + 12,) arrays
    keep, take : float
    y : (3 m + 12,) array
        Filled between its first and last six; not ``x``.
    parts : int
        Slabs that are worked on side by side; the result does not depend on it.
    """
    inner = slice(6, -6)
    field = x[inner].reshape(-1, 3)
    out = np.zeros(field.shape)
    for i, j, k, at in list_entries(nodes):
        rows = blocks[at].reshape(3, 14, 3)
        out[at] += rows[:, 0] @ field[at]
        for side in range(14, 27):
            other = find_entry(nodes, i + side // 9 - 1, j + side // 3 % 3 - 1, k + side % 3 - 1)
            if other is not None:
                out[at] += rows[:, side - 13] @ field[other]
                out[other] += rows[:, side - 13].T @ field[at]
    product = out.ravel()
    if task == 0:
        y[inner] = product
    elif task == 1:
        y[inner] = np.where(weight[inner] == 0, 0.0, b[inner] - product)
    else:
        d[inner] = keep * d[inner] + take * weight[inner] * (b[inner] - product)
        y[inner] = x[inner] + d[inner]
