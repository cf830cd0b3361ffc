"""Crushing simple blocks."""

import numpy as np
import pytest

from vertaug.case.errors import ComputationError, InputError
from vertaug.mechanics.load_case import LoadCase, Motion, Platen
from vertaug.mechanics.plastic import APPARENT_STRAINS, NewtonLimits, crush
from vertaug.mechanics.plastic_body import YieldSurface

from .blocks import make_block


@pytest.mark.parametrize("surface", list(YieldSurface))
def test_a_bar_carries_its_strength_times_its_area(surface):
    model = make_block((3, 4, 5), 200.0, strength=1.5)
    result = crush(model, surface)
    strain = result.displacement_mm / model.height_mm
    assert strain[1:] == pytest.approx(APPARENT_STRAINS)
    expected = np.minimum(200.0 * strain, 1.5) * 12.0
    assert result.force_n == pytest.approx(expected, rel=1e-4)
    assert result.yielded[strain < 0.0075] == pytest.approx(0.0)
    assert result.yielded[strain > 0.0076] == pytest.approx(1.0)
    assert all(report.converged for report in result.solver)


def test_each_step_is_told():
    told = []
    crush(make_block((2, 2, 3), 200.0, strength=1.5), progress=lambda *said: told.append(said))
    messages, shares = zip(*told, strict=True)
    assert messages[0] == "crushing to 0.2 %"
    assert messages[-1] == "crushing to 1.9 %"
    assert shares == pytest.approx(np.arange(7) / 7)


@pytest.mark.parametrize("surface", list(YieldSurface))
def test_bars_side_by_side_yield_one_after_the_other(surface):
    strength = np.ones((4, 3, 5))
    strength[2:] = 3.0
    model = make_block((4, 3, 5), 200.0, strength=strength)
    result = crush(model, surface, np.array([0.02, 0.05, 0.1]))
    strain = result.displacement_mm / 5.0
    expected = 6.0 * np.minimum(200.0 * strain, 1.0) + 6.0 * np.minimum(200.0 * strain, 3.0)
    # the strips hinder each other a little once one of them flows without changing its volume
    assert result.force_n == pytest.approx(expected, rel=0.02)


def test_a_weak_layer_limits_the_force():
    strength = np.full((4, 4, 6), 5.0)
    strength[:, :, 2:4] = 1.0
    model = make_block((4, 4, 6), 300.0, strength=strength)
    force = crush(model, YieldSurface.MISES).force_n[-1]
    # the stiff layers hold the weak one from spreading: above its strength, below theirs
    assert 16.0 < force < 5.0 * 16.0


def test_fixed_platens_make_a_flat_block_stronger():
    model = make_block((8, 8, 4), 300.0, strength=1.0)
    sliding = crush(model, YieldSurface.TRESCA).force_n[-1]
    fixed = crush(model, YieldSurface.TRESCA, load=LoadCase(platen=Platen.FIXED)).force_n[-1]
    assert sliding == pytest.approx(64.0, rel=1e-4)
    assert fixed > 1.05 * sliding


def test_tresca_is_never_stronger_than_mises():
    rng = np.random.default_rng(5)
    model = make_block(
        (6, 6, 6), rng.uniform(50, 500, (6, 6, 6)), strength=rng.uniform(0.5, 3, (6, 6, 6))
    )
    mises, tresca = (crush(model, surface).force_n for surface in YieldSurface)
    assert (tresca <= mises * (1 + 1e-3)).all()
    assert tresca[-1] > mises[-1] * np.sqrt(3) / 2 * 0.999


def test_a_block_that_was_crushed_does_not_depend_on_the_steps_of_a_proportional_load():
    model = make_block((4, 4, 6), 300.0, strength=1.0)
    one = crush(model, YieldSurface.TRESCA, np.array([0.1]))
    many = crush(model, YieldSurface.TRESCA, np.linspace(0.01, 0.1, 10))
    assert one.force_n[-1] == pytest.approx(many.force_n[-1], rel=1e-4)


def test_the_same_bits_twice():
    model = make_block((4, 4, 6), np.linspace(50, 400, 96).reshape(4, 4, 6), strength=1.0)
    first, second = (crush(model) for _ in range(2))
    np.testing.assert_array_equal(first.force_n, second.force_n)
    np.testing.assert_array_equal(first.body.plastic, second.body.plastic)


def test_a_crushed_body_does_not_drift_between_sliding_platens():
    """Nothing holds it sideways: what is told is how it moves in itself."""
    rng = np.random.default_rng(2)
    model = make_block((6, 6, 4), rng.uniform(50, 500, (6, 6, 4)), strength=1.0)
    found = crush(model, YieldSurface.TRESCA)
    sideways = found.nodes_mm[:2]
    assert np.abs(sideways).max() > 1e-3
    assert np.abs(sideways.mean(axis=1)).max() < 1e-9


def test_anisotropic_models_are_refused():
    with pytest.raises(InputError, match="isotropic model"):
        crush(make_block(anisotropic=True))


def test_bending_is_refused():
    with pytest.raises(InputError, match="a crush is a compression"):
        crush(make_block((2, 2, 2), 100.0), load=LoadCase(motion=Motion.FLEXION))


@pytest.mark.parametrize("steps", [[], [0.0], [0.2, 0.1], [-0.1]])
def test_steps_that_do_not_rise_are_refused(steps):
    with pytest.raises(InputError, match="must rise"):
        crush(make_block(), displacements_mm=np.array(steps))


def test_a_step_that_cannot_be_solved_is_no_number():
    rng = np.random.default_rng(1)
    model = make_block(
        (6, 6, 6), rng.uniform(50, 500, (6, 6, 6)), strength=rng.uniform(0.1, 3, (6, 6, 6))
    )
    with pytest.raises(ComputationError, match=r"crushing failed at 0\.3 mm"):
        crush(
            model,
            displacements_mm=np.array([0.3]),
            limits=NewtonLimits(tolerance=1e-13, iterations=1),
        )
