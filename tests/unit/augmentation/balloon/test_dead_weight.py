"""A plate under a weight: exact blocks, tilts, a balloon under it, deflation, and refusals."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon import deflation
from vertaug.augmentation.balloon.bone_points import PointGrid, drill, fill_points
from vertaug.augmentation.balloon.dead_weight import DeadWeight, plate_motion, weight_on_top
from vertaug.augmentation.balloon.deflation import come_to_rest, deflate
from vertaug.augmentation.balloon.foam_law import FoamLaw, vertebral_foam
from vertaug.augmentation.balloon.increment import IncrementLimits, settle
from vertaug.augmentation.balloon.inflation import (
    InflationLimits,
    inflate,
    place_balloons,
    problem_of,
)
from vertaug.augmentation.balloon.preload import axial_force_n, preload
from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.balloon.tension import unfolded
from vertaug.case.errors import ComputationError, InputError

GRID = PointGrid(shape=(14, 14, 16), spacing_mm=1.5)
SIDE_MM, HEIGHT_MM, YOUNG, POISSON = 15.0, 24.0, 250.0, 0.3
BESIDE, MIDDLE_MM = 2, 10.5
EXACT = IncrementLimits(tolerance=1e-5, plate_n=0.01, drag_mpa=1e-4)


def elastic():
    return FoamLaw(
        modulus_mpa=lambda rho: np.full_like(rho, YOUNG),
        strength_mpa=lambda rho: np.full_like(rho, 1e6),
        shape=0.0,
    )


def column(force, *, law=None, radius=0.3, place=None, confined=False, density=0.1, offset=0.0):
    """A column with free room beside, on a held foot, with a balloon at half its height."""
    held = np.zeros((3, *GRID.node_shape), dtype=bool)
    inner = slice(BESIDE, -BESIDE)
    held[:, inner, inner, 0] = held[:, inner, inner, -1] = True
    if confined:
        sides = [BESIDE, -BESIDE - 1]
        held[0, sides] = held[1, :, sides] = True
    held = held.reshape(3, -1)
    middle = np.array([MIDDLE_MM + offset, MIDDLE_MM, 0.5 * HEIGHT_MM])
    surface = capsule(middle, np.array([0.0, 0.0, 1.0]), 2.0 * radius, radius)
    filled = np.zeros((28, 28, 32))
    filled[2 * BESIDE : -2 * BESIDE, 2 * BESIDE : -2 * BESIDE] = density
    points = drill(fill_points(GRID, filled), surface, GRID)
    weight = weight_on_top(held, GRID, force)
    if place is not None:
        weight = replace(weight, place_mm=np.array(place))
    balloon = ((surface, unfolded(surface, 0.0)),)
    return place_balloons(GRID, law or elastic(), held, points, balloon, weight=weight)


def plate_of(nodes_mm):
    """Return the rise of a plate's middle and its tilts, from the nodes of the upper face."""
    upper = nodes_mm[2, BESIDE:-BESIDE, BESIDE:-BESIDE, -1]
    i, j = np.indices(upper.shape) * GRID.spacing_mm - 0.5 * SIDE_MM
    terms = np.stack([np.ones(upper.size), i.ravel(), j.ravel()], axis=1)
    found, *_ = np.linalg.lstsq(terms, upper.ravel(), rcond=None)
    # it is a plate
    np.testing.assert_allclose(terms @ found, upper.ravel(), atol=1e-10)
    return found


def settled(state, pressure=0.0):
    found = settle(problem_of(state), np.array([pressure]), EXACT, scale_n=10.0)
    assert found.solver.converged
    return found


def test_a_confined_column_sinks_by_force_times_height_over_its_stiffness():
    found = settled(column(100.0, confined=True))
    modulus = YOUNG * (1.0 - POISSON) / ((1.0 + POISSON) * (1.0 - 2.0 * POISSON))
    sunk, *tilts = plate_of(found.nodes_mm)
    assert -sunk == pytest.approx(100.0 * HEIGHT_MM / (modulus * SIDE_MM**2), rel=2e-3)
    assert np.abs(tilts).max() * SIDE_MM < 1e-3 * abs(sunk)


def test_a_balloon_raises_the_plate_by_the_volume_that_a_force_on_it_takes_from_the_balloon():
    """Betti: p times the volume that F = 1 N takes from the cavity is 1 N times the rise."""
    weighed, pressed = settled(column(100.0, radius=4.0)), settled(column(0.0, radius=4.0), 0.5)
    surface = problem_of(column(0.0, radius=4.0)).loads[0]
    taken = -float((surface * weighed.nodes_mm.reshape(3, -1)).sum()) / 100.0
    risen = plate_of(pressed.nodes_mm)[0]
    assert taken > 0.0
    assert risen == pytest.approx(0.5 * taken, rel=1e-3)


def test_a_plate_that_may_not_rise_bears_what_would_raise_it():
    """Rise under a pressure times the column's stiffness is the force on a plate that is held."""
    state = column(0.0, radius=4.0)
    rise = plate_of(settled(state, 0.5).nodes_mm)[0]
    stiffness = 100.0 / -plate_of(settled(column(100.0, radius=4.0)).nodes_mm)[0]
    found = settled(replace(state, weight=None), 0.5)
    bone = problem_of(state).bone
    top = bone.voxel % GRID.shape[2] == GRID.shape[2] - 1
    force = -(found.stress_mpa[top, 2] * bone.volume_mm3[top]).sum() / GRID.spacing_mm
    assert force == pytest.approx(rise * stiffness, rel=0.01)


def test_an_eccentric_weight_tilts_the_plate_as_a_propped_beam():
    """Timoshenko's beam, clamped at its foot, its head kept from going sideways."""
    arm = 3.0
    rise, tilt, other = plate_of(settled(column(20.0, place=(MIDDLE_MM + arm, MIDDLE_MM))).nodes_mm)
    even = plate_of(settled(column(20.0)).nodes_mm)
    area, inertia = SIDE_MM**2, SIDE_MM**4 / 12.0
    shear = YOUNG / (2.0 * (1.0 + POISSON)) * area * 5.0 / 6.0
    moment, length = 20.0 * arm, HEIGHT_MM
    prop = moment * length**2 / (2.0 * YOUNG * inertia)
    prop /= length**3 / (3.0 * YOUNG * inertia) + length / shear
    expected = (moment * length - prop * length**2 / 2.0) / (YOUNG * inertia)
    # both ends keep their cross-section, which a beam's do not
    assert -tilt == pytest.approx(expected, rel=0.1)
    assert abs(other) < 1e-3 * abs(tilt)
    assert np.abs(even[1:]).max() < 1e-3 * abs(tilt)
    assert rise == pytest.approx(even[0], rel=1e-3)


@pytest.mark.parametrize("force", [20.0, 50.0])
def test_the_force_stays_what_it_is_while_a_balloon_grows_and_is_emptied(force):
    state = column(force, law=vertebral_foam(0.45), radius=2.0, offset=1.0)
    loaded = preload(state, force)
    found = inflate(loaded, InflationLimits(volume_mm3=300.0))
    assert all(report.converged for report in found.solver)
    empty = deflate(found.state, IncrementLimits())
    for at in (loaded, found.state, empty):
        assert axial_force_n(at) == pytest.approx(force, abs=3.0)
    heights = [s.points.place_mm[:, 2].max() for s in (found.state, empty)]
    assert heights[1] < heights[0]


def test_the_motion_of_a_plate_is_its_rise_and_its_slopes():
    weight = column(10.0).weight
    x, y, z = np.indices(GRID.node_shape) * GRID.spacing_mm
    moved = np.stack([x, y, 0.3 + 0.02 * (x - MIDDLE_MM) - 0.01 * (y - MIDDLE_MM) + 0.0 * z])
    moved[2, :, :, :-1] = 7.0  # only the plate counts
    every = np.arange(np.prod(GRID.shape))
    assert plate_motion(weight, GRID, moved, every) == pytest.approx([0.3, 0.02, -0.01])


def test_a_plate_moves_as_its_nodes_with_bone_beneath():
    """An increment leaves the others where they are; the rise is that of its whole middle."""
    weight = column(10.0).weight
    x, y, _ = np.indices(GRID.node_shape) * GRID.spacing_mm
    rise = 0.3 + 0.02 * (x - MIDDLE_MM) - 0.01 * (y - MIDDLE_MM)
    i, _, k = np.indices(GRID.shape)
    lost = i < BESIDE + 4  # the first 6 mm
    rise[: BESIDE + 4] = 0.0
    moved = np.stack([x, y, rise])
    for filled in (~lost, ~lost & (k == GRID.shape[2] - 1)):
        voxel = np.flatnonzero(filled)
        assert plate_motion(weight, GRID, moved, voxel) == pytest.approx([0.3, 0.02, -0.01])


@pytest.mark.parametrize("offset", [2.0, 0.0])
def test_a_state_knows_how_far_its_plate_has_risen_and_tilted(offset):
    """Summed over the increments: as the points under the plate moved, and up over the balloon."""
    state = preload(column(20.0, radius=2.5, offset=offset), 20.0)
    full = inflate(state, InflationLimits(volume_mm3=250.0)).state
    top = state.points.place_mm[:, 2] > HEIGHT_MM - 0.5 * GRID.spacing_mm
    went = (full.points.place_mm - state.points.place_mm)[top]
    at = state.points.place_mm[top][:, 0] - MIDDLE_MM
    risen, along = (full.plate - state.plate)[:2]
    assert risen > 0.0
    assert went[:, 2].mean() == pytest.approx(risen, rel=0.15)
    if offset:
        assert along > 0.0
        assert np.polyfit(at, went[:, 2], 1)[0] == pytest.approx(along, rel=0.15)
    else:
        assert abs(along) * SIDE_MM < 0.02 * risen
    assert full.tilted_forward_deg == pytest.approx(np.degrees(full.plate[2]), rel=1e-3, abs=1e-9)


def test_what_is_left_of_the_rise_does_not_depend_on_the_steps_of_the_deflation():
    state = preload(column(50.0, law=vertebral_foam(0.45), radius=2.0), 50.0)
    full = inflate(state, InflationLimits(volume_mm3=300.0)).state
    top = state.points.place_mm[:, 2] > HEIGHT_MM - 1.0
    lost = []
    for steps in (2, 6, 18):
        empty = deflate(full, IncrementLimits(), steps)
        lost.append((full.points.place_mm - empty.points.place_mm)[top, 2].mean())
    assert min(lost) > 5e-3
    assert max(lost) < 1.01 * min(lost)


def test_a_balloon_does_not_swell_while_it_is_emptied(monkeypatch):
    """Half of the pressure that whole bone bore would blow it up in bone that bears a quarter."""
    state = preload(column(20.0, law=vertebral_foam(0.45), radius=2.0), 20.0)
    full = inflate(state, InflationLimits(volume_mm3=120.0)).state
    weaker = replace(full, law=vertebral_foam(0.12))
    monkeypatch.setattr(deflation, "borne_pressure", lambda *_: full.pressure_mpa)
    left = [deflate(weaker, IncrementLimits(), steps).volumes_mm3()[0] for steps in (4, 12)]
    assert max(left) < 1.002 * full.volumes_mm3()[0]
    assert left[1] == pytest.approx(left[0], rel=0.01)


def test_a_weight_that_the_bone_does_not_bear_is_an_error():
    state = column(200.0, law=vertebral_foam(0.1), density=0.05)
    with pytest.raises(ComputationError, match="does not bear 200 N"):
        come_to_rest(state, IncrementLimits(), 10.0)


def test_a_load_that_is_not_that_of_the_weight_is_refused():
    with pytest.raises(InputError, match="20 N lie on this spine; got 30 N"):
        preload(column(20.0), 30.0)
    free = column(0.0)
    assert preload(free, 0.0) is free


def test_the_line_of_action_runs_through_the_middle_of_the_foot():
    held = np.zeros((3, *GRID.node_shape), dtype=bool)
    held[:, :4, :, 0] = held[:, :, 2:, -1] = True
    found = weight_on_top(held.reshape(3, -1), GRID, 50.0)
    np.testing.assert_allclose(found.place_mm, [2.25, 10.5])
    nodes = found.nodes.reshape(GRID.node_shape)
    assert nodes[:, 2:, -1].all()
    assert nodes.sum() == 15 * 13


def test_what_is_no_plate_is_refused():
    none = np.zeros((3, int(np.prod(GRID.node_shape))), dtype=bool)
    with pytest.raises(InputError, match="needs held nodes in the last layer"):
        weight_on_top(none, GRID, 10.0)
    with pytest.raises(InputError, match="three nodes at least; got 0"):
        DeadWeight(nodes=none[0], force_n=10.0, place_mm=np.zeros(2))
    with pytest.raises(InputError, match="0 to 5000 N; got -1 N"):
        DeadWeight(nodes=~none[0], force_n=-1.0, place_mm=np.zeros(2))
