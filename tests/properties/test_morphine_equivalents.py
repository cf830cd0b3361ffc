"""Morphine equivalents add up exactly, whatever the order of drugs."""

from decimal import Decimal

from hypothesis import given, settings, strategies as st

from vertaug.recovery.analgesic import morphine_equivalents
from vertaug.recovery.dose import DoseRoute, read_dose, take

DRUGS = ("codeine", "hydrocodone", "hydromorphone", "methadone", "morphine", "oxycodone",
         "oxymorphone", "tapentadol", "tramadol")  # fmt: skip
doses = st.builds(
    take,
    st.sampled_from(DRUGS),
    st.decimals(Decimal("0.1"), Decimal(60), places=2),
    st.integers(1, 6),
)
MAX = settings(max_examples=100, deadline=None)


@MAX
@given(st.lists(doses, max_size=6), st.randoms())
def test_the_total_is_the_sum_of_its_parts_in_any_order(given_doses, random):
    whole = morphine_equivalents(given_doses).total_per_day
    assert whole == sum((morphine_equivalents([d]).total_per_day for d in given_doses), Decimal(0))
    shuffled = list(given_doses)
    random.shuffle(shuffled)
    assert morphine_equivalents(shuffled).total_per_day == whole


@MAX
@given(st.lists(doses, max_size=4))
def test_one_opioid_without_a_factor_takes_the_total_away(given_doses):
    result = morphine_equivalents([*given_doses, take("buprenorphine", 2)])
    assert result.total_per_day is None
    assert result.counted_per_day == morphine_equivalents(given_doses).total_per_day


@MAX
@given(st.sampled_from(DRUGS), st.integers(1, 60), st.integers(1, 6))
def test_words_and_numbers_say_the_same(drug, amount, times):
    assert read_dose(f"{drug} {amount} mg x{times}") == take(drug, amount, times)


@MAX
@given(st.decimals(Decimal(1), Decimal(400), places=1))
def test_a_patch_counts_by_the_hour(rate):
    dose = take("fentanyl", rate, unit="ug/h", route=DoseRoute.TRANSDERMAL)
    assert morphine_equivalents([dose]).total_per_day == rate * Decimal("2.4")
