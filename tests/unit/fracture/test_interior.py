"""Gas, metal and trabecular density inside a body."""

import numpy as np
import pytest

from vertaug.case.spine import Region
from vertaug.fracture import find_metal
from vertaug.fracture.interior import find_cleft, measure_depth, measure_trabecular
from vertaug.tissue import calibrate_generic

NORMAL = (25.0, 25.0, 25.0)
ONE = np.ones(3)


def test_depth_counts_from_the_surface_of_the_voxels():
    mask = np.zeros((11, 11, 11), dtype=bool)
    mask[1:10, 1:10, 1:10] = True
    depth = measure_depth(mask, 2 * ONE)
    assert depth[5, 5, 5] == pytest.approx(9.0)
    assert depth[1, 5, 5] == pytest.approx(1.0)
    assert depth[0, 5, 5] == 0.0


def test_body_that_touches_the_edge_of_its_grid_ends_there():
    depth = measure_depth(np.ones((5, 5, 5), dtype=bool), ONE)
    assert depth[2, 2, 2] == pytest.approx(2.5)


def _body_and_hu(blocks):
    regions = blocks.block_regions(NORMAL)
    return regions == Region.BODY, blocks.block_hu(regions)


def test_gas_cavity_is_measured_exactly(blocks):
    body, hu = _body_and_hu(blocks)
    x, y, z = np.meshgrid(*blocks.local_axes(), indexing="ij")
    cavity = (np.abs(x) < 8) & (np.abs(y) < 6) & (np.abs(z) < 3)
    hu[cavity] = -600.0
    cleft = find_cleft(hu, body, ONE)
    assert cleft.present
    assert cleft.volume_ml == pytest.approx(cavity.sum() / 1000)
    assert cleft.extent_mm == pytest.approx(16.0)


def test_small_gas_is_reported_but_is_no_cleft(blocks):
    body, hu = _body_and_hu(blocks)
    x, y, z = np.meshgrid(*blocks.local_axes(), indexing="ij")
    hu[(np.abs(x) < 4) & (np.abs(y) < 2) & (np.abs(z) < 2)] = -600.0
    cleft = find_cleft(hu, body, ONE)
    assert not cleft.present
    assert cleft.extent_mm == pytest.approx(8.0)
    assert cleft.volume_ml > 0


def test_a_cleft_may_lie_across_the_body(blocks):
    body, hu = _body_and_hu(blocks)
    x, y, z = np.meshgrid(*blocks.local_axes(), indexing="ij")
    hu[(np.abs(x) < 12) & (np.abs(y) < 2) & (np.abs(z) < 2)] = -600.0
    cleft = find_cleft(hu, body, ONE)
    assert cleft.present
    assert cleft.extent_mm == pytest.approx(24.0)


def test_lung_blurred_into_the_edge_of_the_mask_is_no_gas_of_the_body(blocks):
    body, hu = _body_and_hu(blocks)
    x = blocks.local_axes()[0]
    hu[np.abs(x) > 18] = -700.0
    assert find_cleft(hu, body, ONE).volume_ml == 0.0


def test_specks_of_noise_are_no_gas(blocks):
    body, hu = _body_and_hu(blocks)
    hu[20:30:3, 15:25:3, 20:30:3] = -400.0
    assert find_cleft(hu, body, ONE).volume_ml == 0.0


def test_gas_outside_the_body_does_not_count(blocks):
    body, hu = _body_and_hu(blocks)
    hu[~body] = -900.0
    cleft = find_cleft(hu, body, ONE)
    assert (cleft.present, cleft.volume_ml, cleft.extent_mm) == (False, 0.0, 0.0)


def test_trabecular_mean_and_density(blocks):
    vertebra = blocks.block_vertebra("L1", NORMAL)
    law = calibrate_generic(120)
    found = measure_trabecular(vertebra, law)
    assert found.mean_hu == pytest.approx(120.0)
    assert found.density_mg_per_ml == pytest.approx(120.0 / 1.33)
    assert found.uncertainty_mg_per_ml == pytest.approx(law.uncertainty(120.0 / 1.33))
    assert "generic law" in found.method
    assert "core 5 mm" in found.method


def test_without_calibration_only_hu(blocks):
    found = measure_trabecular(blocks.block_vertebra("L1", NORMAL), None)
    assert found.density_mg_per_ml is None
    assert found.uncertainty_mg_per_ml is None
    assert "not calibrated" in found.method


def test_core_leaves_out_cortex_gas_impacted_band_and_takes_noise(blocks):
    regions = blocks.block_regions(NORMAL)
    body = regions == Region.BODY
    hu = blocks.block_hu(regions)
    depth = measure_depth(body, ONE)
    rng = np.random.default_rng(3)
    hu += 20 * rng.standard_normal(hu.shape)
    hu[body & (depth < 2)] = 900.0
    x, y, z = np.meshgrid(*blocks.local_axes(), indexing="ij")
    hu[body & (np.abs(z - 5) < 1.2)] = 420.0  # impacted band
    hu[(np.abs(x) < 4) & (np.abs(y) < 4) & (np.abs(z + 4) < 2)] = -500.0  # gas
    found = measure_trabecular(blocks.block_vertebra("L1", NORMAL, hu=hu), None)
    assert found.mean_hu == pytest.approx(120.0, abs=2.0)
    assert found.sd_hu == pytest.approx(20.0, abs=2.0)


def test_flat_body_uses_a_smaller_margin_and_says_so(blocks):
    found = measure_trabecular(blocks.block_vertebra("L1", (7.0, 7.0, 7.0)), None)
    assert "core 2 mm" in found.method
    assert found.mean_hu == pytest.approx(120.0)


def test_body_full_of_metal_still_gives_a_number_and_says_what_it_is(blocks):
    hu = np.full(blocks.SHAPE, 3000.0, dtype=np.float32)
    found = measure_trabecular(blocks.block_vertebra("L1", NORMAL, hu=hu), None)
    assert found.mean_hu == 3000.0
    assert "no cancellous core" in found.method


def test_metal_cement_and_normal_bone(blocks):
    plain = blocks.block_vertebra("L1", NORMAL)
    assert find_metal(plain) is None
    x, y, z = np.meshgrid(*blocks.local_axes(), indexing="ij")
    rod = (np.abs(x) < 3) & (np.abs(z) < 3)
    for value, words in ((3071.0, "metal in L1"), (1800.0, "bone cement")):
        hu = np.array(plain.hu.values)
        hu[rod & (np.abs(y) < 12)] = value
        found = find_metal(blocks.block_vertebra("L1", NORMAL, hu=hu))
        assert words in found
        assert f"up to {value:.0f} HU" in found


def test_thick_cortex_and_a_speck_are_not_metal(blocks):
    regions = blocks.block_regions(NORMAL)
    hu = blocks.block_hu(regions)
    body = regions == Region.BODY
    hu[body & (measure_depth(body, ONE) < 2)] = 1700.0
    hu[25:27, 20:22, 25:27] = 2700.0  # 8 mm3
    assert find_metal(blocks.block_vertebra("L1", NORMAL, hu=hu)) is None


def test_the_blurred_rim_of_gas_does_not_lower_the_density(blocks):
    regions = blocks.block_regions(NORMAL)
    hu = blocks.block_hu(regions)
    x, y, z = np.meshgrid(*blocks.local_axes(), indexing="ij")
    far = np.maximum(np.maximum(np.abs(x), np.abs(y)) - 5, np.abs(z) - 1.5)
    hu[far < 0.9] = -100.0  # bone and gas in one voxel
    hu[far < 0.0] = -800.0
    found = measure_trabecular(blocks.block_vertebra("L1", NORMAL, hu=hu), None)
    assert found.mean_hu == pytest.approx(120.0, abs=1.0)
