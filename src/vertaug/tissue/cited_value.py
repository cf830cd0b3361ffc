"""A number from the literature with its range and source."""

from dataclasses import dataclass

from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedValue:
    """A value that a user may change.

    Attributes
    ----------
    value : float
        What is used.
    source : str
        Where value and range come from.
    status : SourceStatus
    low, high : float or None
        In which it may lie, where known.
    unit : str
        Empty where the name of what holds it ends with it.
    """

    value: float
    source: str
    status: SourceStatus
    low: float | None = None
    high: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if not low <= self.value <= high:
            given = f"{self.value:g} {self.unit}".rstrip()
            message = f"a value must lie in its range, {low:g} to {high:g}; got {given}"
            raise InputError(message)

    @property
    def range_text(self) -> str:
        """The range in words; empty where none is known."""
        return "" if self.low is None or self.high is None else f"{self.low:g} to {self.high:g}"
