"""A patient's bone as points: mass, places, parts, discs, gaps, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.augmentation.balloon.patient_bone import (
    DISC_MPA,
    BonePart,
    BoneSetting,
    _raise_to_least,
    patient_bone,
)
from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.balloon.vertebra_eighths import _gather_into
from vertaug.augmentation.cement.bone_on_grid import settle_endplates
from vertaug.case.errors import InputError, LevelError
from vertaug.case.spine import Region
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.numerics.interpolation import sample_trilinear
from vertaug.tissue import calibrate_generic

LAW = calibrate_generic(120.0)
BODY_PARTS = (
    BonePart.CANCELLOUS,
    BonePart.CORTEX,
    BonePart.SUPERIOR_ENDPLATE,
    BonePart.INFERIOR_ENDPLATE,
)
BEHIND = (Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE, Region.ARCH)


def scanned(**setting):
    phantom = build_phantom(PhantomSpec(field_of_view_mm=(150.0, 150.0, 130.0), **setting))
    return analyse_spine(phantom.scan, phantom.labels)["L1"]


@pytest.fixture(scope="module")
def plain(phantom_spine):
    return phantom_spine[1]["L1"]


@pytest.fixture(scope="module")
def bone(plain):
    return patient_bone(plain, LAW)


@pytest.fixture(scope="module")
def cleft():
    return scanned(gas_cleft=True)


def own_mass_mg(vertebra, found, arch_mm=25.0):
    """The integral of the CT's density over the bone, on the vertebra's own voxels."""
    grid = vertebra.regions.grid
    bone = np.asarray(vertebra.occupancy.values) > 0.5
    behind = vertebra.mask(*BEHIND)
    body = settle_endplates(bone & ~behind, vertebra, grid)
    x, y, _ = np.nonzero(vertebra.mask(Region.BODY))
    near = np.zeros_like(bone)
    last = y.max() + int(arch_mm / grid.spacing_mm[1])
    near[x.min() : x.max() + 1, : last + 1] = True
    kept = body | (bone & behind & near)
    kept &= ~(vertebra.mask(Region.BODY) & (vertebra.hu.values < -200.0))
    index = np.argwhere(kept)
    place = found.to_place(grid.to_world(index))
    within = np.all((place > 0.0) & (place < np.array(found.grid.shape) * 1.5), axis=1)
    density = LAW.to_density(vertebra.hu.values)[tuple(index[within].T)]
    return float(density.sum() / 1000.0 * grid.voxel_volume_mm3)


def test_the_mass_is_that_of_the_ct_within_a_percent(plain, bone):
    carried = bone.points.mass_mg[~bone.where(BonePart.DISC)].sum()
    assert carried == pytest.approx(own_mass_mg(plain, bone), rel=0.005)
    assert 0.0 <= bone.raised_mg < 0.001 * carried


def test_a_cortex_thinner_than_a_voxel_keeps_its_mass(plain):
    """A shell of 0.75 mm of 800 HU around bone of 100 HU, in soft tissue of 0 HU."""
    from scipy.ndimage import binary_erosion

    inside = np.asarray(plain.occupancy.values) > 0.5
    shell = inside & ~binary_erosion(inside, np.ones((3, 3, 3)))
    hu = np.where(shell, 800.0, np.where(inside, 100.0, 0.0)).astype(np.float32)
    sharp = replace(plain, hu=replace(plain.hu, values=hu))
    found = patient_bone(sharp, LAW)
    carried = found.points.mass_mg[~found.where(BonePart.DISC)].sum()
    assert carried == pytest.approx(own_mass_mg(sharp, found), rel=0.005)
    # plain sampling at the points mixes the shell with the tissue outside
    bone = found.points.elastic_mpa == 0.0
    index = sharp.hu.grid.to_index(found.to_world(found.points.place_mm[bone]))
    sampled = LAW.to_density(sample_trilinear(hu, index)).sum() / 1000.0 * 0.75**3
    assert sampled < 0.97 * carried


def test_places_are_those_of_the_patient(plain, bone):
    there = bone.to_place(bone.voxels.to_world([0, 0, 0]))
    assert there == pytest.approx([0.75, 0.75, 0.75])
    points = np.array([[3.0, 40.0, 7.5], [20.0, 10.0, 30.0]])
    assert bone.to_place(bone.to_world(points)) == pytest.approx(points)
    assert bone.voxels.directions == pytest.approx(np.asarray(plain.frame.axes), abs=1e-12)
    assert bone.voxels.shape == bone.grid.shape
    solid = bone.points.place_mm[~bone.where(BonePart.DISC)]
    index = plain.occupancy.grid.to_index(bone.to_world(solid))
    share = sample_trilinear(plain.occupancy.values, index)
    assert np.mean(share > 0.5) > 0.95
    assert np.mean(share < 0.3) < 0.005


def test_volume_and_middle_of_the_body(plain, bone):
    body = bone.points.place_mm[bone.where(*BODY_PARTS)]
    assert len(body) * 0.75**3 == pytest.approx(plain.body_volume_mm3, rel=0.03)
    middle = plain.frame.to_local(bone.to_world(body.mean(axis=0)))
    assert np.abs(middle).max() < 0.5


def test_endplate_points_lie_under_the_endplates(plain, bone):
    for part, plate, sign in (
        (BonePart.SUPERIOR_ENDPLATE, plain.superior, 1.0),
        (BonePart.INFERIOR_ENDPLATE, plain.inferior, -1.0),
    ):
        x, y, z = plain.frame.to_local(bone.to_world(bone.points.place_mm[bone.where(part)])).T
        surface = plate.surface
        i = np.rint((x - surface.u_mm[0]) / (surface.u_mm[1] - surface.u_mm[0])).astype(int)
        j = np.rint((y - surface.v_mm[0]) / (surface.v_mm[1] - surface.v_mm[0])).astype(int)
        under = sign * (surface.height_mm[i, j] - z)
        # the rim falls steeply: a column beside it is another one
        low, high = np.nanpercentile(under, [2.0, 98.0])
        assert low > -0.4
        assert high < 1.9
        assert np.nanmedian(under) == pytest.approx(0.75, abs=0.2)
        assert np.isfinite(under).mean() > 0.98
        # two points a column, over the whole plate
        covered = np.isfinite(surface.height_mm).sum() * (surface.u_mm[1] - surface.u_mm[0]) ** 2
        assert len(x) * 0.75**2 / 2.0 == pytest.approx(covered, rel=0.1)


def test_the_cortex_is_the_shell_of_the_body(bone):
    body = bone.points.place_mm[bone.where(*BODY_PARTS)]
    cortex = bone.points.place_mm[bone.where(BonePart.CORTEX)]
    inner = bone.points.place_mm[bone.where(BonePart.CANCELLOUS)]
    middle = body.mean(axis=0)
    heart = np.abs(body - middle).max(axis=1) < 6.0
    assert np.abs(cortex - middle).max(axis=1).min() > 6.0
    assert heart.sum() == (np.abs(inner - middle).max(axis=1) < 6.0).sum()
    assert cortex[:, 1].min() == body[:, 1].min()
    # the base of the pedicles is no shell
    behind = bone.points.place_mm[bone.where(BonePart.POSTERIOR)]
    near = np.array([np.abs(cortex - p).max(axis=1).min() for p in behind[:: len(behind) // 200]])
    assert (near < 0.8).mean() < 0.1


def test_discs_reach_the_planes_that_are_held(bone):
    disc = bone.points.place_mm[bone.where(BonePart.DISC)]
    k = bone.grid.shape[2] * 1.5
    assert disc[:, 2].min() == pytest.approx(0.375)
    assert disc[:, 2].max() == pytest.approx(k - 0.375)
    assert set(bone.points.elastic_mpa) == {0.0, DISC_MPA.value}
    assert (bone.points.elastic_mpa > 0.0).sum() == len(disc)
    held = bone.held.reshape(3, *bone.grid.node_shape)
    assert not held[..., 1:-1].any()
    assert np.array_equal(held[0], held[1])
    assert np.array_equal(held[0], held[2])
    for end, plane in ((disc[:, 2] < 1.5, 0), (disc[:, 2] > k - 1.5, -1)):
        area = 0.75**2 * end.sum() / 2.0
        assert held[0, ..., plane].sum() * 2.25 == pytest.approx(area, rel=0.2)
        assert held[0, ..., plane].sum() * 2.25 > area


def test_the_grid_is_free_beside_the_body(bone):
    body = bone.points.place_mm[bone.where(*BODY_PARTS)]
    size = np.array(bone.grid.shape) * 1.5
    assert body[:, 0].min() >= 8.0
    assert size[0] - body[:, 0].max() >= 8.0
    assert body[:, 1].min() >= 8.0
    plates = bone.points.place_mm[bone.where(BonePart.SUPERIOR_ENDPLATE)]
    assert 4.5 < size[2] - plates[:, 2].max() < 8.0


def test_gas_is_a_gap_without_mass(cleft):
    found = patient_bone(cleft, LAW)
    assert found.gap.any()
    gas = cleft.mask(Region.BODY) & (cleft.hu.values < -200.0)
    seen = found.gap.sum() * 0.75**3
    assert seen == pytest.approx(gas.sum() * cleft.hu.grid.voxel_volume_mm3, rel=0.2)
    voxel = (found.points.place_mm / 0.75).astype(int)
    assert not found.gap[tuple(voxel.T)].any()
    carried = found.points.mass_mg[~found.where(BonePart.DISC)].sum()
    assert carried - found.raised_mg == pytest.approx(own_mass_mg(cleft, found), rel=0.005)
    assert f"{seen / 1000.0:.2f} ml of gas" in found.notes[1]


def test_no_gap_without_gas(bone):
    assert not bone.gap.any()
    assert len(bone.notes) == 1


def test_noise_is_raised_to_the_least_and_the_voxel_keeps_its_mass():
    density = np.full((2, 2, 4), 0.1)
    density[0, 0, 0] = -0.05  # a noisy voxel
    density[..., 2:] = -0.02  # and one without anything
    density[1, 1, 3] = 0.5  # outside the bone
    bone = np.ones(density.shape, dtype=bool)
    bone[1, 1, 3] = False
    found = _raise_to_least(density, bone, 0.01)
    assert found[..., :2].sum() == pytest.approx(0.65)
    assert found[0, 0, 0] == pytest.approx(0.01)
    assert found[1, 1, 0] == pytest.approx(0.01 + 0.09 * 0.57 / 0.63)
    assert found[..., 2:][bone[..., 2:]] == pytest.approx(0.01)
    assert found[1, 1, 3] == 0.0


def test_what_lies_outside_goes_to_the_nearest_bone():
    bone = np.array([False, True, True, False, False])[:, None, None]
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])[:, None, None]
    assert _gather_into(bone, values).ravel() == pytest.approx([0.0, 3.0, 12.0, 0.0, 0.0])


def test_drilling_keeps_parts_and_points_together(bone):
    middle = bone.points.place_mm[bone.where(*BODY_PARTS)].mean(axis=0)
    sphere = capsule(middle, np.array([0.0, 1.0, 0.0]), 8.0, 4.0)
    other = capsule(middle + np.array([0.0, 0.0, 9.0]), np.array([0.0, 1.0, 0.0]), 6.0, 3.0)
    found = bone.drilled(sphere, other)
    away = np.linalg.norm(bone.points.place_mm - middle, axis=1)
    second = np.linalg.norm(bone.points.place_mm - middle - [0.0, 0.0, 9.0], axis=1)
    assert len(found.points.mass_mg) == len(found.part)
    gone = len(bone.part) - len(found.part)
    assert gone * 0.75**3 == pytest.approx(4.0 / 3.0 * np.pi * (4.0**3 + 3.0**3), rel=0.05)
    clear = (away > 5.0) & (second > 4.0)
    left = np.linalg.norm(found.points.place_mm - middle, axis=1)
    assert left.min() > 3.4
    there = (left > 5.0) & (
        np.linalg.norm(found.points.place_mm - middle - [0.0, 0.0, 9.0], axis=1) > 4.0
    )
    assert np.array_equal(found.part[there], bone.part[clear])
    assert np.array_equal(found.points.place_mm[there], bone.points.place_mm[clear])
    assert np.array_equal(bone.drilled().part, bone.part)


def test_the_arch_is_cut_where_the_setting_says(plain, bone):
    short = patient_bone(plain, LAW, setting=BoneSetting(arch_mm=5.0))

    def posterior(found):
        return found.to_world(found.points.place_mm[found.where(BonePart.POSTERIOR)])

    local = plain.frame.to_local(posterior(short))
    y = np.nonzero(plain.mask(Region.BODY))[1].max()
    back = plain.frame.to_local(plain.regions.grid.to_world([0, y, 0]))[1] + 0.375
    assert back + 4.0 < local[:, 1].max() <= back + 5.0
    kept = 0.75**3 * bone.where(BonePart.POSTERIOR).sum() / 1000.0
    assert f"{kept:.1f} ml are kept" in bone.notes[0]
    assert short.where(BonePart.POSTERIOR).sum() < 0.6 * bone.where(BonePart.POSTERIOR).sum()
    both = [0.75**3 * f.where(*BODY_PARTS).sum() for f in (bone, short)]
    assert both[0] == pytest.approx(both[1], rel=1e-3)
    x = np.nonzero(plain.mask(Region.BODY))[0]
    wide = plain.frame.to_local(plain.regions.grid.to_world([[x.min(), 0, 0], [x.max(), 0, 0]]))
    side = plain.frame.to_local(posterior(bone))[:, 0]
    assert side.min() >= wide[0, 0] - 0.376
    assert side.max() <= wide[1, 0] + 0.376


def test_a_finer_grid_carries_the_same_mass(plain, bone):
    fine = patient_bone(plain, LAW, spacing_mm=1.0)
    assert fine.grid.spacing_mm == 1.0
    for parts in (BODY_PARTS, (BonePart.POSTERIOR,)):
        masses = [f.points.mass_mg[f.where(*parts)].sum() for f in (bone, fine)]
        assert masses[1] == pytest.approx(masses[0], rel=0.02)


def test_what_cannot_be_used_is_refused(plain):
    with pytest.raises(InputError, match=r"measure 0\.75 to 2 mm; got 0\.5"):
        patient_bone(plain, LAW, spacing_mm=0.5)
    with pytest.raises(LevelError, match=r"L1 is incomplete \(cut by superior"):
        patient_bone(replace(plain, complete=False, cut_by=("superior",)), LAW)
    with pytest.raises(InputError, match="g/ml"):
        patient_bone(plain, replace(LAW, slope_mg_per_ml_per_hu=0.8e-3, intercept_mg_per_ml=0.0))
    empty = np.full_like(plain.superior.surface.height_mm, np.nan)
    plate = replace(plain.superior.surface, height_mm=empty)
    nobody = np.zeros_like(plain.regions.values)
    with pytest.raises(InputError, match="no body"):
        patient_bone(replace(plain, regions=replace(plain.regions, values=nobody)), LAW)
    far = replace(plate, height_mm=np.array(plain.superior.surface.height_mm))
    off = replace(far, u_mm=far.u_mm + 200.0)
    with pytest.raises(InputError, match="an endplate covers no bone"):
        patient_bone(replace(plain, superior=replace(plain.superior, surface=off)), LAW)


@pytest.mark.parametrize(
    ("name", "value"),
    [("disc_mm", 0.5), ("beside_mm", 3.0), ("arch_mm", -1.0), ("least_g_per_ml", 0.0)],
)
def test_a_setting_out_of_range_is_refused(name, value):
    with pytest.raises(InputError, match=f"{name} is expected from"):
        BoneSetting(**{name: value})


def test_a_disc_has_a_modulus():
    with pytest.raises(InputError, match="above 0"):
        BoneSetting(disc_mpa=replace(DISC_MPA, value=0.0, low=None, high=None))


def test_the_discs_modulus_is_the_users(plain):
    setting = BoneSetting(disc_mpa=replace(DISC_MPA, value=12.0))
    found = patient_bone(plain, LAW, setting=setting)
    assert set(found.points.elastic_mpa[found.where(BonePart.DISC)]) == {12.0}
