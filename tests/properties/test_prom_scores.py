"""Scores stay in range, follow each item in one direction, and do not depend on the order."""

import random
from itertools import product

from hypothesis import assume, given, settings, strategies as st

from vertaug.recovery.prom.instrument import Item, find_instrument, list_instruments
from vertaug.recovery.prom.score import same_scale, score_answers
from vertaug.recovery.prom.value_set import ValueSet

NAMES = [one.id for one in list_instruments()]
MADE_UP = ValueSet(
    name="made up",
    values={
        "".join(levels): 1 - 0.09 * sum(int(level) - 1 for level in levels)
        for levels in product("12345", repeat=5)
    },
)


def possible_answers(item: Item):
    numbers = (
        st.integers(round(item.low), round(item.high))
        if item.whole
        else st.floats(item.low, item.high)
    )
    others = [st.none(), *([st.just("na")] if item.not_applicable else [])]
    return st.one_of(numbers, numbers, numbers, *others)


@st.composite
def filled_in(draw):
    name = draw(st.sampled_from(NAMES))
    items = find_instrument(name).items
    return name, {item.id: draw(possible_answers(item)) for item in items}


def scores(name, answers):
    return score_answers(name, answers, value_set=MADE_UP if name == "eq5d5l" else None)


@given(filled_in())
@settings(deadline=None)
def test_scores_stay_in_their_range_and_count_their_items(given_in):
    name, answers = given_in
    instrument = find_instrument(name)
    for found, scale in zip(scores(name, answers), instrument.scales, strict=True):
        assert found.asked == len(scale.items)
        assert 0 <= found.answered <= found.asked
        if found.value is None:
            assert found.flags
        else:
            assert found.answered > 0
            assert scale.low <= found.value <= scale.high
        same_scale(found, found)


@given(filled_in(), st.integers(0, 2**32))
@settings(deadline=None)
def test_order_of_the_answers_does_not_matter(given_in, seed):
    name, answers = given_in
    names = list(answers)
    random.Random(seed).shuffle(names)
    assert scores(name, {key: answers[key] for key in names}) == scores(name, answers)


@given(filled_in())
@settings(deadline=None)
def test_what_is_not_named_is_blank(given_in):
    name, answers = given_in
    named = {key: answer for key, answer in answers.items() if answer is not None}
    assert scores(name, named) == scores(name, answers)


@given(filled_in(), st.data())
@settings(deadline=None)
def test_a_higher_answer_moves_every_score_in_one_direction(given_in, data):
    name, answers = given_in
    instrument = find_instrument(name)
    item = data.draw(st.sampled_from(instrument.items))
    answer = answers[item.id]
    assume(isinstance(answer, int | float) and answer + 1 <= item.high)
    upward = {s.name: _sign(instrument.id, s.name, item) for s in instrument.scales}
    before, after = scores(name, answers), scores(name, {**answers, item.id: answer + 1})
    for old, new in zip(before, after, strict=True):
        assert (old.value is None) == (new.value is None)
        if old.value is None:
            continue
        counts = item.id in instrument.find_scale(old.score).items
        difference = (new.value - old.value) * upward[old.score]
        assert difference > 0 if counts else difference == 0


def _sign(name, score, item):
    if (name, score) == ("eq5d5l", "index"):
        return -1
    return -1 if item.points and item.points[0] > item.points[-1] else 1
