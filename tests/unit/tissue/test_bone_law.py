"""Laws of bone, conversions of density, and the check of a density's unit."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.bone_law import (
    BONE_LAWS,
    KELLER_1994_MODULUS,
    KOPPERDAHL_1998_MODULUS,
    KOPPERDAHL_2002_LINEAR_MODULUS,
    KOPPERDAHL_2002_LINEAR_STRENGTH,
    KOPPERDAHL_2002_MODULUS,
    KOPPERDAHL_2002_STRENGTH,
    MORGAN_2003_MODULUS,
    SOFTEST_MPA,
    TO_ASH,
    DensityKind,
    Property,
    bone_law,
    check_density_unit,
    convert_density,
)

DENSITY = np.array([50.0, 80.0, 100.0, 120.0, 150.0, 200.0, 300.0])


# the table of evaluated laws of the physics reference, 1.3
@pytest.mark.parametrize(
    ("law", "expected", "half_digit"),
    [
        (KOPPERDAHL_2002_MODULUS, [128, 210, 266, 322, 407, 550, 842], 0.5),
        (KOPPERDAHL_2002_LINEAR_MODULUS, [127, 224, 288, 353, 450, 611, 934], 0.5),
        (KOPPERDAHL_2002_STRENGTH, [0.58, 1.12, 1.52, 1.96, 2.68, 3.99, 7.02], 0.005),
        (KOPPERDAHL_2002_LINEAR_STRENGTH, [0.50, 1.24, 1.74, 2.24, 2.98, 4.23, 6.72], 0.0051),
    ],
    ids=lambda v: v.name if hasattr(v, "name") else "",
)
def test_table_of_evaluated_laws(law, expected, half_digit):
    np.testing.assert_allclose(law.evaluate(DENSITY), expected, rtol=0, atol=half_digit)


def test_default_pair_yields_at_less_strain_than_measured():
    within = np.linspace(50.0, 200.0, 31)
    modulus = KOPPERDAHL_2002_MODULUS.evaluate(within)
    strain = 100 * KOPPERDAHL_2002_STRENGTH.evaluate(within) / modulus
    assert strain[0] == pytest.approx(0.45, abs=0.005)
    assert strain[-1] == pytest.approx(0.73, abs=0.005)
    assert np.all(np.diff(strain) > 0)


def test_laws_of_other_densities_by_hand():
    assert KELLER_1994_MODULUS.evaluate(200.0, DensityKind.ASH) == pytest.approx(85.99, abs=0.02)
    apparent = DensityKind.APPARENT
    assert MORGAN_2003_MODULUS.evaluate(250.0, apparent) == pytest.approx(544.1, abs=0.2)
    assert KOPPERDAHL_1998_MODULUS.evaluate(250.0, apparent) == pytest.approx(445.0)
    # 100 mg/ml K2HPO4 is 144.9 ash, 241.5 apparent
    assert MORGAN_2003_MODULUS.evaluate(100.0) == pytest.approx(4730 * 0.2415**1.56, rel=1e-9)


@pytest.mark.parametrize("law", BONE_LAWS, ids=lambda n: n.name)
def test_every_law_has_a_source_and_grows(law):
    assert law.source
    assert law.status in SourceStatus
    assert law.density.value in law.formula
    assert bone_law(law.name) is law
    values = law.evaluate(np.linspace(-300.0, 1500.0, 200), law.density)
    assert np.all(np.diff(values) >= 0)
    assert values[0] == law.gives.least_mpa
    assert law.evaluate([-1.0, -1e-9], law.density).tolist() == [law.gives.least_mpa] * 2


def test_below_zero_is_the_softest_modulus_of_the_recipe():
    assert KOPPERDAHL_2002_MODULUS.evaluate(-31.0) == SOFTEST_MPA == 1e-4
    # a line with a negative offset must not give a negative modulus
    assert KOPPERDAHL_2002_LINEAR_MODULUS.evaluate(5.0) == SOFTEST_MPA


def test_unknown_law_names_the_known_ones():
    with pytest.raises(InputError, match="Keller 1994"):
        bone_law("Keller")


@pytest.mark.parametrize("source", DensityKind)
@pytest.mark.parametrize("target", DensityKind)
def test_conversion_there_and_back(source, target):
    there = convert_density(DENSITY, source, target)
    np.testing.assert_allclose(convert_density(there, target, source), DENSITY, rtol=1e-12)


def test_conversions_by_hand():
    to_ash = [
        float(convert_density(100.0, kind, DensityKind.ASH))
        for kind in (DensityKind.K2HPO4, DensityKind.CAHA, DensityKind.APPARENT)
    ]
    assert to_ash == pytest.approx([144.9, 166.7, 60.0])
    assert TO_ASH[DensityKind.CAHA].status is SourceStatus.RECALLED


def bone(seed=1):
    """Densities as of a vertebra: a soft core and some cortex."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(90, 50, 8000), rng.normal(450, 150, 1500)])


def test_densities_of_bone_pass():
    check_density_unit(bone(), image_minimum=-826.0)
    check_density_unit(
        convert_density(bone(), DensityKind.K2HPO4, DensityKind.ASH), DensityKind.ASH
    )
    check_density_unit(0.3 * bone())  # severe osteoporosis
    check_density_unit(2.0 * bone())


@pytest.mark.parametrize(
    ("values", "minimum", "words"),
    [
        (bone() / 1000, None, "g/ml: multiply by 1000"),
        (bone() * 10, None, "denser than any bone"),
        (bone() * 1.33, -1024.0, "Hounsfield"),
        (bone() - 1024, None, "check the calibration"),
        (np.zeros(100), None, "check the calibration"),
        (np.array([]), None, "no voxel"),
        (np.array([1.0, np.nan]), None, "not numbers"),
    ],
)
def test_other_units_are_refused_with_what_was_found(values, minimum, words):
    with pytest.raises(InputError, match="must be in mg/ml") as error:
        check_density_unit(values, image_minimum=minimum)
    assert words.lower() in str(error.value).lower()
    assert "found" in str(error.value)


def test_properties_differ_in_their_least_value():
    assert Property.STRENGTH.least_mpa < Property.MODULUS.least_mpa
