"""Whether there is a spinal deformity, and whether the fracture goes on, after Anselmetti."""

from types import MappingProxyType

from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.part_rule import PartRule, judge_part, sum_up
from vertaug.indications.score.score_result import ScoreResult
from vertaug.indications.score.score_table import read_scores

_LIMIT_OF_FACT = {
    "fx.lka_deg": "kyphosis_deg",
    "fx.scoliosis_deg": "scoliosis_deg",
    "fx.dorsal_wall_loss_pct": "dorsal_wall_pct",
    "fx.height_loss_pct": "height_pct",
}


def flag_deformity(facts: PatientFacts) -> ScoreResult:
    """Return 1 where any of four measures reaches its limit, 0 where none does.

    Local kyphosis of 15 degrees, scoliosis of 10 degrees, 10 % of the dorsal wall or 20 % of the
    height of the body. Measures are compared unrounded.

    References
    ----------
    Anselmetti et al., Pain Physician 2013 (clinical reference 1.4, key Anselmetti2013).
    """
    score = read_scores()["spinal_deformity"]
    rules = [_reaches(fact, score.limits[limit]) for fact, limit in _LIMIT_OF_FACT.items()]
    return sum_up(score, [judge_part(rule, facts) for rule in rules], any_part=True)


def flag_ongoing(facts: PatientFacts) -> ScoreResult:
    """Return 1 where 20 % of the height or more was lost since the first image.

    References
    ----------
    Anselmetti et al., Pain Physician 2013 (clinical reference 1.4, key Anselmetti2013).
    """
    score = read_scores()["ongoing_fracture"]
    rule = _reaches("fx.height_drop_pct", score.limits["height_drop_pct"])
    return sum_up(score, [judge_part(rule, facts)], any_part=True)


def _reaches(fact: str, limit: float) -> PartRule:
    return PartRule(
        name=fact,
        label=define_fact(fact).label,
        asks=MappingProxyType({fact: (limit - 1.0, limit)}),
        points=lambda values: (int(float(values[fact]) >= limit),),
    )
