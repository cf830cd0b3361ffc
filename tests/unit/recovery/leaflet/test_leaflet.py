"""What a leaflet says: its grade, all that it must hold, and words chosen by what is known."""

import itertools
import re

import pytest

from vertaug.case.errors import InputError, LevelError
from vertaug.case.plan import Procedure
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.recovery.leaflet.leaflet import (
    BlockKind,
    LeafletRequest,
    compose_leaflet,
    section_texts,
)
from vertaug.recovery.leaflet.readability import GLOSSARY, measure_readability
from vertaug.recovery.leaflet.wording import LANGUAGES

CAUSES = ("osteoporotic", "metastasis", "haemangioma", "traumatic", "unknown", None)
PROCEDURES = ((Procedure.VERTEBROPLASTY,), (Procedure.KYPHOPLASTY,), tuple(Procedure))
VARIANTS = list(itertools.product(CAUSES, PROCEDURES, (False, True)))


def facts(**known):
    named = {name.replace("__", "."): value for name, value in known.items()}
    return PatientFacts.of(
        Fact(definition=define_fact(name), value=value) for name, value in named.items()
    )


def request(cause=None, procedures=(), **more):
    known = None if cause is None else facts(fx__etiology=cause)
    return LeafletRequest(facts=known, procedures=procedures, **more)


@pytest.fixture
def compose(make_leaflet_case):
    def make(cause=None, procedures=(), *, simulated=False, **more):
        case = make_leaflet_case(simulated=tuple(Procedure) if simulated else ())
        return compose_leaflet(case, request(cause, procedures, **more))

    return make


@pytest.mark.parametrize(("cause", "procedures", "simulated"), VARIANTS)
def test_every_variant_is_easy_to_read(compose, cause, procedures, simulated):
    leaflet = compose(cause, procedures, simulated=simulated)
    whole = measure_readability(leaflet.texts())
    assert whole.grade <= 8
    assert whole.smog <= 9
    assert whole.sentence_words <= 15
    assert whole.long_share <= 0.1
    assert whole.passive_share <= 0.15
    assert measure_readability(leaflet.texts(), GLOSSARY).grade <= whole.grade
    for section in leaflet.sections:
        assert measure_readability(section_texts(section)).grade <= 9, section.key


MUST = {
    "what is wrong, the own level": r"bone number 1 of your lower back \(L1\)",
    "if nothing is done": r"if nothing is done\?.*53 of 100",
    "pain plan": "Pain plan",
    "brace": "Brace",
    "physiotherapy": "Exercise with a therapist",
    "waiting": "Wait and see",
    "vertebroplasty": "Vertebroplasty",
    "kyphoplasty": "Kyphoplasty",
    "surgery": "Open surgery",
    "how it is done": r"How is it done\?",
    "what you feel": "What you feel",
    "benefit against sham": "pretend treatment: 21 of 100 had only mild pain; 79 of 100 had more",
    "benefit with cement": "With cement: 44 of 100 had only mild pain; 56 of 100 had more",
    "the trial without a difference": "180 people.*no better than the pretend treatment",
    "all sham trials": "0.7 points more pain.*1.5 points or more",
    "slows, does not prevent": "may slow further sinking of that bone",
    "leaks": r"Cement leaks after .*: (39|29) of 100",
    "felt leaks": "leak that you feel.*of 100",
    "range of leaks": "55 of 100 after vertebroplasty, and from 18 to 40 of 100 after kypho",
    "star": r"1 of 100 or fewer\*.*A star \(\*\) here or above means: no one has yet checked",
    "driving": "nor while you take strong pain tablets",
    "bleeding": "The small wound bleeds, or swells more",
    "ambulance line": "Ambulance:",
    "nerve": "hurt nerve.*of 100",
    "lung": "Cement in the lung that makes you ill.*of 100",
    "infection": "Infection.*of 100",
    "rib": "broken rib.*of 100",
    "next fracture": "Another back bone breaks within a year.*18 of 100",
    "no better": "may also not help you",
    "dose": "1 to 13 mSv.*natural rays",
    "blood thinners": "Do not stop any blood thinner on your own",
    "fasting": "no food for about 6 hours",
    "allergies": "allergic",
    "pregnancy": "pregnant",
    "ride": "take you home",
    "first hours": "First hours.*Lie flat",
    "first day": "First day",
    "first week": "First week",
    "first month": "First month",
    "healing": "What helps you heal",
    "bone strength": "Make your bones stronger",
    "emergency": "call an ambulance.*Chest pain.*numb legs.*urine",
    "same day": r"Fever of 38 °C \(100.4 °F\)",
    "within a week": "Within a week",
    "phone": "Phone of my team",
    "not watched": "No one watches this leaflet",
    "questions": "Questions to ask",
    "teach-back": "in your own words",
    "no substitute": "not a substitute for a talk with your doctor",
    "date": r"Text of 20\d\d-\d\d",
    "choice": "You may say yes or no",
}


@pytest.mark.parametrize("item", MUST)
@pytest.mark.parametrize("cause", ["osteoporotic", "metastasis", "traumatic", None])
def test_mandatory_items(compose, cause, item):
    for procedures in PROCEDURES:
        said = " ".join(compose(cause, procedures).texts())
        assert re.search(MUST[item], said), (item, procedures)


def test_counts_that_are_asked_for(compose):
    for procedures in PROCEDURES:
        leaflet = compose(None, procedures)
        blocks = {(s.key, b.key): b for s in leaflet.sections for b in s.blocks}
        steps = [b for b in blocks.values() if b.kind is BlockKind.STEPS]
        assert [len(b.items) for b in steps] == [6]
        assert len(blocks["check", "list"].items) == 5
        assert len(blocks["ask", "list"].items) >= 6
        assert len(blocks["alarm", "now"].items) == 1 + 5
        assert leaflet.sources[0].startswith("VERTOS II")
        assert len(leaflet.sources) == len(set(leaflet.sources)) > 12
        assert not any(not source for source in leaflet.sources)


def test_radiotherapy_is_an_option_for_a_tumour_only(compose):
    assert "Radiotherapy" in " ".join(compose("metastasis").texts())
    assert "Radiotherapy" not in " ".join(compose("osteoporotic").texts())


def test_the_cause_is_said_only_where_it_is_known(compose):
    said = {cause: " ".join(compose(cause).texts()) for cause in CAUSES}
    assert "Doctors call this osteoporosis" in said["osteoporotic"]
    assert "It is not yet clear why the bone broke" in said[None]
    assert said[None] == said["unknown"]
    assert said["metastasis"] == said["haemangioma"]
    assert "cancer team" not in said["haemangioma"]
    for cause, words in (("osteoporotic", "osteoporosis"), ("metastasis", "growth in the bone")):
        assert [c for c in CAUSES if words in said[c]] == [
            c for c in CAUSES if said[c] == said[cause]
        ]


def test_nerve_rates_differ_for_a_tumour(compose):
    assert "10 of 100 or fewer*" in compose("myeloma").texts()
    assert "10 of 100 or fewer*" not in compose("osteoporotic").texts()


def test_one_procedure_says_nothing_of_the_other_one_s_steps(compose):
    only = " ".join(compose(None, (Procedure.VERTEBROPLASTY,)).texts())
    assert "balloon is filled" not in only
    assert "Cement leaks after kyphoplasty" not in only
    other = " ".join(compose(None, (Procedure.KYPHOPLASTY,)).texts())
    assert "A small balloon is filled" in other
    assert "Cement leaks after vertebroplasty" not in other


def test_simulated_pictures_are_asked_for_and_called_simulated(compose):
    keys = {b.key for s in compose(simulated=True).sections for b in s.blocks}
    assert "picture_after" in keys
    assert "picture_after" not in {b.key for s in compose().sections for b in s.blocks}
    leaflet = compose(simulated=True)
    assert "computer simulation; the real result may differ" in leaflet.caption("picture_after")
    assert "L1" in leaflet.picture_alt("picture_before")
    assert leaflet.caption("picture_after") in leaflet.texts()


def test_what_the_case_measured(make_leaflet_case):
    def said(**parts):
        return " ".join(compose_leaflet(make_leaflet_case(**parts)).texts())

    assert "lost about a third of its height" in said(loss=33.0)
    assert "lost about a quarter" in said(loss=25.0)
    assert "lost about half" in said(loss=47.0)
    assert "more than half" in said(loss=70.0)
    assert "of its height" not in said(loss=10.0)
    assert "needle goes in from your left side" in said(sides="left")
    assert "In the plan on the computer" not in said(sides="")
    assert "these bones look lower than they should too: T9, T10" in said(others=("T9", "T10"))
    assert "look lower than they should" not in said()


def test_no_broken_bone_no_leaflet(make_leaflet_case):
    with pytest.raises(LevelError, match="measure CASE --level"):
        compose_leaflet(make_leaflet_case(level=None))


def test_a_blood_thinner_is_named_only_if_it_is_known_to_be_taken(make_leaflet_case):
    case = make_leaflet_case()
    taken = "Your notes say that you take a blood thinner"
    for value, expected in ((True, True), (False, False), (None, False)):
        known = facts(med__antithrombotic_active=value)
        said = " ".join(compose_leaflet(case, LeafletRequest(facts=known)).texts())
        assert (taken in said) is expected
        assert "Do not stop any blood thinner on your own" in said


def test_sentences_of_rules(make_leaflet_case):
    case = make_leaflet_case()
    wanted = LeafletRequest(rules=("E01", "G05", "G07", "G05", "no rule"))
    section = next(s for s in compose_leaflet(case, wanted).sections if s.key == "points")
    assert [item.text for item in section.blocks[-1].items] == [
        "You need to see a spine surgeon today.",
        "In fair tests against a pretend procedure, the extra pain relief was small on average.",
    ]
    for without in ((), ("G07",)):
        found = compose_leaflet(case, LeafletRequest(rules=without))
        assert "points" not in {s.key for s in found.sections}


def test_sentences_of_rules_are_easy_to_read(compose):
    rules = tuple(compose().words.rules)
    assert len(rules) > 40
    leaflet = compose(rules=rules)
    points = next(s for s in leaflet.sections if s.key == "points")
    assert measure_readability(section_texts(points)).grade <= 8


def test_phone(make_leaflet_case):
    case = make_leaflet_case()

    def line(phone):
        leaflet = compose_leaflet(case, LeafletRequest(phone=phone))
        return next(
            b.items[0] for s in leaflet.sections for b in s.blocks if b.kind is BlockKind.PHONE
        )

    assert line("").text == ""
    assert line("+91 172 000 0000").text == "+91 172 000 0000"
    for wrong in ("1" * 61, "abc", "\x07"):
        with pytest.raises(InputError, match="phone"):
            LeafletRequest(phone=wrong)


def test_the_ambulance_has_its_own_line(make_leaflet_case):
    request = LeafletRequest(phone="111 222", emergency_phone="112")
    leaflet = compose_leaflet(make_leaflet_case(), request)
    phones = {
        b.key: b.items[0].text for s in leaflet.sections for b in s.blocks
        if b.kind is BlockKind.PHONE
    }  # fmt: skip
    assert phones == {"phone": "111 222", "ambulance": "112"}
    with pytest.raises(InputError, match="phone"):
        LeafletRequest(emergency_phone="1" * 61)


def test_hindi_says_the_same_with_the_same_numbers(compose):
    for cause, procedures, simulated in VARIANTS:
        both = {
            language: compose(cause, procedures, simulated=simulated, language=language)
            for language in LANGUAGES
        }
        english, hindi = both["en"], both["hi"]
        assert [(s.key, [b.key for b in s.blocks]) for s in english.sections] == [
            (s.key, [b.key for b in s.blocks]) for s in hindi.sections
        ]
        assert english.sources == hindi.sources
        for first, second in zip(english.texts(), hindi.texts(), strict=True):
            numbers = [sorted(re.findall(r"\d+(?:\.\d+)?", text)) for text in (first, second)]
            assert numbers[0] == numbers[1], (first, second)


def test_nothing_of_the_file_is_copied(make_leaflet_case):
    """Only the level and what was measured come from the case: no dates, no file names."""
    said = " ".join(compose_leaflet(make_leaflet_case(simulated=tuple(Procedure))).texts())
    for private in ("2026-01-02", "nii.gz", "0000000", "verse", "generic"):
        assert private not in said
