"""What the README shows works."""

import re
import tomllib
from pathlib import Path

import pytest

import vertaug
from vertaug.case.level import LEVELS
from vertaug.case.volume import ScanInfo
from vertaug.imaging.numbering import NUMBERINGS
from vertaug.workflow.calibration import choose_calibration

README = (Path(vertaug.__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_python_examples_run(files, monkeypatch, tmp_path):
    steps, radiograph, whole = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    for path in files.ct.parent.iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(steps, "README.md", "exec"), names)
    assert names["fracture"].level == "L1"
    assert names["best"].paths
    exec(compile(radiograph, "README.md", "exec"), names)
    assert names["image"].grey.shape == (1024, 1024)
    exec(compile(whole, "README.md", "exec"), names)
    assert vertaug.read_case("case").fracture.level == "L1"


def test_the_injection_example_runs(files, monkeypatch, tmp_path):
    page = (Path(vertaug.__file__).parents[2] / "docs" / "cement_injection.md").read_text("utf-8")
    (text,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    for given, quick in (
        ("spacing_mm=1.0", "spacing_mm=2.0"),
        ("volume_mm3=4000.0", "volume_mm3=1000.0"),
        ("samples=32", "samples=1"),
    ):
        assert given in text
        text = text.replace(given, quick)
    for path in files.ct.parent.iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    exec(compile(text, "cement_injection.md", "exec"), names)
    assert names["filling"].injected_mm3 == pytest.approx(1000.0)
    assert names["spread"].samples == 1


def test_the_balloon_example_runs():
    page = (Path(vertaug.__file__).parents[2] / "docs" / "balloon.md").read_text("utf-8")
    names = {}
    exec(compile(page.split("```python")[1].split("```")[0], "balloon.md", "exec"), names)
    volume, pressure = names["found"].volume_mm3, names["found"].pressure_mpa
    assert volume[-1, 0] == pytest.approx(1000.0, rel=5e-3)
    assert 0.2 < pressure[-1, 0] < names["limits"].pressure_mpa
    assert names["breaches"] == ()
    assert 700.0 < names["empty"].volumes_mm3()[0] < 1005.0


def test_the_template_of_a_cement_is_one(monkeypatch, tmp_path):
    from vertaug.augmentation.cement.cure import published_kinetics
    from vertaug.augmentation.cement.product import cement_product

    page = (Path(vertaug.__file__).parents[2] / "docs" / "cement.md").read_text("utf-8")
    (text,) = [
        t for t in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL) if "template" in t
    ]
    monkeypatch.chdir(tmp_path)
    exec(compile(text, "cement.md", "exec"), {})
    mine = cement_product("mine", file="mine.toml")
    assert mine.quantities == cement_product("low_viscosity").quantities
    (shown,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    assert set(tomllib.loads(shown)["mine"]) < set(
        tomllib.loads(Path("mine.toml").read_text())["mine"]
    )
    assert set(re.findall(r"(?:or |, )(borz\w+)", shown)) == set(published_kinetics()) - {"li"}


def test_the_example_of_a_balloon_of_ones_own_is_one(tmp_path):
    from vertaug.augmentation.balloon.product import read_balloons

    page = (Path(vertaug.__file__).parents[2] / "docs" / "balloon.md").read_text("utf-8")
    (shown,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    file = tmp_path / "mine.toml"
    file.write_text(shown)
    assert read_balloons(file)["mine"].length_mm.value == 12.0


def test_the_commands_of_the_simulation_page_have_these_options(run):
    page = (Path(vertaug.__file__).parents[2] / "docs" / "simulate.md").read_text("utf-8")
    option = r"(?<![\w-])--?[a-z][a-z-]*"
    shown = set(re.findall(option, run("simulate", "--help").out))
    tables = re.findall(r"\| option \| default.*?\n\n", page, flags=re.DOTALL)
    assert len(tables) == 2  # of both procedures, and of the balloons
    listed = set(re.findall(option, " ".join(re.findall(r"`(-[^`]*)`", " ".join(tables)))))
    assert shown - listed == {"--help", "--quiet"}
    assert listed <= shown


def test_the_calibration_example_is_a_calibration(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    path = tmp_path / "rods.toml"
    path.write_text(text, encoding="utf-8")
    law = choose_calibration(path).for_scan(ScanInfo(source_format="nifti"), None)
    assert law.to_density(101.0) == pytest.approx(75.0, abs=1.0)


@pytest.mark.parametrize("kind", ["phantom", "mindways", "tissues"])
def test_the_examples_of_the_calibration_page_are_calibrations(kind, tmp_path):
    page = (Path(vertaug.__file__).parents[2] / "docs" / "calibration.md").read_text("utf-8")
    texts = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    (text,) = [t for t in texts if t.startswith(f"[{kind}]")]
    path = tmp_path / "calibration.toml"
    path.write_text(text, encoding="utf-8")
    law = choose_calibration(path).for_scan(ScanInfo(source_format="nifti"), None)
    assert 100.0 < law.to_density(200.0) < 180.0


def test_the_files_it_links_exist():
    links = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\"]+)\"", README)
    paths = [Path(vertaug.__file__).parents[2] / (a or b) for a, b in links]
    assert len(paths) >= 5
    assert [p for p in paths if not p.exists()] == []


def test_its_commands_and_options_exist(run):
    for line in re.findall(r"^vertaug (.*)$", README, flags=re.MULTILINE):
        words = line.partition("#")[0].split()
        help_text = run(words[0], "--help").out
        assert help_text, line
        for option in (w for w in words if w.startswith("-")):
            assert option in help_text, line


@pytest.mark.parametrize("name", NUMBERINGS)
def test_the_numbers_of_the_labels_page_are_those_that_are_read(name):
    page = (Path(vertaug.__file__).parents[2] / "docs" / "labels.md").read_text("utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    levels = NUMBERINGS[name].levels
    shown = {}
    for first, last, head, foot in re.findall(r"(\d+)-(\d+) ([CTL]\d+)-([CTL]\d+)", row):
        step = 1 if int(last) > int(first) else -1
        values = range(int(first), int(last) + step, step)
        names = LEVELS[LEVELS.index(head) : LEVELS.index(foot) + 1]
        shown |= dict(zip(values, names, strict=True))
    shown |= {int(value): level for value, level in re.findall(r"[ ,](\d+) ([TS]\d+)(?!-)\b", row)}
    assert shown == dict(levels)
