"""The models of a strength as files."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import StorageError
from vertaug.case.grid import Grid
from vertaug.case.mechanics_content import case_stem, describe_mechanics, strength_file_names
from vertaug.case.spine import Region
from vertaug.mechanics.comparison import StrengthOptions, assess_strength
from vertaug.report.abaqus import number_nodes
from vertaug.report.strength_files import BONE, CAP, write_strength_files
from vertaug.report.strength_model import model_of_field
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra

OPTIONS = StrengthOptions(spacing_mm=4.0, cement_ml=3.0)


@pytest.fixture(scope="module")
def vertebra():
    return AnalyticVertebra(spacing=1.5).spine()["L1"]


@pytest.fixture(scope="module")
def found(vertebra):
    return assess_strength(vertebra, calibrate_generic(120.0), OPTIONS)


def linear(found):
    """The same without a curve and without cement."""
    field = replace(found.before.field, plastic_strain=None, crushed_mm=None)
    before = replace(found.before, curve=None, field=field)
    return replace(found, before=before, after=None, cement_ml=None)


def test_files_are_named_by_level_and_state(found, tmp_path):
    assert case_stem(found) == "mechanics/L1"
    names = ("before.vtu", "before.inp", "after.vtu", "after.inp", "curve.csv")
    wanted = tuple(f"mechanics/L1_{name}" for name in names)
    assert strength_file_names(found, "mechanics/L1") == wanted
    assert describe_mechanics(found, "mechanics/L1").files == wanted
    assert describe_mechanics(found).files == ()
    written = write_strength_files(found, tmp_path, "mechanics/L1")
    assert written == tuple(tmp_path / name for name in wanted)
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == set(written)


def test_a_kyphoplasty_has_its_own_model_and_curve(found, parse, tmp_path):
    half = replace(found.after, stiffness_n_per_mm=0.5 * found.after.stiffness_n_per_mm)
    tall = found.height_mm + 1.0
    other = replace(found, after=half, cement_ml=2.5, after_height_mm=tall, after_balloons=True)
    names = ("before.vtu", "before.inp", "after.vtu", "after.inp")
    wanted = tuple(f"L1_{name}" for name in (*names, "kyphoplasty.vtu", "kyphoplasty.inp"))
    written = write_strength_files(found, tmp_path, "L1", other)
    assert [path.name for path in written] == [*wanted, "L1_curve.csv"]
    _, arrays = parse(tmp_path / "L1_kyphoplasty.vtu")
    assert arrays
    rows = (tmp_path / "L1_curve.csv").read_text().splitlines()
    states = [row.split(",")[0] for row in rows[1:]]
    assert list(dict.fromkeys(states)) == ["before", "after", "kyphoplasty"]
    record = describe_mechanics(found, "L1", other)
    assert record.files == (*wanted, "L1_curve.csv")
    assert record.after_kyphoplasty.stiffness_n_per_mm == pytest.approx(
        half.stiffness_n_per_mm, abs=1e-3
    )
    assert record.after_vertebroplasty.stiffness_n_per_mm == pytest.approx(
        found.after.stiffness_n_per_mm, abs=1e-3
    )
    assert record.kyphoplasty.stiffness_ratio == pytest.approx(
        half.stiffness_n_per_mm / found.before.stiffness_n_per_mm, abs=1e-3
    )
    assert record.kyphoplasty.height_mm == pytest.approx(tall, abs=1e-3)
    assert record.kyphoplasty.cement_ml == 2.5
    assert describe_mechanics(found).kyphoplasty is None
    plain = describe_mechanics(found, None, replace(other, after_height_mm=None))
    assert plain.kyphoplasty.height_mm == pytest.approx(found.height_mm, abs=1e-3)


def test_without_cement_and_curve_there_are_two(found, tmp_path):
    written = write_strength_files(linear(found), tmp_path, "x")
    assert [p.name for p in written] == ["x_before.vtu", "x_before.inp"]


@pytest.mark.parametrize("name", ["before", "after"])
def test_vtu_holds_every_field_of_its_state(found, name, parse, tmp_path):
    write_strength_files(found, tmp_path, "L1")
    _, arrays = parse(tmp_path / f"L1_{name}.vtu")
    field = getattr(found, name).field
    filled = (field.bone_mpa + field.filler_mpa) > 0.0
    for key, values in (
        ("modulus_mpa", field.bone_mpa + field.filler_mpa),
        ("filler_mpa", field.filler_mpa),
        ("strain_energy_density_mpa", field.energy_mpa),
        ("plastic_strain", field.plastic_strain),
        ("density_mg_per_ml", field.density_mg_per_ml),
        ("cement_share", field.cement_share),
    ):
        np.testing.assert_allclose(arrays["CellData", key], values[filled], rtol=1e-6)
    assert arrays["CellData", "cement_share"].any() == (name == "after")
    used = number_nodes(model_of_field(field, 25.0)) > 0
    for key, values in (
        ("displacement_mm", field.displacement_mm),
        ("displacement_crushed_mm", field.crushed_mm),
    ):
        np.testing.assert_allclose(
            arrays["PointData", key] @ field.grid.directions, values[used], atol=1e-5
        )
    region = arrays["CellData", "region"]
    assert set(region.tolist()) == {BONE, CAP}
    # bone that cement replaces is still bone
    np.testing.assert_array_equal(region == CAP, (found.before.field.bone_mpa <= 0.0)[filled])


def test_the_models_lie_where_the_body_is(found, vertebra, parse, tmp_path):
    """Voxels of bone, in LPS mm, are inside the mask of the scan, and fill it."""
    write_strength_files(found, tmp_path, "L1")
    _, arrays = parse(tmp_path / "L1_before.vtu")
    corners = arrays["Cells", "connectivity"].reshape(-1, 8)
    centres = arrays["Points", "Points"][corners].mean(axis=1, dtype=np.float64)
    bone = centres[arrays["CellData", "region"] == BONE]
    body = vertebra.mask(Region.BODY)
    grid: Grid = vertebra.regions.grid
    index = np.clip(np.round(grid.to_index(bone)).astype(int), 0, np.array(body.shape) - 1)
    assert body[tuple(index.T)].mean() > 0.97
    middle = grid.to_world(np.argwhere(body)).mean(axis=0)
    # a quarter of a voxel: a shift by half of one would be seen
    np.testing.assert_allclose(bone.mean(axis=0), middle, atol=1.0)


def test_inp_has_the_nodes_of_the_vtu(found, parse, tmp_path):
    write_strength_files(found, tmp_path, "L1")
    for name in ("before", "after"):
        (points, cells), arrays = parse(tmp_path / f"L1_{name}.vtu")
        text = (tmp_path / f"L1_{name}.inp").read_text()
        nodes, rest = text.split("*NODE, NSET=ALLNODES\n")[1].split("*ELEMENT", 1)
        rows = np.array([line.split(",") for line in nodes.splitlines()], dtype=float)
        np.testing.assert_array_equal(rows[:, 0], np.arange(1, points + 1))
        np.testing.assert_allclose(rows[:, 1:], arrays["Points", "Points"], atol=1e-4)
        bricks = rest.split("\n", 1)[1].split("*NSET", 1)[0]
        table = np.array([line.split(",") for line in bricks.splitlines()], dtype=int)
        assert len(table) == cells
        joined = arrays["Cells", "connectivity"].reshape(-1, 8) + 1
        np.testing.assert_array_equal(table[:, 1:], joined)
    before, after = ((tmp_path / f"L1_{n}.inp").read_text() for n in ("before", "after"))
    assert before.split("*ELSET")[1:] != after.split("*ELSET")[1:]


def test_platens_are_those_that_were_computed_with(found):
    """Not the outermost matter: a process may reach beyond a cap."""
    field = found.before.field
    tall = np.array(field.bone_mpa)
    tall[0, 0, :] = 100.0
    model = model_of_field(replace(field, bone_mpa=tall), 25.0)
    np.testing.assert_array_equal(model.superior_nodes, field.superior_nodes)
    np.testing.assert_array_equal(model.inferior_nodes, field.inferior_nodes)
    assert model.height_mm == 25.0


def test_axes_that_no_rotation_makes_are_written_along_themselves(found, tmp_path):
    field = found.before.field
    mirror = np.array(field.grid.affine)
    mirror[:, 0] *= -1.0
    grid = Grid(shape=field.grid.shape, affine=mirror)
    before = replace(found.before, field=replace(field, grid=grid))
    write_strength_files(linear(replace(found, before=before)), tmp_path, "L1")
    head = (tmp_path / "L1_before.inp").read_text()[:400]
    assert "left, posterior, superior of the vertebra" in head


def test_the_curve_is_that_of_both_states(found, tmp_path):
    write_strength_files(found, tmp_path, "L1")
    lines = (tmp_path / "L1_curve.csv").read_text().splitlines()
    assert lines[0] == "state,displacement_mm,force_n,yielded_share,yielded_bone_share"
    for name, state in (("before", found.before), ("after", found.after)):
        rows = [line.split(",")[1:] for line in lines if line.startswith(f"{name},")]
        curve = state.curve
        wanted = np.column_stack(
            [curve.displacement_mm, curve.force_n, curve.yielded, curve.yielded_bone]
        )
        np.testing.assert_allclose(np.array(rows, dtype=float), wanted, atol=1e-4)


def test_a_place_that_cannot_be_written_says_so(found, tmp_path):
    (tmp_path / "mechanics").write_text("a file")
    with pytest.raises(StorageError):
        write_strength_files(found, tmp_path, "mechanics/L1")
