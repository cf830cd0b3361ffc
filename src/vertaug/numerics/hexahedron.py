"""The eight-node brick: its stiffness, and what the fast product needs of it.

Nodes are numbered ``4 a + 2 b + c`` with (a, b, c) = 0 or 1 along the three axes of the array;
degrees of freedom ``3 node + axis``. Strains are (11, 22, 33, 23, 13, 12) with engineering
shears.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_GAUSS = 1.0 / np.sqrt(3.0)
CORNERS: NDArray[np.int64] = np.array([[n >> 2, (n >> 1) & 1, n & 1] for n in range(8)])
"""Corner of each node along the three axes, shape (8, 3)."""
SHEARS: tuple[tuple[int, int], ...] = ((1, 2), (0, 2), (0, 1))
"""Axes of strains 3, 4 and 5."""


def isotropic_stiffness(poisson: float) -> FloatArray:
    """Return the elasticity matrix of a modulus of 1, shape (6, 6)."""
    lame = poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson))
    shear = 0.5 / (1.0 + poisson)
    matrix = np.zeros((6, 6))
    matrix[:3, :3] = lame
    matrix[np.arange(3), np.arange(3)] += 2.0 * shear
    matrix[np.arange(3, 6), np.arange(3, 6)] = shear
    return matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class OrthotropicRatios:
    """An orthotropic material relative to its modulus along the last axis.

    Attributes
    ----------
    modulus : tuple of float
        Young's moduli along the three axes.
    shear : tuple of float
        Shear moduli of the planes (2, 3), (1, 3), (1, 2).
    poisson : tuple of float
        nu_23, nu_13, nu_12: strain along the second index from stress along the first one,
        in the convention nu_ab / E_a = nu_ba / E_b.
    """

    modulus: tuple[float, float, float]
    shear: tuple[float, float, float]
    poisson: tuple[float, float, float]

    def stiffness(self) -> FloatArray:
        """Return the elasticity matrix, shape (6, 6).

        Raises
        ------
        ValueError
            If no material has these ratios: the matrix is not positive definite.
        """
        compliance = np.zeros((6, 6))
        for n in range(3):
            compliance[n, n] = 1.0 / self.modulus[n]
            compliance[3 + n, 3 + n] = 1.0 / self.shear[n]
        for (a, b), nu in zip(SHEARS, self.poisson, strict=True):
            compliance[a, b] = compliance[b, a] = -nu / self.modulus[a]
        if np.linalg.eigvalsh(compliance).min() <= 0.0:
            message = f"no elastic material has these ratios: {self}"
            raise ValueError(message)
        return np.asarray(np.linalg.inv(compliance), dtype=np.float64)


def strain_matrix(point: ArrayLike, spacing_mm: ArrayLike) -> FloatArray:
    """Return the strains of nodal displacements at a point of the brick, shape (6, 24).

    Parameters
    ----------
    point : (3,) array-like
        Coordinates in [-1, 1].
    spacing_mm : (3,) array-like
        Edges of the brick.
    """
    signs = 2.0 * CORNERS - 1.0
    near = 1.0 + signs * np.asarray(point)
    slope = np.empty((8, 3))
    for axis in range(3):
        others = [a for a in range(3) if a != axis]
        slope[:, axis] = signs[:, axis] * near[:, others].prod(axis=1) / 8.0
    slope *= 2.0 / np.asarray(spacing_mm)
    matrix = np.zeros((6, 24))
    for axis in range(3):
        matrix[axis, axis::3] = slope[:, axis]
    for row, (a, b) in enumerate(SHEARS):
        matrix[3 + row, a::3] = slope[:, b]
        matrix[3 + row, b::3] = slope[:, a]
    return matrix


def gauss_points() -> FloatArray:
    """Return the eight points of full integration, shape (8, 3), in the order of the nodes."""
    return np.asarray((2.0 * CORNERS - 1.0) * _GAUSS)


def brick_stiffness(elasticity: FloatArray, spacing_mm: ArrayLike) -> FloatArray:
    """Return the stiffness matrix by full integration, shape (24, 24), N/mm for MPa and mm."""
    matrix = np.zeros((24, 24))
    for point in gauss_points():
        strain = strain_matrix(point, spacing_mm)
        matrix += strain.T @ elasticity @ strain
    return np.asarray(matrix * np.prod(np.asarray(spacing_mm, dtype=np.float64)) / 8.0)


def modal_coefficients(elasticity: FloatArray, spacing_mm: ArrayLike) -> FloatArray:
    """Return the brick's stiffness between its modes, for the fast product, shape (33,).

    The nodal displacements are written in sums and differences along the three axes
    (Walsh-Hadamard modes 1, x, y, z, xy, xz, yz, xyz). For an orthotropic material only few of
    them are coupled: 33 numbers replace the 300 of the stiffness matrix. Here x is the last
    axis of the array, y the middle and z the first one, the order in which the kernel meets
    them.

    Raises
    ------
    ValueError
        If the material is not orthotropic along the axes.
    """
    loose = np.array(elasticity, dtype=np.float64)
    loose[:3, :3] = 0.0
    loose[np.arange(3, 6), np.arange(3, 6)] = 0.0
    if np.abs(loose).max() > 1e-12 * np.abs(elasticity).max():
        message = "the fast product needs a material that is orthotropic along the axes"
        raise ValueError(message)
    edges = np.asarray(spacing_mm, dtype=np.float64)[::-1]
    share = 1.0 / edges
    normal = np.asarray(elasticity)[2::-1, 2::-1] * np.outer(share, share)
    xy, xz, yz = (float(elasticity[n, n]) for n in (3, 4, 5))
    x, y, z = (float(s) for s in share)
    direct = [normal[0, 0], normal[0, 1], normal[0, 2], normal[1, 1], normal[1, 2], normal[2, 2]]
    k = [float(v) for v in direct]
    k += [xy * y * y, xy * x * y, xy * x * x]
    k += [xz * z * z, xz * x * z, xz * x * x]
    k += [yz * z * z, yz * y * z, yz * y * y]
    linear = [k[0] + k[6], k[2], k[5] + k[14], k[0] + k[9], k[1], k[3] + k[12]]
    linear += [k[3] + k[8], k[4], k[5] + k[11]]
    linear += [k[9] + k[6], k[10], k[7], k[8] + k[12], k[13], k[11] + k[14]]
    last = [k[0] + k[6] + k[9], k[3] + k[8] + k[12], k[5] + k[11] + k[14]]
    every = [*k, *(v / 3.0 for v in linear), *(v / 9.0 for v in last)]
    return np.array(every) * float(np.prod(edges)) / 16.0
