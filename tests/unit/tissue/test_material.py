"""Mass attenuation, mixtures, and CT numbers as X-ray attenuation."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.tissue.ct_attenuation import (
    ANCHORS,
    LOWEST_HU,
    basis_attenuation_at,
    basis_attenuation_per_mm,
    basis_of_hounsfield,
    basis_weights,
    density_of_hounsfield,
    effective_energy_kev,
)
from vertaug.tissue.material import (
    K_EDGES_KEV,
    STEEL,
    Material,
    bone_cement,
    iodinated_contrast,
    mass_attenuation,
    mass_attenuation_at,
    xray_energies_kev,
)
from vertaug.verification.xray import NIST_CM2_PER_G


@pytest.mark.parametrize("substance", sorted(NIST_CM2_PER_G))
def test_mass_attenuation_is_that_of_nist(substance):
    for energy, value in NIST_CM2_PER_G[substance].items():
        assert mass_attenuation_at(substance, energy) == pytest.approx(value, rel=0.005)


@pytest.mark.parametrize(
    ("substance", "edge"), [(s, e) for s, edges in K_EDGES_KEV.items() for e in edges if e > 30]
)
def test_no_edge_is_crossed(substance, edge):
    """Just below an edge the value continues from below, just above from above."""
    below, above = (mass_attenuation_at(substance, edge + d) for d in (-1e-6, 1e-6))
    assert above > 1.5 * below
    assert below < mass_attenuation_at(substance, edge - 0.6)
    assert above > mass_attenuation_at(substance, edge + 0.6)


def test_values_at_the_table_are_those_of_the_table():
    energies = xray_energies_kev()
    for n in (0, 45, 46, 54, 55, 219):
        at = mass_attenuation_at("barium_sulphate", float(energies[n]))
        assert at == pytest.approx(mass_attenuation("barium_sulphate")[n], rel=1e-12)


def test_cement_is_the_reference_mixture():
    """Physics reference 7.1: 20 % barium sulphate, cm2/g."""
    cement = bone_cement(0.20)
    for energy, value in {30: 1.49, 40: 3.12, 50: 1.82, 60: 1.18, 80: 0.623, 100: 0.404}.items():
        mass = cement.attenuation_at(energy) * 10.0 / cement.density_g_per_ml
        assert mass == pytest.approx(value, rel=0.006)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: bone_cement(0.9),
        lambda: iodinated_contrast(0.0),
        lambda: mass_attenuation("gold"),
        lambda: mass_attenuation_at("water", 150.0),
        lambda: Material(name="x", density_g_per_ml=1.0, parts=(("gold", 1.0),), source=""),
        lambda: Material(name="x", density_g_per_ml=1.0, parts=(("water", 0.5),), source=""),
        lambda: Material(name="x", density_g_per_ml=0.0, parts=(("water", 1.0),), source=""),
        lambda: Material(name="x", density_g_per_ml=1.0, parts=(("water", 2.0),), source=""),
    ],
)
def test_what_is_no_material_is_refused(wrong):
    with pytest.raises(InputError):
        wrong()


@pytest.mark.parametrize("kv", [80.0, 100.0, 120.0, 140.0, None])
def test_a_voxel_attenuates_at_the_scanners_energy_as_its_hu_says(kv):
    basis = basis_of_hounsfield(kv)
    mu = basis @ basis_attenuation_at(effective_energy_kev(kv))
    water = mu[-LOWEST_HU] / 1.0
    hu = np.arange(-940, 2990)
    np.testing.assert_allclose(mu[hu - LOWEST_HU] / water, 1 + hu / 1000.0, rtol=1e-9)
    assert not basis[: -950 - LOWEST_HU + 1].any()


@pytest.mark.parametrize("kv", [80.0, 120.0])
def test_density_is_that_of_the_anchors_and_rises(kv):
    density = density_of_hounsfield(kv)
    energy = effective_energy_kev(kv)
    for anchor in ANCHORS:
        at = np.interp(anchor.hounsfield(energy), np.arange(LOWEST_HU, 3072), density)
        assert at == pytest.approx(anchor.density_g_per_ml, abs=2e-3)
    assert np.all(np.diff(density[-949 - LOWEST_HU :]) >= 0)


@pytest.mark.parametrize("anchor", ANCHORS, ids=lambda a: a.name)
def test_two_basis_substances_describe_every_tissue(anchor):
    energies = xray_energies_kev()
    described = basis_attenuation_per_mm() @ np.array(basis_weights(anchor.substance)) * 10.0
    error = abs(described / mass_attenuation(anchor.substance) - 1)[energies >= 35]
    assert error.max() < 0.003


def test_steel_is_denser_to_x_rays_than_cement_than_bone():
    for energy in (40.0, 60.0, 80.0, 100.0):
        bone = basis_of_hounsfield(120.0)[1500 - LOWEST_HU] @ basis_attenuation_at(energy)
        assert STEEL.attenuation_at(energy) > bone_cement().attenuation_at(energy)
        if energy > 40:
            assert bone_cement().attenuation_at(energy) > 0.5 * bone
