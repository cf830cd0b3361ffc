"""Models as input files of Abaqus and CalculiX."""

import re

import numpy as np
import pytest

from vertaug.case.errors import GeometryError, InputError, StorageError
from vertaug.case.grid import Grid
from vertaug.mechanics.load_case import LoadCase, Motion, Platen
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.numerics.hexahedron import OrthotropicRatios
from vertaug.report.abaqus import AbaqusOptions, number_nodes, write_abaqus

SHAPE = (3, 4, 5)
AFFINE = np.array([[0, -1.5, 0, 7], [1.0, 0, 0, -30], [0, 0, 0.5, 90], [0, 0, 0, 1]])
"""Turned by a right angle about the superior axis: i runs to posterior, j to the right."""


def small(bone=None, filler=None, *, anisotropic=False, affine=AFFINE):
    """A block with one void at a corner edge and one inside."""
    filled = np.ones(SHAPE, dtype=bool)
    filled[0, 0, 1:4] = filled[1, 1, 2] = False
    bone = np.where(filled, 300.0 if bone is None else bone, 0.0)
    return VertebraModel(
        grid=Grid(shape=SHAPE, affine=affine),
        bone_mpa=bone,
        filler_mpa=np.zeros(SHAPE) if filler is None else np.where(filled, filler, 0.0),
        strength_mpa=np.full(SHAPE, np.inf),
        anisotropic=anisotropic,
        superior_nodes=nodes_of_faces(filled, upper=True),
        inferior_nodes=nodes_of_faces(filled, upper=False),
        height_mm=2.5,
    )


def blocks(text):
    """Return (keyword line, data lines) of a file, comments left out."""
    lines = [line for line in text.splitlines() if not line.startswith("**")]
    starts = [n for n, line in enumerate(lines) if line.startswith("*")]
    ends = [*starts[1:], len(lines)]
    return [(lines[a], lines[a + 1 : b]) for a, b in zip(starts, ends, strict=True)]


def data(text, start):
    found = [rows for head, rows in blocks(text) if head.startswith(start)]
    assert found, start
    return [re.split(r",\s*", row.strip(", ")) for row in found[0]]


def numbers(text, start):
    return np.array([float(v) for row in data(text, start) for v in row])


def write(path, *args, **kwargs):
    written = write_abaqus(path / "model.inp", *args, **kwargs)
    return written, (path / "model.inp").read_text()


def sections(text):
    """Return members and elastic constants of each material."""
    found, parts = {}, blocks(text)
    for (head, rows), (_, _), (kind, constants) in zip(parts, parts[1:], parts[2:], strict=False):
        if head.startswith("*ELSET"):
            members = [int(v) for row in rows for v in row.split(",")]
            found[head] = (
                members,
                kind,
                np.array([float(v) for v in ",".join(constants).split(",")]),
            )
    return found


def test_bricks_have_the_volume_and_the_places_of_the_voxels(tmp_path):
    model = small()
    written, text = write(tmp_path, model)
    nodes = numbers(text, "*NODE, NSET").reshape(-1, 4)
    bricks = numbers(text, "*ELEMENT").reshape(-1, 9).astype(int)
    assert (written.nodes, written.elements) == (len(nodes), len(bricks))
    np.testing.assert_array_equal(nodes[:, 0], np.arange(1, len(nodes) + 1))
    np.testing.assert_array_equal(bricks[:, 0], np.arange(1, model.filled.sum() + 1))
    corners = nodes[bricks[:, 1:] - 1, 1:]
    voxels = np.argwhere(model.filled)
    np.testing.assert_allclose(corners.mean(axis=1), (voxels + 0.5) * model.grid.spacing_mm)
    a, b, c = (corners[:, n] - corners[:, 0] for n in (1, 3, 4))
    np.testing.assert_allclose(np.einsum("ij,ij->i", np.cross(a, b), c), 0.75)
    # the upper face lies over the lower one, node over node
    up = corners[:, 4:] - corners[:, :4]
    np.testing.assert_allclose(up, np.broadcast_to([0.0, 0.0, 0.5], up.shape), atol=1e-9)


def test_numbers_of_nodes_are_those_of_the_file(tmp_path):
    model = small()
    _, text = write(tmp_path, model)
    number = number_nodes(model)
    assert number.shape == (4, 5, 6)
    # no voxel touches this edge of the block
    assert number[0, 0, 2] == number[0, 0, 3] == 0
    nodes = numbers(text, "*NODE, NSET").reshape(-1, 4)
    index = np.argwhere(number)
    rows = nodes[number[tuple(index.T)] - 1]
    np.testing.assert_allclose(rows[:, 1:], index * model.grid.spacing_mm)


def test_world_places_and_axes(tmp_path):
    model = small(anisotropic=True)
    _, text = write(tmp_path, model, options=AbaqusOptions(world=True))
    nodes = numbers(text, "*NODE, NSET").reshape(-1, 4)[:, 1:]
    bricks = numbers(text, "*ELEMENT").reshape(-1, 9).astype(int)
    centres = nodes[bricks[:, 1:] - 1].mean(axis=1)
    np.testing.assert_allclose(centres, model.grid.to_world(np.argwhere(model.filled)))
    axes = [0, 1, 0, -1, 0, 0]
    np.testing.assert_allclose(numbers(text, "*TRANSFORM, NSET=SUPERIOR"), axes)
    np.testing.assert_allclose(numbers(text, "*TRANSFORM, NSET=INFERIOR"), axes)
    np.testing.assert_allclose(numbers(text, "*ORIENTATION"), axes)
    assert "ORIENTATION=VERTEBRA" in text


def test_own_axes_need_no_transform(tmp_path):
    _, text = write(tmp_path, small(anisotropic=True))
    assert "*TRANSFORM" not in text
    assert "*ORIENTATION" not in text


def test_mirrored_axes_are_refused_in_the_world_only(tmp_path):
    mirrored = small(affine=AFFINE @ np.diag([-1.0, 1.0, 1.0, 1.0]))
    with pytest.raises(GeometryError, match="right-handed"):
        write(tmp_path, mirrored, options=AbaqusOptions(world=True))
    write(tmp_path, mirrored)


def test_each_modulus_has_one_material_and_one_set(tmp_path):
    values = np.array([50.0, 123.456, 6000.0])
    bone = values[np.arange(60).reshape(SHAPE) % 3]
    model = small(bone)
    written, text = write(tmp_path, model, options=AbaqusOptions(digits=4))
    found = sections(text)
    assert written.materials == len(found) == 3
    assert "4 significant digits" in text
    of_element = np.empty(written.elements)
    for members, kind, constants in found.values():
        assert kind == "*ELASTIC" or kind.startswith("*MATERIAL")
        of_element[np.array(members) - 1] = constants[0]
        assert constants[1] == 0.3
    np.testing.assert_allclose(of_element, np.round(bone[model.filled], 1))


def test_filler_adds_to_bone_where_both_are_isotropic(tmp_path):
    filler = np.zeros(SHAPE)
    filler[1] = 200.0
    _, text = write(tmp_path, small(300.0, filler))
    assert sorted(c[0] for _, _, c in sections(text).values()) == [300.0, 500.0]


def test_digits_fall_until_the_materials_are_few_enough(tmp_path):
    bone = np.linspace(1000.0, 1059.0, 60).reshape(SHAPE)
    written, _ = write(tmp_path, small(bone), options=AbaqusOptions(digits=5, most_materials=10))
    assert (written.digits, written.materials) == (3, 7)
    wide = np.geomspace(1.0, 9000.0, 60).reshape(SHAPE)
    with pytest.raises(InputError, match="at most 10"):
        write(tmp_path, small(wide), options=AbaqusOptions(most_materials=10))


@pytest.mark.parametrize("filler", [0.0, 900.0])
def test_engineering_constants_give_back_the_elasticity(filler, tmp_path):
    model = small(400.0, np.full(SHAPE, filler), anisotropic=True)
    _, text = write(tmp_path, model)
    ((_, kind, constants),) = sections(text).values()
    assert kind == "*ELASTIC, TYPE=ENGINEERING CONSTANTS"
    e1, e2, e3, nu12, nu13, nu23, g12, g13, g23 = constants
    back = OrthotropicRatios(
        modulus=(e1, e2, e3), shear=(g23, g13, g12), poisson=(nu23, nu13, nu12)
    ).stiffness()
    bone, isotropic = model.elasticity
    np.testing.assert_allclose(back, 400.0 * bone + filler * isotropic, rtol=1e-8, atol=1e-6)


def test_filler_alone_stays_isotropic_beside_anisotropic_bone(tmp_path):
    bone, filler = np.full(SHAPE, 400.0), np.zeros(SHAPE)
    bone[:, :, 0], filler[:, :, 0] = 0.0, 2500.0
    _, text = write(tmp_path, small(bone, filler, anisotropic=True))
    kinds = {kind: constants for _, kind, constants in sections(text).values()}
    np.testing.assert_allclose(kinds["*ELASTIC"], [2500.0, 0.3])
    assert kinds["*ELASTIC, TYPE=ENGINEERING CONSTANTS"][2] == pytest.approx(400.0)


def test_sliding_platens_hold_the_plane_at_two_nodes_only(tmp_path):
    model = small()
    _, text = write(tmp_path, model, LoadCase(displacement_mm=0.15))
    rows = data(text, "*BOUNDARY")
    assert rows[0] == ["INFERIOR", "3", "3"]
    assert rows[-1] == ["SUPERIOR", "3", "3", "-0.15"]
    (one, *first), (again, *second), (other, *third) = rows[1:-1]
    assert (first, second, third) == (["1", "1"], ["2", "2"], ["2", "2"])
    assert one == again
    places = [np.argwhere(number_nodes(model) == int(n))[0] for n in (one, other)]
    # a support along 2 stops a turn only if the second node lies beside the first along 1
    assert places[0][0] != places[1][0]
    assert places[0][1] == places[1][1]
    assert all(p[2] == 0 for p in places)


def test_fixed_platens_hold_every_node(tmp_path):
    _, text = write(tmp_path, small(), LoadCase(platen=Platen.FIXED))
    assert data(text, "*BOUNDARY") == [
        ["INFERIOR", "3", "3"],
        ["INFERIOR", "1", "2"],
        ["SUPERIOR", "1", "2"],
        ["SUPERIOR", "3", "3", "-0.2"],
    ]


def test_forward_bending_lowers_the_front(tmp_path):
    model = small()
    _, text = write(tmp_path, model, LoadCase(motion=Motion.FLEXION, angle_deg=1.0))
    number = number_nodes(model)
    moved = {int(row[0]): float(row[3]) for row in data(text, "*BOUNDARY") if len(row) == 4}
    assert len(moved) == len(model.superior_nodes)
    front, back = number[0, 1, 5], number[0, 4, 5]
    assert moved[front] < 0 < moved[back]
    assert moved[back] - moved[front] == pytest.approx(np.radians(1.0) * 3 * 1.5)


def test_sets_of_the_platens(tmp_path):
    model = small()
    _, text = write(tmp_path, model)
    number = number_nodes(model)
    for name, layer in (("SUPERIOR", 5), ("INFERIOR", 0)):
        members = numbers(text, f"*NSET, NSET={name}").astype(int)
        assert sorted(members) == sorted(n for n in number[:, :, layer].ravel() if n)
    assert data(text, "*NODE PRINT, NSET=SUPERIOR, TOTALS=YES") == [["RF"]]


def test_no_line_is_longer_than_readers_take(tmp_path):
    model = small(np.linspace(50, 6000, 60).reshape(SHAPE), anisotropic=True)
    _, text = write(tmp_path, model, options=AbaqusOptions(world=True))
    assert max(len(line) for line in text.splitlines()) <= 132
    assert all(len(line.split(",")) <= 16 for line in text.splitlines() if line[0] != "*")


@pytest.mark.parametrize("bad", [{"digits": 1}, {"digits": 12}, {"most_materials": 0}])
def test_options_that_cannot_be_used(bad):
    with pytest.raises(InputError):
        AbaqusOptions(**bad)


def test_a_folder_in_place_of_the_file_leaves_no_part(tmp_path):
    (tmp_path / "model.inp").mkdir()
    with pytest.raises(StorageError):
        write(tmp_path, small())
    assert [p.name for p in tmp_path.iterdir()] == ["model.inp"]
