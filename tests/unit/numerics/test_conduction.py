"""Heat conduction: kernels, weights, refusals."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.numerics import _conduction_numba as compiled, _conduction_reference as reference
from vertaug.numerics.conduction import HeatBody, HeatEquation, stage_weights


def body(shape=(5, 6, 7)):
    random = np.random.default_rng(0)
    return HeatBody(
        spacing_mm=np.array([1.0, 0.8, 1.3]),
        conductivity=random.uniform(0.1, 1.0, shape),
        capacity=random.uniform(1.0, 3.0, shape),
        perfusion=random.uniform(0.0, 0.01, shape),
        held=np.array([[True, False], [False, True], [True, True]]),
    )


@pytest.mark.parametrize("shape", [(5, 6, 7), (1, 1, 4), (3, 1, 1), (11, 12, 13)])
def test_kernels_meet_their_twins(shape):
    random = np.random.default_rng(1)
    conductivity = random.random(shape) * (random.random(shape) > 0.2)
    area_by_length = np.array([0.7, 1.3, 2.0])
    faces, same = (tuple(np.full(shape, np.nan) for _ in range(3)) for _ in range(2))
    compiled.fill_conductances(conductivity, area_by_length, faces)
    reference.fill_conductances(conductivity, area_by_length, same)
    for axis in range(3):
        assert faces[axis] == pytest.approx(same[axis], rel=1e-14)
        assert (np.moveaxis(faces[axis], axis, 0)[-1] == 0.0).all()
    a, b, c, loss, gain, inverse = random.random((6, *shape))
    decays = (twin.fastest_decay(faces, loss, inverse) for twin in (compiled, reference))
    assert next(decays) == pytest.approx(next(decays), rel=1e-14)
    found, expected = np.empty(shape), np.empty(shape)
    compiled.heat_rate(a, faces, loss, gain, inverse, found)
    reference.heat_rate(a, faces, loss, gain, inverse, expected)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-13)
    weights = random.random(4)
    out = b.copy()
    compiled.add_stage(a, out, c, faces, loss, inverse, weights, out)
    reference.add_stage(a, b, c, faces, loss, inverse, weights, expected)
    assert out == pytest.approx(expected, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("number", [3, 5, 9, 25])
def test_weights_are_of_second_order_and_stable(number):
    """The polynomial of the method is 1 + z + z^2 / 2 + ..., at most 1 up to its reach."""

    def grow(z):
        weights = stage_weights(number)
        before, last = 0.0, weights[0, 2] * z
        for a, b, c, d in weights[1:]:
            before, last = last, a * last + b * before + c * z * last + d * z
        return 1.0 + last

    assert (grow(1e-3) - np.exp(1e-3)) / 1e-9 == pytest.approx(0.0, abs=0.2)
    reach = 2.0 * 0.25 * (number**2 + number - 2)
    assert max(abs(grow(-z)) for z in np.linspace(0.0, reach, 400)) <= 1.0 + 1e-9


def test_all_warm_stays_warm():
    equation = HeatEquation(body())
    warm = np.full((5, 6, 7), 37.0)
    assert equation.advance(warm, 1000.0) == pytest.approx(37.0, rel=1e-12)
    assert equation.stages(0.1 * equation.explicit_s) == 3
    assert equation.stages(100.0 * equation.explicit_s) == 21


def test_long_steps_are_cut():
    equation = HeatEquation(body())
    hot = np.full((5, 6, 7), 80.0)
    found = equation.advance(hot, 1e4 * equation.explicit_s)
    assert found == pytest.approx(37.0, abs=0.5)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("capacity", np.ones((2, 2)), "one 3D shape"),
        ("conductivity", np.ones((2, 2, 2)), "one 3D shape"),
        ("spacing_mm", np.ones(2), "3 spacings"),
        ("conductivity", np.full((5, 6, 7), np.nan), "not finite"),
        ("capacity", np.zeros((5, 6, 7)), "above 0"),
    ],
)
def test_faults(key, value, said):
    with pytest.raises(ValueError, match=said):
        replace(body(), **{key: value})
    with pytest.raises(ValueError, match="temperatures have shape"):
        HeatEquation(body()).advance(np.zeros((2, 2, 2)), 1.0)
