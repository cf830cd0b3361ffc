import pytest

from vertaug.case.errors import InputError
from vertaug.case.near_name import ask_meant, find_near, refuse_unknown

DRUGS = ("oxycodone", "tramadol", "codeine")


def test_near_names_come_nearest_first_and_once():
    assert find_near("oxycodn", (*DRUGS, *DRUGS)) == ("oxycodone", "codeine")
    assert find_near("oxycodn", DRUGS, most=1) == ("oxycodone",)
    assert find_near("xyz", DRUGS) == ()


def test_near_names_go_before_known_ones():
    assert ask_meant(("a", "b"), DRUGS) == "; did you mean a, b"
    assert ask_meant((), DRUGS) == "; known are oxycodone, tramadol, codeine"
    assert ask_meant(()) == ""


def test_unknown_names_are_refused():
    refuse_unknown("codeine", DRUGS, "drug")
    with pytest.raises(InputError, match="no drug 'tramadl'; did you mean tramadol"):
        refuse_unknown("tramadl", DRUGS, "drug")
    with pytest.raises(InputError, match="no drug 'xyz'; known are oxycodone"):
        refuse_unknown("xyz", DRUGS, "drug")
