"""The language of the rules: three values, and nothing else than it allows."""

import itertools

import pytest

from vertaug.case.errors import InputError
from vertaug.indications.rule_expression import (
    evaluate,
    list_facts,
    list_open_facts,
    list_parameters,
    parse_expression,
)

X, Y, Z = "inf.sepsis", "inf.local_skin", "alg.pmma_severe"
VALUES = (True, False, None)


def truth(text, know, values, **parameters):
    return evaluate(parse_expression(text), know(values), parameters)


def test_kleene_tables(know):
    for x, y in itertools.product(VALUES, VALUES):
        both = False if False in (x, y) else None if None in (x, y) else True
        either = True if True in (x, y) else None if None in (x, y) else False
        assert truth(f"{X} and {Y}", know, {X: x, Y: y}) is both
        assert truth(f"{X} or {Y}", know, {X: x, Y: y}) is either
    assert [truth(f"not {X}", know, {X: x}) for x in VALUES] == [False, True, None]


@pytest.mark.parametrize("least", [1, 2, 3])
def test_count(least, know):
    for values in itertools.product(VALUES, repeat=3):
        true, unknown = values.count(True), values.count(None)
        expected = True if true >= least else None if true + unknown >= least else False
        facts = dict(zip((X, Y, Z), values, strict=True))
        assert truth(f"count({X}, {Y}, {Z}) >= {least}", know, facts) is expected


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("lab.inr > 1.5", 1.5, False),
        ("lab.inr >= 1.5", 1.5, True),
        ("lab.inr == 1.5", 1.5, True),
        ("lab.inr != 1.5", 1.5, False),
        ("lab.inr < 1.5", 1.4, True),
        ("lab.inr <= P.limit", 1.5, True),
        ("lab.inr < P.limit", 1.5, False),
        ("lab.inr > 1.5", None, None),
        ("lab.inr != 1.5", None, None),
    ],
)
def test_comparisons(text, value, expected, know):
    assert truth(text, know, {"lab.inr": value}, limit=1.5) is expected


def test_a_negative_number_and_a_list(know):
    assert truth("bone.tscore > -1.0", know, {"bone.tscore": -0.5}) is True
    text = "fx.level in ['T1', 'T2']"
    assert truth(text, know, {"fx.level": "T2"}) is True
    assert truth(text, know, {"fx.level": "L2"}) is False
    assert truth(text, know, {}) is None
    assert truth("fx.of_type in [3, 4]", know, {"fx.of_type": 3.0}) is True


def test_what_is_read():
    expression = parse_expression("lab.inr > P.a and (lab.plt < P.b or not lab.inr > P.a)")
    assert list_facts(expression) == ("lab.inr", "lab.plt")
    assert list_parameters(expression) == ("a", "b")


def test_only_facts_that_could_decide_are_open(know):
    expression = parse_expression(f"({X} and lab.inr > 2) or ({Y} and lab.plt < 50)")
    known = know({X: False, Y: True})
    assert list_open_facts(expression, known, {}) == ("lab.plt",)
    assert list_open_facts(expression, know({X: False, Y: False}), {}) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lab.inr", "not a yes-no fact"),
        ("1 < lab.inr < 2", "more than one comparison"),
        ("lab.inr > lab.plt", "is not a number, a word in quotes"),
        ("1.5 < lab.inr", "not the name of a fact"),
        ("lab.inr + 1 > 2", "not the name of a fact"),
        ("__import__('os')", "not part of the language"),
        ("inf.sepsis.real", "not the name of a fact"),
        ("lab.inr > '1.5'", "compares lab.inr"),
        ("inf.sepsis == 1", "compares inf.sepsis"),
        ("inf.sepsis > True", "asks for an order"),
        ("fx.etiology == 'osteoporosis'", "never is"),
        ("fx.level in ['L6']", "never is"),
        ("fx.level in 'L1'", "needs a list"),
        ("fx.level not in ['L1']", "not part of the language"),
        ("lab.inrr > 2", "did you mean lab.inr"),
        ("count(inf.sepsis) >= 2", "number from 1 to 1"),
        ("count(inf.sepsis) > 0", "number from 1 to 1"),
        ("count(inf.sepsis)", "not part of the language"),
        ("sum(inf.sepsis) >= 1", "not part of the language"),
        ("P.x > 1", "is a parameter"),
        ("fx.etiology == P.x", "not a number"),
        ("inf.sepsis if inf.sepsis else inf.sepsis", "not part of the language"),
        ("lambda: inf.sepsis", "not part of the language"),
        ("inf.sepsis and", "cannot be read"),
        ("", "cannot be read"),
        ("not " * 900 + "inf.sepsis", "too long"),
    ],
)
def test_anything_else_is_refused(text, words):
    with pytest.raises(InputError, match=words):
        parse_expression(text)
