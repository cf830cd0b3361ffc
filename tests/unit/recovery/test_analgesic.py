"""Morphine milligram equivalents: exact, by a named set of factors, refused where there is none."""

from datetime import date
from decimal import Decimal

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.analgesic import known_drugs, mme_words, morphine_equivalents, read_factor_set
from vertaug.recovery.dose import DoseRoute, read_dose, take
from vertaug.recovery.opioid_course import follow_opioids

CDC_2022 = {
    "codeine": "0.15",
    "hydrocodone": "1.0",
    "hydromorphone": "5.0",
    "methadone": "4.7",
    "morphine": "1.0",
    "oxycodone": "1.5",
    "oxymorphone": "3.0",
    "tapentadol": "0.4",
    "tramadol": "0.2",
}


def flags(result):
    return {flag.key for flag in result.flags}


def test_golden_oxycodone_with_tramadol():
    result = morphine_equivalents([take("oxycodone", 10, 2), take("tramadol", 50, 4)])
    assert [line.mme for line in result.lines] == [30, 40]
    assert result.total_per_day == 70
    assert (result.factors.name, result.factors.version) == ("CDC 2022", "2022-11")


def test_golden_fentanyl_patch():
    dose = take("fentanyl", 25, unit="ug/h", route=DoseRoute.TRANSDERMAL)
    assert morphine_equivalents([dose]).total_per_day == 60


@pytest.mark.parametrize(("drug", "factor"), CDC_2022.items())
def test_every_factor(drug, factor):
    assert morphine_equivalents([take(drug, 10, 3)]).total_per_day == 30 * Decimal(factor)


def test_there_are_no_other_factors():
    from vertaug.recovery.source_note import read_data

    assert set(read_data("mme_factors")["opioid"]) == {*CDC_2022, "fentanyl"}


def test_the_sum_is_exact():
    # as floats 3 x 0.15 x 0.1 would not be 0.045
    assert morphine_equivalents([take("codeine", "0.1", 3)]).total_per_day == Decimal("0.045")


def test_naloxone_from_50_on_and_not_below():
    assert "naloxone" in flags(morphine_equivalents([take("morphine", 50)]))
    assert "naloxone" not in flags(morphine_equivalents([take("morphine", "49.9")]))
    flag = next(
        f for f in morphine_equivalents([take("morphine", 60)]).flags if f.key == "naloxone"
    )
    assert flag.note.unverified
    assert flag.words.startswith("at or above 50 MME a day: consider")


@pytest.mark.parametrize("drug", ["methadone", "tapentadol", "tramadol"])
def test_drugs_with_a_caution(drug):
    assert drug in flags(morphine_equivalents([take(drug, 5)]))


def test_a_laxative_is_asked_for_unless_it_is_given():
    dose = [take("morphine", 10)]
    assert "laxative" in flags(morphine_equivalents(dose))
    assert "laxative" in flags(morphine_equivalents(dose, laxative_given=False))
    assert "laxative" not in flags(morphine_equivalents(dose, laxative_given=True))
    assert "laxative" not in flags(morphine_equivalents([take("ibuprofen", 400, 3)]))


@pytest.mark.parametrize(
    ("dose", "words"),
    [
        (take("buprenorphine", 2, 2), "partial agonist"),
        (take("morphine", 5, 2, route=DoseRoute.INTRAVENOUS), "by mouth; got intravenous"),
        (take("fentanyl", "0.1", route=DoseRoute.INTRAVENOUS), "as a patch"),
    ],
)
def test_what_has_no_factor_leaves_no_total(dose, words):
    result = morphine_equivalents([take("oxycodone", 10, 2), dose])
    assert result.total_per_day is None
    assert result.counted_per_day == 30
    assert words in result.refused[0].words
    assert "no total" in mme_words(result)
    assert result.who_step == 3


def test_a_day_without_drugs_is_zero():
    result = morphine_equivalents([])
    assert result.total_per_day == 0
    assert result.who_step == 0
    assert mme_words(result) == "0 MME a day (CDC 2022)"


def test_drugs_that_are_no_opioids_count_as_such():
    result = morphine_equivalents([take("acetaminophen", 1, 4, unit="g"), take("ibuprofen", 400)])
    assert result.total_per_day == 0
    assert result.no_opioids == ("paracetamol", "ibuprofen")
    assert result.who_step == 1


def test_an_unknown_drug_is_refused_with_near_names():
    with pytest.raises(InputError, match="did you mean oxycodone"):
        morphine_equivalents([take("oxycodon", 10, 2)])


def test_a_slip_of_the_unit_is_refused():
    with pytest.raises(InputError, match="slip of amount or unit"):
        morphine_equivalents([take("morphine", 10, 2, unit="g")])


def test_a_patch_is_given_an_hour():
    with pytest.raises(InputError, match="ug/h"):
        morphine_equivalents([take("fentanyl", 25, route=DoseRoute.TRANSDERMAL)])
    with pytest.raises(InputError, match="ug/h"):
        morphine_equivalents([take("morphine", 25, unit="ug/h")])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("morphine", 0), "above 0"),
        (("morphine", -5), "above 0"),
        (("morphine", 2.5), "text or Decimal"),
        (("morphine", "much"), "number"),
        (("morphine", "nan"), "above 0"),
        (("morphine", 5, 30), "24 times"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        take(*arguments)
    with pytest.raises(InputError, match="unit"):
        take("morphine", 5, unit="ml")


@pytest.mark.parametrize(
    ("text", "mme"),
    [
        ("oxycodone 10 mg x2", 30),
        ("Oxycodone 10mg 2/d", 30),
        ("tramadol 50 mg 4 times a day", 40),
        ("fentanyl 25 mcg/h", 60),
        ("fentanyl patch 12.5 µg/h", 30),
        ("morphine sulfate 10 mg x 3", 30),
    ],
)
def test_a_dose_in_words(text, mme):
    assert morphine_equivalents([read_dose(text)]).total_per_day == mme


@pytest.mark.parametrize(
    "text", ["oxycodone", "oxycodone 10 mg", "10 mg x2", "oxycodone -10 mg x2"]
)
def test_words_that_are_no_dose_are_refused(text):
    with pytest.raises(InputError, match=r"such as|missing"):
        read_dose(text)


def test_the_set_says_what_it_is_not_for():
    assert "Not for conversion" in read_factor_set().limits
    assert "oxycodone" in known_drugs()


DAY = date(2026, 12, 1)


def diary(*values):
    return {date(2026, 12, 1 + n): None if v is None else Decimal(v) for n, v in enumerate(values)}


def test_days_until_no_opioids_are_taken():
    course = follow_opioids(diary(60, 40, 20, 0, 0), DAY)
    assert (course.free_since, course.days_to_free, course.certain) == (date(2026, 12, 4), 3, True)


def test_taken_again_is_not_free():
    assert follow_opioids(diary(60, 0, 0, 20), DAY).free_since is None
    assert follow_opioids(diary(60, 0, 20, 0), DAY).days_to_free == 3


def test_missing_days_are_not_days_without():
    course = follow_opioids(diary(60, None, None, 0, 0), DAY)
    assert course.days_to_free == 3
    assert course.missing == (date(2026, 12, 2), date(2026, 12, 3))
    assert not course.certain
    assert follow_opioids(diary(None, None), DAY).free_since is None


def test_never_taken_is_free_from_the_first_day():
    assert follow_opioids(diary(0, 0), DAY).days_to_free == 0


def test_a_diary_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="before the procedure"):
        follow_opioids({date(2026, 11, 30): Decimal(10)}, DAY)
    with pytest.raises(InputError, match="not negative"):
        follow_opioids({DAY: Decimal(-1)}, DAY)


def test_two_patches_are_given_as_their_sum():
    with pytest.raises(InputError, match="sum of all patches"):
        take("fentanyl", 25, 2, unit="ug/h", route=DoseRoute.TRANSDERMAL)
    both = take("fentanyl", 50, unit="ug/h", route=DoseRoute.TRANSDERMAL)
    assert morphine_equivalents([both]).total_per_day == 120
