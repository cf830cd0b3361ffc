"""``vertaug fluoro``: files, words, refusals."""

import dataclasses
import json
import re
from filecmp import cmp
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

import vertaug

SMALL = ("--pixels", "96")


def words(outcome):
    return " ".join(outcome.err.split())


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_working_view_as_picture(run, finished, tmp_path):
    done = run("fluoro", finished, "--view", "lateral", *SMALL, "-o", tmp_path / "a.png")
    assert done.code == 0, done.err
    assert "LAO 9" in done.out
    assert "not for clinical decisions" in done.out
    assert done.out.strip().endswith("a.png")
    assert pixels(tmp_path / "a.png").shape[1] > 500


def test_quiet_prints_the_path_alone_and_json_the_exposure(run, finished, tmp_path):
    given = ("fluoro", finished, "--view", "ap", *SMALL, "-o", tmp_path / "a.png")
    assert run(*given, "--quiet").out.strip() == str((tmp_path / "a.png").resolve())
    tree = json.loads(run(*given, "--json").out)
    assert tree["exposure"]["mas"] > 0
    assert "receptor above" in tree["sentence"]
    assert (tree["level"], tree["view"], tree["procedure"], tree["plan"], tree["posture"]) == (
        "L1",
        "ap",
        "vertebroplasty",
        1,
        "prone",
    )
    assert abs(tree["primary_angle_deg"]) > 150
    assert abs(tree["secondary_angle_deg"]) < 30
    assert len(tree["isocentre_lps_mm"]) == 3
    assert tree["source_detector_mm"] == 1060
    assert tree["source_isocentre_mm"] == 600
    assert tree["field_mm"] == pytest.approx([300 / 1.35] * 2)


def test_angles_needles_and_sketches_change_the_picture(run, finished, tmp_path):
    made = {}
    for name, more in {
        "plain": ("--no-needles",),
        "needles": (),
        "cement": ("--cement-ml", "4"),
        "balloon": ("--balloon-mm", "10"),
    }.items():
        out = tmp_path / f"{name}.png"
        given = ("--primary-angle-deg", "10", "--no-overlay", "--no-noise", *SMALL, *more)
        done = run("fluoro", finished, *given, "-o", out)
        assert done.code == 0, done.err
        made[name] = pixels(out).astype(int)
    assert made["plain"].shape == (96, 96)
    for name, rest in (("needles", "plain"), ("cement", "needles"), ("balloon", "needles")):
        assert (made[name] < made[rest] - 5).sum() > 20, name


def test_a_sketch_is_declared_and_the_report_s_view_is_taken(run, finished, tmp_path):
    given = ("--view", "ap", *SMALL, "--cement-ml", "3", "-o", tmp_path / "a.png")
    done = run("fluoro", finished, *given)
    assert "Cement sketched, not simulated: 3 ml in all, spread through the marrow." in done.out
    assert "field 22.2 x 22.2 cm of 30 x 30" in done.out
    assert run("fluoro", finished, *given[:-1], tmp_path / "a.dcm").code == 0
    image = pydicom.dcmread(tmp_path / "a.dcm")
    for words in (image.ImageComments, image.SeriesDescription, image.DerivationDescription):
        assert "Cement sketched, not simulated" in words
    # a picture without words: they are printed
    assert "Cement sketched, not simulated" in run("fluoro", finished, *given, "--no-overlay").out


def test_the_trunk_can_be_left_as_the_ct_has_it(run, finished, tmp_path):
    given = ("fluoro", finished, "--view", "lateral", *SMALL, "-o", tmp_path / "a.png", "--json")
    whole, bare = (json.loads(run(*given, *more).out) for more in ((), ("--ct-only",)))
    assert "completed as water" in whole["sentence"]
    assert "completed" not in bare["sentence"]
    doses = [tree["exposure"]["reference_kerma_ugy"] for tree in (whole, bare)]
    assert doses[0] > 1.5 * doses[1]


def test_dicom_holds_the_pose(run, finished, tmp_path):
    out = tmp_path / "a.dcm"
    given = ("--primary-angle-deg", "25", "--secondary-angle-deg", "-10", "--kv", "70")
    assert run("fluoro", finished, *given, *SMALL, "-o", out).code == 0
    data = pydicom.dcmread(out)
    assert data.PositionerPrimaryAngle == 25
    assert data.PositionerSecondaryAngle == -10
    assert data.KVP == 70


@pytest.mark.parametrize("kind", ["needle", "arm"])
def test_sequences(run, finished, tmp_path, kind):
    out = tmp_path / "a.gif"
    done = run("fluoro", finished, "--view", "lateral", "--cine", kind, *SMALL, "-o", out)
    assert done.code == 0, done.err
    with Image.open(out) as film:
        assert film.n_frames >= 24
    assert "frames" in done.out


def test_two_runs_and_any_threads_give_the_same_bytes(run, finished, tmp_path):
    for name, more in (("a", ()), ("b", ()), ("c", ("--threads", "1"))):
        out = tmp_path / f"{name}.png"
        run("fluoro", finished, "--view", "ap", *SMALL, *more, "-o", out)
    assert cmp(tmp_path / "a.png", tmp_path / "b.png", shallow=False)
    assert cmp(tmp_path / "a.png", tmp_path / "c.png", shallow=False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--view", "ap", "-o", "a.jpg"), "must be one of .png, .dcm, .gif"),
        (("-o", "a.png"), "name a working view"),
        (("--view", "ap", "--primary-angle-deg", "3", "-o", "a.png"), "not both"),
        (("--view", "front", "-o", "a.png"), "it has: ap, lateral"),
        (("--primary-angle-deg", "200", "-o", "a.png"), "between -180 and 180"),
        (("--secondary-angle-deg", "95", "-o", "a.png"), "between -90 and 90"),
        (("--view", "ap", "--carm", "toy", "-o", "a.png"), "known: mobile"),
        (("--view", "ap", "--kv", "40", "-o", "a.png"), "60 to 120 kV"),
        (("--view", "ap", "--zoom", "0.5", "-o", "a.png"), "at least 1 and at most 4"),
        (("--view", "ap", "--zoom", "4.1", "-o", "a.png"), "at least 1 and at most 4"),
        (("--view", "ap", "--zoom", "nan", "-o", "a.png"), "at least 1 and at most 4"),
        (("--view", "ap", "--posture", "side", "-o", "a.png"), "error: --posture is one of prone,"),
        (("--view", "ap", "--cine", "leg", "-o", "a.gif"), "--cine is one of needle, arm"),
        (("--view", "ap", "--procedure", "both", "-o", "a.png"), "one of vertebroplasty, kypho"),
        (
            ("--view", "ap", "--procedure", "vertebroplasty", "--balloon-mm", "9", "-o", "a.png"),
            "not of vertebroplasty",
        ),
        (("--view", "ap", "--plan", "99", "-o", "a.png"), "plans 1 to"),
        (("--view", "ap", "--pixels", "5", "-o", "a.png"), "32 to 2048"),
        (("--view", "ap", "--cement-ml", "50", "-o", "a.png"), "0 to 20 ml"),
        (("--view", "ap", "--cement-ml", "19", "-o", "a.png"), "holds at most"),
        (("--view", "ap", "--balloon-mm", "30", "-o", "a.png"), "has no room"),
        (("--view", "ap", "--balloon-mm", "10", "--no-needles", "-o", "a.png"), "needs the path"),
        (("--view", "ap", "--cine", "needle", "--cement-ml", "2", "-o", "a.gif"), "neither"),
        (("--view", "ap", "--cement-ml", "2", "--balloon-mm", "15", "-o", "a.png"), "one of the"),
        (("--view", "ap", "--level", "T3", "-o", "a.png"), "T3 is not in this scan"),
        (("--view", "ap", "-o", "a.gif"), "--cine"),
        (("--view", "ap", "--cine", "arm", "-o", "a.png"), ".gif"),
    ],
)
def test_what_cannot_be_taken_is_refused(run, finished, tmp_path, monkeypatch, given, said):
    monkeypatch.chdir(tmp_path)
    done = run("fluoro", finished, *given)
    assert done.code == 2
    assert said in words(done)
    assert list(tmp_path.iterdir()) == []


def test_the_needles_drawn_are_named(run, finished, tmp_path):
    def words_of(*given):
        done = run("fluoro", finished, *given, *SMALL, "-o", tmp_path / "a.png")
        assert done.code == 0, done.err
        return done.out

    assert "Plan 1, vertebroplasty: both needles. " in words_of("--view", "AP")
    lateral = words_of("--view", "lateral", "--posture", "Supine")
    assert "both needles, one behind the other. " in lateral
    assert "Patient supine" in lateral
    for side in ("left", "right"):
        assert f"Only the {side} needle is drawn. " in words_of("--view", f"barrel_{side}")
    alone = words_of("--view", "ap", "--procedure", "kyphoplasty", "--plan", "2")
    assert "Plan 2, kyphoplasty: the " in alone
    assert "both cannulas" in words_of("--view", "ap", "--balloon-mm", "9")
    assert "No needles are drawn." in words_of("--view", "ap", "--no-needles")


def test_a_wedge_and_blades_are_explained_where_they_are(run, finished, tmp_path):
    given = ("fluoro", finished, *SMALL, "-o", tmp_path / "a.png")
    ap, lateral, oblique, bare = (
        run(*given, *more).out
        for more in (
            ("--view", "ap"),
            ("--view", "lateral"),
            ("--primary-angle-deg", "150"),
            ("--view", "ap", "--ct-only"),
        )
    )
    said = re.search(r"L1 is wedged (\d+)°: the view lies midway .* about (\d+)° off\.", ap)
    angle, half = int(said[1]), int(said[2])
    assert angle >= 5
    assert abs(half - angle / 2) <= 0.5
    assert f"is wedged {angle}°: its endplates are seen at that angle" in lateral
    assert "wedged" not in oblique
    assert "Black blades cover what the CT does not show." in ap
    assert "Black blades" not in bare


def test_another_level_has_no_plan(run, case, tmp_path, monkeypatch):
    """The level that is treated is another one than the level that was planned."""
    from vertaug.workflow import radiograph_stage

    read = radiograph_stage._read

    def other(folder):
        spine, planning, treated = read(folder)
        return spine, dataclasses.replace(planning, level="L4"), treated

    monkeypatch.setattr(radiograph_stage, "_read", other)
    given = ("fluoro", case, "--primary-angle-deg", "180", *SMALL, "-o", tmp_path / "a.png")
    assert "No needles: nothing was planned for L1." in run(*given).out
    tree = json.loads(run(*given, "--json").out)
    assert (tree["procedure"], tree["plan"]) == (None, None)
    for more in (("--plan", "1"), ("--cement-ml", "2"), ("--balloon-mm", "9")):
        refused = run(*given, *more)
        assert refused.code == 2
        assert "nothing was planned for L1 (the plans are for L4): " + more[0] in words(refused)


def test_down_a_needle_is_down_that_of_the_plan_shown(run, finished, tmp_path):
    """Plan 1 has both needles; a one-sided plan has one, and its own angles."""
    said = {}
    for plan in (1, 2):
        for side in ("left", "right"):
            out = tmp_path / f"{plan}{side}.png"
            given = ("--view", f"barrel_{side}", "--plan", plan, *SMALL, "-o", out)
            done = run("fluoro", finished, *given)
            said[plan, side] = words(done) if done.code else done.out
    missing = [side for side in ("left", "right") if "has no needle" in said[2, side]]
    assert len(missing) == 1
    assert f"has no needle on the {missing[0]}" in said[2, missing[0]]
    other = "left" if missing == ["right"] else "right"
    pose = [said[plan, other].split("DICOM primary")[1].split(")")[0] for plan in (1, 2)]
    assert pose[0] != pose[1]


def test_the_examples_of_its_page_run(files, tmp_path, monkeypatch):
    page = (Path(vertaug.__file__).parents[2] / "docs" / "fluoroscopy.md").read_text("utf-8")
    for path in (files.ct, files.labels):
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    names = {}
    for example in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL):
        exec(compile(example, "fluoroscopy.md", "exec"), names)
    assert pixels("lateral.png").shape == (1024, 1024)
    assert pydicom.dcmread("lateral.dcm").PatientID == "phantom"
    assert names["arm"].detector_mm[0] == pytest.approx(300 / 1.35)


def test_its_page_and_its_help_name_the_same_options(run):
    page = (Path(vertaug.__file__).parents[2] / "docs" / "fluoroscopy.md").read_text("utf-8")
    shown = run("fluoro", "--help").out
    for option in set(re.findall(r"--[a-z][a-z-]*", page.partition("## Speed")[0])):
        assert option.replace("--no-", "--") in shown, option
    text = " ".join(shown.split())
    for words_ in ("1 to 4", "32 to 2048", "within the procedure", "path of the picture only"):
        assert words_ in text


def test_a_folder_that_is_no_case_is_refused(run, tmp_path):
    done = run("fluoro", tmp_path, "--view", "ap", "-o", tmp_path / "a.png")
    assert done.code == 2
    assert "not a case of vertaug" in words(done)
