"""Check digits find mistyped codes."""

import pytest

from vertaug.case.check_digit import has_verhoeff_digit, is_loinc, is_snomed_concept


@pytest.mark.parametrize("code", ["66794005", "14806007", "285285000", "113205007", "1217256009"])
def test_snomed_concepts_pass(code):
    assert is_snomed_concept(code)


@pytest.mark.parametrize("code", ["447766008", "280893006"])
def test_copied_codes_that_cannot_be_real_fail(code):
    assert not is_snomed_concept(code)


@pytest.mark.parametrize(
    "code", ["", "L1", "66794005 ", "06794005", "66794", "6" * 19, "²²²²²²²²", "66794-005"]
)
def test_what_is_no_concept_fails(code):
    assert not is_snomed_concept(code)


def test_a_description_is_no_concept():
    # partition 01 is a description; its check digit is right
    description = next(
        f"6679401{digit}" for digit in range(10) if has_verhoeff_digit(f"6679401{digit}")
    )
    assert not is_snomed_concept(description)


def test_verhoeff_of_the_thesis():
    # the example most often worked by hand: 236 has the check digit 3
    assert has_verhoeff_digit("2363")
    assert sum(has_verhoeff_digit(f"236{digit}") for digit in range(10)) == 1


@pytest.mark.parametrize("code", ["66794005", "285285000"])
def test_every_single_wrong_digit_is_found(code):
    for place, digit in enumerate(code):
        for other in set("0123456789") - {digit}:
            assert not has_verhoeff_digit(code[:place] + other + code[place + 1 :])


def test_every_swap_of_neighbours_is_found():
    code = "49668003"
    swapped = {
        code[:i] + code[i + 1] + code[i] + code[i + 2 :]
        for i in range(len(code) - 1)
        if code[i] != code[i + 1]
    }
    assert len(swapped) == 5
    assert not any(has_verhoeff_digit(other) for other in swapped)


@pytest.mark.parametrize("code", ["72514-3", "38214-3", "6301-6", "104938-6", "18756-7", "12345-5"])
def test_loinc_numbers_pass(code):
    assert is_loinc(code)


@pytest.mark.parametrize("code", ["72514-4", "72541-3", "6301", "6301-66", "", "LP6301-6", "-6"])
def test_wrong_loinc_numbers_fail(code):
    assert not is_loinc(code)
