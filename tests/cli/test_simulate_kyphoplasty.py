"""The command that simulates a kyphoplasty of a case, alone and beside a vertebroplasty."""

import hashlib
import json
import shutil
from dataclasses import replace
from importlib.resources import files

import numba
import numpy as np
import pytest

from vertaug.augmentation.balloon.cavity import cavity_share
from vertaug.case.case_content import CaseResults
from vertaug.case.case_file import read_case
from vertaug.case.filling import Vertebroplasty
from vertaug.case.plan import PlanningResult, Procedure
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.case.spine import Spine
from vertaug.case.strength import StrengthAssessment
from vertaug.workflow.balloon_step import InflatedVertebra
from vertaug.workflow.level_survey import surveys_of
from vertaug.workflow.measured import Measured
from vertaug.workflow.simulate import InjectedCement, inject_scene, set_scene
from vertaug.workflow.simulation_choice import simulation_choice_of
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.strength_choice import assess_case, choice_of

pytestmark = pytest.mark.slow

CEMENT = ("--spacing-mm", "2", "--volume-ml", "1.5", "--workers", "1", "--samples", "0")
BALLOON = ("--balloon-ml", "0.6", "--balloon-spacing-mm", "2", "--fracture-age", "Fresh")
FAST = ("--procedure", "kyphoplasty", *CEMENT, *BALLOON, "--no-strength")
LINEAR = ("--linear-only", "--spacing-mm", "4")


def call(*command):
    from vertaug.cli.main import main

    with pytest.raises(SystemExit) as left:
        main([str(part) for part in command])
    assert not left.value.code


@pytest.fixture(scope="session")
def inflated(finished, tmp_path_factory):
    """A case with a simulated kyphoplasty; copy before changing."""
    folder = tmp_path_factory.mktemp("inflated") / "case"
    shutil.copytree(finished, folder)
    call("simulate", folder, *FAST, "-q")
    return folder


@pytest.fixture
def mine(inflated, tmp_path):
    return shutil.copytree(inflated, tmp_path / "case")


@pytest.fixture
def record(inflated):
    return read_case(inflated).augmentation.kyphoplasty


def stored(folder, step, kind):
    keys = {step.name: step.key for step in read_case(folder).provenance.steps}
    found = StepStore(folder=folder / ".vertaug" / "steps").load(step, keys[step], kind)
    assert found is not None
    return found


def forbid(monkeypatch, *names):
    from vertaug.workflow import balloon_step, simulate

    def refuse(*_, **__):
        raise AssertionError

    for name in names:
        module = balloon_step if name == "inflate_case" else simulate
        monkeypatch.setattr(module, name, refuse)


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".vertaug" not in path.parts
    }


def test_the_case_gains_what_others_rely_on(inflated):
    tree = json.loads((inflated / "case.json").read_text())
    assert tree["augmentation"]["vertebroplasty"] is None
    found = tree["augmentation"]["kyphoplasty"]
    assert found["balloon_ml"] == pytest.approx(1.2, rel=0.02)  # of two balloons
    balloon = found["balloon"]
    assert sum(balloon["volume_ml"][-1]) == pytest.approx(found["balloon_ml"], abs=1e-3)
    read = [
        kpa
        for row, seen in zip(balloon["pressure_kpa"], balloon["readable"], strict=True)
        for kpa, can in zip(row, seen, strict=True)
        if can
    ]
    assert found["balloon_kpa"] == (max(read) if read else None)
    stages = {stage["name"]: stage for stage in balloon["stages"]}
    assert list(stages) == ["before", "inflated", "emptied"]
    emptied = stages["emptied"]
    assert found["height_anterior_after_mm"] == emptied["heights_mm"]["anterior"]
    assert found["wedge_angle_after_deg"] == emptied["wedge_angle_deg"]
    # before is what the case measured on the CT
    level = tree["fracture"]["levels"]["L1"]
    assert stages["before"]["heights_mm"]["anterior"] == level["height_anterior_mm"]
    assert stages["before"]["gain"] is None
    gain, reference = emptied["gain"]["anterior"], level["reference_mm"]["anterior"]
    assert gain["hr_ref_percent"] == pytest.approx(100 * gain["hr_mm"] / reference, abs=1e-3)
    assert found["injected_ml"] == pytest.approx(1.5, abs=1e-6)
    leaked = sum(found["leak_ml"].values())
    assert found["in_bone_ml"] + leaked == pytest.approx(found["injected_ml"], abs=1e-6)
    assert found["peak_temperature_c"] > 40.0


def test_what_was_chosen_and_the_steps_are_kept(inflated):
    provenance = read_case(inflated).provenance
    assert provenance.parameters.simulation is None
    chosen = provenance.parameters.kyphoplasty
    assert chosen.procedure is Procedure.KYPHOPLASTY
    assert (chosen.balloon.name, chosen.balloon.volume_ml) == (None, 0.6)
    assert (chosen.balloon.preload_n, chosen.balloon.spacing_mm) == (100.0, 2.0)
    assert len(chosen.balloon.balloons_sha256) == 64
    names = [step.name for step in provenance.steps]
    assert names[-3:] == ["balloon", "kyphoplasty_injection", "kyphoplasty_hardening"]


def test_the_longest_balloon_with_room_is_taken(inflated, record):
    plans = read_case(inflated).planning.plans
    first = next(plan for plan in plans if plan.procedure is Procedure.KYPHOPLASTY)
    assert min(path.balloon_mm for path in first.paths) == 10.0
    # the larger 10/3 does not pass the plan's cannula of 10G
    assert record.balloon.product.name == "10/2"
    assert record.balloon.setup.sides == tuple(path.side for path in first.paths)


def test_cement_begins_in_the_cavity_and_fills_it(inflated):
    balloon = stored(inflated, "balloon", InflatedVertebra)
    filling = stored(inflated, "kyphoplasty_injection", InjectedCement).filling
    assert np.allclose(filling.tips_lps_mm, balloon.tips_lps_mm)
    index = np.round(filling.grid.to_index(balloon.tips_lps_mm)).astype(int)
    void = cavity_share(balloon.bone.cavities, balloon.bone.voxels, filling.grid)
    assert (void[tuple(index.T)] > 0.5).all()
    # the void is the cavity of the record, and takes most of the cement
    cell = filling.grid.voxel_volume_mm3
    assert void.sum() * cell == pytest.approx(1000 * balloon.course.cavity_ml, rel=0.02)
    last = filling.frames[-1].cement_share
    free = void > 0.99
    assert last[free].mean() > 0.95
    # bone holds less than all of a cell, a cavity all of it
    assert last[free].max() > last[void == 0.0].max()


def test_frames_lie_in_the_patient(inflated):
    course = stored(inflated, "balloon", InflatedVertebra).course
    stages = [frame.stage for frame in course.frames]
    assert (stages[0], stages[-2:]) == ("folded", ["inflated", "emptied"])
    volumes = [frame.volume_ml for frame in course.frames]
    assert volumes[:-1] == sorted(volumes[:-1])
    assert volumes[-1] == pytest.approx(course.cavity_ml)
    corners = course.frames[-2].points_lps_mm[0][course.triangles].astype(np.float64)
    a, b, c = (corners[:, n] for n in range(3))
    enclosed = float(np.einsum("ij,ij->", a - a.mean(0), np.cross(b - a.mean(0), c - a.mean(0))))
    assert enclosed / 6000.0 == pytest.approx(course.volume_ml[-1, 0], rel=1e-3)
    first = read_case(inflated).planning.plans
    plan = next(plan for plan in first if plan.procedure is Procedure.KYPHOPLASTY)
    for points, path in zip(course.frames[0].points_lps_mm, plan.paths, strict=True):
        assert np.linalg.norm(points.mean(axis=0) - path.target_lps_mm) < 12.0


def test_the_course_counts_needles_balloons_and_cement(record):
    steps = [step.step for step in record.course.steps]
    assert steps == [
        "needle",
        "needle",
        "balloon",
        "balloon",
        "inflate",
        "deflate",
        "fill",
        "harden",
        "remove",
    ]
    assert record.course.steps[6].seconds == pytest.approx(record.curves.time_s[-1], abs=1e-3)
    assert record.course.seconds == pytest.approx(sum(s.seconds for s in record.course.steps))


def test_the_files_hold_the_cement(inflated, record):
    import nibabel

    assert sorted(record.files) == sorted(
        path.relative_to(inflated).as_posix() for path in (inflated / "kyphoplasty").iterdir()
    )
    assert not (inflated / "vertebroplasty").exists()
    last = [name for name in record.files if name.endswith(".nii.gz")][-1]
    image = nibabel.load(inflated / last)
    cell = float(np.prod(image.header.get_zooms())) / 1000.0
    assert np.sum(image.get_fdata()) * cell == pytest.approx(
        record.in_bone_ml - record.in_ways_ml, rel=1e-4
    )


def test_the_same_again_computes_nothing(run, mine, monkeypatch):
    before = hashes(mine)
    forbid(monkeypatch, "inflate_case", "inject_scene", "harden_scene")
    done = run("simulate", mine, *FAST)
    assert done.code == 0
    assert "Nothing changed" in done.out
    for words in (
        "kyphoplasty of L1, transpedicular, both sides: balloon 10/2",
        "0.6 and 0.6 of 0.6 ml in each",
        "mm kept after the deflation",
        "cavity of the emptied balloons",
        "the inflation on the monitor: kyphoplasty/L1_balloon_ap.gif and",
        "1.50 of 1.50 ml injected",
        "with the beam on",
        "note: Not modelled: softening",
    ):
        assert words in done.out
    assert hashes(mine) == before


def test_another_cement_keeps_the_balloons(run, mine, monkeypatch):
    before = read_case(mine).augmentation.kyphoplasty
    forbid(monkeypatch, "inflate_case")
    done = run("simulate", mine, *FAST, "--product", "high_viscosity", "--volume-ml", "1", "-q")
    assert done.code == 0
    after = read_case(mine).augmentation.kyphoplasty
    assert after.balloon == before.balloon
    assert after.product.name == "high_viscosity"
    assert after.injected_ml == pytest.approx(1.0, abs=1e-6)


def test_report_keeps_it_and_other_measurements_drop_it(run, mine, monkeypatch):
    forbid(monkeypatch, "inflate_case", "inject_scene", "harden_scene")
    before = read_case(mine)
    done = run("report", mine, "--no-pdf")
    assert done.code == 0
    assert "simulated: kyphoplasty of L1" in done.out
    assert read_case(mine).augmentation == before.augmentation
    done = run("measure", mine, "--kvp", "100", "-q")
    assert done.code == 0
    assert "simulated kyphoplasty of this case belongs to other measurements" in done.err
    assert "vertaug simulate CASE --procedure kyphoplasty" in done.err
    assert read_case(mine).augmentation is None
    assert not (mine / "kyphoplasty").exists()


def test_one_procedure_keeps_the_other_with_its_strength(run, mine, monkeypatch):
    before = read_case(mine).augmentation.kyphoplasty
    assert run("strength", mine, *LINEAR).code == 0
    after = read_case(mine).mechanics.after_kyphoplasty
    assert after is not None
    with monkeypatch.context() as patch:
        forbid(patch, "inflate_case")
        assert run("simulate", mine, *CEMENT).code == 0
    document = read_case(mine)
    assert document.augmentation.kyphoplasty == before
    filled = document.augmentation.vertebroplasty
    assert filled.balloon is None
    assert filled.balloon_ml is None
    assert [step.step for step in filled.course.steps][2] == "fill"
    assert document.mechanics.after_kyphoplasty == after
    assert document.mechanics.cement_ml == pytest.approx(filled.in_bone_ml, rel=0.02)
    mechanics = document.mechanics
    # both again: nothing is computed
    with monkeypatch.context() as patch:
        forbid(patch, "inflate_case", "inject_scene", "harden_scene")
        both = ("--procedure", "both", *CEMENT, *BALLOON)
        done = run("simulate", mine, *both, "--no-strength")
    assert "Nothing changed" in done.out
    assert done.out.count("1.50 of 1.50 ml injected") == 2
    # another kyphoplasty leaves the vertebroplasty and its strength alone
    forbid(monkeypatch, "inflate_case")
    done = run("simulate", mine, *FAST, "--seed", "2")
    assert done.code == 0
    assert "The strength after the kyphoplasty of this case was left out; compute it" in done.err
    document = read_case(mine)
    assert document.augmentation.vertebroplasty == filled
    assert document.mechanics.after_vertebroplasty == mechanics.after_vertebroplasty
    assert document.mechanics.after_kyphoplasty is None  # of another cement, and not asked for
    assert document.provenance.parameters.kyphoplasty.seed == 2


def test_without_a_balloon_it_is_a_vertebroplasty_by_the_same_needles(run, case, monkeypatch):
    forbid(monkeypatch, "inflate_case")
    options = ("--procedure", "kyphoplasty", *CEMENT, "--balloon-ml", "0", "--no-strength")
    done = run("simulate", case, *options)
    assert done.code == 0
    assert "kyphoplasty of L1 without a balloon: the body keeps its shape" in done.out
    document = read_case(case)
    found = document.augmentation.kyphoplasty
    assert (found.balloon_ml, found.balloon, found.height_anterior_after_mm) == (0.0, None, None)
    filling = stored(case, "kyphoplasty_injection", InjectedCement).filling
    choice = simulation_choice_of(document.provenance.parameters.kyphoplasty)
    results = relabelled(case)
    from vertaug.augmentation.cement.product import cement_product

    bare, surveys = replace(choice, balloon=None), surveys_of(results)
    scene = set_scene(results, bare, cement_product("low_viscosity"), surveys)
    monkeypatch.undo()
    other = inject_scene(scene, lambda *_: None).filling
    np.testing.assert_array_equal(other.frames[-1].cement_share, filling.frames[-1].cement_share)
    np.testing.assert_array_equal(other.curve.tip_mpa, filling.curve.tip_mpa)
    np.testing.assert_array_equal(other.curve.leaked_mm3, filling.curve.leaked_mm3)
    np.testing.assert_array_equal(other.tips_lps_mm, filling.tips_lps_mm)
    # and so is its strength, to the last bit
    assert run("strength", case, *LINEAR).code == 0
    after = stored(case, "kyphoplasty_strength", StrengthAssessment).after
    parameters = read_case(case).provenance.parameters.strength
    wanted = replace(
        choice_of(parameters), level="L1", simulated_cement=True, kyphoplasty_cement=False
    )
    filled = SimulatedVertebroplasty(
        setup=stored(case, "kyphoplasty_injection", InjectedCement).setup,
        result=Vertebroplasty(filling=other),
    )
    same = assess_case(replace(results, vertebroplasty=filled), wanted, lambda *_: None).after
    assert after.stiffness_n_per_mm == same.stiffness_n_per_mm
    assert after.failure_load_n == same.failure_load_n
    assert after.asymmetry == same.asymmetry
    assert after.disc_load == same.disc_load
    np.testing.assert_array_equal(after.field.energy_mpa, same.field.energy_mpa)


def test_balloons_are_inflated_in_a_second_process_meanwhile(run, case, inflated, monkeypatch):
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("needs two cores")
    forbid(monkeypatch, "inflate_case")  # in this process
    numba.set_num_threads(2)
    try:
        both = ("--procedure", "both", *CEMENT, *BALLOON)
        done = run("simulate", case, *both, "--no-strength")
    finally:
        threads = numba.get_num_threads()
        numba.set_num_threads(1)
    assert done.code == 0
    assert "Balloon: inflated in a second process meanwhile" in done.err
    assert threads == 2
    mine, same = (stored(folder, "balloon", InflatedVertebra) for folder in (case, inflated))
    np.testing.assert_array_equal(mine.bone.moved_mm, same.bone.moved_mm)
    np.testing.assert_array_equal(mine.course.pressure_mpa, same.course.pressure_mpa)
    assert stored(case, "kyphoplasty_injection", InjectedCement).setup.planned_mm3 == 1500.0


def relabelled(folder):
    """The results of a case, its plans of a kyphoplasty called those of a vertebroplasty."""
    measured = stored(folder, "measure", Measured)
    planning = stored(folder, "plan", PlanningResult)
    plans = tuple(
        replace(plan, procedure=Procedure.VERTEBROPLASTY)
        for plan in planning.plans
        if plan.procedure is Procedure.KYPHOPLASTY
    )
    return CaseResults(
        spine=stored(folder, "anatomy", Spine),
        calibration=measured.calibration,
        assessment=measured.assessment,
        planning=replace(planning, plans=plans),
    )


def test_strength_after_the_balloons_stands_beside_that_as_scanned(run, mine, monkeypatch):
    done = run("strength", mine, *LINEAR)
    assert done.code == 0
    assert "after a kyphoplasty, with 1.5 ml of cement: failure load" in done.out
    found = read_case(mine).mechanics
    assert found.after_vertebroplasty is None
    assert found.kyphoplasty.cement_ml == pytest.approx(1.5, abs=0.02)
    assert found.after_kyphoplasty.stiffness_n_per_mm > found.before.stiffness_n_per_mm
    ratio = found.after_kyphoplasty.stiffness_n_per_mm / found.before.stiffness_n_per_mm
    assert found.kyphoplasty.stiffness_ratio == pytest.approx(ratio, abs=1e-3)
    assert (mine / "mechanics" / "L1_kyphoplasty.vtu").is_file()
    report = (mine / "report.html").read_text()
    assert "Strength after kyphoplasty, L1" in report
    assert 'id="figure-kyphoplasty_map_strain_energy"' in report
    # another cement: the bone after the balloons is known
    forbid(monkeypatch, "inflate_case")
    other = tuple(option for option in FAST if option != "--no-strength")
    assert run("simulate", mine, *other, "--seed", "2", "-q").code == 0
    again = read_case(mine).mechanics
    assert again.before == found.before
    assert again.after_kyphoplasty != found.after_kyphoplasty


def test_a_balloon_of_ones_own_needs_its_file_only_once(run, mine, tmp_path, monkeypatch):
    text = files("vertaug.augmentation.balloon").joinpath("data", "balloons.toml").read_text()
    own = text[text.index('["10/3"]') : text.index('["15/3"]')]
    file = tmp_path / "own.toml"
    file.write_text(own.replace('"10/3"', '"mine"').replace("value = 2.76", "value = 2.5"))
    options = (*FAST, "--balloon", "mine")
    assert run("simulate", mine, *options, "--balloons", file, "-q").code == 0
    file.unlink()
    forbid(monkeypatch, "inflate_case", "inject_scene")
    assert "Nothing changed" in run("simulate", mine, *options).out
    found = read_case(mine)
    assert found.augmentation.kyphoplasty.balloon.product.values["rated_mpa"].value == 2.5
    assert found.provenance.parameters.kyphoplasty.balloon.balloons == "own.toml"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--balloon", "30/9"), "there is no balloon '30/9'; known: 10/2, 15/2"),
        (("--balloon-ml", "3.6"), "rated for up to 3 ml"),
        (("--balloon-ml", "-1"), "--balloon-ml is 0 (none) to 10 ml; got -1"),
        (("--balloon-ml", "nan"), "--balloon-ml is 0 (none) to 10 ml"),
        (("--preload-n", "1001"), "--preload-n is 0 to 1000 N; got 1001"),
        (("--balloon-spacing-mm", "0.5"), "--balloon-spacing-mm is 0.75 to 2 mm; got 0.5"),
        (("--balloon", "20/3"), "20 mm long"),
        (("--balloons", "nowhere.toml"), "nowhere.toml"),
        (("--plan", "99"), "for a kyphoplasty of L1; got 99"),
    ],
)
def test_bad_input_is_refused_and_nothing_changes(run, case, options, words):
    before = hashes(case)
    done = run("simulate", case, "--procedure", "kyphoplasty", *CEMENT, *options)
    assert done.code == 2
    assert words in done.err
    assert hashes(case) == before


def test_a_case_without_a_plan_of_it_says_how_to_make_one(run, files, tmp_path):
    folder = tmp_path / "case"
    planned = files.arguments(folder, "--procedure", "vertebroplasty", "--no-pdf", "-q")
    assert run(*planned).code == 0
    done = run("simulate", folder, "--procedure", "both", *CEMENT)
    assert done.code == 2
    assert "there is no plan of a kyphoplasty for L1" in done.err
    assert "vertaug plan and --procedure kyphoplasty or both" in done.err
