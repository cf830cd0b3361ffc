"""Compiled plasticity against its plain twins, and against its own derivative."""

import numpy as np
import pytest

from vertaug.mechanics import (
    _plasticity_numba,
    _plasticity_reference,
    _return_mapping_numba,
    _return_mapping_reference,
)
from vertaug.numerics.brick_operator import plane_starts
from vertaug.numerics.span_grid import span_body

SURFACES = {"return_mises": 0, "return_tresca": 1}
BULK, SHEAR = 500.0, 230.0


def deviator(rng, size):
    s = rng.standard_normal(6) * size
    s[:3] -= s[:3].mean()
    return s


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("want", [False, True])
def test_a_stress_comes_back_as_in_the_plain_twin(name, want):
    rng = np.random.default_rng(3)
    outside = 0
    for _ in range(200):
        s = deviator(rng, 0.5)
        fast, plain = s.copy(), s.copy()
        tangents = np.zeros((2, 21))
        said = [
            getattr(module, name)(values, 1.2, BULK, SHEAR, tangent, want)
            for module, values, tangent in (
                (_return_mapping_numba, fast, tangents[0]),
                (_return_mapping_reference, plain, tangents[1]),
            )
        ]
        assert said[0] == said[1]
        outside += said[0]
        np.testing.assert_allclose(fast, plain, atol=1e-12)
        # the plain tangent is a difference: 1e-6 of the moduli
        np.testing.assert_allclose(tangents[0], tangents[1], atol=5e-4 * SHEAR)
    assert 50 < outside < 200


@pytest.mark.parametrize("name", SURFACES)
def test_uniaxial_stress_yields_at_its_limit(name):
    back = getattr(_return_mapping_numba, name)
    along = np.array([2.0, -1.0, -1.0, 0.0, 0.0, 0.0]) / 3.0
    for factor, outside in ((0.999, False), (1.001, True), (-0.999, False), (-1.001, True)):
        assert back(along * factor * 7.0, 7.0, BULK, SHEAR, np.zeros(21), True) is outside


def test_pure_shear_yields_at_half_the_limit_by_tresca_and_later_by_mises():
    shear = np.array([0.0, 0.0, 0.0, 0.55, 0.0, 0.0])
    assert _return_mapping_numba.return_tresca(shear.copy(), 1.0, BULK, SHEAR, np.zeros(21), False)
    assert not _return_mapping_numba.return_mises(
        shear.copy(), 1.0, BULK, SHEAR, np.zeros(21), False
    )


@pytest.mark.parametrize("axis", range(3))
def test_equal_principal_stresses_end_on_an_edge_of_the_prism(axis):
    for sign in (1.0, -1.0):
        s = np.full(6, -0.5 * sign)
        s[3:] = 0.0
        s[axis] = sign
        tangent = np.full(21, np.nan)
        assert _return_mapping_numba.return_tresca(s, 0.9, BULK, SHEAR, tangent, True)
        assert np.isfinite(tangent).all()
        assert s.max() - s.min() == pytest.approx(0.9)


def make_body(seed=0):
    rng = np.random.default_rng(seed)
    filled = rng.random((3, 4, 70)) > 0.3
    filled[1, 2] = False
    grid = span_body(filled)
    size, nodes = grid.cells.size, grid.nodes.size
    plastic = rng.standard_normal((48, size)) * 1e-4
    for point in range(8):
        own = slice(6 * point, 6 * point + 3)
        plastic[own] -= plastic[own].mean(axis=0)
    return {
        "grid": grid,
        "u": rng.standard_normal((3, nodes)) * 0.003,
        "cells": (grid.cells.base, grid.cells.first, grid.cells.last),
        "nodes": grid.nodes.base,
        "planes": plane_starts(grid),
        "spacing": np.array([0.7, 1.1, 1.6]),
        "modulus": grid.gather_cells(np.where(filled, 50.0 + 100.0 * rng.random(filled.shape), 0)),
        "limit": grid.gather_cells(0.1 + 0.2 * rng.random(filled.shape)),
        "plastic": plastic,
    }


def stress(module, body, surface, *, u=None, parts=1, want=True, settle=True, kept=0.0):
    size, nodes = len(body["modulus"]), body["u"].shape[1]
    settled = np.full((48 if settle else 0, size), np.nan)
    tangent = np.full(168 * size if want else 0, np.nan, dtype=np.float32)
    left, y = np.full(size, np.nan), np.full((3, nodes), np.nan)
    module.stress_bricks(
        body["u"] if u is None else u,
        body["cells"],
        body["nodes"],
        body["planes"],
        body["spacing"],
        surface,
        body["modulus"],
        0.3,
        body["limit"],
        body["plastic"],
        kept,
        settled,
        tangent,
        left,
        y,
        parts,
    )
    return y, settled, tangent, left


@pytest.mark.parametrize("surface", SURFACES.values())
@pytest.mark.parametrize("parts", [1, 2, 5])
def test_forces_and_plastic_strain_are_those_of_the_plain_twin(surface, parts):
    body = make_body()
    fast = stress(_plasticity_numba, body, surface, parts=parts, kept=0.2)
    plain = stress(_plasticity_reference, body, surface, kept=0.2)
    matter = body["modulus"] > 0
    assert 0.2 < np.mean(np.any(fast[1] != body["plastic"], axis=0)) < 0.95
    np.testing.assert_allclose(fast[0], plain[0], atol=1e-12)
    np.testing.assert_allclose(fast[1], plain[1], atol=1e-14)
    np.testing.assert_allclose(fast[3][matter], plain[3][matter], atol=1e-3)
    # a point close to an edge of the prism has another tangent a small step further
    apart = np.abs(fast[2] - plain[2])
    assert np.nanquantile(apart, 0.99) < 0.1


@pytest.mark.parametrize("surface", SURFACES.values())
def test_a_yielded_point_keeps_a_share_of_its_elastic_tangent(surface):
    body = make_body(3)
    bare, kept, whole = (
        stress(_plasticity_numba, body, surface, kept=share)[2] for share in (0.0, 0.25, 1.0)
    )
    stiff = stress(_plasticity_numba, {**body, "limit": 1e6 + 0.0 * body["limit"]}, surface)[2]
    np.testing.assert_allclose(whole, stiff, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(kept, 0.75 * bare + 0.25 * whole, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("surface", SURFACES.values())
def test_forces_do_not_depend_on_what_else_is_asked_for(surface):
    body = make_body(1)
    whole = stress(_plasticity_numba, body, surface, parts=2)[0]
    bare = stress(_plasticity_numba, body, surface, parts=1, want=False, settle=False)[0]
    np.testing.assert_array_equal(whole, bare)


@pytest.mark.parametrize("surface", SURFACES.values())
def test_the_tangent_is_the_derivative_of_the_forces(surface):
    body = make_body(2)
    tangent = stress(_plasticity_numba, body, surface)[2]
    rng = np.random.default_rng(4)
    direction, step = rng.standard_normal(body["u"].shape), 1e-8
    ahead, behind = (
        stress(_plasticity_numba, body, surface, u=body["u"] + sign * step * direction)[0]
        for sign in (1.0, -1.0)
    )
    weight = (rng.random(body["u"].shape) > 0.2).astype(np.float32)
    results = []
    for module, parts in (
        (_plasticity_numba, 1),
        (_plasticity_numba, 3),
        (_plasticity_reference, 1),
    ):
        y, dots = np.full(body["u"].shape, np.nan), np.full(len(body["planes"]) - 1, np.nan)
        module.change_bricks(
            direction,
            body["cells"],
            body["nodes"],
            body["planes"],
            body["spacing"],
            tangent,
            weight,
            y,
            dots,
            parts,
        )
        results.append(y)
        assert dots.sum() == pytest.approx(float(np.vdot(y, direction)), rel=1e-12)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_allclose(results[0], results[2], atol=1e-4)
    expected = np.where(weight == 0, 0.0, (ahead - behind) / (2 * step))
    apart = np.abs(results[0] - expected)
    assert np.quantile(apart, 0.98) < 1e-4 * np.abs(expected).max()
