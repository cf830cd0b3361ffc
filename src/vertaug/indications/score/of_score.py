"""The modified OF score: how the card of AO Spine weighs an osteoporotic fracture."""

from types import MappingProxyType

from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.score.of_type import find_of_type
from vertaug.indications.score.part_rule import (
    PartRule,
    Values,
    choice_rule,
    describe_value,
    judge_part,
    sum_up,
)
from vertaug.indications.score.score_result import ScorePart, ScoreResult
from vertaug.indications.score.score_table import ScoreDefinition, read_scores

_FACT = "fx.of_type"


def score_of(facts: PatientFacts) -> ScoreResult:
    """Return the modified OF score.

    ``card_value`` follows the card, on which unknown counts 0; without an OF type it is None,
    since the card has nothing to add to. ``value`` is None until no unknown fact could change it.

    References
    ----------
    AO Spine pocket card (clinical reference 1.4, keys mOF and EOFTT).
    """
    score = read_scores()["of_score"]
    morphology, notes = _morphology(facts, int(score.limits["points_per_type"]))
    parts = [morphology, *(judge_part(rule, facts) for rule in _rules(score))]
    typed = morphology.points is not None
    return sum_up(score, parts, unknown_is_zero=typed, notes=notes)


def _morphology(facts: PatientFacts, factor: int) -> tuple[ScorePart, tuple[str, ...]]:
    """Return the part of the type: the one given, or the one that the findings make."""
    given, tree = facts.number(_FACT), find_of_type(facts)
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    if given is not None:
        low = high = int(given)
        words = describe_value(_FACT, given)
        if not tree.low <= given <= tree.high:
            notes = (f"The type given is OF {given:g}, but the findings make it {_span(tree)}.",)
    elif tree.high == 0:
        low, high, missing = 1, 5, (_FACT,)
        words = "OF type: unknown; the findings show no injury"
        notes = ("The findings show no injury, which this score does not know.",)
    else:
        low, high = max(tree.low, 1), tree.high
        words = f"OF type from the findings: {_span(tree)}"
        missing = () if low == high else (_FACT, *tree.missing)
    part = ScorePart(
        name="morphology",
        label="type of the fracture",
        facts=((_FACT, given), *(() if given is not None else tree.parts[0].facts)),
        points=factor * low if low == high else None,
        low=factor * low,
        high=factor * high,
        words=words,
        missing=missing,
    )
    return part, notes


def _span(tree: ScoreResult) -> str:
    return f"OF {tree.low}" if tree.value is not None else f"OF {tree.low} to {tree.high}"


def _rules(score: ScoreDefinition) -> tuple[PartRule, ...]:
    limits, points = score.limits, score.points
    return (
        PartRule(
            name="bone_density",
            label="low bone density",
            asks=MappingProxyType({"bone.tscore": (-8.0, 0.0), "bone.hu_l1": (-300.0, 600.0)}),
            points=lambda values: (
                int(
                    float(values["bone.tscore"]) < limits["tscore_below"]
                    or float(values["bone.hu_l1"]) <= limits["hu_up_to"]
                ),
            ),
        ),
        choice_rule("progression", "fx.progression", points["progression"]),
        PartRule(
            name="pain",
            label="pain under analgesia",
            asks=MappingProxyType({"sx.vas_under_analgesia": (0.0, 10.0)}),
            points=lambda values: (
                1 if float(values["sx.vas_under_analgesia"]) >= limits["vas_from"] else -1,
            ),
        ),
        choice_rule("neurology", "neuro.ao_grade", points["neurology"]),
        choice_rule("mobilisation", "sx.mobilisation_possible", points["mobilisation"]),
        _health(score),
    )


def _health(score: ScoreDefinition) -> PartRule:
    """Return the part of general health: -1 each for ASA, frailty and anticoagulation."""
    limits, items = score.limits, read_scores()["frailty_index"].items

    def points(values: Values) -> tuple[int]:
        minus = (
            int(float(values["patient.asa"]) > limits["asa_above"])
            + int(sum(bool(values[item]) for item in items) > limits["frailty_above"])
            + int(bool(values["med.anticoagulation"]))
        )
        return (max(-minus, int(limits["health_least"])),)

    return PartRule(
        name="health",
        label="general health",
        asks=MappingProxyType(
            {
                "patient.asa": (1.0, 6.0),
                **dict.fromkeys(items, (False, True)),
                "med.anticoagulation": (False, True),
            }
        ),
        points=points,
    )
