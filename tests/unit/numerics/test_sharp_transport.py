"""Transport of cement: volume, bounds and what is refused."""

import numba
import numpy as np
import pytest

from vertaug.numerics.darcy_multigrid import DarcySolver
from vertaug.numerics.flow_cells import OUTSIDE, POROUS, SEALED, FlowCells
from vertaug.numerics.sharp_transport import advance_saturation


def leaking_body(seed=0, shape=(14, 13, 12)):
    """Random bone with sealed cells, ways out and links, and a source in the middle."""
    rng = np.random.default_rng(seed)
    region = rng.choice([OUTSIDE, POROUS, SEALED], p=[0.04, 0.86, 0.1], size=shape)
    region[5:8, 5:8, 5:8] = POROUS
    cells = FlowCells(
        region=region.astype(np.uint8), spacing_mm=np.array([0.8, 1.0, 1.2]), ratios=np.ones(3)
    )
    porous = cells.region == POROUS
    mobility = np.where(porous, 10.0 ** rng.uniform(-1.5, 1.5, shape), 0.0)
    links = np.where(porous & (rng.random(shape) < 0.05), 0.2, 0.0)
    source = np.zeros(shape)
    source[6, 6, 6], source[6, 6, 7] = 3.0, 1.0
    pores = np.where(porous, rng.uniform(0.5, 0.9, shape), 0.0)
    return cells, mobility, links, source, pores


@pytest.mark.parametrize("ratio", [0.0, 5.0])
@pytest.mark.parametrize("tolerance", [1e-3, 1e-9])
def test_volume_and_bounds_at_every_step(ratio, tolerance):
    cells, mobility, links, source, pores = leaking_body()
    solver, saturation, gone = DarcySolver(cells), np.zeros(cells.shape), 0.0
    for number in range(1, 21):
        now = mobility / (1.0 + 500.0 * saturation)
        flow = solver.solve(now, source, links=links, limits=(tolerance, 100))
        step = advance_saturation(
            cells, saturation, flow, source, pores, seconds=2.0, viscosity_ratio=ratio
        )
        saturation = step.saturation
        gone += step.leaked_mm3.sum() + step.through_links_mm3.sum()
        inside = (saturation * pores).sum()
        assert inside + gone == pytest.approx(8.0 * number, rel=1e-12)
        assert saturation.min() >= 0.0
        assert saturation.max() <= 1.0
        assert step.substeps >= 1
    assert step.leaked_mm3.sum() > 0.0
    assert step.through_links_mm3.sum() > 0.0


def test_a_piston_stays_within_two_cells():
    region = np.full((60, 1, 1), POROUS, dtype=np.uint8)
    region[-1] = OUTSIDE
    cells = FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3))
    source = np.zeros(cells.shape)
    source[0] = 1.0
    ones = np.ones(cells.shape)
    flow = DarcySolver(cells).solve(ones, source, limits=(1e-10, 100))
    found = advance_saturation(cells, 0.0 * ones, flow, source, ones, seconds=40.3).saturation
    line = found[:, 0, 0]
    assert ((line > 0.01) & (line < 0.99)).sum() <= 2
    assert line.sum() == pytest.approx(40.3, rel=1e-12)
    assert np.all(np.diff(line) <= 0.0)


def test_no_chequerboard():
    """In even bone there is no cell with more cement than the next one nearer to the tip."""
    region = np.full((21, 21, 21), POROUS, dtype=np.uint8)
    region[0] = region[-1] = OUTSIDE
    cells = FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3))
    source, pores = np.zeros(cells.shape), np.full(cells.shape, 0.8)
    source[10, 10, 10] = 20.0
    solver, saturation = DarcySolver(cells), np.zeros(cells.shape)
    for _ in range(30):
        flow = solver.solve(1.0 / (1.0 + 500.0 * saturation), source)
        step = advance_saturation(cells, saturation, flow, source, pores, seconds=1.0)
        saturation = step.saturation
    for axis in range(3):
        line = np.moveaxis(saturation, axis, 0)[10:]
        assert np.diff(line, axis=0).max() < 1e-4


def test_bits_do_not_depend_on_threads():
    cells, mobility, links, source, pores = leaking_body(1, (36, 34, 32))
    flow = DarcySolver(cells).solve(mobility, source, links=links)
    threads, found = numba.get_num_threads(), []
    try:
        for number in (1, threads):
            numba.set_num_threads(number)
            none = np.zeros(cells.shape)
            found.append(advance_saturation(cells, none, flow, source, pores, seconds=3.0))
    finally:
        numba.set_num_threads(threads)
    assert np.array_equal(found[0].saturation, found[1].saturation)
    assert np.array_equal(found[0].leaked_mm3, found[1].leaked_mm3)


def test_no_flow_leaves_all_as_it_is():
    cells, mobility, _, source, pores = leaking_body()
    flow = DarcySolver(cells).solve(mobility, 0.0 * source)
    given = np.where(cells.region == POROUS, 0.3, 0.0)
    step = advance_saturation(cells, given, flow, 0.0 * source, pores, seconds=5.0)
    assert np.array_equal(step.saturation, given)


def test_bad_fields_are_refused():
    cells, mobility, links, source, pores = leaking_body()
    solver, none = DarcySolver(cells), np.zeros(cells.shape)
    flow = solver.solve(mobility, source, links=links)

    def advance(saturation=none, source=source, pores=pores, flow=flow):
        advance_saturation(cells, saturation, flow, source, pores, seconds=1.0)

    with pytest.raises(ValueError, match="between 0 and 1"):
        advance(saturation=none + 1.1)
    with pytest.raises(ValueError, match="at least 0"):
        advance(source=-source)
    with pytest.raises(ValueError, match="pore volume"):
        advance(pores=none)
    with pytest.raises(ValueError, match="shape"):
        advance(saturation=none[1:])
    stopped = solver.solve(mobility, source, links=links, limits=(1e-12, 1))
    with pytest.raises(ValueError, match="cannot be used: too many iterations"):
        advance(flow=stopped)
