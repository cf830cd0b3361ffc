"""Compiled line integrals against a walk from voxel to voxel and against exact paths."""

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from vertaug.case.errors import GeometryError
from vertaug.case.grid import Grid
from vertaug.fluoroscopy import CArm, _projection_numba as fast, _projection_reference as plain
from vertaug.fluoroscopy.line_integral import (
    Window,
    _choose_columns,
    _index_rays,
    integrate_field,
    prepare_coded_field,
    prepare_field,
)
from vertaug.verification.xray import path_through_box

ANGLES = ((0, 0), (33, 12), (90, 0), (-120, -40), (10, 80), (180, 5), (45, 0), (-45, 0), (35.3, 45))


def turned_grid(shape, spacing=(1.0, 1.3, 2.1), degrees=(20.0, 30.0, 10.0), shear=0.0):
    affine = np.eye(4)
    rotation = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    skew = np.eye(3)
    skew[0, 2] = shear
    affine[:3, :3] = rotation @ skew @ np.diag(spacing)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid(shape=shape, affine=affine)


def arm(angles=(0.0, 0.0), pixels=(24, 20), side=90.0, centre=(0.0, 0.0, 0.0)):
    return CArm(
        isocentre_lps_mm=np.array(centre),
        primary_angle_deg=angles[0],
        secondary_angle_deg=angles[1],
        detector_mm=(side, side * pixels[1] / pixels[0]),
        pixels=pixels,
    )


def walk(field, carm):
    table = field.table(_choose_columns(field, carm, interactive=False))
    rays = carm.pixel_rays
    out = np.empty((field.fields, carm.pixels[1], carm.pixels[0]))
    integrate = plain.integrate_single if field.fields == 1 else plain.integrate_pair
    integrate(table.entries, table.shape, _index_rays(rays, field.grid, table), rays, out)
    return out * field.units[:, None, None]


@pytest.mark.parametrize("angles", ANGLES)
@pytest.mark.parametrize("shear", [0.0, 0.3])
def test_exact_equals_the_walk(angles, shear):
    shape = (20, 17, 11)
    field = prepare_field(np.random.default_rng(0).random(shape), turned_grid(shape, shear=shear))
    image, exact = integrate_field(field, arm(angles)), walk(field, arm(angles))
    assert exact.max() > 5
    assert abs(image - exact).max() < 1e-6 * exact.max()


@pytest.mark.parametrize("offset", [0.01, 0.26, 0.51])
def test_two_values_at_once_follow_a_slanted_surface(offset):
    """Along a staircase each loop's own sum leaves the range of a value; both together do not."""
    shape = (16, 16, 16)
    grid = turned_grid(shape, spacing=(1.0, 1.0, 1.0), degrees=(0.0, 0.0, 0.0))
    codes = np.zeros(shape, np.int16)
    codes[np.arange(16)[:, None] >= np.arange(16)] = 1
    carm = arm((135.0, 50.0), pixels=(101, 101), side=40.0, centre=(offset, 0.0, 0.0))
    both = prepare_coded_field(codes, grid, np.array([[0.0, 0.0], [1.0, 1.0]]), 0)
    one = prepare_coded_field(codes, grid, np.array([[0.0], [1.0]]), 0)
    alone = integrate_field(one, carm)[0]
    for image in integrate_field(both, carm):
        assert abs(image - alone).max() < 1e-6 * alone.max()


@pytest.mark.parametrize("angles", [(0, 0), (45, 0), (90, 0), (0, 45), (-135, 0), (180, 0)])
def test_rays_through_edges_and_corners_lose_nothing(angles):
    """Straight grids and whole-number geometry: rays run along planes and through corners."""
    shape = (16, 16, 16)
    grid = turned_grid(shape, spacing=(1.0, 1.0, 1.0), degrees=(0.0, 0.0, 0.0))
    values = np.random.default_rng(1).random(shape)
    field = prepare_field(values, grid)
    carm = CArm(
        isocentre_lps_mm=np.zeros(3),
        primary_angle_deg=angles[0],
        secondary_angle_deg=angles[1],
        source_detector_mm=200.0,
        source_isocentre_mm=100.0,
        detector_mm=(33.0, 33.0),
        pixels=(33, 33),  # the middle pixel looks exactly along the central plane
    )
    image, smeared = integrate_field(field, carm)[0], []
    exact = walk(field, carm)[0]
    # a ray in a plane between voxels belongs to either side: such pixels lie between both
    for shift in (-1e-7, 1e-7):
        moved = carm.centre_on(np.array([1.0, 0.7, 1.3]) * shift)
        smeared.append(integrate_field(field, moved)[0])
    low = np.minimum.reduce([exact, *smeared]) - 1e-5 * exact.max()
    high = np.maximum.reduce([exact, *smeared]) + 1e-5 * exact.max()
    inside = (image >= low) & (image <= high)
    assert inside.mean() > 0.98
    box = integrate_field(prepare_field(np.ones(shape), grid), carm)[0]
    np.testing.assert_allclose(box, chords_of_box(carm, 8.0), atol=1e-6 * box.max())


def chords_of_box(carm, half):
    focus, corner, across, down = carm.pixel_rays
    out = np.empty((carm.pixels[1], carm.pixels[0]))
    for v in range(out.shape[0]):
        for u in range(out.shape[1]):
            end = corner + u * across + v * down
            out[v, u] = path_through_box(focus, end, [-half] * 3, [half] * 3)
    return out


@pytest.mark.parametrize("shape", [(1, 1, 1), (9, 1, 7), (1, 12, 1), (5, 6, 1)])
def test_a_box_of_ones_is_its_chord_however_thin(shape):
    grid = turned_grid(shape, spacing=(3.0, 2.0, 1.0), degrees=(0.0, 0.0, 0.0))
    field = prepare_field(np.ones(shape), grid)
    half = np.array([3.0, 2.0, 1.0]) * np.array(shape) / 2
    for angles in ((0, 0), (31, 7), (90, 0), (5, 88)):
        carm = arm(angles, pixels=(21, 19), side=60.0)
        focus, corner, across, down = carm.pixel_rays
        image = integrate_field(field, carm)[0]
        for v in range(0, 19, 3):
            for u in range(0, 21, 2):
                end = corner + u * across + v * down
                exact = path_through_box(focus, end, -half, half)
                assert image[v, u] == pytest.approx(exact, abs=2e-6)


def test_a_unit_voxel_integrates_to_one():
    """All rays of a fine detector that meet it, weighted by the area they stand for."""
    grid = turned_grid((3, 3, 3), spacing=(1.0, 1.0, 1.0), degrees=(0.0, 0.0, 0.0))
    values = np.zeros((3, 3, 3))
    values[1, 1, 1] = 1.0
    carm = CArm(
        isocentre_lps_mm=np.zeros(3),
        source_detector_mm=1.0e6 + 1.0,
        source_isocentre_mm=1.0e6,
        detector_mm=(2.0, 2.0),
        pixels=(400, 400),
    )
    image = integrate_field(prepare_field(values, grid), carm)[0]
    assert image.max() == pytest.approx(1.0, abs=1e-6)
    assert image.sum() * np.prod(carm.pitch_mm) == pytest.approx(1.0, abs=5e-3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 10_000),
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    st.booleans(),
)
def test_random_rays_through_random_grids(seed, shape, inside):
    rng = np.random.default_rng(seed)
    values = rng.random(shape).astype(np.float32)
    table = np.zeros(values.size // shape[2] * (shape[2] + 1) + 1, np.int32)
    whole = table[:-1].reshape(shape[0], shape[1], shape[2] + 1)
    plain.sum_columns(values.reshape(-1), np.array([shape[1] * shape[2], shape[2], 1]), 1e6, whole)
    reach = 0.4 if inside else 2.5
    middle = np.array(shape) / 2
    rays = np.empty((4, 3))
    rays[0] = middle + rng.uniform(-reach, reach, 3) * shape
    rays[1] = middle + rng.uniform(-reach, reach, 3) * shape
    # sums run along the axis nearest to the ray
    rays[1, 2] = rays[0, 2] + rng.choice([-1, 1]) * (1 + np.abs(rays[1] - rays[0]).max())
    rays[2:] = rng.normal(size=(2, 3)) * 0.1
    world = rays * 1.7
    made, exact = np.zeros((1, 3, 4)), np.zeros((1, 3, 4))
    fast.integrate_single(table, shape, rays, world, made)
    plain.integrate_single(table, shape, rays, world, exact)
    assert abs(made - exact).max() <= 2e-5 * max(exact.max(), 1e6)


def test_ten_thousand_rays_through_noise():
    shape = (64, 60, 50)
    field = prepare_field(np.random.default_rng(2).random(shape), turned_grid(shape))
    carm = arm((27.0, -14.0), pixels=(100, 100), side=200.0)
    image, exact = integrate_field(field, carm), walk(field, carm)
    assert abs(image - exact).max() < 1e-5 * exact.max()


def coded(shape=(14, 12, 10)):
    rng = np.random.default_rng(3)
    codes = rng.integers(-1000, 1500, shape).astype(np.int16)
    codes[:2] = -1024
    meaning = np.stack([np.linspace(0, 2, 2600), np.linspace(0, -0.5, 2600)], axis=1)
    return codes, meaning, turned_grid(shape)


@pytest.mark.parametrize("angles", ANGLES)
def test_pairs_are_two_single_fields(angles):
    codes, meaning, grid = coded()
    both = integrate_field(prepare_coded_field(codes, grid, meaning, -1024), arm(angles))
    row = np.clip(codes.astype(int) + 1024, 0, len(meaning) - 1)
    for n in range(2):
        alone = integrate_field(prepare_field(meaning[row, n], grid), arm(angles))[0]
        np.testing.assert_allclose(both[n], alone, atol=1e-6 * abs(alone).max())
    field = prepare_coded_field(codes, grid, meaning, -1024)
    np.testing.assert_allclose(both, walk(field, arm(angles)), atol=1e-6 * abs(both).max())


def test_codes_of_one_value_are_a_single_field():
    codes, meaning, grid = coded()
    one = prepare_coded_field(codes, grid, meaning[:, :1], -1024)
    assert one.fields == 1
    both = integrate_field(prepare_coded_field(codes, grid, meaning, -1024), arm((20, 5)))
    np.testing.assert_allclose(
        integrate_field(one, arm((20, 5)))[0], both[0], atol=1e-6 * both[0].max()
    )


@pytest.fixture(scope="module")
def body():
    """The body of ``benchmarks/xray_projection.py``: dense shells of 1-3 voxels."""
    shape = (224, 164, 120)
    x, y, z = (
        np.arange(n, dtype=np.float32).reshape([-1 if a == k else 1 for k in range(3)])
        - (n - 1) / 2
        for a, n in enumerate(shape)
    )
    field = np.where((x / 110) ** 2 + (y / 80) ** 2 + (z / 120) ** 2 <= 1, 0.02, 0.0)
    for level in (-1, 0, 1):
        r = (x / 24) ** 2 + ((y + 5) / 18) ** 2 + ((z - level * 35) / 14) ** 2
        field = np.where(r <= 1, 0.03, field)
        field = np.where((r <= 1) & (r > 0.82), 0.06, field)
    sharp = field.astype(np.float32)
    return {False: sharp, True: gaussian_filter(sharp, 3.0)}


@pytest.mark.parametrize("angles", [(20, 10), (44, 10), (45, 0), (44, 30), (35.3, 45), (-130, -38)])
@pytest.mark.parametrize("smooth", [False, True])
def test_the_interactive_mode_errs_at_sharp_edges_only(body, angles, smooth):
    values = body[smooth]
    grid = turned_grid(values.shape, spacing=(1.0, 1.0, 1.0), degrees=(0.0, 0.0, 0.0))
    field = prepare_field(values, grid)
    carm = arm(angles, pixels=(128, 128), side=300.0)
    exact = integrate_field(field, carm)[0]
    gap = (integrate_field(field, carm, interactive=True)[0] - exact) / exact.max()
    assert abs(gap).max() < (0.01 if smooth else 0.06)
    assert np.sqrt((gap**2).mean()) < 0.005


def test_a_window_is_a_part_of_the_image():
    field = prepare_field(np.random.default_rng(4).random((20, 17, 11)), turned_grid((20, 17, 11)))
    whole = integrate_field(field, arm((30, 10)))
    part = integrate_field(field, arm((30, 10)), Window(column=5, row=3, columns=7, rows=9))
    np.testing.assert_allclose(part, whole[:, 3:12, 5:12], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_bits_on_any_number_of_threads(threads):
    if threads > numba.config.NUMBA_NUM_THREADS:
        pytest.skip("one core only")
    before = numba.get_num_threads()
    field = prepare_field(np.random.default_rng(4).random((20, 17, 11)), turned_grid((20, 17, 11)))
    one = integrate_field(field, arm((30, 10)))
    try:
        numba.set_num_threads(threads)
        field.forget()
        np.testing.assert_array_equal(integrate_field(field, arm((30, 10))), one)
    finally:
        numba.set_num_threads(before)


def test_sums_are_those_of_the_reference():
    values = np.random.default_rng(5).normal(size=(5, 7, 9)).astype(np.float32)
    codes = (values * 500).astype(np.int16)
    meaning = np.random.default_rng(6).integers(-(2**40), 2**40, 900)
    strides = np.array([9, 1, 63])
    for kind, kernel in ((np.int32, "sum_columns"), (np.int64, "sum_coded_columns")):
        tables = [np.empty((7, 9, 6), kind) for _ in range(2)]
        for module, table in zip((fast, plain), tables, strict=True):
            if kernel == "sum_columns":
                module.sum_columns(values.reshape(-1), strides, 1e5, table)
            else:
                module.sum_coded_columns(codes.reshape(-1), strides, -400, meaning, table)
        np.testing.assert_array_equal(*tables)


def test_fields_that_are_none_are_refused():
    grid = turned_grid((3, 3, 3))
    with pytest.raises(GeometryError, match="shape"):
        prepare_field(np.zeros((2, 3, 3)), grid)
    with pytest.raises(GeometryError, match="finite"):
        prepare_field(np.full((3, 3, 3), np.nan), grid)


def test_an_empty_field_is_zero():
    assert not integrate_field(
        prepare_field(np.zeros((3, 3, 3)), turned_grid((3, 3, 3))), arm()
    ).any()


@pytest.mark.parametrize("angles", [(44, 30), (40, 5), (35.3, 45), (5, 55)])
def test_joined_pairs_are_two_joined_single_fields(angles):
    codes, meaning, grid = coded((15, 13, 11))  # odd: the last column has no neighbour
    field = prepare_coded_field(codes, grid, meaning, -1024)
    both = integrate_field(field, arm(angles), interactive=True)
    row = np.clip(codes.astype(int) + 1024, 0, len(meaning) - 1)
    for n in range(2):
        single = prepare_field(meaning[row, n], grid)
        alone = integrate_field(single, arm(angles), interactive=True)[0]
        np.testing.assert_allclose(both[n], alone, atol=1e-6 * abs(alone).max())
