"""The parts of ``vertaug bench mechanics``: answers and words. Times are not tested."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import ComputationError
from vertaug.mechanics.elastic import SolverLimits, solve_elastic
from vertaug.verification.bone_block import STANDARD_SHAPES, make_bone_block
from vertaug.workflow import _machine_numba, _machine_reference, bench_mechanics, bench_solve
from vertaug.workflow.bench_machine import FLOPS_OF_A_BRICK, MachineLimits, measure_product
from vertaug.workflow.bench_mechanics import BlockProblem, MechanicsProblems, choose_problems
from vertaug.workflow.bench_solve import SolveFigures

FIGURES = SolveFigures(
    elements=1000,
    degrees_of_freedom=4000,
    seconds=0.002,
    iterations=10,
    residual=5e-7,
    reaction_n=1.0,
    peak_bytes=2_000_000,
    grown_bytes=480_000,
)


def test_triad_equals_its_reference():
    first, second = np.random.default_rng(0).standard_normal((2, 1001)).astype(np.float32)
    out, expected = np.empty_like(first), np.empty_like(first)
    _machine_numba.triad(out, first, second)
    _machine_reference.triad(expected, first, second)
    np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-7)


def test_multiply_add_equals_its_reference():
    values = np.random.default_rng(0).random((3, _machine_numba.LANES), dtype=np.float32)
    expected = values.copy()
    _machine_numba.multiply_add(values, 50)
    _machine_reference.multiply_add(expected, 50)
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_product_counts_what_is_moved_and_done():
    machine = MachineLimits(bytes_per_second=1e10, flops=1e11)
    found = measure_product(np.full((4, 5, 6), 100.0), machine)
    assert found.bricks == 120
    assert found.flops * found.seconds == pytest.approx(120 * FLOPS_OF_A_BRICK)
    assert found.bytes_per_second * found.seconds == pytest.approx(24 * 5 * 6 * 7 + 4 * 120)
    assert found.share_of_memory == pytest.approx(found.bytes_per_second / 1e10)
    assert found.share_of_arithmetic == pytest.approx(found.flops / 1e11)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6])
def test_residual_computed_anew_is_that_of_the_solver(tolerance):
    model = bench_solve.model_of_block(make_bone_block((12, 12, 12)))
    result = solve_elastic(model, limits=SolverLimits(tolerance=tolerance))
    assert bench_solve.find_residual(result) == pytest.approx(result.solver.residuals[-1], rel=1e-4)
    moved = replace(result, displacement_mm=1.01 * result.displacement_mm)
    assert bench_solve.find_residual(moved) < 1e-1
    shaken = result.displacement_mm + 1e-3 * np.sin(np.arange(result.displacement_mm[0].size))
    assert bench_solve.find_residual(replace(result, displacement_mm=shaken)) > 1e-2


def test_figures_of_a_solve_follow_from_what_was_measured():
    assert FIGURES.microseconds_per_element == pytest.approx(2.0)
    assert FIGURES.bytes_per_degree_of_freedom == pytest.approx(120.0)
    assert replace(FIGURES, grown_bytes=None).bytes_per_degree_of_freedom is None


def test_a_failed_process_says_why():
    with pytest.raises(ComputationError, match=r"ended with code 1: \w+Error: ."):
        bench_solve.solve_alone((0, 0, 0), 1)


def test_memory_counts_only_where_the_body_is_large():
    small = BlockProblem(name="s", shape=(1, 1, 1), repeats=1)
    for block, limited in ((small, False), (replace(small, limit_s=1.0), True)):
        rows = {m.name: m for m in bench_mechanics._say_solve(block, FIGURES)}
        assert (rows["s: peak memory per degree of freedom"].limit is None) != limited
        assert (rows["s: linear solution"].limit is None) != limited
        assert rows["s: iterations"].passed
    unknown = bench_mechanics._say_solve(small, replace(FIGURES, grown_bytes=None))
    assert not [m for m in unknown if "memory" in m.name]


def test_spread_is_the_slowest_over_the_fastest():
    found = bench_mechanics._say_spread([FIGURES, replace(FIGURES, seconds=0.0036)])
    assert found.value == pytest.approx(1.8)
    assert not found.passed


def test_sizes_are_the_standard_ones():
    sizes = {b.name: b for b in choose_problems(large=True).blocks}
    assert {name: b.shape for name, b in sizes.items()} == STANDARD_SHAPES
    assert [b.limit_s for b in sizes.values()] == [None, 2.0, 8.0, 40.0]
    assert "8M" not in {b.name for b in choose_problems().blocks}


def test_the_first_compile_is_in_an_empty_cache(monkeypatch):
    seen = []

    def start(stored, threads, settings=None):
        seen.append(settings)
        assert np.load(stored).shape == (6, 6, 6)
        return 1.0 if settings is None else 60.0

    monkeypatch.setattr(bench_mechanics, "start_alone", start)
    block = BlockProblem(name="s", shape=(6, 6, 6), repeats=1)
    problems = MechanicsProblems(blocks=(block,), product=(6, 6, 6))
    assert [m.value for m in bench_mechanics._measure_start(problems, None)] == [1.0]
    again = bench_mechanics._measure_start(replace(problems, first_compile=True), None)
    assert [m.value for m in again] == [1.0, 60.0]
    assert [m.limit for m in again] == [1.0, None]
    assert [set(s) for s in seen if s] == [{"NUMBA_CACHE_DIR"}]
