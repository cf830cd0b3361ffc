"""Kernels of flow: the compiled ones against their plain twins."""

import numba
import numpy as np
import pytest

from vertaug.numerics import (
    _balance_numba,
    _balance_reference,
    _darcy_numba,
    _darcy_reference,
    _transport_numba,
    _transport_reference,
)
from vertaug.numerics.darcy_levels import mark_rows

SHARES = np.array([0.7, 1.0, 1.9])
SHAPES = [((6, 8, 10), (2, 2, 2)), ((6, 5, 8), (2, 1, 2)), ((2, 3, 4), (1, 1, 2))]


def ghosted(shape, seed):
    """Return region, mobility and links with ghosts."""
    rng = np.random.default_rng(seed)
    region = np.full([n + 2 for n in shape], 2, dtype=np.uint8)
    region[1:-1, 1:-1, 1:-1] = rng.choice([0, 1, 2], p=[0.15, 0.7, 0.15], size=shape)
    porous = region == 1
    mobility = np.where(porous, 10.0 ** rng.uniform(-2.0, 2.0, region.shape), 0.0)
    links = np.where(porous & (rng.random(region.shape) < 0.1), 3.0, 0.0)
    return region, mobility, links


def operator(kernels, region, mobility, links):
    faces, outlets = np.zeros((3, *region.shape)), np.zeros((3, *region.shape), np.float32)
    diagonal, inverse = np.zeros(region.shape), np.zeros(region.shape, np.float32)
    kernels.fill_faces(mobility, region, SHARES, links, faces, outlets, diagonal)
    kernels.add_faces(faces, diagonal, inverse)
    return faces, outlets, diagonal, inverse


def close(one, other, limit=1e-12):
    for a, b in zip(one, other, strict=True):
        assert np.abs(a - b).max() <= limit * max(np.abs(b).max(), 1e-30)


@pytest.mark.parametrize("shape", [s for s, _ in SHAPES])
def test_operator(shape):
    given = ghosted(shape, 0)
    results = [operator(kernels, *given) for kernels in (_darcy_numba, _darcy_reference)]
    close(*results)
    rows = np.zeros((*given[0].shape[:2], 2), dtype=np.int64)
    mark_rows(given[0] == 1, rows)
    p = np.where(given[0] == 1, np.random.default_rng(1).standard_normal(given[0].shape), 0.0)
    found = []
    for kernels in (_darcy_numba, _darcy_reference):
        out = np.full(p.shape, np.nan)
        product = kernels.multiply(p, results[1][0], results[1][2], rows, out)
        flow = [np.zeros(results[1][0].shape), np.zeros(p.shape), np.zeros(p.shape)]
        areas = np.array([1.0, 2.0, 3.0])
        kernels.fill_flow(p, given[1], given[0], SHARES, areas, results[1][0], *flow)
        found.append((out, np.array(product), *flow))
    close(*found)


@pytest.mark.parametrize(("shape", "factors"), SHAPES)
def test_transfers_and_coarse_operator(shape, factors):
    region, mobility, links = ghosted(shape, 2)
    faces, outlets, _, inverse = operator(_darcy_reference, region, mobility, links)
    small, factors = mobility.astype(np.float32), np.array(factors)
    coarse_shape = [n // f + 2 for n, f in zip(shape, factors, strict=True)]
    rng, found = np.random.default_rng(3), []
    fine = np.where(region == 1, rng.standard_normal(region.shape), 0.0).astype(np.float32)
    given = np.zeros(coarse_shape, dtype=np.float32)
    given[1:-1, 1:-1, 1:-1] = rng.standard_normal([n - 2 for n in coarse_shape])
    for kernels in (_darcy_numba, _darcy_reference):
        weights = np.zeros((8, *region.shape), dtype=np.float32)
        kernels.fill_weights(small, factors, weights)
        coarse = [np.zeros((3, *coarse_shape), np.float32) for _ in range(2)]
        coarse += [np.zeros(coarse_shape, np.float32) for _ in range(3)]
        links32 = links.astype(np.float32)
        kernels.coarsen(faces, outlets, links32, small, factors, *coarse)
        below = np.zeros(coarse_shape, dtype=np.float32)
        kernels.add_faces(coarse[0], coarse[4], below)
        down, up = np.zeros(coarse_shape, np.float32), np.zeros(region.shape, np.float32)
        kernels.restrict(fine, weights, factors, below, down)
        kernels.interpolate(given, weights, factors, inverse, up)
        found.append((weights, *coarse, below, down, up))
        # one is the transpose of the other
        allowed = np.where(below > 0.0, given, 0.0)
        kernels.interpolate(allowed - given, weights, factors, inverse, up)
        assert (down * allowed).sum() == pytest.approx((up * fine).sum(), rel=1e-4, abs=1e-4)
        assert weights.sum(axis=0)[region == 1] == pytest.approx(1.0, abs=1e-5)
    close(*found, limit=2e-6)


def test_smoothing():
    region, mobility, links = ghosted((6, 8, 10), 4)
    faces, _, diagonal, inverse = operator(_darcy_reference, region, mobility, links)
    faces, diagonal = faces.astype(np.float32), diagonal.astype(np.float32)
    rows = np.zeros((*region.shape[:2], 2), dtype=np.int64)
    mark_rows(region == 1, rows)
    rng, found = np.random.default_rng(5), []
    b = np.where(region == 1, rng.standard_normal(region.shape), 0.0).astype(np.float32)
    for kernels in (_darcy_numba, _darcy_reference):
        p, r, settled = (np.zeros_like(b) for _ in range(3))
        kernels.begin(b, inverse, rows, p)
        kernels.relax(p, b, faces, inverse, rows, 1)
        kernels.fill_residual(p, b, faces, diagonal, rows, r)
        kernels.settle(settled, b, faces, inverse, 3)
        found.append((p, r, settled))
    close(*found, limit=1e-5)


def random_flow(shape, seed):
    region, _, links = ghosted(shape, seed)
    rng = np.random.default_rng(seed + 1)
    porous = region == 1
    fluxes = rng.standard_normal((3, *region.shape))
    for axis in range(3):
        fluxes[axis] *= porous & np.roll(porous, -1, axis)
    outflow = np.where(porous, rng.random(region.shape), 0.0)
    through = np.where(links > 0.0, rng.random(region.shape), 0.0)
    source = np.where(porous & (rng.random(region.shape) < 0.2), 1.0, 0.0)
    return region, links, [source, fluxes, outflow, through]


def test_ways_out_and_balance():
    region, links, given = random_flow((6, 7, 8), 6)
    found = []
    for kernels in (_balance_numba, _balance_reference):
        order = np.zeros(region.size, dtype=np.int64)
        ways = np.zeros(region.shape, dtype=np.int8)
        count = kernels.grow_tree(region, links, order, ways)
        fields = [field.copy() for field in given]
        kernels.balance(fields[0], order[:count], ways, *fields[1:])
        found.append((np.array(count), order, ways, *fields[1:]))
    close(*found, limit=1e-13)


def transport(kernels, fields, pores, spacing, seconds, ratio):
    source, fluxes, outflow, through, saturation = (f.copy() for f in fields)
    box = np.array([1, pores.shape[0] - 1, 1, pores.shape[1] - 1, 1, pores.shape[2] - 1])
    fastest = kernels.fastest(saturation, fluxes, outflow, through, source, pores, box)
    low, leaked, linked = np.zeros((3, *pores.shape))
    kernels.fill_upwind(
        *(saturation, fluxes, outflow, through, source, pores, box),
        *(seconds, ratio, low, leaked, linked),
    )
    moved, allowed = np.zeros_like(fluxes), np.zeros((2, *pores.shape))
    kernels.fill_corrections(saturation, fluxes, pores, spacing, box, seconds, moved)
    kernels.fill_allowances(saturation, low, pores, moved, box, allowed)
    kernels.add_corrections(low, pores, moved, allowed, box, saturation)
    return np.array(fastest), low, leaked, linked, moved, allowed, saturation


@pytest.mark.parametrize("ratio", [0.0, 10.0])
def test_transport(ratio):
    region, _, fields = random_flow((6, 7, 8), 8)
    rng = np.random.default_rng(9)
    fields.append(np.where(region == 1, np.clip(rng.uniform(-1, 2, region.shape), 0, 1), 0.0))
    pores = np.where(region == 1, rng.uniform(0.5, 1.0, region.shape), 0.0)
    spacing = np.array([0.7, 1.0, 1.5])
    found = [
        transport(kernels, fields, pores, spacing, 0.02, ratio)
        for kernels in (_transport_numba, _transport_reference)
    ]
    close(*found)


def test_bits_do_not_depend_on_threads():
    given = ghosted((12, 8, 10), 10)
    faces, _, diagonal, _ = operator(_darcy_numba, *given)
    rows = np.zeros((*given[0].shape[:2], 2), dtype=np.int64)
    mark_rows(given[0] == 1, rows)
    threads, found = numba.get_num_threads(), []
    try:
        for number in (1, threads):
            numba.set_num_threads(number)
            out = np.zeros(given[0].shape)
            found.append((_darcy_numba.multiply(given[1], faces, diagonal, rows, out), out))
    finally:
        numba.set_num_threads(threads)
    assert found[0][0] == found[1][0]
    assert np.array_equal(found[0][1], found[1][1])
