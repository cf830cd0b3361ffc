"""A hollow sphere that yields, on voxels, against Hill's solution."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.mechanics.plastic import NewtonLimits, relax
from vertaug.mechanics.plastic_body import YieldSurface, prepare_plastic
from vertaug.numerics.brick_operator import BrickBody
from vertaug.numerics.hexahedron import isotropic_stiffness
from vertaug.numerics.span_grid import span_body
from vertaug.verification.elasticity import Isotropic, ThickSphere
from vertaug.verification.plastic_sphere import PlasticSphere
from vertaug.verification.voxel_problem import error_l2, surface_forces

pytestmark = pytest.mark.verification

SPHERE = PlasticSphere(
    material=Isotropic(modulus_mpa=1000.0, poisson=0.3),
    strength_mpa=2.0,
    inner_mm=10.0,
    outer_mm=20.0,
)
BORDERS_MM = (10.001, 11.0, 12.5, 14.0)
"""Radii up to which the wall has yielded, one increment of pressure after the other."""


def traction(pressure):
    """The exact stress on faces of voxels: the exact field answers for the body of voxels too."""

    def on(points, normal):
        radius = np.linalg.norm(points, axis=-1, keepdims=True)
        radial, around = SPHERE.stresses_mpa(radius, pressure)
        ray = points / radius
        return around * normal + (radial - around) * ray * (ray @ normal)[..., None]

    return on


def exact(pressure):
    def at(points):
        radius = np.maximum(np.linalg.norm(points, axis=-1), 1e-6)
        return (SPHERE.exact(radius, pressure) / radius)[..., None] * points

    return at


def inflate(cells, surface):
    """Return the error of displacements and the plastic share of an octant at the last border."""
    elastic = ThickSphere(
        material=SPHERE.material, inner_mm=10.0, outer_mm=20.0, pressure_mpa=1.0
    ).problem(cells, staircase=False)
    grid = span_body(elastic.filled)
    body = BrickBody(
        grid=grid,
        spacing_mm=elastic.spacing_mm,
        moduli=grid.gather_cells(elastic.modulus_mpa)[None],
        elasticity=(isotropic_stiffness(0.3),),
        held=np.array([grid.gather_nodes(row) for row in elastic.held]),
    )
    plastic = prepare_plastic(body, np.full(grid.shape, SPHERE.strength_mpa), surface)
    u, cycle = np.zeros((3, grid.nodes.size)), None
    for border in BORDERS_MM:
        pressure = SPHERE.pressure_mpa(border)
        load = surface_forces(elastic, traction(pressure), lambda at: at.min(axis=1) > 0.0)
        state = relax(
            plastic,
            u,
            NewtonLimits(tolerance=1e-6),
            external_n=np.array([grid.gather_nodes(row) for row in load]),
            cycle=cycle,
        )
        assert state.solver.converged, state.solver.describe()
        plastic, u, cycle = state.body, state.nodes_mm, state.cycle
    found = np.array([grid.spread_nodes(row) for row in u])
    yielded = grid.spread_cells(np.abs(plastic.plastic).max(axis=0) > 1e-9)
    return error_l2(replace(elastic), found, exact(pressure)), yielded, elastic


@pytest.mark.parametrize("surface", list(YieldSurface))
def test_the_yielded_sphere_converges_to_hill(surface):
    errors = [inflate(cells, surface)[0] for cells in (6, 12)]
    assert errors[1] < 0.004
    assert errors[0] / errors[1] > 3.0


def test_the_border_of_the_plastic_zone_lies_where_hill_has_it():
    _, yielded, problem = inflate(12, YieldSurface.MISES)
    size = float(problem.spacing_mm[0])
    middles = (np.moveaxis(np.indices(problem.modulus_mpa.shape), 0, -1) + 0.5) * size
    radius = np.linalg.norm(middles, axis=-1)[problem.filled]
    flowing = yielded[problem.filled]
    assert flowing[radius < BORDERS_MM[-1] - size].all()
    assert not flowing[radius > BORDERS_MM[-1] + size].any()
