"""Scores as facts, where every part is known and the user gave none."""

from collections.abc import Mapping
from dataclasses import replace

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.asa_class import describe_asa
from vertaug.indications.score.frailty_index import score_frailty
from vertaug.indications.score.of_score import score_of
from vertaug.indications.score.of_type import find_of_type
from vertaug.indications.score.rand_suspicion import count_suspicion
from vertaug.indications.score.score_result import ScoreResult
from vertaug.indications.score.score_table import read_scores
from vertaug.indications.score.sins import score_sins
from vertaug.indications.score.spinal_deformity import flag_deformity, flag_ongoing

_SCORE_FACTS = {"fx.of_type": "of_type", "of_score": "of_score", "onc.sins": "sins"}
"""Facts that hold a score."""


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


def list_scores(facts: PatientFacts) -> tuple[ScoreResult, ...]:
    """Return the scores that were made for the cause of the fracture.

    A cause that nobody gave counts as not found: scores of osteoporotic fractures are shown, that
    of tumours only where a cancer is known.
    """
    return tuple(
        _with_given(result, facts)
        for result in score_patient(facts)
        if _is_made_for(result.name, facts)
    )


def _is_made_for(score: str, facts: PatientFacts) -> bool:
    """Return whether a score was made for the cause of the fracture."""
    cause = str(facts.value("fx.etiology") or "unknown")
    causes = {cause}
    if cause == "unknown" and facts.value("onc.history") is True:
        causes.add("metastasis")
    made_for = read_scores()[score].made_for
    return not made_for or not causes.isdisjoint(made_for)


def _with_given(result: ScoreResult, facts: PatientFacts) -> ScoreResult:
    """Return the score as it was given, where somebody gave it: the rules use that one."""
    name = next((fact for fact, score in _SCORE_FACTS.items() if score == result.name), None)
    given = None if name is None else facts.number(name)
    if given is None or given == result.value:
        return result
    value = int(given)
    category = read_scores()[result.name].category(value)
    note = "Given, not counted from its parts."
    if not result.low <= value <= result.high:
        said = f"{result.low}" if result.value is not None else f"{result.low} to {result.high}"
        note = f"Given as {value}, but the other facts make it {said}: look again."
    return replace(
        result,
        value=value,
        low=value,
        high=value,
        missing=(),
        category=category,
        possible=() if category is None else (category,),
        notes=(note, *result.notes),
    )


def score_ranges(facts: PatientFacts) -> Mapping[str, str]:
    """Return what undecided scores could still become, by the fact that holds the score."""
    results = {"of_score": score_of(facts), "onc.sins": score_sins(facts)}
    return {
        name: f"{result.low} to {result.high}"
        for name, result in results.items()
        if facts.value(name) is None and result.value is None
    }


def derive_scores(facts: PatientFacts) -> tuple[Fact, ...]:
    """Return ``fx.of_type``, ``of_score`` and ``onc.sins`` where they are decided and not given.

    A type of 0 (no injury) is no type and gives no fact. An undecided score gives no fact: half a
    score would be read as a whole one. Nor does one that was made for other causes than the known.
    """
    cause = facts.value("fx.etiology")
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
        and (cause in {None, "unknown"} or _is_made_for(result.name, facts))
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
