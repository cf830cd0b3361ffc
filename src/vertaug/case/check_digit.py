"""Check digits of SNOMED CT and LOINC codes: a mistyped or invented code is found by itself."""

import re

_SNOMED = re.compile(r"[1-9][0-9]{5,17}")
_LOINC = re.compile(r"([1-9][0-9]{0,6})-([0-9])")
_CONCEPT_PARTITIONS = ("00", "10")

_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
"""Verhoeff's permutation of the digits; the n-th digit from the right goes through it n times."""


def has_verhoeff_digit(digits: str) -> bool:
    """Whether a number ends in the check digit of Verhoeff.

    The digits name the ten symmetries of a pentagon (0 to 4 turn it, 5 to 9 mirror it); their
    product, each moved by its place, is the identity. All single wrong digits and all swaps of
    neighbours are found.

    References
    ----------
    J. Verhoeff, Error Detecting Decimal Codes, Mathematical Centre Tracts 29, Amsterdam 1969.
    """
    product = 0
    for place, digit in enumerate(reversed(digits)):
        product = _multiply(product, _turn(int(digit), place % 8))
    return product == 0


def _multiply(first: int, second: int) -> int:
    """Return the product of two symmetries of the pentagon (dihedral group of order 10)."""
    if first < 5:
        return (first + second) % 5 + (0 if second < 5 else 5)
    if second < 5:
        return (first - second) % 5 + 5
    return (first - second) % 5


def _turn(digit: int, times: int) -> int:
    for _ in range(times):
        digit = _TURN[digit]
    return digit


def is_snomed_concept(code: str) -> bool:
    """Whether a text can be a concept of SNOMED CT.

    6 to 18 digits, the partition (third and second last digit) of a concept, 00 or 10, and
    Verhoeff's check digit over the whole. A code that passes need not exist; one that fails cannot.

    References
    ----------
    SNOMED CT Release File Specification, SCTID data type and check digit (clinical reference 6.1).
    """
    if _SNOMED.fullmatch(code) is None or code[-3:-1] not in _CONCEPT_PARTITIONS:
        return False
    return has_verhoeff_digit(code)


def is_loinc(code: str) -> bool:
    """Whether a text can be a LOINC number: its check digit is right.

    From the right of the number, the digits in odd places are joined and doubled, those in even
    places put before them; the check digit fills the sum of all digits up to a multiple of ten.

    References
    ----------
    LOINC Users' Guide, check digit (clinical reference 6.1).
    """
    match = _LOINC.fullmatch(code)
    if match is None:
        return False
    reverse = match.group(1)[::-1]
    joined = reverse[1::2] + str(2 * int(reverse[0::2]))
    return int(match.group(2)) == -sum(map(int, joined)) % 10
