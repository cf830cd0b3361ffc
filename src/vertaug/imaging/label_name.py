"""Level names that files give to their labels."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vertaug.case.errors import LabelError, LevelError
from vertaug.case.level import parse_level
from vertaug.imaging.writer import name_table_path

_LEVEL = re.compile(r"(?<![A-Z0-9])(C[1-7]|(?:TH|T|D)(?:1[0-3]|[1-9])|L[1-6]|S1)(?![A-Z0-9])")
_OTHER_STRUCTURES = re.compile(r"RIB|DIS[CK]|NERVE|ROOT|CANAL|CORD|ENDPLATE|MUSCLE|SCREW|CEMENT")


def find_level(text: str) -> str | None:
    """Return the one vertebra that a label's name speaks of, or None.

    ``vertebrae_L1``, ``L1 vertebra`` and ``Th12`` name a level; ``disc L1-L2`` and
    ``rib_left_5`` do not.
    """
    words = text.upper().replace("_", " ")
    if _OTHER_STRUCTURES.search(words):
        return None
    found = {str(match) for match in _LEVEL.findall(words)}
    if len(found) != 1:
        return None
    try:
        return parse_level(found.pop())
    except LevelError:
        return None


def levels_of_names(names: Mapping[int, str]) -> dict[int, str]:
    """Return the level of each value whose name speaks of one vertebra.

    A table in which every value n is called ``Ln`` is a placeholder that some writers make
    for unnamed labels, not a statement about lumbar vertebrae; it yields nothing.
    """
    named = {value: text for value, text in names.items() if value != 0}
    if named and all(text.strip() == f"L{value}" for value, text in named.items()):
        return {}
    levels = {value: find_level(text) for value, text in named.items()}
    return {value: level for value, level in levels.items() if level is not None}


def read_name_table(path: Path) -> dict[int, str]:
    """Return value to level name from the JSON table beside a label file; empty without one.

    The table is ``{"labels": {...}}`` or the mapping itself, with names to numbers or numbers
    to names.

    Raises
    ------
    LabelError
        If the table gives one number two names.
    """
    table = name_table_path(path)
    try:
        content = json.loads(table.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if isinstance(content, dict) and isinstance(content.get("labels"), dict):
        content = content["labels"]
    if not isinstance(content, dict):
        return {}
    names: dict[int, str] = {}
    for key, value in content.items():
        pair = _as_pair(key, value)
        # a sidecar of acquisition data lies in the same place; its numbers are no labels
        if pair is None or find_level(pair[1]) is None:
            continue
        if names.setdefault(pair[0], pair[1]) != pair[1]:
            message = (
                f"{table.name}: the number {pair[0]} has two names, '{names[pair[0]]}' and "
                f"'{pair[1]}'; correct the table"
            )
            raise LabelError(message)
    return names


def _as_pair(key: str, value: Any) -> tuple[int, str] | None:
    if isinstance(value, str) and key.strip().isdigit():
        return int(key), value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value, key
    return None
