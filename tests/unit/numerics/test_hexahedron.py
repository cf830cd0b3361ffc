"""The brick: integration, its modes, and the materials that can be."""

import numpy as np
import pytest

from vertaug.numerics._brick_reference import stiffness_from_modes
from vertaug.numerics.hexahedron import (
    CORNERS,
    SHEARS,
    OrthotropicRatios,
    brick_stiffness,
    gauss_points,
    isotropic_stiffness,
    modal_coefficients,
    strain_matrix,
)

SPACING = (0.7, 1.1, 1.6)
RATIOS = OrthotropicRatios(modulus=(0.3, 0.5, 1.0), shear=(0.2, 0.15, 0.1), poisson=(0.1, 0.2, 0.3))
MATERIALS = {"isotropic": isotropic_stiffness(0.3), "orthotropic": RATIOS.stiffness()}


@pytest.fixture(params=MATERIALS)
def elasticity(request):
    return MATERIALS[request.param]


def displacement_of(gradient):
    """Nodal displacements of a linear field on a brick."""
    return ((CORNERS * np.array(SPACING)) @ np.asarray(gradient).T).ravel()


def test_compliance_holds_the_ratios():
    compliance = np.linalg.inv(RATIOS.stiffness())
    assert 1 / np.diag(compliance)[:3] == pytest.approx(RATIOS.modulus)
    assert 1 / np.diag(compliance)[3:] == pytest.approx(RATIOS.shear)
    # stress of 1 along axis 0: strain -nu / E along axes 1 and 2
    assert compliance[1, 0] == pytest.approx(-0.3 / 0.3)
    assert compliance[2, 0] == pytest.approx(-0.2 / 0.3)
    assert compliance[2, 1] == pytest.approx(-0.1 / 0.5)


def test_an_isotropic_material_is_an_orthotropic_one_with_equal_ratios():
    shear = 1 / 2.6
    same = OrthotropicRatios(modulus=(1.0,) * 3, shear=(shear,) * 3, poisson=(0.3,) * 3)
    assert same.stiffness() == pytest.approx(isotropic_stiffness(0.3), abs=1e-13)


@pytest.mark.parametrize(
    "changes",
    [
        {"poisson": (0.0, 0.0, 0.9)},  # |nu_12| < sqrt(E_1 / E_2) = 0.775
        {"poisson": (0.5, 0.5, 0.5)},
        {"shear": (0.2, -0.15, 0.1)},
        {"modulus": (0.3, -0.5, 1.0)},
    ],
)
def test_impossible_ratios_are_refused(changes):
    given = {"modulus": (0.3, 0.5, 1.0), "shear": (0.2, 0.15, 0.1), "poisson": (0.1, 0.2, 0.3)}
    with pytest.raises(ValueError, match="no elastic material has these ratios"):
        OrthotropicRatios(**(given | changes)).stiffness()


def test_strain_of_a_linear_field_is_that_of_its_gradient_everywhere():
    gradient = np.random.default_rng(0).standard_normal((3, 3))
    u = displacement_of(gradient)
    exact = [*np.diag(gradient), *(gradient[a, b] + gradient[b, a] for a, b in SHEARS)]
    for point in (*gauss_points(), (0, 0, 0), (1, -1, 0.3)):
        assert strain_matrix(point, SPACING) @ u == pytest.approx(exact, abs=1e-14)


def test_energy_of_a_linear_field_is_exact(elasticity):
    gradient = np.random.default_rng(1).standard_normal((3, 3))
    strain = np.array([*np.diag(gradient), *(gradient[a, b] + gradient[b, a] for a, b in SHEARS)])
    u = displacement_of(gradient)
    found = u @ brick_stiffness(elasticity, SPACING) @ u
    assert found == pytest.approx(strain @ elasticity @ strain * np.prod(SPACING), rel=1e-13)


def test_only_rigid_motions_are_free_of_energy(elasticity):
    matrix = brick_stiffness(elasticity, SPACING)
    assert matrix == pytest.approx(matrix.T, abs=1e-15)
    values = np.linalg.eigvalsh(matrix)
    assert np.abs(values[:6]).max() < 1e-14 * values[-1]
    assert values[6] > 1e-3 * values[-1]


@pytest.mark.parametrize("spacing", [SPACING, (1.0, 1.0, 1.0), (3.0, 0.2, 0.5)])
def test_modes_give_the_stiffness_of_full_integration(elasticity, spacing):
    exact = brick_stiffness(elasticity, spacing)
    found = stiffness_from_modes(modal_coefficients(elasticity, spacing))
    assert np.abs(found - exact).max() < 2e-15 * np.abs(exact).max()


@pytest.mark.parametrize(("a", "b"), [(0, 3), (2, 5), (3, 4)])
def test_modes_refuse_a_material_turned_out_of_the_axes(a, b):
    loose = isotropic_stiffness(0.3)
    loose[a, b] = loose[b, a] = 0.01
    with pytest.raises(ValueError, match="orthotropic along the axes"):
        modal_coefficients(loose, SPACING)
