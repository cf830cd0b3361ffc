"""Simpler measures of a vertebra beside its strength, each with what it includes."""

from vertaug.case.measurement import VertebraMeasurement
from vertaug.case.strength import StrengthAssessment
from vertaug.report import words
from vertaug.report.content import Table, cells

_TESTS = (
    "This model has not been compared with tests. Others' models and measures, 81 intact "
    "vertebrae T6–T10 (Buckley, Loo, Motherway, Bone 2007;40:767): R² 0.17 and "
    "error 1.37 kN for trabecular density, 0.63 and 0.92 kN for integral density, 0.81 and "
    "0.65 kN for minimum axial rigidity, 0.80 and 0.67 kN for finite elements: the simpler measure "
    "was no worse."
)


def measures_table(found: StrengthAssessment, measured: VertebraMeasurement | None = None) -> Table:
    """Return densities, rigidity and the load by finite elements, with what each includes."""
    c = found.competitors
    rigidity = c.minimum_rigidity_n
    rows = (
        *_density_rows(found, measured),
        (
            "minimum axial rigidity (kN)",
            _whole(None if rigidity is None else rigidity / 1000.0),
            "modulus times area of the weakest layer without caps",
        ),
        (
            "that times 0.68 % (kN)",
            words.kilonewton(c.strength_by_rigidity_n, unit=False),
            "a load of the weakest layer alone",
        ),
        (
            f"finite elements, {found.before.main} (kN)",
            words.kilonewton(found.before.failure_load_n, unit=False),
            "as in the table of failure loads",
        ),
    )
    return Table(
        title="Simpler measures beside it, as it is",
        columns=("measure", "value", "what is included"),
        rows=tuple(cells(*row) for row in rows),
        note=f"Densities K2HPO4-equivalent, by the same calibration. {_TESTS}",
    )


def _density_rows(
    found: StrengthAssessment, measured: VertebraMeasurement | None
) -> tuple[tuple[str, str, str], ...]:
    c = found.competitors
    rows = (
        (
            "areal density (mg/cm²)",
            _whole(c.areal_mg_per_cm2),
            "whole body with cortex, over its shadow from behind; not a DXA value",
        ),
        (
            "integral density (mg/ml)",
            _whole(c.integral_mg_per_ml),
            "whole body with cortex, endplates and gas",
        ),
        (
            "trabecular density (mg/ml)",
            _whole(c.trabecular_mg_per_ml),
            "all within the body more than 4 mm from its surface, impacted bone and gas included",
        ),
    )
    bone = None if measured is None else measured.trabecular
    if bone is None or bone.density_mg_per_ml is None:
        return rows
    title = "cancellous bone of the first page (mg/ml)"
    return (*rows, (title, _whole(bone.density_mg_per_ml), _core_words(bone.method)))


def _whole(value: float | None) -> str:
    return words.MISSING if value is None else f"{value:.0f}"


def _core_words(method: str) -> str:
    """Return where the core of the measurement lies, from how its density was made."""
    where = next((part for part in method.split("; ") if "inside" in part or "body" in part), "")
    return where or "core of the body, without gas and impacted bone"
