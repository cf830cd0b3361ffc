"""The model of a vertebra after balloons, beside movements whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.cement.bone_on_grid import settle_endplates
from vertaug.augmentation.deflated_bone import DeflatedBone, with_moved_plates
from vertaug.augmentation.deflated_model import model_after_balloons
from vertaug.case.errors import InputError
from vertaug.case.grid import axis_aligned_grid
from vertaug.case.volume import Volume
from vertaug.mechanics.body_sample import bone_share
from vertaug.mechanics.caps import model_from_vertebra
from vertaug.numerics.interpolation import sample_trilinear
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra

LAW = calibrate_generic(120.0)
ROTATED = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
PLACE = {"world_axes": ROTATED, "world_origin": np.array([10.0, -20.0, 300.0])}
LOW, SHAPE, SPACING = np.array([-30.0, -24.0, -21.0]), (40, 32, 28), 1.5
MIDDLE = np.array([0.5, -1.0, 0.2])


def even(hu=199.5):
    vertebra = AnalyticVertebra(**PLACE).vertebra()
    values = np.full(vertebra.hu.values.shape, hu, dtype=np.float32)
    return replace(vertebra, hu=Volume(values=values, grid=vertebra.hu.grid))


@pytest.fixture(scope="module")
def vertebra():
    return AnalyticVertebra(**PLACE).vertebra()


def eighth_places():
    """Places of the eighths of the voxels in the vertebra's frame."""
    half = [LOW[a] + 0.5 * SPACING * (np.arange(2 * n) + 0.5) for a, n in enumerate(SHAPE)]
    return np.stack(np.meshgrid(*half, indexing="ij"), axis=-1)


def moved_bone(vertebra, moved_mm, *, drilled=None, cavities=(), rise=(0.0, 0.0)):
    """Return bone that moved as given; the endplates rise by numbers or maps."""
    voxels = axis_aligned_grid(
        vertebra.frame.to_world(LOW + 0.5 * SPACING), vertebra.frame.axes, SPACING, SHAPE
    )
    shape = tuple(2 * n for n in SHAPE)
    surfaces = [
        replace(plate.surface, height_mm=plate.surface.height_mm + up)
        for plate, up in zip((vertebra.superior, vertebra.inferior), rise, strict=True)
    ]
    return DeflatedBone(
        voxels=voxels,
        moved_mm=np.broadcast_to(moved_mm, (*shape, 3)),
        drilled=np.zeros(shape, dtype=bool) if drilled is None else drilled,
        cavities=cavities,
        superior=surfaces[0],
        inferior=surfaces[1],
    )


def ball(radius):
    return capsule(MIDDLE - LOW, np.array([0.0, 0.0, 1.0]), 2.0 * radius, radius)


def pressed(radius, reach):
    """Bone within ``reach`` of the middle pressed evenly into the shell about a cavity."""
    offset = eighth_places() - MIDDLE
    away = np.linalg.norm(offset, axis=-1)
    shell = (reach**3 - radius**3) / reach**3
    wanted = np.where(away < reach, np.cbrt(radius**3 + shell * away**3), away)
    return offset * (wanted / np.maximum(away, 1e-9) - 1.0)[..., None]


def from_middle(model, vertebra):
    index = np.moveaxis(np.indices(model.grid.shape), 0, -1)
    place = vertebra.frame.to_local(model.grid.to_world(index))
    return np.linalg.norm(place - MIDDLE, axis=-1)


@pytest.mark.parametrize("spacing_mm", [1.0, 1.7])
def test_bone_that_did_not_move_gives_the_same_model_to_the_last_bit(vertebra, spacing_mm):
    before = model_from_vertebra(vertebra, LAW, spacing_mm=spacing_mm)
    found = model_after_balloons(
        vertebra, LAW, moved_bone(vertebra, np.zeros(3)), spacing_mm=spacing_mm
    )
    after = found.model
    assert after.grid.shape == before.grid.shape
    np.testing.assert_array_equal(after.grid.affine, before.grid.affine)
    for name in ("bone_mpa", "filler_mpa", "strength_mpa", "density_mg_per_ml"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    np.testing.assert_array_equal(after.superior_nodes, before.superior_nodes)
    np.testing.assert_array_equal(after.inferior_nodes, before.inferior_nodes)
    assert after.height_mm == before.height_mm
    assert not found.cavity.any()
    assert found.taken_mg == 0.0
    assert found.left_mg == pytest.approx(found.scanned_mg, rel=1e-12)


def test_a_whole_body_that_rises_takes_its_bone_and_caps_along(vertebra):
    before = model_from_vertebra(vertebra, LAW)
    rise = np.array([0.0, 0.0, 2.0])
    found = model_after_balloons(vertebra, LAW, moved_bone(vertebra, rise, rise=(2.0, 2.0))).model
    shift = np.round(found.grid.to_index(before.grid.to_world([0, 0, 0]))).astype(int)
    i, j, k = before.grid.shape
    box = (slice(shift[0], shift[0] + i), slice(shift[1], shift[1] + j))
    moved = found.density_mg_per_ml[(*box, slice(shift[2] + 2, shift[2] + 2 + k))]
    # the grid reaches 2 mm farther, where the highest layers of air are cut off
    size = moved.shape[2]
    np.testing.assert_allclose(moved, before.density_mg_per_ml[:, :, :size], atol=1e-3)
    filler = found.filler_mpa[(*box, slice(shift[2] + 2, shift[2] + 2 + k))]
    np.testing.assert_array_equal(filler, before.filler_mpa[:, :, :size])
    assert found.height_mm == pytest.approx(before.height_mm, abs=1e-9)
    assert found.superior_nodes[0, 2] == before.superior_nodes[0, 2] + shift[2] + 2


def test_a_raised_endplate_stretches_the_body_and_lifts_the_cap():
    vertebra = even()
    before = model_from_vertebra(vertebra, LAW)
    z = eighth_places()[..., 2]
    half = 0.5 * before.height_mm
    up = np.zeros((*z.shape, 3))
    up[..., 2] = 2.0 * np.clip((z + half) / (2.0 * half), 0.0, 1.0)
    found = model_after_balloons(vertebra, LAW, moved_bone(vertebra, up, rise=(2.0, 0.0)))
    after = found.model
    assert after.height_mm == pytest.approx(before.height_mm + 2.0, abs=1e-6)
    layers = [m.superior_nodes[0, 2] - m.inferior_nodes[0, 2] for m in (before, after)]
    assert layers[1] == layers[0] + 2
    assert found.left_mg == pytest.approx(found.scanned_mg, rel=1e-9)
    # the same bone in more room: thinner by as much
    ratio = before.height_mm / after.height_mm
    density = after.density_mg_per_ml[after.bone_mpa > 0.0]
    assert np.median(density) == pytest.approx(150.0 * ratio, rel=0.02)
    # no gap of thin bone under the cap
    assert np.percentile(density, 2.0) > 0.85 * 150.0 * ratio


@pytest.mark.parametrize("spacing_mm", [0.8, 1.0, 1.5])
def test_bone_about_a_cavity_is_denser_by_what_was_pressed_into_it(spacing_mm):
    vertebra, radius, reach = even(), 6.0, 10.0
    bone = moved_bone(vertebra, pressed(radius, reach), cavities=(ball(radius),))
    found = model_after_balloons(vertebra, LAW, bone, spacing_mm=spacing_mm)
    model = found.model
    away = from_middle(model, vertebra)
    assert found.left_mg == pytest.approx(found.scanned_mg, rel=1e-6)
    size = 4.0 / 3.0 * np.pi * radius**3
    held = found.cavity.sum() * model.grid.voxel_volume_mm3
    assert held == pytest.approx(size, rel=0.04)
    assert not model.filled[found.cavity].any()
    dense = reach**3 / (reach**3 - radius**3)
    shell = (away > radius + spacing_mm) & (away < reach - spacing_mm)
    assert model.density_mg_per_ml[shell].mean() == pytest.approx(150.0 * dense, rel=0.04)
    far = (away > reach + 4.0) & (model.bone_mpa > 0.0)
    np.testing.assert_allclose(model.density_mg_per_ml[far], 150.0, rtol=2e-3)


def test_mass_is_that_of_the_scan_without_what_was_drilled(vertebra):
    """Within half a per cent; the scan's voxels are resampled as for the model without balloons."""
    radius = 2.5
    drilled = np.linalg.norm(eighth_places() - MIDDLE, axis=-1) < radius
    bone = moved_bone(vertebra, pressed(4.0, 9.0), drilled=drilled, cavities=(ball(4.0),))
    found = model_after_balloons(vertebra, LAW, bone)
    assert found.left_mg == pytest.approx(found.scanned_mg - found.taken_mg, rel=1e-6)
    size = drilled.sum() * (0.5 * SPACING) ** 3 / 1000.0
    places = vertebra.hu.grid.to_index(vertebra.frame.to_world(eighth_places()[drilled]))
    core = LAW.to_density(sample_trilinear(vertebra.hu.values, places)).mean()
    assert found.taken_mg == pytest.approx(core * size, rel=0.03)
    model = found.model
    own = np.maximum(model.density_mg_per_ml, 0.0).sum() * model.grid.voxel_volume_mm3 / 1000.0
    assert own == pytest.approx(found.left_mg, rel=0.005)
    before = model_from_vertebra(vertebra, LAW)
    scanned = np.maximum(before.density_mg_per_ml, 0.0).sum() / 1000.0
    assert scanned == pytest.approx(found.scanned_mg, rel=0.005)
    grid = vertebra.hu.grid
    bone = settle_endplates(bone_share(vertebra) > 0.5, vertebra, grid)
    ct = np.maximum(LAW.to_density(vertebra.hu.values)[bone], 0.0).sum()
    assert found.scanned_mg == pytest.approx(ct * grid.voxel_volume_mm3 / 1000.0, rel=0.03)


def test_a_wall_that_is_pushed_out_takes_the_edge_of_the_model_along():
    vertebra = even()
    place = eighth_places()
    out = np.zeros_like(place)
    out[..., 1] = np.where(place[..., 1] < 0.0, 3.0 * np.clip(place[..., 1] / 14.0, -1.0, 0.0), 0.0)
    before = model_from_vertebra(vertebra, LAW)
    found = model_after_balloons(vertebra, LAW, moved_bone(vertebra, out)).model

    def front(model):
        bone = np.argwhere(model.bone_mpa > 0.0)
        return vertebra.frame.to_local(model.grid.to_world(bone))[:, 1].min()

    assert front(found) == pytest.approx(front(before) - 3.0, abs=1.01)


def test_the_plane_of_a_plate_tilts_with_it(vertebra):
    surface = vertebra.superior.surface
    x, y = np.meshgrid(surface.u_mm, surface.v_mm, indexing="ij")
    bone = moved_bone(vertebra, np.zeros(3), rise=(1.0 + 0.1 * y - 0.05 * x, 0.0))
    moved = with_moved_plates(vertebra, bone)
    assert moved.inferior is vertebra.inferior

    def height(plate, x, y):
        normal = plate.normal @ vertebra.frame.axes
        centre = vertebra.frame.to_local(plate.centre_lps_mm)
        return centre[2] - (normal[0] * (x - centre[0]) + normal[1] * (y - centre[1])) / normal[2]

    for x, y in ((0.0, 0.0), (12.0, -9.0), (-10.0, 7.0)):
        rise = height(moved.superior, x, y) - height(vertebra.superior, x, y)
        assert rise == pytest.approx(1.0 + 0.1 * y - 0.05 * x, abs=1e-9)
    assert np.linalg.norm(moved.superior.normal) == pytest.approx(1.0)


def test_moves_of_another_grid_are_refused(vertebra):
    good = moved_bone(vertebra, np.zeros(3))
    with pytest.raises(InputError, match="the eighths of the balloon's voxels are"):
        replace(good, moved_mm=good.moved_mm[1:])
    with pytest.raises(InputError, match="the eighths of the balloon's voxels are"):
        replace(good, drilled=good.drilled[:, 1:])
