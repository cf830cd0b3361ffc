"""A number from the literature with its range and source."""

from dataclasses import dataclass

from vertaug.case.errors import InputError
from vertaug.tissue.bone_law import SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedValue:
    """A value that a user may change.

    Attributes
    ----------
    value, low, high : float
        What is used, and the range in which it may lie.
    unit : str
    source : str
        Where value and range come from.
    status : SourceStatus
    """

    value: float
    low: float
    high: float
    unit: str
    source: str
    status: SourceStatus

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            message = (
                f"a value must lie in its range; got {self.value:g} {self.unit} with "
                f"{self.low:g} to {self.high:g} {self.unit}"
            )
            raise InputError(message)
