"""The phantom's geometry: compiled against NumPy, volumes, determinism, posture."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.imaging.phantom import (
    HeightLoss,
    PhantomSpec,
    _field_reference as reference,
    _soft_tissue_reference as soft,
    build_phantom,
)
from vertaug.imaging.phantom._field_numba import evaluate_part
from vertaug.imaging.phantom._soft_numba import soft_hu_at
from vertaug.imaging.phantom.build import make_solids
from vertaug.imaging.phantom.solid import stack_solids
from vertaug.imaging.phantom.specification import PHANTOM_LEVELS

COARSE = PhantomSpec(
    spacing_mm=(2.0, 2.0, 2.0), field_of_view_mm=(120.0, 120.0, 200.0), noise_hu=0.0
)


@pytest.fixture(scope="module")
def coarse():
    return build_phantom(COARSE)


def random_points(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform([-40, -24, -40], [40, 68, 28], size=(n, 3))


def test_compiled_parts_equal_the_numpy_functions():
    solids = make_solids(COARSE)
    table = stack_solids(tuple(solids.values()))
    affines = np.tile(np.eye(3, 4), (len(solids), 1, 1))
    points = random_points(3000)
    x, y, z = points.T
    for level in (1, 3):
        row = table.view(np.recarray)[level]
        expected = reference.body_field(x, y, z, row)
        found = evaluate_part(points, affines, table, level, 1)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_skipping_far_parts_does_not_move_the_surface():
    solid = stack_solids(tuple(make_solids(COARSE).values()))[3]
    points = random_points(4000, 1)
    full = reference.bone_field(*points.T, np.rec.array(solid.reshape(1))[0])
    affines = np.tile(np.eye(3, 4), (1, 1, 1))
    only = solid.reshape(1)
    compiled = evaluate_part(points, affines, only, 0, 0)
    near = np.abs(full) < 1.9
    assert near.sum() > 200
    np.testing.assert_allclose(compiled[near], full[near], rtol=0, atol=1e-9)
    assert np.array_equal(compiled > 0, full > 0)


def test_soft_tissue_with_skipping_equals_without():
    rng = np.random.default_rng(3)
    lattice = rng.standard_normal((64, 64, 64), dtype=np.float32) * np.float32(0.5)
    points = rng.uniform([-90, -80, -95], [90, 100, 95], size=(4000, 3))
    expected = soft.soft_hu(*points.T, 16.0, lattice)
    found = [soft_hu_at(x, y, z, 16.0, lattice) for x, y, z in points]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_labels_hold_the_integrated_volume(coarse):
    for level in PHANTOM_LEVELS:
        voxels = coarse.labels.mask(level).sum() * coarse.labels.grid.voxel_volume_mm3
        assert voxels == pytest.approx(coarse.truth.bone_volume_mm3(level, 1.0), rel=0.02)


def test_labels_follow_the_exact_surface(coarse):
    grid = coarse.labels.grid
    index = np.argwhere(coarse.labels.mask("L2"))[::7]
    inside = coarse.truth.evaluate("L2", "bone", grid.to_world(index))
    assert (inside <= 1e-9).all()


def test_vertebrae_do_not_touch(coarse):
    points = coarse.labels.grid.to_world(np.argwhere(coarse.labels.mask("L1")))
    for other in ("T12", "L2"):
        assert coarse.truth.evaluate(other, "bone", points).min() > 0.5


def test_same_seed_gives_the_same_bits_and_another_seed_does_not(coarse):
    small = {"spacing_mm": (4.0, 4.0, 4.0), "noise_hu": 20.0}
    first = build_phantom(PhantomSpec(**small, seed=5))
    again = build_phantom(PhantomSpec(**small, seed=5))
    other = build_phantom(PhantomSpec(**small, seed=6))
    np.testing.assert_array_equal(first.scan.hu, again.scan.hu)
    np.testing.assert_array_equal(first.labels.values, again.labels.values)
    assert first.scan.hu.tobytes() != other.scan.hu.tobytes()
    assert np.array_equal(first.labels.values, other.labels.values)


def test_labels_name_the_levels(coarse):
    assert tuple(coarse.labels.levels) == PHANTOM_LEVELS
    assert coarse.scan.hu.dtype == np.int16
    assert coarse.labels.values.dtype == np.uint8


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"height_loss": {"L5": HeightLoss()}}, "L5"),
        ({"kvp": 110.0}, "110"),
        ({"spacing_mm": (0.1, 1.0, 1.0)}, "spacing_mm"),
        ({"rotation_deg": (0.0, 40.0, 0.0)}, "rotation_deg"),
    ],
)
def test_a_spec_out_of_range_says_what_is_wrong(change, word):
    with pytest.raises(InputError, match=word):
        PhantomSpec(**change)


def test_a_height_loss_out_of_range_is_refused():
    with pytest.raises(InputError, match="anterior"):
        HeightLoss(anterior=0.9)


@pytest.mark.parametrize("loss", [{}, {"L1": HeightLoss(anterior=0.5, middle=0.4)}])
def test_the_usual_field_of_view_holds_every_labelled_vertebra(loss):
    labels = build_phantom(PhantomSpec(spacing_mm=(3.0, 3.0, 3.0), height_loss=loss)).labels.values
    for axis in range(3):
        assert not np.take(labels, [0, -1], axis=axis).any()
