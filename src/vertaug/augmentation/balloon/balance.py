"""Forces with which bone and skins of balloons resist a displacement of the nodes."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_points import PointGrid, VoxelBone
from vertaug.augmentation.balloon.dead_weight import DeadWeight, PlateOnNodes
from vertaug.augmentation.balloon.surface import BalloonSurface, node_weights_at
from vertaug.augmentation.balloon.tension import BalloonSkin
from vertaug.case.grid import FloatArray
from vertaug.mechanics.model import POISSON
from vertaug.numerics.brick_operator import (
    BrickBody,
    BrickOperator,
    node_weights,
    prepare_operator,
)
from vertaug.numerics.elastic_multigrid import ElasticMultigrid, Smoothing, prepare_multigrid
from vertaug.numerics.hexahedron import isotropic_stiffness
from vertaug.numerics.span_grid import span_body

_SOFTEST = 0.1
"""Share of the elastic stiffness that a yielded voxel keeps in the cycle, at least. Less takes
fewer moves, but for the same forces out of balance leaves more of what gives way easily: heights
are within 0.02 mm with 0.05, within 0.01 mm with 0.1."""
_SMOOTHING = Smoothing(degree=2, ratio=4.0)
"""Of the preconditioner: one step fewer than the default takes a tenth less time here."""
_HOURGLASS = 0.05
"""Share of the elastic stiffness that resists hourglass modes. With all of it a cavity of two
voxels that flows would meet four times the pressure in its first increment."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InflationProblem:
    """The state before an increment.

    Attributes
    ----------
    grid : PointGrid
    bone : VoxelBone
    shape : float
        ``a^2`` of the yield surface.
    held : (3, nodes) bool array
        Nodes whose displacement is given, in the order of the box; those of a plate are among them.
    loads : (balloons, 3, nodes) float64 array
        Forces of a pressure of 1 MPa in each balloon on all nodes of the box.
    skin : tuple of (BalloonSurface, BalloonSkin)
    left : (n,) float64 array
        Share of each voxel's stiffness that was left in the last increment.
    weight : DeadWeight or None
        On some of the held nodes, which then move as a plate; None where none of them moves.
    plate : (3,) float64 array
        Where that plate is, as in `InflatedBone`.
    """

    grid: PointGrid
    bone: VoxelBone
    shape: float
    held: NDArray[np.bool_]
    loads: FloatArray
    skin: tuple[tuple[BalloonSurface, BalloonSkin], ...]
    left: FloatArray
    weight: DeadWeight | None = None
    plate: FloatArray = field(default_factory=lambda: np.zeros(3))


class Balance:
    """Forces of bone and skin on the nodes that are free to move."""

    def __init__(self, problem: InflationProblem, drag_mpa: float) -> None:
        self.problem = problem
        bone, grid = problem.bone, problem.grid
        volume = grid.spacing_mm**3
        whole = bone.volume_mm3 / volume * bone.modulus_mpa
        hour = _HOURGLASS * whole
        box = np.zeros(grid.shape)
        box.ravel()[bone.voxel] = hour + drag_mpa
        span = span_body(box > 0.0)
        self.index = span.gather_nodes(np.arange(problem.held.shape[1]).reshape(grid.node_shape))
        body = BrickBody(
            grid=span,
            spacing_mm=np.full(3, grid.spacing_mm),
            moduli=span.gather_cells(box)[None],
            elasticity=(isotropic_stiffness(POISSON),),
            held=problem.held[:, self.index],
        )
        self.weight = node_weights(body)
        self.free = self.weight > 0.0
        self._stiff = (body, whole, drag_mpa)
        self.cycle, self.plate = self._prepare_cycle(problem.left)
        self.dead = np.zeros(self.weight.shape) if self.plate is None else self.plate.load
        self.operator: BrickOperator = prepare_operator(body, self.weight, np.float64)
        # what the even strain of a voxel bears of that stiffness is taken off again: of it only
        # the resistance to hourglass modes and the drag stay
        lame = POISSON / ((1.0 + POISSON) * (1.0 - 2.0 * POISSON))
        even = np.stack([lame * hour, hour / (2.0 * (1.0 + POISSON))], axis=1)
        self._taken = volume * even
        starts = np.arange(grid.shape[0] + 1) * grid.shape[1] * grid.shape[2]
        self._planes = np.searchsorted(bone.voxel, starts)
        self._box = np.zeros(problem.held.shape)
        self._total = np.zeros(problem.held.shape)
        self._weighed, self.after = np.empty((2, bone.voxel.size, 6))
        self.left = np.zeros(bone.voxel.size)
        self.flow = np.zeros(bone.voxel.size)
        self.loads = np.stack([self.admitted(one) for one in problem.loads[:, :, self.index]])
        self._skins = [_SkinOnGrid(s, k, problem, self.index) for s, k in problem.skin]

    def _prepare_cycle(self, share: FloatArray) -> tuple[ElasticMultigrid, PlateOnNodes | None]:
        """Return a cycle for the share of the stiffness that is left, and the plate that it moves.

        The cycle takes a skin as so much more of the stiffness of the voxels that it crosses.
        """
        body, whole, drag_mpa = self._stiff
        problem, grid = self.problem, self.problem.grid
        left = _smear_skins(problem)
        left.ravel()[problem.bone.voxel] += whole * np.clip(share, _SOFTEST, 1.0) + drag_mpa
        tight = replace(body, moduli=body.grid.gather_cells(left)[None])
        cycle = prepare_multigrid(tight, node_weights(tight), _SMOOTHING)
        if problem.weight is None:
            return cycle, None
        return cycle, PlateOnNodes(problem.weight, grid, self.index, (tight, cycle), problem.plate)

    def renew(self) -> None:
        """Make the cycle again, for the stiffness that the last displacement has left."""
        self.cycle, self.plate = self._prepare_cycle(self.left)

    def admitted(self, field: FloatArray) -> FloatArray:
        """Return a field without what is held: on a plate its rise and tilts are left.

        Of forces as of displacements: what is taken away does no work on what is left.
        """
        out = np.where(self.free, field, 0.0)
        if self.plate is not None:
            out[2, self.plate.at] = self.plate.rigid(field[2, self.plate.at])
        return out

    def answer(self, forces: FloatArray) -> FloatArray:
        """Return the displacement with which the multigrid cycle answers to forces."""
        self.cycle.right[:] = forces
        found = self.cycle.cycle().astype(np.float64)
        return self.admitted(found if self.plate is None else self.plate.answer(forces, found))

    def spread(self, values: FloatArray) -> FloatArray:
        """Return values of the free nodes on all nodes of the box, zero elsewhere."""
        for box, along in zip(self._box, values, strict=True):
            box[self.index] = along
        return self._box

    def forces(self, u: FloatArray) -> FloatArray:
        """Return the forces with which bone and skins resist a displacement."""
        from vertaug.augmentation.balloon._foam_numba import stress_cells

        p, bone = self.problem, self.problem.bone
        stress_cells(
            self.spread(u),
            bone.corner,
            p.grid.step,
            p.grid.spacing_mm,
            p.shape,
            bone.stress_mpa,
            bone.bulk_mpa,
            bone.shear_mpa,
            bone.strength_mpa,
            bone.apart_mpa,
            bone.volume_mm3,
            self._taken,
            self.after,
            self.left,
            self.flow,
            self._weighed,
        )
        out = self._resist(u)
        for skin in self._skins:
            skin.add_pull(u, out)
        if self.plate is not None:
            self.plate.add_pull(u, out)
        return self.admitted(out)

    def turned(self, u: FloatArray) -> FloatArray:
        """Return the last stresses turned with a displacement, for the next increment."""
        from vertaug.augmentation.balloon._foam_numba import turn_cells

        bone, grid, out = self.problem.bone, self.problem.grid, self.after.copy()
        turn_cells(self.spread(u), bone.corner, grid.step, grid.spacing_mm, out)
        return out

    def _resist(self, u: FloatArray) -> FloatArray:
        """Return the forces of the weighed stresses, of hourglass modes and of the drag."""
        from vertaug.augmentation.balloon._foam_numba import add_forces

        grid, total = self.problem.grid, self._total
        total[:] = 0.0
        corner = self.problem.bone.corner
        add_forces(self._weighed, corner, self._planes, grid.step, grid.spacing_mm, total)
        out = np.empty_like(u)
        self.operator.force(u, out)
        for own, along in zip(out, total, strict=True):
            np.add(own, along.take(self.index), out=own)
        return out


def _smear_skins(problem: InflationProblem) -> FloatArray:
    """Return the modulus of skins spread over the voxels that they cross, MPa."""
    grid = problem.grid
    out = np.zeros(int(np.prod(grid.shape)))
    for surface, skin in problem.skin:
        middle = np.mean(surface.corners(), axis=0)
        area = np.linalg.norm(surface.area_vectors_mm2(), axis=1)
        stiff = skin.stiffness_n_per_mm * skin.taut(surface.points_mm)
        out += np.bincount(grid.voxel_of(middle), area * stiff, out.size) / grid.spacing_mm**3
    return out.reshape(grid.shape)


class _SkinOnGrid:
    """A balloon's skin, moved by the nodes around its points."""

    def __init__(
        self,
        surface: BalloonSurface,
        skin: BalloonSkin,
        problem: InflationProblem,
        index: NDArray[np.int64],
    ) -> None:
        from scipy.sparse import csr_array

        grid = problem.grid
        nodes, weights = node_weights_at(surface.points_mm, grid.spacing_mm, grid.node_shape)
        size = problem.held.shape[1]
        starts = np.arange(0, nodes.size + 1, 8)
        follow = csr_array((weights.ravel(), nodes.ravel(), starts), shape=(len(nodes), size))
        follow = follow[:, index]
        # of all nodes only those of the voxels that the skin crosses
        self.near = np.unique(follow.indices)
        self._follow: Any = follow[:, self.near]
        self._back: Any = self._follow.T.tocsr()
        self._points, self._skin = surface.points_mm, skin

    def add_pull(self, u: FloatArray, out: FloatArray) -> None:
        """Add the forces with which the skin resists a displacement."""
        forces = self._skin.pull(self._points + self._follow @ u[:, self.near].T)
        out[:, self.near] += (self._back @ forces).T
