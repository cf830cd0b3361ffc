"""Strength before and after cement in tables, with its method and limits in words."""

import math
from collections.abc import Callable
from functools import partial

from vertaug.case.mechanics_content import case_stem, strength_file_names
from vertaug.case.strength import FailureLoad, StrengthAssessment, StrengthState
from vertaug.report import words
from vertaug.report.content import Cell, Table, TextBlock, cells
from vertaug.report.content_disc_load import DISC_TEXT, disc_table

_BUCKLEY = {
    "areal": "–",
    "integral": "R2 0.63, error 0.92 kN",
    "trabecular": "R2 0.17, error 1.37 kN",
    "rigidity": "R2 0.81, error 0.65 kN",
    "elements": "R2 0.80, error 0.67 kN",
}
"""Against measured strength of 81 vertebrae T6-T10 (Buckley 2007; physics reference 2.2)."""


def strength_tables(found: StrengthAssessment) -> tuple[Table, ...]:
    """Return the tables before and after, of the load on the discs, and of simpler measures."""
    discs = disc_table(found)
    shown = () if discs is None else (discs,)
    return _states_table(found), *shown, _measures_table(found)


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
                (
                    "Shell: bone less than 2 mm from the side wall, more than the cortex. Left "
                    "and right: halves about the middle of the bone. Layers: the outermost ones "
                    "without caps, and the one midway."
                ),
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
    after = found.after
    columns = [f"{found.level} between platens", "as it is"]
    if after is not None:
        columns += [f"with {found.cement_ml:g} ml cement", "ratio"]
    given = [load for load in found.before.failure_loads if load.force_n is not None]
    rows = [_load_row(load, found) for load in given]
    rows.append(_row("stiffness in compression (kN/mm)", found, _stiffness))
    for name, text in (("flexion", "forward"), ("bend_left", "to the side")):
        title = f"bending stiffness {text} (N m per degree)"
        rows.append(_row(title, found, partial(_bending, name)))
    title = "largest departure of the left half's load from a half (%)"
    rows.append(_row(title, found, lambda state: 100.0 * state.asymmetry))
    rows += _share_rows(found)
    return Table(
        title=f"Strength, {found.level}",
        columns=tuple(columns),
        rows=tuple(rows),
        note=_sensitivity_words(found),
    )


def _load_row(load: FailureLoad, found: StrengthAssessment) -> tuple[Cell, ...]:
    """Return one definition; the one that stands for the strength is bold."""
    strong = load.name == found.before.main
    row = [
        Cell(text=f"failure load, {load.name} (kN)", strong=strong),
        Cell(text=_kilonewton(load.force_n, unit=False), strong=strong),
    ]
    if found.after is not None:
        other = next((o for o in found.after.failure_loads if o.name == load.name), None)
        force = None if other is None else other.force_n
        row.append(Cell(text=_kilonewton(force, unit=False), strong=strong))
        row.append(Cell(text=_ratio(load.force_n, force), strong=strong))
    return tuple(row)


def _row(
    name: str, found: StrengthAssessment, value: Callable[[StrengthState], float]
) -> tuple[Cell, ...]:
    before = value(found.before)
    texts = [name, _number(before)]
    if found.after is not None:
        after = value(found.after)
        texts += [_number(after), _ratio(before, after)]
    return cells(*texts)


def _stiffness(state: StrengthState) -> float:
    return state.stiffness_n_per_mm / 1000.0


def _bending(name: str, state: StrengthState) -> float:
    """N mm per radian to N m per degree."""
    return math.radians(state.bending_nmm_per_rad[name] / 1000.0)


def _share_rows(found: StrengthAssessment) -> list[tuple[Cell, ...]]:
    states = [found.before, *([found.after] if found.after is not None else [])]
    empty = ("",) if found.after is not None else ()
    rows = []
    for number, level in enumerate(found.before.levels):
        texts = []
        for state in states:
            part = state.levels[number]
            text = f"{words.percent(100 * part.shell)} · {words.percent(100 * part.left)}"
            if part.cement > 0.0:
                text += f" · {words.percent(100 * part.cement)}"
            texts.append(text)
        title = f"{level.name} layer: load by shell · left half"
        title += " · cement" if found.after is not None else ""
        rows.append(cells(title, *texts, *empty))
    yielded = [state.yielded for state in states]
    if all(yielded):
        names = ("all", "superior", "middle", "inferior")
        texts = [
            " · ".join(words.percent(100 * share[n]) for n in names if n in share)
            for share in yielded
        ]
        title = "bone yielded at the end: all · superior · middle · inferior third"
        rows.append(cells(title, *texts, *empty))
    return rows


def _measures_table(found: StrengthAssessment) -> Table:
    c = found.competitors
    rows = [
        ("areal density of the body (mg/cm²)", _number(c.areal_mg_per_cm2), _BUCKLEY["areal"]),
        ("integral density (mg/ml)", _number(c.integral_mg_per_ml), _BUCKLEY["integral"]),
        ("trabecular density (mg/ml)", _number(c.trabecular_mg_per_ml), _BUCKLEY["trabecular"]),
        (
            "minimum axial rigidity (kN)",
            _kilonewton(c.minimum_rigidity_n, unit=False),
            _BUCKLEY["rigidity"],
        ),
        (
            "that times 0.68 % (kN)",
            _kilonewton(c.strength_by_rigidity_n, unit=False),
            "as the line above",
        ),
        (
            f"finite elements, {found.before.main} (kN)",
            _kilonewton(found.before.failure_load_n, unit=False),
            _BUCKLEY["elements"],
        ),
    ]
    return Table(
        title="Simpler measures beside it, as it is",
        columns=("measure", "value", "against tests of 81 vertebrae T6-T10"),
        rows=tuple(cells(*row) for row in rows),
        note="Densities K2HPO4-equivalent. Tests: Buckley, Loo, Motherway, Bone 2007;40:767.",
    )


def _sensitivity_words(found: StrengthAssessment) -> str:
    note = f"Bold: what stands for the strength here, {found.before.main}."
    missing = [load for load in found.before.failure_loads if load.force_n is None]
    if missing:
        names = ", ".join(load.name for load in missing)
        note += f" Not given: {names} ({missing[0].reason})."
    spread = found.sensitivity
    if spread is None:
        return f"{note} The uncertainty of the density is not known."
    low, high = (_kilonewton(load) for load in spread.failure_load_n)
    steeper = ""
    if spread.definition != found.before.main:
        steeper = (
            " The crushing could not be repeated; strength follows the density more steeply than "
            "stiffness (exponents of the laws), so the bold load varies more."
        )
    return (
        f"{note} With densities one standard uncertainty lower and higher "
        f"({spread.density_mg_per_ml:.0f} ± {spread.uncertainty_mg_per_ml:.0f} mg/ml) the failure "
        f"load as it is becomes {low} and {high} ({spread.definition}).{steeper}"
    )


def _kilonewton(force_n: float | None, *, unit: bool = True) -> str:
    if force_n is None:
        return words.MISSING
    return f"{force_n / 1000:.2f} kN" if unit else f"{force_n / 1000:.2f}"


def _number(value: float | None) -> str:
    """Return three significant digits, without an exponent."""
    if value is None:
        return words.MISSING
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def _ratio(before: float | None, after: float | None) -> str:
    return words.MISSING if not before or after is None else f"{after / before:.2f}"
