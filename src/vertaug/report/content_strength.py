"""Strength before and after cement: limits first, tables, method last."""

import math
from collections.abc import Callable
from functools import partial

from vertaug.case.measurement import VertebraMeasurement
from vertaug.case.mechanics_content import case_stem, strength_file_names
from vertaug.case.strength import FailureLoad, StrengthAssessment, StrengthState
from vertaug.case.strength_gain import gain_range, still_rises, two_figures
from vertaug.case.volume_words import with_cement_of
from vertaug.mechanics.failure import AT_END, GREATEST
from vertaug.report import words
from vertaug.report.content import Cell, ReportPart, Table, TextBlock, cells
from vertaug.report.content_disc_load import DISC_TEXT, disc_table
from vertaug.report.content_load_share import share_table
from vertaug.report.content_measures import measures_table

PICTURES = ("strength_curve", "map_plastic_strain", "map_strain_energy")
"""Pictures that stand under the heading of the strength."""


def strength_part(
    found: StrengthAssessment, measured: VertebraMeasurement | None = None
) -> ReportPart:
    """Return everything under the heading of the strength.

    Parameters
    ----------
    found : StrengthAssessment
    measured : VertebraMeasurement, optional
        Of the same level, for its density on the first page.
    """
    limits, *rest = strength_text(found)
    return ReportPart(
        title=f"Strength, {found.level}",
        limits=limits,
        tables=strength_tables(found, measured),
        pictures=PICTURES,
        text=tuple(rest),
    )


def first_page_words(found: StrengthAssessment) -> str:
    """Return the line of the first page that points to the strength."""
    cement = "" if found.cement_ml is None else f" and {with_cement_of(found.cement_ml)}"
    return (
        f"What {found.level} bears in a model as it is{cement}, and why these numbers are no safe "
        f"loads: see Strength, {found.level}."
    )


def strength_tables(
    found: StrengthAssessment, measured: VertebraMeasurement | None = None
) -> tuple[Table, ...]:
    """Return the tables before and after, of shares, of the discs, and of simpler measures."""
    maybe = (share_table(found), disc_table(found))
    between = tuple(table for table in maybe if table is not None)
    return _states_table(found), *between, measures_table(found, measured)


def strength_text(found: StrengthAssessment) -> tuple[TextBlock, ...]:
    """Return limits, method with definitions, and files."""
    definitions = tuple(
        f"{load.name}: {load.formula} ({load.source})." for load in found.before.failure_loads
    )
    return (
        TextBlock(
            title="Strength: limits",
            paragraphs=tuple(words.sentence(note) for note in found.notes),
        ),
        TextBlock(
            title="Strength: method",
            paragraphs=(
                *found.method,
                *((DISC_TEXT,) if found.before.disc_load is not None else ()),
                "Definitions of the failure load. " + " ".join(definitions),
            ),
        ),
        _files_text(found),
    )


def _files_text(found: StrengthAssessment) -> TextBlock:
    names = strength_file_names(found, case_stem(found))
    return TextBlock(
        title="Strength: files",
        paragraphs=(
            (
                f"{', '.join(names)}. Nodes in LPS mm, as the CT and the STL. VTU for ParaView and "
                "3D Slicer: density, modulus, strain energy, plastic strain, share of cement, "
                "displacement. INP for CalculiX and Abaqus: the same voxels, compression by 0.2 mm."
            ),
        ),
    )


def _states_table(found: StrengthAssessment) -> Table:
    columns = [f"{found.level} between platens", "as it is"]
    rows = []
    if found.after is not None:
        columns += [with_cement_of(found.cement_ml), "ratio"]
        if found.load_ratios:
            texts = ("gain in failure load", "", "", gain_range(found.load_ratios))
            rows.append(tuple(Cell(text=text, strong=True) for text in texts))
    given = [load for load in found.before.failure_loads if load.force_n is not None]
    rows += [_load_row(load, found) for load in given]
    rows.append(_row("stiffness in compression (kN/mm)", found, _stiffness))
    for name, text in (("flexion", "forward"), ("bend_left", "to the side")):
        title = f"bending stiffness {text} (N m per degree)"
        rows.append(_row(title, found, partial(_bending, name)))
    return Table(
        title="Failure load and stiffness",
        columns=tuple(columns),
        rows=tuple(rows),
        note=_sensitivity_words(found),
    )


def _load_row(load: FailureLoad, found: StrengthAssessment) -> tuple[Cell, ...]:
    """Return one definition; the one that stands for the strength is bold where no curve rises."""
    strong = _is_bold(load.name, found)
    texts = [f"failure load, {load.name} (kN)", _load_words(load, found.before)]
    if found.after is not None:
        other = next((o for o in found.after.failure_loads if o.name == load.name), None)
        force = None if other is None else other.force_n
        texts.append(words.MISSING if other is None else _load_words(other, found.after))
        texts.append(_ratio(load.force_n, force))
    return tuple(Cell(text=text, strong=strong) for text in texts)


def _is_bold(name: str, found: StrengthAssessment) -> bool:
    states = [found.before, *([found.after] if found.after is not None else [])]
    rising = any(still_rises(state.end_slope) for state in states)
    return name == found.before.main and not rising


def _load_words(load: FailureLoad, state: StrengthState) -> str:
    text = words.kilonewton(load.force_n, unit=False)
    ends = load.name in (AT_END.name, GREATEST.name) and load.force_n is not None
    return f"{text}, curve still rises" if ends and still_rises(state.end_slope) else text


def _row(
    name: str, found: StrengthAssessment, value: Callable[[StrengthState], float]
) -> tuple[Cell, ...]:
    before = value(found.before)
    texts = [name, words.three_figures(before)]
    if found.after is not None:
        after = value(found.after)
        texts += [words.three_figures(after), _ratio(before, after)]
    return cells(*texts)


def _stiffness(state: StrengthState) -> float:
    return state.stiffness_n_per_mm / 1000.0


def _bending(name: str, state: StrengthState) -> float:
    """N mm per radian to N m per degree."""
    return math.radians(state.bending_nmm_per_rad[name] / 1000.0)


def _sensitivity_words(found: StrengthAssessment) -> str:
    parts = []
    if _is_bold(found.before.main, found):
        parts.append(f"Bold: what stands for the strength here, {found.before.main}.")
    elif found.after is None:
        parts.append("The curve still rises at its end: no definition stands for the strength.")
    else:
        parts.append(
            "A curve still rises at its end: no definition stands for the strength, and the gain "
            "is the range over all of them."
        )
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
    if found.after is not None:
        parts.append("The gain has no uncertainty here: see the limits.")
    return " ".join(parts)


def _ratio(before: float | None, after: float | None) -> str:
    return words.MISSING if not before or after is None else two_figures(after / before)
