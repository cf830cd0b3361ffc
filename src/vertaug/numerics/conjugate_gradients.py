"""Preconditioned conjugate gradients without a matrix."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.solver_status import SolverReport, SolverStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingRule:
    """When to stop.

    Attributes
    ----------
    scale : float
        What the residual is compared with.
    tolerance : float
        Relative to it.
    iterations : int
        At most.
    """

    scale: float
    tolerance: float
    iterations: int


Operator = Callable[[NDArray[np.float64], NDArray[np.float64]], float]
Preconditioner = Callable[[], NDArray[Any]]


def solve_conjugate_gradients(
    apply: Operator,
    precondition: Preconditioner,
    fields: tuple[NDArray[np.float64], NDArray[np.float64]],
    scaled: NDArray[Any],
    *,
    rule: StoppingRule,
    adapt: Callable[[Sequence[float]], bool] | None = None,
    room: NDArray[np.float64] | None = None,
) -> SolverReport:
    """Improve a solution until the residual is small.

    Parameters
    ----------
    apply : callable
        Takes (direction, out), fills ``out`` with the operator's product and returns the
        scalar product of both.
    precondition : callable
        Returns the correction for the residual in ``scaled``.
    fields : tuple of two (3, n) float64 arrays
        Solution and residual: a start and what it lacks; both are changed.
    scaled : (3, n) array
        The residual in the precision of the preconditioner; filled here.
    rule : StoppingRule
    adapt : callable, optional
        Hears the residuals so far before each iteration; returns whether it has changed the
        preconditioner, or solution and residual, so that a new sequence of directions begins.
    room : (3, n) float64 array, optional
        For the operator's products. The preconditioner may use the same memory: what it has
        returned is read before the next product.

    Returns
    -------
    SolverReport
    """
    from vertaug.numerics._vector_numba import advance, dot, turn

    solution, residual = fields
    x, r, small = solution.reshape(-1), residual.reshape(-1), scaled.reshape(-1)
    direction = np.zeros_like(residual)
    product = np.empty_like(residual) if room is None else room
    p, q = direction.reshape(-1), product.reshape(-1)
    small[:] = r
    history = [float(np.sqrt(dot(r, r))) / rule.scale]
    before = np.inf
    status = SolverStatus.CONVERGED
    # a residual that is not a number is never small
    while not history[-1] <= rule.tolerance:
        if not np.isfinite(history[-1]):
            status = SolverStatus.BROKE_DOWN
            break
        if len(history) > rule.iterations:
            status = SolverStatus.TOO_MANY_ITERATIONS
            break
        if adapt is not None and adapt(history):
            small[:] = r
            history[-1] = float(np.sqrt(dot(r, r))) / rule.scale
            before = np.inf
            continue
        z = precondition().reshape(-1)
        now = dot(r, z)
        turn(p, z, now / before)
        curvature = apply(direction, product)
        if not (np.isfinite(curvature) and curvature > 0.0 and now > 0.0):
            status = SolverStatus.BROKE_DOWN
            break
        history.append(float(np.sqrt(advance(x, r, p, q, small, now / curvature))) / rule.scale)
        before = now
    return SolverReport(status=status, iterations=len(history) - 1, residuals=tuple(history))
