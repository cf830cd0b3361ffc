"""From simulated procedures to the keys ``augmentation`` of ``case.json``."""

from vertaug.case.augmentation_content import KPA, describe_procedure, filling_file_names
from vertaug.case.augmentation_record import AugmentationRecord, ProcedureRecord
from vertaug.case.balloon_content import balloon_file_names, describe_balloon
from vertaug.case.kyphoplasty import SimulatedKyphoplasty
from vertaug.case.plan import Procedure
from vertaug.case.simulation import SimulatedVertebroplasty


def describe_augmentation(
    vertebroplasty: SimulatedVertebroplasty | None,
    kyphoplasty: SimulatedKyphoplasty | None = None,
) -> AugmentationRecord:
    """Return the keys ``augmentation``.

    Raises
    ------
    ValidationError
        If a result is not a finite number.
    """
    injected = None
    if vertebroplasty is not None:
        files = filling_file_names(vertebroplasty.result.filling)
        injected = describe_procedure(vertebroplasty, files)
    return AugmentationRecord(
        vertebroplasty=injected,
        kyphoplasty=None if kyphoplasty is None else _kyphoplasty(kyphoplasty),
    )


def _kyphoplasty(found: SimulatedKyphoplasty) -> ProcedureRecord:
    """Return a kyphoplasty: its cement's keys with the balloons' figures."""
    files = filling_file_names(
        found.cement.result.filling, images=False, procedure=Procedure.KYPHOPLASTY
    )
    balloon = found.balloon
    if balloon is not None:
        files = (*files, *balloon_file_names(found.level))
    record = describe_procedure(found.cement, files)
    figures: dict[str, object] = {"balloon_ml": 0.0}
    if balloon is not None:
        last, peak = balloon.stages[-1], balloon.peak_mpa
        figures = {
            "balloon_ml": sum(balloon.reached_ml),
            "balloon_kpa": None if peak is None else peak * KPA,
            "height_anterior_after_mm": last.heights_mm.anterior,
            "wedge_angle_after_deg": last.wedge_angle_deg,
            "balloon": describe_balloon(balloon),
        }
    # built anew, so that each figure is checked and rounded
    return ProcedureRecord.model_validate({**dict(record), **figures})
