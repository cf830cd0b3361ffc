"""Which number means which vertebra, for each producer of label maps.

The tables follow the conventions reference, section 3. One number may mean three things: 28 is
T13 (VerSe), L4 (TotalSegmentator v2) or the sacrum (spine-segment).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vertaug.case.errors import LabelError, LevelError
from vertaug.case.level import LEVELS, parse_level

_CERVICAL = tuple(f"C{n}" for n in range(1, 8))
_THORACIC = tuple(f"T{n}" for n in range(1, 13))
_LUMBAR = tuple(f"L{n}" for n in range(1, 6))
_REGULAR = _CERVICAL + _THORACIC + _LUMBAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """One producer's numbers.

    Attributes
    ----------
    name : str
        Name for ``--numbering``.
    levels : mapping of int to str
        Vertebrae.
    others : frozenset of int
        Known numbers of other structures; dropped with a note.
    producer : str
        Who writes it, for messages.
    """

    name: str
    levels: Mapping[int, str]
    others: frozenset[int]
    producer: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", MappingProxyType(dict(self.levels)))

    def describe_value(self, value: int) -> str:
        """Say what a number means here."""
        if value in self.levels:
            return self.levels[value]
        return "no vertebra" if value in self.others else "unknown"


def _count_up(names: tuple[str, ...], start: int) -> dict[int, str]:
    return {start + n: name for n, name in enumerate(names)}


def _count_down(names: tuple[str, ...], last: int) -> dict[int, str]:
    return {last - n: name for n, name in enumerate(names)}


def _without(numbers: range, levels: Mapping[int, str]) -> frozenset[int]:
    return frozenset(numbers) - frozenset(levels)


_FROM_HEAD = _count_up(_REGULAR, 1)
_VERSE = {**_FROM_HEAD, 25: "L6", 28: "T13"}
_TOTAL_V2 = {**_count_down(_REGULAR, 50), 26: "S1"}
_TOTAL_V1 = _count_down(_REGULAR, 41)

NUMBERINGS: Mapping[str, Numbering] = MappingProxyType({
    n.name: n
    for n in (
        Numbering(
            name="verse",
            levels=_VERSE,
            # 26 sacrum, 27 coccyx, 29-33 S2-S6, ribs +32, subregions 41-62, discs +100,
            # endplates +200
            others=frozenset({26, 27, *range(29, 63), *range(100, 134), *range(200, 234)}),
            producer="VerSe, TPTBox, SPINEPS",
        ),
        Numbering(
            name="totalsegmentator",
            levels=_TOTAL_V2,
            others=_without(range(1, 118), _TOTAL_V2),
            producer="TotalSegmentator 2, task total",
        ),
        Numbering(
            name="totalsegmentator_v1",
            levels=_TOTAL_V1,
            others=_without(range(1, 105), _TOTAL_V1),
            producer="TotalSegmentator 1",
        ),
        Numbering(
            name="vertebrae_pp",
            levels=_FROM_HEAD,
            others=frozenset(),
            producer="TotalSegmentator, tasks vertebrae_pp and vertebrae_pp_refined",
        ),
        Numbering(
            name="spine_segment",
            levels={**_FROM_HEAD, 25: "L6"},
            others=frozenset({28}),
            producer="spine-segment",
        ),
    )
})  # fmt: skip
"""Every known numbering by name."""

LEVEL_VALUES: Mapping[str, int] = MappingProxyType({
    **{name: value for value, name in _VERSE.items()},
    "S1": 26,
})  # fmt: skip
"""Value of each level in every `LabelMap` that the reader returns (the VerSe numbers)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChoice:
    """The user's statement that some values are one vertebra (``level:L2=1,2,3,4``).

    Attributes
    ----------
    level : str
        The vertebra.
    values : frozenset of int
        Values that make it up; empty means every value but 0.
    """

    level: str
    values: frozenset[int]


def parse_numbering(text: str) -> Numbering | LevelChoice:
    """Return the numbering that a user named.

    Parameters
    ----------
    text : str
        A name of `NUMBERINGS`, or ``level:L2``, or ``level:L2=1,2,3,4``.

    Raises
    ------
    LabelError
        If the text is neither.
    """
    name = text.strip().lower().replace("-", "_")
    if name in NUMBERINGS:
        return NUMBERINGS[name]
    found = re.fullmatch(r"level:([a-z]+\d+)(?:=(\d+(?:,\d+)*))?", name.replace(" ", ""))
    if found:
        try:
            level = parse_level(found[1])
        except LevelError as error:
            message = f"numbering '{text}': {error}"
            raise LabelError(message) from error
        values = frozenset(int(v) for v in (found[2] or "").split(",") if v)
        return LevelChoice(level=level, values=values)
    known = ", ".join(NUMBERINGS)
    message = (
        f"unknown numbering '{text}'; known: {known}, or level:L2 for a mask of one vertebra "
        "(level:L2=1,2,3,4 to take these values only)"
    )
    raise LabelError(message)


def levels_in_order(levels: Mapping[int, str]) -> list[tuple[int, str]]:
    """Return (value, level) pairs from head to foot."""
    return sorted(levels.items(), key=lambda item: LEVELS.index(item[1]))
