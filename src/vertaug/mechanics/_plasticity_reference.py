"""Perfectly plastic bricks: forces, and their change with the displacement, plain, for tests.

Same signatures as `_plasticity_numba`. Runs are given as in `numerics._brick_reference`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.mechanics import _return_mapping_reference as mapping
from vertaug.numerics.hexahedron import CORNERS, gauss_points, strain_matrix

Runs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
_BLOCK = 64
_UPPER = np.triu_indices(6)


def mean_dilatation_matrices(spacing: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the strains at the eight points with the brick's mean dilatation (B-bar)."""
    plain = [strain_matrix(point, spacing) for point in gauss_points()]
    mean = sum(b[:3].sum(axis=0) for b in plain) / 8.0
    for b in plain:
        b[:3] += (mean - b[:3].sum(axis=0)) / 3.0
    return plain


def _bricks(cells: Runs, nodes: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64], int, int]]:
    """Return each brick with its nodes, the first brick of its block and the block's length."""
    base, first, last = cells
    found = []
    for i, j in np.argwhere(last > first):
        for k in range(first[i, j], last[i, j]):
            start = first[i, j] + (k - first[i, j]) // _BLOCK * _BLOCK
            at = [nodes[i + a, j + b] + k + c for a, b, c in CORNERS]
            block = int(base[i, j] + start)
            found.append(
                (int(base[i, j]) + k, np.array(at), block, min(_BLOCK, int(last[i, j] - start)))
            )
    return found


def _rows(point: int, cell: int, block: int, many: int) -> NDArray[np.int64]:
    """Return where the 21 numbers of a brick's tangent at a point stand."""
    return 168 * block + (21 * point + np.arange(21)) * many + cell - block


def stress_bricks(
    u: NDArray[np.float64],
    cells: Runs,
    nodes: NDArray[np.int64],
    planes: NDArray[np.int64],
    spacing: NDArray[np.float64],
    surface: int,
    modulus: NDArray[np.float64],
    poisson: float,
    limit: NDArray[np.float64],
    plastic: NDArray[np.float64],
    kept: float,
    settled: NDArray[np.float64],
    tangent: NDArray[np.float32],
    left: NDArray[np.float64],
    y: NDArray[np.float64],
    parts: int,
) -> None:
    """Fill the forces of the nodes for a displacement.

    Parameters
    ----------
    u : (3, m) float64 array
        Displacement of the nodes, in the order of the runs.
    cells : runs of cells
    nodes : (ni + 1, nj + 1) int64 array
        Base of the runs of nodes.
    planes : (ni + 2,) int64 array
        First node of each plane.
    spacing : (3,) float64 array
        Edges of a brick.
    surface : int
        0 von Mises, 1 Tresca.
    modulus, limit : (n,) float64 arrays
        Young's modulus and uniaxial yield stress of each brick; a modulus of 0 is void.
    poisson : float
    plastic : (48, n) float64 array
        Plastic strain that has been kept, row ``6 point + component``.
    kept : float
        Share of what the elastic tangent has beyond that of the return which the tangents keep.
    settled : (48, n) or (0, n) float64 array
        Filled with the plastic strain of ``u``, unless it is empty.
    tangent : (168 n,) or (0,) float32 array
        Filled with the tangents, unless it is empty: in blocks of up to 64 bricks of a run,
        row ``21 point + entry`` of a block after the other.
    left : (n,) float64 array
        With tangents: filled with the share of the shear stiffness that is left.
    y : (3, m) float64 array
        Filled with the forces.
    parts : int
        Slabs that are worked on side by side; the result does not depend on it.
    """
    matrices = mean_dilatation_matrices(spacing)
    back = (mapping.return_mises, mapping.return_tresca)[surface]
    volume = float(np.prod(spacing)) / 8.0
    want = tangent.size > 0
    y[:] = 0.0
    for cell, at, block, many in _bricks(cells, nodes):
        bulk = modulus[cell] / (3.0 * (1.0 - 2.0 * poisson))
        shear = modulus[cell] / (2.0 * (1.0 + poisson))
        force, share = np.zeros(24), 0.0
        for point, matrix in enumerate(matrices):
            own = slice(6 * point, 6 * point + 6)
            strain = matrix @ u[:, at].T.ravel()
            mean = strain[:3].sum() / 3.0
            apart = strain - np.repeat([mean, 0.0], 3)
            stress = 2.0 * shear * (apart - plastic[own, cell])
            stress[3:] /= 2.0
            new, whole = np.zeros((2, 21))
            for one in (new, whole):
                mapping.elastic_tangent(one, bulk, shear)
            outside = modulus[cell] > 0 and back(stress, limit[cell], bulk, shear, new, want)
            if settled.size:
                settled[own, cell] = plastic[own, cell]
                if outside:
                    elastic = stress / shear
                    elastic[:3] /= 2.0
                    settled[own, cell] = apart - elastic
            if want:
                tangent[_rows(point, cell, block, many)] = new + kept * (whole - new)
                if modulus[cell] > 0:
                    trace = new[[0, 6, 11]].sum() + 2.0 * new[[15, 18, 20]].sum()
                    share += 0.125 * (trace - 3.0 * bulk) / (10.0 * shear)
            stress[:3] += 3.0 * bulk * mean
            force += volume * matrix.T @ stress
        np.add.at(y.T, at, force.reshape(8, 3))
        if want:
            left[cell] = share


def change_bricks(
    u: NDArray[np.float64],
    cells: Runs,
    nodes: NDArray[np.int64],
    planes: NDArray[np.int64],
    spacing: NDArray[np.float64],
    tangent: NDArray[np.float32],
    weight: NDArray[np.float32],
    y: NDArray[np.float64],
    dots: NDArray[np.float64],
    parts: int,
) -> None:
    """Fill the change of the forces with a displacement.

    Parameters
    ----------
    u : (3, m) float64 array
        Direction.
    cells, nodes, planes, spacing
        As in `stress_bricks`.
    tangent : (168 n,) float32 array
        From `stress_bricks`.
    weight : (3, m) float32 array
        Zero where a node is held: nothing is written there.
    y : (3, m) float64 array
        Filled.
    dots : (ni + 1,) float64 array
        Filled with the scalar product of ``u`` and ``y`` of each plane of nodes.
    parts : int
    """
    matrices = mean_dilatation_matrices(spacing)
    volume = float(np.prod(spacing)) / 8.0
    y[:] = 0.0
    for cell, at, block, many in _bricks(cells, nodes):
        force = np.zeros(24)
        for point, matrix in enumerate(matrices):
            whole: NDArray[Any] = np.zeros((6, 6))
            whole[_UPPER] = tangent[_rows(point, cell, block, many)]
            whole = whole + np.triu(whole, 1).T
            force += volume * matrix.T @ (whole @ (matrix @ u[:, at].T.ravel()))
        np.add.at(y.T, at, force.reshape(8, 3))
    y[weight == 0] = 0.0
    for i in range(len(dots)):
        part = slice(planes[i], planes[i + 1])
        dots[i] = float(np.sum(u[:, part] * y[:, part]))
