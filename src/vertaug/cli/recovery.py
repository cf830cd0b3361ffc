"""The command that plans the recovery."""

import json
from typing import TYPE_CHECKING

import typer

from vertaug.cli.procedure_option import choose_procedure
from vertaug.recovery.analgesic import mme_words
from vertaug.recovery.date_words import day_words, due_words, window_words
from vertaug.recovery.recovery_plan import RecoveryPlan
from vertaug.recovery.recovery_record import recovery_tree
from vertaug.recovery.red_flag import read_banner
from vertaug.workflow.recovery import RecoveryOutput, write_case_recovery
from vertaug.workflow.recovery_request import RecoveryRequest

if TYPE_CHECKING:
    from vertaug.cli.recovery_options import Recovery
    from vertaug.report.recovery_files import RecoveryFiles


def show_recovery(given: "Recovery") -> None:
    """Plan the recovery, write it, say what comes when."""
    procedure = choose_procedure(given.procedure)
    request = RecoveryRequest(
        procedure_at=given.procedure_at,
        ends=given.procedure_ends,
        timezone=given.timezone,
        procedure=None if procedure is None else procedure.value,
        facts=given.facts,
        site=given.site,
        phone=given.phone,
        emergency_phone=given.emergency_phone,
        fracture_on=given.fracture_on,
        done=tuple(given.done or ()),
        now=given.now,
        doses=tuple(given.analgesic or ()),
        bone_drugs=tuple(given.bone_drug or ()),
    )
    output = RecoveryOutput(folder=given.out, pdf=given.pdf, full_words=given.full_words)
    result = write_case_recovery(given.case, request, output)
    if given.json_output:
        tree = recovery_tree(result.plan) | {"files": _paths(result.files)}
        typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))
        return
    if not given.quiet:
        _say(result.plan, result.files)
        for note in result.notes:
            typer.echo(f"note: {note}")
        typer.echo("Research and teaching, not for clinical decisions.")
    typer.echo(str((result.files.pdf or result.files.html).resolve()))


def _paths(files: "RecoveryFiles") -> dict[str, object]:
    return {
        "plan": str(files.plan.resolve()),
        "calendar": str(files.calendar.resolve()),
        "html": str(files.html.resolve()),
        "pdf": None if files.pdf is None else str(files.pdf.resolve()),
        "figures": [str(path.resolve()) for path in files.figures],
    }


def _say(plan: RecoveryPlan, files: "RecoveryFiles") -> None:
    """Say visits, what is due for the bone, and what is missing."""
    states = {one.visit.key: one.state.value for one in plan.standings}
    typer.echo(f"Times of {plan.zone}. Visits are due about then; nobody has booked them.")
    for visit in plan.follow_up.visits:
        state = f"  [{states[visit.key]}]" if visit.key in states else ""
        when = f"about {due_words(visit, plan.follow_up.ended_at)}"
        typer.echo(f"{visit.definition.label:22} {when:30} {window_words(visit)}{state}")
    typer.echo(plan.bone.reason)
    for task in plan.bone.tasks[:3]:
        typer.echo(f"  until {day_words(task.due)}: {task.words}")
    more = len(plan.bone.tasks) - 3
    if more > 0:
        typer.echo(f"  and {more} more on the sheet")
    for warning in plan.bone.warnings:
        if warning.urgent:
            typer.echo(f"  {warning.words}")
    if plan.analgesics is not None:
        typer.echo(f"Opioids: {mme_words(plan.analgesics)}. {plan.analgesics.factors.limits}")
    typer.echo(read_banner())
    if files.pdf is None and plan.site.phone.clinic is None:
        typer.echo(
            "No PDF: a sheet with warning signs is not printed without the number to call; give it "
            "with --phone."
        )
