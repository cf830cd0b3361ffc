"""The commands of the registry that make, move and check it as a whole."""

import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vertaug.case.errors import InputError
from vertaug.cli.registry_access import name_author, name_database, open_database, read_day
from vertaug.cli.registry_write import read_key

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from vertaug.cli.registry_exchange_options import Export, Import, Init, Upgrade, Verify
    from vertaug.recovery.registry.audit_entry import Author
    from vertaug.recovery.registry.entry import Fault, Given
    from vertaug.recovery.registry.intake import IntakeReport
    from vertaug.recovery.registry.redcap_reader import DictionaryReport
    from vertaug.recovery.registry.release import ReleaseRules

_EXIT_CHANGED = 3
_MOST_LINES = 200


def _tell(lines: Iterable[str], tree: Mapping[str, Any], *, as_json: bool) -> None:
    typer.echo(json.dumps(tree, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))


def init_registry(given: "Init") -> None:
    """Make a registry, with made-up patients if asked."""
    database = name_database(given.database)
    from vertaug.recovery.registry.connection import name_of
    from vertaug.recovery.registry.schema import VERSION
    from vertaug.recovery.registry.schema_version import create_registry

    author = name_author(given.by, given.role)
    engine = create_registry(database, author, example=given.example > 0)
    lines = [f"registry made in {name_of(engine.url)} (schema {VERSION})"]
    if given.example:
        from vertaug.recovery.registry.definition import read_definitions
        from vertaug.recovery.registry.example_cohort import make_cohort
        from vertaug.recovery.registry.intake import IntakeRules, take_rows

        today = read_day(None)
        rows = make_cohort(given.example, 1, today)
        take_rows(engine, rows, author, IntakeRules(today=today), tables=set(read_definitions()))
        lines.append(f"{given.example} made-up patients written; they are of nobody, which is kept")
    tree = {"registry": name_of(engine.url), "schema": VERSION, "example": given.example}
    _tell(lines, tree, as_json=given.json_output)


def upgrade(given: "Upgrade") -> None:
    """Bring a registry up to date."""
    database = name_database(given.database)
    from vertaug.recovery.registry.schema import VERSION
    from vertaug.recovery.registry.schema_version import upgrade_registry

    before, copy = upgrade_registry(database, name_author(given.by, given.role))
    lines = [f"schema {before} already" if before == VERSION else f"schema {before} to {VERSION}"]
    if copy is not None:
        lines.append(f"copy of the registry before: {copy}")
    tree = {"before": before, "schema": VERSION, "copy": None if copy is None else str(copy)}
    _tell(lines, tree, as_json=given.json_output)


def import_files(given: "Import") -> None:
    """Check rows and write them.

    Raises
    ------
    InputError
        If rows are bad and were not to be skipped; all that is wrong is listed before.
    """
    engine = open_database(given.database)
    from vertaug.recovery.registry.intake import IntakeRules, take_rows

    rows, tables, lines = _read(given)
    rules = IntakeRules(
        today=read_day(given.today), dry_run=given.dry_run, skip_bad=given.skip_bad,
        replace=given.replace,
    )  # fmt: skip
    report = take_rows(engine, rows, name_author(given.by, given.role), rules, tables)
    lines += _report_lines(report, dry_run=given.dry_run)
    tree = {
        "written": report.written, "dry_run": given.dry_run, "rows": report.rows,
        "fault_count": report.fault_count,
        "faults": [_fault_tree(fault) for fault in report.faults],
        "notes": report.notes,
    }  # fmt: skip
    _tell(lines, tree, as_json=given.json_output)
    if report.fault_count and not report.written:
        raise typer.Exit(2)


def _fault_tree(fault: "Fault") -> dict[str, Any]:
    return {
        "file": fault.place.file, "row": fault.place.row, "column": fault.column,
        "found": fault.found, "expected": fault.expected,
    }  # fmt: skip


def _read(given: "Import") -> tuple[Iterable["Given"], Collection[str], list[str]]:
    """Return the rows, the tables that they may be of, and what to say before."""
    if given.format.value == "csv":
        from vertaug.recovery.registry.csv_table import find_tables, read_tables

        if given.dictionary is not None or given.map is not None:
            message = "--dictionary and --map go with --format redcap"
            raise InputError(message)
        files = find_tables(given.paths)
        return read_tables(files), set(files), []
    from vertaug.recovery.registry import redcap_reader as redcap
    from vertaug.recovery.registry.definition import read_definitions

    if len(given.paths) != 1 or not given.paths[0].is_file():
        message = "a REDCap export is one CSV file"
        raise InputError(message)
    if given.dictionary is None:
        variables, lines = redcap.own_variables(), []
    else:
        names = redcap.own_names() if given.map is None else redcap.read_map(given.map)
        report = redcap.read_dictionary(given.dictionary, names)
        variables, lines = report.known, _dictionary_lines(report)
    return redcap.read_data(given.paths[0], variables), set(read_definitions()), lines


def _dictionary_lines(report: "DictionaryReport") -> list[str]:
    lines = [f"data dictionary: {len(report.known)} variables known"]
    if report.unknown:
        lines.append(f"unknown, left out: {', '.join(report.unknown)}")
    return lines + [fault.sentence for fault in report.faults]


def _report_lines(report: "IntakeReport", *, dry_run: bool) -> list[str]:
    lines = [fault.sentence for fault in report.faults[:_MOST_LINES]]
    if report.fault_count > len(lines):
        lines.append(f"and {report.fault_count - len(lines)} more")
    lines += [f"note: {note}" for note in report.notes[:_MOST_LINES]]
    if len(report.notes) > _MOST_LINES:
        lines.append(f"and {len(report.notes) - _MOST_LINES} more notes")
    counts = ", ".join(f"{table} {count}" for table, count in report.rows.items()) or "none"
    lines.append(f"good rows: {counts}; faults: {report.fault_count}")
    if dry_run:
        lines.append("dry run: nothing was written")
    elif report.written:
        lines.append("written")
    else:
        lines.append("nothing was written; correct the rows, or give --skip-bad")
    return lines


def export_files(given: "Export") -> None:
    """Write the registry as files, or list what would leave."""
    engine = open_database(given.database)
    rules = _release_rules(given)
    if given.preview:
        _preview(engine, given, rules)
        return
    if given.out is None:
        message = "export to where? Give -o DIR, a new folder; --preview lists what would leave"
        raise InputError(message)
    author = name_author(given.by, given.role)  # nothing leaves that could not be logged
    files = _write_files(engine, given.out, given, rules)
    _log_export(engine, author, given, files)
    tree = {"files": [str(path) for path in files]}
    lines = [f"{len(files)} files in {given.out}", *_leaving_words(given)]
    _tell(lines, tree, as_json=given.json_output)


def _release_rules(given: "Export") -> "ReleaseRules":
    from vertaug.recovery.registry.release import ReleaseRules

    if given.shift_key_file is not None and not given.shift_dates:
        message = "--shift-key-file goes with --shift-dates"
        raise InputError(message)
    key = None
    if given.shift_dates:
        key = secrets.token_bytes(32)
        if given.shift_key_file is not None:
            key = read_key(given.shift_key_file)
    return ReleaseRules(
        with_names=given.with_names,
        with_notes=given.with_notes,
        exact_ages=given.exact_ages,
        shift_key=key,
    )


def _write_files(
    engine: "Engine", folder: Path, given: "Export", rules: "ReleaseRules"
) -> tuple[Path, ...]:
    if given.patient is not None and given.format.value != "fhir":
        message = "--patient goes with --format fhir"
        raise InputError(message)
    if given.format.value == "fhir":
        from vertaug.recovery.registry.fhir_bundle import export_fhir

        return export_fhir(engine, folder, rules, given.patient)
    if given.format.value == "redcap":
        from vertaug.recovery.registry.export import refuse_used
        from vertaug.recovery.registry.redcap import write_data, write_dictionary

        refuse_used(folder)
        return (
            write_dictionary(folder / "dictionary.csv", rules),
            write_data(engine, folder / "data.csv", rules),
        )
    from vertaug.recovery.registry.export import export_csv, export_parquet

    write = export_csv if given.format.value == "csv" else export_parquet
    return write(engine, folder, rules)


def _log_export(
    engine: "Engine", author: "Author", given: "Export", files: tuple[Path, ...]
) -> None:
    """Who took what out stands in the audit log."""
    from vertaug.recovery.registry.audit_entry import Event
    from vertaug.recovery.registry.pen import open_pen

    what = f"{given.format.value}, {len(files)} files, " + "; ".join(_leaving_words(given))
    with open_pen(engine, author) as pen:
        pen.record([Event(action="export", object="registry[]", changed=json.dumps(what))])


def _leaving_words(given: "Export") -> list[str]:
    return [
        "with names" if given.with_names else "no names",
        "with free text" if given.with_notes else "no free text",
        "exact ages" if given.exact_ages else "ages above 89 as 90+",
        "dates moved" if given.shift_dates else "dates as they are",
    ]


def _preview(engine: "Engine", given: "Export", rules: "ReleaseRules") -> None:
    from vertaug.recovery.registry.connection import reading
    from vertaug.recovery.registry.release import preview_release

    with reading(engine) as connection:
        fields = preview_release(connection, rules)
    lines = [
        f"{'leaves' if f.leaves else 'STAYS ':6}  {f'{f.table}.{f.column}':38} "
        f"{f.filled:>8} of {f.rows:<8} {f.how}"
        for f in fields
    ]
    tree = {
        "fields": [
            {"table": f.table, "column": f.column, "leaves": f.leaves, "filled": f.filled,
             "rows": f.rows, "how": f.how}
            for f in fields
        ]
    }  # fmt: skip
    _tell(lines, tree, as_json=given.json_output)


def verify(given: "Verify") -> None:
    """Check the audit log; leaves with code 3 where something was changed."""
    engine = open_database(given.database)
    from vertaug.recovery.registry.audit_check import parse_head, verify_audit

    noted = None if given.noted is None else parse_head(given.noted)
    report = verify_audit(engine, noted)
    head = f"{report.head.entries}:{report.head.hash}"
    lines = []
    if report.fault:
        lines.append(f"audit log broken at entry {report.broken_at}: {report.fault}")
        lines.append("rows were not compared: beyond a broken entry the log says nothing")
    lines += [f"{fault.object}: {fault.fault}" for fault in report.row_faults]
    if report.row_fault_count > len(report.row_faults):
        lines.append(f"and {report.row_fault_count - len(report.row_faults)} more rows")
    if report.holds:
        lines.append(f"the audit log holds: {report.head.entries} entries, {report.rows} rows fit")
    lines.append(f"head to note: {head}")
    tree = {
        "holds": report.holds, "head": head, "broken_at": report.broken_at,
        "fault": report.fault, "rows": report.rows, "row_fault_count": report.row_fault_count,
        "row_faults": [{"object": f.object, "fault": f.fault} for f in report.row_faults],
    }  # fmt: skip
    _tell(lines, tree, as_json=given.json_output)
    if not report.holds:
        raise typer.Exit(_EXIT_CHANGED)
