"""The limited memory of moves, and the kernels beneath it."""

import numba
import numpy as np
import pytest

from vertaug.numerics import _rows_numba as fast, _rows_reference as plain
from vertaug.numerics.inner_product import combine, products
from vertaug.numerics.limited_memory import LimitedMemory


@pytest.mark.parametrize("size", [1, 7, 4096, 4099, 30_000])
@pytest.mark.parametrize("many", [0, 1, 5])
def test_rows_are_those_of_the_twin(size, many):
    rng = np.random.default_rng(1)
    rows, x, shares = rng.random((many, size)), rng.random(size), rng.random(many)
    found = []
    for kernel in (fast, plain):
        product, total = np.empty(many), x.copy()
        kernel.multiply_rows(rows, x, product)
        kernel.add_rows(rows, shares, total)
        found.append((product, total))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_one_thread_gives_the_same_bits():
    rng = np.random.default_rng(2)
    fields, other, shares = rng.standard_normal((3, 3, 9000)), rng.random((3, 9000)), rng.random(3)
    most, found = numba.get_num_threads(), []
    try:
        for threads in (1, most):
            numba.set_num_threads(threads)
            found.append((products(fields, other), combine(shares, fields)))
    finally:
        numba.set_num_threads(most)
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


def inverse_of(first, pairs):
    """The inverse that BFGS's formula makes of a first one, written out."""
    found = first
    for move, fall in pairs:
        share = 1.0 / (move @ fall)
        turn = np.eye(len(move)) - share * np.outer(move, fall)
        found = turn @ found @ turn.T + share * np.outer(move, move)
    return found


@pytest.mark.parametrize("many", [0, 1, 3, 4, 9])
def test_moves_are_those_of_the_last_pairs(many):
    rng = np.random.default_rng(3)
    size, kept = 12, 4
    root, other = rng.standard_normal((2, size, size))
    stiff, first = root @ root.T + np.eye(size), other @ other.T + np.eye(size)
    memory, pairs = LimitedMemory(kept, size), []
    for move in rng.standard_normal((many, size)):
        pairs.append((move, stiff @ move))
        memory.remember(*pairs[-1])
    force = rng.standard_normal(size)
    found = memory.move(force, lambda f: first @ f)
    expected = inverse_of(first, pairs[-kept:]) @ force
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
    memory.clear()
    np.testing.assert_allclose(memory.move(force, lambda f: first @ f), first @ force)


def test_a_pair_without_curvature_is_not_kept():
    memory, move = LimitedMemory(2, 3), np.array([1.0, 0.0, 0.0])
    memory.remember(move, -move)
    memory.remember(move, np.zeros(3))
    np.testing.assert_array_equal(memory.move(move, lambda f: 2.0 * f), 2.0 * move)
