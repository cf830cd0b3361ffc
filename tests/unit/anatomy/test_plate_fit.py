"""A smooth plate seen through thick slices, found again; its splines."""

import numpy as np
import pytest

from vertaug.anatomy.plate_edge import refine_endplate
from vertaug.anatomy.plate_fit import fit_plate
from vertaug.anatomy.plate_spline import PlateSplines
from vertaug.case.grid import Grid
from vertaug.case.spine import HeightField, VertebraFrame
from vertaug.case.volume import Scan, ScanInfo

_DISC, _MARROW, _BONE, _PLATE_MM = 90.0, 140.0, 1200.0, 0.6
_SLICE_MM = 3.0


def _height(x, y):
    """A tilted dish of 2 mm."""
    return 11.0 + 0.12 * y + 2.0 * (x / 20.0) ** 2 + 2.0 * (y / 16.0) ** 2


@pytest.fixture(scope="module")
def frame():
    return VertebraFrame(origin_lps_mm=np.array([3.0, -4.0, 7.3]), axes=np.eye(3))


def _scan(frame, upper, noise_hu=20.0):
    """CT of a plate by slices of 3 mm, each the mean of 30 thin ones."""
    sign = 1.0 if upper else -1.0
    affine = np.diag([1.0, 1.0, _SLICE_MM, 1.0])
    affine[:3, 3] = (-30.0, -30.0, -30.0)
    grid = Grid(shape=(66, 56, 26), affine=affine)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    local = frame.to_local(grid.to_world(index))
    hu = np.zeros(grid.shape)
    parts = (np.arange(30) + 0.5) / 30 - 0.5
    for part in parts:
        depth = _height(local[..., 0], local[..., 1]) - sign * (local[..., 2] + part * _SLICE_MM)
        within = np.where(depth > _PLATE_MM, _MARROW, _BONE)
        hu += np.where(depth > 0, within, _DISC) / len(parts)
    hu += np.random.default_rng(1).normal(0.0, noise_hu, hu.shape)
    return Scan(hu=np.rint(hu).astype(np.int16), grid=grid, info=ScanInfo(source_format="test"))


def _mask_plate(upper):
    """What a mask of that CT shows: the plate in steps of a slice, its corners missing."""
    sign = 1.0 if upper else -1.0
    u, v = np.arange(-20.0, 20.1, 0.75), np.arange(-16.0, 16.1, 0.75)
    x, y = np.meshgrid(u, v, indexing="ij")
    steps = _SLICE_MM * np.rint(_height(x, y) / _SLICE_MM)
    inside = (x / 20.5) ** 2 + (y / 16.5) ** 2 < 1.0
    return HeightField(u_mm=u, v_mm=v, height_mm=np.where(inside, sign * steps, np.nan))


def _error(field, height, *, upper):
    x, y = np.meshgrid(field.u_mm, field.v_mm, indexing="ij")
    seen = np.isfinite(height)
    return ((1.0 if upper else -1.0) * height - _height(x, y))[seen]


@pytest.mark.parametrize("upper", [True, False])
def test_the_plate_is_found_to_a_fraction_of_the_slice(frame, upper):
    field = _mask_plate(upper)
    sign = 1.0 if upper else -1.0
    base = np.where(np.isfinite(field.height_mm), field.height_mm, sign * 11.0)
    found = fit_plate(field, base, (_scan(frame, upper), frame), sign)
    assert np.array_equal(np.isfinite(found), np.isfinite(field.height_mm))
    error = _error(field, found, upper=upper)
    before = _error(field, field.height_mm, upper=upper)
    assert np.sqrt((error**2).mean()) < 0.3
    assert np.sqrt((error**2).mean()) < 0.4 * np.sqrt((before**2).mean())
    assert np.abs(error).max() < 1.0


def test_thick_slices_are_refined_better_than_the_mask(frame):
    field = _mask_plate(upper=True)
    refined = refine_endplate(field, _scan(frame, upper=True), frame, upper=True)
    error = _error(field, refined.height_mm, upper=True)
    before = _error(field, field.height_mm, upper=True)
    assert np.sqrt((error**2).mean()) < 0.5 * np.sqrt((before**2).mean())


def test_a_plate_outside_the_scan_keeps_the_smoothed_mask(frame):
    field = _mask_plate(upper=True)
    away = VertebraFrame(origin_lps_mm=frame.origin_lps_mm + 500.0, axes=np.eye(3))
    base = np.where(np.isfinite(field.height_mm), 11.0, 0.0)
    found = fit_plate(field, base, (_scan(frame, upper=True), away), 1.0)
    assert np.nanmax(np.abs(found - 11.0)) < 0.05


def test_splines_sum_to_one_and_hold_a_plane():
    splines = PlateSplines(
        low=np.array([-10.0, -5.0]), high=np.array([10.0, 7.0]), step_mm=2.5, degree=3
    )
    rng = np.random.default_rng(0)
    u, v = rng.uniform(-10, 10, 200), rng.uniform(-5, 7, 200)
    values = splines.at(u, v)
    assert values.shape == (200, splines.shape[0] * splines.shape[1])
    assert np.asarray(values.sum(axis=1)).ravel() == pytest.approx(1.0)
    i, j = np.meshgrid(*(np.arange(n) for n in splines.shape), indexing="ij")
    plane = (2.0 * i - 3.0 * j).ravel()
    fitted = np.linalg.lstsq(np.stack([np.ones(200), u, v], axis=1), values @ plane)[1]
    assert fitted == pytest.approx(0.0, abs=1e-9)
    assert plane @ splines.roughness(2) @ plane == pytest.approx(0.0, abs=1e-9)
    bent = (i**2).ravel().astype(float)
    assert bent @ splines.roughness(2) @ bent > 1.0
