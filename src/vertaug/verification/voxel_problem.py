"""A problem of elasticity on voxels: body, supports and loads, and how to solve it.

Fields of nodes fill their box: shape (3, ni + 1, nj + 1, nk + 1), components along the axes of
the array. Node (i, j, k) lies at (i, j, k) times the spacing. Units are N, mm, MPa.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.numerics.brick_operator import BrickBody
from vertaug.numerics.elastic_solution import solve_body
from vertaug.numerics.hexahedron import CORNERS, gauss_points, isotropic_stiffness, strain_matrix
from vertaug.numerics.solver_status import SolverReport
from vertaug.numerics.span_grid import span_body

Field = Callable[[FloatArray], FloatArray]
"""Takes points (..., 3) in mm, returns a vector (..., 3) at each of them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoxelProblem:
    """A body of isotropic voxels with supports and loads.

    Attributes
    ----------
    modulus_mpa : (ni, nj, nk) float64 array
        0 is void.
    poisson : float
    spacing_mm : (3,) float64 array
    held : (3, ni + 1, nj + 1, nk + 1) bool array
        Which displacements are given.
    prescribed_mm : (3, ni + 1, nj + 1, nk + 1) float64 array
        The given ones.
    forces_n : (3, ni + 1, nj + 1, nk + 1) float64 array
        On the nodes that are free.
    """

    modulus_mpa: FloatArray
    poisson: float
    spacing_mm: FloatArray
    held: NDArray[np.bool_]
    prescribed_mm: FloatArray
    forces_n: FloatArray

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Where there is matter."""
        return np.asarray(self.modulus_mpa > 0.0)

    def add_forces(self, forces_n: FloatArray) -> "VoxelProblem":
        """Return the problem with more forces on the nodes."""
        return replace(self, forces_n=self.forces_n + forces_n)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoxelSolution:
    """What the solver found.

    Attributes
    ----------
    displacement_mm, forces_n : (3, ni + 1, nj + 1, nk + 1) float64 arrays
        Displacement of the nodes and the forces that hold them there; 0 outside the body.
    solver : SolverReport
    """

    displacement_mm: FloatArray
    forces_n: FloatArray
    solver: SolverReport


def free_body(modulus_mpa: FloatArray, poisson: float, spacing_mm: FloatArray) -> VoxelProblem:
    """Return a body that is neither held nor loaded."""
    nodes = (3, *(n + 1 for n in modulus_mpa.shape))
    return VoxelProblem(
        modulus_mpa=np.asarray(modulus_mpa, dtype=np.float64),
        poisson=poisson,
        spacing_mm=np.asarray(spacing_mm, dtype=np.float64),
        held=np.zeros(nodes, dtype=bool),
        prescribed_mm=np.zeros(nodes),
        forces_n=np.zeros(nodes),
    )


def solve_problem(problem: VoxelProblem, tolerance: float, iterations: int = 200) -> VoxelSolution:
    """Solve a problem with the solver of `vertaug.numerics`.

    Parameters
    ----------
    problem : VoxelProblem
    tolerance : float
        Of the relative residual.
    iterations : int
        At most; whether they were enough is in the solution's report.
    """
    grid = span_body(problem.filled)

    def gather(box: NDArray[Any]) -> NDArray[Any]:
        return np.array([grid.gather_nodes(row) for row in box])

    body = BrickBody(
        grid=grid,
        spacing_mm=problem.spacing_mm,
        moduli=grid.gather_cells(problem.modulus_mpa)[None],
        elasticity=(isotropic_stiffness(problem.poisson),),
        held=gather(problem.held),
    )
    found = solve_body(
        body,
        gather(np.where(problem.held, problem.prescribed_mm, 0.0)),
        limits=(tolerance, iterations),
        forces_n=gather(problem.forces_n),
    )
    return VoxelSolution(
        displacement_mm=np.array([grid.spread_nodes(row) for row in found.displacement_mm]),
        forces_n=np.array([grid.spread_nodes(row) for row in found.forces()]),
        solver=found.solver,
    )


def node_points(problem: VoxelProblem) -> FloatArray:
    """Return where the nodes are, in mm, shape (ni + 1, nj + 1, nk + 1, 3)."""
    indices = np.indices(problem.held.shape[1:])
    return np.asarray(np.moveaxis(indices, 0, -1) * problem.spacing_mm)


def hold_border(problem: VoxelProblem, displacement: Field) -> VoxelProblem:
    """Return the problem with a displacement given on all six sides of its box."""
    held = np.ones_like(problem.held)
    held[:, 1:-1, 1:-1, 1:-1] = False
    given = np.moveaxis(displacement(node_points(problem)), -1, 0)
    return replace(problem, held=held, prescribed_mm=np.where(held, given, 0.0))


def body_forces(problem: VoxelProblem, density: Field) -> FloatArray:
    """Return the nodal forces of a force per volume, N/mm3, by eight points in each voxel."""
    spacing = problem.spacing_mm
    total = np.zeros_like(problem.forces_n)
    for point in gauss_points():
        values = density(_points_inside(problem, point)) * np.prod(spacing) / 8.0
        values *= problem.filled[..., None]
        for corner, share in zip(CORNERS, _shares(point), strict=True):
            _part(total, corner)[:] += share * np.moveaxis(values, -1, 0)
    return total


def surface_forces(
    problem: VoxelProblem,
    traction: Callable[[FloatArray, FloatArray], FloatArray],
    chosen: Callable[[FloatArray], NDArray[np.bool_]],
) -> FloatArray:
    """Return the nodal forces of a traction on faces between matter and void.

    Parameters
    ----------
    problem : VoxelProblem
        What lies beyond the box is void.
    traction : callable
        Takes points (n, 3) in mm and the normal (3,) out of the body, returns MPa (n, 3).
    chosen : callable
        Takes the middles of faces (n, 3) in mm; returns which of them are loaded.
    """
    total = np.zeros_like(problem.forces_n)
    spacing, filled = problem.spacing_mm, np.pad(problem.filled, 1)
    for axis in range(3):
        for side in (0, 1):
            beyond = np.roll(filled, 1 - 2 * side, axis=axis)
            voxels = np.argwhere((filled & ~beyond)[1:-1, 1:-1, 1:-1])
            middle = np.full(3, 0.5)
            middle[axis] = side
            voxels = voxels[chosen((voxels + middle) * spacing)]
            normal = np.zeros(3)
            normal[axis] = 2 * side - 1
            for point in gauss_points()[CORNERS[:, axis] == side]:
                place = point.copy()
                place[axis] = 2 * side - 1
                at = (voxels + (place + 1) / 2) * spacing
                force = traction(at, normal) * np.prod(np.delete(spacing, axis)) / 4.0
                for corner, share in zip(CORNERS, _shares(place), strict=True):
                    np.add.at(total, (slice(None), *(voxels + corner).T), share * force.T)
    return total


def strains_at_centres(problem: VoxelProblem, displacement_mm: FloatArray) -> FloatArray:
    """Return the strains at the middle of each voxel, shape (ni, nj, nk, 6)."""
    matrix = strain_matrix((0.0, 0.0, 0.0), problem.spacing_mm).reshape(6, 8, 3)
    strains = np.zeros((*problem.modulus_mpa.shape, 6))
    for n, corner in enumerate(CORNERS):
        strains += np.einsum("sa,a...->...s", matrix[:, n], _part(displacement_mm, corner))
    return strains


def error_l2(problem: VoxelProblem, displacement_mm: FloatArray, exact: Field) -> float:
    """Return the error relative to the exact displacement in the mean square over the body."""
    error = size = 0.0
    for point in gauss_points():
        true = exact(_points_inside(problem, point))
        found = np.zeros_like(true)
        for corner, share in zip(CORNERS, _shares(point), strict=True):
            found += share * np.moveaxis(_part(displacement_mm, corner), 0, -1)
        error += float(((found - true)[problem.filled] ** 2).sum())
        size += float((true[problem.filled] ** 2).sum())
    return float(np.sqrt(error / size))


def _part(nodes: FloatArray, corner: NDArray[np.int64]) -> FloatArray:
    """Return the values of one corner of every voxel, a view."""
    i, j, k = (slice(c, c + n - 1) for c, n in zip(corner, nodes.shape[1:], strict=True))
    return nodes[:, i, j, k]


def _points_inside(problem: VoxelProblem, point: FloatArray) -> FloatArray:
    """Return a point given in [-1, 1] of every voxel, in mm."""
    indices = np.moveaxis(np.indices(problem.modulus_mpa.shape), 0, -1)
    return np.asarray((indices + (point + 1.0) / 2.0) * problem.spacing_mm)


def _shares(point: FloatArray) -> FloatArray:
    """Return the trilinear functions of the eight corners at a point in [-1, 1], shape (8,)."""
    return np.asarray((1.0 + (2.0 * CORNERS - 1.0) * point).prod(axis=1) / 8.0)
