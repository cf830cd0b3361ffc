"""The command that writes the sheet for the day of the procedure."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vertaug.case.errors import InputError
from vertaug.cli.procedure_option import choose_procedure

if TYPE_CHECKING:
    from vertaug.cli.day_options import Day
    from vertaug.procedure_day.day_sheet import DaySheet

_LONGEST_NAME = 60


def write_sheet(given: "Day") -> None:
    """Compose the sheet, write it, say what stands out, print where it is."""
    from vertaug.case.case_file import read_case
    from vertaug.procedure_day.day_sheet import DayChoice, compose_day_sheet
    from vertaug.report.day_sheet import day_tree, write_day_sheet
    from vertaug.workflow.patient_file import find_patient_facts

    on, at = _when(given.date)
    document = read_case(given.case)
    found = find_patient_facts(document, given.facts, on or date.today(), at)
    if on is not None:
        found.holds.refuse_later_doses(on)
    choice = DayChoice(
        procedure=choose_procedure(given.procedure),
        plan=given.plan,
        on=on,
        cement=given.cement,
        holds=found.hold_results,
    )
    name = given.case.resolve().name[:_LONGEST_NAME]
    sheet = compose_day_sheet(document, found.facts, choice, name)
    made = write_day_sheet(sheet, given.case / "day" if given.out is None else given.out)
    if given.json_output:
        tree = {**day_tree(sheet), "files": [str(path.resolve()) for path in made]}
        typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))
        return
    if not given.quiet:
        for line in (*_lines(sheet), *(f"note: {note}" for note in found.notes)):
            typer.echo(line)
        typer.echo("Research and teaching, not for clinical decisions.")
    typer.echo(str(_first(made).resolve()))


def _first(made: tuple[Path, ...]) -> Path:
    """Return the file to open: the one for paper where there is one."""
    return next((path for path in made if path.suffix == ".pdf"), made[0])


def _lines(sheet: "DaySheet") -> list[str]:
    plan, drug = sheet.plan, sheet.anaesthetic
    sides = plan.sides or "no needle planned"
    lines = [f"{plan.level}, {plan.procedure} ({plan.procedure_source}), {sides}"]
    if drug.ceilings:
        first = drug.ceilings[0]
        lines.append(
            f"{first.title}: {first.mg:g} mg, {first.volumes[0].volume_ml:.1f} ml of "
            f"{first.volumes[0].percent:g} % at {drug.weight_kg:g} kg, ceiling, not an order"
        )
    else:
        lines.append(drug.blocked)
    cautions = dict.fromkeys(c for item in sheet.checklist for c in item.cautions)
    lines += [f"look: {caution}" for caution in cautions]
    unknown = sum(len(item.missing) for item in sheet.checklist)
    lines.append(f"unknown: {unknown} of the facts that the checklist asks for")
    return lines


def _when(given: str | None) -> tuple[date | None, datetime | None]:
    """Return the day of the procedure, and its time where one is given."""
    if given is None:
        return None, None
    try:
        return date.fromisoformat(given), None
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        message = (
            "--date is expected as a day such as 2026-03-02, or with a time such as "
            f"2026-03-02T10:30; got {given!r}"
        )
        raise InputError(message) from error
    return at.date(), at
