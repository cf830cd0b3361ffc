"""The commands of the registry that write rows."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vertaug.case.errors import InputError
from vertaug.cli.registry_access import name_author, open_database

if TYPE_CHECKING:
    from vertaug.cli.registry_write_options import (
        Add,
        AddCase,
        AddEvent,
        AddPatient,
        AddProcedure,
        AddProm,
        AddVisit,
        Forget,
    )
    from vertaug.recovery.registry.entry import Entry

_PEOPLE = ("name", "record_number", "birth_date")


def _tell(words: str, tree: Mapping[str, Any], *, as_json: bool) -> None:
    typer.echo(json.dumps(tree, ensure_ascii=False) if as_json else words)


def add_patient(given: "AddPatient") -> None:
    """Enrol a patient."""
    from vertaug.recovery.registry.entry import Entry
    from vertaug.recovery.registry.intake import write_entries

    engine = open_database(given.database)
    pseudonym = _choose_pseudonym(given)
    patient = {
        "pseudonym": pseudonym,
        "enrolled_on": given.enrolled_on,
        "age_y": given.age_y,
        "sex": given.sex,
        "site": given.site,
        "t_score": given.t_score,
    }
    entries = [Entry(table="patient", values=patient)]
    person = {name: getattr(given, name) for name in _PEOPLE}
    if any(value is not None for value in person.values()):
        entries.append(Entry(table="identity", values={"pseudonym": pseudonym, **person}))
    write_entries(engine, entries, name_author(given.by, given.role))
    _tell(pseudonym, {"pseudonym": pseudonym}, as_json=given.json_output)


def _choose_pseudonym(given: "AddPatient") -> str:
    from vertaug.recovery.registry.pseudonym import derive_pseudonym, draw_pseudonym

    if given.key_file is None:
        return given.pseudonym or draw_pseudonym()
    if given.pseudonym is not None or given.record_number is None:
        message = "--key-file goes with --record-number and without --pseudonym"
        raise InputError(message)
    return derive_pseudonym(given.record_number, read_key(given.key_file))


def read_key(path: Path) -> bytes:
    """Return a secret of the site from a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return path.read_bytes().strip()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}"
        raise InputError(message) from error


def add_procedure(given: "AddProcedure") -> None:
    """Record a procedure, and one of its levels."""
    from vertaug.recovery.registry.procedure_entry import (
        ProcedureTold,
        add_procedure as write_procedure,
    )

    told = ProcedureTold(
        pseudonym=given.pseudonym,
        procedure_no=given.procedure_no,
        procedure={
            "done_on": given.on, "procedure": given.procedure, "cause": given.cause,
            "anaesthesia": given.anaesthesia, "kap_gy_cm2": given.kap_gy_cm2,
            "fluoroscopy_s": given.fluoroscopy_s,
        },
        level={
            "level": given.level, "sides": given.sides, "cement_ml": given.cement_ml,
            "balloon_ml": given.balloon_ml, "leak_seen": given.leak, "leak_ml": given.leak_ml,
            "leak_looked_with": given.leak_looked_with,
        },
    )  # fmt: skip
    engine = open_database(given.database)
    write_procedure(engine, told, name_author(given.by, given.role))
    words = f"{given.procedure} of {given.level}, procedure {given.procedure_no}, recorded"
    place = {"pseudonym": given.pseudonym, "procedure_no": given.procedure_no}
    _tell(words, place | {"level": given.level}, as_json=given.json_output)


def add_case_folder(given: "AddCase") -> None:
    """Take the results of a case."""
    from vertaug.recovery.registry.case_prediction import TreatedLevel, add_case

    where = TreatedLevel(
        pseudonym=given.pseudonym, procedure_no=given.procedure_no, level=given.level
    )
    engine = open_database(given.database)
    author = name_author(given.by, given.role)
    number = add_case(engine, given.case, where, author, replace=given.replace)
    words = f"{number} results of {given.case.name} recorded for {given.pseudonym}"
    _tell(words, {"predictions": number}, as_json=given.json_output)


def add_visit(given: "AddVisit") -> None:
    """Record a visit with its opioids."""
    from vertaug.recovery.registry.entry import Entry

    if (given.on is None) == (given.missed is None):
        message = "a visit was made (--on YYYY-MM-DD) or missed (--missed WHY): give one of them"
        raise InputError(message)
    place = {
        "pseudonym": given.pseudonym, "procedure_no": given.procedure_no, "kind": given.kind
    }  # fmt: skip
    told = {
        "status": "done" if given.missed is None else "missed",
        "visited_on": given.on,
        "missed_why": given.missed,
        "nonopioid_count": given.nonopioid_count,
        "walking": given.walking,
        "neuro_normal": given.neuro,
        "red_flag": given.red_flag,
        "osteoporosis_treated": given.osteoporosis_treated,
        "note": given.note,
    }
    known = {name: value for name, value in told.items() if value is not None}
    opioids, drugs, mme = _take_opioids(given, place)
    visit = Entry(table="visit", values={**place, **known, **opioids})
    notes = _write([visit, *drugs], given)
    words = f"visit {given.kind} of {given.pseudonym} recorded{mme}"
    words = "\n".join([words, *(f"note: {note}" for note in notes)])
    _tell(words, {**place, **opioids, "notes": notes}, as_json=given.json_output)


def _take_opioids(
    given: "AddVisit", place: Mapping[str, Any]
) -> tuple[dict[str, Any], list["Entry"], str]:
    """Return the sum of opioids, a row of each, and words; nothing where nobody asked."""
    from vertaug.recovery.analgesic import mme_words, morphine_equivalents
    from vertaug.recovery.dose import read_dose
    from vertaug.recovery.registry.entry import Entry

    if given.no_opioids and given.opioid:
        message = "--no-opioids and --opioid exclude each other"
        raise InputError(message)
    if not given.no_opioids and not given.opioid:
        return {}, [], ""
    doses = [read_dose(text) for text in given.opioid or ()]
    found = morphine_equivalents(doses)
    total = found.total_per_day
    sums = {
        "mme_per_day": None if total is None else float(total),
        "mme_factors": f"{found.factors.name} {found.factors.version}",
    }
    rows = [
        Entry(
            table="analgesic",
            values={
                **place, "drug": dose.drug, "route": dose.route.value,
                "amount": float(dose.amount), "unit": dose.unit,
                "times_per_day": float(dose.times_per_day),
            },
        )
        for dose in doses
    ]  # fmt: skip
    return sums, rows, f"; {mme_words(found)}"


def _write(entries: Sequence["Entry"], given: "AddVisit | Add") -> tuple[str, ...]:
    """Write rows, or correct the one that is there; return what is odd of them."""
    from vertaug.recovery.registry.intake import correct_entry, write_entries

    engine = open_database(given.database)
    author = name_author(given.by, given.role)
    if not given.replace:
        return write_entries(engine, entries, author)
    if len(entries) > 1:
        message = (
            "with --replace give no --opioid: correct the drugs with: vertaug registry add "
            "analgesic ... --replace, and the sum with: add visit ... mme_per_day=SUM --replace"
        )
        raise InputError(message)
    return correct_entry(engine, entries[0], author)


def add_prom(given: "AddProm") -> None:
    """Score answers and record both."""
    from vertaug.recovery.registry.intake import write_entries
    from vertaug.recovery.registry.prom_entry import VisitPlace, enter_answers

    engine = open_database(given.database)
    visit = VisitPlace(pseudonym=given.pseudonym, procedure_no=given.procedure_no, kind=given.kind)
    entries = enter_answers(visit, given.instrument, _read_answers(given))
    write_entries(engine, entries, name_author(given.by, given.role))
    scores = [dict(entry.values) for entry in entries if entry.table == "score"]
    lines = [
        f"{s['instrument']} {s['score']}: "
        + ("no score" if s["value"] is None else f"{s['value']:g}")
        + f" (scale {s['scale']}, {s['answered']} of {s['asked']} answered)"
        + (f"; {s['flags']}" if s["flags"] else "")
        for s in scores
    ]
    _tell("\n".join(lines), {"scores": scores}, as_json=given.json_output)


def _read_answers(given: "AddProm") -> dict[str, Any]:
    from vertaug.recovery.registry.entry import read_answers
    from vertaug.recovery.registry.prom_entry import read_answer

    if given.answers is not None:
        try:
            return read_answers(given.answers.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            message = f"{given.answers} cannot be read: {error}"
            raise InputError(message) from error
    answers: dict[str, Any] = {}
    for pair in given.answer or ():
        item, mark, text = pair.partition("=")
        if not mark or not item.strip():
            message = f"an answer is expected as item=value, such as q1=1; got {pair!r}"
            raise InputError(message)
        answers[item.strip()] = read_answer(text)
    if not answers:
        message = "no answers: give --answer item=value, or --answers FILE.json"
        raise InputError(message)
    return answers


def add_event(given: "AddEvent") -> None:
    """Record an adverse event under the next number of the patient."""
    from vertaug.recovery.registry.event_entry import EventTold, add_event as write_event

    told = EventTold(
        pseudonym=given.pseudonym,
        values={
            "procedure_no": given.procedure_no, "type": given.type, "onset_on": given.on,
            "level": given.level, "grading": given.grading, "grade": given.grade,
            "related_to": given.related_to, "serious": given.serious,
            "near_miss": given.near_miss or None, "outcome": given.outcome,
            "action": given.action,
        },
    )  # fmt: skip
    engine = open_database(given.database)
    number = write_event(engine, told, name_author(given.by, given.role))
    words = f"event {number} of {given.pseudonym} recorded"
    tree = {"pseudonym": given.pseudonym, "event_no": number}
    _tell(words, tree, as_json=given.json_output)


def add_row(given: "Add") -> None:
    """Write a row of any table."""
    from vertaug.recovery.registry.definition import define_table
    from vertaug.recovery.registry.entry import Entry

    values: dict[str, str] = {}
    table = define_table(given.table)
    for pair in given.values:
        column, mark, text = pair.partition("=")
        if not mark:
            message = f"expected column=value; got {pair!r}; columns: {', '.join(table.columns)}"
            raise InputError(message)
        values[column.strip()] = text
    notes = _write([Entry(table=given.table, values=values)], given)
    words = "\n".join([f"{given.table} recorded", *(f"note: {note}" for note in notes)])
    _tell(words, {"table": given.table, "notes": notes}, as_json=given.json_output)


def forget(given: "Forget") -> None:
    """Remove a name, or all rows of a patient."""
    from vertaug.recovery.registry.removal import forget_patient

    engine = open_database(given.database)
    author = name_author(given.by, given.role)
    removed = forget_patient(engine, given.pseudonym, author, everything=given.everything)
    words = ", ".join(f"{count} of {table}" for table, count in removed.items())
    _tell(f"removed: {words}", {"removed": removed}, as_json=given.json_output)
