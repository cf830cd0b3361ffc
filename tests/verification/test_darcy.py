"""Pressure and transport held against exact solutions."""

import itertools

import numpy as np
import pytest

from vertaug.numerics.darcy_multigrid import DarcySolver
from vertaug.numerics.flow_cells import OUTSIDE, POROUS, SEALED, FlowCells
from vertaug.numerics.tip_source import place_tip
from vertaug.verification.darcy import (
    BuckleyLeverett,
    PowerLawSphere,
    SphereInjection,
    solve_lagged,
)
from vertaug.verification.darcy_field import ManufacturedPressure, WavyFront

pytestmark = pytest.mark.verification

CENTRE, CORNER, ASKEW = (0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.3, -0.2, 0.1)


def test_order_of_the_pressure_on_smooth_mobility():
    problem = ManufacturedPressure()
    errors = [problem.error(count) for count in (8, 16, 32)]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert orders == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 2e-3


@pytest.mark.parametrize(
    ("ratio", "saturation", "speed"),
    [(0.1, 0.3015, 2.158), (1.0, 0.7071, 1.2071), (10.0, 0.9535, 1.0244), (100.0, 0.9950, 1.0025)],
)
def test_fronts_of_buckley_and_leverett(ratio, saturation, speed):
    front = BuckleyLeverett(viscosity_ratio=ratio)
    assert front.saturation == pytest.approx(saturation, abs=1e-4)
    assert front.speed == pytest.approx(speed, rel=1e-3)
    errors = [abs(front.measure_speed(count) / front.speed - 1.0) for count in (100, 200)]
    assert errors[1] < 0.02
    # first order, unless the error is that of measuring
    assert errors[1] < 0.7 * errors[0] or errors[1] < 2e-3


def mean_reach(cement, direction):
    signs = itertools.product((1.0, -1.0), repeat=3)
    return np.mean([cement.reach_mm(np.array(direction) * np.array(s)) for s in signs])


def mean_radius(cement):
    """Over sixty directions spread at random."""
    directions = np.random.default_rng(0).standard_normal((60, 3))
    return np.mean([cement.reach_mm(direction) for direction in directions])


@pytest.mark.slow
@pytest.mark.parametrize("offset", [CENTRE, CORNER, ASKEW])
def test_sphere_of_cement(offset):
    problem, volume = SphereInjection(outer_mm=16.0), 6152.0  # a radius of 12 mm
    cement = problem.place(1.0, offset).inject(volume, 100)
    exact = float(problem.radius_mm(volume))
    straight, oblique = (mean_reach(cement, d) for d in ((1, 0, 0), (1, 1, 1)))
    assert mean_radius(cement) == pytest.approx(exact, rel=0.01)
    assert straight == pytest.approx(exact, rel=0.01)
    assert abs(oblique - straight) < 0.01 * exact
    assert cement.tip_mpa == pytest.approx(problem.pressure_mpa(volume), rel=0.02)
    assert cement.volume_error < 1e-10
    assert 0.0 <= cement.saturation.min() <= cement.saturation.max() <= 1.0


@pytest.mark.slow
def test_radius_grows_with_the_cube_root_of_time():
    problem = SphereInjection(outer_mm=13.0)
    placed, volumes = problem.place(1.0, ASKEW), np.array([1000.0, 2000.0, 4000.0])
    found = [placed.inject(v, int(v // 40)) for v in volumes]
    radii = np.array([mean_radius(cement) for cement in found])
    assert radii == pytest.approx(problem.radius_mm(volumes), rel=0.01)
    exponents = np.diff(np.log(radii)) / np.log(2.0)
    assert exponents == pytest.approx(1.0 / 3.0, rel=0.01)
    for cement, volume in zip(found, volumes, strict=True):
        assert cement.tip_mpa == pytest.approx(problem.pressure_mpa(volume), rel=0.02)


def test_ellipsoid_in_layered_permeability():
    problem = SphereInjection(outer_mm=10.0, ratios=(1.0, 1.0, 2.05))
    cement = problem.place(1.0, CENTRE).inject(2000.0, 50)
    across = (cement.reach_mm((1, 0, 0)) + cement.reach_mm((0, 1, 0))) / 2.0
    assert cement.reach_mm((0, 0, 1)) / across == pytest.approx(np.sqrt(2.05), rel=0.03)


@pytest.mark.parametrize("spacing", [0.7, 1.0, (1.0, 0.8, 1.4)])
@pytest.mark.parametrize("offset", [CENTRE, CORNER, ASKEW])
def test_pressure_at_a_tip_does_not_depend_on_its_place(spacing, offset):
    problem = SphereInjection(outer_mm=14.0)
    placed = problem.place(spacing, offset)
    mobility = np.full(placed.cells.shape, problem.permeability_mm2 / problem.cement_mpa_s)
    source = problem.rate_mm3_per_s * placed.source.weights
    flow = DarcySolver(placed.cells).solve(mobility, source)
    tip = placed.source.pressure_mpa(flow.pressure_mpa, mobility, problem.rate_mm3_per_s)
    factor = (
        problem.rate_mm3_per_s * problem.cement_mpa_s / (4.0 * np.pi * problem.permeability_mm2)
    )
    exact = factor * (1.0 / problem.needle_mm - 1.0 / problem.outer_mm)
    assert tip == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize(("away", "error"), [(0.01, 0.08), (0.5, 0.03), (1.0, 0.02)])
def test_pressure_at_a_tip_beside_a_sealed_wall(away, error):
    """Against the image of the needle behind the wall, in cells of a quarter of the width."""

    def press(spacing):
        shape = np.array([16, 24, 24]) / spacing
        region = np.full(shape.astype(int) + 2, OUTSIDE, dtype=np.uint8)
        region[1:-1, 1:-1, 1:-1] = POROUS
        region[0] = SEALED
        cells = FlowCells(region=region, spacing_mm=np.full(3, spacing), ratios=np.ones(3))
        source = place_tip(cells, np.array([away, 12.0, 12.0]) / spacing + 0.5, 1.3)
        ones = np.ones(cells.shape)
        flow = DarcySolver(cells).solve(ones, source.weights)
        mean = float((source.weights * flow.pressure_mpa).sum())
        return source.pressure_mpa(flow.pressure_mpa, ones, 1.0), mean

    coarse, fine = press(1.0)[0], press(0.25)[1]
    assert coarse == pytest.approx(fine, rel=error)


@pytest.mark.parametrize("exponent", [0.5, 0.7, 1.0])
def test_pressure_of_a_shear_thinning_liquid(exponent):
    liquid = PowerLawSphere(
        rate_mm3_per_s=50.0, permeability_mm2=3.44e-2, consistency=5e-5, exponent=exponent
    )
    placed = SphereInjection(outer_mm=14.0).place(1.0, ASKEW)
    source = liquid.rate_mm3_per_s * placed.source.weights

    def mobility_of(speed):
        return liquid.permeability_mm2 / liquid.viscosity_mpa_s(speed)

    flow = solve_lagged(DarcySolver(placed.cells), source, mobility_of)
    steps = np.moveaxis(np.indices(placed.cells.shape), 0, -1) - placed.tip
    radius = np.linalg.norm(steps, axis=-1)
    near, far = ((radius > r - 0.5) & (radius < r + 0.5) for r in (4.0, 11.0))
    drop = flow.pressure_mpa[near].mean() - flow.pressure_mpa[far].mean()
    # means over the same cells
    exact = liquid.drop_mpa(radius[near], 20.0).mean() - liquid.drop_mpa(radius[far], 20.0).mean()
    assert drop == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("ratio", [2.0, 10.0, 500.0])
def test_a_wave_on_a_stable_front_decays(ratio):
    front, distance = WavyFront(viscosity_ratio=ratio), 8.0
    assert front.growth(distance) < 1.0
    assert front.measure_growth(distance) == pytest.approx(front.growth(distance), rel=0.1)


def test_a_tip_outside_the_pores_is_refused():
    region = np.full((9, 9, 9), POROUS, dtype=np.uint8)
    region[:5] = 0
    cells = FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3))
    with pytest.raises(ValueError, match="no porous cell"):
        place_tip(cells, np.array([1.0, 4.0, 4.0]), 1.3)
