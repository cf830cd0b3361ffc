"""``vertaug fluoro``: files, words, refusals."""

import json

import numpy as np
import pydicom
import pytest
from PIL import Image

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
    assert "Cement sketched, 3 ml in all: not simulated" in done.out
    assert "field 22.2 x 22.2 cm of 30 x 30" in done.out
    assert run("fluoro", finished, *given[:-1], tmp_path / "a.dcm").code == 0
    assert "not simulated" in pydicom.dcmread(tmp_path / "a.dcm").ImageComments


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
    first = (tmp_path / "a.png").read_bytes()
    assert (tmp_path / "b.png").read_bytes() == first
    assert (tmp_path / "c.png").read_bytes() == first


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
        (("--view", "ap", "--zoom", "0.5", "-o", "a.png"), "at least 1"),
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


def test_a_folder_that_is_no_case_is_refused(run, tmp_path):
    done = run("fluoro", tmp_path, "--view", "ap", "-o", tmp_path / "a.png")
    assert done.code == 2
    assert "not a case of vertaug" in words(done)
