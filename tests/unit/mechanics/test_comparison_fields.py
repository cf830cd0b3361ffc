"""What is kept of a computation in voxels and at nodes."""

import numpy as np
import pytest

from vertaug.case.grid import Grid
from vertaug.mechanics.comparison_fields import NOTHING_MPA, Solved, keep_fields
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.load_transfer import measure_transfer
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.mechanics.plastic import crush

SHAPE = (6, 5, 8)
HOLE = np.s_[2:5, 0:3, 2:6]


@pytest.fixture(scope="module")
def kept():
    """A block that is crushed, with a hole of next to nothing at its front."""
    bone = np.full(SHAPE, 200.0)
    bone[HOLE] = 1e-4
    every = np.ones(SHAPE, dtype=bool)
    model = VertebraModel(
        grid=Grid(shape=SHAPE, affine=np.eye(4)),
        bone_mpa=bone,
        filler_mpa=np.zeros(SHAPE),
        strength_mpa=np.where(bone > NOTHING_MPA, 1.0, 1e-8),
        anisotropic=False,
        superior_nodes=nodes_of_faces(every, upper=True),
        inferior_nodes=nodes_of_faces(every, upper=False),
        height_mm=8.0,
    )
    pressed = solve_elastic(model)
    solved = Solved(
        pressed=pressed,
        transfer=measure_transfer(pressed),
        scale=2.0,
        plastic=crush(model, displacements_mm=np.array([0.05, 0.1])),
    )
    return model, solved, keep_fields(model, solved, np.zeros(SHAPE))


def test_bone_keeps_what_was_computed(kept):
    model, solved, field = kept
    assert field.displacement_mm.shape == (7, 6, 9, 3)
    np.testing.assert_allclose(field.displacement_mm[:, :, -1, 2], -0.4, rtol=1e-6)
    np.testing.assert_allclose(field.crushed_mm[:, :, -1, 2], -0.1, rtol=1e-6)
    np.testing.assert_allclose(field.energy_mpa, 4.0 * solved.transfer.energy_mpa, rtol=1e-5)
    assert field.plastic_strain[model.bone_mpa > NOTHING_MPA].max() > 1e-3
    # at the edge of the hole a node belongs to bone: it stays where it was computed
    box = solved.plastic.body.body.grid.spread_nodes(solved.plastic.nodes_mm[2])
    np.testing.assert_allclose(field.crushed_mm[2, 0, 2:7, 2], box[2, 0, 2:7], rtol=1e-5)


def test_nothing_does_not_fail_and_follows_the_bone_beside_it(kept):
    model, _, field = kept
    assert not field.plastic_strain[model.bone_mpa < NOTHING_MPA].any()
    # node (3, 0, 4) touches voxels of the hole only; the nearest of bone is at (2, 0, 4)
    np.testing.assert_array_equal(field.crushed_mm[3, 0, 4], field.crushed_mm[2, 0, 4])
    assert np.abs(field.crushed_mm).max() <= 0.2


def test_what_is_not_known_is_none(kept):
    model, solved, _ = kept
    linear = Solved(pressed=solved.pressed, transfer=solved.transfer, scale=1.0, plastic=None)
    field = keep_fields(model, linear, np.zeros(SHAPE))
    assert field.plastic_strain is None
    assert field.crushed_mm is None
    assert field.density_mg_per_ml is None
