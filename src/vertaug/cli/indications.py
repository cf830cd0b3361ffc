"""The command that weighs the indications of a patient."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vertaug.case.case_file import CaseDocument, read_case
from vertaug.case.errors import FormatError, InputError
from vertaug.case.indication_record import IndicationRecord
from vertaug.cli.indications_holds import plan_holds
from vertaug.cli.indications_questions import ask_facts
from vertaug.cli.indications_words import list_explanation, list_panel, write_explanation
from vertaug.indications.antithrombotic_fact import AntithromboticRecord
from vertaug.indications.explanation import explain_rule
from vertaug.indications.fact_date import read_date
from vertaug.indications.fact_file import read_facts
from vertaug.indications.fact_writer import write_facts
from vertaug.indications.finding import Override
from vertaug.indications.identity import drop_words
from vertaug.indications.panel import IndicationPanel
from vertaug.indications.panel_record import describe_panel
from vertaug.indications.patient_facts import PatientFacts
from vertaug.workflow.indication_choice import (
    IndicationChoice,
    RuleChoice,
    indication_choice_of,
)

if TYPE_CHECKING:
    from vertaug.cli.indications_options import Indications


def weigh(given: "Indications") -> None:
    """Weigh them, say what came out, keep it in the case.

    Raises
    ------
    InputError
        If neither a case nor facts are given, or they cannot be used.
    """
    _check_options(given)
    document = None if given.case is None else read_case(given.case)
    choice, notes = _choose(given, document)
    if given.ask and given.out is not None:
        choice = ask_facts(choice, document)
    if given.out is not None:
        write_facts(given.out, choice.facts, choice.holds.record)
        typer.echo(f"facts written: {given.out}", err=True)
    if given.case is not None and not given.keep_notes and given.explain is None:
        # after writing: a file of the user's own keeps its notes
        choice = replace(choice, facts=drop_words(choice.facts))
    panel, said = _weigh(choice, document)
    for note in notes:
        typer.echo(note, err=True)
    if given.explain is not None:
        found = explain_rule(given.explain, panel.facts, choice.rules.read_pack())
        if given.json_output:
            typer.echo(json.dumps(write_explanation(found, panel), indent=2, ensure_ascii=False))
        else:
            _echo(list_explanation(found, panel))
        return
    record = describe_panel(panel, said)
    if given.case is None or given.save is False:
        _say(given, record, {"indications": record.model_dump(mode="json")})
        return
    _keep(given, given.case, choice, record)


def _check_options(given: "Indications") -> None:
    if given.case is None and given.facts is None and not given.ask:
        message = (
            "give a case folder (vertaug indications CASE), facts (--facts FILE), or both; or "
            "answer questions with --ask -o FILE.toml"
        )
        raise InputError(message)
    if given.ask and given.out is None:
        message = "--ask needs a file to write the answers to: -o FILE.toml"
        raise InputError(message)
    if given.out is not None and given.out.suffix.lower() != ".toml":
        message = f"facts are written as .toml; got {given.out.name}"
        raise InputError(message)
    if given.ask and given.json_output:
        message = "--ask talks to a person and --json to a program: give one of them"
        raise InputError(message)


def _facts_file(given: "Indications") -> Path | None:
    """Return the file of facts; questions go on with the answers of an earlier time.

    Raises
    ------
    InputError
        If facts would be written over those of another file.
    """
    out = given.out
    if out is None or not out.exists():
        return given.facts
    if given.facts is None and given.ask:
        return out
    if given.facts is not None and given.facts.resolve() == out.resolve():
        return out
    message = (
        f"{out} is there already and would be written over: give another name with -o, or go on "
        f"with it by --facts {out}"
    )
    raise InputError(message)


def _choose(
    given: "Indications", document: CaseDocument | None
) -> tuple[IndicationChoice, tuple[str, ...]]:
    """Return what is weighed, and what was left out of the facts."""
    on = date.today() if given.date is None else read_date(given.date, "--date")
    before, notes = _kept_choice(given, document)
    facts = PatientFacts.of(())
    drugs = AntithromboticRecord()
    path = _facts_file(given)
    if path is not None:
        found = read_facts(path, on=on)
        facts, drugs = found.facts, found.antithrombotics
        notes = (*notes, *found.notes)
    elif before is not None:
        facts, drugs = before.facts, before.holds.record
        count, day = len(facts.facts), before.evaluated.isoformat()
        notes = (f"facts: the {count} that the case has kept, given {day}",)
    rules, said = _choose_rules(given, before)
    holds, told = plan_holds(given, drugs, before, on)
    level = None if document is None else document.fracture.level
    choice = IndicationChoice(facts=facts, evaluated=on, rules=rules, level=level, holds=holds)
    return choice, (*notes, *said, *told)


def _kept_choice(
    given: "Indications", document: CaseDocument | None
) -> tuple[IndicationChoice | None, tuple[str, ...]]:
    """Return what the case has kept; damaged facts do not stand in the way of new ones."""
    kept = None if document is None else document.provenance.parameters.indications
    if kept is None:
        return None, ()
    try:
        return indication_choice_of(kept), ()
    except FormatError:
        if given.facts is None:
            raise
        return None, ("what the case had kept for the panel cannot be read and is replaced",)


def _choose_rules(
    given: "Indications", before: IndicationChoice | None
) -> tuple[RuleChoice, tuple[str, ...]]:
    """Return the rules that are named; without any those that the case has kept.

    Reasons against rules go with the facts that they were given for.
    """
    named = given.rules or given.settings or given.override or given.all_rules
    if named or before is None:
        overrides = _overrides(given)
        settings = _settings(given.settings or ())
        found = RuleChoice.of_file(given.rules, settings, overrides, all_rules=given.all_rules)
        return found, ()
    rules = before.rules
    notes = []
    if given.facts is not None and rules.overrides:
        lost = ", ".join(override.rule for override in rules.overrides)
        notes.append(f"overrides of the facts before are left out: {lost}")
        rules = replace(rules, overrides=())
    if rules != RuleChoice():
        notes.append("rules, settings and overrides: those that the case has kept")
    return rules, tuple(notes)


def _settings(given: Iterable[str]) -> dict[str, float]:
    settings: dict[str, float] = {}
    for text in given:
        name, sign, value = text.partition("=")
        try:
            settings[name.strip()] = float(value)
        except ValueError:
            sign = ""
        if not sign or not name.strip():
            message = f"--set is expected as NAME=VALUE such as inr_max=1.8; got '{text}'"
            raise InputError(message)
    return settings


def _overrides(given: "Indications") -> list[Override]:
    overrides = []
    for text in given.override or ():
        rule, sign, reason = text.partition("=")
        if not sign:
            message = f"--override is expected as RULE=\"reason in words\"; got '{text}'"
            raise InputError(message)
        overrides.append(Override(rule=rule, reason=reason, user=given.role))
    if given.role and not given.override:
        message = "--role says who overrides a rule; give --override RULE=REASON with it"
        raise InputError(message)
    return overrides


def _weigh(
    choice: IndicationChoice, document: CaseDocument | None
) -> tuple[IndicationPanel, tuple[str, ...]]:
    return (choice.weigh(), ()) if document is None else choice.weigh_case(document)


def _say(given: "Indications", record: IndicationRecord, tree: dict[str, Any]) -> None:
    if given.json_output:
        typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))
    elif not given.quiet:
        _echo(list_panel(record))


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _keep(
    given: "Indications", case: Path, choice: IndicationChoice, record: IndicationRecord
) -> None:
    """Show the panel at once, then write it into the case, which takes longer.

    Results that the case would lose are not lost unless ``--save`` asks for it.
    """
    from vertaug.cli.cases import result_tree
    from vertaug.cli.changes import refusal_words, tell_changes
    from vertaug.cli.progress import show_progress
    from vertaug.workflow.again import add_indications, foresee_indications
    from vertaug.workflow.kernels import choose_kernel_cache, set_threads

    if not given.json_output:
        _say(given, record, {})
    choose_kernel_cache()
    set_threads(given.threads)
    refusal = "" if given.save else refusal_words(foresee_indications(case, choice))
    if refusal:
        typer.echo(refusal, err=True)
        if given.json_output:
            panel = record.model_dump(mode="json")
            _say(given, record, {"indications": panel, "not_saved": refusal})
        return
    with show_progress(quiet=given.quiet) as listener:
        result = add_indications(case, choice, progress=listener)
    tell_changes(result)
    if given.json_output:
        _say(given, record, result_tree(result))
        return
    typer.echo(str(result.report.resolve()))
