"""The words of an instrument that a user has a licence for: read from a file of the user's."""

from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vertaug.case.errors import FormatError, InputError
from vertaug.recovery.prom.instrument import Instrument, Item


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1)
    stem: str = ""
    options: tuple[str, ...] = ()


class _TextFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    instrument: str
    licence: str = Field(min_length=1)
    attribution: str = Field(min_length=1)
    instructions: str = ""
    items: dict[str, _Words]


def with_licensed_text(instrument: Instrument, path: str | Path) -> Instrument:
    """Return an instrument with the words of a file.

    The file is TOML: ``instrument`` (its id), ``licence`` (who allowed what), ``attribution``
    (the line that must be printed), and for every item ``[items.ID]`` with ``text`` and, where
    answers have words, ``options`` from the least to the greatest answer.

    Parameters
    ----------
    instrument : Instrument
        One whose text may not be shipped.
    path : str or Path

    Raises
    ------
    InputError
        If the text of the instrument ships already, or its owner allows its own forms only.
    FormatError
        If the file cannot be read, is of another instrument, or lacks an item.
    """
    import tomllib

    if instrument.has_text:
        message = f"the words of {instrument.id} ship with vertaug and must stay as printed"
        raise InputError(message)
    if instrument.method == "profile":
        message = "EuroQol allows its own forms only: print the form that your registration gave "
        message += "you, and enter the answers"
        raise InputError(message)
    file = Path(path)
    try:
        words = _TextFile.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"the licensed text {file} cannot be read as TOML: {error}"
        raise FormatError(message) from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        message = f"the licensed text {file}: {where}: {fault['msg']}"
        raise FormatError(message) from error
    _check_names(instrument, words, file)
    return replace(
        instrument,
        items=tuple(_worded(item, words.items[item.id], file) for item in instrument.items),
        licence=f"Text of the user's own licence: {words.licence}",
        attribution=words.attribution,
        instructions=words.instructions,
    )


def _check_names(instrument: Instrument, words: _TextFile, file: Path) -> None:
    if words.instrument != instrument.id:
        message = f"{file} is expected for {instrument.id}; it is for {words.instrument!r}"
        raise FormatError(message)
    known = {item.id for item in instrument.items}
    missing = sorted(known - set(words.items), key=lambda name: (len(name), name))
    unknown = sorted(set(words.items) - known)
    if missing or unknown:
        said = [f"misses {', '.join(missing)}"] * bool(missing)
        said += [f"has {', '.join(unknown)}, which is not known"] * bool(unknown)
        message = f"the licensed text {file} {' and '.join(said)}"
        raise FormatError(message)


def _worded(item: Item, words: _Words, file: Path) -> Item:
    answers = round(item.high - item.low) + 1
    if words.options and len(words.options) != answers:
        message = (
            f"{file}: {item.id} has {answers} answers from {item.low:g} to {item.high:g}; got "
        )
        message += f"{len(words.options)} options"
        raise FormatError(message)
    return replace(item, text=words.text, stem=words.stem, options=words.options)
