"""Only codes that were read in their source are carried."""

import re

import pytest

from vertaug.case.check_digit import is_loinc, is_snomed_concept
from vertaug.case.clinical_code import (
    CARRIED,
    ClinicalCode,
    CodeSystem,
    find_code,
    level_code,
    level_names,
    read_codes,
)
from vertaug.case.errors import InputError, LevelError
from vertaug.case.level import LEVELS

WARNED = {
    "207957008", "207938004", "61032001", "392010000", "429616001", "698077007", "447766008",
    "280893006",
}  # fmt: skip
"""Codes that circulate with a wrong meaning or cannot be real (clinical reference 6.1)."""

CODED = [row for row in read_codes() if row.is_coded]


@pytest.mark.parametrize("row", CODED, ids=lambda row: f"{row.system.value}-{row.code}")
def test_every_code_is_verified_and_has_a_source(row):
    assert row.status in CARRIED
    assert row.sources
    assert (row.system is CodeSystem.CPT) == (row.text == "")


def test_check_digits():
    snomed = [row for row in CODED if row.system is CodeSystem.SNOMED]
    loinc = [row for row in CODED if row.system is CodeSystem.LOINC]
    assert len(snomed) > 60
    assert len(loinc) >= 11
    assert [row for row in snomed if not is_snomed_concept(row.code)] == []
    assert [row for row in loinc if not is_loinc(row.code)] == []


def test_no_warned_code_ships():
    assert {row.code for row in CODED} & WARNED == set()


def test_what_is_not_verified_is_text_without_a_code():
    bare = [row for row in read_codes() if not row.is_coded]
    assert len(bare) > 20
    assert all(row.text for row in bare)
    assert {row.status for row in bare} == {"recalled", "partly verified", "not found"}
    assert not find_code("vertebroplasty").is_coded
    assert not find_code("kyphoplasty").is_coded


def test_a_recalled_code_or_a_wrong_digit_is_refused():
    given = {"concept": "x", "system": CodeSystem.SNOMED, "text": "x", "sources": ("a",)}
    with pytest.raises(InputError, match="carry its text only"):
        ClinicalCode(code="66794005", status="recalled", **given)
    with pytest.raises(InputError, match="check digit of SCT"):
        ClinicalCode(code="447766008", status="verified", **given)
    loinc = {**given, "system": CodeSystem.LOINC}
    with pytest.raises(InputError, match="check digit of LN"):
        ClinicalCode(code="72514-4", status="verified", **loinc)


def test_a_concept_has_one_code_in_a_vocabulary_and_a_code_one_concept():
    pairs = [(row.concept, row.system) for row in read_codes()]
    assert len(pairs) == len(set(pairs))
    codes = [(row.code, row.system) for row in CODED]
    assert len(codes) == len(set(codes))


SCHEMES = {CodeSystem.SNOMED: "SCT", CodeSystem.DICOM: "DCM", CodeSystem.LOINC: "LN"}


def test_codes_agree_with_the_concept_dictionary_of_pydicom():
    from pydicom.sr._concepts_dict import concepts

    compared = 0
    for row in CODED:
        if row.system not in SCHEMES:
            continue
        known = concepts[SCHEMES[row.system]]
        meanings = [
            found[0]
            for codes in known.values()
            for code, found in codes.items()
            if code == row.code
        ]
        if "DICOM" in row.sources:
            assert meanings, row
            compared += 1
            assert any(_words(row.text) <= _words(said) for said in meanings), (row.text, meanings)
    assert compared > 75


def _words(text):
    """Words of a meaning; L1/L2 disc and 'disc of the first lumbar vertebra' are told apart."""
    ignored = {"of", "or", "the", "spine"}
    return set(re.findall(r"[a-z0-9]+", text.lower())) - ignored


def test_units_are_those_of_dicom():
    from pydicom.sr._concepts_dict import concepts

    known = {code for codes in concepts["UCUM"].values() for code in codes}
    units = [row for row in CODED if row.system is CodeSystem.UCUM]
    assert len(units) > 15
    assert {row.code for row in units} <= known


@pytest.mark.parametrize("level", [name for name in LEVELS if name not in {"T13", "L6"}])
def test_every_level_has_its_code(level):
    row = level_code(level)
    assert row.system is CodeSystem.SNOMED
    assert row.code
    assert level_names()[row.code] == level
    assert level_code(level.lower()) == row


@pytest.mark.parametrize("level", ["T13", "L6", "S2", "S3", "S4", "S5"])
def test_a_level_without_a_verified_code_keeps_its_text(level):
    row = level_code(level)
    assert row.code == ""
    assert "vertebra" in row.text


def test_some_levels_by_hand():
    assert level_code("Th12").code == "23215003"
    assert level_code("vertebrae_L1").code == "66794005"
    assert level_code("C1").code == "14806007"


def test_a_level_that_is_none_is_refused():
    with pytest.raises(LevelError, match="L9"):
        level_code("L9")


def test_concepts_of_two_vocabularies():
    assert find_code("angle").code == "110859"
    assert find_code("angle", system=CodeSystem.SNOMED).code == "1483009"
    with pytest.raises(InputError, match="the table knows DCM, SCT"):
        find_code("angle", system=CodeSystem.LOINC)


def test_unknown_concepts_are_refused_with_near_names():
    with pytest.raises(InputError, match=r"did you mean .*cobb_angle"):
        find_code("cob_angle")


def test_the_private_scheme_fits_a_dicom_code_value():
    private = [row for row in read_codes() if row.system is CodeSystem.PRIVATE]
    assert {row.concept for row in private} >= {
        "anterior_height", "middle_height", "posterior_height", "wedge_ratio", "genant_grade",
        "of_type", "cement_fill_fraction",
    }  # fmt: skip
    assert all(re.fullmatch(r"[A-Z_]{3,16}", row.code) for row in private)
    assert all(row.status == "design default" for row in private)


def test_every_vocabulary_but_the_private_one_has_an_address():
    assert [system for system in CodeSystem if not system.uri] == [CodeSystem.PRIVATE]
    assert find_code("cobb_angle").system.uri == "http://snomed.info/sct"


def test_procedure_numbers_come_without_their_descriptions():
    rows = [row for row in CODED if row.system is CodeSystem.CPT]
    assert [row.code for row in rows] == ["22510", "22511", "22512", "22513", "22514", "22515"]
    assert {row.text for row in rows} == {""}
