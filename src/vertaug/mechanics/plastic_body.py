"""A perfectly plastic body of bricks: its forces, their change, and its plastic strain."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.mechanics.model import POISSON
from vertaug.numerics.brick_operator import (
    BrickBody,
    BrickOperator,
    node_weights,
    plane_starts,
    prepare_operator,
)
from vertaug.numerics.elastic_multigrid import ElasticMultigrid, Smoothing, prepare_multigrid

_SOFTEST = 0.5
"""Share of its stiffness that a yielded brick keeps in the preconditioner, at least: what flows is
soft along its flow only. Softened down to 0.1 in all directions a real L1 takes 1.7 times the
iterations."""
_KEPT = 0.01
"""Share of its elastic stiffness that a yielded point keeps in the tangent: without it a part that
flows as a whole has no stiffness left, and moves run away along it. With 5 % seven bodies took 1.4
times the work."""


class YieldSurface(Enum):
    """When a voxel yields.

    Both are perfectly plastic, associated and equal in tension and compression. Tresca's is
    Mohr-Coulomb's without friction, the one of the published benchmark (physics reference 1.4).
    """

    MISES = "mises"
    TRESCA = "tresca"

    @property
    def number(self) -> int:
        """Number that the kernels know it by."""
        return 0 if self is YieldSurface.MISES else 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlasticBody:
    """A loaded body with its strengths and the plastic strain that it has kept.

    Attributes
    ----------
    body : BrickBody
        Of one isotropic material.
    strength_mpa : (n,) float64 array
        Uniaxial yield stress of each brick, in the order of the runs.
    surface : YieldSurface
    plastic : (48, n) float64 array
        Plastic strain, row ``6 point + component``.
    tangent : (168 n,) float32 array
        Where the tangents of the last evaluation are kept, block by block.
    stiffness_left : (n,) float64 array
        Share of the elastic shear stiffness that each brick had left at that evaluation.
    elastic : BrickOperator
        Before anything yields.
    weight : (3, m) float32 array
    planes : (ni + 2,) int64 array
    """

    body: BrickBody
    strength_mpa: FloatArray
    surface: YieldSurface
    plastic: FloatArray
    tangent: NDArray[np.float32]
    stiffness_left: FloatArray
    elastic: BrickOperator
    weight: NDArray[np.float32]
    planes: NDArray[np.int64]

    def forces(self, u: FloatArray, *, with_tangent: bool) -> FloatArray:
        """Return the forces of all nodes, shape (3, m); on request the tangents are kept."""
        tangent = self.tangent if with_tangent else self.tangent[:0]
        return self._evaluate(u, tangent, self.plastic[:0])

    def settle(self, u: FloatArray) -> "PlasticBody":
        """Return the body with the plastic strain of a displacement."""
        settled = np.empty_like(self.plastic)
        self._evaluate(u, self.tangent[:0], settled)
        return replace(self, plastic=settled)

    def _evaluate(
        self, u: FloatArray, tangent: NDArray[np.float32], settled: FloatArray
    ) -> FloatArray:
        import numba

        from vertaug.mechanics._plasticity_numba import stress_bricks

        body = self.body
        cells = body.grid.cells
        out = np.empty_like(u)
        stress_bricks(
            u,
            (cells.base, cells.first, cells.last),
            body.grid.nodes.base,
            self.planes,
            body.spacing_mm,
            self.surface.number,
            body.moduli[0],
            POISSON,
            self.strength_mpa,
            self.plastic,
            _KEPT,
            settled,
            tangent,
            self.stiffness_left,
            out,
            numba.get_num_threads(),
        )
        return out

    def change(self, direction: FloatArray, out: FloatArray) -> float:
        """Fill the change of the free nodes' forces; return its product with the direction."""
        import numba

        from vertaug.mechanics._plasticity_numba import change_bricks

        body = self.body
        cells = body.grid.cells
        dots = np.empty(len(self.planes) - 1)
        change_bricks(
            direction,
            (cells.base, cells.first, cells.last),
            body.grid.nodes.base,
            self.planes,
            body.spacing_mm,
            self.tangent,
            self.weight,
            out,
            dots,
            numba.get_num_threads(),
        )
        return float(dots.sum())

    def damped_change(self, damping: float, direction: FloatArray, out: FloatArray) -> float:
        """Do as `change`, with a share of the elastic stiffness added to what is left."""
        work = self.change(direction, out)
        elastic = np.empty_like(out)
        work += damping * self.elastic.apply(direction, elastic)
        out += damping * elastic
        return work

    def preconditioner(self) -> ElasticMultigrid:
        """Return a multigrid cycle for the stiffness that is left."""
        body = self.body
        soft = body.moduli * np.maximum(self.stiffness_left, _SOFTEST)
        left: BrickBody = replace(body, moduli=soft)
        return prepare_multigrid(left, node_weights(left), Smoothing())


def prepare_plastic(
    body: BrickBody, strength_mpa: NDArray[np.floating[Any]], surface: YieldSurface
) -> PlasticBody:
    """Return a body that has not yielded yet.

    Parameters
    ----------
    body : BrickBody
        Of one isotropic material.
    strength_mpa : (ni, nj, nk) float array
        Of each voxel of the body's box.
    surface : YieldSurface
    """
    grid = body.grid
    size = grid.cells.size
    weight = node_weights(body)
    return PlasticBody(
        body=body,
        strength_mpa=np.minimum(grid.gather_cells(strength_mpa), 1e9, dtype=np.float64),
        surface=surface,
        plastic=np.zeros((48, size)),
        tangent=np.zeros(168 * size, dtype=np.float32),
        stiffness_left=np.ones(size),
        elastic=prepare_operator(body, weight, np.float64),
        weight=weight,
        planes=plane_starts(grid),
    )
