"""Heat conduction held against exact solutions."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.numerics.conduction import HeatBody, HeatEquation
from vertaug.verification.conduction import PerfusedSlab, SlabMode, SpreadingSpot, TwoLayers

pytestmark = pytest.mark.verification


def run(problem, cells, seconds, steps):
    """Largest error by the largest temperature; the step falls with the spacing."""
    body = problem.body(cells)
    equation = HeatEquation(body)
    found = problem.exact(body, 0.0)
    for _ in range(steps):
        found = equation.advance(found, seconds / steps)
    exact = problem.exact(body, seconds)
    return np.abs(found - exact).max() / exact.max()


def orders(errors):
    return np.log2(np.array(errors[:-1]) / errors[1:])


@pytest.mark.parametrize("problem", [SlabMode(), TwoLayers()])
def test_slabs_at_second_order(problem):
    errors = [run(problem, n, 100.0, n // 4) for n in (8, 16, 32, 64)]
    assert orders(errors)[1:] == pytest.approx([2.0, 2.0], abs=0.15)
    assert errors[-1] < 1e-3


def test_spreading_heat_at_second_order():
    errors = [run(SpreadingSpot(), n, 40.0, n // 3) for n in (12, 24, 48)]
    assert orders(errors) == pytest.approx([2.0, 2.0], abs=0.2)
    assert errors[-1] < 5e-3


def test_perfusion_at_second_order():
    errors = []
    for cells in (16, 32, 64):
        problem = PerfusedSlab()
        body = problem.body(cells)
        equation = HeatEquation(body)
        found = np.full(body.capacity.shape, 37.0)
        for _ in range(60):
            found = equation.advance(found, 50.0)
        errors.append(np.sqrt(((found - problem.exact(body)) ** 2).mean()) / 23.0)
    assert orders(errors) == pytest.approx([2.0, 2.0], abs=0.2)
    assert errors[-1] < 2e-3


def test_time_alone_at_second_order():
    """Against one spacing's own solution of many steps."""
    problem = SlabMode()
    body = problem.body(32)
    body = replace(body, conductivity=body.conductivity * np.linspace(0.5, 2.0, 32)[:, None, None])
    equation = HeatEquation(body)

    def after(steps):
        found = problem.exact(body, 0.0)
        for _ in range(steps):
            found = equation.advance(found, 200.0 / steps)
        return found

    best = after(640)
    errors = [np.abs(after(n) - best).max() for n in (10, 20, 40)]
    assert orders(errors) == pytest.approx([2.0, 2.0], abs=0.25)


def test_heat_is_kept_to_rounding():
    random = np.random.default_rng(3)
    shape = (11, 13, 9)
    body = HeatBody(
        spacing_mm=np.array([0.7, 1.0, 1.6]),
        conductivity=10.0 ** random.uniform(-2, 0, shape),
        capacity=random.uniform(1.0, 4.0, shape),
        held=np.zeros((3, 2), dtype=bool),
    )
    equation = HeatEquation(body)
    start = random.uniform(20.0, 120.0, shape)
    source = random.uniform(0.0, 1.0, shape)
    before = equation.heat_mj(start)
    still = equation.advance(start, 200.0)
    assert equation.heat_mj(still) == pytest.approx(before, rel=1e-12)
    assert still.std() < start.std()
    assert still.min() >= start.min()
    assert still.max() <= start.max()
    warmed = equation.advance(start, 7.0, source)
    added = 7.0 * source.sum() * 0.7 * 1.6
    assert equation.heat_mj(warmed) - before == pytest.approx(added, rel=1e-9)


def test_layers_conduct_in_series():
    """Steady flow through layers of conductivities 1 and 3: exact at any number of cells."""
    k = np.where(np.arange(8) < 4, 1.0, 3.0)[:, None, None] * np.ones((8, 2, 2))
    body = HeatBody(
        spacing_mm=np.ones(3),
        conductivity=k,
        capacity=np.ones_like(k),
        held=np.array([[True, False], [False, False], [False, False]]),
        border_c=0.0,
    )
    equation, found = HeatEquation(body), np.zeros_like(k)
    source = np.zeros_like(k)
    source[-1] = 1.0
    for _ in range(200):
        found = equation.advance(found, 20.0, source)
    expected = [0.5, 1.5, 2.5, 3.5, 4 + 1 / 6, 4 + 1 / 2, 4 + 5 / 6, 4 + 7 / 6]
    assert found[:, 0, 0] == pytest.approx(expected, rel=1e-9)
