"""How many of ten findings make one suspect a vertebral fracture."""

from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.score.part_rule import item_rule, judge_part, sum_up
from vertaug.indications.score.score_result import ScoreResult
from vertaug.indications.score.score_table import read_scores


def count_suspicion(facts: PatientFacts) -> ScoreResult:
    """Return the suspicion count, 0 to 10.

    References
    ----------
    RAND/UCLA pathway, Hirsch, Spine J 2018 (clinical reference 1.4, key RAND2018).
    """
    score = read_scores()["rand_suspicion"]
    return sum_up(score, [judge_part(item_rule(name), facts) for name in score.items])
