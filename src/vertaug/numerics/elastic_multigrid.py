"""A multigrid cycle for bodies of bricks, as preconditioner of conjugate gradients.

The finest level is matrix-free; the coarse ones are exact (Galerkin) operators of trilinear
interpolation, so that voids, thin struts and planes of held nodes in any place are seen on
every level. Smoothing is Chebyshev's iteration scaled by the diagonal; the coarsest level is
solved directly. All in single precision.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.brick_operator import (
    BrickBody,
    BrickOperator,
    largest_eigenvalue,
    prepare_operator,
)
from vertaug.numerics.coarse_operator import (
    CoarseOperator,
    coarsen_body,
    coarsen_operator,
    runs_of,
)
from vertaug.numerics.coarsest_level import CoarsestLevel, factorise_coarsest
from vertaug.numerics.span_grid import coarsen
from vertaug.numerics.thread_limit import few_threads

_DIRECT_NODES = 350
"""The coarsest level has about as many nodes at most."""
_ONE_THREAD_NODES = 5_000
"""Smaller levels run on one thread: starting a second one takes longer than it saves."""
_MOST_DEGREE = 200


class _Level(Protocol):
    def residual(self, u: NDArray[Any], b: NDArray[Any], out: NDArray[Any]) -> None: ...

    def step(
        self,
        u: NDArray[Any],
        vectors: tuple[NDArray[Any], NDArray[Any]],
        shares: tuple[float, float],
        out: NDArray[Any],
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """How a level is smoothed.

    Attributes
    ----------
    degree : int
        Steps of Chebyshev's iteration before and after the coarse correction.
    ratio : float
        The iteration damps what lies between the largest eigenvalue and this part of it.
    """

    degree: int = 3
    ratio: float = 6.0

    @property
    def strongest(self) -> bool:
        """Whether `strengthen` has nothing to add."""
        return self.degree >= _MOST_DEGREE


def strengthen(smoothing: Smoothing, speed: float) -> Smoothing:
    """Return smoothing that takes about ``speed`` times fewer iterations.

    For thin struts and plates between voids, on which coarse grids help less: there twice the
    degree takes 1.6 times fewer iterations, so that the time stays about the same.
    """
    degree = min(int(np.ceil(smoothing.degree * max(speed, 2.0) ** 1.5)), _MOST_DEGREE)
    return Smoothing(degree=degree, ratio=max(smoothing.ratio, 0.55 * degree**2))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Room:
    """Vectors of one level, kept from cycle to cycle; ``both`` is ``x`` and ``spare``."""

    right: NDArray[np.float32]
    both: NDArray[np.float32]
    step: NDArray[np.float32]

    @property
    def x(self) -> NDArray[np.float32]:
        return np.asarray(self.both[0])

    @property
    def spare(self) -> NDArray[np.float32]:
        return np.asarray(self.both[1])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ElasticMultigrid:
    """The levels of a body.

    Attributes
    ----------
    fine : BrickOperator
        In single precision.
    coarse : tuple of CoarseOperator
    coarsest : CoarsestLevel
    largest : tuple of float
        Bound of the scaled eigenvalues of each level but the coarsest.
    smoothing : Smoothing
    """

    fine: BrickOperator
    coarse: tuple[CoarseOperator, ...]
    coarsest: CoarsestLevel
    largest: tuple[float, ...]
    smoothing: Smoothing
    rooms: tuple[_Room, ...]

    @property
    def right(self) -> NDArray[np.float32]:
        """Where the right side of a cycle is put, shape (3, m)."""
        return self.rooms[0].right

    @property
    def between_cycles(self) -> NDArray[np.float64]:
        """Memory that nobody needs between cycles, shape (3, m)."""
        return self.rooms[0].both.reshape(-1).view(np.float64).reshape(self.right.shape)

    def cycle(self) -> NDArray[np.float32]:
        """Return the correction for the right side; it is overwritten by the next cycle."""
        return self._descend(0)

    def _descend(self, number: int) -> NDArray[np.float32]:
        room = self.rooms[number]
        if number > len(self.coarse):
            self.coarsest.solve(room.right, room.x)
            return room.x
        with few_threads(room.x.size // 3, _ONE_THREAD_NODES):
            return self._correct(number, room)

    def _correct(self, number: int, room: _Room) -> NDArray[np.float32]:
        from vertaug.numerics._galerkin_numba import interpolate, restrict

        level: _Level = self.fine if number == 0 else self.coarse[number - 1]
        weight = self.fine.weight if number == 0 else self.coarse[number - 1].weight
        grid = self.fine.body.grid if number == 0 else self.coarse[number - 1].grid
        below = self.coarse[number].grid if number < len(self.coarse) else self.coarsest.grid
        x, spare = self._smooth(number, level, weight, (room.x, room.spare), fresh=True)
        level.residual(x, room.right, spare)
        own, nodes = runs_of(grid.nodes), runs_of(below.nodes)
        # the finest level keeps its three components apart, the coarse ones side by side
        layout = (0, x.shape[1], 1) if number == 0 else (6, 1, 3)
        restrict(spare.reshape(-1), layout, own, nodes, self.rooms[number + 1].right)
        coarse = self._descend(number + 1)
        interpolate(coarse, nodes, own, layout, weight.reshape(-1), x.reshape(-1))
        x, _ = self._smooth(number, level, weight, (x, spare), fresh=False)
        return x

    def _smooth(
        self,
        number: int,
        level: _Level,
        weight: NDArray[np.float32],
        pair: tuple[NDArray[np.float32], NDArray[np.float32]],
        *,
        fresh: bool,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the smoothed field and the array that is free now."""
        room, (x, spare) = self.rooms[number], pair
        high = self.largest[number]
        low = high / self.smoothing.ratio
        middle, half = (high + low) / 2, (high - low) / 2
        rho = half / middle
        if fresh:
            step = room.step
            np.multiply(weight, room.right, out=step)
            step *= np.float32(1.0 / middle)
            x[:] = step
        else:
            level.step(x, (room.right, room.step), (0.0, 1.0 / middle), spare)
            x, spare = spare, x
        for _ in range(self.smoothing.degree - 1):
            after = 1.0 / (2.0 * middle / half - rho)
            level.step(x, (room.right, room.step), (after * rho, 2.0 * after / half), spare)
            x, spare, rho = spare, x, after
        return x, spare


def prepare_multigrid(
    body: BrickBody, weight: NDArray[np.float32], smoothing: Smoothing
) -> ElasticMultigrid:
    """Return the levels of a body.

    Parameters
    ----------
    body : BrickBody
    weight : (3, m) float32 array
        From `node_weights`.
    smoothing : Smoothing
    """
    fine = prepare_operator(body, weight, np.float32)
    # the stiffness of cells is needed for the next level only
    level, cells = coarsen_body(body)
    coarse, grid = [level], coarsen(level.grid)
    while grid.nodes.size > _DIRECT_NODES:
        level, cells = coarsen_operator(level, cells)
        coarse.append(level)
        grid = coarsen(grid)
    coarsest = factorise_coarsest(grid, cells)
    del cells
    values = (3 * grid.nodes.size + 12,)
    shapes = [(3, body.grid.nodes.size), *(level.weight.shape for level in coarse), values]
    return ElasticMultigrid(
        fine=fine,
        coarse=tuple(coarse),
        coarsest=coarsest,
        largest=(largest_eigenvalue(body), *(level.largest_eigenvalue() for level in coarse)),
        smoothing=smoothing,
        rooms=tuple(_make_room(shape) for shape in shapes),
    )


def _make_room(shape: tuple[int, ...]) -> _Room:
    right, step = (np.zeros(shape, dtype=np.float32) for _ in range(2))
    return _Room(right=right, both=np.zeros((2, *shape), dtype=np.float32), step=step)
