"""A label with a hole over the gas gives the measurement of a whole label."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.fracture import assess_fracture
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.tissue import calibrate_generic

pytestmark = [pytest.mark.verification, pytest.mark.slow]


@pytest.mark.parametrize("below_hu", [-200.0, 0.0])
def test_a_hole_over_the_cleft_changes_nothing_but_a_note(below_hu):
    phantom = build_phantom(
        PhantomSpec(
            gas_cleft=True, spacing_mm=(1.25, 1.25, 1.25), field_of_view_mm=(140.0, 130.0, 120.0)
        )
    )
    values = np.array(phantom.labels.values)
    number = phantom.labels.levels["L1"]
    values[(values == number) & (np.asarray(phantom.scan.hu) < below_hu)] = 0
    law = calibrate_generic(120.0)
    whole = assess_fracture(analyse_spine(phantom.scan, phantom.labels), law)
    spine = analyse_spine(phantom.scan, replace(phantom.labels, values=values))
    found = assess_fracture(spine, law)
    assert found.level == whole.level == "L1"
    one, other = found.levels["L1"], whole.levels["L1"]
    assert one.cleft.present
    assert one.cleft.volume_ml == pytest.approx(other.cleft.volume_ml, rel=0.02)
    assert one.body_volume_ml == pytest.approx(other.body_volume_ml, rel=0.01)
    assert any(note.startswith("L1: a hole of") for note in spine.notes)
