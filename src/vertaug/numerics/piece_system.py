"""The equations of rigid pieces that are joined by springs, and their direct solution."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.hexahedron import FloatArray

_NULL = 1e-10
"""A motion that a piece's links resist less than this part of the others moves nothing, such as
the turn of a single node. A stiff voxel that hangs by an edge in soft matter has 2e-8."""
_SHIFT = 1e-10
_DROP = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PieceSystem:
    """The factors of the stiffness between pieces.

    Attributes
    ----------
    pieces : int
    basis : sparse (6 n, k) array
        Motions of each piece with a stiffness of 1 against fixed neighbours.
    factors : object
        Of the stiffness in this basis.
    """

    pieces: int
    basis: Any
    factors: Any

    def solve(self, wrenches: FloatArray) -> FloatArray:
        """Return the motions that balance forces and moments, shape (n, 6)."""
        loads = self.basis.T @ wrenches.reshape(-1)
        return np.asarray((self.basis @ self.factors.solve(loads)).reshape(-1, 6))


def factorise(keys: NDArray[np.int64], links: FloatArray, count: int) -> PieceSystem | None:
    """Return the factors of the stiffness between pieces, None where there is none.

    Parameters
    ----------
    keys : (pairs,) int64 array
        ``count * one + other``, rising.
    links : (pairs, 6, 6) float64 array
    count : int
        Pieces.
    """
    from scipy.sparse import bsr_array, eye_array
    from scipy.sparse.linalg import splu

    one, other = np.divmod(keys, count)
    starts = np.searchsorted(one, np.arange(count + 1))
    size = 6 * count
    stiffness = bsr_array((links, other, starts), shape=(size, size)).tocsr()
    basis = _basis(one, other, links, count)
    matrix = (basis.T @ stiffness @ basis).tocsc()
    matrix.data[np.abs(matrix.data) < _DROP] = 0.0
    matrix.eliminate_zeros()
    if matrix.shape[0] == 0:
        return None
    shifted = (matrix + _SHIFT * eye_array(matrix.shape[0])).tocsc()
    try:
        factors = splu(
            shifted,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except (RuntimeError, MemoryError, ValueError):
        return None
    return PieceSystem(pieces=count, basis=basis, factors=factors)


def _basis(one: NDArray[Any], other: NDArray[Any], links: FloatArray, count: int) -> Any:
    """Return the motions of each piece that its own links resist, scaled to a stiffness of 1."""
    from scipy.sparse import bsr_array

    own = np.zeros((count, 6, 6))
    same = one == other
    own[one[same]] = links[same]
    motions, kept = own_motions(own)
    blocks = bsr_array(
        (motions, np.arange(count), np.arange(count + 1)), shape=(6 * count, 6 * count)
    )
    return blocks.tocsc()[:, kept.reshape(-1)]


def own_motions(own: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return motions of pieces with a stiffness of 1 against fixed neighbours.

    Parameters
    ----------
    own : (n, 6, 6) float64 array
        Stiffness of each piece against fixed neighbours.

    Returns
    -------
    motions : (n, 6, 6) float64 array
        One in each column.
    kept : (n, 6) bool array
        False for motions that nothing resists.
    """
    diagonal = np.einsum("nii->ni", own)
    root = np.where(diagonal > 0.0, diagonal, 1.0) ** -0.5 * (diagonal > 0.0)
    values, vectors = np.linalg.eigh(own * root[:, :, None] * root[:, None, :])
    kept = values > _NULL
    length = np.where(kept, values, 1.0) ** -0.5
    return root[:, :, None] * vectors * length[:, None, :], kept
