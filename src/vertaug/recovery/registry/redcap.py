"""The registry as a REDCap project: its data dictionary, and its rows as REDCap imports them.

Each table is a form. Patients are the records; all other forms repeat. Names of variables are
``table_column``, codes of choices those of the registry where REDCap allows them. Instruments have
a form each with their items, for answers that are taken in REDCap.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import Engine

from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.csv_table import write_table
from vertaug.recovery.registry.definition import TableDefinition
from vertaug.recovery.registry.field import Field, FieldKind, Value
from vertaug.recovery.registry.redcap_instrument import describe_instruments
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
RECORD_FORM = "patient"
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
        if column.name != RECORD or table.name == RECORD_FORM
    ]
    return write_table(path, HEADING, [*rows, *describe_instruments(HEADING)])


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
                    if table.name != RECORD_FORM:
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
