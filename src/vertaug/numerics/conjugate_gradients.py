"""Preconditioned conjugate gradients without a matrix."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.solver_status import SolverReport, SolverStatus

Operator = Callable[[NDArray[np.float64], NDArray[np.float64]], float]
Preconditioner = Callable[[], NDArray[Any]]


def solve_conjugate_gradients(
    apply: Operator,
    precondition: Preconditioner,
    solution: NDArray[np.float64],
    residual: NDArray[np.float64],
    scaled: NDArray[Any],
    *,
    scale: float,
    limits: tuple[float, int],
) -> SolverReport:
    """Improve a solution until the residual is small.

    Parameters
    ----------
    apply : callable
        Takes (direction, out), fills ``out`` with the operator's product and returns the
        scalar product of both.
    precondition : callable
        Returns the correction for the residual in ``scaled``.
    solution, residual : (3, n) float64 arrays
        Start and its residual; both are changed.
    scaled : (3, n) array
        The residual in the precision of the preconditioner; filled here.
    scale : float
        What the residual is compared with.
    limits : (float, int)
        Relative tolerance, and iterations at most.

    Returns
    -------
    SolverReport
    """
    from vertaug.numerics._vector_numba import advance, dot, turn

    tolerance, most = limits
    x, r, small = solution.reshape(-1), residual.reshape(-1), scaled.reshape(-1)
    direction, product = np.zeros_like(residual), np.empty_like(residual)
    p, q = direction.reshape(-1), product.reshape(-1)
    small[:] = r
    history = [float(np.sqrt(dot(r, r))) / scale]
    before = 1.0
    status = SolverStatus.CONVERGED
    # a residual that is not a number is never small
    while not history[-1] <= tolerance:
        if not np.isfinite(history[-1]):
            status = SolverStatus.BROKE_DOWN
            break
        if len(history) > most:
            status = SolverStatus.TOO_MANY_ITERATIONS
            break
        z = precondition().reshape(-1)
        now = dot(r, z)
        turn(p, z, now / before if len(history) > 1 else 0.0)
        curvature = apply(direction, product)
        if not (np.isfinite(curvature) and curvature > 0.0 and now > 0.0):
            status = SolverStatus.BROKE_DOWN
            break
        history.append(float(np.sqrt(advance(x, r, p, q, small, now / curvature))) / scale)
        before = now
    return SolverReport(status=status, iterations=len(history) - 1, residuals=tuple(history))
