"""A gain by cement is a range."""

import pytest

from vertaug.case.strength_gain import end_slope, gain_range, still_rises, two_figures


@pytest.mark.parametrize(
    ("value", "text"),
    [(4.398, "4.4"), (2.129, "2.1"), (9.97, "10"), (12.3, "12"), (0.9949, "0.99"), (0.996, "1.0")],
)
def test_two_figures(value, text):
    assert two_figures(value) == text


def test_a_gain_is_a_range_where_the_definitions_differ():
    assert gain_range({"a": 4.398, "b": 2.129, "c": 3.6}) == "2.1 to 4.4 times, by definition"
    assert gain_range({"a": 2.13, "b": 2.14}) == "2.1 times"


def test_whether_a_curve_still_rises():
    assert end_slope([0.0, 1.0, 2.0], [0.0, 10.0, 15.0], 10.0) == pytest.approx(0.5)
    assert end_slope([0.0], [0.0], 10.0) is None
    assert still_rises(0.11)
    assert not still_rises(0.1)
    assert not still_rises(None)
