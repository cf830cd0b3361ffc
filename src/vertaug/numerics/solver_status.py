"""How an iteration ended."""

from dataclasses import dataclass
from enum import Enum


class SolverStatus(Enum):
    """Whether a solver reached its tolerance, and what to do if not."""

    CONVERGED = "converged"
    TOO_MANY_ITERATIONS = "too many iterations"
    BROKE_DOWN = "broke down"

    @property
    def remedy(self) -> str:
        """What a user can do."""
        return _REMEDIES[self]


_REMEDIES = {
    SolverStatus.CONVERGED: "nothing",
    SolverStatus.TOO_MANY_ITERATIONS: (
        "check that the body hangs together and that its moduli (or mobilities) are those of "
        "bone; allow more iterations or a larger tolerance"
    ),
    SolverStatus.BROKE_DOWN: (
        "check the moduli (or mobilities) for values that are not finite or not positive, and "
        "that the load can be carried (or the source leave)"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverReport:
    """How a linear or nonlinear solution went.

    Attributes
    ----------
    status : SolverStatus
    iterations : int
    residuals : tuple of float
        Relative residual before the first and after each iteration.
    """

    status: SolverStatus
    iterations: int
    residuals: tuple[float, ...]

    @property
    def converged(self) -> bool:
        """Whether the tolerance was reached."""
        return self.status is SolverStatus.CONVERGED

    def describe(self) -> str:
        """Say how it ended, in a sentence."""
        text = f"{self.status.value} after {self.iterations} iterations, "
        text += f"relative residual {self.residuals[-1]:.1e}"
        return text if self.converged else f"{text}: {self.status.remedy}"
