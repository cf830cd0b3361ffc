"""From results and provenance to what the report shows."""

from vertaug.case.case_content import CaseResults
from vertaug.case.case_file import Parameters, Provenance, StrengthParameters
from vertaug.report import InputRecord, ReportInput, ReportProvenance


def make_report_input(results: CaseResults, provenance: Provenance, name: str) -> ReportInput:
    """Return everything that the report of a case shows.

    Parameters
    ----------
    name : str
        Short name of the case for the header of each page.
    """
    return ReportInput(
        spine=results.spine,
        calibration=results.calibration,
        assessment=results.assessment,
        planning=results.planning,
        strength=results.strength,
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
    return listed if given.strength is None else (*listed, ("strength", _strength(given.strength)))


def _strength(given: StrengthParameters) -> str:
    """Return how the strength was asked for."""
    parts = [
        f"level {given.level or 'as treated'}",
        "no cement" if given.cement_ml is None else f"{given.cement_ml:g} ml of cement",
        "linear only" if given.linear_only else f"yield surface {given.surface}",
        f"voxels of {given.spacing_mm:g} mm",
    ]
    return ", ".join(parts)
