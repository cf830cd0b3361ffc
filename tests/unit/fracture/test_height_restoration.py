"""The four formulas beside the worked example of the clinical reference."""

import pytest

from vertaug.case.errors import InputError
from vertaug.case.measurement import HeightSet
from vertaug.fracture.grading import compute_loss
from vertaug.fracture.height_restoration import correct_angle, restore_height, restore_heights


def test_worked_example_of_the_clinical_reference():
    """16.0 mm became 19.5 mm; neighbours 26 and 28 mm."""
    reference = (26.0 + 28.0) / 2.0
    found = restore_height(16.0, 19.5, reference)
    assert found.hr_mm == 3.5
    assert found.hr_pre_percent == pytest.approx(21.875)
    assert found.hr_lost_percent == pytest.approx(31.818, abs=1e-3)
    assert found.hr_ref_percent == pytest.approx(12.963, abs=1e-3)
    all_three = HeightSet(anterior=16.0, middle=16.0, posterior=16.0)
    references = HeightSet(anterior=reference, middle=reference, posterior=reference)
    assert compute_loss(all_three, references).anterior == pytest.approx(40.741, abs=1e-3)


def test_a_share_of_the_loss_needs_a_loss():
    assert restore_height(25.0, 26.0, 26.99).hr_lost_percent is None
    assert restore_height(25.0, 26.0, 27.0).hr_lost_percent == 50.0
    assert restore_height(28.0, 29.0, 27.0).hr_lost_percent is None
    unknown = restore_height(25.0, 26.0, None)
    assert (unknown.hr_lost_percent, unknown.hr_ref_percent) == (None, None)
    assert unknown.hr_pre_percent == 4.0


def test_height_that_sank_counts_negative():
    found = restore_height(20.0, 19.0, 25.0)
    assert (found.hr_mm, found.hr_pre_percent) == (-1.0, -5.0)
    assert (found.hr_lost_percent, found.hr_ref_percent) == (-20.0, -4.0)


def test_each_height_has_its_own_reference():
    before = HeightSet(anterior=16.0, middle=10.0, posterior=25.0)
    after = HeightSet(anterior=18.0, middle=14.0, posterior=25.5)
    reference = HeightSet(anterior=26.0, middle=20.0, posterior=26.0)
    found = restore_heights(before, after, reference)
    assert found.anterior == restore_height(16.0, 18.0, 26.0)
    assert found.middle == restore_height(10.0, 14.0, 20.0)
    assert found.posterior == restore_height(25.0, 25.5, 26.0)
    assert restore_heights(before, after, None).middle == restore_height(10.0, 14.0, None)


def test_correction_is_positive_where_kyphosis_fell():
    assert correct_angle(18.0, 11.0) == 7.0
    assert correct_angle(-2.0, 1.0) == -3.0


@pytest.mark.parametrize("heights", [(0.0, 1.0, 2.0), (1.0, float("nan"), None), (1.0, 1.0, -2.0)])
def test_heights_must_be_positive(heights):
    with pytest.raises(InputError, match="must be positive"):
        restore_height(*heights)
