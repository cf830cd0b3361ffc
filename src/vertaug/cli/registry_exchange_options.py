"""The commands of the registry that make, move and check it as a whole."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vertaug.cli.options import Json
from vertaug.cli.registry_options import (
    By,
    Database,
    OutFolder,
    Role,
    WithNames,
    WithNotes,
)


class ExportFormat(StrEnum):
    """As what the registry leaves."""

    CSV = "csv"
    PARQUET = "parquet"
    FHIR = "fhir"
    REDCAP = "redcap"


class ImportFormat(StrEnum):
    """As what rows come."""

    CSV = "csv"
    REDCAP = "redcap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Init:
    """Make an empty registry; --example fills it with made-up patients to try it."""

    example: Annotated[int, typer.Option(min=0, max=20000, help="So many made-up patients.")] = 0
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Make it."""
        from vertaug.cli.registry_exchange import init_registry

        init_registry(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """Bring a registry of an older vertaug up to date; a SQLite file is copied first."""

    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Upgrade it."""
        from vertaug.cli.registry_exchange import upgrade

        upgrade(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Read CSV files or a REDCap export into the registry: all rows or none.

    CSV: one file for each table, named after it. --dry-run lists what is wrong by file, row and
    column, and writes nothing.
    """

    paths: Annotated[list[Path], typer.Argument(metavar="FILE-or-DIR...", help="What to read.")]
    format: Annotated[ImportFormat, typer.Option(help="What it is.")] = ImportFormat.CSV
    dictionary: Annotated[
        Path | None,
        typer.Option(help="REDCap: data dictionary of the project, checked first."),
    ] = None
    map: Annotated[
        Path | None,
        typer.Option(help="REDCap: CSV with theirs,ours: variable and table.column."),
    ] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Write the good rows; the bad ones are listed.")
    ] = False
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Correct the rows with their keys; what a file lacks stays."
        ),
    ] = False
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    today: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="No date may lie after it. (default: today)"),
    ] = None
    json_output: Json = False

    def run(self) -> None:
        """Import."""
        from vertaug.cli.registry_exchange import import_files

        import_files(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Write the registry as files: no names, no free text, ages above 89 as 90+.

    --preview lists every field and whether it would leave, and writes nothing.
    """

    out: OutFolder = None
    format: Annotated[ExportFormat, typer.Option(help="As what.")] = ExportFormat.CSV
    preview: Annotated[bool, typer.Option("--preview", help="List the fields only.")] = False
    with_names: WithNames = False
    with_notes: WithNotes = False
    exact_ages: Annotated[bool, typer.Option("--exact-ages", help="Also above 89.")] = False
    shift_dates: Annotated[
        bool,
        typer.Option(
            "--shift-dates",
            help="Move the dates of each patient by days of their own; spans stay.",
        ),
    ] = False
    shift_key_file: Annotated[
        Path | None,
        typer.Option(
            help="Secret that the days follow from, to move alike again. (default: none is kept)"
        ),
    ] = None
    patient: Annotated[str | None, typer.Option(help="fhir: of one patient only.")] = None
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Export."""
        from vertaug.cli.registry_exchange import export_files

        export_files(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """Check the audit log, and every row against it.

    Ends with code 3 where something was changed outside vertaug. Note the head that is printed:
    with --noted a log that was rewritten as a whole is found, too.
    """

    noted: Annotated[
        str | None, typer.Option(metavar="ENTRIES:HASH", help="A head that was noted before.")
    ] = None
    database: Database = None
    json_output: Json = False

    def run(self) -> None:
        """Verify."""
        from vertaug.cli.registry_exchange import verify

        verify(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Sum up: visits, scores, responders, events, fractures, opioids, bone treatment.

    Means are of what is known, with n; nothing is carried forward. -o also writes tables and
    pictures, with the courses of trials and their control arms.
    """

    out: OutFolder = None
    today: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="Day from which due dates are counted. It leaves nothing out: what is dated "
            "later counts, too. (default: today)",
        ),
    ] = None
    database: Database = None
    json_output: Json = False

    def run(self) -> None:
        """Sum up."""
        from vertaug.cli.registry_show import show_summary

        show_summary(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The board of the morning: visits due and overdue, red flags, bones without treatment."""

    today: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="As if it were this day; visits and drugs of later days count as recorded. "
            "(default: today)",
        ),
    ] = None
    database: Database = None
    json_output: Json = False

    def run(self) -> None:
        """Print the board."""
        from vertaug.cli.registry_show import show_due

        show_due(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryInfo:
    """Show schema, number of rows and head of the audit log; --columns lists all columns."""

    columns: Annotated[bool, typer.Option("--columns", help="List all columns.")] = False
    database: Database = None
    json_output: Json = False

    def run(self) -> None:
        """Print it."""
        from vertaug.cli.registry_show import show_registry

        show_registry(self)
