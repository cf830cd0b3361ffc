"""Tables of cited values in TOML files."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    FiniteFloat,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from vertaug.case.errors import FormatError, InputError
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.cited_value import CitedValue

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Form = TypeVar("Form", bound=BaseModel)
Built = TypeVar("Built")


TABLE_STATUSES = (
    SourceStatus.VERIFIED,
    SourceStatus.COMPUTED,
    SourceStatus.RECALLED,
    SourceStatus.UNCERTAIN,
)
"""How a value of a table may be known."""


class CitedTable(BaseModel):
    """A `CitedValue` in a TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: FiniteFloat
    source: str
    status: SourceStatus
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None

    @field_validator("status", mode="before")
    @classmethod
    def _is_of_a_table(cls, given: object) -> object:
        if given in TABLE_STATUSES:
            return given
        *most, last = (repr(status.value) for status in TABLE_STATUSES)
        message = f"expected {', '.join(most)} or {last}"
        raise ValueError(message)

    @model_validator(mode="after")
    def _in_order(self) -> "CitedTable":
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if not low <= self.value <= high:
            given = [n for n in (self.low, self.value, self.high) if n is not None]
            message = f"expected low <= value <= high; got {' <= '.join(f'{n:g}' for n in given)}"
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
            message = f"{kind} {name!r} in {where}: {list_faults(error)}"
            raise FormatError(message) from error
        yield name, checked


def build_from_table(text: str, where: str, name: str, build: type[Built]) -> Built:
    """Return what the cited values of a TOML text that holds one table make.

    Parameters
    ----------
    text : str
    where, name : str
        The file, named in errors, and what its table is called.
    build : type
        A dataclass whose fields are all `CitedValue`; each is a key.

    Raises
    ------
    FormatError
        If the text is not TOML, holds other tables, a key is missing, unknown or not what is
        expected, or the values cannot be used.
    """
    keys = [field.name for field in fields(cast("Any", build))]
    form = create_model(
        name,
        __config__=ConfigDict(extra="forbid", frozen=True),
        **cast("Any", dict.fromkeys(keys, (CitedTable, ...))),
    )
    found = dict(read_tables(text, where, "table", form))
    if list(found) != [name]:
        message = f"{where} is expected to hold one table [{name}]; got "
        message += ", ".join(found) or "none"
        raise FormatError(message)
    values = {key: getattr(found[name], key).cited() for key in keys}
    try:
        return build(**values)
    except InputError as error:
        message = f"{where}: {error}"
        raise FormatError(message) from error


def read_text(file: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    FormatError
        If it cannot be read.
    """
    if not file.exists():
        message = f"there is no file {file}"
        raise FormatError(message)
    if not file.is_file():
        message = f"{file} is not a file"
        raise FormatError(message)
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        message = f"{file} is not a text file (UTF-8)"
        raise FormatError(message) from error
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror or 'unknown reason'}"
        raise FormatError(message) from error


def list_faults(error: ValidationError) -> str:
    """Say which keys of a table are missing or not known, or else the first that is wrong.

    Parameters
    ----------
    error : ValidationError
    """
    faults = error.errors()
    missing = [_key(fault["loc"]) for fault in faults if fault["type"] == "missing"]
    unknown = [_key(fault["loc"]) for fault in faults if fault["type"] == "extra_forbidden"]
    said = []
    if missing:
        said.append(f"misses {', '.join(missing)}")
    if unknown:
        verb = "which is" if len(unknown) == 1 else "which are"
        said.append(f"has {', '.join(unknown)}, {verb} not known")
    return "; ".join(said) or _wrong_value(faults[0])


def _key(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place) or "the whole"


def _wrong_value(fault: "ErrorDetails") -> str:
    key, given = _key(fault["loc"]), fault["input"]
    if fault["type"] == "model_type":
        return f"{key} is expected as a table; got {given!r}"
    said = fault["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    # the values of a table stand in the sentence already
    return f"{key}: {said}" if isinstance(given, dict) else f"{key}: {said}; got {given!r}"
