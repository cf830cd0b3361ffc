"""Slopes of the tube model against differences, and its values far from the walls."""

import numpy as np
import pytest

from vertaug.anatomy.pedicle_edge import _misfit, _misfit_slopes
from vertaug.anatomy.pedicle_tube import UNKNOWNS, TubeWindow, model_slopes, model_values

TUBE = np.array(
    [0.3, 0.1, 0.02, -0.1, 0.01, 4.0, 0.05, 0.03, 0.02, -0.02, -0.3, -0.1, 0.1, -0.3, 2.0]
)


@pytest.fixture
def window():
    rng = np.random.default_rng(4)
    place = rng.uniform([-8.0, -3.0, -3.0], [8.0, 3.0, 3.0], (400, 3))
    return TubeWindow(
        place_mm=place,
        hu=rng.normal(150.0, 200.0, 400),
        inside=np.abs(place[:, 0]) < 4.2,
        pieces_mm=np.array([[-0.75, 0.2, 0.0], [0.0, 0.0, 0.0], [0.75, -0.2, 0.0]]),
        blur_mm=0.7,
        spacing_mm=3.0,
        half_mm=(4.0, 6.0),
    )


def differences(function, p):
    step = 1e-5
    columns = [
        (function(p + step * e) - function(p - step * e)) / (2 * step) for e in np.eye(UNKNOWNS)
    ]
    return np.stack(columns, axis=1)


def test_slopes_of_the_values_are_their_differences(window):
    by_hand = model_slopes(TUBE, window)
    assert by_hand == pytest.approx(differences(lambda p: model_values(p, window), TUBE), abs=1e-3)


@pytest.mark.parametrize("part", [0, 1])
def test_slopes_of_the_misfits_are_their_differences(window, part):
    by_hand = _misfit_slopes(TUBE, window)[part]
    expected = differences(lambda p: _misfit(p, window)[part], TUBE)
    assert np.abs(expected).max() > 0.1
    assert by_hand == pytest.approx(expected, abs=1e-4)


def test_far_from_the_walls_there_is_tissue_and_in_the_middle_marrow(window):
    straight = np.zeros(UNKNOWNS)
    straight[5], straight[12:] = 6.0, (0.1, -0.3, 2.0)
    values = model_values(straight, window)
    u = window.place_mm[:, 0]
    assert values[np.abs(u) < 1.0] == pytest.approx(200.0, abs=1.0)
    wide = np.array([[-30.0, 0.0, 0.0], [30.0, 0.0, 0.0]])
    far = TubeWindow(
        place_mm=wide, hu=np.zeros(2), inside=np.zeros(2, dtype=bool),
        pieces_mm=window.pieces_mm, blur_mm=0.7, spacing_mm=3.0, half_mm=(4.0, 6.0),
    )  # fmt: skip
    assert model_values(straight, far) == pytest.approx([10.0, -30.0], abs=0.01)
