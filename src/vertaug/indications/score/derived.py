"""Scores as facts, where every part is known and the user gave none."""

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.asa_class import describe_asa
from vertaug.indications.score.frailty_index import score_frailty
from vertaug.indications.score.of_score import score_of
from vertaug.indications.score.of_type import find_of_type
from vertaug.indications.score.rand_suspicion import count_suspicion
from vertaug.indications.score.score_result import ScoreResult
from vertaug.indications.score.sins import score_sins
from vertaug.indications.score.spinal_deformity import flag_deformity, flag_ongoing


def score_patient(facts: PatientFacts) -> tuple[ScoreResult, ...]:
    """Return every score of a patient, decided or not."""
    return (
        find_of_type(facts),
        score_of(facts),
        score_sins(facts),
        count_suspicion(facts),
        flag_deformity(facts),
        flag_ongoing(facts),
        score_frailty(facts),
        describe_asa(facts),
    )


def derive_scores(facts: PatientFacts) -> tuple[Fact, ...]:
    """Return ``fx.of_type``, ``of_score`` and ``onc.sins`` where they are decided and not given.

    A type of 0 (no injury) is no type and gives no fact. An undecided score gives no fact: half a
    score would be read as a whole one.
    """
    scored = {
        "fx.of_type": find_of_type(facts),
        "of_score": score_of(facts),
        "onc.sins": score_sins(facts),
    }
    return tuple(
        _as_fact(name, result, result.value)
        for name, result in scored.items()
        if result.value is not None
        and facts.value(name) is None
        and not (name == "fx.of_type" and result.value == 0)
    )


def _as_fact(name: str, result: ScoreResult, value: int) -> Fact:
    points = ", ".join(f"{part.name} {part.points:+d}" for part in result.parts)
    return Fact(
        definition=define_fact(name),
        value=float(value),
        source=f"computed: {result.title} ({', '.join(result.sources)})",
        note=points if len(result.parts) > 1 else result.parts[0].words,
    )
