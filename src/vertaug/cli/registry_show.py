"""The commands of the registry that show what is in it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vertaug.cli.registry_access import open_database, read_day
from vertaug.cli.registry_words import board_lines, summary_lines

if TYPE_CHECKING:
    from vertaug.cli.registry_exchange_options import Due, RegistryInfo, Summary
    from vertaug.recovery.registry.summary import RegistrySummary


def show_summary(given: "Summary") -> None:
    """Print the summary, and write its files if asked."""
    engine = open_database(given.database)
    from vertaug.recovery.registry.summary import summarise, summary_tree

    summary = summarise(engine, read_day(given.today))
    tree = summary_tree(summary)
    if given.out is not None:
        files = _write_summary(given.out, summary, tree)
        tree["files"] = [str(path) for path in files]
    if given.json_output:
        typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))
        return
    lines = list(summary_lines(summary))
    if given.out is not None:
        lines.append(f"tables and pictures: {given.out}")
    typer.echo("\n".join(lines))


def _write_summary(
    folder: Path, summary: "RegistrySummary", tree: dict[str, Any]
) -> tuple[Path, ...]:
    from vertaug.case.storage import replace_bytes, replace_text
    from vertaug.recovery.registry.summary_table import summary_tables
    from vertaug.report.registry_pictures import draw_summary
    from vertaug.workflow.extras import check_extras

    check_extras(pdf=False)
    text = json.dumps(tree, indent=2, ensure_ascii=False)
    files = [replace_text(folder / "summary.json", text + "\n")]
    files += [
        replace_text(folder / f"{name}.csv", table)
        for name, table in summary_tables(summary).items()
    ]
    captions = []
    for name, picture in draw_summary(summary):
        files.append(replace_bytes(folder / f"{name}.png", picture.png))
        captions.append(f"{name}.png: {picture.caption}")
    words = "\n".join([*summary_lines(summary), *captions])
    files.append(replace_text(folder / "summary.txt", words + "\n"))
    return tuple(files)


def show_due(given: "Due") -> None:
    """Print the board of the morning."""
    engine = open_database(given.database)
    from vertaug.recovery.registry.board import read_board

    board = read_board(engine, read_day(given.today))
    if given.json_output:
        typer.echo(json.dumps(asdict(board), indent=2, default=str))
        return
    typer.echo("\n".join(board_lines(board)))


def show_registry(given: "RegistryInfo") -> None:
    """Print schema, rows and head of the log, or all columns."""
    from vertaug.recovery.registry.definition import read_definitions

    if given.columns:
        tree = {
            name: {f.name: f"{f.label}: {f.expected}" for f in table.fields}
            for name, table in read_definitions().items()
        }
        lines = [
            f"{name}.{column:24} {words}"
            for name, columns in tree.items()
            for column, words in columns.items()
        ]
        typer.echo(json.dumps(tree, indent=2) if given.json_output else "\n".join(lines))
        return
    engine = open_database(given.database)
    import sqlalchemy as sa

    from vertaug.recovery.registry.connection import name_of, reading
    from vertaug.recovery.registry.pen import read_head
    from vertaug.recovery.registry.schema import ORIGIN, VERSION, table_of

    with reading(engine) as connection:
        rows = {
            name: int(
                connection.execute(
                    sa.select(sa.func.count()).select_from(table_of(name))
                ).scalar_one()
            )
            for name in read_definitions()
        }
        head = read_head(connection)
        origin = {str(n): str(v) for n, v in connection.execute(sa.select(ORIGIN))}
    found = {
        "registry": name_of(engine.url), "schema": VERSION, "rows": rows,
        "audit_head": f"{head.entries}:{head.hash}", **origin,
    }  # fmt: skip
    if given.json_output:
        typer.echo(json.dumps(found, indent=2))
        return
    made = f"made by {origin.get('made_by', 'unknown')} at {origin.get('made_at', 'unknown')}"
    lines = [
        f"{found['registry']}, schema {VERSION}, {made}",
        *(f"{name:16} {count:>9}" for name, count in rows.items()),
        f"audit log: {head.entries} entries, head {found['audit_head']}",
    ]
    typer.echo("\n".join(lines))
