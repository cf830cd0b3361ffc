"""How a volume of cement is said."""

import pytest

from vertaug.case.volume_words import millilitres_of, with_cement_of


@pytest.mark.parametrize(
    ("volume_ml", "said"),
    [
        (3.653, "3.65 ml"),
        (4.0, "4 ml"),
        (12.34, "12.34 ml"),
        (0.97, "0.97 ml"),
        (0.253, "0.25 ml"),
        (0.021, "0.02 ml"),
        (0.004, "less than 0.01 ml"),
    ],
)
def test_no_more_figures_than_a_volume_has(volume_ml, said):
    assert millilitres_of(volume_ml) == said


def test_cement_without_a_volume():
    assert with_cement_of(3.653) == "with 3.65 ml of cement"
    assert with_cement_of(None) == "with cement"
