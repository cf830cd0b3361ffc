import numpy as np
import pytest

from vertaug.numerics import _tracer_numba, _tracer_reference
from vertaug.numerics.darcy_multigrid import DarcySolver
from vertaug.numerics.flow_cells import OUTSIDE, POROUS, SEALED, FlowCells
from vertaug.numerics.flow_tracer import FlowTracers, no_tracers, release_and_carry


def box(shape, spacing=(1.0, 1.0, 1.0)):
    region = np.full(shape, OUTSIDE, dtype=np.uint8)
    region[1:-1, 1:-1, 1:-1] = POROUS
    return FlowCells(region=region, spacing_mm=np.array(spacing), ratios=np.ones(3))


def pressed(cells, source, seed=0):
    rng = np.random.default_rng(seed)
    mobility = np.exp(rng.standard_normal(cells.shape))
    links = np.zeros(cells.shape)
    links[3, 3, 3] = 0.5
    return DarcySolver(cells).solve(mobility, source, links=links)


def test_kernel_and_reference_carry_particles_alike():
    cells = box((10, 11, 9))
    source = np.zeros(cells.shape)
    source[5, 5, 4] = 3.0
    flow = pressed(cells, source)
    pores = np.random.default_rng(1).uniform(0.5, 0.9, cells.shape)
    rng = np.random.default_rng(2)
    start = rng.uniform(1.0, 8.0, (200, 3))
    seconds = rng.uniform(0.0, 40.0, 200)
    found = []
    for module in (_tracer_numba, _tracer_reference):
        place, weight = start.copy(), np.ones(200)
        sinks = flow.outflow + flow.link_flow
        module.carry(place, weight, seconds, flow.fluxes, sinks, pores)
        found.append((place, weight))
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-9)
    np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-9)
    assert np.abs(found[0][0] - start).max() > 1.0
    assert found[0][1].min() < 0.9


def test_an_even_flow_carries_as_far_as_it_flows():
    """Piston through a tube of one cell: speed is flow by pores."""
    region = np.full((22, 3, 3), SEALED, dtype=np.uint8)
    region[:-1, 1, 1] = POROUS
    region[-1, 1, 1] = OUTSIDE
    cells = FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3))
    source = np.zeros(cells.shape)
    source[0, 1, 1] = 0.4
    flow = DarcySolver(cells).solve(np.ones(cells.shape), source)
    place, weight = np.array([[2.5, 1.3, 1.8]]), np.ones(1)
    pores = np.full(cells.shape, 0.8)
    _tracer_numba.carry(place, weight, np.array([11.0]), flow.fluxes, flow.outflow, pores)
    np.testing.assert_allclose(place, [[2.5 + 11.0 * 0.5, 1.3, 1.8]], atol=1e-9)
    assert weight == pytest.approx(1.0)


def test_particles_stay_as_dense_as_they_were_released():
    """A flow that conserves volume keeps their number per volume, shell by shell."""
    cells = box((31, 31, 31))
    source = np.zeros(cells.shape)
    source[14:17, 14:17, 14:17] = 2.0
    flow = DarcySolver(cells).solve(np.ones(cells.shape), source)
    pores, found = np.full(cells.shape, 0.85), no_tracers()
    for n in range(20):
        found = release_and_carry(
            found, flow, source, pores, seconds=1.0, values=(float(n), n + 1.0), per_mm3=4.0
        )
    assert len(found.value) == pytest.approx(20 * 54 * 4, abs=10)
    assert found.weight.sum() == pytest.approx(20 * 54.0, rel=1e-3)
    radius = np.linalg.norm(found.place - 15.5, axis=1)
    inner, outer = 4.0, 5.5
    shell = 4.0 / 3.0 * np.pi * (outer**3 - inner**3) * 0.85
    inside = found.weight[(radius > inner) & (radius < outer)].sum()
    assert inside == pytest.approx(shell, rel=0.05)
    # first in, farthest out: order of age is order of distance
    early, late = radius[found.value < 5.0], radius[found.value > 15.0]
    assert early.min() > late.max()


def test_a_cell_without_particles_takes_the_nearest_value():
    cells = box((6, 6, 6))
    source = np.zeros(cells.shape)
    source[2, 2, 2] = 1.0
    flow = DarcySolver(cells).solve(np.ones(cells.shape), source)
    found = release_and_carry(
        no_tracers(),
        flow,
        source,
        np.full(cells.shape, 0.9),
        seconds=0.5,
        values=(7.0, 7.0),
        per_mm3=8.0,
    )
    wanted = np.zeros(cells.shape, dtype=bool)
    wanted[1:4, 1:4, 1:4] = True
    mean = found.mean_in_cells(wanted)
    np.testing.assert_array_equal(np.isnan(mean), ~wanted)
    np.testing.assert_allclose(mean[wanted], 7.0)
    assert np.isnan(no_tracers().mean_in_cells(wanted)).all()


def test_where_two_values_meet_one_of_them_is_typical():
    place = np.array([[2.2, 2.5, 2.5], [2.4, 2.5, 2.5], [2.6, 2.5, 2.5], [3.5, 2.5, 2.5]])
    both = FlowTracers(
        place=place, weight=np.array([1.0, 1.0, 1.5, 1.0]), value=np.array([0.0, 1.0, 90.0, 30.0])
    )
    wanted = np.zeros((6, 6, 6), dtype=bool)
    wanted[2:4, 2, 2] = True
    assert both.mean_in_cells(wanted)[2, 2, 2] == pytest.approx(136.0 / 3.5)
    assert both.typical_in_cells(wanted)[2, 2, 2] == 1.0
    assert both.typical_in_cells(wanted)[3, 2, 2] == 30.0
    assert np.isnan(both.typical_in_cells(wanted)[0, 0, 0])
    assert np.isnan(no_tracers().typical_in_cells(wanted)).all()


def test_short_steps_release_from_all_cells_of_the_source():
    cells = box((10, 10, 10))
    source = np.zeros(cells.shape)
    source[4:6, 4:6, 4:6] = 0.5
    flow = pressed(cells, source)
    pores = np.ones(cells.shape)
    tracers = no_tracers()
    for _ in range(400):
        tracers = release_and_carry(
            tracers, flow, source, pores, seconds=1e-6, values=(0.0, 0.0), per_mm3=1e-3
        )
    assert len(tracers.value) == 400
    cell = np.floor(tracers.place).astype(int) - 4
    of_each = np.bincount(cell @ [4, 2, 1], minlength=8)
    assert of_each.min() >= 40
    assert of_each.max() <= 60
