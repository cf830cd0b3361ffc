"""The ASA physical status in words."""

from types import MappingProxyType

from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.score.part_rule import PartRule, judge_part, sum_up
from vertaug.indications.score.score_result import ScoreResult
from vertaug.indications.score.score_table import read_scores

_RULE = PartRule(
    name="class",
    label="ASA physical status",
    asks=MappingProxyType({"patient.asa": (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)}),
    points=lambda values: (int(values["patient.asa"]),),
)


def describe_asa(facts: PatientFacts) -> ScoreResult:
    """Return the ASA class, 1 to 6, with its words; recalled, shown as unverified.

    References
    ----------
    American Society of Anesthesiologists (clinical reference 1.4: I to VI; words recalled).
    """
    return sum_up(read_scores()["asa_class"], [judge_part(_RULE, facts)])
