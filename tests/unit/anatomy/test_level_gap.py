"""Levels that are missing between labelled ones are said to be."""

import numpy as np

from vertaug.anatomy.level_gap import describe_gaps


def centres(**heights_mm):
    return {level: np.array([0.0, 0.0, z]) for level, z in heights_mm.items()}


def test_an_unbroken_run_says_nothing():
    found = centres(T11=90.0, T12=60.0, L1=30.0, L2=0.0)
    assert describe_gaps(found, found) == ()


def test_variants_may_be_absent():
    found = centres(T12=60.0, L1=30.0)
    assert describe_gaps(found, found) == ()


def test_a_jump_between_neighbours_is_a_wrong_number():
    found = centres(T12=60.0, L1=30.0, L3=0.0)
    (text,) = describe_gaps(found, found)
    assert text.startswith("L2 is not labelled although L1 and L3 are")
    assert "30 mm apart" in text
    assert "misnumbered" in text


def test_a_jump_over_a_body_is_a_forgotten_label():
    found = centres(T11=120.0, T12=90.0, L3=0.0)
    (text,) = describe_gaps(found, found)
    assert text.startswith("L1, L2 are not labelled")
    assert "its label is missing" in text


def test_without_a_distance_only_the_jump_is_said():
    (text,) = describe_gaps(("L1", "L3"), centres(L1=30.0, L3=0.0))
    assert "check the numbering" in text
