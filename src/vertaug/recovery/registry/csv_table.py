"""Tables as CSV files: one file for each table, named after it, UTF-8, one heading row."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import find_near
from vertaug.case.storage import write_atomically
from vertaug.recovery.registry.definition import TableDefinition, read_definitions
from vertaug.recovery.registry.entry import Entry, Fault, Given, Place, show
from vertaug.recovery.registry.field import Field, FieldKind, Value

_SLIP = 0.8
"""Likeness from which the name of a file in a folder is a slip, and not another file."""


def find_tables(paths: Sequence[Path]) -> dict[str, Path]:
    """Return the CSV files by their table, parents before children.

    Parameters
    ----------
    paths : sequence of Path
        Files, or folders with files.

    Raises
    ------
    InputError
        If a file is named after no table, or a table comes twice.
    """
    found: dict[str, Path] = {}
    for path in paths:
        if not path.exists():
            message = f"{path} does not exist; expected a CSV file or a folder of them"
            raise InputError(message)
        files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        for file in files:
            name = file.stem
            if name not in read_definitions():
                near = find_near(name, read_definitions(), most=1, cutoff=_SLIP)
                if path.is_dir() and not near:
                    continue  # a dictionary or a note beside the tables
                known = ", ".join(f"{table}.csv" for table in read_definitions())
                meant = f"; did you mean {near[0]}.csv" if near else ""
                message = f"{file} is named after no table{meant}; expected one of {known}"
                raise InputError(message)
            if name in found:
                message = f"table {name} comes twice: {found[name]} and {file}"
                raise InputError(message)
            found[name] = file
    if not found:
        known = ", ".join(f"{table}.csv" for table in read_definitions())
        message = f"there is no table in {', '.join(map(str, paths))}; expected {known}"
        raise InputError(message)
    return {name: found[name] for name in read_definitions() if name in found}


def read_tables(files: Mapping[str, Path]) -> Iterator[Given]:
    """Yield the rows of files, in the order of ``files``."""
    for table, path in files.items():
        yield from _read_table(table, path)


def _read_table(table: str, path: Path) -> Iterator[Given]:
    definition = read_definitions()[table]
    for number, heading, values in read_rows(path):
        place = Place(file=path.name, row=number)
        if number == 1:
            faults = _check_heading(definition, heading, place)
            yield from faults
            if faults:
                return
        elif len(values) != len(heading):
            yield Fault(
                place=place,
                column=table,
                found=f"{len(values)} cells",
                expected=f"{len(heading)} cells as in the heading",
            )
        else:
            cells = [_take_off(cell) if cell[:1] == "'" else cell for cell in values]
            yield Entry(table=table, values=dict(zip(heading, cells, strict=True)), place=place)


def read_rows(path: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """Yield number, heading and cells of each row of a CSV file; the first is the heading itself.

    Raises
    ------
    InputError
        If the file cannot be read as CSV in UTF-8, or is empty.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = csv.reader(stream, strict=True)
            heading = [cell.strip() for cell in next(lines, [])]
            if not heading:
                message = f"{path} is empty; expected a heading row with the names of columns"
                raise InputError(message)
            yield 1, heading, []
            for number, values in enumerate(lines, start=2):
                if values:
                    yield number, heading, values
    except (UnicodeDecodeError, csv.Error) as error:
        message = f"{path} cannot be read as CSV in UTF-8: {error}"
        raise InputError(message) from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}"
        raise InputError(message) from error


def _check_heading(table: TableDefinition, heading: list[str], place: Place) -> list[Fault]:
    known = ", ".join(table.columns)
    faults = [
        Fault(place=place, column=f"{table.name}.{name}", found="an unknown column",
              expected=f"columns of {table.name}: {known}")
        for name in heading if name not in table.columns
    ]  # fmt: skip
    faults += [
        Fault(place=place, column=f"{table.name}.{name}", found=f"it {heading.count(name)} times",
              expected="each column once")
        for name in dict.fromkeys(heading) if heading.count(name) > 1
    ]  # fmt: skip
    faults += [
        Fault(place=place, column=f"{table.name}.{field.name}", found=show(None),
              expected="a column of this name")
        for field in table.fields if field.required and field.name not in heading
    ]  # fmt: skip
    return faults


_FORMULA = tuple("=+-@\t\n\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are wide forms."""
_WORDS = frozenset({FieldKind.CODE, FieldKind.NOTE})


def write_cell(field: Field, value: Value) -> str:
    """Return a value as text; an apostrophe goes before words that a spreadsheet would compute.

    Reading takes it off again. Numbers and dates stay as they are.
    """
    text = field.write(value)
    return f"'{text}" if field.kind in _WORDS and text.lstrip("'").startswith(_FORMULA) else text


def _take_off(cell: str) -> str:
    return cell[1:] if cell.lstrip("'").startswith(_FORMULA) else cell


def write_table(path: Path, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    """Write a CSV file whole or not at all."""

    def write(part: Path) -> None:
        with part.open("w", encoding="utf-8", newline="") as stream:
            lines = csv.writer(stream, lineterminator="\n")
            lines.writerow(heading)
            lines.writerows(rows)

    return write_atomically(path, write)


def write_text(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as the text of a CSV file."""
    stream = io.StringIO()
    lines = csv.writer(stream, lineterminator="\n")
    lines.writerow(heading)
    lines.writerows(rows)
    return stream.getvalue()
