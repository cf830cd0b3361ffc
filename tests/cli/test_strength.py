"""The command that computes strength: of a case, and of images alone."""

import json

import numpy as np
import pytest
import SimpleITK

from vertaug.case.case_file import read_case
from vertaug.case.grid import Grid
from vertaug.imaging import write_nifti

FAST = ("--linear-only", "--spacing-mm", "3")


@pytest.fixture(scope="session")
def with_strength(finished, tmp_path_factory):
    """A case with strength; copy it before changing it."""
    import shutil

    from vertaug.cli.main import main

    folder = tmp_path_factory.mktemp("strong") / "case"
    shutil.copytree(finished, folder)
    with pytest.raises(SystemExit) as left:
        main(["strength", str(folder), *FAST, "--cement-ml", "3", "-q"])
    assert not left.value.code
    return folder


@pytest.fixture
def strong(with_strength, tmp_path):
    import shutil

    return shutil.copytree(with_strength, tmp_path / "case")


@pytest.fixture
def images(tmp_path):
    """A block of bone of 120 mg/ml between caps, and its regions; returns paths and arrays."""
    shape = (12, 12, 24)
    regions = np.zeros(shape, dtype=np.uint8)
    regions[1:-1, 1:-1, 4:20] = 1
    regions[1:-1, 1:-1, 1:4] = 5
    regions[1:-1, 1:-1, 20:23] = 6
    density = np.where(regions == 1, 120, 0).astype(np.int16)

    def write(values=density, numbers=regions):
        grid = Grid(shape=shape, affine=np.eye(4))
        write_nifti(tmp_path / "density.nii.gz", values, grid)
        write_nifti(tmp_path / "regions.nii.gz", numbers, grid)
        return tmp_path / "density.nii.gz", tmp_path / "regions.nii.gz"

    return write, density, regions


def call(run, pair, out, *more):
    density, regions = pair
    return run("strength", "--density", density, "--regions", regions, "-o", out, *more)


def test_a_case_gains_its_strength(strong):
    tree = json.loads((strong / "case.json").read_text())
    found = tree["mechanics"]
    assert found["level"] == tree["fracture"]["level"] == "L1"
    for state in ("before", "after_vertebroplasty"):
        assert found[state]["stiffness_n_per_mm"] > 0.0
        assert found[state]["failure_load_n"] > 0.0
        assert found[state]["failure_load_definition"] == "linear 0.68 %"
    assert found["after_kyphoplasty"] is None
    ratio = found["after_vertebroplasty"]["failure_load_n"] / found["before"]["failure_load_n"]
    assert found["load_ratio"] == pytest.approx(ratio, abs=1e-3)
    assert found["load_ratio"] > 1.0
    assert found["density_sensitivity"]["failure_load_n"][0] < found["before"]["failure_load_n"]
    chosen = tree["provenance"]["parameters"]["strength"]
    assert chosen["cement_ml"] == 3.0
    assert chosen["linear_only"] is True
    assert [step["name"] for step in tree["provenance"]["steps"]][-1] == "strength"


def test_the_models_lie_in_the_case_and_are_named(strong, parse):
    tree = json.loads((strong / "case.json").read_text())
    names = [f"mechanics/L1_{n}" for n in ("before.vtu", "before.inp", "after.vtu", "after.inp")]
    assert tree["mechanics"]["files"] == names
    assert sorted(p.name for p in (strong / "mechanics").iterdir()) == sorted(
        name.rpartition("/")[2] for name in names
    )
    assert "mechanics/L1_after.vtu" in (strong / "report.html").read_text()
    _, arrays = parse(strong / names[0])
    bone = arrays["CellData", "region"] == 1
    corners = arrays["Cells", "connectivity"].reshape(-1, 8)
    centres = arrays["Points", "Points"][corners].mean(axis=1)[bone]
    # the body of the level, as it lies in the labels of the case
    image = SimpleITK.ReadImage(str(strong / "labels" / "L1_regions.nii.gz"))
    table = json.loads((strong / "labels" / "L1_regions.json").read_text())["labels"]
    inside = 0
    for centre in centres.tolist():
        index = image.TransformPhysicalPointToIndex(centre)
        fits = all(0 <= i < n for i, n in zip(index, image.GetSize(), strict=True))
        inside += fits and image.GetPixel(index) == table["body"]
    assert inside > 0.9 * len(centres)


def test_without_strength_the_models_go(run, strong):
    assert run("measure", strong, "--kvp", "100").code == 0
    assert not (strong / "mechanics").exists()


def test_load_on_the_discs_stands_in_the_case_and_in_the_report(strong):
    found = json.loads((strong / "case.json").read_text())["mechanics"]
    loads = [found[state]["disc_load"] for state in ("before", "after_vertebroplasty")]
    assert loads[1]["stiffness_n_per_mm"] > loads[0]["stiffness_n_per_mm"]
    for load in loads:
        assert [plate["name"] for plate in load["plates"]] == ["superior", "inferior"]
    assert "Load on the endplates of L1" in (strong / "report.html").read_text()


def test_the_rest_of_the_case_stays_as_it_was(strong, finished):
    before, after = read_case(finished), read_case(strong)
    for key in ("scan", "labels", "density", "anatomy", "fracture", "planning"):
        assert getattr(before, key) == getattr(after, key)
    assert before.mechanics is None


def test_the_report_shows_it_with_its_limits(strong):
    page = (strong / "report.html").read_text()
    assert "Strength, L1" in page
    assert "linear 0.68 %" in page
    assert "with cement (assumed shape, 3 ml, not an injection)" in page
    assert "with 3 ml of cement" not in page
    assert "Kopperdahl" in page
    assert "see Strength, L1" in page.partition('class="tiles"')[0]


def test_limits_stand_first_and_the_method_last_with_the_figures_between(strong):
    page = (strong / "report.html").read_text()
    order = [
        "All plans at L1",
        '<h1 class="part">Strength, L1</h1>',
        "Strength: main limits",
        "Failure load and stiffness",
        'id="figure-map_strain_energy"',
        "Strength: method",
        "Strength: further limits",
        "Shares of the load",
        "Notes and limits of this case",
    ]
    places = [page.index(text) for text in order]
    assert places == sorted(places)


def test_a_fractured_level_whose_neighbours_are_cut_says_so(strong):
    found = json.loads((strong / "case.json").read_text())["mechanics"]
    none = "no intact neighbour of L1 lies whole in the scan"
    assert found["intact_neighbour"] is None
    assert found["no_intact_neighbour"] == none
    assert found["before_not_usable"] == ""
    assert found["assumed_cement"] is True
    assert found["notes"][0].endswith(f"cannot be judged: {none}.")
    page = (strong / "report.html").read_text()
    assert page.count("o intact neighbour of L1 lies whole in the scan.") == 2


def test_what_limits_this_case_is_told_in_the_case_and_on_the_terminal(run, strong):
    notes = json.loads((strong / "case.json").read_text())["mechanics"]["notes"]
    told = " ".join(notes)
    assert "L1 is fractured (Genant grade" in told
    assert "3 ml of cement is" in told
    assert "at the tips of plan 1 (vertebroplasty" in told
    assert "No safe load is given" in told
    said = run("strength", strong, *FAST, "--cement-ml", "3")
    shown = " ".join(said.out.split())
    for note in notes:
        assert f"note: {note}" in shown
    assert "its uncertainty is not known" in shown
    assert "with cement (assumed shape, 3 ml, not an injection): failure load" in shown
    assert "no intact neighbour of L1 lies whole in the scan" in shown
    assert "without the error of the model" in shown


def test_cement_that_goes_is_said(run, strong):
    said = run("strength", strong, *FAST)
    shown = " ".join(said.err.split())
    assert "strength with 3 ml of cement of this case was replaced by that without cement" in shown
    assert "vertaug strength CASE --cement-ml 3" in shown
    assert "was replaced" not in run("strength", strong, *FAST).err


def test_writing_the_report_again_keeps_it(run, strong):
    before = read_case(strong).mechanics
    said = run("report", strong, "--no-pdf")
    assert said.code == 0, said.err
    assert read_case(strong).mechanics == before
    assert "left out" not in said.err


def test_the_plan_again_keeps_it_too(run, files, strong):
    before = read_case(strong).mechanics
    said = run(*files.arguments(strong, "--no-pdf"))
    assert said.code == 0, said.err
    assert "Nothing changed" in said.out
    assert read_case(strong).mechanics == before


def test_another_density_leaves_it_out_and_says_so(run, strong):
    said = run("measure", strong, "--kvp", "100")
    assert said.code == 0, said.err
    assert "left out" in said.err
    assert read_case(strong).mechanics is None
    assert read_case(strong).provenance.parameters.strength is None
    assert not list((strong / ".vertaug" / "steps").glob("strength-*"))


def test_the_same_strength_again_is_not_computed_again(run, strong, monkeypatch):
    from vertaug.mechanics import comparison

    def fail(*_):
        pytest.fail("computed again")

    monkeypatch.setattr(comparison, "measure_state", fail)
    said = run("strength", strong, *FAST, "--cement-ml", "3")
    assert said.code == 0, said.err
    assert "gain by cement: failure load" in said.out


def test_no_gain_is_printed_beside_a_value_that_is_not_usable(strong):
    from vertaug.cli.strength import list_lines

    found = read_case(strong).mechanics
    assert any("gain by cement" in line for line in list_lines(found))
    found = found.model_copy(update={"before_not_usable": "before value not usable"})
    assert not any("gain" in line for line in list_lines(found))


def test_json_of_a_case_is_alone_on_stdout(run, strong):
    said = run("strength", strong, *FAST, "--cement-ml", "3", "--json")
    tree = json.loads(said.out)
    assert tree["mechanics"]["before"]["failure_load_n"] > 0.0
    assert tree["files"]["case"] == str(strong.resolve())


def test_an_old_case_without_the_key_is_read(case):
    path = case / "case.json"
    tree = json.loads(path.read_text())
    del tree["mechanics"]
    del tree["provenance"]["parameters"]["strength"]
    path.write_text(json.dumps(tree))
    assert read_case(case).mechanics is None


def test_a_failed_solution_leaves_the_case_and_no_number(run, case, monkeypatch):
    from vertaug.mechanics import elastic

    text = (case / "case.json").read_text()
    limits = elastic.SolverLimits(tolerance=1e-6, iterations=1)
    monkeypatch.setattr(elastic, "SolverLimits", lambda: limits)
    monkeypatch.setattr("vertaug.workflow.chain.warm_up_mechanics", lambda _: None)
    said = run("strength", case, *FAST)
    assert said.code == 3
    assert "elastic solution failed" in said.err
    assert said.out == ""
    assert (case / "case.json").read_text() == text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--level", "L5"), "L5 is not in this scan"),
        (("--level", "T12"), "T12"),
        (("--level", "C3"), "thoracic and lumbar"),
        (("--level", "Q9"), "Q9"),
        (("--cement-ml", "0"), "above 0"),
        (("--cement-ml", "19.9"), "room for"),
        (("--surface", "drucker"), "tresca, mises"),
        (("--spacing-mm", "9"), "0.5 to 4"),
        (("--density", "x.nii.gz"), "not both"),
        (("--files", "models"), "--files go with the images"),
        (("--mapping", "published"), "--mapping goes with --density"),
    ],
)
def test_what_cannot_be_computed_is_refused(run, case, more, words):
    text = (case / "case.json").read_text()
    said = run("strength", case, *FAST[:1], *more)
    assert said.code == 2, said.err
    assert words in " ".join(said.err.split())
    assert (case / "case.json").read_text() == text


def test_no_case_and_no_images(run, tmp_path):
    said = run("strength")
    assert said.code == 2
    assert "strength CASE" in said.err
    said = run("strength", tmp_path / "nowhere")
    assert said.code == 2
    assert "is not a case" in said.err
    said = run("strength", "--density", "a.nii.gz", "-o", tmp_path / "out.json")
    assert said.code == 2
    assert "missing: --regions" in " ".join(said.err.split())


def test_images_alone(run, images, tmp_path):
    out = tmp_path / "out.json"
    write, _, _ = images
    said = call(run, write(), out, "--linear-only", "--height-mm", "16", "--json")
    assert said.code == 0, said.err
    tree = json.loads(out.read_text())
    assert json.loads(said.out) == tree
    found = tree["mechanics"]
    # E = 2980 * 0.12**1.05 over 100 mm2 and 16 mm of bone, the caps hardly yield
    modulus = 2980.0 * 0.12**1.05
    assert found["before"]["stiffness_n_per_mm"] == pytest.approx(modulus * 100 / 16, rel=0.05)
    load = 0.0068 * 16.0 * found["before"]["stiffness_n_per_mm"]
    assert found["before"]["failure_load_n"] == pytest.approx(load, abs=1e-3)
    assert found["density_sensitivity"] is None
    assert found["intact_neighbour"] is None
    assert found["no_intact_neighbour"] == ""
    assert "If the vertebra is fractured: it is computed as it was scanned" in " ".join(
        found["notes"]
    )
    assert [i["name"] for i in tree["provenance"]["inputs"]] == ["density.nii.gz", "regions.nii.gz"]
    assert str(tmp_path) not in out.read_text()


def test_posterior_elements_do_not_count_for_the_axial_rigidity(run, images, tmp_path):
    write, density, regions = images
    out = tmp_path / "out.json"
    found = []
    for number in (0, 3):
        # the outermost columns behind become a process, or are left away
        numbers = np.where((regions == 1) & (np.arange(12)[None, :, None] > 7), number, regions)
        values = np.where(numbers > 0, density, 0)
        said = call(run, write(values, numbers), out, "--linear-only", "--height-mm", "16")
        assert said.code == 0, said.err
        found.append(json.loads(out.read_text())["mechanics"])
    rigid = [f["competitors"]["minimum_rigidity_n"] for f in found]
    assert rigid[0] == pytest.approx(rigid[1])
    stiff = [f["before"]["stiffness_n_per_mm"] for f in found]
    assert stiff[1] > 1.05 * stiff[0]


def test_images_leave_their_models_on_request(run, images, parse, tmp_path):
    write, _, regions = images
    out, folder = tmp_path / "one.json", tmp_path / "models" / "here"
    said = call(run, write(), out, "--linear-only", "--files", folder, "--cement-ml", "0.3")
    assert said.code == 0, said.err
    names = ["one_before.vtu", "one_before.inp", "one_after.vtu", "one_after.inp"]
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)
    tree = json.loads(out.read_text())
    assert tree["mechanics"]["files"] == names
    assert str(tmp_path) not in out.read_text()
    (_, cells), arrays = parse(folder / names[0])
    assert cells == (regions > 0).sum()
    density = arrays["CellData", "density_mg_per_ml"]
    np.testing.assert_allclose(density[arrays["CellData", "region"] == 1], 120.0)
    np.testing.assert_allclose(density[arrays["CellData", "region"] == 2], 0.0)
    said = call(run, write(), out, "--linear-only")
    assert json.loads(out.read_text())["mechanics"]["files"] == []


def test_models_that_cannot_be_written_leave_no_result(run, images, tmp_path):
    write, _, _ = images
    out, blocked = tmp_path / "one.json", tmp_path / "blocked"
    blocked.write_text("a file")
    said = call(run, write(), out, "--linear-only", "--files", blocked)
    assert said.code == 2
    assert "names a folder" in " ".join(said.err.split())
    assert not out.exists()


def test_a_model_that_fails_half_way_leaves_nothing(run, images, tmp_path, monkeypatch):
    from vertaug.case.errors import StorageError
    from vertaug.report import strength_files

    def fail(*_, **__):
        message = "models could not be written: the disk is full"
        raise StorageError(message)

    monkeypatch.setattr(strength_files, "write_abaqus", fail)
    write, _, _ = images
    folder = tmp_path / "models"
    said = call(run, write(), tmp_path / "one.json", "--linear-only", "--files", folder)
    assert said.code != 0
    assert "the disk is full" in " ".join(said.err.split())
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "one.json").exists()


def test_images_that_cannot_be_used(run, images, tmp_path):
    write, density, regions = images
    out = tmp_path / "out.json"
    said = call(run, write(values=(density / 1000.0).astype(np.float32)), out, "--linear-only")
    assert said.code == 2
    assert "g/ml" in said.err
    said = call(run, write(numbers=np.where(regions == 6, 0, regions)), out, "--linear-only")
    assert said.code == 2
    assert "superior cap" in said.err
    said = call(run, write(numbers=regions + np.float32(0.5)), out, "--linear-only")
    assert said.code == 2
    assert "whole numbers" in said.err
    said = call(run, write(values=regions, numbers=density), out)
    assert said.code == 2
    assert "not densities of bone in mg/ml. Are --density and --regions swapped?" in said.err
    said = call(run, write(numbers=np.where(density > 0, 1290, 0)), out)
    assert said.code == 2
    assert "holds values from 0 to 1290" in said.err
    pair = write()
    pair[1].unlink()
    said = call(run, pair, out, "--linear-only")
    assert said.code == 2
    assert f"--regions {pair[1]} does not exist" in " ".join(said.err.split())
    said = call(run, write(), tmp_path / "out.txt")
    assert said.code == 2
    assert "-o names the file of the result" in said.err
    said = call(run, write(), out, "--mapping", "middle")
    assert said.code == 2
    assert "exact, binned, published" in said.err
    said = call(run, write(), out, "--height-mm", "900")
    assert said.code == 2
    assert not out.exists()


def test_images_on_different_grids_are_refused(run, images, tmp_path):
    write, density, _ = images
    pair = write()
    other = Grid(shape=density.shape, affine=np.diag([1.0, 1.0, 1.1, 1.0]))
    write_nifti(pair[0], density, other)
    said = call(run, pair, tmp_path / "out.json", "--linear-only")
    assert said.code == 2
    assert "different grids" in said.err


def test_a_spacing_does_not_go_with_images(run, tmp_path):
    images = ("--density", "a.nii.gz", "--regions", "b.nii.gz", "-o", tmp_path / "out.json")
    said = run("strength", *images, "--spacing-mm", "2")
    assert said.code == 2
    assert "the voxels are those of the image" in " ".join(said.err.split())
