"""A number with where it comes from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError, model_validator

from vertaug.case.errors import FormatError
from vertaug.tissue.bone_law import SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its source.

    Attributes
    ----------
    value : float
        In the unit that the name of what holds it ends with.
    source : str
    status : SourceStatus
    low, high : float or None
        What is found in the literature or on the market, where known.
    """

    value: float
    source: str
    status: SourceStatus
    low: float | None = None
    high: float | None = None

    @property
    def range_text(self) -> str:
        """The range in words; empty where none is known."""
        return "" if self.low is None or self.high is None else f"{self.low:g} to {self.high:g}"


class QuantityTable(BaseModel):
    """A `Quantity` in a TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: FiniteFloat
    source: str
    status: SourceStatus
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "QuantityTable":
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if not low <= self.value <= high:
            message = f"expected low <= value <= high, got {self.low}, {self.value}, {self.high}"
            raise ValueError(message)
        return self

    def quantity(self) -> Quantity:
        """Return the number."""
        return Quantity(
            value=self.value,
            source=self.source,
            status=self.status,
            low=self.low,
            high=self.high,
        )


def read_toml(text: str, where: str) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises
    ------
    FormatError
        If it is not TOML.
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{where} is not TOML: {error}"
        raise FormatError(message) from error


def read_text(file: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    FormatError
        If it cannot be read.
    """
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}"
        raise FormatError(message) from error


def first_fault(error: ValidationError) -> str:
    """Say which key of a table is wrong and what was expected."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"]) or "the whole"
    kind = fault["type"]
    if kind == "missing":
        return f"misses {key}"
    if kind == "extra_forbidden":
        return f"has {key}, which is not known"
    return f"{key}: {fault['msg'].removeprefix('Value error, ')}; got {fault['input']!r}"
