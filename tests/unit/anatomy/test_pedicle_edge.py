"""Width of a pedicle from the CT where the mask's voxels are wide."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from vertaug.anatomy.occupancy import measure_mask_distance, occupancy_on
from vertaug.anatomy.pedicle_edge import refine_pedicle
from vertaug.case.grid import Grid, axis_aligned_grid
from vertaug.case.spine import Pedicle, VertebraFrame
from vertaug.case.volume import Scan, ScanInfo, Volume
from vertaug.numerics.interpolation import sample_trilinear

WIDTH, HEIGHT, TURN_DEG = 7.6, 15.0, 8.0
SOFT, MARROW, CORTEX, WALL = 20.0, 180.0, 1200.0, 1.1


def elliptic_depth(points):
    """Depth below the wall of an elliptic tube, in mm to first order; points in LPS."""
    c, s = np.cos(np.radians(TURN_DEG)), np.sin(np.radians(TURN_DEG))
    u, v = c * points[..., 0] + s * points[..., 1], points[..., 2]
    a, b = WIDTH / 2, HEIGHT / 2
    r = np.sqrt((u / a) ** 2 + (v / b) ** 2) + 1e-9
    return r * (1 - r) / (np.hypot(u / a**2, v / b**2) + 1e-9)


@pytest.fixture(scope="module")
def object_hu():
    """The tube on a grid of 0.25 mm, blurred by the scanner; 33 mm wide."""
    grid = axis_aligned_grid([-17.0, -9.0, -13.0], np.eye(3), 0.25, (137, 73, 105))
    index = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), -1)
    depth = elliptic_depth(grid.to_world(index))
    hu = np.where(depth > 0, np.where(depth < WALL, CORTEX, MARROW), SOFT)
    return gaussian_filter(hu, 0.6 / 0.25, mode="nearest"), grid


def scan_of(object_hu, spacing, phase, turn_deg=0.0):
    """Average the object over the voxels of a grid."""
    values, fine = object_hu
    spacing = np.asarray(spacing)
    shape = tuple(int(n) for n in np.ceil(np.array([28.0, 14.0, 22.0]) / spacing))
    axes = Rotation.from_euler("z", turn_deg, degrees=True).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = axes * spacing
    affine[:3, 3] = axes @ (-0.5 * spacing * (np.array(shape) - 1) + np.array([phase, 0, 0]))
    grid = Grid(shape=shape, affine=affine)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1)
    steps = np.ceil(spacing / 0.3).astype(int)
    total = np.zeros(shape)
    for n in np.ndindex(*steps):
        piece = (np.array(n) + 0.5) / steps - 0.5
        points = grid.to_world(index + piece)
        total += sample_trilinear(values, fine.to_index(points), SOFT)
    hu = (total / steps.prod()).astype(np.float32)
    mask = elliptic_depth(grid.to_world(index)) > 0
    return Scan(hu=hu, grid=grid, info=ScanInfo(source_format="phantom")), mask


def measured(scan, mask, width, shift=0.0):
    """Pedicle as found on the mask, and what is used of its vertebra."""
    frame = VertebraFrame(origin_lps_mm=np.zeros(3), axes=np.eye(3))
    local = axis_aligned_grid([-15.0, -7.5, -11.25], np.eye(3), 0.75, (41, 21, 31))
    occupancy = occupancy_on(measure_mask_distance(mask, scan.grid), local)
    angle = np.radians(TURN_DEG)
    across, axis = (
        np.array([np.cos(angle), np.sin(angle), 0.0]),
        np.array([np.sin(angle), -np.cos(angle), 0.0]),
    )
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    contour = np.outer(np.cos(turn) * width / 2, across)
    contour[:, 2] += np.sin(turn) * HEIGHT / 2
    pedicle = Pedicle(
        side="left",
        isthmus_lps_mm=shift * across,
        axis=axis,
        width_mm=width,
        height_mm=HEIGHT,
        transverse_angle_deg=-TURN_DEG,
        sagittal_angle_deg=0.0,
        contour_lps_mm=contour + shift * across,
    )
    vertebra = SimpleNamespace(frame=frame, occupancy=Volume(values=occupancy, grid=local))
    return pedicle, vertebra, across


@pytest.mark.parametrize("phase", [0.0, 0.8, 1.5, 2.3])
@pytest.mark.parametrize("wrong", [-1.2, 1.4])
def test_wide_voxels_give_the_true_width(object_hu, phase, wrong):
    scan, mask = scan_of(object_hu, (3.0, 1.0, 1.0), phase)
    pedicle, vertebra, _ = measured(scan, mask, WIDTH + wrong, shift=0.4)
    found = refine_pedicle(pedicle, vertebra, scan)
    assert found.width_mm == pytest.approx(WIDTH, abs=0.6)
    assert abs(found.width_mm - WIDTH) < 0.5 * abs(wrong)
    assert np.linalg.norm(found.isthmus_lps_mm) < 0.35


def test_a_turned_grid_gives_the_true_width(object_hu):
    scan, mask = scan_of(object_hu, (3.0, 0.8, 1.2), 0.7, turn_deg=-15.0)
    pedicle, vertebra, _ = measured(scan, mask, WIDTH + 1.0)
    assert refine_pedicle(pedicle, vertebra, scan).width_mm == pytest.approx(WIDTH, abs=0.6)


def test_outline_follows_the_width(object_hu):
    scan, mask = scan_of(object_hu, (3.0, 1.0, 1.0), 0.8)
    pedicle, vertebra, across = measured(scan, mask, WIDTH + 1.4, shift=0.4)
    found = refine_pedicle(pedicle, vertebra, scan)
    place = (found.contour_lps_mm - found.isthmus_lps_mm) @ across
    assert np.ptp(place) == pytest.approx(found.width_mm, abs=1e-6)
    assert found.contour_lps_mm[:, 2] == pytest.approx(pedicle.contour_lps_mm[:, 2])
    assert found.height_mm == pedicle.height_mm


def test_small_voxels_keep_the_mask(object_hu):
    scan, mask = scan_of(object_hu, (1.0, 1.0, 3.0), 0.0)
    pedicle, vertebra, _ = measured(scan, mask, WIDTH + 0.3)
    assert refine_pedicle(pedicle, vertebra, scan) is pedicle


def test_noise_moves_the_width_little(object_hu):
    scan, mask = scan_of(object_hu, (3.0, 1.0, 1.0), 0.8)
    rng = np.random.default_rng(3)
    noisy = replace(scan, hu=scan.hu + rng.normal(0.0, 80.0, scan.hu.shape).astype(np.float32))
    pedicle, vertebra, _ = measured(scan, mask, WIDTH + 1.2)
    assert refine_pedicle(pedicle, vertebra, noisy).width_mm == pytest.approx(WIDTH, abs=0.8)


@pytest.mark.parametrize("what", ["metal", "nothing", "noise"])
def test_what_shows_no_cortex_keeps_the_mask(object_hu, what):
    scan, mask = scan_of(object_hu, (3.0, 1.0, 1.0), 0.8)
    hu = np.array(scan.hu)
    if what == "metal":
        middle = tuple(n // 2 for n in hu.shape)
        hu[middle] = 3000.0
    elif what == "nothing":
        hu[:] = 40.0
    else:
        hu += np.random.default_rng(1).normal(0.0, 600.0, hu.shape)
    pedicle, vertebra, _ = measured(scan, mask, WIDTH + 0.5)
    found = refine_pedicle(pedicle, vertebra, replace(scan, hu=hu))
    assert found.width_mm == pytest.approx(pedicle.width_mm, abs=1e-9)


def test_a_rib_beside_the_pedicle_is_left_out(object_hu):
    scan, mask = scan_of(object_hu, (3.0, 1.0, 1.0), 0.8)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in scan.grid.shape], indexing="ij"), -1)
    hu = np.array(scan.hu)
    hu[scan.grid.to_world(index)[..., 0] > 8.5] = 500.0
    pedicle, vertebra, _ = measured(scan, mask, WIDTH + 1.2)
    found = refine_pedicle(pedicle, vertebra, replace(scan, hu=hu))
    assert found.width_mm == pytest.approx(WIDTH, abs=0.6)
