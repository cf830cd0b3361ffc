"""The frailty index of five items."""

from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.score.part_rule import item_rule, judge_part, sum_up
from vertaug.indications.score.score_result import ScoreResult
from vertaug.indications.score.score_table import read_scores


def score_frailty(facts: PatientFacts) -> ScoreResult:
    """Return the mFI-5, 0 to 5: one point for each item; recalled, shown as unverified.

    References
    ----------
    Clinical reference 1.4 (recalled).
    """
    score = read_scores()["frailty_index"]
    return sum_up(score, [judge_part(item_rule(name), facts) for name in score.items])
