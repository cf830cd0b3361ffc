"""The measured part of the report in words and tables."""

from vertaug.case.density import DensityCalibration
from vertaug.case.level import sort_levels
from vertaug.case.measurement import HeightSet, VertebraMeasurement
from vertaug.fracture.interior import CLEFT_EXTENT_MM
from vertaug.report import words
from vertaug.report.content import Cell, Table, Tile, cells
from vertaug.report.inputs import ReportInput

_HEIGHTS = ("anterior", "middle", "posterior")


def largest_loss(loss: HeightSet) -> tuple[str, float]:
    """Return the height that lost most and its loss in percent."""
    name = max(_HEIGHTS, key=lambda n: float(getattr(loss, n)))
    return name, float(getattr(loss, name))


def tiles(case: ReportInput) -> tuple[Tile, ...]:
    """Return the summary of the measurement."""
    level = case.level
    measured = case.assessment.levels.get(level) if level is not None else None
    if level is None or measured is None:
        count = len(case.assessment.levels)
        detail = f"{count} levels measured, {len(case.assessment.incomplete)} not"
        return (Tile(label="Level", value=level or "none", detail=detail),)
    name, loss = largest_loss(measured.loss_percent)
    lost, where = loss, f"{name} height"
    profile = measured.profile_loss_percent
    if profile is not None and profile > loss + 1.0:
        lost = profile
        where = f"along the profile; {name} {words.percent(loss)}"
    return (
        Tile(label="Level", value=level, detail=words.grade(measured.genant_grade, measured.shape)),
        Tile(label="Largest height loss", value=words.percent(lost), detail=where),
        Tile(
            label="Wedge angle",
            value=words.degrees(abs(measured.wedge_angle_deg)),
            detail="kyphotic" if measured.wedge_angle_deg >= 0 else "lordotic",
        ),
        _density_tile(case, level),
    )


def _density_tile(case: ReportInput, level: str) -> Tile:
    """Return the density of the bodies without fracture beside the level.

    A broken body is compacted: its own density would read as better bone.
    """
    intact = {n: m for n, m in case.assessment.levels.items() if m.genant_grade == 0 and n != level}
    order = sort_levels({level, *intact})
    place = order.index(level)
    near = [*order[max(place - 1, 0) : place], *order[place + 1 : place + 2]]
    if not near:
        return Tile(label="Density", value=words.MISSING, detail="no body without fracture")
    bone = [intact[n].trabecular for n in near]
    where = f"{' and '.join(near)}, intact"
    known = [b.density_mg_per_ml for b in bone if b.density_mg_per_ml is not None]
    if len(known) < len(bone):
        values = [b.mean_hu for b in bone]
        unit, where = "HU", f"{where}, no calibration"
    else:
        values, unit = known, "mg/ml"
        spread = bone[0].uncertainty_mg_per_ml
        where = where if spread is None else f"{where}, ± {spread:.0f}"
    low, high = f"{min(values):.0f}", f"{max(values):.0f}"
    value = low if low == high else f"{low}–{high}"
    return Tile(label=f"Density, {unit}", value=value, detail=where)


def heights_table(measured: VertebraMeasurement) -> Table:
    """Return the three heights of the level with ratios and losses."""
    rows = []
    for name in _HEIGHTS:
        reference = measured.reference_mm
        expected = None if reference is None else float(getattr(reference, name))
        height = float(getattr(measured.heights_mm, name))
        rows.append(
            (
                Cell(text=name),
                Cell(text=words.millimetres(height, unit=False), strong=True),
                Cell(text=words.millimetres(getattr(measured.heights_3d_mm, name), unit=False)),
                Cell(text=words.millimetres(expected, unit=False)),
                Cell(text=f"{getattr(measured.own_ratios, name):.2f}"),
                Cell(text=words.percent(getattr(measured.loss_percent, name)), strong=True),
            )
        )  # fmt: skip
    return Table(
        title=f"Heights of {measured.level}",
        columns=("", "mm", "3D mm", "expected", "ratio", "loss"),
        rows=tuple(rows),
        note=f"Ratio: to the own posterior height. Expected: "
        f"{words.sentence(measured.reference_method)}",
    )


def findings_table(measured: VertebraMeasurement, calibration: DensityCalibration) -> Table:
    """Return angles, posterior wall, canal, cleft, density and volume of the level."""
    wall, cleft = measured.posterior_wall, measured.cleft
    gas = "none seen"
    if cleft.present:
        gas = f"present, {cleft.volume_ml:.1f} ml gas, {cleft.extent_mm:.0f} mm long"
    elif cleft.volume_ml > 0:
        gas = (
            f"gas {cleft.volume_ml:.1f} ml, {cleft.extent_mm:.1f} mm long; called a cleft from "
            f"{CLEFT_EXTENT_MM:.0f} mm"
        )
    canal = words.MISSING
    if wall.canal_depth_mm is not None:
        canal = f"{words.millimetres(wall.canal_depth_mm)} deep"
        if wall.canal_compromise_percent is not None:
            canal += f", {words.percent(wall.canal_compromise_percent)} compromised"
    density = measured.trabecular
    bone = f"{density.mean_hu:.0f} ± {density.sd_hu:.0f} HU, not calibrated"
    if density.density_mg_per_ml is not None:
        spread = density.uncertainty_mg_per_ml
        around = "" if spread is None else f" ± {spread:.0f}"
        bone = (
            f"{density.density_mg_per_ml:.0f}{around} mg/ml, {density.mean_hu:.0f} HU "
            f"({calibration.method} calibration)"
        )
    if measured.genant_grade > 0:
        bone += "; compacted, not comparable"
    volume = words.millilitres(measured.body_volume_ml)
    if measured.lost_volume_ml is not None:
        volume += f", {words.millilitres(measured.lost_volume_ml)} below the predicted"
    rows = (
        ("Wedge angle of the body", words.kyphosis(measured.wedge_angle_deg)),
        ("Local kyphosis, with level above", words.kyphosis(measured.local_kyphosis_deg)),
        ("Cobb angle, above to below", words.kyphosis(measured.cobb_angle_deg)),
        ("Posterior wall retropulsion", words.millimetres(wall.retropulsion_mm)),
        ("Canal, mid-sagittal", canal),
        ("Intravertebral cleft", gas),
        ("Cancellous bone", bone),
        ("Body volume", volume),
    )
    return Table(
        title="Angles, wall, canal and bone",
        columns=("", ""),
        rows=tuple(cells(*row) for row in rows),
        note=" ".join(words.sentence(note) for note in measured.notes),
    )


def levels_table(case: ReportInput) -> Table:
    """Return every labelled level with its measurements, or why it has none."""
    missing = {**case.spine.incomplete, **case.assessment.incomplete}
    rows = []
    for level in sort_levels({*case.assessment.levels, *missing}):
        measured = case.assessment.levels.get(level)
        if measured is None:
            rows.append(cells(level, *([words.MISSING] * 10), missing[level]))
        else:
            reason = missing.get(level, "complete" if measured.complete else "incomplete")
            rows.append(_level_row(measured, reason, treated=level == case.level))
    return Table(
        title="All levels",
        columns=(
            "Level", "Ha mm", "Hm mm", "Hp mm", "Ha/Hp", "Hm/Hp", "Largest loss",
            "Genant grade", "Wedge", "Cobb", "Bone mg/ml", "State",
        ),
        rows=tuple(rows),
        note=(
            "Ha, Hm, Hp: anterior, middle, posterior height. Angles: kyphosis positive, in "
            "degrees. Loss against the expected height of each level."
        ),
    )  # fmt: skip


def _level_row(measured: VertebraMeasurement, state: str, *, treated: bool) -> tuple[Cell, ...]:
    """Return one measured level as a row."""
    name, loss = largest_loss(measured.loss_percent)
    grade = str(measured.genant_grade)
    if measured.genant_grade > 0:
        grade += f" {measured.shape.value}"
    density = measured.trabecular.density_mg_per_ml
    bone = f"{measured.trabecular.mean_hu:.0f} HU" if density is None else f"{density:.0f}"
    heights, ratios = measured.heights_mm, measured.own_ratios
    texts = (
        f"{heights.anterior:.1f}",
        f"{heights.middle:.1f}",
        f"{heights.posterior:.1f}",
        f"{ratios.anterior:.2f}",
        f"{ratios.middle:.2f}",
        f"{words.percent(loss)} {name}" if measured.reference_mm is not None else words.MISSING,
        grade,
        words.degrees(measured.wedge_angle_deg).rstrip("°"),
        words.degrees(measured.cobb_angle_deg).rstrip("°"),
        bone,
        state,
    )
    stressed = treated or measured.genant_grade > 0
    return (
        Cell(text=measured.level, strong=True),
        *(Cell(text=t, strong=stressed and k == 6) for k, t in enumerate(texts)),
    )
