"""The checklist: what is known beside an empty box, unknown never done."""

from datetime import date

import pytest

from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.indications.derived_fact import MEASURED, derive_facts
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.procedure_day.checklist import DayFacts, Phase, fill_checklist, list_items

DAY = date(2026, 3, 9)


@pytest.fixture
def filled(facts_of):
    """Items by name."""

    def make(on=DAY, procedure=Procedure.KYPHOPLASTY, **known):
        day = DayFacts(facts=facts_of(**known), on=on, case=(("level", "planned for L1"),))
        return {one.item.name: one for one in fill_checklist(procedure, day)}

    return make


def test_every_fact_of_an_item_is_defined(procedure):
    for item in list_items(procedure):
        for name in item.facts:
            assert define_fact(name).label
        assert item.evidence.source


def test_all_of_the_reference_is_asked():
    names = {item.name for item in list_items(Procedure.KYPHOPLASTY)}
    assert {
        "identity",
        "level_counted",
        "imaging_recent",
        "pain_matches",
        "consent",
        "labs",
        "antithrombotic_held",
        "allergies",
        "pregnancy",
        "fasting",
        "escort",
        "iv_access",
        "antibiotic",
        "rescue",
        "radiation_protection",
        "surgical_backup",
        "cement_lot",
    } <= names


def test_only_a_kyphoplasty_has_balloons():
    assert all(item.name != "balloon_lot" for item in list_items(Procedure.VERTEBROPLASTY))
    assert any(item.name == "balloon_lot" for item in list_items(Procedure.KYPHOPLASTY))


def test_every_phase_has_items(procedure):
    assert {item.phase for item in list_items(procedure)} == set(Phase)


def test_nothing_known_is_all_missing(filled):
    labs = filled()["labs"]
    assert labs.known == ()
    assert len(labs.missing) == 4
    assert labs.cautions == ()


def test_a_known_value_stands_with_its_day_and_age(filled):
    labs = filled(lab__inr=(1.2, date(2026, 3, 6)))["labs"]
    assert labs.known == ("INR 1.2 (2026-03-06, 3 d before)",)
    assert "INR" not in " ".join(labs.missing)


@pytest.mark.parametrize(
    ("name", "value", "caution"),
    [
        ("lab__inr", 1.5, None),
        ("lab__inr", 1.6, "INR above 1.5"),
        ("lab__plt", 50.0, None),
        ("lab__plt", 49.0, "platelets below 50"),
    ],
)
def test_thresholds_of_the_blood(filled, name, value, caution):
    found = filled(**{name: (value, DAY)})["labs"].cautions
    assert found == (() if caution is None else (caution,))


@pytest.mark.parametrize(("day", "old"), [(date(2026, 3, 2), False), (date(2026, 3, 1), True)])
def test_results_older_than_a_week(filled, day, old):
    found = filled(lab__inr=(1.0, day))["labs"].cautions
    assert found == (("INR older than 7 d",) if old else ())


def test_a_result_without_a_day_is_spoken_of(filled):
    assert filled(lab__inr=1.0)["labs"].cautions == ("INR without a date",)


def test_without_a_day_of_the_procedure_no_age_is_judged(filled):
    found = filled(on=None, lab__inr=(1.0, date(2020, 1, 1)))["labs"]
    assert found.cautions == ()
    assert found.known == ("INR 1 (2020-01-01)",)


def test_a_result_from_after_the_day_is_refused(filled):
    with pytest.raises(InputError, match=r"lab.inr is dated 2026-03-10, after the procedure"):
        filled(lab__inr=(1.0, date(2026, 3, 10)))


def test_what_speaks_against_going_on_is_marked(filled):
    found = filled(patient__pregnant=True, med__hold_complete=False, alg__pmma_severe=False)
    assert found["pregnancy"].cautions == ("pregnant: stop and look",)
    assert found["antithrombotic_held"].cautions == (
        "antithrombotic NOT held long enough: stop and look",
    )
    assert found["allergies"].cautions == ()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("sx__pain_matches_level", False, "NOT come from this level"),
        ("patient__can_lie_prone", False, "CANNOT lie prone"),
        ("patient__consent_capacity", False, "NO capacity"),
        ("med__hold_complete", False, "NOT held long enough"),
    ],
)
def test_a_no_is_never_told_in_the_words_of_a_yes(filled, name, value, words):
    label = define_fact(name.replace("__", ".")).label
    (found,) = [
        one for one in filled(**{name: value}).values() if one.cautions and words in one.cautions[0]
    ]
    assert label not in found.cautions[0]
    assert not any(label in known for known in found.known)


LEVEL_MISSING = "level of the fracture: not given, count and examine"


def test_a_level_that_nobody_gave_is_asked_for(filled):
    found = filled()["level_counted"]
    assert found.cautions == (LEVEL_MISSING,)
    assert "level of the fracture" in found.missing[0]


def test_the_case_does_not_confirm_its_own_level():
    own = Fact(definition=define_fact("fx.level"), value="L1", source=MEASURED)
    day = DayFacts(facts=PatientFacts.of([own]), case=(("level", "planned for L1"),))
    items = {one.item.name: one for one in fill_checklist(Procedure.KYPHOPLASTY, day)}
    assert items["level_counted"].known == ("planned for L1",)
    assert items["level_counted"].cautions == (LEVEL_MISSING,)


def test_a_level_that_somebody_gave_stands_there(filled):
    found = filled(fx__level="L1")["level_counted"]
    assert found.known == ("planned for L1", "level of the fracture: L1")
    assert found.cautions == found.missing == ()


def test_what_follows_or_is_of_the_case_says_so():
    facts = derive_facts(
        PatientFacts.of([Fact(definition=define_fact("patient.sex"), value="male")])
    )
    levels = Fact(definition=define_fact("fx.n_levels_planned"), value=1.0, source=MEASURED)
    day = DayFacts(facts=facts.with_facts([levels]), on=DAY)
    items = {one.item.name: one for one in fill_checklist(Procedure.KYPHOPLASTY, day)}
    assert items["pregnancy"].known == ("pregnant: no (derived: male)",)
    assert "of this case, not asked" in items["most_levels"].known[0]


def test_no_antithrombotic_needs_no_hold(filled):
    assert filled(med__antithrombotic_active=False)["antithrombotic_held"].missing == ()
    still = filled(med__antithrombotic_active=True)["antithrombotic_held"].missing
    assert len(still) == 1


def test_pain_that_is_gone_is_marked(filled):
    assert filled(sx__nrs_now=0.0)["pain_matches"].cautions == ("pain now below 1",)


def test_what_the_case_lacks_is_said(filled):
    found = filled()
    assert found["level_counted"].known == ("planned for L1",)
    assert found["cement_lot"].missing == ("cement: not in the case",)
