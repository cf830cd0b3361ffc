"""Tables leave as CSV or Parquet files in a folder, with a list of what left."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection, Engine

from vertaug.case.errors import InputError, MissingExtraError
from vertaug.case.storage import write_atomically
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.csv_table import write_cell, write_table
from vertaug.recovery.registry.definition import TableDefinition
from vertaug.recovery.registry.field import Field, FieldKind
from vertaug.recovery.registry.release import (
    ReleaseRules,
    leaving_tables,
    preview_release,
    read_leaving,
)

FIELDS_FILE = "fields.csv"
_BATCH = 20_000


def export_csv(engine: Engine, folder: Path, rules: ReleaseRules) -> tuple[Path, ...]:
    """Write a CSV file for each table, and the list of all fields; return the files.

    Raises
    ------
    InputError
        If the folder holds anything.
    """
    refuse_used(folder)
    with reading(engine) as connection:
        files = [
            write_table(
                folder / f"{table.name}.csv",
                [field.name for field in fields],
                (
                    [write_cell(field, row[field.name]) for field in fields]
                    for row in read_leaving(connection, table, fields, rules)
                ),
            )
            for table, fields in leaving_tables(rules)
        ]
        return (*files, _write_fields(connection, folder, rules))


def export_parquet(engine: Engine, folder: Path, rules: ReleaseRules) -> tuple[Path, ...]:
    """Write a Parquet file for each table, and the list of all fields; return the files.

    Raises
    ------
    InputError
        If the folder holds anything.
    MissingExtraError
        If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        message = 'Parquet needs pyarrow; install it with: pip install "vertaug[registry]"'
        raise MissingExtraError(message) from error
    refuse_used(folder)
    with reading(engine) as connection:
        files = []
        for table, fields in leaving_tables(rules):
            schema = pa.schema([_arrow_field(pa, table, field, rules) for field in fields])
            rows = read_leaving(connection, table, fields, rules)

            def write(part: Path, rows: Iterable[Any] = rows, schema: Any = schema) -> None:
                stream = iter(rows)
                with pq.ParquetWriter(part, schema) as writer:
                    while batch := list(islice(stream, _BATCH)):
                        writer.write_table(pa.Table.from_pylist(_plain(batch, schema), schema))

            files.append(write_atomically(folder / f"{table.name}.parquet", write))
        return (*files, _write_fields(connection, folder, rules))


def _plain(batch: list[dict[str, Any]], schema: Any) -> list[dict[str, Any]]:
    """Return rows with ages as text where the oldest are put together."""
    if "age_y" not in schema.names or str(schema.field("age_y").type) != "string":
        return batch
    return [r | {"age_y": None if r["age_y"] is None else str(r["age_y"])} for r in batch]


def _arrow_field(pa: Any, table: TableDefinition, field: Field, rules: ReleaseRules) -> Any:
    kinds = {
        FieldKind.WHOLE: pa.int32(),
        FieldKind.NUMBER: pa.float64(),
        FieldKind.FLAG: pa.bool_(),
        FieldKind.DATE: pa.date32(),
    }
    kind = kinds.get(field.kind, pa.string())
    if field.name == "age_y" and not rules.exact_ages:
        kind = pa.string()
    words = {"label": field.label, "unit": field.unit}
    return pa.field(field.name, kind, nullable=field.name not in table.key, metadata=words)


def refuse_used(folder: Path) -> None:
    """Refuse a folder with something in it.

    Raises
    ------
    InputError
        If it holds anything.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder} is not empty; give a new folder, so that nothing older is taken along"
        raise InputError(message)


def _write_fields(connection: Connection, folder: Path, rules: ReleaseRules) -> Path:
    heading = ("table", "column", "label", "rows", "filled", "leaves", "how")
    rows = [
        (f.table, f.column, f.label, str(f.rows), str(f.filled), "yes" if f.leaves else "no", f.how)
        for f in preview_release(connection, rules)
    ]
    return write_table(folder / FIELDS_FILE, heading, rows)
