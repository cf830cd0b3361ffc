"""The whole panel: sample cases, order, gates apart, missing facts, old blood tests."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from vertaug.case.errors import InputError
from vertaug.indications.finding import Override
from vertaug.indications.panel import weigh_indications

A = {
    "fx.etiology": "osteoporotic",
    "fx.age_days": 33,
    "fx.edema": True,
    "fx.height_loss_pct": 38,
    "fx.kyphosis_present": True,
    "sx.nrs_now": 7,
    "sx.trend": "worse",
    "sx.hospitalised": False,
    "sx.nsm_optimised": True,
    "sx.rmdq": 19,
    "sx.pain_matches_level": True,
    "fx.imaging_confirms_acuity": True,
    "lab.inr": 1.0,
    "lab.plt": 245,
    "fx.level": "L1",
    "patient.pregnant": False,
    "neuro.new_deficit": False,
    "fx.of_type": 2,
    "fx.tension_band_failure": False,
    "sx.impact": "severe",
    "patient.asa": 3,
}
B = {
    "fx.etiology": "unknown",
    "fx.age_days": 120,
    "fx.height_loss_pct": 30,
    "sx.nrs_now": 6,
    "sx.hospitalised": False,
    "sx.nsm_optimised": False,
    "lab.inr": 2.6,
    "lab.plt": 190,
    "fx.level": "L2",
    "onc.history": True,
    "sx.trend": "stable",
    "med.antithrombotic_active": True,
    "med.hold_complete": False,
    "patient.age_y": 76,
}
C = {
    "fx.etiology": "osteoporotic",
    "fx.age_days": 10,
    "sx.trend": "better",
    "sx.nrs_now": 3,
    "fx.edema": True,
    "lab.inr": 1.1,
    "lab.plt": 40,
    "fx.tension_band_failure": False,
    "fx.of_type": 1,
    "neuro.new_deficit": False,
}


@pytest.fixture
def weigh(pack, know, today):
    def call(values, dated=None, **options):
        options.setdefault("pack", pack)
        chosen = options.pop("pack")
        return weigh_indications(know(values, dated), chosen, on=today, **options)

    return call


def names(findings):
    return [finding.rule.name for finding in findings]


def test_case_a_exactly(weigh):
    panel = weigh(A, all_rules=True)
    assert panel.fired == ("F02", "F03", "F04", "G05", "G07", "P02", "T01", "K01")
    undecided = (
        "E01 E03 A01 A02 A03 A04 A08 C03 C04 C05 C06 C07 C08 C12 C13 C14 C15 F01 F10 F11 G06 P01 "
        "T02 K02 K03"
    )
    assert " ".join(names(panel.undecided)) == undecided
    assert panel.off_rules == ()


def test_case_b_exactly(weigh):
    panel = weigh(B, all_rules=True)
    assert panel.fired == ("C01", "C03", "K01", "K02")
    assert len(panel.undecided) == 31
    asked = next(fact for fact in panel.missing if fact.name == "fx.edema")
    assert {"F06", "G02"} <= set(asked.rules)
    assert "MRI" in asked.definition.how_to_get


def test_case_c_exactly(weigh):
    panel = weigh(C, all_rules=True)
    assert panel.fired == ("C02", "G01", "G03", "G05", "G07", "K01")


def test_lists_are_in_the_order_of_the_panel(weigh):
    panel = weigh({**A, "inf.sepsis": True, "patient.pregnant": True, "lab.inr": 3.0})
    assert names(panel.emergencies) == ["E03"]
    assert names(panel.absolute) == ["A07"]
    assert names(panel.relative) == ["C01"]
    assert names(panel.reasons_for) == ["F02", "F03", "F04"]
    assert names(panel.reasons_against) == ["G05", "G07"]
    assert names(panel.techniques) == ["T01"]
    assert names(panel.tasks) == ["K01"]
    assert panel.emergencies[0].rule.unverified
    assert "1.5" in panel.relative[0].clears


def test_gates_stand_apart_with_all_their_states(weigh):
    panel = weigh(A)
    assert [(f.rule.gate, f.truth) for f in panel.gates] == [
        ("NICE_TA279", None),
        ("CMS_LCD", True),
        ("CMS_LCD_onc", False),
    ]
    others = panel.reasons_for + panel.reasons_against + panel.tasks
    assert not any(name.startswith("P") for name in names(others))


def test_off_rules_are_listed_and_not_used(weigh):
    panel = weigh(B)
    assert [rule.name for rule in panel.off_rules] == ["F09", "G08", "T03", "T04", "K02"]
    assert "K02" not in panel.fired
    assert "K02" not in names(panel.undecided)


def test_conflict_shows_both(weigh):
    panel = weigh({**A, "sx.nrs_now": 4})
    assert "F03" in names(panel.reasons_for)
    assert "G03" in names(panel.reasons_against)


@pytest.mark.parametrize(
    ("name", "value", "rule", "holds"),
    [
        ("lab.inr", 1.5, "C01", False),
        ("lab.inr", 1.6, "C01", True),
        ("lab.plt", 50, "C02", False),
        ("lab.plt", 49, "C02", True),
    ],
)
def test_limits_of_the_golden_vectors(name, value, rule, holds, weigh):
    assert (rule in weigh({**A, name: value}).fired) is holds


def test_an_unknown_inr_is_missing_and_never_passes(weigh):
    facts = {name: value for name, value in A.items() if name != "lab.inr"}
    panel = weigh(facts)
    assert "C01" in names(panel.undecided)
    assert "C01" not in panel.fired
    assert ("C01",) in [fact.rules for fact in panel.missing if fact.name == "lab.inr"]


def test_an_old_blood_test_counts_as_unknown_and_says_so(weigh, today):
    inr = {**A, "lab.inr": 3.0}
    fresh = weigh(inr, {"lab.inr": today - timedelta(days=7)})
    assert "C01" in fresh.fired
    assert fresh.stale == ()
    old = weigh(inr, {"lab.inr": today - timedelta(days=8)})
    assert "C01" in names(old.undecided)
    assert [stale.fact.name for stale in old.stale] == ["lab.inr"]
    assert any("INR 3 is 8 days old" in note for note in old.notes)


def test_how_old_a_blood_test_may_be_is_a_setting(weigh, pack, today):
    dated = {"lab.inr": today - timedelta(days=8)}
    wider = pack.with_settings({"lab_max_age_h": 192})
    panel = weigh({**A, "lab.inr": 3.0}, dated, pack=wider)
    assert "C01" in panel.fired
    assert [p.name for p in panel.changed] == ["lab_max_age_h"]


def test_a_blood_test_without_a_date_is_told(weigh, today):
    assert any("no date: lab.inr, lab.plt" in note for note in weigh(A).notes)
    dated = {"lab.inr": today, "lab.plt": today}
    assert weigh(A, dated).notes == ()


def test_a_setting_of_the_site_is_recorded(weigh, pack):
    wider = pack.with_settings({"inr_max": 1.8})
    panel = weigh({**A, "lab.inr": 1.7}, pack=wider)
    assert "C01" not in panel.fired
    (changed,) = panel.changed
    assert (changed.name, changed.value, changed.default) == ("inr_max", 1.8, 1.5)


def test_settings_outside_their_range_are_refused(pack):
    with pytest.raises(InputError, match=r"between 1\.5 and 1\.8"):
        pack.with_settings({"inr_max": 2.5})
    with pytest.raises(InputError, match="there is no parameter 'inr'"):
        pack.with_settings({"inr": 1.5})


def test_the_emergency_that_one_fact_could_raise_is_asked_first(weigh):
    panel = weigh({})
    assert panel.missing[0].weight >= panel.missing[-1].weight
    first = {fact.name for fact in panel.missing[:6]}
    assert {"neuro.new_deficit", "neuro.cauda_equina", "inf.sepsis"} <= first
    assert names(panel.undecided)[:3] == ["E01", "E02", "E03"]


def test_an_override_needs_a_reason_and_a_rule_that_holds(weigh):
    low = {**A, "lab.plt": 40}
    panel = weigh(low, overrides=[Override(rule="c02", reason="platelets given at 08:00")])
    assert names(panel.relative) == ["C02"]
    assert panel.relative[0].override.reason == "platelets given at 08:00"
    with pytest.raises(InputError, match="needs a reason"):
        Override(rule="C02", reason="ok")
    with pytest.raises(InputError, match="C01 does not hold"):
        weigh(low, overrides=[Override(rule="C01", reason="platelets given at 08:00")])


def test_past_the_review_date_the_panel_says_so(pack, know):
    late = weigh_indications(know(A), pack, on=date(2028, 1, 1))
    assert any("past their review date" in note for note in late.notes)


def test_the_hash_follows_facts_rules_and_day(weigh, pack, know, today):
    same = weigh(A).hash
    assert weigh(A).hash == same
    assert weigh({**A, "sx.nrs_now": 6}).hash != same
    assert weigh(A, pack=pack.with_settings({"inr_max": 1.6})).hash != same
    assert weigh(A, all_rules=True).hash != same
    tomorrow = today + timedelta(days=1)
    assert weigh_indications(know(A), pack, on=tomorrow).hash != same
    assert replace(weigh(A), notes=()).hash == same


def test_kyphosis_follows_from_the_measured_angle(weigh):
    bare = {k: v for k, v in A.items() if k != "fx.kyphosis_present"}
    panel = weigh({**bare, "fx.lka_deg": 15.0})
    fact = panel.facts.facts["fx.kyphosis_present"]
    assert (fact.value, fact.source) == (True, "derived")
    assert weigh({**bare, "fx.lka_deg": 14.9}).facts.value("fx.kyphosis_present") is False
    # a wedge below 15 degrees does not exclude a kyphosis of the segment
    assert weigh({**bare, "fx.vwa_deg": 14.0}).facts.value("fx.kyphosis_present") is None
    assert weigh({**A, "fx.lka_deg": 3.0}).facts.value("fx.kyphosis_present") is True


def test_the_thresholds_of_a_body_are_not_those_of_the_site(weigh, pack):
    milder = pack.with_settings({"nrs_min_out": 4})
    values = {**A, "sx.nrs_now": 4}
    panel = weigh(values, pack=milder)
    assert {f.rule.name: f.truth for f in panel.gates}["P02"] is True
    payer = next(row for row in panel.bodies if row.body.source.key == "CMS_LCD")
    assert payer.says == ("Coverage criteria not met.",)


def test_rules_of_a_site_with_few_parameters(weigh):
    from vertaug.indications.rule_pack import parse_rule_pack

    text = """version: "1"
params: {lab_max_age_h: {value: 72, range: [24, 720], src: site}}
rules:
- {id: X1, when: inf.sepsis, effect: emergency, grade: expert, st: verified, src: [site],
   say: Sepsis., pt: "", strength: expert, review_by: 2027-01-01}
"""
    panel = weigh({**A, "inf.sepsis": True}, pack=parse_rule_pack(text, "site.yaml"))
    assert panel.fired == ("X1",)
    assert len(panel.bodies) == 17


def test_a_type_of_three_speaks_against_the_posterior_wall(weigh):
    panel = weigh({"fx.of_type": 3, "fx.etiology": "osteoporotic"})
    assert "C04" in panel.fired
    assert "T02" in panel.fired
    assert "fx.posterior_wall" not in [fact.name for fact in panel.missing]
    told = weigh({"fx.of_type": 3, "fx.posterior_wall": "intact"})
    assert any("OF 3" in note and "look at the images" in note for note in told.notes)
    assert "C04" not in told.fired


STATES = [
    # cause, states of NICE, the payer, and its malignant arm; facts are missing
    ("osteoporotic", "unknown", "unknown", "does not apply"),
    ("traumatic", "does not apply", "does not apply", "does not apply"),
    ("myeloma", "does not apply", "does not apply", "unknown"),
    ("metastasis", "does not apply", "does not apply", "unknown"),
    # nobody knows the cause: none is excluded by it
    ("unknown", "unknown", "unknown", "unknown"),
    (None, "unknown", "unknown", "unknown"),
]


@pytest.mark.parametrize(("cause", "nice", "payer", "malignant"), STATES)
def test_a_criterion_made_for_other_patients_does_not_apply(weigh, cause, nice, payer, malignant):
    panel = weigh({"fx.etiology": cause, "sx.nrs_now": 8})
    assert [gate.gate_state for gate in panel.gates] == [nice, payer, malignant]
    asked = {rule for fact in panel.missing for rule in fact.rules}
    gone = {g.rule.name for g in panel.gates if g.gate_state == "does not apply"}
    assert not gone & asked
    assert not gone & set(names(panel.undecided))


def test_a_criterion_agrees_with_what_its_body_says(weigh):
    for cause in ("osteoporotic", "traumatic", "myeloma", "metastasis", "haemangioma"):
        panel = weigh({"fx.etiology": cause})
        nice = next(row for row in panel.bodies if row.body.source.key == "NICE_TA279")
        assert (nice.stance == "does not cover") == (panel.gates[0].gate_state == "does not apply")


def test_criteria_that_are_met_or_not(weigh):
    assert [gate.gate_state for gate in weigh(A).gates] == ["unknown", "met", "does not apply"]
    late = weigh({**A, "fx.age_days": 100})
    assert late.gates[1].gate_state == "not met"
    # by its age alone, whatever the cause turns out to be
    assert weigh({**B, "fx.etiology": "unknown"}).gates[1].gate_state == "not met"
