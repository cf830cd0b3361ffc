import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.permeability import (
    BAROUD_2004,
    MARROW_VISCOSITY,
    NAUMAN_1999,
    PERMEABILITY_LAWS,
    PermeabilityLaw,
    kozeny_carman,
    specific_surface,
)


def test_kozeny_carman_of_the_physics_reference():
    """Section 4.1, in 1e-8 m2 = 1e-2 mm2."""
    found = kozeny_carman([0.75, 0.80, 0.85, 0.90, 0.95])
    np.testing.assert_allclose(found, [1.06e-2, 1.75e-2, 3.19e-2, 7.06e-2, 23.8e-2], rtol=5e-3)


def test_surface_vanishes_without_bone_and_without_pores():
    assert specific_surface(0.0) == 0.0
    assert specific_surface(1.0) < 0.3


def test_the_default_meets_what_was_measured():
    k = BAROUD_2004.evaluate(0.85)
    np.testing.assert_allclose(k * BAROUD_2004.ratios, [3.44e-2, 3.44e-2, 4.45e-2])


def test_the_lower_envelope_lies_below_and_within_its_range():
    share = NAUMAN_1999.evaluate(0.9) / BAROUD_2004.evaluate(0.9)
    assert 1 / 5 < share < 1 / 2
    assert NAUMAN_1999.status is SourceStatus.UNCERTAIN
    # 2.68e-11 to 2.00e-8 m2 were measured over all sites
    assert 2.68e-5 < NAUMAN_1999.evaluate(0.85) < 2.0e-2


def test_every_law_rises_with_porosity_and_names_its_source():
    for law in PERMEABILITY_LAWS:
        assert (np.diff(law.evaluate(np.linspace(0.05, 0.95, 91))) > 0.0).all()
        assert law.source
    assert MARROW_VISCOSITY.low < MARROW_VISCOSITY.value < MARROW_VISCOSITY.high


def test_a_law_without_permeability_is_refused():
    with pytest.raises(InputError, match="above 0"):
        PermeabilityLaw(
            name="none",
            reference_porosity=0.85,
            transverse_mm2=0.0,
            superior_mm2=1.0,
            source="",
            status=SourceStatus.UNCERTAIN,
        )
