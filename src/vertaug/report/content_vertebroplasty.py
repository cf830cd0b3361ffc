"""A simulated vertebroplasty: limits first, tables, product and method last."""

from vertaug.case.augmentation_content import (
    KPA,
    ML,
    ML_PER_MIN,
    filling_file_names,
    opening_gaps,
)
from vertaug.case.filling import LEAK_PATHS, Filling, HeatResult, TissueHeat
from vertaug.case.simulation import InjectionSetup, SimulatedVertebroplasty
from vertaug.case.strength import StrengthAssessment
from vertaug.report import words
from vertaug.report.content import Cell, ReportPart, Table, TextBlock, cells
from vertaug.report.content_filling_spread import spread_table
from vertaug.report.content_product import product_table, value_title
from vertaug.report.path_words import PATHS

PICTURES = (
    "filling_radiographs",
    "filling_solid",
    "filling_sections",
    "filling_curves",
    "filling_heat",
    "filling_spread",
)
"""Pictures that stand under the heading of the vertebroplasty."""
TISSUES = {
    "cement": "cement",
    "canal": "vertebral canal",
    "superior_endplate": "superior endplate",
    "inferior_endplate": "inferior endplate",
}


def vertebroplasty_part(
    found: SimulatedVertebroplasty, strength: StrengthAssessment | None = None
) -> ReportPart:
    """Return everything under the heading of the vertebroplasty.

    Parameters
    ----------
    found : SimulatedVertebroplasty
    strength : StrengthAssessment, optional
        With this cement.
    """
    result = found.result
    maybe = (
        None if result.heat is None else _heat_table(result.heat),
        None if result.spread is None else spread_table(result.spread),
        None if strength is None else _strength_table(strength, found.level),
    )
    return ReportPart(
        title=f"Vertebroplasty, {found.level}",
        limits=_limits(found),
        tables=(
            _volume_table(found),
            _stop_table(result.filling),
            _leak_table(result.filling),
            *(table for table in maybe if table is not None),
            product_table(found.setup),
        ),
        pictures=PICTURES,
        text=(_method(found), _files(result.filling)),
    )


def first_page_words(found: SimulatedVertebroplasty) -> str:
    """Return the line of the first page that points to the vertebroplasty."""
    filling = found.result.filling
    safe = filling.safe_volume_mm3
    until = (
        "no stop rule was met"
        if safe is None
        else f"the first stop rule was met after {safe * ML:.1f} ml"
    )
    return (
        f"Simulated vertebroplasty of {filling.level}: {filling.injected_mm3 * ML:.1f} ml of "
        f"{found.setup.product.title}; {until}. A model, no prediction of leakage: see "
        f"Vertebroplasty, {filling.level}."
    )


def _limits(found: SimulatedVertebroplasty) -> TextBlock:
    heat = found.result.heat
    filling = found.result.filling
    notes = (*found.notes, *filling.notes, *(() if heat is None else heat.notes))
    unsure = found.setup.product.uncertain
    product = (
        (
            f"Uncertain values of the product: {', '.join(value_title(name) for name in unsure)}. "
            "They are working numbers, not those of a brand."
        ),
    )
    return TextBlock(
        title="Vertebroplasty: limits",
        paragraphs=(
            *((words.sentence(filling.leak_limit),) if filling.leak_limit else ()),
            *(product if unsure else ()),
            *(_squared(words.sentence(note)) for note in dict.fromkeys(notes)),
        ),
    )


def _squared(text: str) -> str:
    """Return a text with areas and volumes as they are printed."""
    return text.replace(" mm2", " mm²").replace(" mm3", " mm³")


def _volume_table(found: SimulatedVertebroplasty) -> Table:
    filling, setup = found.result.filling, found.setup
    leaked = sum(leak.volume_mm3 for leak in filling.leaks)
    safe = filling.safe_volume_mm3
    safe_words = (
        f"{_ml(safe)}: the first stop rule was met then"
        if safe is not None
        else f"at least {_ml(filling.injected_mm3)}: no stop rule was met"
    )
    inside = filling.fill_fraction
    rows = [
        ("needles", f"plan {setup.plan_number}: {setup.plan}, {setup.gauge} G"),
        ("cement", setup.product.title),
        ("planned", f"{_ml(setup.planned_mm3)} ({setup.volume_source}), {_rate(setup)}"),
        ("injected", f"{_ml(filling.injected_mm3)}, {filling.stop_reason}"),
        ("in the bone", _ml(filling.in_bone_mm3)),
        ("left the bone, in the model", _ml(leaked)),
        ("safe volume", safe_words),
        (
            "cement in the body",
            (
                f"{words.percent(100.0 * inside)} of the body's {_ml(filling.body_volume_mm3, 1)}, "
                f"{words.percent(100.0 * _pores_filled(filling))} of its pores"
            ),
        ),
        ("nearest to the endplates", _gap_words(filling)),
        ("left : right", _halves(filling.left_share)),
        (
            "greatest pressure",
            (
                f"{_kpa(filling.curve.tip_mpa.max())} in the bone at the tip, "
                f"{_kpa(filling.curve.syringe_mpa.max())} in the syringe"
            ),
        ),
        ("age of the cement at the start", f"{setup.first_age_s / 60.0:.1f} min from mixing"),
    ]
    strong = {"injected", "safe volume"}
    return Table(
        title="What was injected",
        columns=("", ""),
        rows=tuple(
            (Cell(text=name, strong=name in strong), Cell(text=value, strong=name in strong))
            for name, value in rows
        ),
        note=(
            "Safe volume: injected before the first rule of the table below was met. Pressures are "
            "above that of the marrow."
        ),
    )


def _stop_table(filling: Filling) -> Table:
    rows = [
        (
            Cell(text=event.rule.replace("_", " "), strong=event.acted_on),
            *cells(
                words.sentence(event.sentence),
                f"{event.injected_mm3 * ML:.2f}",
                f"{event.time_s:.0f}",
                "stopped here" if event.acted_on else "recorded only",
            ),
        )
        for event in filling.events
    ]
    if not rows:
        rows = [cells("none was met", "", words.MISSING, words.MISSING, "")]
    return Table(
        title="Stop rules, as an operator would see them on fluoroscopy",
        columns=("Rule", "What was seen", "After ml", "After s", "Injection"),
        rows=tuple(rows),
        note=f"End of the injection: {words.sentence(filling.stop_reason)}",
    )


def _leak_table(filling: Filling) -> Table:
    leaks = {leak.path: leak for leak in filling.leaks}
    gaps = opening_gaps(filling)
    rows = []
    for path in LEAK_PATHS:
        leak, gap = leaks.get(path), gaps[path]
        near = "no opening" if gap is None else f"{gap:.1f}"
        start = [near, "0", words.MISSING, words.MISSING, words.MISSING]
        if leak is not None:
            place = ", ".join(f"{value:.0f}".replace("-", "−") for value in leak.first_lps_mm)
            start[1:] = [
                _small_ml(leak.volume_mm3),
                f"{leak.first_injected_mm3 * ML:.2f}",
                f"{leak.first_s:.0f}",
                place,
            ]
        rows.append((Cell(text=PATHS[path], strong=leak is not None), *cells(*start)))
    return Table(
        title="Leakage by path, of the model",
        columns=(
            "Path (Yeom's type)", "Cement to the nearest opening (mm)", "Volume (ml)",
            "First after ml", "First after s", "Began at (LPS mm)",
        ),
        rows=tuple(rows),
        note=(
            "Openings: gaps seen in the CT and veins, fissures and tracks of this draw; the CT "
            "does not show most of them. What seeps through a closed wall has no opening. Not a "
            "prediction: see the limits."
        ),
    )  # fmt: skip


def _heat_table(heat: HeatResult) -> Table:
    rows = []
    for name, title in TISSUES.items():
        tissue = heat.tissue(name)
        if tissue is None:
            rows.append(cells(f"{title}: beyond the computed box", *[words.MISSING] * 5))
            continue
        peak, long, longer = tissue.peak_c, tissue.above_45_s, tissue.above_50_s
        times = _seconds(long), _seconds(longer)
        rows.append(cells(title, f"{peak:.1f}", *times, *_dose_words(tissue)))
    hard = (
        "later than was computed"
        if heat.set_s is None
        else f"{heat.set_s / 60.0:.1f} min after the end of the injection"
    )
    return Table(
        title="Heat while the cement hardens",
        columns=(
            "Tissue", "Peak (°C)", "Above 45 °C (s)", "Above 50 °C (s)", "CEM43 (min)",
            "Arrhenius damage",
        ),
        rows=tuple(rows),
        note=(
            f"Hottest cell of each tissue. The cement is set {hard}. CEM43: equivalent minutes at "
            "43 °C. Damage: integral of Henriques, 1 is a burn."
        ),
    )  # fmt: skip


def _strength_table(strength: StrengthAssessment, level: str) -> Table | None:
    after = strength.after
    if after is None or strength.level != level:
        return None
    before = strength.before
    pairs = (
        (f"failure load, {before.main} (kN)", before.failure_load_n, after.failure_load_n, 2),
        ("stiffness (kN/mm)", before.stiffness_n_per_mm, after.stiffness_n_per_mm, 2),
    )
    rows = [
        cells(name, f"{old / 1000:.{n}f}", f"{new / 1000:.{n}f}", f"{new / old:.2f}")
        for name, old, new, n in pairs
    ]
    return Table(
        title="Strength before and after",
        columns=("", "as it is", "with this cement", "ratio"),
        rows=tuple(rows),
        note=f"All definitions, shares of the load and limits: see Strength, {level}.",
    )


def _method(found: SimulatedVertebroplasty) -> TextBlock:
    heat = found.result.heat
    setup = found.setup
    return TextBlock(
        title="Vertebroplasty: method",
        paragraphs=(
            *(_squared(words.sentence(line)) for line in found.result.filling.method),
            *(words.sentence(line) for line in (() if heat is None else heat.method)),
            f"Cells of {setup.spacing_mm:g} mm along the vertebra's axes, seed {setup.seed}.",
        ),
    )


def _files(filling: Filling) -> TextBlock:
    names = filling_file_names(filling)
    return TextBlock(
        title="Vertebroplasty: files",
        paragraphs=(
            (
                f"{names[0]} to {names[len(filling.frames) - 1]}: share of each cell that is "
                f"cement, one file a moment of {filling.level}_frames.csv, LPS mm as the CT. "
                f"{filling.level}_curves.csv: volumes and pressures over time. GIF: the filling "
                "as an operator sees it."
            ),
        ),
    )


def _pores_filled(filling: Filling) -> float:
    inside = filling.fill_fraction * filling.body_volume_mm3
    return inside / filling.pore_volume_mm3


def _gap_words(filling: Filling) -> str:
    parts = [
        f"{name} {'in contact' if gap <= 0.0 else words.millimetres(float(gap))}"
        for name, gap in zip(("superior", "inferior"), filling.endplate_gap_mm, strict=True)
    ]
    return ", ".join(parts)


def _halves(left: float) -> str:
    whole = round(100.0 * left)
    return f"{whole} : {100 - whole}"


def _rate(setup: InjectionSetup) -> str:
    stop = "stops by the rules below" if setup.stop_rules else "rules recorded, not acted on"
    return f"{setup.rate_mm3_per_s * ML_PER_MIN:g} ml/min, {stop}"


def _ml(volume_mm3: float, digits: int = 2) -> str:
    return f"{volume_mm3 * ML:.{digits}f} ml"


def _small_ml(volume_mm3: float) -> str:
    return "< 0.001" if volume_mm3 < 1.0 else f"{volume_mm3 * ML:.3f}"


def _kpa(pressure_mpa: float) -> str:
    return f"{words.three_figures(float(pressure_mpa) * KPA)} kPa"


def _dose_words(tissue: TissueHeat) -> tuple[str, str]:
    """Return equivalent minutes and damage; of living tissue only."""
    if tissue.name == "cement":
        return words.MISSING, words.MISSING
    damage = "< 0.001" if tissue.damage < 1e-3 else f"{tissue.damage:.3g}"
    return _minutes(tissue.cem43_min), damage


def _seconds(value: float) -> str:
    return f"{value:.0f}"


def _minutes(value: float) -> str:
    return f"{value:.0f}" if value < 1e4 else "> 10 000"
