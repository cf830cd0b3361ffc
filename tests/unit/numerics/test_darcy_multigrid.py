"""The pressure solver: against a sparse factorisation, and what it promises."""

import numba
import numpy as np
import pytest

from vertaug.numerics.darcy_levels import plan_levels
from vertaug.numerics.darcy_multigrid import DarcySolver, NoOutletError
from vertaug.numerics.flow_cells import OUTSIDE, POROUS, SEALED, FlowCells


def random_cells(shape, seed=0, *, spacing=(1.0, 1.0, 1.0), ratios=(1.0, 1.0, 1.0)):
    """Mostly porous cells with holes to the outside and sealed ones."""
    rng = np.random.default_rng(seed)
    region = rng.choice([OUTSIDE, POROUS, SEALED], p=[0.1, 0.75, 0.15], size=shape)
    region[tuple(n // 2 for n in shape)] = POROUS
    return FlowCells(
        region=region.astype(np.uint8), spacing_mm=np.array(spacing), ratios=np.array(ratios)
    )


def box_cells(shape, *, spacing=(1.0, 1.0, 1.0), ratios=(1.0, 1.0, 1.0)):
    """Porous cells within one layer of cells outside."""
    region = np.full(shape, OUTSIDE, dtype=np.uint8)
    region[1:-1, 1:-1, 1:-1] = POROUS
    return FlowCells(region=region, spacing_mm=np.array(spacing), ratios=np.array(ratios))


def surplus(source, flow):
    """What enters each cell and does not leave it."""
    rest = source - flow.outflow - flow.link_flow
    for axis in range(3):
        rest = rest - flow.fluxes[axis]
        after = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        before = tuple(slice(0, -1) if a == axis else slice(None) for a in range(3))
        rest[after] += flow.fluxes[axis][before]
    return rest


def solve_sparse(cells, mobility, source, links):
    """Assemble the two-point fluxes cell by cell and factorise them."""
    from scipy.sparse import lil_matrix
    from scipy.sparse.linalg import spsolve

    size = mobility.size
    matrix = lil_matrix((size, size))
    region = cells.region
    for at in np.ndindex(cells.shape):
        n = np.ravel_multi_index(at, cells.shape)
        matrix[n, n] += links[at] if region[at] == POROUS else 1.0
        if region[at] != POROUS:
            continue
        for axis in range(3):
            for by in (-1, 1):
                to = tuple(v + by * (a == axis) for a, v in enumerate(at))
                if not 0 <= to[axis] < cells.shape[axis] or region[to] == SEALED:
                    continue
                share = cells.shares_mm[axis]
                if region[to] == OUTSIDE:
                    matrix[n, n] += 2.0 * share * mobility[at]
                else:
                    t = 2.0 * share / (1.0 / mobility[at] + 1.0 / mobility[to])
                    matrix[n, n] += t
                    matrix[n, np.ravel_multi_index(to, cells.shape)] -= t
    return spsolve(matrix.tocsr(), source.reshape(-1)).reshape(cells.shape)


def noisy(cells, seed, decades=3.0):
    rng = np.random.default_rng(seed)
    mobility = 10.0 ** rng.uniform(-decades / 2, decades / 2, cells.shape)
    source = np.where(cells.region == POROUS, rng.random(cells.shape), 0.0)
    links = np.where((cells.region == POROUS) & (rng.random(cells.shape) < 0.2), 0.3, 0.0)
    return mobility, source, links


@pytest.mark.parametrize("shape", [(7, 6, 9), (1, 1, 12), (12, 5, 1), (4, 4, 4)])
def test_same_pressure_as_a_factorisation(shape):
    cells = random_cells(shape, 1, spacing=(0.5, 1.0, 1.6), ratios=(0.6, 1.0, 1.3))
    mobility, source, links = noisy(cells, 2)
    solver = DarcySolver(cells)
    # a source where nothing can leave is refused
    links = np.where(cells.region == POROUS, np.maximum(links, 1e-3), 0.0)
    flow = solver.solve(mobility, source, links=links, limits=(1e-12, 100))
    expected = solve_sparse(cells, mobility, source, links)
    assert flow.solver.converged
    assert np.abs(flow.pressure_mpa - expected).max() < 1e-9 * np.abs(expected).max()
    assert np.array_equal(flow.pressure_mpa != 0.0, cells.region == POROUS)


def test_flow_conserves_volume_to_rounding_at_any_tolerance():
    cells = random_cells((12, 13, 14), 3)
    mobility, source, links = noisy(cells, 4)
    solver = DarcySolver(cells)
    links = np.where(cells.region == POROUS, np.maximum(links, 1e-6), 0.0)
    flow = solver.solve(mobility, source, links=links, limits=(1e-3, 100))
    assert flow.solver.residuals[-1] > 1e-8
    largest = np.abs(flow.fluxes).max()
    assert np.abs(surplus(source, flow)).max() < 1e-13 * largest
    total = flow.outflow.sum() + flow.link_flow.sum()
    assert total == pytest.approx(source.sum(), rel=1e-12)


def test_speed_of_a_uniform_flow():
    region = np.full((9, 3, 4), POROUS, dtype=np.uint8)
    region[-1] = OUTSIDE
    cells = FlowCells(region=region, spacing_mm=np.array([0.5, 1.0, 2.0]), ratios=np.ones(3))
    source = np.zeros(cells.shape)
    source[0] = 3.0
    flow = DarcySolver(cells).solve(np.full(cells.shape, 7.0), source, limits=(1e-12, 100))
    # the flow by the area of a face; half of it in the cells where it begins
    assert flow.speed_mm_per_s[1:-1] == pytest.approx(1.5)
    assert flow.speed_mm_per_s[0] == pytest.approx(0.75)


def test_last_pressure_is_a_start():
    cells = box_cells((20, 20, 20))
    mobility, source, _ = noisy(cells, 5)
    solver = DarcySolver(cells)
    first = solver.solve(mobility, source)
    again = solver.solve(mobility, source, start_mpa=first.pressure_mpa)
    assert again.solver.iterations == 0
    assert solver.solve(mobility, 0.0 * source).pressure_mpa.max() == 0.0


def lobed_front(size, contrast=1e3, shell=None):
    """Cement, much less mobile, in bone of log-normal permeability."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    grain, lobes = (
        gaussian_filter(rng.standard_normal((size,) * 3), width, mode="wrap")
        for width in (1.5, 4.0)
    )
    steps = np.indices((size,) * 3) - (size - 1) / 2
    radius = np.sqrt((steps**2).sum(axis=0))
    cells = box_cells((size,) * 3)
    inside = np.clip((0.3 * size + 2.0 * lobes / lobes.std() - radius) / 3.0 + 0.5, 0.0, 1.0)
    mobility = 1e4 * np.exp(grain / grain.std()) / (1.0 + inside * (contrast - 1.0))
    if shell is not None:
        region = np.where(radius > 0.42 * size + 1.5, OUTSIDE, cells.region)
        cells = FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3))
        wall = (radius > 0.42 * size) & (steps[0] < 0.4 * size)
        mobility = np.where(wall, 1e4 * shell, mobility)
    source = np.zeros(cells.shape)
    middle = slice(size // 2, size // 2 + 3)
    source[middle, middle, middle] = 1.0
    return cells, mobility, source


@pytest.mark.parametrize(
    ("size", "contrast", "shell"),
    [(32, 1e3, None), (64, 1e3, None), (48, 1e4, None), (64, 1e3, 1e-4)],
)
def test_iterations_at_a_front(size, contrast, shell):
    cells, mobility, source = lobed_front(size, contrast, shell)
    flow = DarcySolver(cells).solve(mobility, source)
    assert flow.solver.converged
    assert flow.solver.iterations <= 15


@pytest.mark.slow
def test_iterations_at_a_front_in_two_million_cells():
    cells, mobility, source = lobed_front(128)
    assert DarcySolver(cells).solve(mobility, source).solver.iterations <= 15


@pytest.mark.parametrize(
    ("spacing", "ratios"), [((0.5, 1.0, 2.0), (1, 1, 1)), ((1.0, 1.0, 1.0), (0.2, 1.0, 5.0))]
)
def test_flat_cells_and_layered_permeability(spacing, ratios):
    cells = box_cells((30, 28, 26), spacing=spacing, ratios=ratios)
    _, mobility, source = lobed_front(30)
    flow = DarcySolver(cells).solve(mobility[:, :28, :26], source[:, :28, :26])
    assert flow.solver.iterations <= 20


def test_levels_halve_what_is_coupled_strongly():
    shapes, factors = plan_levels(box_cells((32, 32, 32), spacing=(0.5, 1.0, 2.0)))
    assert [tuple(f) for f in factors[:2]] == [(2, 1, 1), (2, 2, 1)]
    assert np.prod(shapes[-1]) <= 64


def test_bits_do_not_depend_on_threads():
    cells, mobility, source = lobed_front(40)
    threads, found = numba.get_num_threads(), []
    try:
        for number in (1, threads):
            numba.set_num_threads(number)
            found.append(DarcySolver(cells).solve(mobility, source))
    finally:
        numba.set_num_threads(threads)
    assert np.array_equal(found[0].pressure_mpa, found[1].pressure_mpa)
    assert found[0].solver == found[1].solver


def test_a_closed_piece_is_refused():
    region = np.full((7, 7, 7), POROUS, dtype=np.uint8)
    cells = FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3))
    source = np.zeros(cells.shape)
    source[3, 3, 3] = 1.0
    solver, mobility = DarcySolver(cells), np.ones(cells.shape)
    with pytest.raises(NoOutletError, match="no boundary to displace marrow through"):
        solver.solve(mobility, source)
    links = np.zeros(cells.shape)
    links[0, 0, 0] = 2.0
    flow = solver.solve(mobility, source, links=links)
    assert flow.link_flow[0, 0, 0] == pytest.approx(1.0)


def test_a_closed_piece_without_a_source_stays_at_rest():
    cells = box_cells((9, 9, 9))
    region = cells.region.copy()
    region[5] = SEALED
    region[6:, 0] = region[6:, -1] = region[6:, :, 0] = region[6:, :, -1] = region[-1] = SEALED
    cells = FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3))
    source = np.zeros(cells.shape)
    source[3, 4, 4] = 1.0
    flow = DarcySolver(cells).solve(np.ones(cells.shape), source)
    assert flow.solver.converged
    assert np.all(flow.pressure_mpa[6:] == 0.0)


def test_bad_fields_are_refused():
    cells = box_cells((5, 5, 5))
    solver, ones, none = DarcySolver(cells), np.ones(cells.shape), np.zeros(cells.shape)
    with pytest.raises(ValueError, match="mobility"):
        solver.solve(none, none)
    with pytest.raises(ValueError, match="source"):
        solver.solve(ones, ones)
    with pytest.raises(ValueError, match="links"):
        solver.solve(ones, none, links=-ones)
    with pytest.raises(ValueError, match="shape"):
        solver.solve(ones[1:], none)
    with pytest.raises(ValueError, match="ratios"):
        FlowCells(region=cells.region, spacing_mm=np.ones(3), ratios=np.zeros(3))
    with pytest.raises(ValueError, match="region"):
        FlowCells(region=np.full((2, 2, 2), 3), spacing_mm=np.ones(3), ratios=np.ones(3))
