"""Tables of cited values in TOML files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError, model_validator

from vertaug.case.errors import FormatError
from vertaug.tissue.bone_law import SourceStatus
from vertaug.tissue.cited_value import CitedValue

Form = TypeVar("Form", bound=BaseModel)


class CitedTable(BaseModel):
    """A `CitedValue` in a TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: FiniteFloat
    source: str
    status: SourceStatus
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "CitedTable":
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if not low <= self.value <= high:
            message = f"expected low <= value <= high, got {self.low}, {self.value}, {self.high}"
            raise ValueError(message)
        return self

    def cited(self) -> CitedValue:
        """Return the number."""
        return CitedValue(
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


def read_tables(text: str, where: str, kind: str, form: type[Form]) -> Iterator[tuple[str, Form]]:
    """Yield the tables of a TOML text by name, each checked.

    Parameters
    ----------
    text : str
    where, kind : str
        The file and what a table of it is, named in errors.
    form : type of BaseModel

    Raises
    ------
    FormatError
        If the text is not TOML, or a key is missing, unknown or not what is expected.
    """
    for name, table in read_toml(text, where).items():
        try:
            checked = form.model_validate(table)
        except ValidationError as error:
            message = f"{kind} {name!r} in {where}: {first_fault(error)}"
            raise FormatError(message) from error
        yield name, checked


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
