"""Why a rule holds: parts, facts, parameters and sources."""

import re

from vertaug.indications.explanation import explain_rule

FACT = re.compile(r"\b[a-z_]+\.[a-z_0-9]+|\bof_score\b")


def test_parts_facts_parameters_and_sources(pack, know):
    facts = know({"fx.edema": True, "fx.age_days": 33})
    found = explain_rule("F02", facts, pack)
    assert found.truth is None
    assert [(p.depth, p.text, p.truth) for p in found.parts] == [
        (0, "fx.edema and fx.age_days <= P.acute_days and (sx.nrs_now >= P.nrs_severe)", None),
        (1, "fx.edema", True),
        (1, "fx.age_days <= P.acute_days", True),
        (1, "sx.nrs_now >= P.nrs_severe", None),
    ]
    assert [(f.definition.name, f.decisive) for f in found.facts] == [
        ("fx.edema", False),
        ("fx.age_days", False),
        ("sx.nrs_now", True),
    ]
    assert [p.name for p in found.parameters] == ["acute_days", "nrs_severe"]
    assert "Lancet 2016" in found.sources[0].citation


def test_every_rule_lists_every_fact_that_it_uses(pack, know):
    for rule in pack.rules:
        found = explain_rule(rule.name, know({}), pack)
        named = [f.definition.name for f in found.facts]
        assert sorted(named) == sorted(set(FACT.findall(rule.when)))
        assert found.sources
