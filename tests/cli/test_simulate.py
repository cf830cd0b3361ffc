"""The command that simulates a vertebroplasty of a case."""

import hashlib
import json
import re
import shutil

import numpy as np
import pytest

from vertaug.case.case_file import read_case
from vertaug.case.errors import ComputationError
from vertaug.case.filling import LEAK_PATHS
from vertaug.case.plan import Procedure

FAST = ("--spacing-mm", "2", "--volume-ml", "1.5", "--workers", "1")
TWO = (*FAST, "--samples", "2")


@pytest.fixture(scope="session")
def with_cement(finished, tmp_path_factory):
    """A case with a simulated vertebroplasty and the strength after it; copy before changing."""
    from vertaug.cli.main import main

    folder = tmp_path_factory.mktemp("filled") / "case"
    shutil.copytree(finished, folder)
    for command in (
        ("strength", str(folder), "--linear-only", "--spacing-mm", "3", "--cement-ml", "3", "-q"),
        ("simulate", str(folder), "--procedure", "vertebroplasty", *TWO, "-q"),
    ):
        with pytest.raises(SystemExit) as left:
            main(list(command))
        assert not left.value.code
    return folder


@pytest.fixture
def filled(with_cement, tmp_path):
    return shutil.copytree(with_cement, tmp_path / "case")


@pytest.fixture
def record(with_cement):
    return read_case(with_cement).augmentation.vertebroplasty


def forbid(monkeypatch, *names):
    """Let steps fail the test if they are computed."""
    from vertaug.workflow import simulate

    def refuse(*_, **__):
        raise AssertionError

    for name in names:
        monkeypatch.setattr(simulate, name, refuse)


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".vertaug" not in path.parts
    }


def test_the_case_gains_what_others_rely_on(with_cement):
    tree = json.loads((with_cement / "case.json").read_text())
    found = tree["augmentation"]["vertebroplasty"]
    assert found["injected_ml"] == pytest.approx(1.5, abs=1e-6)
    assert list(found["leak_ml"]) == list(LEAK_PATHS)
    leaked = sum(found["leak_ml"].values())
    assert found["in_bone_ml"] + leaked == pytest.approx(found["injected_ml"], abs=1e-6)
    assert 0.0 < found["fill_fraction"] < 0.3
    assert found["peak_pressure_kpa"] > 0.0
    assert found["peak_syringe_pressure_kpa"] > found["peak_pressure_kpa"]
    assert found["peak_temperature_c"] > 40.0
    assert found["stop_reason"]
    assert found["injection"]["syringe_limit_kpa"] == pytest.approx(3215.0)
    assert len(found["injection"]["rules"]) == 9
    clock = found["injection"]["cement"]
    assert clock["age_s"][0] == found["injection"]["age_at_start_s"] == sum(clock["window_s"]) / 2
    assert clock["age_s"][1] - clock["age_s"][0] == pytest.approx(found["curves"]["time_s"][-1])
    assert clock["viscosity_pa_s"][1] > clock["viscosity_pa_s"][0] > 50.0
    assert found["heat"]["tissues"]["cement"]["above_50_ml"] > 0.0
    assert found["level"] == tree["fracture"]["level"] == "L1"


def test_curves_end_at_the_totals(record):
    curves = record.curves
    assert curves.injected_ml[-1] == pytest.approx(record.injected_ml, abs=1e-6)
    assert max(curves.tip_kpa) == pytest.approx(record.peak_pressure_kpa)
    for path, volume in record.leak_ml.model_dump().items():
        assert curves.leaked_ml[path][-1] == pytest.approx(volume, abs=1e-6)


def test_what_was_chosen_and_the_steps_are_kept(with_cement):
    provenance = read_case(with_cement).provenance
    chosen = provenance.parameters.simulation
    assert chosen.procedure is Procedure.VERTEBROPLASTY
    assert (chosen.volume_ml, chosen.samples, chosen.spacing_mm) == (1.5, 2, 2.0)
    names = [step.name for step in provenance.steps]
    assert names[-5:] == ["injection", "hardening", "samples", "scanned", "strength"]


def test_the_strength_after_is_that_with_this_cement(with_cement, record):
    document = read_case(with_cement)
    chosen = document.provenance.parameters.strength
    # as the strength before was computed, with other cement
    assert (chosen.linear_only, chosen.spacing_mm, chosen.cement_ml) == (True, 3.0, None)
    assert chosen.simulated_cement
    after = document.mechanics.after_vertebroplasty
    assert after.stiffness_n_per_mm > document.mechanics.before.stiffness_n_per_mm
    assert document.mechanics.cement_ml == pytest.approx(record.in_bone_ml, rel=0.02)


def test_the_files_hold_the_cement_and_the_curves(with_cement, record):
    import nibabel

    assert sorted(record.files) == sorted(
        path.relative_to(with_cement).as_posix()
        for path in (with_cement / "vertebroplasty").iterdir()
    )
    frames = [name for name in record.files if name.endswith(".nii.gz")]
    image = nibabel.load(with_cement / frames[-1])
    assert b"share of each cell that is cement" in image.header["descrip"].item()
    cell = float(np.prod(image.header.get_zooms())) / 1000.0
    assert np.sum(image.get_fdata()) * cell == pytest.approx(
        record.in_bone_ml - record.in_ways_ml, rel=1e-4
    )
    lines = (with_cement / "vertebroplasty" / "L1_curves.csv").read_text().splitlines()
    assert len(lines) == len(record.curves.time_s) + 1
    assert lines[0].startswith("time_s,portion,injected_ml")
    assert float(lines[-1].split(",")[2]) == pytest.approx(record.injected_ml, abs=1e-6)
    times = (with_cement / "vertebroplasty" / "L1_frames.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in times[1:]] == [n.split("/")[1] for n in frames]
    for view in ("ap", "lateral"):
        assert (with_cement / "vertebroplasty" / f"L1_{view}.gif").read_bytes()[:3] == b"GIF"


def test_the_files_lie_where_the_vertebra_is(with_cement, record):
    import nibabel

    image = nibabel.load(with_cement / record.files[0])
    where = np.argwhere(image.get_fdata() > 0.3)
    ras = nibabel.affines.apply_affine(image.affine, where).mean(axis=0)
    tips = np.mean(record.injection.tips_lps_mm, axis=0) * [-1, -1, 1]
    assert np.linalg.norm(ras - tips) < 12.0


def test_the_report_has_the_section(with_cement):
    html = (with_cement / "report.html").read_text()
    assert "Vertebroplasty, L1" in html
    for name in ("radiographs", "sections", "curves", "heat", "spread"):
        assert f'id="figure-filling_{name}"' in html
        assert (with_cement / "figures" / f"filling_{name}.png").is_file()
    assert "not a prediction" in html


def test_the_rest_of_the_case_stays_as_it_was(with_cement, finished):
    before, after = read_case(finished), read_case(with_cement)
    for key in ("scan", "labels", "density", "anatomy", "fracture", "planning"):
        assert getattr(after, key) == getattr(before, key)


def test_the_same_again_computes_nothing_and_changes_nothing(run, filled, monkeypatch):
    before = hashes(filled)
    forbid(monkeypatch, "inject_scene", "harden_scene", "sample_scene")
    done = run("simulate", filled, *TWO, "-q")
    assert done.code == 0
    assert hashes(filled) == before


def test_other_samples_keep_the_injection(run, filled, monkeypatch):
    forbid(monkeypatch, "inject_scene", "harden_scene")
    assert run("simulate", filled, *FAST, "--samples", "1").code == 0
    assert read_case(filled).augmentation.vertebroplasty.spread.samples == 1


def test_progress_of_a_pipe_goes_forward_and_by_tenths(run, filled, monkeypatch):
    monkeypatch.setattr("vertaug.cli.progress._PATIENCE_S", 0.0)
    done = run("simulate", filled, *FAST, "--samples", "3")
    lines = done.err.splitlines()
    assert "3/8 Injection: kept from before" in lines
    assert "5/8 Samples: sampling: injection 2 of 3, 60 %" in lines
    places = [int(line.partition("/")[0]) for line in lines]
    assert places == sorted(places)
    assert set(places) == set(range(1, 9))


def test_report_and_strength_keep_the_simulation(run, filled, monkeypatch):
    forbid(monkeypatch, "inject_scene", "harden_scene", "sample_scene")
    before = read_case(filled)
    done = run("report", filled, "--no-pdf")
    assert done.code == 0
    assert "simulated: L1: 1.50 of 1.50 ml injected" in done.out
    after = read_case(filled)
    assert after.augmentation == before.augmentation
    assert after.mechanics == before.mechanics
    fast = ("--linear-only", "--spacing-mm", "4")
    assert run("strength", filled, *fast).code == 0
    assert read_case(filled).provenance.parameters.strength.simulated_cement
    assert run("strength", filled, *fast, "--cement-ml", "2").code == 0
    document = read_case(filled)
    assert document.mechanics.cement_ml == 2.0
    assert document.augmentation == before.augmentation


def test_no_new_samples_keep_those_of_the_same_injection(run, filled, monkeypatch):
    before = hashes(filled)
    forbid(monkeypatch, "inject_scene", "harden_scene", "sample_scene")
    done = run("simulate", filled, *FAST, "--samples", "0")
    assert done.code == 0
    assert "2 samples of the whole volume" in done.out
    assert hashes(filled) == before


def test_another_injection_says_which_samples_and_strength_go(run, filled, monkeypatch):
    from vertaug.workflow import chain

    old = read_case(filled).mechanics
    monkeypatch.setattr(chain, "assess_case", None)  # nothing is computed again
    options = (*FAST, "--volume-ml", "1", "--samples", "0", "--no-strength", "-q")
    done = run("simulate", filled, *options)
    assert done.code == 0
    assert "The 2 sampled injections of this case were those of another injection" in done.err
    said = "The simulated vertebroplasty that stood here (low_viscosity, 1.5 ml, plan 1, seed 1)"
    assert f"{said} was replaced; to keep both, copy the case first." in done.err
    assert "that of the vertebra without cement stands; compute it with the cement" in done.err
    assert done.out.splitlines() == [str(filled / "report.html")]
    document = read_case(filled)
    found = document.augmentation.vertebroplasty
    assert found.spread is None
    assert found.heat is not None
    # what the vertebra bears as scanned is the same, and nothing of the old cement is left
    assert document.mechanics.before == old.before
    assert document.mechanics.density_sensitivity == old.density_sensitivity
    assert document.mechanics.after_vertebroplasty is None
    assert document.mechanics.cement_ml is None
    words = " ".join((*document.mechanics.notes, *document.mechanics.method))
    assert not re.search(r"\bcement\b", words, re.IGNORECASE)
    assert not document.provenance.parameters.strength.simulated_cement
    assert 'id="figure-filling_spread"' not in (filled / "report.html").read_text()
    assert not (filled / "figures" / "filling_spread.png").exists()
    # nothing more is left out the next time
    again = run("simulate", filled, *options).err
    assert "left out" not in again
    assert "was replaced" not in again


def test_what_fits_no_more_is_left_out_and_said(run, filled):
    done = run("measure", filled, "--kvp", "100", "-q")
    assert done.code == 0
    assert "simulated vertebroplasty of this case belongs to other measurements" in done.err
    assert read_case(filled).augmentation is None
    assert not (filled / "vertebroplasty").exists()


def test_json_and_words(run, filled):
    done = run("simulate", filled, *TWO, "--json")
    tree = json.loads(done.out)
    assert tree["augmentation"]["vertebroplasty"]["injected_ml"] == pytest.approx(1.5, abs=1e-6)
    done = run("simulate", filled, *TWO)
    assert "L1: 1.50 of 1.50 ml injected" in done.out
    assert "not a prediction" in done.out
    first_stop = ">= 1.50 ml in all 2 samples; any leak in"
    assert f"2 samples of the whole volume: volume at the first stop rule {first_stop}" in done.out
    assert "safe volume" not in done.out
    assert "bar, limit 32.1 bar" in done.out
    assert "Nothing changed; the case is as it was." in done.out
    assert done.out.strip().endswith("report.html")


def test_a_replaced_sketch_is_said(run, case):
    fast = ("--linear-only", "--spacing-mm", "4")
    assert run("strength", case, *fast, "--cement-ml", "2").code == 0
    done = run("simulate", case, *FAST, "--samples", "0")
    assert done.code == 0
    assert "The strength with 2 ml of sketched cement was replaced" in done.err


def test_a_trace_of_a_leak_has_no_figures(record):
    from vertaug.cli.simulate import list_lines

    def leaking(**volumes):
        none = dict.fromkeys(LEAK_PATHS, 0.0)
        leaks = record.leak_ml.model_copy(update=none | volumes)
        return next(
            line
            for line in list_lines(record.model_copy(update={"leak_ml": leaks}))
            if line.startswith("left the bone")
        )

    words = leaking(S=0.0004, D=0.0512)
    # a leak into the disc is of Yeom's type C, as in the report
    assert "(ml): endplate, to the disc (C) 0.05; no more than 0.01 each by segmental" in words
    assert "(ml): none; not a prediction" in leaking()


def test_without_strength_a_fitting_one_stays(run, case):
    fast = ("--linear-only", "--spacing-mm", "4")
    assert run("strength", case, *fast, "--cement-ml", "2").code == 0
    before = read_case(case).mechanics
    assert run("simulate", case, *FAST, "--samples", "0", "--no-strength").code == 0
    assert read_case(case).mechanics == before


def test_strength_with_another_cement_takes_that_as_scanned_from_before(run, case, monkeypatch):
    from vertaug.mechanics import comparison

    solved = []
    fresh = comparison.measure_state

    def count(*arguments):
        solved.append(arguments)
        return fresh(*arguments)

    monkeypatch.setattr(comparison, "measure_state", count)
    fast = ("--linear-only", "--spacing-mm", "4")
    assert run("strength", case, *fast).code == 0
    before = read_case(case).mechanics.before
    assert len(solved) == 1
    for volume in ("2", "3"):
        assert run("strength", case, *fast, "--cement-ml", volume).code == 0
    mechanics = read_case(case).mechanics
    assert len(solved) == 3
    assert (mechanics.cement_ml, mechanics.before) == (3.0, before)
    # the same as computed in one run
    assert run("strength", case, *fast, "--spacing-mm", "3").code == 0
    assert run("strength", case, *fast, "--cement-ml", "3").code == 0
    assert read_case(case).mechanics == mechanics


@pytest.mark.parametrize("step", ["inject_scene", "harden_scene", "sample_scene"])
def test_a_failed_computation_leaves_the_case_as_it_was(run, case, monkeypatch, step):
    from vertaug.workflow import simulate

    def fail(*_):
        message = "the pressure did not converge"
        raise ComputationError(message)

    before = hashes(case)
    monkeypatch.setattr(simulate, step, fail)
    done = run("simulate", case, *TWO, "--no-strength")
    assert done.code == 3
    assert "did not converge" in done.err
    assert hashes(case) == before


def test_a_stopped_run_goes_on_after_the_injection(run, case, monkeypatch):
    from vertaug.workflow import simulate

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(simulate, "harden_scene", stop)
        assert run("simulate", case, *FAST, "--samples", "0", "--no-strength").code == 130
    # a report in between does not take away what the next run goes on from
    assert run("report", case, "--no-pdf").code == 0
    forbid(monkeypatch, "inject_scene")
    assert run("simulate", case, *FAST, "--samples", "0", "--no-strength").code == 0
    assert len(list((case / ".vertaug" / "steps").glob("injection-*"))) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--procedure", "surgery"), "one of vertebroplasty, kyphoplasty, both"),
        (("--balloon-ml", "2"), "--balloon-ml is of a kyphoplasty"),
        (("--balloon-spacing-mm", "2"), "--balloon-spacing-mm is of a kyphoplasty"),
        (("--product", "glue"), "low_viscosity, medium_viscosity"),
        (("--products", "nowhere.toml"), "nowhere.toml"),
        (("--volume-ml", "0"), "above 0 to 20 ml"),
        (("--volume-ml", "nan"), "above 0 to 20 ml"),
        (("--rate-ml-per-min", "-1"), "above 0 to 60"),
        (("--samples", "-1"), "0 (none) to 1000"),
        (("--spacing-mm", "5"), "0.5 to 2 mm"),
        (("--plan", "99"), "--plan is 1 to"),
        (("--plan", "0"), "error: --plan is a number from 1; got 0"),
        (("--seed", "-1"), "error: --seed is 0 or more; got -1"),
        (("--workers", "0"), "error: --workers is a number from 1; got 0"),
        (("--volume-ml", "abc"), "'--volume-ml': expected a number; got abc; see vertaug simulate"),
        (("--plan", "x"), "error: Invalid value for '--plan': expected a whole number; got x"),
        (
            ("--product", "high_viscosity", "--rate-ml-per-min", "20", "--spacing-mm", "2"),
            "take --rate-ml-per-min",
        ),
        (("--level", "C3"), "thoracic and lumbar"),
        (("--level", "L2"), "incomplete"),
        (("--level", "L5"), "L5"),
    ],
)
def test_bad_input_is_refused_and_nothing_changes(run, case, options, words):
    before = hashes(case)
    done = run("simulate", case, *options)
    assert done.code == 2
    assert words in done.err
    (line,) = [line for line in done.err.splitlines() if not line[0].isdigit()]
    assert line.startswith("error: ")
    assert hashes(case) == before


def test_no_case(run, tmp_path):
    done = run("simulate", tmp_path)
    assert done.code == 2
    assert "is not a case" in done.err


def test_a_product_of_ones_own_needs_its_file_only_once(run, case, tmp_path, monkeypatch):
    from importlib.resources import files

    text = files("vertaug.augmentation.cement").joinpath("data", "products.toml").read_text()
    own = text[text.index("[low_viscosity]") : text.index("[medium_viscosity]")]
    own = own.replace("[low_viscosity]", "[mine]").replace("low-viscosity PMMA", "my own cement")
    file = tmp_path / "own.toml"
    file.write_text(own)
    options = (*FAST, "--samples", "0", "--no-strength")
    assert run("simulate", case, "--products", file, "--product", "mine", *options).code == 0
    file.unlink()
    with monkeypatch.context() as patch:
        forbid(patch, "inject_scene", "harden_scene")
        assert run("report", case, "--no-pdf").code == 0
        done = run("simulate", case, "--product", "mine", *options)
        assert done.code == 0
        assert "Nothing changed" in done.out
    # another volume of it, from the values that the case holds
    assert run("simulate", case, "--product", "mine", *options, "--volume-ml", "1").code == 0
    found = read_case(case)
    assert found.augmentation.vertebroplasty.product.name == "mine"
    assert found.augmentation.vertebroplasty.injected_ml == pytest.approx(1.0, abs=1e-6)
    assert found.provenance.parameters.simulation.products == "own.toml"


def test_a_volume_that_takes_too_long_is_said_before_it_is_injected(run, case):
    options = (*FAST, "--samples", "0", "--no-strength", "--rate-ml-per-min", "0.2")
    done = run("simulate", case, *options)
    assert done.code == 0
    (line,) = [text for text in done.err.splitlines() if text.startswith("note: ")]
    assert "1.50 ml are planned, about" in line
    assert done.err.index("note: ") < done.err.index("Hardening")
    found = read_case(case).augmentation.vertebroplasty
    assert line.removeprefix("note: ") in found.notes
    said = float(line.partition("about ")[2].split()[0])
    assert found.injected_ml == pytest.approx(said, rel=0.1)


def test_rules_off_inject_all(run, case):
    options = (*FAST, "--samples", "0", "--no-strength", "--no-stop-rules", "--volume-ml", "3")
    assert run("simulate", case, *options).code == 0
    found = read_case(case).augmentation.vertebroplasty
    assert found.injected_ml == pytest.approx(3.0, abs=1e-6)
    assert not any(event.acted_on for event in found.events)
