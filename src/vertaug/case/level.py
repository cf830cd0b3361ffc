"""Vertebral levels by name, from the head to the foot."""

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

from vertaug.case.errors import LevelError

LEVELS: tuple[str, ...] = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 14)),
    *(f"L{n}" for n in range(1, 7)),
    "S1",
)
"""Every level name in cranio-caudal order; T13 and L6 are real variants, never forced."""

AUGMENTABLE_LEVELS: tuple[str, ...] = tuple(n for n in LEVELS if n[0] in "TL")
"""Levels on which measuring and planning work (thoracic and lumbar)."""

_VARIANTS = frozenset({"T13", "L6"})


def parse_level(text: str) -> str:
    """Return the level name written as ``L1``, ``l1``, ``Th12`` or ``vertebrae_L1``.

    Raises
    ------
    LevelError
        If the text names no vertebral level.
    """
    name = text.strip().upper().removeprefix("VERTEBRAE_").removeprefix("VERTEBRA_")
    if name.startswith("TH"):
        name = "T" + name[2:]
    elif name.startswith("D") and name[1:].isdigit():
        name = "T" + name[1:]
    if name not in LEVELS:
        message = f"'{text}' is not a vertebral level; expected C1-C7, T1-T13, L1-L6 or S1"
        raise LevelError(message)
    return name


def parse_augmentable(text: str) -> str:
    """Return the name of a level that vertaug works on, see `parse_level`.

    Raises
    ------
    LevelError
        If the text names no vertebral level, or one of the neck or the sacrum.
    """
    level = parse_level(text)
    if level not in AUGMENTABLE_LEVELS:
        message = f"vertaug works on thoracic and lumbar levels, not on {level}"
        raise LevelError(message)
    return level


def sort_levels(levels: Iterable[str]) -> tuple[str, ...]:
    """Return the levels in cranio-caudal order."""
    return tuple(sorted(levels, key=LEVELS.index))


def levels_between(upper: str, lower: str, present: Collection[str] = ()) -> tuple[str, ...]:
    """Return the vertebrae between two levels: the regular ones, and T13 and L6 if present.

    Parameters
    ----------
    upper, lower : str
        The two levels.
    present : collection of str
        Levels that this patient is known to have.
    """
    between = LEVELS[LEVELS.index(upper) + 1 : LEVELS.index(lower)]
    return tuple(name for name in between if name not in _VARIANTS or name in present)


def are_adjacent(upper: str, lower: str, present: Collection[str] = ()) -> bool:
    """Whether no vertebra lies between ``upper`` and ``lower``, see `levels_between`."""
    return LEVELS.index(upper) < LEVELS.index(lower) and not levels_between(upper, lower, present)


def find_misordered(heights_mm: Mapping[str, float]) -> list[str]:
    """Return 'T12 below L1' for each pair of levels that lie against their names.

    Parameters
    ----------
    heights_mm : mapping of str to float
        Superior coordinate of each level.
    """
    return [
        f"{upper} below {lower}"
        for upper, lower in pairwise(sort_levels(heights_mm))
        if heights_mm[upper] <= heights_mm[lower]
    ]
