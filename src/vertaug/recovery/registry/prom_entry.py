"""Answers of a patient become a questionnaire and its scores."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from vertaug.recovery.prom.answer import Answer
from vertaug.recovery.prom.instrument import find_instrument
from vertaug.recovery.prom.score import PromScore, score_answers
from vertaug.recovery.prom.value_set import ValueSet
from vertaug.recovery.registry.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlace:
    """A visit."""

    pseudonym: str
    procedure_no: int
    kind: str


def enter_answers(
    visit: VisitPlace,
    instrument: str,
    answers: Mapping[str, Answer],
    value_set: ValueSet | None = None,
) -> tuple[Entry, ...]:
    """Return the rows of answers and of every score of an instrument.

    Parameters
    ----------
    visit : VisitPlace
    instrument : str
    answers : mapping
        By item; None where there is no answer.
    value_set : ValueSet or None
        Of EQ-5D-5L.

    Raises
    ------
    InputError
        If the instrument is unknown or an answer impossible.
    """
    known = find_instrument(instrument)
    scores = score_answers(known.id, answers, value_set=value_set)
    place: dict[str, str | int] = {
        "pseudonym": visit.pseudonym, "procedure_no": visit.procedure_no, "kind": visit.kind
    }  # fmt: skip
    sheet = Entry(
        table="questionnaire",
        values={
            **place,
            "instrument": known.id,
            "version": known.version,
            "answers": json.dumps(dict(answers), ensure_ascii=False, sort_keys=True),
        },
    )
    return (sheet, *(_enter_score(place, score) for score in scores))


def read_answer(text: str) -> Answer:
    """Return an answer from text: what is no number stays text, such as "na", nothing is None."""
    plain = text.strip()
    for kind in (int, float):
        try:
            return kind(plain)
        except ValueError:
            continue
    return plain or None


def _enter_score(place: Mapping[str, str | int], score: PromScore) -> Entry:
    return Entry(
        table="score",
        values={
            **place,
            "instrument": score.instrument,
            "score": score.score,
            "version": score.version,
            "scale": score.scale,
            "value": score.value,
            "answered": score.answered,
            "asked": score.asked,
            "flags": "; ".join(score.flags),
        },
    )
