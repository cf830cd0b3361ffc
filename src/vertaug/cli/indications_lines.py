"""Antithrombotics and scores of the panel in lines of text."""

import textwrap

from vertaug.case.indication_record import HoldRecord, IndicationRecord, ScoreRecord
from vertaug.indications.hold_record import held_words, inr_words, moment_words
from vertaug.indications.score.score_record import card_words, category_words, value_words

_WIDTH = 100
_MOST_MISSING = 6


def wrap_line(text: str, indent: str = "") -> list[str]:
    """Return a sentence in lines of the width of the panel."""
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=f"{indent}    "
    ) or [""]


def list_holds(panel: IndicationRecord) -> list[str]:
    """Return what a policy lists of the patient's antithrombotics; nothing where none is known."""
    found = panel.blood_thinners
    if found is None or not (found.drugs or found.is_whole):
        return []
    at = moment_words(found.procedure_h, panel.evaluated_at) or "time not given (--procedure-at)"
    lines = ["", "BLOOD THINNERS (what a policy lists; no advice to stop one)"]
    lines += wrap_line(f"policy: {found.policy}; local policy overrides it; procedure: {at}", "  ")
    for drug in found.drugs:
        lines += _list_drug(drug, panel.evaluated_at)
    if not found.is_whole:
        lines.append("  whether there are others is not known: the drug chart was not read whole")
    elif not found.drugs:
        lines.append("  none on the drug chart")
    return lines


def _list_drug(drug: HoldRecord, evaluated_at: str) -> list[str]:
    when = moment_words(drug.complete_from_h, evaluated_at)
    said = held_words(drug) + (f"; complete from {when} by time" if when else "")
    lines = wrap_line(f"{drug.title}: {said}", "  ")
    if drug.listed:
        status = "" if drug.status is None else drug.status.words
        source = "; ".join(part for part in (drug.source, status) if part)
        cited = f" [{source}]" if source else ""
        lines += wrap_line(f"hold listed: {drug.listed}{cited}", "      ")
    if inr_words(drug):
        lines += wrap_line(inr_words(drug), "      ")
    if drug.restart and drug.restart_status is not None:
        source = f"{drug.restart_source}; {drug.restart_status.words}"
        lines += wrap_line(f"restart listed: {drug.restart} after [{source}]", "      ")
    return lines


def list_hold_tasks(panel: IndicationRecord) -> list[str]:
    """Return whom to ask before an antithrombotic is held."""
    found = panel.blood_thinners
    tasks = () if found is None else found.tasks
    return [line for task in tasks for line in wrap_line(f"blood thinner: {task}", "  ")]


def list_scores(panel: IndicationRecord) -> list[str]:
    """Return the scores with what they could still become."""
    if not panel.scores:
        return []
    lines = ["", "SCORES (as their sources print them; unknown is never no)"]
    for score in panel.scores:
        lines += _list_score(score)
    return lines


def _list_score(score: ScoreRecord) -> list[str]:
    words = category_words(score)
    called = f": {words}" if words else ""
    source = f"{', '.join(score.sources)}; {score.status.words}".replace("_", " ")
    lines = wrap_line(f"{score.title}: {value_words(score)}{called} [{source}]", "  ")
    if score.missing:
        more = len(score.missing) - _MOST_MISSING
        rest = f" and {more} more" if more > 0 else ""
        names = ", ".join(score.missing[:_MOST_MISSING])
        lines += wrap_line(f"depending on {names}{rest}", "      ")
    said = [card_words(score), *(note for note in score.notes if note.startswith("Given"))]
    return lines + [line for text in said if text for line in wrap_line(text, "      ")]
