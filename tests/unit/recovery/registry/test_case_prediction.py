import hashlib
from types import SimpleNamespace

import pytest

from vertaug.case.augmentation_record import AugmentationRecord, LeakVolumes, ProcedureRecord
from vertaug.case.balloon_record import BalloonRecord, StageRecord
from vertaug.case.case_part import HeightTriple
from vertaug.case.errors import FormatError, InputError
from vertaug.case.mechanics_record import MechanicsRecord, StateRecord
from vertaug.recovery.registry import case_prediction
from vertaug.recovery.registry.agreement import compare_predictions
from vertaug.recovery.registry.audit_check import verify_audit
from vertaug.recovery.registry.case_prediction import TreatedLevel, add_case
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.schema import table_of

WHERE = TreatedLevel(pseudonym="P-001")


def state(load):
    return StateRecord.model_construct(
        failure_load_n=load,
        failure_load_definition="at 1.9 % strain",
        stiffness_n_per_mm=9.0 * load,
    )


def procedure(*, heights=None, leak=0.3):
    stages = tuple(
        StageRecord.model_construct(
            name=name, heights_mm=HeightTriple(anterior=a, middle=18.0, posterior=24.0),
            wedge_angle_deg=12.0,
        )
        for name, a in (heights or {}).items()
    )  # fmt: skip
    return ProcedureRecord.model_construct(
        level="L1",
        injected_ml=3.6,
        leak_ml=LeakVolumes(B=leak, S=0.1, C=0.0, D=0.0, canal=0.0, track=0.0),
        leak_is_prediction=False,
        fill_fraction=0.2,
        peak_temperature_c=None,
        balloon_ml=4.0 if stages else None,
        balloon=BalloonRecord.model_construct(stages=stages) if stages else None,
    )


@pytest.fixture
def case(tmp_path, monkeypatch):
    """A folder whose case holds what is used of it."""

    def make(**changes):
        measured = SimpleNamespace(
            height_anterior_mm=16.6, height_middle_mm=17.2, height_posterior_mm=24.7,
            wedge_angle_deg=14.9,
        )  # fmt: skip
        parts = {
            "fracture": SimpleNamespace(level="L1", levels={"L1": measured}),
            "planning": SimpleNamespace(level="L1", cement=SimpleNamespace(target_ml=3.65)),
            "mechanics": MechanicsRecord.model_construct(
                level="L1", before=state(1930.0), after_vertebroplasty=state(7526.0),
                after_kyphoplasty=state(5818.5), before_not_usable="reads stronger than L2",
            ),
            "augmentation": AugmentationRecord.model_construct(
                vertebroplasty=procedure(),
                kyphoplasty=procedure(heights={"before": 16.6, "inflated": 19.1, "emptied": 17.9}),
            ),
            "provenance": SimpleNamespace(software={"vertaug": "0.1"}),
        }  # fmt: skip
        document = SimpleNamespace(**(parts | changes))
        monkeypatch.setattr(case_prediction, "read_case", lambda _: document)
        (tmp_path / "case.json").write_bytes(b"{}")
        return tmp_path

    return make


def predictions(engine):
    with reading(engine) as connection:
        rows = connection.execute(table_of("prediction").select()).mappings()
        return {(row["simulated"], row["quantity"]): dict(row) for row in rows}


def test_plan_and_simulation_are_taken(engine, enrol, author, case):
    enrol(engine)
    assert add_case(engine, case(), WHERE, author) == len(predictions(engine))
    found = predictions(engine)
    assert found["plan", "cement_ml"]["value"] == 3.65
    assert found["untreated", "height_anterior_mm"]["value"] == 16.6
    assert found["kyphoplasty", "failure_load_n"]["value"] == 5818.5
    assert found["kyphoplasty", "failure_load_n"]["definition"] == "at 1.9 % strain"
    assert found["kyphoplasty", "height_anterior_mm"]["value"] == 17.9, "when emptied, not inflated"
    assert found["vertebroplasty", "leak_ml"]["value"] == pytest.approx(0.4)
    assert ("vertebroplasty", "height_anterior_mm") not in found
    assert ("kyphoplasty", "peak_temperature_c") not in found, "not computed is not there"
    assert {row["case_sha256"] for row in found.values()} == {hashlib.sha256(b"{}").hexdigest()}
    assert verify_audit(engine).holds


def test_what_the_case_does_not_call_usable_is_marked(engine, enrol, author, case):
    enrol(engine)
    add_case(engine, case(), WHERE, author)
    found = predictions(engine)
    crushed = found["untreated", "failure_load_n"]
    assert (crushed["usable"], crushed["definition"]) == (False, "reads stronger than L2")
    leak = found["kyphoplasty", "leak_ml"]
    assert (leak["usable"], leak["definition"]) == (False, "of the model, no prediction")
    assert found["kyphoplasty", "failure_load_n"]["usable"] is True


def test_a_case_is_taken_once_and_replaced_when_asked(engine, enrol, author, case):
    enrol(engine)
    folder = case()
    first = add_case(engine, folder, WHERE, author)
    with pytest.raises(InputError, match="a row that is not there yet"):
        add_case(engine, folder, WHERE, author)
    assert len(predictions(engine)) == first
    less = case(augmentation=None)
    assert add_case(engine, less, WHERE, author, replace=True) == len(predictions(engine)) < first
    assert ("kyphoplasty", "leak_ml") not in predictions(engine)
    assert verify_audit(engine).holds


def test_a_replacement_that_fails_leaves_the_old_results(engine, enrol, author, case):
    enrol(engine)
    first = add_case(engine, case(), WHERE, author)
    wrong = case(planning=SimpleNamespace(level="L1", cement=SimpleNamespace(target_ml=1e9)))
    with pytest.raises(InputError, match=r"prediction\.value"):
        add_case(engine, wrong, WHERE, author, replace=True)
    assert len(predictions(engine)) == first


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (TreatedLevel(pseudonym="P-404"), "no treated level L1 of procedure 1 of P-404"),
        (TreatedLevel(pseudonym="P-001", procedure_no=2), "procedure 2"),
        (TreatedLevel(pseudonym="P-001", level="L3"), "no treated level L3"),
    ],
)
def test_a_case_needs_its_level(engine, enrol, author, case, where, expected):
    enrol(engine)
    with pytest.raises(InputError, match=expected):
        add_case(engine, case(), where, author)


def test_a_folder_that_is_no_case(engine, enrol, author, tmp_path):
    enrol(engine)
    with pytest.raises(FormatError, match="is not a case"):
        add_case(engine, tmp_path, WHERE, author)


def test_predicted_beside_observed(engine, enrol, put, author, case):
    observed = {"P-001": 18.5, "P-002": 18.1, "P-003": 17.6, "P-004": None}
    for name, height in observed.items():
        enrol(engine, name)
        add_case(engine, case(), TreatedLevel(pseudonym=name), author)
        if height is not None:
            image = {"pseudonym": name, "modality": "radiograph", "level": "L1"}
            put(engine, "imaging", **image, imaged_on="2026-01-02", height_anterior_mm=15.0)
            put(engine, "imaging", **image, imaged_on="2026-01-11", height_anterior_mm=height)
            put(engine, "imaging", **image, imaged_on="2026-03-11", height_anterior_mm=10.0)
    enrol(engine, "P-005")
    put(engine, "imaging", pseudonym="P-005", modality="ct", level="L1", imaged_on="2026-02-01",
        height_anterior_mm=20.0)  # fmt: skip
    with reading(engine) as connection:
        found = {one.quantity: one for one in compare_predictions(connection)}
    height = found["height_anterior_mm"]
    assert [(p.predicted, p.observed) for p in height.pairs] == [
        (17.9, 18.5), (17.9, 18.1), (17.9, 17.6),
    ]  # fmt: skip
    assert (height.only_predicted, height.only_observed, height.not_usable) == (1, 1, 0)
    assert height.bias == pytest.approx((0.6 + 0.2 - 0.3) / 3)
    sd = 0.4509249752822894
    assert height.low == pytest.approx(height.bias - 1.96 * sd)
    assert height.high == pytest.approx(height.bias + 1.96 * sd)
    leak = found["leak_ml"]
    assert (leak.pairs, leak.bias, leak.not_usable) == ((), None, 4)
    strength = found["failure_load_n"]
    assert (len(strength.pairs), strength.only_predicted) == (0, 4)
