"""Projects of REDCap come in: their data dictionary is checked first, then their rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vertaug.case.errors import InputError
from vertaug.recovery.registry.csv_table import read_rows
from vertaug.recovery.registry.definition import read_definitions
from vertaug.recovery.registry.entry import Entry, Fault, Place
from vertaug.recovery.registry.field import Field, FieldKind
from vertaug.recovery.registry.redcap import (
    HEADING,
    RECORD,
    RECORD_FORM,
    REPEAT_FORM,
    code_of,
    variable_of,
)
from vertaug.recovery.registry.redcap_instrument import (
    enter_form,
    instrument_columns,
    instrument_names,
)


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
        if column not in _columns_of(table):
            message = f"{path}, row {number}: expected table.column of the registry; got {ours!r}"
            raise InputError(message)
        found[theirs] = ours
    return found


def _columns_of(table: str) -> tuple[str, ...]:
    """Return the columns of a table, or of the form of an instrument; none where it is unknown."""
    known = read_definitions().get(table)
    return instrument_columns(table) if known is None else known.columns


def own_names() -> dict[str, str]:
    """Return the registry's own variables by ``table.column``, items of instruments too."""
    return instrument_names() | {
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
        if table not in read_definitions():
            known.append(MappedVariable(variable=variable, table=table, column=column))
            continue
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


def _own_codes(table: str, column: str) -> dict[str, str]:
    if table not in read_definitions():
        return {}
    return {code_of(c): c for c in read_definitions()[table].field(column).choices}


def own_variables() -> tuple[MappedVariable, ...]:
    """Return the variables of the registry's own dictionary."""
    return tuple(
        MappedVariable(
            variable=variable, table=table, column=column,
            codes=_own_codes(table, column),
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
            if not any(values.values()):
                continue
            for row in _enter(table, {RECORD: line[record], **values}, place):
                if isinstance(row, Fault):
                    yield row
                else:
                    found[row.table].append(row)
    for name in read_definitions():
        yield from found[name]


def _enter(table: str, values: dict[str, str], place: Place) -> list[Entry | Fault]:
    if table in read_definitions():
        return [Entry(table=table, values=values, place=place)]
    return enter_form(table, values, place)


def _find_record(
    path: Path, heading: Sequence[str], mapped: Mapping[str, Sequence[MappedVariable]]
) -> str:
    names = [v.variable for v in mapped.get(RECORD_FORM, ()) if v.column == RECORD]
    for name in (*names, RECORD, "record_id"):
        if name in heading:
            return name
    message = f"{path} has no column {RECORD} or record_id; got {', '.join(heading[:5])}"
    raise InputError(message)


def _take_form(line: Mapping[str, str], variables: Iterable[MappedVariable]) -> dict[str, str]:
    values = {}
    for one in variables:
        if one.column != RECORD and one.variable in line:
            given = line[one.variable]
            values[one.column] = one.codes.get(given.strip(), given)
    return values
