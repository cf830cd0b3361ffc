"""A body crushed flat at the end of the scan: thinner than its pedicles, with one neighbour."""

import pytest

from vertaug.anatomy import analyse_spine
from vertaug.fracture import assess_fracture
from vertaug.imaging.phantom import HeightLoss, PhantomSpec, build_phantom

pytestmark = [pytest.mark.verification, pytest.mark.slow]


def test_a_body_crushed_flat_is_measured_and_graded():
    flat = HeightLoss(anterior=0.7, middle=0.7, posterior=0.7)
    phantom = build_phantom(PhantomSpec(height_loss={"T11": flat}))
    found = assess_fracture(analyse_spine(phantom.scan, phantom.labels), None)
    assert found.level == "T11"
    measured, true = found.levels["T11"], phantom.truth["T11"]
    assert (measured.genant_grade, measured.shape) == (3, true.shape)
    for name in ("anterior", "middle", "posterior"):
        expected = getattr(true.heights_mm, name)
        assert getattr(measured.heights_mm, name) == pytest.approx(expected, abs=0.5)
    assert measured.lost_volume_ml == pytest.approx(true.lost_volume_mm3 / 1000, abs=1.2)
