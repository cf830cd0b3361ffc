"""From results and provenance to what the report shows."""

from vertaug.case.case_content import CaseResults
from vertaug.case.case_file import (
    BalloonParameters,
    Parameters,
    Provenance,
    SimulationParameters,
    StrengthParameters,
)
from vertaug.case.indication_record import IndicationRecord
from vertaug.fluoroscopy.patient import XrayPatient
from vertaug.report import InputRecord, ReportInput, ReportProvenance
from vertaug.report.filling_films import FillingFilms
from vertaug.report.kyphoplasty_films import KyphoplastyFilms


def make_report_input(
    results: CaseResults,
    provenance: Provenance,
    name: str,
    films: FillingFilms | None = None,
    kyphoplasty_films: KyphoplastyFilms | None = None,
    *,
    indications: IndicationRecord | None = None,
    patient: XrayPatient | None = None,
) -> ReportInput:
    """Return everything that the report of a case shows.

    Parameters
    ----------
    name : str
        Short name of the case for the header of each page.
    films : FillingFilms, optional
        Of the vertebroplasty.
    kyphoplasty_films : KyphoplastyFilms, optional
        Of the kyphoplasty.
    indications : IndicationRecord, optional
        The panel.
    patient : XrayPatient, optional
        Prepared for radiographs.
    """
    return ReportInput(
        spine=results.spine,
        calibration=results.calibration,
        assessment=results.assessment,
        planning=results.planning,
        strength=results.strength,
        vertebroplasty=results.vertebroplasty,
        filling_films=films,
        kyphoplasty=results.kyphoplasty,
        kyphoplasty_films=kyphoplasty_films,
        kyphoplasty_strength=results.kyphoplasty_strength,
        indications=indications,
        patient=patient,
        provenance=ReportProvenance(
            case_name=name,
            software=tuple(provenance.software.items()),
            inputs=tuple(
                InputRecord(role=item.role, name=item.name, sha256=item.sha256)
                for item in provenance.inputs
            ),
            parameters=_list_parameters(provenance.parameters),
            created=provenance.created,
        ),
    )


def _list_parameters(given: Parameters) -> tuple[tuple[str, str], ...]:
    shown = (
        ("level", given.level or "found by grade"),
        ("procedures", ", ".join(p.value for p in given.procedures)),
        ("needle gauge", "usual for level and procedure" if given.gauge is None else given.gauge),
        ("tube voltage (kV)", "not given" if given.kvp is None else f"{given.kvp:g}"),
        ("density calibration", given.calibration),
        ("label numbering", given.numbering or "detected"),
        ("orientation corrected on request", "yes" if given.correct_orientation else "no"),
    )
    listed = tuple((name, str(value)) for name, value in shown)
    if given.simulation is not None:
        listed = (*listed, ("vertebroplasty", _simulation(given.simulation)))
    if given.kyphoplasty is not None:
        listed = (*listed, ("kyphoplasty", _simulation(given.kyphoplasty)))
    return listed if given.strength is None else (*listed, ("strength", _strength(given.strength)))


def _simulation(given: SimulationParameters) -> str:
    """Return how a procedure was asked for."""
    known = f" of {given.products}" if given.products else ""
    volume = "volume of the plan" if given.volume_ml is None else f"{given.volume_ml:g} ml"
    parts = [
        f"level {given.level or 'as treated'}",
        f"product {given.product}{known}",
        volume,
        f"{given.rate_ml_per_min:g} ml/min",
        f"plan {given.plan}",
        f"{given.samples} samples" if given.samples else "no samples",
        f"seed {given.seed}",
        f"stop rules {'on' if given.stop_rules else 'off'}",
        f"cells of {given.spacing_mm:g} mm",
    ]
    if given.balloon is not None:
        parts += _balloon(given.balloon)
    return ", ".join(parts)


def _balloon(given: BalloonParameters) -> list[str]:
    """Return how the balloons of a kyphoplasty were asked for."""
    if given.volume_ml == 0.0:
        return ["no balloon"]
    known = f" of {given.balloons}" if given.balloons else ""
    name = "the longest that fits" if given.name is None else given.name
    volume = (
        "its rated volume, 4 ml at most" if given.volume_ml is None else f"{given.volume_ml:g} ml"
    )
    return [
        f"balloon {name}{known}",
        f"{volume} in each",
        f"{given.preload_n:g} N on the spine",
        f"end with 1 cm² of a balloon within {given.contact_mm:g} mm of the cortex's outer face",
        f"a {given.fracture_age} fracture, where there is one",
        f"voxels of {given.spacing_mm:g} mm",
    ]


def _strength(given: StrengthParameters) -> str:
    """Return how the strength was asked for."""
    parts = [
        f"level {given.level or 'as treated'}",
        _cement(given),
        "linear only" if given.linear_only else f"yield surface {given.surface}",
        f"voxels of {given.spacing_mm:g} mm",
    ]
    return ", ".join(parts)


def _cement(given: StrengthParameters) -> str:
    if given.simulated_cement:
        cement = "cement of the simulated vertebroplasty"
    else:
        cement = "no cement" if given.cement_ml is None else f"{given.cement_ml:g} ml of cement"
    if not given.kyphoplasty_cement:
        return cement
    return f"{cement}, and after the simulated kyphoplasty"
