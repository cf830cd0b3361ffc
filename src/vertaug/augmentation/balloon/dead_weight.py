"""A neighbour that rides on the upper disc: a rigid plate under a constant force.

The nodes of the disc's outer face move as one plate: it rises, and tilts about the axes to the left
and posterior; across it does not move. Its force does not change as it moves (a dead weight), and
acts along a line, so that force and moments about that line are in balance wherever the plate has
gone. Ligaments pull it down where they are taut (`ligaments`). Its own inertia, and what facet
joints and muscles between the neighbours would bear, are left out.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_points import PointGrid
from vertaug.augmentation.balloon.ligaments import Ligament
from vertaug.case.errors import ComputationError, InputError
from vertaug.case.grid import FloatArray
from vertaug.numerics.brick_operator import BrickBody, prepare_operator
from vertaug.numerics.elastic_multigrid import ElasticMultigrid
from vertaug.numerics.inner_product import combine, inner_product, products
from vertaug.numerics.span_grid import span_body

_MOST_N = 5000.0
_ARM_MM = 10.0
"""A moment out of balance counts as the force that has it at so long an arm (design default)."""
_LEAST_NODES = 3


class UpperEnd(Enum):
    """What the outer face of the upper disc does while a balloon grows."""

    WEIGHT = "rides on the disc with a constant force and may rise and tilt"
    HELD = "is held where the load before the inflation left it"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeadWeight:
    """A force on a rigid plate.

    Attributes
    ----------
    nodes : (nodes,) bool array
        Of the plate, in the order of the box; they are held too (`InflatedBone.held`).
    force_n : float
        Toward the first layer of the grid; 0 is a plate that is free.
    place_mm : (2,) float64 array
        Of the line of action, from the corner of the grid.
    ligaments : tuple of Ligament
        That hold the plate.
    """

    nodes: NDArray[np.bool_]
    force_n: float
    place_mm: FloatArray
    ligaments: tuple[Ligament, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.force_n <= _MOST_N:
            message = f"a spine lies under 0 to {_MOST_N:g} N; got {self.force_n:g} N"
            raise InputError(message)
        if np.count_nonzero(self.nodes) < _LEAST_NODES:
            message = "a plate that may tilt needs three nodes at least; "
            message += f"got {np.count_nonzero(self.nodes)}"
            raise InputError(message)


def weight_on_top(
    held: NDArray[np.bool_],
    grid: PointGrid,
    force_n: float,
    ligaments: tuple[Ligament, ...] = (),
) -> DeadWeight:
    """Return a weight on the held nodes of the last layer, over the middle of those of the first.

    The line of action is a design default: loads of a spine run near the middle of its discs.

    Parameters
    ----------
    held : (3, nodes) bool array
    grid : PointGrid
    force_n : float
    ligaments : tuple of Ligament, optional

    Raises
    ------
    InputError
        If one of the layers is not held, or the force is not from 0 to 5000 N.
    """
    ends: NDArray[np.bool_] = np.logical_and.reduce(held).reshape(grid.node_shape)
    if not (ends[:, :, 0].any() and ends[:, :, -1].any()):
        message = "a weight needs held nodes in the last layer and, to rest on, in the first"
        raise InputError(message)
    upper = np.zeros_like(ends)
    upper[:, :, -1] = ends[:, :, -1]
    place = np.argwhere(ends[:, :, 0]).mean(axis=0) * grid.spacing_mm
    return DeadWeight(nodes=upper.ravel(), force_n=force_n, place_mm=place, ligaments=ligaments)


def plate_motion(
    weight: DeadWeight, grid: PointGrid, moved_mm: FloatArray, voxel: NDArray[np.int64]
) -> FloatArray:
    """Return how a plate moved: the rise of its middle, mm, and its slopes to left and posterior.

    From its nodes with bone beneath: an increment moves no others.

    Parameters
    ----------
    weight : DeadWeight
    grid : PointGrid
    moved_mm : (3, ni + 1, nj + 1, nk + 1) float64 array
        Of the nodes.
    voxel : (n,) int64 array
        Numbers of the voxels with bone.
    """
    filled = np.zeros(grid.shape, dtype=bool)
    filled.ravel()[voxel] = True
    ids = np.arange(weight.nodes.size).reshape(grid.node_shape)
    took_part = np.zeros_like(weight.nodes)
    took_part[span_body(filled).gather_nodes(ids)] = True
    plate = np.argwhere(weight.nodes.reshape(grid.node_shape))[:, :2] * grid.spacing_mm
    known = took_part[weight.nodes]
    even = np.column_stack([np.ones(len(plate)), plate - plate.mean(axis=0)])[known]
    found = np.linalg.lstsq(even, moved_mm[2].ravel()[weight.nodes][known], rcond=None)[0]
    return np.asarray(found)


def plate_centre_mm(weight: DeadWeight, grid: PointGrid) -> FloatArray:
    """Return the middle of a plate where it was at first, from the corner of the grid, mm."""
    nodes = np.argwhere(weight.nodes.reshape(grid.node_shape))
    return np.asarray(nodes.mean(axis=0) * grid.spacing_mm)


class PlateOnNodes:
    """The three motions of a plate among the nodes that an increment solves for.

    Parameters
    ----------
    weight : DeadWeight
    grid : PointGrid
    index : (n,) int64 array
        Numbers of the nodes that are solved for.
    parts : tuple of (BrickBody, ElasticMultigrid)
    plate : (3,) float64 array
        Where the plate is, as in `InflatedBone`.

    Raises
    ------
    ComputationError
        If no bone is left beneath it.
    """

    def __init__(
        self,
        weight: DeadWeight,
        grid: PointGrid,
        index: NDArray[np.int64],
        parts: tuple[BrickBody, ElasticMultigrid],
        plate: FloatArray,
    ) -> None:
        self.at = np.flatnonzero(weight.nodes[index])
        if self.at.size < _LEAST_NODES:
            message = "the plate has sunk from its layer of voxels: the bone does not bear "
            message += f"{weight.force_n:g} N; take a smaller load"
            raise ComputationError(message)
        i, j, _ = np.unravel_index(index[self.at], grid.node_shape)
        arms = np.stack([i, j], axis=1) * grid.spacing_mm - weight.place_mm
        self._motions = np.column_stack([np.ones(len(arms)), arms / _ARM_MM])
        self._even, turn = np.linalg.qr(self._motions)
        # the line of action is where the arms are zero: the force does work in the rise only
        given = np.linalg.solve(turn.T, np.array([-weight.force_n, 0.0, 0.0]))
        self.load = np.zeros((3, index.size))
        self.load[2, self.at] = np.einsum("nm,m->n", self._even, given)
        self._springs = _Springs(weight, plate_centre_mm(weight, grid)[:2], plate, turn)
        self._followed, self._soft = self._follow(*parts)

    def rigid(self, along_mm: FloatArray) -> FloatArray:
        """Return the nearest motion of a plate to values on its nodes, shape (nodes of it,)."""
        shares = np.einsum("nm,n->m", self._even, along_mm)
        return np.asarray(np.einsum("nm,m->n", self._even, shares))

    def add_pull(self, moved_mm: FloatArray, forces: FloatArray) -> None:
        """Add the forces with which taut ligaments resist a displacement, both (3, n)."""
        shares = np.einsum("nm,n->m", self._even, moved_mm[2, self.at])
        forces[2, self.at] += np.einsum("nm,m->n", self._even, self._springs.pull(shares))

    def lack_n(self, forces: FloatArray) -> float:
        """Return the force out of balance on the plate, or its moment over 10 mm if that is more.

        Parameters
        ----------
        forces : (3, n) float64 array
        """
        found = np.einsum("nm,n->m", self._motions, forces[2, self.at])
        return float(np.abs(found).max())

    def answer(self, forces: FloatArray, found: FloatArray) -> FloatArray:
        """Return a displacement with the motions of plate and bone that forces ask for."""
        shares = np.asarray(
            np.linalg.solve(self._soft, products(self._followed, forces)), np.float64
        )
        return combine(shares, self._followed, found)

    def _follow(self, body: BrickBody, cycle: ElasticMultigrid) -> tuple[FloatArray, FloatArray]:
        """Return the motions of the plate with the bone that follows each, and their stiffness.

        One cycle lets the bone follow; a second one takes no iteration fewer.
        """
        fine = prepare_operator(body, cycle.fine.weight, np.float64)
        none, room = np.zeros((2, *self.load.shape))
        followed = np.zeros((3, *none.shape))
        for one, along in zip(followed, self._even.T, strict=True):
            one[2, self.at] = along
            fine.residual(one, none, room)
            cycle.right[:] = room
            np.add(one, cycle.cycle(), out=one)
        stiff = np.zeros((3, 3))
        for row, one in zip(stiff, followed, strict=True):
            fine.force(one, room)
            row[:] = [inner_product(other, room) for other in followed]
        return followed, 0.5 * (stiff + stiff.T) + self._springs.stiffness


class _Springs:
    """Ligaments as forces on the three motions of a plate.

    Parameters
    ----------
    weight : DeadWeight
    centre_mm : (2,) float64 array
    plate : (3,) float64 array
    turn : (3, 3) float64 array
        Takes rise at the line of action and tilts over `_ARM_MM` to the shares of the motions.
    """

    def __init__(
        self, weight: DeadWeight, centre_mm: FloatArray, plate: FloatArray, turn: FloatArray
    ) -> None:
        held = weight.ligaments
        rise = np.array([one.rise_mm(plate, centre_mm) for one in held])
        self._beyond = rise - np.array([one.slack_mm for one in held])
        self._stiff = np.array([one.n_per_mm for one in held])
        arms = np.array([one.place_mm - weight.place_mm for one in held]).reshape(-1, 2)
        motions = np.column_stack([np.ones(len(held)), arms / _ARM_MM])
        self._along = np.linalg.solve(turn.T, motions.T)
        taut = self._along[:, self._beyond > 0.0] * np.sqrt(self._stiff[self._beyond > 0.0])
        self.stiffness = taut @ taut.T
        """Of those that are taut at the start, (3, 3)."""

    def pull(self, shares: FloatArray) -> FloatArray:
        """Return the forces on the motions, shape (3,), after shares of them."""
        beyond = np.maximum(self._beyond + shares @ self._along, 0.0)
        return np.asarray(self._along @ (self._stiff * beyond))
