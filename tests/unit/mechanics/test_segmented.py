"""Models from a calibrated image and a region map."""

from itertools import permutations

import numpy as np
import pytest

from vertaug.case.errors import GeometryError, InputError, LabelError, OrientationError
from vertaug.case.grid import Grid
from vertaug.case.volume import Volume
from vertaug.mechanics.bone_material import (
    BoneMaterial,
    DensityMapping,
    keep_largest_piece,
    map_bone,
)
from vertaug.mechanics.comparison import StrengthOptions, assess_model
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.segmented import RegionNumbers, model_from_regions
from vertaug.tissue.bone_law import KOPPERDAHL_2002_MODULUS, KOPPERDAHL_2002_STRENGTH

SPACING = np.array([1.0, 1.5, 2.0])


def block(density=150.0):
    """A body of 6 x 5 x 7 voxels between caps of two, a process behind it, a loose crumb."""
    regions = np.zeros((10, 14, 13), dtype=np.uint8)
    regions[2:8, 2:7, 3:10] = 1
    regions[2:8, 2:7, 1:3] = 5
    regions[2:8, 2:7, 10:12] = 6
    regions[4:6, 7:11, 5:7] = 3
    regions[9, 0, 0] = 3
    values = np.full(regions.shape, density)
    affine = np.diag([*SPACING, 1.0])
    affine[:3, 3] = [-5.0, 7.0, 100.0]
    return volumes(values, regions, Grid(shape=regions.shape, affine=affine))


def volumes(values, regions, grid):
    return Volume(values=values, grid=grid), Volume(values=regions, grid=grid)


def one_modulus(density=150.0):
    return BoneMaterial(cap_mpa=float(KOPPERDAHL_2002_MODULUS.evaluate(density)))


def test_uniform_column_has_the_stiffness_of_a_bar():
    model = model_from_regions(*block(), material=one_modulus(), keep_process=False)
    area, length = 6 * 1.0 * 5 * 1.5, 11 * 2.0
    exact = float(KOPPERDAHL_2002_MODULUS.evaluate(150.0)) * area / length
    assert solve_elastic(model).stiffness == pytest.approx(exact, rel=1e-5)
    assert model.height_mm == pytest.approx(14.0)
    assert len(model.superior_nodes) == 7 * 6


def test_caps_are_filler_with_their_own_strength():
    model = model_from_regions(*block(), keep_process=False)
    caps = model.filler_mpa > 0
    assert caps.sum() == 2 * 60
    assert not (caps & (model.bone_mpa > 0)).any()
    assert set(model.strength_mpa[caps]) == {70.0}
    bone = model.strength_mpa[model.bone_mpa > 0]
    np.testing.assert_allclose(bone, KOPPERDAHL_2002_STRENGTH.evaluate(150.0))


def test_process_is_kept_or_cut_and_crumbs_go():
    whole = model_from_regions(*block())
    assert (whole.bone_mpa > 0).sum() == 210 + 16
    body = model_from_regions(*block(), keep_process=False)
    assert (body.bone_mpa > 0).sum() == 210
    assert solve_elastic(whole).stiffness > solve_elastic(body).stiffness


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, -1), (-1, -1, 1)])
def test_any_order_of_axes_gives_the_same_model(order, flips):
    rng = np.random.default_rng(4)
    density, regions = block()
    values = density.values + rng.uniform(-50, 50, density.values.shape)
    density = Volume(values=values, grid=density.grid)
    expected = model_from_regions(density, regions)
    affine = np.array(density.grid.affine)
    for axis, sign in enumerate(flips):
        if sign < 0:
            affine[:3, 3] += (density.grid.shape[axis] - 1) * affine[:3, axis]
            affine[:3, axis] *= -1
    affine[:3, :3] = affine[:3, list(order)]
    cut = tuple(slice(None, None, s) for s in flips)
    stored = [v.values[cut].transpose(order) for v in (density, regions)]
    grid = Grid(shape=stored[0].shape, affine=affine)
    found = model_from_regions(*volumes(*stored, grid))
    np.testing.assert_array_equal(found.bone_mpa, expected.bone_mpa)
    np.testing.assert_array_equal(found.superior_nodes, expected.superior_nodes)
    np.testing.assert_allclose(found.grid.affine, expected.grid.affine, atol=1e-12)


def test_front_and_back_come_from_the_bone_not_the_header():
    density, regions = block()
    expected = model_from_regions(density, regions)
    lying = [np.ascontiguousarray(v.values[:, ::-1]) for v in (density, regions)]
    found = model_from_regions(*volumes(*lying, density.grid))
    np.testing.assert_array_equal(found.bone_mpa, expected.bone_mpa)


@pytest.mark.parametrize("front", [1.0, -1.0])
def test_voxels_stay_where_the_header_has_them(front):
    """Also where front and back of the header are the wrong way round."""
    density, regions = block()
    values = np.random.default_rng(4).uniform(100.0, 300.0, density.values.shape)
    affine = np.array(density.grid.affine)
    affine[1] *= front
    image = Volume(values=values, grid=Grid(shape=values.shape, affine=affine))
    model = model_from_regions(image, Volume(values=regions.values, grid=image.grid))
    assert (np.linalg.det(model.grid.affine[:3, :3]) < 0.0) == (front < 0.0)
    bone = np.argwhere(model.bone_mpa > 0.0)
    index = np.round(image.grid.to_index(model.grid.to_world(bone))).astype(int)
    seen = values[tuple(index.T)]
    np.testing.assert_allclose(model.density_mg_per_ml[tuple(bone.T)], seen)
    moduli = [float(KOPPERDAHL_2002_MODULUS.evaluate(v)) for v in seen[:5]]
    # the recipe drops what is below a whole mg/ml
    np.testing.assert_allclose(model.bone_mpa[tuple(bone[:5].T)], moduli, rtol=0.01)
    assert not model.density_mg_per_ml[model.bone_mpa <= 0.0].any()


def test_what_was_left_out_or_mirrored_is_noted():
    density, regions = block()
    (crumb,) = model_from_regions(density, regions).notes
    assert "1 loose piece of the region map, 1 voxel in all (3 mm3)" in crumb
    more = np.array(regions.values)
    more[0:2, 13, 11:13] = 1
    (both,) = model_from_regions(density, Volume(values=more, grid=regions.grid)).notes
    assert "2 loose pieces of the region map, 5 voxels in all, the largest of 4 (15 mm3)" in both
    more[9, 0, 0] = more[0:2, 13, 11:13] = 0
    assert model_from_regions(density, Volume(values=more, grid=regions.grid)).notes == ()
    turned = Volume(values=more[:, ::-1].copy(), grid=regions.grid)
    model = model_from_regions(density, turned)
    (mirrored,) = model.notes
    assert "mirrored front to back" in mirrored
    found = assess_model(model, "L1", StrengthOptions(linear_only=True))
    assert found.notes.count(mirrored) == 1


def test_head_and_foot_the_wrong_way_round_are_refused():
    density, regions = block()
    with pytest.raises(OrientationError, match="inferior cap lies above"):
        model_from_regions(
            *volumes(density.values, np.ascontiguousarray(regions.values[:, :, ::-1]), density.grid)
        )


def test_lying_image_is_refused():
    density, regions = block()
    affine = np.eye(4)
    # all three axes run 55 degrees off superior
    rows = np.array([[1, 1, 0], [1, -1, 2], [1, -1, -1]]) / np.sqrt([[2], [6], [3]])
    affine[:3, :3] = rows
    grid = Grid(shape=density.grid.shape, affine=affine)
    with pytest.raises(GeometryError, match="upright"):
        model_from_regions(*volumes(density.values, regions.values, grid))


def test_missing_caps_and_other_units_are_refused():
    density, regions = block()
    with pytest.raises(LabelError, match=r"superior cap.*present: 1, 3, 5, 6"):
        model_from_regions(density, regions, RegionNumbers(superior_cap=(9,)))
    with pytest.raises(InputError, match="multiply by 1000"):
        model_from_regions(Volume(values=density.values / 1000, grid=density.grid), regions)
    with pytest.raises(LabelError, match="must differ"):
        RegionNumbers(superior_cap=(1,))
    shifted = np.array(density.grid.affine)
    shifted[0, 3] += 1
    other = Volume(values=regions.values, grid=Grid(shape=density.grid.shape, affine=shifted))
    with pytest.raises(GeometryError, match="different grids"):
        model_from_regions(density, other)


def test_recipe_of_the_benchmark():
    values = np.array([[[-214.3, -31.0, -0.9, 0.0, 0.99, 1.2, 70.7]]])
    mapped = map_bone(values, np.ones(values.shape, dtype=bool))
    assert mapped.bone.ravel().tolist() == [True, True, False, False, False, True, True]
    low, same, *_, first, last = mapped.modulus_mpa.ravel()
    assert low == same == 1e-4
    assert first == pytest.approx(2980 * 0.001**1.05)
    assert last == pytest.approx(2980 * 0.070**1.05)
    assert np.isinf(mapped.strength_mpa.ravel()[2])


def test_bins_and_the_shift_of_the_published_results():
    values = np.arange(1.0, 1282.0).reshape(1, 1, -1)  # 128 bins of 10
    bone = np.ones(values.shape, dtype=bool)
    moduli = {
        mapping: map_bone(values, bone, BoneMaterial(mapping=mapping)).modulus_mpa.ravel()
        for mapping in DensityMapping
    }
    binned, published = moduli[DensityMapping.BINNED], moduli[DensityMapping.PUBLISHED]
    assert len(np.unique(binned)) == 128
    assert binned[0] == pytest.approx(2980 * 0.006**1.05)
    assert published[0] == pytest.approx(2980 * 0.016**1.05)
    assert binned[-1] == pytest.approx(2980 * 1.276**1.05)
    np.testing.assert_allclose(published[:-11], binned[10:-1], rtol=1e-12)
    middle = moduli[DensityMapping.EXACT][5:-1:10]
    np.testing.assert_allclose(middle, binned[5:-1:10], rtol=1e-12)


def test_laws_are_not_swapped():
    with pytest.raises(InputError, match="expected the modulus"):
        BoneMaterial(modulus=KOPPERDAHL_2002_STRENGTH)
    with pytest.raises(InputError, match="caps"):
        BoneMaterial(cap_mpa=0.0)


def test_largest_piece():
    voxels = np.zeros((6, 6, 6), dtype=bool)
    voxels[:2, :2, :2] = True
    voxels[2, 2, 2] = True  # by a corner
    voxels[5, 5, 5] = True
    assert keep_largest_piece(voxels).sum() == 9
