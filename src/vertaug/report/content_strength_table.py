"""Failure loads and stiffness in a table: as it is, with cement, ratio, intact neighbour."""

import math
from collections.abc import Callable
from functools import partial

from vertaug.case.strength import FailureLoad, StrengthAssessment, StrengthState
from vertaug.case.strength_gain import gain_range, still_rises, two_figures
from vertaug.case.strength_neighbour import LINEAR_NAME
from vertaug.case.strength_words import (
    NO_FAILURE,
    cement_words,
    rises,
    unreached_words,
    unusable_words,
)
from vertaug.mechanics.failure import AT_END, GREATEST
from vertaug.report import words
from vertaug.report.content import Cell, Table

_BENDING = (("flexion", "forward"), ("bend_left", "to the side"))

_NO_MAXIMUM = "greatest load up to 1.9 % strain, no failure"


def states_table(found: StrengthAssessment) -> Table:
    """Return every definition, stiffness and bending, with the neighbour where there is one."""
    rows = _load_rows(found)
    for name, text in _BENDING:
        title = f"bending stiffness {text} (N m per degree)"
        rows.append(_row(title, found, partial(_bending, name)))
    return Table(
        title="Failure load and stiffness",
        columns=(f"{found.level} between platens", *_columns(found, cement_words(found))),
        rows=tuple(rows),
        lead=_lead(found),
        note=_sensitivity_words(found),
    )


def before_after_table(found: StrengthAssessment, level: str) -> Table | None:
    """Return the same without bending, to stand under the vertebroplasty; None without cement.

    Parameters
    ----------
    found : StrengthAssessment
    level : str
        Of the vertebroplasty; a strength of another level has no table.
    """
    if found.after is None or found.level != level:
        return None
    return Table(
        title="Strength before and after",
        columns=(
            "",
            # strength may be that of a sketched volume, which no injection put where it lies
            *_columns(found, cement_words(found) if found.assumed_cement else "with this cement"),
        ),
        rows=tuple(_load_rows(found)),
        lead=_lead(found),
        note=" ".join(
            (
                *_definition_words(found),
                *_neighbour_words(found),
                f"Shares of the load and limits: see {strength_heading(found)}, {level}.",
            )
        ),
    )


def strength_heading(found: StrengthAssessment) -> str:
    """Return what stands over a strength in the report."""
    return "Strength after kyphoplasty" if found.after_balloons else "Strength"


def load_title(name: str, found: StrengthAssessment) -> str:
    """Return what a definition is called; no failure where a curve still rises at its end."""
    if not rises(found):
        return name
    return {AT_END.name: NO_FAILURE, GREATEST.name: _NO_MAXIMUM}.get(name, name)


def _lead(found: StrengthAssessment) -> str:
    return words.sentence(unusable_words(found)) if unusable_words(found) else ""


def _columns(found: StrengthAssessment, with_cement: str) -> tuple[str, ...]:
    before = "as it is, not usable" if unusable_words(found) else "as it is"
    ratio = ("ratio",) if _gives_ratio(found) else ()
    # the same compacted bone bears the cement
    doubt = ", not usable either" if unusable_words(found) else ""
    cement = () if found.after is None else (f"{with_cement}{doubt}", *ratio)
    near = () if found.neighbour is None else (f"intact {found.neighbour.level}",)
    return (before, *cement, *near)


def _gives_ratio(found: StrengthAssessment) -> bool:
    """Whether there is cement, and a value before that a ratio says something of."""
    return found.after is not None and not unusable_words(found)


def _load_rows(found: StrengthAssessment) -> list[tuple[Cell, ...]]:
    """Return the gain, the load by each definition, that by rigidity, and the stiffness."""
    rows = []
    if found.load_ratios and _gives_ratio(found):
        times = gain_range(found.load_ratios).partition(" times")[0]
        texts = ["gain in failure load, times, by definition", "", "", times]
        texts += [""] * (found.neighbour is not None)
        rows.append(tuple(Cell(text=text, strong=True) for text in texts))
    given = [load for load in found.before.failure_loads if load.force_n is not None]
    rows += [_load_row(load, found) for load in given]
    near = found.neighbour
    if near is not None:
        texts = [
            "minimum axial rigidity times 0.68 % (kN)",
            words.kilonewton(found.competitors.strength_by_rigidity_n, unit=False),
            *([] if found.after is None else [words.MISSING] * (1 + _gives_ratio(found))),
            words.kilonewton(near.rigidity_load_n, unit=False),
        ]
        rows.append(tuple(Cell(text=text) for text in texts))
    own = None if near is None else near.stiffness_n_per_mm / 1000.0
    rows.append(_row("stiffness in compression (kN/mm)", found, _stiffness, own))
    return rows


def _load_row(load: FailureLoad, found: StrengthAssessment) -> tuple[Cell, ...]:
    """Return one definition; the one that stands for the strength is bold where no curve rises."""
    strong = _is_bold(load.name, found)
    title = load_title(load.name, found)
    lead = "failure load, " if title == load.name else ""
    texts = [f"{lead}{title} (kN)", _load_words(load, found.before)]
    if found.after is not None:
        other = next((o for o in found.after.failure_loads if o.name == load.name), None)
        force = None if other is None else other.force_n
        texts.append(words.MISSING if other is None else _load_words(other, found.after))
        texts += _ratio(found, load.force_n, force)
    if found.neighbour is not None:
        linear = load.name == LINEAR_NAME
        near = found.neighbour.linear_load_n
        texts.append(words.kilonewton(near, unit=False) if linear else words.MISSING)
    return tuple(Cell(text=text, strong=strong) for text in texts)


def _is_bold(name: str, found: StrengthAssessment) -> bool:
    return name == found.before.main and not rises(found) and not unusable_words(found)


def _load_words(load: FailureLoad, state: StrengthState) -> str:
    text = words.kilonewton(load.force_n, unit=False)
    ends = load.name in (AT_END.name, GREATEST.name) and load.force_n is not None
    return f"{text}, curve still rises" if ends and still_rises(state.end_slope) else text


def _row(
    name: str,
    found: StrengthAssessment,
    value: Callable[[StrengthState], float],
    near: float | None = None,
) -> tuple[Cell, ...]:
    before = value(found.before)
    texts = [name, words.three_figures(before)]
    if found.after is not None:
        after = value(found.after)
        texts += [words.three_figures(after), *_ratio(found, before, after)]
    if found.neighbour is not None:
        texts.append(words.MISSING if near is None else words.three_figures(near))
    return tuple(Cell(text=text) for text in texts)


def _stiffness(state: StrengthState) -> float:
    return state.stiffness_n_per_mm / 1000.0


def _bending(name: str, state: StrengthState) -> float:
    """N mm per radian to N m per degree."""
    return math.radians(state.bending_nmm_per_rad[name] / 1000.0)


def _definition_words(found: StrengthAssessment) -> tuple[str, ...]:
    """Return which definition stands for the strength, and which is no load that is reached."""
    unreached = unreached_words(found)
    said = (words.sentence(unreached),) if unreached else ()
    if _is_bold(found.before.main, found):
        return (f"Bold: what stands for the strength here, {found.before.main}.", *said)
    if not rises(found):
        return said
    if not _gives_ratio(found):
        return ("A curve still rises at its end: no definition stands for the strength.",)
    return (
        (
            "A curve still rises at its end: no definition stands for the strength, and the gain "
            "is the range over all of them."
        ),
    )


def _neighbour_words(found: StrengthAssessment) -> tuple[str, ...]:
    near = found.neighbour
    if near is None:
        return (words.sentence(found.no_neighbour),) if found.no_neighbour else ()
    return (
        (
            f"Intact {near.level}: the nearest intact level that lies whole in the scan, linear "
            f"only (body {near.height_mm:.1f} mm high, {found.level} {found.height_mm:.1f} mm)."
        ),
    )


def _height_words(found: StrengthAssessment) -> tuple[str, ...]:
    own = found.after_height_mm
    if own is None:
        return ()
    return (
        (
            f"Strains are of the body's own height: {found.height_mm:.2f} mm as it is, "
            f"{own:.2f} mm after the balloons."
        ),
    )


def _sensitivity_words(found: StrengthAssessment) -> str:
    parts = [*_height_words(found), *_definition_words(found), *_neighbour_words(found)]
    missing = [load for load in found.before.failure_loads if load.force_n is None]
    if missing:
        names = ", ".join(load.name for load in missing)
        parts.append(f"Not given: {names} ({missing[0].reason}).")
    spread = found.sensitivity
    if spread is None:
        return " ".join((*parts, "The uncertainty of the density is not known."))
    low, high = (words.kilonewton(load) for load in spread.failure_load_n)
    parts.append(
        "With densities one standard uncertainty lower and higher "
        f"({spread.density_mg_per_ml:.0f} ± {spread.uncertainty_mg_per_ml:.0f} mg/ml, whole body) "
        f"the failure load as it is becomes {low} and {high} ({spread.definition}); the error of "
        "the model is not in this range."
    )
    if spread.definition != found.before.main:
        parts.append(
            "The crushing could not be repeated; strength follows the density more steeply than "
            f"stiffness (exponents of the laws), so {found.before.main} varies more."
        )
    if _gives_ratio(found):
        parts.append("The gain has no uncertainty here: see the limits.")
    return " ".join(parts)


def _ratio(found: StrengthAssessment, before: float | None, after: float | None) -> tuple[str, ...]:
    """Return the cell of a ratio, where there is a column of them."""
    if not _gives_ratio(found):
        return ()
    return (words.MISSING if not before or after is None else two_figures(after / before),)
