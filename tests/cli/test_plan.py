"""``vertaug plan``, ``measure`` and ``report`` from files to the case folder."""

import gzip
import json
import shutil

from vertaug.case.case_file import SCHEMA_VERSION, read_case

PATH_KEYS = {
    "side",
    "entry_lps_mm",
    "target_lps_mm",
    "gauge",
    "length_mm",
    "canal_clearance_mm",
    "cortex_clearance_mm",
    "gertzbein_robbins",
    "skin_entry_lps_mm",
}
LEVEL_KEYS = {
    "height_anterior_mm",
    "height_middle_mm",
    "height_posterior_mm",
    "wedge_angle_deg",
    "genant_grade",
    "shape",
    "complete",
}


def load(case):
    return json.loads((case / "case.json").read_text())


def test_case_json_has_the_agreed_keys(finished):
    tree = load(finished)
    assert tree["schema_version"] == SCHEMA_VERSION
    assert tree["research_use_only"] is True
    assert tree["fracture"]["level"] == "L1"
    assert set(tree["fracture"]["levels"]["L1"]) >= LEVEL_KEYS
    plan = tree["planning"]["plans"][0]
    assert set(plan) >= {"procedure", "route", "score", "paths"}
    assert set(plan["paths"][0]) >= PATH_KEYS
    views = tree["planning"]["views"]
    assert set(views) >= {"ap", "lateral", "barrel_left", "barrel_right"}
    assert set(views["ap"]) >= {"primary_angle_deg", "secondary_angle_deg"}


def test_the_phantom_s_fracture_is_found_and_cut_levels_are_named(finished):
    fracture = read_case(finished).fracture
    assert fracture.level == "L1"
    assert fracture.levels["L1"].genant_grade >= 1
    assert set(fracture.incomplete) == {"T12", "L2"}
    assert "edge" in fracture.incomplete["L2"] or "face" in fracture.incomplete["L2"]


def test_inputs_are_recorded_by_name_and_hash_only(finished, files):
    inputs = {item.role: item for item in read_case(finished).provenance.inputs}
    assert inputs["CT"].name == files.ct.name
    assert len(inputs["CT"].sha256) == 64
    for path in finished.rglob("*"):
        if path.is_file() and path.suffix in {".json", ".html", ".stl"}:
            content = path.read_bytes()
            assert str(files.ct.parent).encode() not in content, path
            assert str(finished.parent).encode() not in content, path


def test_files_of_the_case_open(finished):
    assert (finished / "report.html").read_text().lstrip().lower().startswith("<!doctype html")
    assert any(finished.rglob("*.stl"))
    assert any(finished.rglob("*.png"))
    for markup in finished.rglob("*.mrk.json"):
        assert json.loads(markup.read_text())["markups"]
    for volume in finished.rglob("*.nii.gz"):
        assert gzip.decompress(volume.read_bytes())[344:347] == b"n+1"


def test_unchanged_inputs_change_nothing(case, files, run):
    before = {p: p.stat().st_mtime_ns for p in case.rglob("*") if p.is_file()}
    said = run(*files.arguments(case, "--no-pdf"))
    assert said.code == 0
    assert "Nothing changed" in said.out
    after = {p: p.stat().st_mtime_ns for p in case.rglob("*") if p.is_file()}
    assert after == before


def test_a_lost_file_is_made_again_without_a_new_time_stamp(case, files, run):
    stamp = read_case(case).provenance.created
    text = (case / "case.json").read_bytes()
    (case / "report.html").unlink()
    assert run(*files.arguments(case, "--no-pdf", "-q")).code == 0
    assert (case / "report.html").is_file()
    assert read_case(case).provenance.created == stamp
    assert (case / "case.json").read_bytes() == text


def test_anatomy_is_kept_when_only_the_needle_changes(case, files, run, monkeypatch):
    def fail(*_, **__):
        raise AssertionError("computed again")

    monkeypatch.setattr("vertaug.anatomy.analyse_spine", fail)
    monkeypatch.setattr("vertaug.fracture.assess_fracture", fail)
    arguments = files.arguments(case, "--no-pdf", "--gauge", "11", "--procedure", "kyphoplasty")
    assert run(*arguments).code == 0
    plans = read_case(case).planning.plans
    assert {path.gauge for plan in plans for path in plan.paths} == {11}
    assert {plan.procedure.value for plan in plans} == {"kyphoplasty"}
    assert not list(case.rglob("*vertebroplasty*")), "files of the older plan are left"


def test_a_damaged_step_is_computed_again(case, files, run):
    text = json.loads((case / "case.json").read_text())
    plan = next((case / ".vertaug" / "steps").glob("plan-*.npz"))
    plan.write_bytes(plan.read_bytes()[:100])
    (case / "case.json").unlink()
    assert run(*files.arguments(case, "--no-pdf", "-q")).code == 0
    again = load(case)
    assert again["planning"] == text["planning"]


def test_json_prints_the_case_and_nothing_else(case, files, run):
    said = run(*files.arguments(case, "--no-pdf", "--json"))
    tree = json.loads(said.out)
    assert tree["files"]["report_html"] == str(case / "report.html")
    del tree["files"]
    assert tree == load(case)


def test_quiet_prints_the_path_of_the_report(case, files, run):
    said = run(*files.arguments(case, "--no-pdf", "--quiet"))
    assert said.out == f"{case / 'report.html'}\n"
    assert said.err == ""


def test_measure_again_with_a_phantom_line(case, run, tmp_path):
    line = tmp_path / "rods.toml"
    line.write_text("[phantom]\nhu = [0.0, 130.0]\ndensity_mg_per_ml = [0.0, 100.0]\n")
    before = read_case(case)
    said = run("measure", case, "--calibration", line, "-q")
    assert said.code == 0, said.err
    after = read_case(case)
    assert before.density.method == "generic"
    assert after.density.method == "phantom"
    assert after.density.slope_mg_per_ml_per_hu == 0.769230769
    assert after.planning == before.planning
    assert [i.role for i in after.provenance.inputs] == ["CT", "labels", "calibration"]
    # the law stays when the case is measured once more without the file
    line.unlink()
    assert run("measure", case, "-q").code == 0
    assert read_case(case).density == after.density
    # until the generic one is asked for
    assert run("measure", case, "--calibration", "generic", "-q").code == 0
    again = read_case(case)
    assert again.density == before.density
    assert again.provenance.inputs == before.provenance.inputs


def test_measure_refuses_a_level_that_is_not_there(case, run):
    text = (case / "case.json").read_bytes()
    said = run("measure", case, "--level", "T5")
    assert said.code == 2
    assert "T5 is not in this scan" in said.err
    assert (case / "case.json").read_bytes() == text


def test_report_again_with_pdf(case, run):
    (case / "report.html").unlink()
    said = run("report", case, "--pdf", "-q")
    assert said.code == 0, said.err
    assert (case / "report.pdf").read_bytes().startswith(b"%PDF")
    assert (case / "report.html").is_file()
    assert run("report", case, "--no-pdf", "-q").code == 0
    assert not (case / "report.pdf").exists()


def test_report_of_no_case(run, tmp_path):
    said = run("report", tmp_path)
    assert said.code == 2
    assert "is not a case of vertaug" in said.err


def test_report_of_a_case_without_its_steps(case, run):
    shutil.rmtree(case / ".vertaug" / "steps")
    said = run("report", case)
    assert said.code == 2
    assert "make it again" in said.err
