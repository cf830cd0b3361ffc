"""The intact vertebra that a fractured one is held against."""

from dataclasses import replace

import pytest

from vertaug.case.errors import LevelError
from vertaug.mechanics.comparison import StrengthOptions, assess_strength
from vertaug.mechanics.linear_strength import measure_neighbour
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra


@pytest.fixture(scope="module")
def vertebra():
    return AnalyticVertebra(spacing=1.5).spine()["L1"]


def test_a_neighbour_has_the_numbers_of_a_strength_of_its_own(vertebra):
    law = calibrate_generic(120.0)
    near = measure_neighbour(vertebra, law, 4.0)
    own = assess_strength(vertebra, law, StrengthOptions(spacing_mm=4.0, linear_only=True))
    assert near.level == "L1"
    assert near.height_mm == pytest.approx(own.height_mm)
    assert near.stiffness_n_per_mm == pytest.approx(own.before.stiffness_n_per_mm)
    assert near.linear_load_n == pytest.approx(own.before.failure_load_n)
    assert near.linear_load_n == pytest.approx(0.0068 * near.height_mm * near.stiffness_n_per_mm)
    assert near.rigidity_load_n == pytest.approx(own.competitors.strength_by_rigidity_n)


def test_a_cut_vertebra_is_refused(vertebra):
    cut = replace(vertebra, complete=False, cut_by=("inferior",))
    with pytest.raises(LevelError, match="incomplete"):
        measure_neighbour(cut, calibrate_generic(120.0), 4.0)
