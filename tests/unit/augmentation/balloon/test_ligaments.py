"""Ligaments: where they are, when they are taut, and that a plate under them is in balance."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from vertaug.augmentation.balloon.balance import Balance
from vertaug.augmentation.balloon.bone_points import PointGrid, drill, fill_points
from vertaug.augmentation.balloon.dead_weight import plate_centre_mm, weight_on_top
from vertaug.augmentation.balloon.foam_law import vertebral_foam
from vertaug.augmentation.balloon.inflation import (
    InflationLimits,
    inflate,
    place_balloons,
    problem_of,
)
from vertaug.augmentation.balloon.ligaments import (
    LIGAMENTS,
    Ligament,
    lumbar_ligaments,
    place_ligaments,
    read_ligaments,
)
from vertaug.augmentation.balloon.patient_bone import patient_bone
from vertaug.augmentation.balloon.preload import axial_force_n, preload
from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.balloon.tension import unfolded
from vertaug.case.errors import FormatError
from vertaug.case.measurement import HeightSet
from vertaug.tissue import calibrate_generic

GRID = PointGrid(shape=(14, 14, 16), spacing_mm=1.5)
MIDDLE_MM = 10.5
FORCE_N = 20.0


def held_by(*ligaments):
    """A column under a weight, with a balloon in its middle and ligaments on its plate."""
    held = np.zeros((3, *GRID.node_shape), dtype=bool)
    held[:, 2:-2, 2:-2, 0] = held[:, 2:-2, 2:-2, -1] = True
    held = held.reshape(3, -1)
    surface = capsule(np.array([MIDDLE_MM, MIDDLE_MM, 12.0]), np.array([0.0, 0.0, 1.0]), 4.0, 2.0)
    filled = np.zeros((28, 28, 32))
    filled[4:-4, 4:-4] = 0.1
    points = drill(fill_points(GRID, filled), surface, GRID)
    weight = weight_on_top(held, GRID, FORCE_N, ligaments)
    pair = ((surface, unfolded(surface, 0.0)),)
    placed = place_balloons(GRID, vertebral_foam(0.45), held, points, pair, weight=weight)
    return preload(placed, FORCE_N)


def spring(along=0.0, slack=0.0, n_per_mm=400.0):
    place = np.array([MIDDLE_MM + along, MIDDLE_MM])
    return Ligament(name="spring", place_mm=place, n_per_mm=n_per_mm, slack_mm=slack)


def inflated(state):
    return inflate(state, InflationLimits(volume_mm3=300.0)).state


@pytest.fixture(scope="module")
def free():
    return inflated(held_by())


def tension_of(state):
    (one,) = state.weight.ligaments
    return one.tension_n(one.rise_mm(state.plate, plate_centre_mm(state.weight, GRID)[:2]))


def test_a_spring_is_slack_until_it_is_taut():
    one = spring(along=3.0, slack=2.0, n_per_mm=10.0)
    centre = np.array([MIDDLE_MM, MIDDLE_MM - 1.0])
    rise = one.rise_mm(np.array([1.5, 0.5, 0.25]), centre)
    assert rise == pytest.approx(1.5 + 3.0 * 0.5 + 0.25)
    assert one.tension_n(rise) == pytest.approx(12.5)
    assert one.tension_n(2.0) == one.tension_n(-1.0) == 0.0


def test_the_bone_bears_the_weight_and_what_the_ligament_pulls(free):
    """A plate that may rise by less; the force below is that above."""
    state = inflated(held_by(spring()))
    tension = tension_of(state)
    assert tension > 5.0
    assert axial_force_n(free) == pytest.approx(FORCE_N, abs=3.0)
    assert axial_force_n(state) == pytest.approx(FORCE_N + tension, abs=3.0)
    assert state.plate[0] < free.plate[0]


def test_a_ligament_beside_the_middle_tilts_the_plate_down_to_its_side(free):
    at_left = inflated(held_by(spring(along=6.0)))
    at_right = inflated(held_by(spring(along=-6.0)))
    assert at_left.plate[1] < -5e-4
    assert at_right.plate[1] == pytest.approx(-at_left.plate[1], rel=0.05)
    assert abs(free.plate[1]) < 0.1 * abs(at_left.plate[1])


def test_a_ligament_that_stays_slack_changes_no_bit(free):
    state = inflated(held_by(spring(slack=50.0)))
    np.testing.assert_array_equal(state.points.place_mm, free.points.place_mm)
    np.testing.assert_array_equal(state.plate, free.plate)


def test_the_force_of_ligaments_is_the_slope_of_their_work():
    """Central differences of half k e^2 along a random motion of the plate."""
    springs = (spring(along=4.0, slack=0.01), spring(along=-5.0, slack=0.3, n_per_mm=70.0))
    state = replace(held_by(*springs), plate=np.array([0.2, 0.01, -0.02]))
    balance, plain = (
        Balance(problem_of(s), 0.01)
        for s in (state, replace(state, weight=replace(state.weight, ligaments=())))
    )
    rng = np.random.default_rng(3)
    move = balance.admitted(rng.normal(size=balance.weight.shape))
    pull = balance.forces(move) - plain.forces(move)
    centre = plate_centre_mm(state.weight, GRID)[:2]
    i, j, _ = np.unravel_index(balance.index[balance.plate.at], GRID.node_shape)
    places = np.stack([i, j], axis=1) * GRID.spacing_mm - centre
    terms = np.column_stack([np.ones(len(places)), places])

    def work(share):
        up = np.linalg.lstsq(terms, share * move[2, balance.plate.at], rcond=None)[0]
        beyond = [max(s.rise_mm(state.plate + up, centre) - s.slack_mm, 0.0) for s in springs]
        return sum(0.5 * s.n_per_mm * e**2 for s, e in zip(springs, beyond, strict=True))

    slope = (work(1.0 + 1e-5) - work(1.0 - 1e-5)) / 2e-5
    assert float((pull * move).sum()) == pytest.approx(slope, rel=1e-6)


@pytest.fixture(scope="module")
def plain(phantom_spine):
    return phantom_spine[1]["L1"]


@pytest.fixture(scope="module")
def bone(plain):
    return patient_bone(plain, calibrate_generic(120.0), spacing_mm=2.0)


def test_they_run_in_front_of_the_body_behind_it_and_behind_the_canal(plain, bone):
    found = {one.name: one for one in place_ligaments(lumbar_ligaments(), bone, plain)}
    assert tuple(found) == LIGAMENTS
    mark = plain.landmarks
    for name, corner in (
        ("anterior_longitudinal", mark.superior_anterior),
        ("posterior_longitudinal", mark.superior_posterior),
    ):
        assert np.linalg.norm(found[name].place_mm - bone.to_place(corner)[:2]) < 2.0
    behind = [found[name].place_mm[1] for name in LIGAMENTS]
    assert behind == sorted(behind)
    assert [one.slack_mm for one in found.values()] == [0.0] * 5
    assert found["flavum"].n_per_mm == pytest.approx(15.0 * 67.0 / 19.0, rel=2e-3)


def test_a_fresh_fracture_has_let_them_go_slack(plain, bone):
    """By the lost height, in between on a straight line, and never less than nothing."""
    measured = SimpleNamespace(
        reference_mm=HeightSet(anterior=28.0, middle=27.0, posterior=29.0),
        heights_mm=HeightSet(anterior=18.0, middle=20.0, posterior=28.0),
    )
    found = {o.name: o for o in place_ligaments(lumbar_ligaments(), bone, plain, measured)}
    assert found["anterior_longitudinal"].slack_mm == pytest.approx(10.0)
    assert found["posterior_longitudinal"].slack_mm == pytest.approx(1.0)
    assert found["supraspinous"].slack_mm == 0.0
    # a front that is higher than expected counts as one that has lost nothing
    measured.heights_mm = HeightSet(anterior=29.0, middle=27.0, posterior=27.0)
    higher = {o.name: o for o in place_ligaments(lumbar_ligaments(), bone, plain, measured)}
    assert higher["anterior_longitudinal"].slack_mm == 0.0
    assert higher["posterior_longitudinal"].slack_mm == pytest.approx(2.0)
    measured.heights_mm = HeightSet(anterior=28.0, middle=27.0, posterior=27.0)
    level = {o.name: o for o in place_ligaments(lumbar_ligaments(), bone, plain, measured)}
    assert higher["flavum"].slack_mm == level["flavum"].slack_mm


FILE = "\n".join(
    f'{name} = {{ value = {n}.0, status = "uncertain", source = "mine" }}'
    for n, name in enumerate(LIGAMENTS)
)


def test_a_file_of_ones_own(tmp_path, plain, bone):
    path = tmp_path / "mine.toml"
    path.write_text(f"[ligaments]\n{FILE}\n")
    mine = read_ligaments(path)
    assert mine.flavum.value == 2.0
    # no stiffness leaves one out
    names = [one.name for one in place_ligaments(mine, bone, plain)]
    assert names == list(LIGAMENTS[1:])
    path.write_text(f"[ligaments]\n{FILE.replace('3.0', '-3.0')}\n")
    with pytest.raises(FormatError, match="from 0 up; interspinous has -3"):
        read_ligaments(path)
