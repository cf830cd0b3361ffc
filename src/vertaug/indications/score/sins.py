"""SINS: how stable a spine with a tumour is."""

from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.score.part_rule import choice_rule, judge_part, sum_up
from vertaug.indications.score.score_result import ScoreResult
from vertaug.indications.score.score_table import read_scores

_FACT_OF_PART = {
    "location": "fx.level",
    "pain": "onc.pain_type",
    "lesion": "onc.lesion",
    "alignment": "onc.alignment",
    "collapse": "onc.collapse",
    "posterolateral": "onc.posterolateral",
}
_NO_TUMOUR = ("osteoporotic", "traumatic")


def score_sins(facts: PatientFacts) -> ScoreResult:
    """Return the Spinal Instability Neoplastic Score, 0 to 18.

    References
    ----------
    Spine Oncology Study Group 2010 (clinical reference 1.4, key SINS2010).
    """
    score = read_scores()["sins"]
    rules = [choice_rule(name, fact, score.points[name]) for name, fact in _FACT_OF_PART.items()]
    cause = facts.value("fx.etiology")
    note = f"The cause of the fracture is given as {cause}: this score is made for tumours."
    return sum_up(
        score,
        [judge_part(rule, facts) for rule in rules],
        notes=(note,) if cause in _NO_TUMOUR else (),
    )
