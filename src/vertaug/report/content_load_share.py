"""How a vertebra carries its load and where it yields, before and after cement, in a table."""

from collections.abc import Callable

from vertaug.case.strength import LoadLevel, StrengthAssessment, StrengthState
from vertaug.case.strength_words import cement_words
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells

_THIRDS = {
    "all": "of all bone",
    "superior": "of the superior third",
    "middle": "of the middle third",
    "inferior": "of the inferior third",
}


def share_table(found: StrengthAssessment) -> Table | None:
    """Return who carries the load and what yields; None where neither is known."""
    states = [found.before, *([found.after] if found.after is not None else [])]
    rows = [*_level_rows(states), *_yielded_rows(states)]
    if not rows:
        return None
    columns = [f"Load through {found.level}", "as it is"]
    if found.after is not None:
        columns.append(cement_words(found))
    note = (
        "Linear compression, but for what yields. Shell: bone less than 2 mm from the side wall, "
        "more than the cortex. Right and left: halves about the middle of the bone. Layers: the "
        "outermost ones without caps, and the one midway."
    )
    if found.after is not None:
        note += (
            " Shell and cement overlap where cement lies in the shell: their shares do not add up."
        )
    same = "" if found.after is None else "; with cement the same voxels, cement included"
    if any(state.yielded for state in states):
        note += (
            " Yielded: share of the volume of bone, caps left out, at the end of the curve"
            f"{same}. yielded_bone_share in case.json "
            "and the CSV is this share; yielded_share of the curve there counts the caps as well."
        )
    note += _rise_words(states, found)
    return Table(title="Shares of the load", columns=tuple(columns), rows=tuple(rows), note=note)


def _rise_words(states: list[StrengthState], found: StrengthAssessment) -> str:
    """Say what it means where a larger share of a third yields with cement; empty elsewhere."""
    if len(states) < 2 or not all(state.yielded for state in states):
        return ""
    before, after = (state.yielded for state in states)
    risen = []
    for name in ("superior", "middle", "inferior"):
        if not {name} <= before.keys() & after.keys():
            continue
        one, other = (round(100.0 * values[name]) for values in (before, after))
        if other > one:
            risen.append(f"the {name} third ({one} to {other} %)")
    if not risen:
        return ""
    alike = (
        "both states are shortened alike"
        if found.after_height_mm is None
        else "each body is shortened by the same share of its own height"
    )
    return (
        f" More yields with cement in {' and '.join(risen)}: {alike}, the "
        "stiff column of cement hardly shortens, and the bone between it and the endplates, in "
        "part also beside it, is crushed instead."
    )


def _level_rows(states: list[StrengthState]) -> list[tuple[Cell, ...]]:
    """Return one quantity a row: shell, cement, right and left of each layer."""
    before = states[0]
    kinds: list[tuple[str, Callable[[LoadLevel], str]]] = [("through the shell", _shell)]
    if len(states) > 1:
        kinds.append(("through voxels with cement", _cement))
    kinds.append(("right : left", lambda level: _halves(level.left)))
    rows = [
        cells(f"{level.name} layer, {title}", *(value(state.levels[number]) for state in states))
        for title, value in kinds
        for number, level in enumerate(before.levels)
    ]
    if before.levels:
        uneven = [words.percent(100.0 * state.asymmetry) for state in states]
        rows.append(cells("farthest from even of all layers, share of the load", *uneven))
    return rows


def _shell(level: LoadLevel) -> str:
    return words.percent(100.0 * level.shell)


def _cement(level: LoadLevel) -> str:
    return words.percent(100.0 * level.cement) if level.cement > 0.0 else words.MISSING


def _halves(left: float) -> str:
    """Return right before left, as the maps and the tables of the needles stand."""
    whole = round(100.0 * left)
    return f"{100 - whole} : {whole}"


def _yielded_rows(states: list[StrengthState]) -> list[tuple[Cell, ...]]:
    if not all(state.yielded for state in states):
        return []
    return [
        cells(
            f"yielded at the end, {title}",
            *(words.percent(100.0 * state.yielded[name]) for state in states),
        )
        for name, title in _THIRDS.items()
        if all(name in state.yielded for state in states)
    ]
