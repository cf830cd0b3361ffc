"""Long vectors and small dense systems: compiled kernels against their plain twins."""

import numba
import numpy as np
import pytest

from vertaug.numerics import (
    _cholesky_numba,
    _cholesky_reference,
    _vector_numba as fast,
    _vector_reference as reference,
)

# around the block of 16384 in which sums are taken
SIZES = [1, 7, 16384, 16385, 50_001]


def vectors(size, count, kind=np.float64):
    return list(np.random.default_rng(size).standard_normal((count, size)).astype(kind))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kinds", [(np.float32, np.float32), (np.float64, np.float32)])
def test_scalar_product(size, kinds):
    a, b = (v.astype(kind) for v, kind in zip(vectors(size, 2), kinds, strict=True))
    limit = 1e-14 * np.linalg.norm(a) * np.linalg.norm(b)
    assert abs(fast.dot(a, b) - reference.dot(a, b)) <= limit


@pytest.mark.parametrize("size", SIZES)
def test_step_and_turn(size):
    given = vectors(size, 4)
    results = []
    for module in (fast, reference):
        x, r, p, q = (v.copy() for v in given)
        small = np.full(size, np.nan, dtype=np.float32)
        square = module.advance(x, r, p, q, small, 0.37)
        module.turn(p, small, -0.21)
        results.append((x, r, p, small, np.array(square)))
    for one, other in zip(*results, strict=True):
        assert one == pytest.approx(
            other, rel=1e-12, abs=1e-6 if one.dtype == np.float32 else 1e-12
        )


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one core")
def test_bits_do_not_depend_on_the_number_of_threads():
    a, b = vectors(100_003, 2)
    before = numba.get_num_threads()
    found = []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        try:
            x, r, small = np.zeros_like(a), a.copy(), np.zeros(a.shape, dtype=np.float32)
            square = fast.advance(x, r, a, b, small, 0.3)
            fast.turn(x, small, 0.7)
            found.append((fast.dot(a, b), square, x, r))
        finally:
            numba.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)


def profile(matrix, first):
    """Return rows of the lower half from some columns on, one after the other."""
    start = np.concatenate([[0], np.cumsum(np.arange(len(matrix)) - first + 1)])
    rows = [matrix[i, left : i + 1] for i, left in enumerate(first)]
    return np.concatenate(rows), first, start


@pytest.mark.parametrize("size", [1, 2, 33, 120])
@pytest.mark.parametrize("full", [True, False])
def test_factor_and_solution(size, full):
    rng = np.random.default_rng(size)
    first = np.zeros(size, dtype=np.int64) if full else rng.integers(0, np.arange(size) + 1)
    lower = np.tril(rng.standard_normal((size, size)))
    lower[np.arange(size) < first[:, None]] = 0.0
    matrix = lower + lower.T
    matrix += np.diag(1.0 + np.abs(matrix).sum(axis=1))
    right = rng.standard_normal(size)
    exact = np.linalg.solve(matrix, right)
    found = []
    for module in (_cholesky_numba, _cholesky_reference):
        values, *rows = profile(matrix, first)
        x = right.copy()
        assert module.factor(values, *rows)
        module.solve(values, *rows, x)
        found.append(values)
        assert x == pytest.approx(exact, rel=1e-9, abs=1e-9)
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("spoilt", [-1.0, 0.0, np.nan])
@pytest.mark.parametrize("module", [_cholesky_numba, _cholesky_reference])
def test_a_matrix_that_is_not_positive_is_told(module, spoilt):
    given = profile(np.diag([1.0, 2.0, spoilt, 3.0]), np.array([0, 1, 1, 2]))
    assert not module.factor(*given)
