"""Simple competitors of finite elements."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.grid import Grid
from vertaug.case.volume import Volume
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.mechanics.rigidity import (
    AxialRigidity,
    failure_load,
    measure_axial_rigidity,
    measure_density,
    strength_by_rigidity,
)
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra

LAW = calibrate_generic(120.0)


def bar(moduli, caps=0):
    """A bar of 4 x 3 voxels, one modulus for each layer, the outer ones caps."""
    shape = (4, 3, len(moduli))
    bone = np.broadcast_to(np.array(moduli, dtype=float), shape).copy()
    filler = np.zeros(shape)
    if caps:
        for end in (slice(0, caps), slice(-caps, None)):
            filler[:, :, end], bone[:, :, end] = 2500.0, 0.0
    affine = np.diag([1.0, 2.0, 0.5, 1.0])
    every = np.ones(shape, dtype=bool)
    return VertebraModel(
        grid=Grid(shape=shape, affine=affine),
        bone_mpa=bone,
        filler_mpa=filler,
        strength_mpa=np.full(shape, np.inf),
        anisotropic=False,
        superior_nodes=nodes_of_faces(every, upper=True),
        inferior_nodes=nodes_of_faces(every, upper=False),
        height_mm=max(2.0, 0.5 * len(moduli)),
    )


def test_rigidity_of_each_layer_and_the_weakest():
    found = measure_axial_rigidity(bar([9, 300, 200, 100, 400, 9], caps=1))
    np.testing.assert_allclose(found.rigidity_n, np.array([300, 200, 100, 400]) * 24.0)
    np.testing.assert_allclose(found.height_mm, [0.75, 1.25, 1.75, 2.25])
    assert found.minimum_n == pytest.approx(2400.0)
    inverse = [1 / 300, 1 / 200, 1 / 100, 1 / 400]
    assert found.series_n == pytest.approx(24 * 4 / sum(inverse))


def test_both_strengths_agree_on_an_even_bar():
    model = bar([250.0] * 8)
    stiffness = solve_elastic(model).stiffness
    rigidity = measure_axial_rigidity(model)
    assert stiffness == pytest.approx(rigidity.minimum_n / 4.0, rel=1e-5)
    assert failure_load(stiffness, 4.0) == pytest.approx(strength_by_rigidity(rigidity), rel=1e-5)


def test_published_failure_load():
    # verse004 L2: stiffness and height of the csv of spineFE-benchmark
    assert failure_load(12_362.0, 29.0) == pytest.approx(2437.786, abs=0.05)
    with pytest.raises(InputError, match="above 0"):
        failure_load(0.0, 29.0)


def test_strength_grows_with_the_weakest_layer_only():
    weak, strong = (
        AxialRigidity(height_mm=np.arange(3.0), rigidity_n=np.array([2e5, 4e5, top]))
        for top in (3e5, 9e5)
    )
    assert strength_by_rigidity(weak) == strength_by_rigidity(strong) == pytest.approx(1360.0)


def test_caps_in_every_layer_are_refused():
    with pytest.raises(InputError, match="every layer"):
        measure_axial_rigidity(bar([100.0] * 4, caps=2))


def shelled(core_hu, shell_hu):
    """The analytic vertebra with a shell of 2 mm around an even core."""
    truth = AnalyticVertebra()
    vertebra = truth.vertebra()
    grid = vertebra.hu.grid
    points = grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1))
    deep = truth.body_function(points) < -2.0
    hu = np.where(deep, core_hu, shell_hu).astype(np.float32)
    return truth, replace(vertebra, hu=Volume(values=hu, grid=grid))


def test_densities_of_core_and_whole():
    truth, vertebra = shelled(133.0, 399.0)
    found = measure_density(vertebra, LAW)
    assert found.trabecular_mg_per_ml == pytest.approx(100.0, abs=1e-3)
    assert 110 < found.integral_mg_per_ml < 250
    volume_ml = vertebra.body_volume_mm3 / 1000
    assert found.content_mg == pytest.approx(found.integral_mg_per_ml * volume_ml, rel=0.02)
    shadow_cm2 = 2 * truth.body_half_width * 2 * truth.body_half_height / 100
    assert found.areal_mg_per_cm2 == pytest.approx(found.content_mg / shadow_cm2, rel=0.04)


def test_a_denser_shell_leaves_the_trabecular_density_alone():
    first, second = (measure_density(shelled(133.0, hu)[1], LAW) for hu in (200.0, 600.0))
    assert first.trabecular_mg_per_ml == second.trabecular_mg_per_ml
    assert second.areal_mg_per_cm2 > first.areal_mg_per_cm2


def test_no_core_is_said_not_guessed():
    _, vertebra = shelled(133.0, 133.0)
    regions = np.array(vertebra.regions.values)
    middle = regions.shape[2] // 2
    regions[:, :, : middle - 2] = 0
    regions[:, :, middle + 2 :] = 0
    thin = replace(vertebra, regions=Volume(values=regions, grid=vertebra.regions.grid))
    assert measure_density(thin, LAW).trabecular_mg_per_ml is None
    none = replace(thin, regions=Volume(values=regions * 0, grid=vertebra.regions.grid))
    with pytest.raises(InputError, match="no body"):
        measure_density(none, LAW)
