import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.bone_law import DensityKind
from vertaug.tissue.cited_value import CitedValue
from vertaug.tissue.porosity import PorosityLaw


def test_the_way_over_ash_by_hand():
    # 62 mg/ml: ash 104.62, apparent 174.37, 9.18 % of 1900
    assert PorosityLaw().evaluate(62.0) == pytest.approx(0.90823, abs=1e-5)
    assert PorosityLaw().evaluate(1140.0, DensityKind.APPARENT) == pytest.approx(0.4)


def test_limits_hold_and_denser_is_less_porous():
    law = PorosityLaw()
    found = law.evaluate(np.linspace(-200.0, 2500.0, 50))
    assert found.max() == law.most
    assert found.min() == law.least
    assert (np.diff(found) <= 0.0).all()


def test_values_outside_their_range_are_refused():
    with pytest.raises(InputError, match="in its range"):
        CitedValue(
            value=3.0, low=0.0, high=2.0, unit="mm", source="", status=SourceStatus.UNCERTAIN
        )
    with pytest.raises(InputError, match="rise within 0 and 1"):
        PorosityLaw(least=0.5, most=0.2)
