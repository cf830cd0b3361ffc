"""The strength that a balloon meets, and how it falls with crushing."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import PointGrid, drill, fill_points, gather_bone
from vertaug.augmentation.balloon.crushed_bone import calibrated_bone, read_crushed_bone
from vertaug.augmentation.balloon.foam_law import Softening, vertebral_foam
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
"""


def write(path, **given):
    file = path / "bone.toml"
    file.write_text(
        TABLE.format(**({"name": "crushed_bone", "share": 0.4, "residual": 0.5} | given))
    )
    return file


def test_a_file_of_ones_own_that_softens(tmp_path):
    law = read_crushed_bone(write(tmp_path)).law()
    np.testing.assert_allclose(law.softening.share(np.array([0.1])), 0.5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "bone"}, "expected to hold one table"),
        ({"share": 0}, "above 0"),
        ({"residual": 2}, "at most 1"),
        ({"share": '"much"'}, "strength_share"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, given, said):
    with pytest.raises(FormatError, match=said):
        read_crushed_bone(write(tmp_path, **given))
