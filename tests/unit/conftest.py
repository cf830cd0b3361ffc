"""A small case of an analytic vertebra, and one with a broken L1 as far as a leaflet looks."""

import pytest

from vertaug.case.augmentation_record import AugmentationRecord, ProcedureRecord
from vertaug.case.case_content import CaseResults, describe_case
from vertaug.case.case_file import (
    FractureRecord,
    LabelRecord,
    MeasurementRecord,
    Parameters,
    PlanningRecord,
    PlanRecord,
    Provenance,
)
from vertaug.case.case_part import HeightTriple
from vertaug.case.density import DensityCalibration
from vertaug.case.measurement import FractureAssessment
from vertaug.case.plan import Procedure
from vertaug.verification.analytic_vertebra import AnalyticVertebra

PARAMETERS = Parameters(
    level=None,
    procedures=(Procedure.VERTEBROPLASTY, Procedure.KYPHOPLASTY),
    gauge=None,
    series=None,
    numbering=None,
    kvp=None,
    calibration="generic",
    correct_orientation=False,
    pdf=True,
)


@pytest.fixture(scope="session")
def case_provenance():
    """Where the small case comes from."""
    return Provenance(
        created="2026-01-02T03:04:05+00:00",
        software={"vertaug": "0"},
        code_sha256="0" * 64,
        inputs=(),
        parameters=PARAMETERS,
        steps=(),
    )


@pytest.fixture(scope="session")
def case_results():
    """Results of an analytic vertebra that nobody has measured or planned."""
    law = DensityCalibration(
        slope_mg_per_ml_per_hu=1 / 1.33,
        intercept_mg_per_ml=-0.00001,
        relative_uncertainty=0.1,
        offset_uncertainty_mg_per_ml=5.0,
        method="generic",
        description="test",
    )
    return CaseResults(
        spine=AnalyticVertebra().spine(),
        calibration=law,
        assessment=FractureAssessment(level=None, level_source="none", levels={}, incomplete={}),
        planning=None,
    )


def measured(grade, anterior):
    """A measurement as far as a leaflet looks at it."""
    return MeasurementRecord.model_construct(
        complete=True,
        genant_grade=grade,
        loss_percent=HeightTriple(anterior=anterior, middle=anterior / 2, posterior=0.0),
        profile_loss_percent=None,
    )


@pytest.fixture(scope="session")
def make_leaflet_case(case_results, case_provenance):
    """Return a function that makes a case document; each part can be left out."""
    base = describe_case(case_results, case_provenance)

    def make(*, level="L1", loss=33.0, simulated=(), sides="both", others=()):
        levels = {"T12": measured(0, 0.0), "L1": measured(2, loss), "L2": measured(0, 0.0)}
        levels |= {name: measured(1, 22.0) for name in others}
        plans = tuple(
            PlanRecord.model_construct(procedure=p, sides=sides) for p in Procedure if sides
        )
        records = {
            p.value: ProcedureRecord.model_construct(
                level="L1", files=(f"{p.value}/L1_cement_01.nii.gz",)
            )
            for p in simulated
        }
        return base.model_copy(
            update={
                "fracture": FractureRecord.model_construct(
                    level=level, level_source="given", levels=levels, incomplete={}
                ),
                "planning": PlanningRecord.model_construct(level="L1", plans=plans),
                "labels": LabelRecord(
                    numbering="verse", values={"T12": 19, "L1": 20, "L2": 21}, notes=()
                ),
                "augmentation": AugmentationRecord.model_construct(
                    **{"vertebroplasty": None, "kyphoplasty": None, **records}
                ),
            }
        )

    return make
