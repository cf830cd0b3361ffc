"""The strength that a balloon meets, and how it falls with crushing."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import (
    PointGrid,
    carry,
    drill,
    fill_points,
    gather_bone,
)
from vertaug.augmentation.balloon.crushed_bone import calibrated_bone, read_crushed_bone
from vertaug.augmentation.balloon.foam_law import FoamLaw, Softening, vertebral_foam
from vertaug.augmentation.balloon.inflation import InflationLimits, inflate, place_balloons
from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.balloon.tension import unfolded
from vertaug.case.errors import FormatError, InputError

HALF = Softening(residual=0.5, strain=0.1)


def test_the_strength_falls_in_a_straight_line_to_what_is_left():
    flow = np.array([0.0, 0.05, 0.1, 3.0])
    np.testing.assert_allclose(HALF.share(flow), [1.0, 0.75, 0.5, 0.5])
    rho = np.full(4, 0.1)
    # 37.4 rho^1.39
    first = 0.3 * 37.4 * 0.1**1.39
    found = vertebral_foam(0.3, HALF).softened_mpa(rho, flow)
    np.testing.assert_allclose(found, first * np.array([1.0, 0.75, 0.5, 0.5]))
    np.testing.assert_allclose(vertebral_foam(0.3).softened_mpa(rho, flow), first)


def test_a_voxel_has_the_strength_of_the_mean_flow_of_its_points():
    grid = PointGrid(shape=(2, 1, 1), spacing_mm=1.0)
    points = fill_points(grid, np.full((4, 2, 2), 0.1))
    flow = np.where(points.place_mm[:, 0] < 1.0, 0.0, 0.04)
    flow[points.place_mm[:, 0] > 1.5] = 0.08
    law = vertebral_foam(0.3, HALF)
    bone = gather_bone(replace(points, flow=flow), grid, law, np.zeros(grid.shape))
    # 1 - 0.5 * 0.06 / 0.1
    np.testing.assert_allclose(bone.strength_mpa[1] / bone.strength_mpa[0], 0.7)


def test_a_disc_does_not_soften():
    grid = PointGrid(shape=(1, 1, 1), spacing_mm=1.0)
    points = fill_points(grid, np.full((2,) * 3, 0.1), np.full((2,) * 3, 5.0))
    law = vertebral_foam(0.3, HALF)
    crushed = replace(points, flow=np.full(8, 1.0))
    found = [gather_bone(p, grid, law, np.zeros(grid.shape)) for p in (points, crushed)]
    assert found[0].strength_mpa == found[1].strength_mpa


def test_bone_that_softens_bears_less_and_not_less_than_what_is_left_of_it():
    grid = PointGrid(shape=(16,) * 3, spacing_mm=1.5)
    surface = capsule(np.full(3, 12.2), np.array([0.0, 0.0, 1.0]), 5.0, 2.5)
    points = drill(fill_points(grid, np.full((32,) * 3, 0.1)), surface, grid)
    held = np.zeros((3, *grid.node_shape), dtype=bool)
    held[..., 0] = held[..., -1] = True
    balloon = ((surface, unfolded(surface, 0.0)),)
    ends = []
    for law in (vertebral_foam(0.4), vertebral_foam(0.4, HALF), vertebral_foam(0.2)):
        state = place_balloons(grid, law, held.reshape(3, -1), points, balloon)
        found = inflate(state, InflationLimits(volume_mm3=400.0))
        assert all(report.converged for report in found.solver)
        ends.append(found.pressure_mpa[-1, 0])
    assert ends[2] < ends[1] < ends[0]
    # almost all of what flows has softened by then
    assert ends[1] < 0.5 * (ends[0] + ends[2])


@pytest.mark.parametrize("given", [(0.0, 0.1), (1.1, 0.1), (0.5, 0.0), (np.nan, 0.1)])
def test_what_is_no_softening_is_refused(given):
    with pytest.raises(InputError, match=r"expected|softens"):
        Softening(residual=given[0], strain=given[1])


def test_the_built_in_bone_has_a_range_a_source_and_no_softening():
    bone = calibrated_bone()
    share = bone.strength_share
    assert share.low is not None
    assert share.high is not None
    assert share.low < share.value < share.high
    assert "16762891" in share.source
    law, flow = bone.law(), np.array([1.0])
    rho = np.array([0.15])
    expected = share.value * 37.4 * 0.15**1.39
    np.testing.assert_allclose(law.softened_mpa(rho, flow), expected)


def test_a_strength_of_ones_own_has_no_range():
    bone = calibrated_bone().with_strength_share(0.45)
    assert bone.strength_share.range_text == ""
    np.testing.assert_allclose(bone.law().strength_mpa(np.array([0.1])), 0.45 * 37.4 * 0.1**1.39)
    with pytest.raises(InputError, match="above 0"):
        bone.with_strength_share(0.0)


TABLE = """
[{name}]
strength_share = {{ value = {share}, status = "uncertain", source = "s" }}
residual_share = {{ value = {residual}, status = "uncertain", source = "s" }}
softening_strain = {{ value = 0.1, status = "uncertain", source = "s" }}
cortex_share = {{ value = {cortex}, status = "uncertain", source = "s" }}
loose_tension = {{ value = {tension}, status = "uncertain", source = "s" }}
contact_fall = {{ value = {fall}, status = "uncertain", source = "s" }}
"""
GIVEN = {
    "name": "crushed_bone",
    "share": 0.4,
    "residual": 0.5,
    "cortex": 0.8,
    "tension": 0.2,
    "fall": 5.0,
}


def write(path, **given):
    file = path / "bone.toml"
    file.write_text(TABLE.format(**(GIVEN | given)))
    return file


def test_a_file_of_ones_own_that_softens(tmp_path):
    law = read_crushed_bone(write(tmp_path)).law()
    np.testing.assert_allclose(law.softening.share(np.array([0.1])), 0.5)
    assert law.contact_fall == 5.0
    assert read_crushed_bone(write(tmp_path)).hard == pytest.approx(2.0)


def test_broken_bone_yields_under_no_load_and_nearly_as_whole_bone_in_compression():
    law, strength = vertebral_foam(0.3), np.array([0.5, 0.5])
    whole, broken = law.apart_mpa(strength, np.array([0.0, 1.0]))
    assert whole == 0.0
    # q^2 + a^2 (p + c)^2 = (1 + a^2 / 9) Y^2
    size = (1.0 + law.shape / 9.0) * 0.25

    def over(q, p):
        return q * q + law.shape * (p + broken) ** 2 - size

    assert over(0.0, 0.0) == pytest.approx(0.0)
    assert over(1e-3, 0.0) > 0.0
    assert over(1e-3, 1e-3 / 3.0) > 0.0
    pressed = 0.5 / np.sqrt(1.0 + law.shape / 9.0)
    assert over(pressed, -pressed / 3.0) == pytest.approx(0.0)
    assert pressed == pytest.approx(0.894 * 0.5, rel=1e-3)


def test_what_has_no_limit_of_the_mean_stress_cannot_be_broken():
    law = FoamLaw(modulus_mpa=np.ones_like, strength_mpa=np.ones_like, shape=0.0)
    assert law.apart_mpa(np.ones(2), np.zeros(2)).tolist() == [0.0, 0.0]
    with pytest.raises(InputError, match="broken bone needs a foam"):
        law.apart_mpa(np.ones(2), np.array([0.0, 0.5]))


def test_broken_bone_loses_contact_as_it_opens_and_gains_it_again():
    law = vertebral_foam(0.3, contact_fall=10.0)
    opened = np.array([0.1, 0.1, 0.1, -0.2, 0.0])
    broken = np.array([1.0, 0.5, 0.0, 1.0, 1.0])
    expected = [np.exp(-1.0), 0.5 + 0.5 * np.exp(-1.0), 1.0, 1.0, 1.0]
    np.testing.assert_allclose(law.contact(opened, broken), expected)
    assert vertebral_foam(0.3).contact(opened, broken).tolist() == [1.0] * 5


def test_voxels_have_what_their_points_carry_and_discs_do_not():
    grid = PointGrid(shape=(3, 1, 1), spacing_mm=1.0)
    disc = np.zeros((6, 2, 2))
    disc[4:] = 5.0
    points = fill_points(grid, np.full((6, 2, 2), 0.1), disc)
    half = points.place_mm[:, 0] < 0.5
    third = points.place_mm[:, 0] > 2.0
    points = replace(
        points,
        tension=np.where(half | third, 0.2, 1.0),
        opened=np.where(half | third, 0.3, 0.0),
        hard=np.where(half | third, 4.0, 1.0),
    )
    law = vertebral_foam(0.3, contact_fall=10.0)
    bone = gather_bone(points, grid, law, np.zeros(grid.shape))
    own = 0.3 * 37.4 * 0.1**1.39
    lost = 0.4 * (1.0 - np.exp(-1.5))
    np.testing.assert_allclose(bone.strength_mpa[:2], [2.5 * own * (1.0 - lost), own])
    np.testing.assert_allclose(
        bone.apart_mpa, [0.4 * bone.strength_mpa[0] * np.sqrt(1.25 / 2.25), 0.0, 0.0]
    )
    assert bone.strength_mpa[2] == 1e6


def test_points_carry_how_much_their_bone_opens():
    grid = PointGrid(shape=(3, 3, 3), spacing_mm=1.0)
    points = fill_points(grid, np.full((6, 6, 6), 0.1))
    bone = gather_bone(points, grid, vertebral_foam(0.3), np.zeros(grid.shape))
    place = np.indices(grid.node_shape) * 1.0
    found = np.zeros((27, 6)), np.zeros(27)
    growth = np.array([1.1, 1.0, 0.98])[:, None, None, None] - 1.0
    # a shear besides, which opens nothing
    u = growth * place
    u[0] += 0.05 * place[1]
    moved = carry(points, bone, found, u, grid)
    np.testing.assert_allclose(moved.opened, np.log1p(0.1 - 0.02), rtol=1e-12)
    back = carry(points, bone, found, -u, grid)
    assert (back.opened < 0.0).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "bone"}, "expected to hold one table"),
        ({"share": 0}, "above 0"),
        ({"residual": 2}, "at most 1"),
        ({"share": '"much"'}, "strength_share"),
        ({"cortex": 0}, "of cortex 0"),
        ({"tension": 1.5}, "tension from 0 to 1"),
        ({"fall": -1}, "contact from 0 up"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, given, said):
    with pytest.raises(FormatError, match=said):
        read_crushed_bone(write(tmp_path, **given))
