"""The steps of a procedure in order, each with how long it takes."""

from dataclasses import dataclass

from vertaug.case.plan import Procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """One step of a procedure.

    Attributes
    ----------
    step : str
        Such as ``needle`` or ``inflate``.
    seconds : float
    fluoroscopy_s : float
        Of these with the beam on.
    source : str
        Where the time is from, in words.
    at_least : bool
        Whether the step had not ended when its computation did.
    """

    step: str
    seconds: float
    fluoroscopy_s: float
    source: str
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureCourse:
    """A procedure on one level, step by step.

    Attributes
    ----------
    procedure : Procedure
    steps : tuple of StepTime
        In time order.
    """

    procedure: Procedure
    steps: tuple[StepTime, ...]

    @property
    def seconds(self) -> float:
        """From the first needle to the last one out."""
        return sum(step.seconds for step in self.steps)

    @property
    def fluoroscopy_s(self) -> float:
        """With the beam on, of all steps."""
        return sum(step.fluoroscopy_s for step in self.steps)

    @property
    def at_least(self) -> bool:
        """Whether it takes longer than `seconds`."""
        return any(step.at_least for step in self.steps)
