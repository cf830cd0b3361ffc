"""What was seen in one patient or a cohort: rising days, missing values as None, one scale."""

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.observed_course import ObservedCourse
from vertaug.recovery.trial import find_measure

PAIN = find_measure("pain", "0-10")


def course(**given):
    values = {"label": "this patient", "scale": "0-10", "days": (-3, 7, 30), "values": (8, None, 4)}
    return ObservedCourse(**{**values, **given})


def test_first_and_last_values():
    found = course()
    assert found.baseline == 8
    assert found.last == (30, 4)
    assert found.one_patient
    assert course(values=(None, 5, None)).baseline is None
    assert course(values=(8, None, None)).last is None
    found.check(PAIN)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"values": (8, 4)}, "as many values"),
        ({"days": (), "values": ()}, "at least one"),
        ({"days": (7, 7, 30)}, "rising"),
        ({"n": (30, 20)}, "n of each day"),
        ({"low": (7, None, 3)}, "both ends"),
        ({"values": (8, float("nan"), 4)}, "None"),
    ],
)
def test_what_cannot_be_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        course(**given)


def test_another_scale_or_a_value_beyond_it_is_refused():
    with pytest.raises(InputError, match="never mixed"):
        course(scale="0-100").check(PAIN)
    with pytest.raises(InputError, match="between 0 and 10"):
        course(values=(80, None, 40)).check(PAIN)
