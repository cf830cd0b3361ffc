"""Cure of cement."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from vertaug.augmentation.cement import _cure_numba as compiled, _cure_reference as reference
from vertaug.augmentation.cement.cure import (
    SEED,
    advance_cure,
    degree_after_s,
    half_time_s,
    kinetics_of,
    parse_kinetics,
    published_kinetics,
    time_to_degree_s,
)
from vertaug.case.errors import FormatError, InputError


@pytest.mark.parametrize(
    ("name", "at_23", "at_37"),
    [("borzacchiello_1", 553, 281), ("borzacchiello_2", 306, 162), ("li", 1520, 438)],
)
def test_half_times_are_the_published_ones(name, at_23, at_37):
    kinetics = kinetics_of(name)
    assert half_time_s(kinetics, 23.0) == pytest.approx(at_23, rel=0.01)
    assert half_time_s(kinetics, 37.0) == pytest.approx(at_37, rel=0.01)


@pytest.mark.parametrize("name", list(published_kinetics()))
@pytest.mark.parametrize("heating", [0.0, 68.0])
def test_steps_meet_the_integral_and_another_solver(name, heating):
    kinetics = kinetics_of(name)
    seconds = time_to_degree_s(kinetics, 0.5, 30.0, heating_c=heating)
    found = float(advance_cure(kinetics, SEED, 30.0, seconds, heating))
    assert found == pytest.approx(0.5, abs=2e-4)

    def rate(_, w):
        return kinetics.rate(w, 30.0 + heating * (w - SEED))

    other = solve_ivp(rate, (0.0, seconds), [SEED], rtol=1e-9, atol=1e-12).y[0, -1]
    assert found == pytest.approx(other, abs=2e-4)


def test_cure_stops_where_the_cement_vitrifies():
    borzacchiello = kinetics_of("borzacchiello_1")
    last = float(degree_after_s(borzacchiello, 5e4, 37.0))
    assert last == pytest.approx(310.15 / 378.0, abs=2e-3)
    assert last < 310.15 / 378.0
    assert float(degree_after_s(kinetics_of("li"), 5e4, 37.0)) == pytest.approx(1.0, abs=3e-3)
    with pytest.raises(InputError, match=r"0\.9 is not reached"):
        time_to_degree_s(borzacchiello, 0.9, 37.0)


def test_degree_grows_and_takes_arrays():
    kinetics = kinetics_of("li")
    found = degree_after_s(kinetics, np.linspace(0.0, 900.0, 31)[:, None], np.array([23.0, 37.0]))
    assert found.shape == (31, 2)
    assert (np.diff(found, axis=0) > 0.0).all()
    assert (found[1:, 1] > found[1:, 0]).all()
    assert found[0] == pytest.approx(SEED)


def test_faults_are_named():
    with pytest.raises(InputError, match="known: borzacchiello_1, borzacchiello_2, li"):
        kinetics_of("nobody")
    with pytest.raises(FormatError, match="kinetics 'a' in mine: misses rate_per_s"):
        parse_kinetics("[a]\ntitle='x'", "mine")
    with pytest.raises(FormatError, match="mine is not TOML"):
        parse_kinetics("[a", "mine")


@pytest.mark.parametrize("name", list(published_kinetics()))
def test_kernel_meets_its_twin(name):
    """Places that need one part, hundreds, and more than there may be; cured, new and not begun."""
    random = np.random.default_rng(4)
    count, law = 2500, kinetics_of(name).law
    degree = random.uniform(0.0, 1.0, count)
    degree[:3] = 0.0, 1.0, 1e-3
    kelvin = random.uniform(290.0, 380.0, count)
    seconds = 10.0 ** random.uniform(-2.0, 3.0, count)
    seconds[3:5] = 0.0, 1e7
    heating = random.uniform(0.0, 70.0, count)
    found, expected = np.full((2, count), np.nan)
    compiled.cure_cells(degree, kelvin, seconds, heating, law, 0.25, found)
    reference.cure_cells(degree, kelvin, seconds, heating, law, 0.25, expected)
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-13)
    assert found[0] == 0.0
    assert found[3] == degree[3]
    assert (found - degree).max() > 0.3


def test_places_do_not_depend_on_each_other():
    kinetics = kinetics_of("li")
    hot, cold = np.array([90.0, 30.0]), np.array([30.0])
    both = advance_cure(kinetics, 0.05, hot, 20.0, 40.0)
    assert both[1] == advance_cure(kinetics, 0.05, cold, 20.0, 40.0)[0]
    assert both[0] > both[1] > 0.05


@pytest.mark.parametrize("name", ["li", "borzacchiello_1", "borzacchiello_2"])
def test_cement_never_cures_beyond_its_final_degree(name):
    kinetics = kinetics_of(name)
    found = degree_after_s(kinetics, np.array([1e4, 1e5, 1e6])[:, None], np.array([22.0, 60.0]))
    assert (found <= kinetics.final_degree(np.array([22.0, 60.0])) + 1e-12).all()
    assert (np.diff(found, axis=0) >= 0.0).all()
