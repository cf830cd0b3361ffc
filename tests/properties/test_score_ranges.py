"""The range of a score holds its value however the unknown facts turn out."""

from hypothesis import given, settings, strategies as st

from vertaug.indications.fact import Fact, FactKind
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.derived import derive_scores, score_patient

ASKED = sorted(
    {
        name
        for result in score_patient(PatientFacts.of(()))
        for part in result.parts
        for name, _ in part.facts
    }
)
GIVEN_OR_FOUND = "fx.of_type"
"""Given, it is one more opinion beside the findings that make it; see the second property."""

NEAR_LIMITS = {"bone.tscore": [-3.5], "bone.hu_l1": [90.0, 91.0], "fx.lka_deg": [15.0]}


def values(name):
    definition = define_fact(name)
    if definition.kind is FactKind.BOOL:
        return st.booleans()
    if definition.kind is FactKind.CHOICE:
        return st.sampled_from(definition.choices)
    if definition.whole:
        return st.integers(int(definition.low), int(definition.high))
    limits = st.sampled_from([-3.0, *NEAR_LIMITS.get(name, [10.0, 20.0])])
    return st.floats(definition.low, definition.high) | limits.filter(
        lambda value: definition.low <= value <= definition.high
    )


def records(names):
    """Complete findings, and which of them are known."""
    return st.tuples(
        st.fixed_dictionaries({name: values(name) for name in names}),
        st.sets(st.sampled_from(names)),
    )


def facts_of(found):
    return PatientFacts.of(
        Fact(definition=define_fact(name), value=value) for name, value in found.items()
    )


def known_part(found, known):
    return facts_of({name: value for name, value in found.items() if name in known})


@settings(max_examples=150, deadline=None)
@given(records([name for name in ASKED if name != GIVEN_OR_FOUND]))
def test_completed_value_lies_in_the_range(record):
    found, known = record
    before = score_patient(known_part(found, known))
    after = score_patient(facts_of(found))
    no_injury = after[0].name == "of_type" and after[0].value == 0
    for early, late in zip(before, after, strict=True):
        if late.name == "of_score" and no_injury:
            assert late.value is None  # it does not apply, which is no value of its range
            continue
        assert early.low <= late.low <= late.high <= early.high, early.name
        if early.value is not None:
            assert late.value == early.value, early.name
        if early.category is not None and late.category is not None:
            assert late.category == early.category
        assert set(late.possible) <= set(early.possible)


@settings(max_examples=100, deadline=None)
@given(records([name for name in ASKED if name.startswith(("fx.of", "bone", "sx", "neuro"))]))
def test_with_a_given_type_too(record):
    found, known = record
    before = score_patient(known_part(found, known))
    after = score_patient(facts_of(found))
    for early, late in zip(before, after, strict=True):
        assert early.low <= late.low <= late.high <= early.high, early.name


@settings(max_examples=100, deadline=None)
@given(records([name for name in ASKED if name != GIVEN_OR_FOUND]))
def test_missing_facts_are_what_can_still_change_the_score(record):
    found, known = record
    facts = known_part(found, known)
    for result in score_patient(facts):
        assert (result.value is None) == bool(result.missing) or result.name == "of_type"
        assert all(facts.value(name) is None for name in result.missing)
        assert sum(part.low for part in result.parts) >= result.low
        if result.card_value is not None:
            assert result.low <= result.card_value <= result.high


@settings(max_examples=60, deadline=None)
@given(records([name for name in ASKED if name != GIVEN_OR_FOUND]))
def test_derived_scores_agree_with_themselves_once_joined(record):
    found, known = record
    facts = known_part(found, known)
    derived = derive_scores(facts)
    joined = facts.with_facts(derived)
    assert derive_scores(joined) == ()
    for early, late in zip(score_patient(facts), score_patient(joined), strict=True):
        assert (early.low, early.high) == (late.low, late.high)
