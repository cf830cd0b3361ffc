"""Warning signs: how soon, what to say, whom to call; what was not asked is not absent."""

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.red_flag import (
    BLANK_PHONE,
    BLANK_SHORT_PHONE,
    ClinicPhone,
    FlagTier,
    advise_flags,
    check_flags,
    read_banner,
    read_flags,
)

PHONE = ClinicPhone(clinic="+91 172 555 0100", emergency="112")


@pytest.mark.parametrize(
    ("key", "tier"),
    [
        ("chest_pain_or_breathless", FlagTier.EMERGENCY),
        ("leg_weak_or_numb", FlagTier.EMERGENCY),
        ("bladder_or_bowel_loss", FlagTier.EMERGENCY),
        ("saddle_numbness", FlagTier.EMERGENCY),
        ("fainting", FlagTier.EMERGENCY),
        ("fever_or_chills", FlagTier.SAME_DAY),
        ("redness_or_pus", FlagTier.SAME_DAY),
        ("severe_new_pain", FlagTier.SAME_DAY),
        ("headache_upright", FlagTier.SAME_DAY),
        ("calf_swelling", FlagTier.SAME_DAY),
        ("pain_above_before", FlagTier.SAME_DAY),
        ("no_better", FlagTier.THIS_WEEK),
        ("pain_elsewhere", FlagTier.THIS_WEEK),
        ("constipation_or_opioid_trouble", FlagTier.THIS_WEEK),
    ],
)
def test_each_sign_has_its_tier(key, tier):
    result = check_flags({key: True}, hours=400, phone=PHONE)
    assert result.tier.tier is tier
    assert [sign.key for sign in result.found] == [key]


def test_there_are_no_other_signs():
    assert len(read_flags()) == 15


def test_the_most_urgent_tier_wins():
    result = check_flags({"no_better": True, "fainting": True, "calf_swelling": True}, hours=400)
    assert result.tier.tier is FlagTier.EMERGENCY
    assert [sign.tier for sign in result.found] == [
        FlagTier.EMERGENCY,
        FlagTier.SAME_DAY,
        FlagTier.THIS_WEEK,
    ]


def test_what_was_not_asked_is_not_absent():
    result = check_flags({"fainting": False, "calf_swelling": None}, hours=400)
    assert result.tier is None
    assert len(result.unanswered) == 14
    assert "calf_swelling" in {sign.key for sign in result.unanswered}
    assert "fainting" not in {sign.key for sign in result.unanswered}


def test_pain_that_comes_back_at_once_is_told_apart():
    early = check_flags({"pain_above_before": True}, hours=12)
    assert early.tier is None
    assert [sign.key for sign in early.too_early] == ["pain_above_before"]
    assert check_flags({"pain_above_before": True}, hours=24).tier.tier is FlagTier.SAME_DAY
    assert check_flags({"no_better": True}, hours=100).tier is None


@pytest.mark.parametrize(("degrees", "flagged"), [(38.0, True), (37.9, False), (39.5, True)])
def test_a_temperature_answers_for_fever(degrees, flagged):
    result = check_flags({}, hours=48, temperature_c=degrees)
    assert (result.tier is not None) is flagged


def test_no_fever_says_nothing_about_chills():
    result = check_flags({}, hours=48, temperature_c=36.8)
    assert "fever_or_chills" in {sign.key for sign in result.unanswered}
    assert check_flags({"fever_or_chills": True}, hours=48, temperature_c=36.8).tier is not None


def test_fever_in_both_units():
    fever = next(sign for sign in read_flags() if sign.key == "fever_or_chills")
    assert "38.0 °C (100.4 °F)" in fever.words
    assert check_flags({}, hours=48, temperature_c=38.2, fever_c=38.5).tier is None


@pytest.mark.parametrize("degrees", [101.0, 10.0])
def test_a_temperature_that_cannot_be_is_refused(degrees):
    with pytest.raises(InputError, match="Celsius"):
        check_flags({}, hours=48, temperature_c=degrees)


def test_advice_names_the_numbers():
    tiers = advise_flags(PHONE)
    assert tiers[0].advice.startswith("Call an ambulance now: 112.")
    assert all("+91 172 555 0100" in tier.advice for tier in tiers)


def test_without_a_number_there_is_a_blank_line_and_none_is_guessed():
    tiers = advise_flags(ClinicPhone())
    assert all(BLANK_PHONE in tier.advice for tier in tiers)
    assert not any(character.isdigit() for character in tiers[0].advice)
    assert tiers[0].advice.startswith(f"Call an ambulance now: {BLANK_SHORT_PHONE}.")
    with pytest.raises(InputError, match="--phone"):
        ClinicPhone().require()
    assert PHONE.require() == "+91 172 555 0100"


def test_nobody_watches_and_it_says_so():
    assert "Nobody watches" in read_banner()
    assert check_flags({}, hours=1).banner == read_banner()


@pytest.mark.parametrize(
    "number", ["", "12", "call me", "+91 172 555 0100 1234 5678 9012 3456", "<b>1"]
)
def test_what_is_no_phone_number_is_refused(number):
    with pytest.raises(InputError, match="phone"):
        ClinicPhone(clinic=number)


@pytest.mark.parametrize("number", ["112", "+91 (172) 555-0100", "0172 555 0100 ext 12"])
def test_phone_numbers(number):
    assert ClinicPhone(clinic=number).require() == number


def test_answers_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="did you mean fainting"):
        check_flags({"faint": True}, hours=48)
    with pytest.raises(InputError, match="after the procedure"):
        check_flags({}, hours=-1)
    with pytest.raises(InputError, match="37 and 40"):
        read_flags(fever_c=36)


def test_patients_read_short_words():
    for sign in read_flags():
        assert max(len(word) for word in sign.words.split()) <= 11
