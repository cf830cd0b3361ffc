"""What the file holds of a panel, and facts that outlive it."""

from datetime import timedelta

from vertaug.case.indication_record import IndicationRecord
from vertaug.indications.finding import Override
from vertaug.indications.panel import weigh_indications
from vertaug.indications.panel_record import describe_panel, keep_facts, restore_facts

FACTS = {
    "fx.etiology": "osteoporotic",
    "sx.nrs_now": 7,
    "lab.plt": 40,
    "neuro.new_deficit": False,
    "inf.sepsis": True,
    "fx.edema": None,
}


def record(know, pack, today, **options):
    panel = weigh_indications(know(FACTS), pack, on=today, **options)
    return describe_panel(panel, ("a note",))


def test_keys_that_other_programs_rely_on(know, pack, today):
    tree = record(know, pack, today).model_dump(mode="json")
    for key in ("emergencies", "absolute", "relative", "for", "against", "gates", "sources"):
        assert isinstance(tree[key], list)
    for key in ("missing", "tasks", "off", "rule_pack_version", "hash", "evaluated_at"):
        assert tree[key]
    assert [rule["id"] for rule in tree["emergencies"]] == ["E03"]
    assert tree["emergencies"][0]["unverified"] is True
    assert [rule["id"] for rule in tree["relative"]] == ["C02"]
    assert "50" in tree["relative"][0]["clears"]
    assert {gate["gate"]: gate["state"] for gate in tree["gates"]} == {
        "NICE_TA279": "unknown",
        "CMS_LCD": "unknown",
        "CMS_LCD_onc": "does not apply",
    }
    asked = {row["fact"]: row["asked_by_rules"] for row in tree["missing"]}
    assert "F03" in asked["fx.edema"]
    assert tree["notes"][-1] == "a note"
    assert tree["facts"][0]["value"] == "osteoporotic"


def test_it_reads_what_it_writes(know, pack, today):
    reason = Override(rule="C02", reason="given two units", user="radiologist")
    made = record(know, pack, today, overrides=[reason])
    tree = made.model_dump(mode="json")
    assert IndicationRecord.model_validate(tree) == made
    assert tree["overrides"] == [
        {"rule": "C02", "reason": "given two units", "user": "radiologist"}
    ]


def test_sources_and_years_belong_together(know, pack, today):
    made = record(know, pack, today)
    for finding in (*made.emergencies, *made.relative, *made.against, *made.tasks):
        assert len(finding.sources) == len(finding.years)


def test_facts_are_kept_without_their_dates(know, today):
    given = know({**FACTS, "lab.inr": 1.2}, {"lab.inr": today - timedelta(days=3)})
    kept = keep_facts(given, today)
    assert "fx.edema" not in {fact.name for fact in kept}
    assert {fact.age_days for fact in kept} == {None, 3}
    text = "".join(fact.model_dump_json() for fact in kept)
    assert today.isoformat()[:4] not in text
    again = restore_facts(kept, today)
    assert again.facts["lab.inr"].dated == today - timedelta(days=3)
    assert again.value("sx.nrs_now") == 7.0
    assert again.value("inf.sepsis") is True
