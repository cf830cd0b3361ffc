"""The keys of a kyphoplasty in ``case.json``."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from vertaug.case.case_file import Parameters, SimulationParameters
from vertaug.case.height_restoration import BodyRestoration, HeightRestoration
from vertaug.case.kyphoplasty import (
    STAGES,
    BalloonBreach,
    BalloonCourse,
    BalloonFrame,
    BalloonSetup,
    BalloonSheet,
    MovedWall,
    RoomForBalloons,
    ShapeStage,
    SimulatedKyphoplasty,
)
from vertaug.case.measurement import HeightSet
from vertaug.case.plan import Procedure
from vertaug.case.procedure_content import describe_augmentation
from vertaug.case.procedure_course import ProcedureCourse, StepTime
from vertaug.case.simulation import ProductValue
from vertaug.verification.analytic_vertebra import AnalyticVertebra

LENGTH = ProductValue(name="length_mm", value=15.0, status="verified", source="read")
SKIN = ProductValue(
    name="skin_n_per_mm", value=10.0, status="uncertain", source="guess", low=3.0, high=30.0
)
GAIN = HeightRestoration(hr_mm=1.5, hr_pre_percent=7.5, hr_lost_percent=None, hr_ref_percent=6.0)


def shape(name, anterior, wedge):
    return ShapeStage(
        name=name,
        heights_mm=HeightSet(anterior=anterior, middle=18.0, posterior=24.0),
        wedge_angle_deg=wedge,
        local_kyphosis_deg=None,
        body_volume_ml=18.0,
        lift_mean_mm=0.4,
        lift_most_mm=1.2,
        wall_mm=(0.5, 0.25, float("nan"), -0.1),
        gain=None
        if name == STAGES[0]
        else BodyRestoration(anterior=GAIN, middle=GAIN, posterior=GAIN),
    )


@pytest.fixture
def course():
    return BalloonCourse(
        setup=BalloonSetup(
            level="L1",
            plan_number=2,
            plan="transpedicular, both sides",
            sides=("left", "right"),
            balloon=BalloonSheet(name="15/3", title="a balloon", values=(LENGTH, SKIN)),
            wanted_ml=4.0,
            preload_n=100.0,
            contact_mm=1.0,
            spacing_mm=1.5,
            bone=(SKIN,),
        ),
        volume_ml=np.array([[0.5, 0.75], [1.5, 1.75]]),
        pressure_mpa=np.array([[2.0, 1.5], [0.75, 0.875]]),
        readable=np.array([[False, False], [True, True]]),
        end="the wanted volume is reached",
        stages=(shape("before", 16.0, 14.0), shape("inflated", 19.0, 11.0),
                shape("emptied", 17.5, 12.5)),
        breaches=(
            BalloonBreach(
                wall="cortex", area_mm2=12.0, beyond_mm=1.5, place_lps_mm=np.array([1.0, 2.0, 3.0])
            ),
        ),
        cavity_ml=3.125,
        frames=(BalloonFrame(stage="folded", volume_ml=0.1, points_lps_mm=(np.zeros((3, 3)),)),),
        triangles=np.array([[0, 1, 2]]),
        notes=("uncertain",),
        contact_mm2=(94.0, 103.0),
        moved_wall=MovedWall(volume_ml=(0.75, 0.875), anterior_mm=0.5),
        room=RoomForBalloons(added_ml=3.0, grown_ml=2.5, pressed_ml=1.0, opened_ml=0.25),
    )  # fmt: skip


@pytest.fixture(scope="module")
def cement(make_vertebroplasty):
    vertebra = AnalyticVertebra(spacing=1.5).spine()["L1"]
    frame = vertebra.frame
    needle = SimpleNamespace(
        entry_lps_mm=frame.to_world([15.0, 25.0, 4.0]),
        target_lps_mm=frame.to_world([5.0, -4.0, 0.0]),
        needle=SimpleNamespace(gauge=10),
    )
    return make_vertebroplasty(vertebra, (needle,))


def described(course, cement):
    return describe_augmentation(None, SimulatedKyphoplasty(balloon=course, cement=cement))


def test_the_keys_that_others_rely_on(course, cement):
    found = described(course, cement)
    assert found.vertebroplasty is None
    tree = found.model_dump(mode="json")["kyphoplasty"]
    assert tree["balloon_ml"] == 3.25
    assert tree["balloon_kpa"] == 875.0  # what cannot be read does not count
    assert tree["height_anterior_after_mm"] == 17.5
    assert tree["wedge_angle_after_deg"] == 12.5
    assert tree["injected_ml"] == pytest.approx(cement.result.filling.injected_mm3 / 1000.0)


def test_units_and_names_of_the_balloon(course, cement):
    found = described(course, cement).kyphoplasty.balloon
    assert found.volume_ml == ((0.5, 0.75), (1.5, 1.75))
    assert found.pressure_kpa == ((2000.0, 1500.0), (750.0, 875.0))
    assert found.readable == ((False, False), (True, True))
    assert found.product.uncertain == ("skin_n_per_mm",)
    assert found.product.values["skin_n_per_mm"].high == 30.0
    assert found.setup.bone["skin_n_per_mm"].source == "guess"
    assert (found.setup.plan, found.setup.wanted_ml, found.setup.preload_n) == (2, 4.0, 100.0)
    assert found.cavity_ml == 3.125
    assert found.breaches[0].place_lps_mm == (1.0, 2.0, 3.0)
    assert found.contact_mm2 == (94.0, 103.0)
    assert (found.moved_wall.volume_ml, found.moved_wall.anterior_mm) == ((0.75, 0.875), 0.5)
    assert (found.room.grown_ml, found.room.opened_ml) == (2.5, 0.25)
    none = described(replace(course, moved_wall=None, room=None), cement).kyphoplasty.balloon
    assert none.moved_wall is none.room is None
    first, last = found.stages[0], found.stages[-1]
    assert first.gain is None
    assert last.gain.anterior.hr_mm == 1.5
    assert last.gain.anterior.hr_lost_percent is None
    wall = last.wall_mm
    assert (wall.anterior, wall.left, wall.right, wall.posterior) == (0.5, 0.25, None, -0.1)


def test_files_lie_in_a_folder_of_their_own(course, cement):
    names = described(course, cement).kyphoplasty.files
    assert names
    assert all(name.startswith("kyphoplasty/L1_") for name in names)
    # the inflation is animated, the cement is not
    gifs = [name for name in names if name.endswith(".gif")]
    assert gifs == ["kyphoplasty/L1_balloon_ap.gif", "kyphoplasty/L1_balloon_lateral.gif"]


def test_no_pressure_to_read_and_no_balloon(course, cement):
    thin = replace(course, readable=np.zeros((2, 2), dtype=bool))
    assert described(thin, cement).kyphoplasty.balloon_kpa is None
    none = replace(
        course,
        volume_ml=np.zeros((0, 2)),
        pressure_mpa=np.zeros((0, 2)),
        readable=np.zeros((0, 2), dtype=bool),
    )
    assert none.reached_ml == (0.0, 0.0)
    assert described(none, cement).kyphoplasty.balloon_ml == 0.0
    bare = described(None, cement).kyphoplasty
    assert (bare.balloon_ml, bare.balloon, bare.height_anterior_after_mm) == (0.0, None, None)


def test_what_is_no_number_is_refused(course, cement):
    broken = replace(course, cavity_ml=float("nan"))
    with pytest.raises(ValidationError):
        described(broken, cement)


def test_both_are_kept_apart(course, cement):
    found = describe_augmentation(cement, SimulatedKyphoplasty(balloon=course, cement=cement))
    assert found.vertebroplasty.balloon is None
    assert found.vertebroplasty.balloon_ml is None
    assert found.vertebroplasty.files[0].startswith("vertebroplasty/")
    assert found.kyphoplasty.balloon is not None


def test_the_course_is_kept_step_by_step(cement):
    steps = (
        StepTime(step="needle", seconds=300.0, fluoroscopy_s=90.0, source="a"),
        StepTime(step="harden", seconds=600.0, fluoroscopy_s=0.0, source="b", at_least=True),
    )
    course = ProcedureCourse(procedure=Procedure.VERTEBROPLASTY, steps=steps)
    found = describe_augmentation(replace(cement, course=course)).vertebroplasty.course
    assert (found.seconds, found.fluoroscopy_s, found.at_least) == (900.0, 90.0, True)
    assert [step.source for step in found.steps] == ["a", "b"]
    assert describe_augmentation(cement).vertebroplasty.course is None


def test_parameters_of_an_older_case_are_read():
    old = {
        "level": None, "procedures": ["vertebroplasty"], "gauge": None, "series": None,
        "numbering": None, "kvp": None, "calibration": "generic", "correct_orientation": False,
        "pdf": True,
        "simulation": {
            "level": None, "procedure": "vertebroplasty", "product": "low_viscosity",
            "product_sha256": "0", "products": None, "volume_ml": 2.0, "rate_ml_per_min": 3.0,
            "plan": 1, "samples": 0, "seed": 1, "stop_rules": True, "spacing_mm": 1.0,
        },
    }  # fmt: skip
    found = Parameters.model_validate(old)
    assert found.kyphoplasty is None
    assert isinstance(found.simulation, SimulationParameters)
    assert found.simulation.balloon is None
