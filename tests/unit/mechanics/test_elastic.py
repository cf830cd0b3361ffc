"""Linear response of simple blocks."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import ComputationError, GeometryError, InputError
from vertaug.mechanics.elastic import SolverLimits, solve_elastic
from vertaug.mechanics.load_case import LoadCase, Motion, Platen
from vertaug.mechanics.model import CRAWFORD_2003, POISSON

from .blocks import make_block

TIGHT = SolverLimits(tolerance=1e-10)


def test_a_block_between_sliding_platens_is_a_bar():
    model = make_block((4, 5, 6), 250.0, spacing=(0.5, 0.8, 1.2))
    result = solve_elastic(model, LoadCase(displacement_mm=0.1), TIGHT)
    area, height = 2.0 * 4.0, 7.2
    assert result.stiffness == pytest.approx(250.0 * area / height, rel=1e-9)
    assert result.reaction_n == pytest.approx(result.stiffness * 0.1)
    assert result.moment_nmm == 0.0
    assert result.solver.converged


def test_fixed_platens_stiffen_a_block_up_to_the_confined_modulus():
    model = make_block((6, 6, 6), 250.0)
    free = solve_elastic(model, LoadCase(), TIGHT).stiffness
    fixed = solve_elastic(model, LoadCase(platen=Platen.FIXED), TIGHT).stiffness
    confined = (1 - POISSON) / ((1 + POISSON) * (1 - 2 * POISSON))
    assert free * 1.01 < fixed < free * confined


@pytest.mark.parametrize(
    ("motion", "along"),
    [
        (Motion.FLEXION, 1),
        (Motion.EXTENSION, 1),
        (Motion.BEND_LEFT, 0),
        (Motion.BEND_RIGHT, 0),
    ],
)
def test_bending_of_a_long_beam_has_the_stiffness_of_its_section(motion, along):
    shape = (8, 10, 60)
    model = make_block(shape, 200.0, height_mm=60.0)
    result = solve_elastic(model, LoadCase(motion=motion, angle_deg=0.1), TIGHT)
    edges = np.array(shape[:2], dtype=float)
    inertia = edges[1 - along] * edges[along] ** 3 / 12.0
    # fully integrated bricks are too stiff in bending by 1 / n^2 through the depth
    assert result.stiffness == pytest.approx(200.0 * inertia / 60.0, rel=0.03)
    assert abs(result.reaction_n) < 1e-3 * result.moment_nmm


def test_flexion_presses_the_front_and_bending_left_the_left():
    model = make_block((6, 6, 6), 200.0)
    for motion, axis, sign in (
        (Motion.FLEXION, 1, -1),
        (Motion.EXTENSION, 1, 1),
        (Motion.BEND_LEFT, 0, 1),
        (Motion.BEND_RIGHT, 0, -1),
    ):
        result = solve_elastic(model, LoadCase(motion=motion))
        down = -result.displacement_mm[2, result.loaded.superior]
        place = model.superior_nodes[:, axis]
        assert np.sign(np.polyfit(place, down, 1)[0]) == sign


def test_anisotropic_bone_has_its_modulus_along_the_axis():
    model = make_block((4, 4, 8), 300.0, anisotropic=True)
    assert solve_elastic(model, None, TIGHT).stiffness == pytest.approx(300.0 * 16 / 8, rel=1e-8)
    stiff = CRAWFORD_2003.stiffness()
    assert np.linalg.inv(stiff)[2, 2] == pytest.approx(1.0)
    assert np.linalg.inv(stiff)[0, 0] == pytest.approx(3.0)


def test_bone_and_filler_of_a_voxel_share_the_load():
    half = make_block((3, 3, 4), 100.0, filler=np.full((3, 3, 4), 60.0))
    whole = make_block((3, 3, 4), 160.0)
    isotropic = solve_elastic(half, None, TIGHT).stiffness
    assert isotropic == pytest.approx(solve_elastic(whole, None, TIGHT).stiffness, rel=1e-9)
    mixed = solve_elastic(replace(half, anisotropic=True), None, TIGHT).stiffness
    # between sliding platens neither hinders the other much: both share the axial strain
    assert mixed == pytest.approx(isotropic, rel=0.02)


def test_a_load_without_a_path_is_refused():
    modulus = np.full((4, 4, 8), 100.0)
    modulus[:, :, 3] = 0.0
    with pytest.raises(InputError, match="no load path"):
        solve_elastic(make_block((4, 4, 8), modulus))


def test_a_loose_piece_is_refused_with_its_size():
    modulus = np.full((6, 4, 6), 100.0)
    modulus[4] = 0.0
    modulus[5, :, [0, -1]] = 0.0
    with pytest.raises(InputError, match=r"2 pieces of 96, 16 voxels"):
        solve_elastic(make_block((6, 4, 6), modulus))


@pytest.mark.parametrize(
    ("modulus", "words"),
    [
        (0.0, "no voxel has a modulus"),
        (-1.0, "negative"),
        (np.nan, "not a number"),
        (2e6, "check the unit of the density"),
    ],
)
def test_absurd_moduli_are_refused(modulus, words):
    with pytest.raises(InputError, match=words):
        make_block(
            modulus=modulus,
            strength_mpa=np.ones((4, 5, 6)),
            superior_nodes=np.array([[0, 0, 6]]),
            inferior_nodes=np.array([[0, 0, 0]]),
        )


def test_arrays_of_another_grid_are_refused():
    with pytest.raises(GeometryError, match="strength_mpa has shape"):
        make_block(strength_mpa=np.ones((2, 2, 2)))


@pytest.mark.parametrize("height", [0.0, 1.0, 500.0])
def test_a_height_of_no_vertebra_is_refused(height):
    with pytest.raises(InputError, match="2 to 100 mm high"):
        make_block(height_mm=height)


def test_a_solution_that_does_not_converge_is_no_number():
    rng = np.random.default_rng(0)
    model = make_block((8, 8, 8), 10.0 ** rng.uniform(-3, 3, (8, 8, 8)))
    with pytest.raises(ComputationError, match=r"too many iterations after 1 iterations.*check"):
        solve_elastic(model, None, SolverLimits(tolerance=1e-10, iterations=1))


@pytest.mark.parametrize(
    "wrong", [{"displacement_mm": 0.0}, {"displacement_mm": 50.0}, {"angle_deg": 90.0}]
)
def test_loads_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match="a platen"):
        LoadCase(**wrong)


@pytest.mark.parametrize("motion", [Motion.COMPRESSION, Motion.FLEXION, Motion.BEND_LEFT])
def test_a_cleft_between_stiff_ends_is_solved_as_well_as_bone(motion):
    """Its load is tiny beside the stiffness of the ends, which the tolerance is relative to."""
    modulus = np.random.default_rng(2).uniform(50.0, 500.0, (12, 10, 18))
    modulus[:, :, :3] = modulus[:, :, -3:] = 2500.0
    modulus[:, :, 8:11] = 1e-4
    model = make_block(modulus.shape, modulus)
    usual = solve_elastic(model, LoadCase(motion=motion))
    strict = solve_elastic(model, LoadCase(motion=motion), SolverLimits(tolerance=1e-12))
    assert usual.stiffness == pytest.approx(strict.stiffness, rel=1e-4)


@pytest.mark.parametrize(
    "nodes",
    [
        np.array([[0, 0, 9], [1, 0, 9]]),
        np.array([[0, 0, -1]]),
        np.array([[0, 0, 40]]),
        np.empty((0, 3), dtype=np.int64),
    ],
    ids=["beside", "negative", "outside", "none"],
)
def test_platens_that_touch_nothing_are_refused(nodes):
    modulus = np.full((4, 4, 10), 100.0)
    modulus[:, :, 6:] = 0.0
    model = make_block(modulus.shape, modulus)
    with pytest.raises(InputError, match="superior platen"):
        solve_elastic(replace(model, superior_nodes=nodes))


def test_platens_that_hold_the_same_nodes_are_refused():
    model = make_block()
    with pytest.raises(InputError, match="the same nodes"):
        solve_elastic(replace(model, superior_nodes=model.inferior_nodes))


def test_a_hinge_gives_no_number():
    modulus = np.zeros((7, 2, 8))
    for n in range(3):
        modulus[2 * n : 2 * n + 2, :, 2 * n : 2 * n + 2] = 100.0
    modulus[4:6, :, 6:] = 100.0
    with pytest.raises((InputError, ComputationError), match="load"):
        solve_elastic(make_block(modulus.shape, modulus))


@pytest.mark.parametrize("strength", [0.0, -1.0, np.nan])
def test_a_strength_that_is_none_is_refused(strength):
    with pytest.raises(InputError, match="a strength is 0"):
        make_block(strength=strength)


def test_a_negative_part_of_a_modulus_is_refused():
    with pytest.raises(InputError, match="negative"):
        make_block((2, 2, 2), -50.0, filler=np.full((2, 2, 2), 100.0))


@pytest.mark.parametrize("tolerance", [0.0, 1.0, np.inf, np.nan])
def test_a_tolerance_that_is_none_is_refused(tolerance):
    with pytest.raises(InputError, match="tolerance above 0 and below 1"):
        SolverLimits(tolerance=tolerance)
