"""The instruments that can be scored, and those that are refused because of their licence."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from vertaug.case.errors import FormatError, InputError
from vertaug.case.near_name import ask_meant, find_near
from vertaug.case.packaged_data import read_packaged_toml
from vertaug.case.source_status import SourceStatus

Method = Literal["answer", "mean", "count", "percent", "points", "profile"]
"""How answers become a score, see `vertaug.recovery.prom.score`."""

_FOLDER = "vertaug.recovery.prom"
# As the default bundle and the follow-up sheet list them.
_NAMES = (
    "nrs_now",
    "nrs_rest",
    "nrs_move",
    "vas_mm",
    "rmdq24",
    "rdq23",
    "odi",
    "rand36",
    "eq5d5l",
    "qualeffo41",
    "tug_s",
    "peg",
    "pgic",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question.

    Attributes
    ----------
    id : str
    text : str
        Empty where the licence forbids to ship it.
    low, high : float
        Least and greatest possible answer.
    whole : bool
        Answers are whole numbers.
    stem : str
        What stands above this question and those after it; empty where nothing does.
    options : tuple of str
        Words of the answers from ``low`` to ``high``; empty where none ship.
    points : tuple of float
        What the answers from ``low`` to ``high`` count; empty where they count as they are.
    ends : tuple of str
        Words of the least and the greatest answer, where those between have none.
    not_applicable : bool
        "Does not apply to me" is an answer.
    """

    id: str
    text: str = ""
    low: float
    high: float
    whole: bool = True
    stem: str = ""
    options: tuple[str, ...] = ()
    points: tuple[float, ...] = ()
    ends: tuple[str, ...] = ()
    not_applicable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreScale:
    """One score of an instrument.

    Attributes
    ----------
    name : str
    title : str
    scale : str
        Such as ``0-24``; scores of different scales are never compared.
    low, high : float
    worse : {"up", "down"}
        In which direction the patient is worse.
    items : tuple of str
        Which items count.
    reliable : tuple of float
        Least and greatest value before, between which a change can be trusted; empty where the
        whole scale can.
    reliable_source : str
    """

    name: str
    title: str
    scale: str
    low: float
    high: float
    worse: Literal["up", "down"]
    items: tuple[str, ...]
    reliable: tuple[float, ...] = ()
    reliable_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """How large a change must be to matter or to be more than error.

    Attributes
    ----------
    score : str
        Name of the score.
    kind : {"mcid", "mdc"}
        Least change that matters to patients; least change that is more than error.
    value : float
    unit : {"points", "percent"}
        Percent of the value before.
    words : str
    source : str
    status : SourceStatus
    """

    score: str
    kind: Literal["mcid", "mdc"]
    value: float
    unit: Literal["points", "percent"] = "points"
    words: str
    source: str
    status: SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A patient-reported outcome measure or a timed test.

    Attributes
    ----------
    id, name, version : str
    method : Method
    items : tuple of Item
    scales : tuple of ScoreScale
    mcid : tuple of Threshold
        Published least changes; empty where none is known.
    instructions : str
        What the patient or the examiner reads first; empty where none ships.
    missing_rule : str
        What happens to unanswered items, in words.
    licence, attribution : str
        May its text be shipped, and the line that must stand under it.
    source : str
    status : SourceStatus
        Of the scoring rule.
    is_change : bool
        It asks for the change itself, so two of them are not subtracted.
    """

    id: str
    name: str
    version: str
    method: Method
    items: tuple[Item, ...]
    scales: tuple[ScoreScale, ...]
    mcid: tuple[Threshold, ...]
    instructions: str = ""
    missing_rule: str
    licence: str
    attribution: str = ""
    source: str
    status: SourceStatus
    is_change: bool = False

    @property
    def scale(self) -> str:
        """Scale of its first score."""
        return self.scales[0].scale

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of its scores."""
        return tuple(scale.name for scale in self.scales)

    @property
    def has_text(self) -> bool:
        """Every question has its words, so that a page can be printed."""
        return all(item.text for item in self.items)

    def find_item(self, name: str) -> Item:
        """Return an item.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        for item in self.items:
            if item.id == name:
                return item
        known = [item.id for item in self.items]
        ends = known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}"
        message = f"{self.name} ({self.id}) has no item {name!r}; expected {ends}"
        raise InputError(message)

    def find_scale(self, name: str) -> ScoreScale:
        """Return one of its scores.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        for scale in self.scales:
            if scale.name == name:
                return scale
        message = f"{self.name} ({self.id}) has no score {name!r}; it has {', '.join(self.scores)}"
        raise InputError(message)


class _InstrumentFile(BaseModel):
    # holds for all parts: a name that is not known is refused
    model_config = ConfigDict(extra="forbid", frozen=True)

    instrument: Instrument


def list_instruments() -> tuple[Instrument, ...]:
    """Return every instrument that can be scored."""
    return tuple(_read(name) for name in _NAMES)


def find_instrument(name: str) -> Instrument:
    """Return an instrument by its id.

    Case, spaces, hyphens and underscores do not matter.

    Raises
    ------
    InputError
        If it is unknown (the nearest ones are named), or its licence forbids to score it here
        (the reason is named).
    """
    plain = _plain(name)
    by_plain = {_plain(known): known for known in _NAMES}
    if plain in by_plain:
        return _read(by_plain[plain])
    reason = _read_refused().get(plain)
    if reason is not None:
        message = f"'{name}' cannot be scored here: {reason}"
        raise InputError(message)
    near = [by_plain[found] for found in find_near(plain, by_plain)]
    message = f"there is no instrument '{name}'{ask_meant(near, _NAMES)}"
    raise InputError(message)


def list_refused() -> tuple[tuple[str, str], ...]:
    """Return the names that are refused, each with its reason."""
    return tuple(_read_refused().items())


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


@cache
def _read_refused() -> dict[str, str]:
    return {
        _plain(name): table["reason"]
        for table in read_packaged_toml(_FOLDER, "refused").values()
        for name in table["names"]
    }


@cache
def _read(name: str) -> Instrument:
    tree = read_packaged_toml(_FOLDER, name)
    shared = {key: tree.pop(key, {}) for key in ("options", "points")}
    try:
        items = [_with_lists(table, shared) for table in tree.pop("item")]
        scales, mcid = tree.pop("score"), tree.pop("threshold", ())
        parts = {"id": name, "items": items, "scales": scales, "mcid": mcid}
        return _InstrumentFile.model_validate({"instrument": tree | parts}).instrument
    except (ValidationError, KeyError) as error:
        message = f"{name}.toml is not as expected: {error}"
        raise FormatError(message) from error


def _with_lists(table: dict[str, Any], shared: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return an item whose options and points may name a list that several items share."""
    named = {key: lists for key, lists in shared.items() if isinstance(table.get(key), str)}
    return table | {key: lists[table[key]] for key, lists in named.items()}
