"""Vertebral levels by name, from the head to the foot."""

from collections.abc import Iterable

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


def sort_levels(levels: Iterable[str]) -> tuple[str, ...]:
    """Return the levels in cranio-caudal order."""
    return tuple(sorted(levels, key=LEVELS.index))


def are_adjacent(upper: str, lower: str) -> bool:
    """Whether no regular vertebra lies between ``upper`` and ``lower``.

    T13 and L6 may be absent without breaking the sequence: T12 and L1 are adjacent.
    """
    between = LEVELS[LEVELS.index(upper) + 1 : LEVELS.index(lower)]
    return LEVELS.index(upper) < LEVELS.index(lower) and all(n in _VARIANTS for n in between)
