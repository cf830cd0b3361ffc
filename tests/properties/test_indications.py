"""The panel under any facts: a fact moves only rules that read it, knowing more undoes nothing."""

from datetime import date

from hypothesis import given, settings, strategies as st

from vertaug.indications.fact import Fact, FactKind
from vertaug.indications.fact_file import parse_facts
from vertaug.indications.fact_writer import format_facts
from vertaug.indications.patient_facts import PatientFacts, define_fact, read_definitions
from vertaug.indications.rule_expression import evaluate, list_facts, list_open_facts
from vertaug.indications.rule_pack import read_own_pack

PACK = read_own_pack()
READ = sorted({name for rule in PACK.rules for name in list_facts(rule.condition)})
TODAY = date(2026, 11, 30)


def values_of(name):
    """Known values of a fact; numbers also at the limits of the rules."""
    definition = define_fact(name)
    if definition.kind is FactKind.BOOL:
        return st.booleans()
    if definition.kind is FactKind.CHOICE:
        return st.sampled_from(definition.choices)
    low, high = definition.low, definition.high
    if definition.whole:
        return st.integers(int(low), int(high)).map(float)
    near = [x for x in (0.0, 1.5, 5.0, 7.0, 25.0, 42.0, 50.0, 90.0) if low <= x <= high]
    return st.one_of(st.sampled_from(near or [low]), st.floats(low, high))


@st.composite
def records(draw, names=READ):
    """Facts of which about half are known."""
    known = draw(st.lists(st.sampled_from(names), unique=True))
    return {name: draw(values_of(name)) for name in known}


def facts_of(values):
    return PatientFacts.of(Fact(definition=define_fact(n), value=v) for n, v in values.items())


def truths(values):
    facts = facts_of(values)
    return {rule.name: evaluate(rule.condition, facts, PACK.values) for rule in PACK.rules}


@settings(max_examples=200, deadline=None)
@given(records(), st.sampled_from(READ), st.data())
def test_one_fact_changes_only_the_rules_that_read_it(values, name, data):
    other = data.draw(st.one_of(st.none(), values_of(name)))
    before, after = truths(values), truths({**values, name: other})
    reading = {rule.name for rule in PACK.rules if name in list_facts(rule.condition)}
    assert {rule for rule in before if before[rule] != after[rule]} <= reading


@settings(max_examples=200, deadline=None)
@given(records(), st.sampled_from(READ), st.data())
def test_knowing_more_never_undoes_what_was_decided(values, name, data):
    if name in values:
        return
    before, after = truths(values), truths({**values, name: data.draw(values_of(name))})
    for rule, truth in before.items():
        assert truth is None or after[rule] is truth, rule


@settings(max_examples=100, deadline=None)
@given(records())
def test_open_facts_are_unknown_and_decide_together(values):
    facts = facts_of(values)
    for rule in PACK.rules:
        still_open = list_open_facts(rule.condition, facts, PACK.values)
        decided = evaluate(rule.condition, facts, PACK.values) is not None
        assert decided == (not still_open)
        assert all(facts.value(name) is None for name in still_open)


@settings(max_examples=100, deadline=None)
@given(records(), st.data())
def test_a_fact_that_is_not_asked_decides_nothing(values, data):
    """With all open facts unknown, another fact leaves an undecided rule undecided."""
    facts = facts_of(values)
    for rule in PACK.rules:
        still_open = set(list_open_facts(rule.condition, facts, PACK.values))
        idle = [n for n in list_facts(rule.condition) if n not in still_open and n not in values]
        if not still_open or not idle:
            continue
        name = data.draw(st.sampled_from(idle))
        wider = facts_of({**values, name: data.draw(values_of(name))})
        assert evaluate(rule.condition, wider, PACK.values) is None


@settings(max_examples=100, deadline=None)
@given(records(names=sorted(read_definitions())))
def test_facts_outlive_their_file(values):
    import tomllib

    values.pop("patient.age_y", None)
    facts = facts_of(values)
    again = parse_facts(tomllib.loads(format_facts(facts)), "", on=TODAY).facts
    assert {n: f.value for n, f in again.facts.items()} == values
