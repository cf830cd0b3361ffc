"""The measured part of the report in words and tables."""

from vertaug.case.density import DensityCalibration
from vertaug.case.level import sort_levels
from vertaug.case.measurement import (
    WALL_ERROR_MM,
    HeightSet,
    PosteriorWall,
    VertebraMeasurement,
)
from vertaug.fracture.grading import grade_loss
from vertaug.fracture.interior import CLEFT_EXTENT_MM
from vertaug.report import words
from vertaug.report.content import Cell, Table, Tile, cells
from vertaug.report.inputs import ReportInput

HEIGHT_NAMES = ("anterior", "middle", "posterior")
_SAME_LOSS_PERCENT = 1.0  # a profile that adds no more than this is not named
WITHIN = "within measurement error"
_BROKEN = "fractured body, not comparable"


def largest_loss(loss: HeightSet) -> tuple[str, float]:
    """Return the height that lost most and its loss in percent."""
    name = max(HEIGHT_NAMES, key=lambda n: float(getattr(loss, n)))
    return name, float(getattr(loss, name))


def deciding_loss(measured: VertebraMeasurement) -> tuple[float, str]:
    """Return the loss in percent that decided the grade and where it lies.

    Where is one of the three heights, or a place along the mid-sagittal profile.
    """
    name, loss = largest_loss(measured.loss_percent)
    profile, place = measured.profile_loss_percent, measured.profile_loss_depth
    if profile is None or place is None or profile <= loss:
        return loss, name
    if profile <= loss + _SAME_LOSS_PERCENT and grade_loss(loss) == measured.genant_grade:
        return loss, name
    return profile, f"at {100 * place:.0f} % depth"


def tiles(case: ReportInput) -> tuple[Tile, ...]:
    """Return the summary of the measurement."""
    level = case.level
    measured = case.assessment.levels.get(level) if level is not None else None
    if level is None or measured is None:
        count = len(case.assessment.levels)
        plural = "" if count == 1 else "s"
        detail = f"{count} level{plural} measured, {len(case.assessment.incomplete)} not"
        return (Tile(label="Level", value=level or "none", detail=detail),)
    lost, where = deciding_loss(measured)
    each = (f"{n[0].upper()}\u00a0{getattr(measured.loss_percent, n):.0f}" for n in HEIGHT_NAMES)
    is_profile = where not in HEIGHT_NAMES
    where = f"{where}; {', '.join(each)}\u00a0%".replace("-", "−")
    if lost < 1.0:
        lost, where = 0.0, "no height is reduced"
    grade = words.grade(measured.genant_grade, measured.shape)
    if measured.cleft.present:
        grade += ", gas cleft"
    return (
        Tile(label="Level", value=level, detail=grade),
        Tile(
            label="Deepest height loss" if is_profile and lost else "Largest height loss",
            value=words.percent(lost) if lost else "none",
            detail=where,
        ),
        Tile(
            label="Wedge angle",
            value=words.degrees(abs(measured.wedge_angle_deg)),
            detail="kyphotic" if measured.wedge_angle_deg >= 0 else "lordotic",
        ),
        _density_tile(case, level),
    )


def _density_tile(case: ReportInput, level: str) -> Tile:
    """Return the density of the nearest bodies without fracture, the level's own among them.

    A broken body is compacted: its own density would read as better bone.
    """
    intact = {n: m for n, m in case.assessment.levels.items() if m.genant_grade == 0}
    order = sort_levels({level, *intact})
    place = order.index(level)
    near = [n for n in order[max(place - 1, 0) : place + 2] if n in intact]
    if not near:
        return Tile(
            label="Density, intact bodies",
            value=words.MISSING,
            detail="no intact neighbour measured",
        )
    bone = {n: intact[n].trabecular for n in near}
    known = {n: b.density_mg_per_ml for n, b in bone.items() if b.density_mg_per_ml is not None}
    if len(known) < len(bone):
        values = {n: b.mean_hu for n, b in bone.items()}
        unit, origin = "HU", "not calibrated"
    else:
        values, unit = known, "mg/ml"
        spread = max((b.uncertainty_mg_per_ml or 0.0 for b in bone.values()), default=0.0)
        around = f"± {spread:.0f}, " if spread > 0 else ""
        origin = f"{around}{case.calibration.method} calibration"
    mean = sum(values.values()) / len(values)
    each = ", ".join(f"{n} {v:.0f}" for n, v in values.items()) if len(near) > 1 else near[0]
    return Tile(
        label="Density, intact bodies", value=f"{mean:.0f} {unit}", detail=f"{each}; {origin}"
    )


def heights_table(measured: VertebraMeasurement, strength_mm: float | None = None) -> Table:
    """Return the three heights of the level with ratios and losses.

    Parameters
    ----------
    measured : VertebraMeasurement
    strength_mm : float, optional
        Height of the body that the strength rests on, to say how it is formed.
    """
    mean = (
        ""
        if strength_mm is None
        else " Height of the body in Strength: mean distance of the endplates over the whole "
        f"body, {words.millimetres(strength_mm)}."
    )
    rows = []
    for name in HEIGHT_NAMES:
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
        f"{words.sentence(measured.reference_method)}{mean}",
    )


def findings_table(measured: VertebraMeasurement, case: ReportInput) -> Table:
    """Return angles, posterior wall, canal, cleft, density and volume of the level."""
    wall, cleft = measured.posterior_wall, measured.cleft
    gas = "none seen"
    if cleft.present:
        gas = f"present, {cleft.volume_ml:.1f} ml gas, {cleft.extent_mm:.0f} mm at its longest"
    elif cleft.volume_ml > 0:
        gas = (
            f"gas {cleft.volume_ml:.1f} ml, {cleft.extent_mm:.1f} mm long; called a cleft from "
            f"{CLEFT_EXTENT_MM:.0f} mm"
        )
    limit = wall_error_mm(case)
    volume = words.millilitres(measured.body_volume_ml)
    if measured.lost_volume_ml is not None:
        side = "below" if measured.lost_volume_ml >= 0 else "above"
        volume += f", {words.millilitres(abs(measured.lost_volume_ml))} {side} the expected"
    error = f"measurement error of wall and canal: {limit:.1f} mm (2 mm or the coarsest voxel)"
    rows = (
        ("Wedge angle of the body", words.kyphosis(measured.wedge_angle_deg)),
        ("Local kyphosis, with level above", words.kyphosis(measured.local_kyphosis_deg)),
        ("Cobb angle, above to below", words.kyphosis(measured.cobb_angle_deg)),
        ("Posterior wall retropulsion", _retropulsion_words(wall, limit)),
        ("Canal, mid-sagittal", _canal_words(wall, limit)),
        ("Intravertebral cleft", gas),
        ("Cancellous bone", _bone_words(measured, case.calibration)),
        ("Body volume", volume),
    )
    return Table(
        title="Angles, wall, canal and bone",
        columns=("", ""),
        rows=tuple(cells(*row) for row in rows),
        note=" ".join(words.sentence(note) for note in (*measured.notes, error)),
    )


def wall_error_mm(case: ReportInput) -> float:
    """Return how far posterior wall and canal can be off: 2 mm or the coarsest voxel."""
    return max(WALL_ERROR_MM, float(case.spine.scan.grid.spacing_mm.max()))


def is_told(wall: PosteriorWall, limit_mm: float) -> bool:
    """Whether a retropulsion is more than the scan's error."""
    return wall.retropulsion_mm is not None and wall.retropulsion_mm >= limit_mm


def canal_loss_is_told(wall: PosteriorWall, limit_mm: float) -> bool:
    """Whether what the canal lost of its depth is more than the scan's error, or not known."""
    if wall.canal_depth_mm is None or wall.canal_reference_mm is None:
        return True
    return max(wall.canal_reference_mm - wall.canal_depth_mm, 0.0) >= limit_mm


def _retropulsion_words(wall: PosteriorWall, limit_mm: float) -> str:
    """Return the retropulsion, and whether it is within what the scan can tell."""
    text = words.millimetres(wall.retropulsion_mm)
    if wall.retropulsion_mm is None or is_told(wall, limit_mm):
        return text
    return f"{text}, {WITHIN}"


def _canal_words(wall: PosteriorWall, limit_mm: float) -> str:
    """Return depth and compromise of the canal, and whether the loss can be told."""
    if wall.canal_depth_mm is None:
        return words.MISSING
    text = f"{words.millimetres(wall.canal_depth_mm)} deep"
    if wall.canal_compromise_percent is None:
        return text
    text += f", {words.percent(wall.canal_compromise_percent)} compromised"
    return text if canal_loss_is_told(wall, limit_mm) else f"{text}, {WITHIN}"


def _bone_words(measured: VertebraMeasurement, calibration: DensityCalibration) -> str:
    """Return the density of the body's core, and that of a broken body with a warning."""
    density = measured.trabecular
    bone = f"{density.mean_hu:.0f} ± {density.sd_hu:.0f} HU, not calibrated"
    if density.density_mg_per_ml is not None:
        spread = density.uncertainty_mg_per_ml
        around = "" if spread is None else f" ± {spread:.0f}"
        bone = (
            f"{density.density_mg_per_ml:.0f}{around} mg/ml, {density.mean_hu:.0f} HU "
            f"({calibration.method} calibration)"
        )
    return f"{bone}; {_BROKEN}" if measured.genant_grade > 0 else bone


def levels_table(case: ReportInput) -> Table:
    """Return every labelled level with its measurements, or why it has none."""
    missing = {**case.spine.incomplete, **case.assessment.incomplete}
    rows = []
    for level in sort_levels({*case.assessment.levels, *missing}):
        measured = case.assessment.levels.get(level)
        if measured is None:
            rows.append(cells(level, *([words.MISSING] * 10), missing[level]))
        else:
            reason = missing.get(level, _basis_words(measured))
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
            "degrees. Loss against the expected height of each level; the loss that decided the "
            f"grade. Bone in brackets: {_BROKEN}."
        ),
    )  # fmt: skip


def _basis_words(measured: VertebraMeasurement) -> str:
    """Return whether a level is complete, and how little its grade rests on, if so."""
    used = measured.reference_levels
    if len(used) > 1:
        return "complete"
    return (
        f"complete; graded against {used[0]} alone"
        if used
        else "complete; no level to grade against"
    )


def _level_row(measured: VertebraMeasurement, state: str, *, treated: bool) -> tuple[Cell, ...]:
    """Return one measured level as a row."""
    loss, where = deciding_loss(measured)
    grade = str(measured.genant_grade)
    if measured.genant_grade > 0:
        grade += f" {measured.shape.value}"
    density = measured.trabecular.density_mg_per_ml
    bone = f"{measured.trabecular.mean_hu:.0f} HU" if density is None else f"{density:.0f}"
    bone = f"({bone})" if measured.genant_grade > 0 else bone
    heights, ratios = measured.heights_mm, measured.own_ratios
    texts = (
        f"{heights.anterior:.1f}",
        f"{heights.middle:.1f}",
        f"{heights.posterior:.1f}",
        f"{ratios.anterior:.2f}",
        f"{ratios.middle:.2f}",
        f"{words.percent(loss)} {where}" if measured.reference_mm is not None else words.MISSING,
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
