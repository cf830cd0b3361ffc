"""Voxels and their fields as VTU, parsed back."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import GeometryError, InputError
from vertaug.case.grid import Grid
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.report.abaqus import number_nodes
from vertaug.report.vtu import VoxelFields, displacement_box, write_vtu

SHAPE = (6, 5, 7)


def block(shape=SHAPE):
    filled = np.ones(shape, dtype=bool)
    filled[0, 0, :] = filled[2, 2, 3] = False
    turn = np.linalg.qr(np.array([[3.0, 1, 0.2], [-1, 3, 0.4], [0.1, -0.6, 3]]))[0]
    turn *= np.sign(np.diag(turn))
    affine = np.eye(4)
    affine[:3, :3] = turn * np.array([1.0, 1.2, 0.8])
    affine[:3, 3] = 12.0, -230.0, 540.0
    random = np.random.default_rng(5)
    filler = np.where(filled, random.uniform(0, 100, shape), 0.0)
    return VertebraModel(
        grid=Grid(shape=shape, affine=affine),
        bone_mpa=np.where(filled, random.uniform(50, 900, shape), 0.0),
        filler_mpa=filler,
        strength_mpa=np.full(shape, np.inf),
        anisotropic=False,
        superior_nodes=nodes_of_faces(filled, upper=True),
        inferior_nodes=nodes_of_faces(filled, upper=False),
        height_mm=5.0,
    )


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("world", [False, True])
def test_points_and_cells_are_those_of_the_voxels(parse, world, compress, tmp_path):
    model = block()
    path = write_vtu(tmp_path / "model.vtu", model, world=world, compress=compress)
    (points, cells), arrays = parse(path)
    place = arrays["Points", "Points"]
    corners = arrays["Cells", "connectivity"].reshape(-1, 8)
    assert len(place) == points
    assert len(corners) == cells == model.filled.sum()
    assert set(arrays["Cells", "types"]) == {12}
    np.testing.assert_array_equal(arrays["Cells", "offsets"], 8 * np.arange(1, cells + 1))
    centres = place[corners].mean(axis=1)
    voxels = np.argwhere(model.filled)
    wanted = model.grid.to_world(voxels) if world else (voxels + 0.5) * model.grid.spacing_mm
    np.testing.assert_allclose(centres, wanted, atol=1e-3)
    # VTK's order: around the lower face counter-clockwise, then the upper one
    a, b, c = (place[corners[:, n]] - place[corners[:, 0]] for n in (1, 3, 4))
    volume = np.einsum("ij,ij->i", np.cross(a, b), c)
    np.testing.assert_allclose(volume, model.grid.voxel_volume_mm3, rtol=1e-3)


@pytest.mark.parametrize("world", [False, True])
def test_fields_stand_where_they_belong(parse, world, tmp_path):
    model = block()
    random = np.random.default_rng(8)
    energy, strain = random.random(SHAPE), random.random(SHAPE)
    region = random.integers(0, 7, SHAPE)
    found = solve_elastic(model)
    moved = displacement_box(found.loaded, found.displacement_mm)
    fields = VoxelFields(
        displacement_mm=moved,
        crushed_mm=3.0 * moved,
        energy_mpa=energy,
        plastic_strain=strain,
        density_mg_per_ml=200.0 * energy,
        cement_share=0.5 * strain,
        region=region,
    )
    path = write_vtu(tmp_path / "model.vtu", model, fields, world=world)
    _, arrays = parse(path)
    filled = model.filled
    for name, values in (
        ("modulus_mpa", model.bone_mpa + model.filler_mpa),
        ("filler_mpa", model.filler_mpa),
        ("strain_energy_density_mpa", energy),
        ("plastic_strain", strain),
        ("density_mg_per_ml", 200.0 * energy),
        ("cement_share", 0.5 * strain),
        ("region", region),
    ):
        np.testing.assert_allclose(arrays["CellData", name], values[filled], rtol=1e-6)
    assert arrays["CellData", "region"].dtype == np.int32
    seen = arrays["PointData", "displacement_mm"]
    number = number_nodes(model)
    top = number[tuple(model.superior_nodes.T)] - 1
    # the platen goes down along the model's axis, wherever that points
    up = model.grid.directions[:, 2] if world else np.array([0.0, 0.0, 1.0])
    np.testing.assert_allclose(seen[top] @ up, -0.2, atol=1e-6)
    turn = model.grid.directions if world else np.eye(3)
    np.testing.assert_allclose(seen @ turn, moved[number > 0], atol=1e-6)
    np.testing.assert_allclose(
        arrays["PointData", "displacement_crushed_mm"], 3.0 * seen, rtol=1e-5
    )


def test_bricks_of_a_mirrored_grid_are_not_inside_out(parse, tmp_path):
    model = block()
    affine = np.array(model.grid.affine)
    affine[:3, 1] *= -1.0
    model = replace(model, grid=Grid(shape=SHAPE, affine=affine))
    _, arrays = parse(write_vtu(tmp_path / "model.vtu", model))
    place = arrays["Points", "Points"].astype(float)
    corners = arrays["Cells", "connectivity"].reshape(-1, 8)
    for one, *others in ((0, 1, 3, 4), (2, 3, 1, 6), (5, 4, 6, 1), (7, 6, 4, 3)):
        a, b, c = (place[corners[:, n]] - place[corners[:, one]] for n in others)
        volume = np.abs(np.einsum("ij,ij->i", np.cross(a, b), c))
        np.testing.assert_allclose(volume, model.grid.voxel_volume_mm3, rtol=1e-3)
    a, b, c = (place[corners[:, n]] - place[corners[:, 0]] for n in (1, 3, 4))
    assert (np.einsum("ij,ij->i", np.cross(a, b), c) > 0.0).all()
    centres = place[corners].mean(axis=1)
    np.testing.assert_allclose(centres, model.grid.to_world(np.argwhere(model.filled)), atol=1e-3)


def test_what_is_not_given_is_left_out(parse, tmp_path):
    _, arrays = parse(write_vtu(tmp_path / "model.vtu", block()))
    names = [name for group, name in arrays if group.endswith("Data")]
    assert names == ["modulus_mpa", "filler_mpa"]


def test_blocks_of_the_compressor_add_up(parse, tmp_path):
    """More than one block, and a last one that is full."""
    model = block((32, 32, 17))
    full = np.full((32, 32, 17), 100.0)
    model = replace(model, bone_mpa=full, filler_mpa=np.zeros_like(full))
    (_, cells), arrays = parse(write_vtu(tmp_path / "model.vtu", model))
    assert cells * 8 * 4 % 65536 != 0
    np.testing.assert_allclose(arrays["CellData", "modulus_mpa"], 100.0)
    model = replace(
        model, bone_mpa=np.where(np.arange(17) < 16, full, 0.0), filler_mpa=np.zeros_like(full)
    )
    (_, cells), arrays = parse(write_vtu(tmp_path / "model.vtu", model))
    assert cells * 8 * 4 % 65536 == 0
    assert arrays["Cells", "connectivity"].max() == len(arrays["Points", "Points"]) - 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (VoxelFields(energy_mpa=np.zeros((6, 5, 6))), GeometryError),
        (VoxelFields(displacement_mm=np.zeros((*SHAPE, 3))), GeometryError),
        (VoxelFields(crushed_mm=np.zeros((*SHAPE, 3))), GeometryError),
        (VoxelFields(density_mg_per_ml=np.zeros((1, 1, 1))), GeometryError),
        (VoxelFields(plastic_strain=np.full(SHAPE, np.nan)), InputError),
    ],
)
def test_fields_that_do_not_fit_are_refused(fields, error, tmp_path):
    with pytest.raises(error):
        write_vtu(tmp_path / "model.vtu", block(), fields)
    assert list(tmp_path.iterdir()) == []


def test_air_need_not_be_a_number(parse, tmp_path):
    model = block()
    strain = np.where(model.filled, 0.01, np.nan)
    _, arrays = parse(write_vtu(tmp_path / "m.vtu", model, VoxelFields(plastic_strain=strain)))
    np.testing.assert_allclose(arrays["CellData", "plastic_strain"], 0.01)
