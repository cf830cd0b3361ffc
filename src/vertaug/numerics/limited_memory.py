"""A limited memory of moves and of the forces that changed with them (limited-memory BFGS).

Where work is convex, the last few moves and how the forces changed with each tell how it curves
beyond what a fixed first answer (here a multigrid cycle) knows (Nocedal, Math Comput 1980;35:773).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.inner_product import combine, inner_product, products

FloatArray = NDArray[np.float64]


class LimitedMemory:
    """The last few pairs of a move and the fall of the forces with it.

    Parameters
    ----------
    pairs : int
        At most.
    size : int
        Numbers of a move.
    """

    def __init__(self, pairs: int, size: int) -> None:
        self._moves, self._falls = np.empty((2, pairs, size))
        self._known = np.zeros((pairs, pairs))
        """Product of each move with each fall of the same or a later pair."""
        self._order: list[int] = []
        """Rows of the pairs, the oldest first."""

    def clear(self) -> None:
        """Forget all pairs: after a change of the first answer."""
        self._order.clear()

    def remember(self, move: FloatArray, fall: FloatArray) -> None:
        """Keep a pair, in place of the oldest one where there is no room; none without curvature.

        Parameters
        ----------
        move, fall : float64 arrays
            The displacement, and the force before it less the force after it.
        """
        if not inner_product(move, fall) > 0.0:
            return
        row = len(self._order)
        row = row if row < len(self._moves) else self._order.pop(0)
        self._order.append(row)
        self._moves[row], self._falls[row] = move.reshape(-1), fall.reshape(-1)
        many = len(self._order)
        self._known[:many, row] = products(self._moves[:many], self._falls[row])

    def move(self, force: FloatArray, answer: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Return the displacement that a force asks for.

        Parameters
        ----------
        force : float64 array
        answer : callable
            The first answer to a force, linear and symmetric.
        """
        many = len(self._order)
        moves, falls, known = self._moves[:many], self._falls[:many], self._known
        asked, taken = products(moves, force), np.zeros(many)
        for n, row in reversed(list(enumerate(self._order))):
            later = self._order[n + 1 :]
            taken[row] = (asked[row] - known[row, later] @ taken[later]) / known[row, row]
        out = answer(combine(-taken, falls, force))
        met = products(falls, out)
        for n, row in enumerate(self._order):
            before = self._order[:n]
            taken[row] -= (met[row] + known[before, row] @ taken[before]) / known[row, row]
        return combine(taken, moves, out)
