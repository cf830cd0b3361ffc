"""EQ-5D-5L value sets: files of yours, since none may be shipped."""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

from vertaug.case.errors import FormatError, InputError

DIMENSIONS: Final = ("mo", "sc", "ua", "pd", "ad")
"""Mobility, self-care, usual activities, pain/discomfort, anxiety/depression."""
_LEVELS = "12345"
_STATES = frozenset("".join(levels) for levels in product(_LEVELS, repeat=len(DIMENSIONS)))
_LEAST, _MOST = -1.5, 1.0
_BEST = "11111"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSet:
    """Index values of the EQ-5D-5L states of a country.

    Attributes
    ----------
    name : str
        Such as ``Germany 2018``; part of the scale, since sets are never mixed.
    values : mapping of str to float
        By state, ``11111`` to ``55555``.
    """

    name: str
    values: Mapping[str, float]

    def index(self, state: str) -> float:
        """Return the index of a state.

        Raises
        ------
        InputError
            If it is no state, or the set lacks it.
        """
        check_state(state)
        if state not in self.values:
            message = f"value set {self.name} has no state {state}; it has {len(self.values)} of "
            message += f"{len(_STATES)} states"
            raise InputError(message)
        return self.values[state]


def check_state(state: str) -> str:
    """Return a state that is one.

    Raises
    ------
    InputError
        If it is not five digits from 1 to 5.
    """
    if state not in _STATES:
        message = (
            "an EQ-5D-5L state is five digits from 1 to 5 (mobility, self-care, usual activities, "
            f"pain/discomfort, anxiety/depression), such as 21232; got {state!r}"
        )
        raise InputError(message)
    return state


def answers_of_state(state: str, vas: float | None = None) -> dict[str, float | None]:
    """Return the answers of a state and EQ VAS, to be scored as ``eq5d5l``.

    Parameters
    ----------
    state : str
        Five digits, such as ``21232``.
    vas : float, optional
        0 to 100.

    Raises
    ------
    InputError
        If it is no state.
    """
    levels = (float(level) for level in check_state(state))
    return {**dict(zip(DIMENSIONS, levels, strict=True)), "vas": vas}


def read_value_set(path: str | Path, name: str | None = None) -> ValueSet:
    """Read a value set from a CSV file.

    Either ``state,index`` with one line a state, or ``dimension,level,decrement`` with
    20 lines (``mo`` to ``ad``, levels 2 to 5) and, where the set has one, a line ``constant,,x``
    that every state but 11111 loses.

    Parameters
    ----------
    path : str or Path
    name : str, optional
        Of the set. (default: the name of the file)

    Raises
    ------
    FormatError
        If the file cannot be read, lacks values or holds impossible ones.
    """
    file = Path(path)
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"the value set {file} cannot be read as text: {error}"
        raise FormatError(message) from error
    rows = csv.DictReader(text.splitlines())
    header = tuple(field.strip().lower() for field in rows.fieldnames or ())
    rows.fieldnames = list(header)
    if header == ("state", "index"):
        values = _read_states(rows, file)
    elif header == ("dimension", "level", "decrement"):
        values = _read_decrements(rows, file)
    else:
        message = (
            f"{file} is expected to begin with state,index or dimension,level,decrement; got "
            f"{','.join(header) or 'nothing'}"
        )
        raise FormatError(message)
    return ValueSet(name=name or file.stem, values=values)


def _read_states(rows: Iterable[Mapping[str, str]], file: Path) -> dict[str, float]:
    values: dict[str, float] = {}
    for line, row in enumerate(rows, start=2):
        state = (row["state"] or "").strip()
        if state not in _STATES or state in values:
            why = "is given twice" if state in values else "is not a state (11111 to 55555)"
            message = f"{file}, line {line}: {state!r} {why}"
            raise FormatError(message)
        values[state] = _value(row["index"], f"{file}, line {line}: index")
    if not values:
        message = f"{file} holds no state"
        raise FormatError(message)
    return _in_range(values, file)


def _read_decrements(rows: Iterable[Mapping[str, str]], file: Path) -> dict[str, float]:
    lost: dict[tuple[str, str], float] = {(name, "1"): 0.0 for name in DIMENSIONS}
    constant = 0.0
    for line, row in enumerate(rows, start=2):
        name, level = (row["dimension"] or "").strip().lower(), (row["level"] or "").strip()
        where = f"{file}, line {line}"
        value = _value(row["decrement"], f"{where}: decrement")
        if value < 0:
            message = f"{where}: a decrement is expected as a positive loss; got {value:g}"
            raise FormatError(message)
        if name == "constant":
            constant = value
            continue
        if name not in DIMENSIONS or level not in _LEVELS[1:] or (name, level) in lost:
            message = f"{where}: expected one of {', '.join(DIMENSIONS)} and a level from 2 to 5, "
            message += f"each once; got {name!r} {level!r}"
            raise FormatError(message)
        lost[name, level] = value
    missing = [f"{n} {level}" for n in DIMENSIONS for level in _LEVELS if (n, level) not in lost]
    if missing:
        message = f"{file} misses {', '.join(missing)}"
        raise FormatError(message)
    values = {
        state: 1.0
        - (0.0 if state == _BEST else constant)
        - sum(lost[key] for key in zip(DIMENSIONS, state, strict=True))
        for state in sorted(_STATES)
    }
    return _in_range(values, file)


def _value(text: str | None, what: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        message = f"{what} is expected as a number with a point; got {text!r}"
        raise FormatError(message)
    return value


def _in_range(values: dict[str, float], file: Path) -> dict[str, float]:
    for state, value in values.items():
        if not _LEAST <= value <= _MOST:
            message = f"{file}: the index of {state} is expected from {_LEAST:g} to {_MOST:g}; got "
            message += f"{value:g}"
            raise FormatError(message)
    return values
