"""The stiffness of a body of bricks as an operator: products without a matrix."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.hexahedron import FloatArray, brick_stiffness, modal_coefficients
from vertaug.numerics.span_grid import SpanGrid

PRODUCT, RESIDUAL, STEP, FREE_PRODUCT = range(4)
"""Tasks of the kernels, see `_brick_reference`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BrickBody:
    """An elastic body of equal bricks.

    Attributes
    ----------
    grid : SpanGrid
    spacing_mm : (3,) float64 array
    moduli : (materials, n) float64 array
        Modulus in MPa of each brick, in the order of the runs of cells; 0 is void. A brick of
        two materials has the sum of both stiffnesses.
    elasticity : tuple of (6, 6) float64 array
        Elasticity matrix of each material at a modulus of 1.
    held : (3, m) bool array
        Nodes whose displacement along an axis is given, in the order of the runs of nodes.
    """

    grid: SpanGrid
    spacing_mm: FloatArray
    moduli: FloatArray
    elasticity: tuple[FloatArray, ...]
    held: NDArray[np.bool_]

    def brick_stiffnesses(self) -> list[FloatArray]:
        """Return the stiffness matrix of a brick of each material at a modulus of 1."""
        return [brick_stiffness(c, self.spacing_mm) for c in self.elasticity]

    def diagonal(self) -> FloatArray:
        """Return the diagonal of the stiffness, shape (3, m), held nodes included."""
        total = np.zeros((3, self.grid.nodes.size))
        for modulus, matrix in zip(self.moduli, self.brick_stiffnesses(), strict=True):
            total += np.diag(matrix)[:3, None] * _sum_at_nodes(self.grid, modulus)
        return total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BrickOperator:
    """A body's stiffness in one precision.

    Attributes
    ----------
    body : BrickBody
    moduli : (materials, n) array
    coefficients : (materials, 33) array
    weight : (3, m) array
        Reciprocal of the diagonal; 0 where a node is held or belongs to no brick.
    """

    body: BrickBody
    moduli: NDArray[Any]
    coefficients: NDArray[Any]
    weight: NDArray[np.float32]
    planes: NDArray[np.int64]
    dots: NDArray[np.float64]

    def apply(self, u: NDArray[Any], out: NDArray[Any]) -> float:
        """Fill the forces at the free nodes, zero elsewhere; return their product with ``u``."""
        self._sweep(FREE_PRODUCT, u, (u, u), (0.0, 0.0), out)
        return float(self.dots.sum())

    def force(self, u: NDArray[Any], out: NDArray[Any]) -> None:
        """Fill the forces at all nodes."""
        self._sweep(PRODUCT, u, (u, u), (0.0, 0.0), out)

    def residual(self, u: NDArray[Any], b: NDArray[Any], out: NDArray[Any]) -> None:
        """Fill ``b`` minus the forces, zero where a node is held."""
        self._sweep(RESIDUAL, u, (b, b), (0.0, 0.0), out)

    def step(
        self,
        u: NDArray[Any],
        vectors: tuple[NDArray[Any], NDArray[Any]],
        shares: tuple[float, float],
        out: NDArray[Any],
    ) -> None:
        """Take a step of Chebyshev's iteration; ``vectors`` are right side and last step."""
        self._sweep(STEP, u, vectors, shares, out)

    def _sweep(
        self,
        task: int,
        u: NDArray[Any],
        vectors: tuple[NDArray[Any], NDArray[Any]],
        shares: tuple[float, float],
        out: NDArray[Any],
    ) -> None:
        import numba

        from vertaug.numerics._brick_numba import sweep

        cells, kind = self.body.grid.cells, u.dtype.type
        second = self.moduli[1] if len(self.moduli) > 1 else None
        sweep(
            u,
            self.moduli[0],
            second,
            self.coefficients,
            (cells.base, cells.first, cells.last),
            self.body.grid.nodes.base,
            self.planes,
            task,
            *vectors,
            self.weight,
            kind(shares[0]),
            kind(shares[1]),
            out,
            self.dots,
            numba.get_num_threads(),
        )


def prepare_operator(
    body: BrickBody, weight: NDArray[np.float32], kind: type[np.floating[Any]]
) -> BrickOperator:
    """Return the stiffness of a body in a precision, with the weights of `node_weights`."""
    planes = plane_starts(body.grid)
    given = [modal_coefficients(c, body.spacing_mm) for c in body.elasticity]
    return BrickOperator(
        body=body,
        moduli=np.ascontiguousarray(body.moduli, dtype=kind),
        coefficients=np.array(given, dtype=kind),
        weight=weight,
        planes=planes,
        dots=np.zeros(len(planes) - 1),
    )


def plane_starts(grid: SpanGrid) -> NDArray[np.int64]:
    """Return the first node of each plane across the first axis, and one past the last."""
    count = (grid.nodes.last - grid.nodes.first).sum(axis=1)
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def node_weights(body: BrickBody) -> NDArray[np.float32]:
    """Return the reciprocal of the diagonal, zero where nothing is to be found."""
    diagonal = body.diagonal()
    free = (diagonal > 0.0) & ~body.held
    return np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=free).astype(np.float32)


def largest_eigenvalue(body: BrickBody) -> float:
    """Bound the eigenvalues of the stiffness scaled by its diagonal.

    The largest over all bricks bounds that of the body, whatever the moduli and the held
    nodes are (Fried, J Sound Vib 1972; Wathen, IMA J Numer Anal 1987).
    """
    found = []
    for matrix in body.brick_stiffnesses():
        root = np.sqrt(np.diag(matrix))
        found.append(float(np.linalg.eigvalsh(matrix / np.outer(root, root)).max()))
    return max(found)


def _sum_at_nodes(grid: SpanGrid, values: FloatArray) -> FloatArray:
    """Return for each node the sum over the bricks around it."""
    box = grid.spread_cells(values)
    total = np.zeros(grid.node_shape)
    i, j, k = grid.shape
    for a in (0, 1):
        for b in (0, 1):
            for c in (0, 1):
                total[a : a + i, b : b + j, c : c + k] += box
    return grid.gather_nodes(total)
