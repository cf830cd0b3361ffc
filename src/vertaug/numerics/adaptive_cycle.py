"""A multigrid cycle that gets help where a body turns out to be hard for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.brick_operator import BrickOperator
from vertaug.numerics.elastic_multigrid import ElasticMultigrid, Smoothing, strengthen
from vertaug.numerics.hexahedron import FloatArray
from vertaug.numerics.rigid_pieces import SCATTERED, SOME, RigidPieces, prepare_pieces

_TRIALS, _GOAL = {6: 25, 12: 21}, 15
_TRIALS_BESIDE_PIECES = {6: 20, 12: 20}
"""After so many iterations smoothing is made stronger if more than so many would be needed; where
pieces are balanced residuals fall evenly, and the sixth is to be relied on. Help makes a new start
and costs more than an iteration: a vertebra of which the twelfth says 20.01 takes 19 without."""
_ALONE = 20.0
"""Smoothing that takes so many times fewer iterations, where pieces would help but are too many:
such bodies are random, and what their first iterations say is not to be relied on."""
_PATCHY_TRIALS, _MOST = (6, 9, 12), 20
"""After so many iterations a patchy body gets its pieces if more than so many would be needed."""
_SLOWEST = 0.99
_BESIDE_PIECES = Smoothing(degree=6, ratio=20.0)
_ROUGH, _MOST_UNEVEN = 1.25, 10.0
"""Bricks that are longer one way than another, up to so many times, and pieces of larger blocks
need more smoothing: from 1.25 times the one or the other on."""


class AdaptiveCycle:
    """The preconditioner of one solution, which it may change on the way.

    Where the first iterations are slow, smoothing is made stronger, or, where the body is patchy,
    the rigid motions of its pieces are taken out of the residual in every cycle (`rigid_pieces`).

    Parameters
    ----------
    multigrid : ElasticMultigrid
    operator : BrickOperator
        The stiffness in double precision.
    patchiness : float
        From `measure_patchiness`.
    """

    def __init__(
        self, multigrid: ElasticMultigrid, operator: BrickOperator, patchiness: float
    ) -> None:
        self._usual = self._multigrid = multigrid
        self._operator, self._patchy = operator, patchiness > SOME
        self._scattered = patchiness > SCATTERED
        self._pieces: RigidPieces | None = None
        self._sought = False
        self._helped = 0
        self._room: FloatArray = np.empty((2, 0, 0))

    @property
    def right(self) -> NDArray[np.float32]:
        """Where the residual is put for the cycle, in single precision."""
        return self._multigrid.right

    @property
    def between_cycles(self) -> FloatArray:
        """Memory that the cycle leaves free until it is called again."""
        return self._multigrid.between_cycles

    def cycle(self, residual: FloatArray) -> NDArray[Any]:
        """Return the correction for a residual that stands in ``right`` too."""
        if self._pieces is None:
            return self._multigrid.cycle()
        whole, left = self._room[0], self._room[1]
        np.copyto(whole, self._multigrid.cycle())
        # in double precision: what the softest bricks lack is small beside the forces of the rest
        self._operator.residual(whole, residual, left)
        self._pieces.add_correction(left, whole)
        return np.asarray(whole)

    def plain(self) -> NDArray[np.float32]:
        """Return the correction of the cycle without any help."""
        return self._usual.cycle()

    def take_pieces(self, solution: FloatArray, residual: FloatArray) -> bool:
        """Balance the residual by rigid motions of pieces, and keep it so from now on.

        Nothing happens where the body has too many pieces, or it has been done.

        Parameters
        ----------
        solution, residual : (3, m) float64 arrays
            Both are changed.

        Returns
        -------
        bool
            Whether it has been done now.
        """
        if self._sought:
            return False
        self._sought = True
        self._pieces = prepare_pieces(self._operator.body, scattered=self._scattered)
        if self._pieces is None:
            return False
        self._room = np.zeros((2, *residual.shape))
        motion, forces = self._room
        self._pieces.add_correction(residual, motion)
        self._operator.apply(motion, forces)
        solution += motion
        residual -= forces
        spacing = self._operator.body.spacing_mm
        uneven = min(float(np.max(spacing) / np.min(spacing)), _MOST_UNEVEN)
        rough = uneven * self._pieces.size
        self._smooth(strengthen(_BESIDE_PIECES, rough) if rough > _ROUGH else _BESIDE_PIECES)
        return True

    def watch(
        self,
        residuals: Sequence[float],
        tolerance: float,
        solution: FloatArray,
        residual: FloatArray,
    ) -> bool:
        """Get help from now on if the residuals say that it will take long.

        Returns
        -------
        bool
            Whether anything has changed: the cycle, and maybe solution and residual.
        """
        done = len(residuals) - 1
        if done == self._helped:  # once at a time: the next iteration tells whether it was enough
            return False
        if self._patchy and done in _PATCHY_TRIALS:
            # over two steps and over four: residuals stall, and fall again for a step or two
            left = max(_left(residuals, tolerance, steps) for steps in (2, 4))
            if done + left > _MOST and self.take_pieces(solution, residual):
                self._helped = done
                return True
        most = (_TRIALS_BESIDE_PIECES if self._pieces else _TRIALS).get(done)
        if most is None:
            return False
        left = _left(residuals, tolerance, 2)
        if done + left <= most:
            return False
        smoothing = self._multigrid.smoothing
        if smoothing.strongest:
            return False
        alone = self._sought and self._pieces is None
        self._smooth(strengthen(smoothing, _ALONE if alone else left / (_GOAL - done)))
        self._helped = done
        return True

    def _smooth(self, smoothing: Smoothing) -> None:
        self._multigrid = replace(self._multigrid, smoothing=smoothing)


def _left(residuals: Sequence[float], tolerance: float, steps: int) -> float:
    """Return how many more iterations the last steps predict.

    Not the first ones, which are faster: they take away what the start has wrong.
    """
    rate = min((residuals[-1] / residuals[-1 - steps]) ** (1.0 / steps), _SLOWEST)
    return float(np.log(tolerance / residuals[-1]) / np.log(rate))
