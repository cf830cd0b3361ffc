"""REDCap: the data dictionary out and in, and data as REDCap exports them.

Each table is a form. Patients are the records; all other forms repeat. Names of variables are
``table_column``, codes of choices those of the registry where REDCap allows them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import Engine

from vertaug.case.errors import InputError
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.csv_table import read_rows, write_table
from vertaug.recovery.registry.definition import TableDefinition, read_definitions
from vertaug.recovery.registry.entry import Entry, Fault, Place
from vertaug.recovery.registry.field import Field, FieldKind, Value
from vertaug.recovery.registry.release import ReleaseRules, leaving_tables, read_leaving

HEADING = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note",
    "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max",
    "Identifier?", "Branching Logic (Show field only if...)", "Required Field?",
    "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
"""The columns of a data dictionary in their order."""
RECORD = "pseudonym"
REPEAT_FORM, REPEAT_NUMBER = "redcap_repeat_instrument", "redcap_repeat_instance"
_RECORD_FORM = "patient"
_BLANK = re.compile(r"[^A-Za-z0-9_.-]")


def variable_of(table: str, column: str) -> str:
    """Return the variable of a column; the pseudonym is the record of all forms."""
    return RECORD if column == RECORD else f"{table}_{column}"


def code_of(choice: str) -> str:
    """Return the code of a choice: REDCap allows letters, digits, point, hyphen, underscore."""
    return _BLANK.sub("_", choice)


def write_dictionary(path: Path, rules: ReleaseRules) -> Path:
    """Write the data dictionary of all tables that leave; names are marked as identifiers."""
    rows = [
        _describe(table, column)
        for table, fields in leaving_tables(rules)
        for column in fields
        if column.name != RECORD or table.name == _RECORD_FORM
    ]
    return write_table(path, HEADING, rows)


def _describe(table: TableDefinition, column: Field) -> list[str]:
    kind, check = _type_of(column)
    choices = " | ".join(f"{code_of(c)}, {c.replace('_', ' ')}" for c in column.choices)
    unit = "" if column.unit in {"", "1"} else column.unit
    ends = ("", "")
    if column.kind in {FieldKind.NUMBER, FieldKind.WHOLE} and column.name != "age_y":
        ends = (
            "" if column.low is None else f"{column.low:.10g}",
            "" if column.high is None else f"{column.high:.10g}",
        )
    cells = dict.fromkeys(HEADING, "")
    cells |= {
        HEADING[0]: variable_of(table.name, column.name),
        HEADING[1]: table.name,
        HEADING[3]: kind,
        HEADING[4]: column.label,
        HEADING[5]: choices,
        HEADING[6]: unit,
        HEADING[7]: check,
        HEADING[8]: ends[0],
        HEADING[9]: ends[1],
        HEADING[10]: "y" if column.identifies else "",
        HEADING[12]: "y" if column.required else "",
    }
    return list(cells.values())


def _type_of(column: Field) -> tuple[str, str]:
    """Return type and validation of a column."""
    if column.name == "age_y":
        return "text", ""  # the oldest are 90+
    return {
        FieldKind.CHOICE: ("dropdown", ""),
        FieldKind.FLAG: ("yesno", ""),
        FieldKind.NOTE: ("notes", ""),
        FieldKind.DATE: ("text", "date_ymd"),
        FieldKind.WHOLE: ("text", "integer"),
        FieldKind.NUMBER: ("text", "number"),
    }.get(column.kind, ("text", ""))


def write_data(engine: Engine, path: Path, rules: ReleaseRules) -> Path:
    """Write all rows as REDCap imports them: patients, then each form with its instances."""
    tables = list(leaving_tables(rules))
    names = [
        variable_of(table.name, column.name)
        for table, fields in tables
        for column in fields
        if column.name != RECORD
    ]
    heading = [RECORD, REPEAT_FORM, REPEAT_NUMBER, *names]
    places = {name: n + 3 for n, name in enumerate(names)}
    with reading(engine) as connection:

        def rows() -> Iterator[list[str]]:
            for table, fields in tables:
                counts: dict[str, int] = {}
                for row in read_leaving(connection, table, fields, rules):
                    cells = [""] * len(heading)
                    cells[0] = str(row[RECORD])
                    if table.name != _RECORD_FORM:
                        counts[cells[0]] = counts.get(cells[0], 0) + 1
                        cells[1], cells[2] = table.name, str(counts[cells[0]])
                    for column in fields:
                        if column.name != RECORD:
                            place = places[variable_of(table.name, column.name)]
                            cells[place] = _write(column, row[column.name])
                    yield cells

        return write_table(path, heading, rows())


def _write(column: Field, value: Value) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if column.kind is FieldKind.CHOICE and isinstance(value, str):
        return code_of(value)
    return column.write(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedVariable:
    """A variable of a project and the column that takes it.

    Attributes
    ----------
    variable, table, column : str
    codes : dict of str to str
        Their codes of choices to ours.
    """

    variable: str
    table: str
    column: str
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryReport:
    """A project's data dictionary beside the registry.

    Attributes
    ----------
    known : tuple of MappedVariable
    unknown : tuple of str
        Variables that no column takes.
    faults : tuple of Fault
        Variables whose type or choices do not fit their column.
    """

    known: tuple[MappedVariable, ...]
    unknown: tuple[str, ...]
    faults: tuple[Fault, ...]


def read_map(path: Path) -> dict[str, str]:
    """Return a project's variables by the registry's ``table.column``.

    The file is CSV with the columns ``theirs`` and ``ours``.

    Raises
    ------
    InputError
        If it has other columns or names what the registry has not.
    """
    found: dict[str, str] = {}
    for number, heading, cells in read_rows(path):
        if heading != ["theirs", "ours"]:
            message = f"{path}: expected the columns theirs,ours; got {','.join(heading)}"
            raise InputError(message)
        if number == 1:
            continue
        theirs, ours = (cell.strip() for cell in (*cells, "", "")[:2])
        table, _, column = ours.partition(".")
        if table not in read_definitions() or column not in read_definitions()[table].columns:
            message = f"{path}, row {number}: expected table.column of the registry; got {ours!r}"
            raise InputError(message)
        found[theirs] = ours
    return found


def own_names() -> dict[str, str]:
    """Return the registry's own variables by ``table.column``."""
    return {
        variable_of(table.name, column): f"{table.name}.{column}"
        for table in reversed(read_definitions().values())
        for column in table.columns
    }


def read_dictionary(path: Path, names: Mapping[str, str]) -> DictionaryReport:
    """Hold a project's data dictionary against the registry.

    Parameters
    ----------
    path : Path
        CSV as REDCap exports it.
    names : mapping
        Variables by ``table.column``, see `own_names` and `read_map`.

    Raises
    ------
    InputError
        If it is no data dictionary.
    """
    known: list[MappedVariable] = []
    unknown: list[str] = []
    faults: list[Fault] = []
    for number, heading, cells in read_rows(path):
        if number == 1:
            _check_dictionary(path, heading)
            continue
        line = dict(zip(heading, cells, strict=False))
        variable = line.get(HEADING[0], "").strip()
        if variable not in names:
            unknown.append(variable)
            continue
        table, _, column = names[variable].partition(".")
        mine = read_definitions()[table].field(column)
        codes, missing = _map_codes(mine, line.get(HEADING[5], ""))
        known.append(MappedVariable(variable=variable, table=table, column=column, codes=codes))
        if missing:
            faults.append(
                Fault(
                    place=Place(file=path.name, row=number), column=names[variable],
                    found=f"choice {', '.join(missing)}", expected=mine.expected,
                )
            )  # fmt: skip
    return DictionaryReport(known=tuple(known), unknown=tuple(unknown), faults=tuple(faults))


def _check_dictionary(path: Path, heading: Sequence[str]) -> None:
    if HEADING[0] not in heading or HEADING[3] not in heading:
        message = (
            f"{path} is no REDCap data dictionary: expected the columns '{HEADING[0]}' and "
            f"'{HEADING[3]}'; got {', '.join(heading[:4])}"
        )
        raise InputError(message)


def _map_codes(mine: Field, choices: str) -> tuple[dict[str, str], list[str]]:
    """Return their codes by ours, and labels of theirs that no choice of ours takes."""
    if mine.kind is not FieldKind.CHOICE:
        return {}, []
    ours = {_plain(choice): choice for choice in mine.choices}
    ours |= {_plain(code_of(choice)): choice for choice in mine.choices}
    codes: dict[str, str] = {}
    missing: list[str] = []
    for pair in choices.split("|"):
        code, mark, label = (part.strip() for part in pair.partition(","))
        if not code:
            continue
        taken = ours.get(_plain(label if mark else code)) or ours.get(_plain(code))
        if taken is None:
            missing.append(f"{code} ({label})" if mark else code)
        else:
            codes[code] = taken
    return codes, missing


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def own_variables() -> tuple[MappedVariable, ...]:
    """Return the variables of the registry's own dictionary."""
    return tuple(
        MappedVariable(
            variable=variable, table=table, column=column,
            codes={code_of(c): c for c in read_definitions()[table].field(column).choices},
        )
        for variable, ours in own_names().items()
        for table, _, column in (ours.partition("."),)
    )  # fmt: skip


def read_data(path: Path, variables: Iterable[MappedVariable]) -> Iterator[Entry | Fault]:
    """Yield the rows of a REDCap export, parents before their children.

    A row may hold several forms at once where they do not repeat. Variables that no column takes
    are left out, as the dictionary's check told.

    Raises
    ------
    InputError
        If the file has no record column.
    """
    mapped: dict[str, list[MappedVariable]] = {}
    for one in variables:
        mapped.setdefault(one.table, []).append(one)
    found: dict[str, list[Entry]] = {name: [] for name in read_definitions()}
    for number, heading, cells in read_rows(path):
        record = _find_record(path, heading, mapped)
        if number == 1:
            continue
        place = Place(file=path.name, row=number)
        if len(cells) != len(heading):
            yield Fault(place=place, column="record", found=f"{len(cells)} cells",
                        expected=f"{len(heading)} cells as in the heading")  # fmt: skip
            continue
        line = dict(zip(heading, cells, strict=True))
        form = line.get(REPEAT_FORM, "").strip()
        for table in [form] if form in mapped else mapped if not form else []:
            values = _take_form(line, mapped[table])
            if any(values.values()):
                entry = Entry(table=table, values={RECORD: line[record], **values}, place=place)
                found[table].append(entry)
    for name in read_definitions():
        yield from found[name]


def _find_record(
    path: Path, heading: Sequence[str], mapped: Mapping[str, Sequence[MappedVariable]]
) -> str:
    names = [v.variable for v in mapped.get(_RECORD_FORM, ()) if v.column == RECORD]
    for name in (*names, RECORD, "record_id"):
        if name in heading:
            return name
    message = f"{path} has no column {RECORD} or record_id; got {', '.join(heading[:5])}"
    raise InputError(message)


def _take_form(line: Mapping[str, str], variables: Iterable[MappedVariable]) -> dict[str, str]:
    values = {}
    for one in variables:
        if one.column != RECORD and one.variable in line:
            given = line[one.variable].strip()
            values[one.column] = one.codes.get(given, given)
    return values
