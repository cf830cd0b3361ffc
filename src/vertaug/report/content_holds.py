"""Antithrombotics and scores of the indication panel in the report."""

from vertaug.case.indication_record import (
    BloodThinnersRecord,
    HoldRecord,
    IndicationRecord,
    ScoreRecord,
)
from vertaug.case.source_status import UNVERIFIED, SourceStatus
from vertaug.indications.antithrombotic import LOCAL_POLICY
from vertaug.indications.hold_record import held_words, inr_words, moment_words
from vertaug.indications.patient_facts import define_fact
from vertaug.indications.score.score_record import card_words, category_words, value_words
from vertaug.report.content import Cell, Table, cells
from vertaug.report.style import Mark

_MOST_MISSING = 6


def hold_tables(panel: IndicationRecord) -> tuple[Table, ...]:
    """Return what a policy lists of the patient's antithrombotics; nothing where none is known."""
    found = panel.blood_thinners
    if found is None or not (found.drugs or found.is_whole):
        return ()
    rows = [_hold_row(drug, panel.evaluated_at) for drug in found.drugs]
    return (
        Table(
            title="Blood thinners",
            lead=_lead(found, panel.evaluated_at),
            columns=("Drug", "Hold", "Complete from", "What the policy lists", "Restart"),
            rows=tuple(rows) or (cells("–", "", "", "None on the drug chart.", ""),),
            note=(
                ""
                if found.is_whole
                else "Whether there are others is not known: the drug chart was not read whole."
            ),
        ),
    )


def _lead(found: BloodThinnersRecord, evaluated_at: str) -> str:
    at = moment_words(found.procedure_h, evaluated_at)
    procedure = f"Procedure {at}" if at else "Time of the procedure not given"
    return f"{procedure}; policy {found.policy}. {LOCAL_POLICY} No advice to stop a drug."


def _hold_row(drug: HoldRecord, evaluated_at: str) -> tuple[Cell, ...]:
    parts = (drug.source, drug.status or "")
    details = (held_words(drug), "; ".join(p for p in parts if p), inr_words(drug))
    again = (drug.restart_source, drug.restart_status or "")
    return (
        Cell(text=drug.title, strong=True),
        Cell(text="", chip=drug.state),
        Cell(text=moment_words(drug.complete_from_h, evaluated_at) or "–", strong=True),
        Cell(
            text=drug.listed,
            mark=_mark(drug.status),
            detail=" · ".join(detail for detail in details if detail),
        ),
        Cell(
            text=f"{drug.restart} after" if drug.restart else "not listed",
            mark=_mark(drug.restart_status),
            detail="; ".join(p for p in again if p),
        ),
    )


def _mark(status: SourceStatus | None) -> Mark:
    unread = status is not None and status.words == UNVERIFIED
    return Mark.UNVERIFIED if unread else Mark.NONE


def hold_task_rows(panel: IndicationRecord) -> tuple[tuple[Cell, ...], ...]:
    """Return whom to ask before an antithrombotic is held, as rows of the tasks."""
    tasks = () if panel.blood_thinners is None else panel.blood_thinners.tasks
    return tuple(cells("–", "", f"Blood thinner: {task}") for task in tasks)


def score_tables(panel: IndicationRecord) -> tuple[Table, ...]:
    """Return the scores with what they could still become."""
    if not panel.scores:
        return ()
    return (
        Table(
            title="Scores",
            lead=(
                "What the source of each score prints. A range holds every value that unknown "
                "facts could still make."
            ),
            columns=("Score", "Value", "What the source calls it"),
            rows=tuple(map(_score_row, panel.scores)),
        ),
    )


def _score_row(score: ScoreRecord) -> tuple[Cell, ...]:
    details = [f"{', '.join(score.sources).replace('_', ' ')}; {score.status.words}"]
    if score.missing:
        more = len(score.missing) - _MOST_MISSING
        rest = f" and {more} more" if more > 0 else ""
        names = ", ".join(define_fact(name).label for name in score.missing[:_MOST_MISSING])
        details.insert(0, f"Depends on: {names}{rest}")
    details += [part for part in (card_words(score), *score.notes) if part]
    return (
        Cell(text=score.title, strong=True),
        Cell(text=value_words(score), strong=score.value is not None),
        Cell(
            text=category_words(score) or "–",
            mark=_mark(score.status),
            detail=" · ".join(part.rstrip(".") for part in details),
        ),
    )
