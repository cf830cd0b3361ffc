"""Whatever the registry takes it gives back: through text, through its hash, through an export."""

import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from vertaug.recovery.registry.audit_check import verify_audit
from vertaug.recovery.registry.audit_entry import Author, hash_row
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.csv_table import find_tables, read_tables
from vertaug.recovery.registry.definition import read_definitions
from vertaug.recovery.registry.entry import Entry
from vertaug.recovery.registry.export import export_csv
from vertaug.recovery.registry.field import FieldKind
from vertaug.recovery.registry.intake import IntakeRules, take_rows
from vertaug.recovery.registry.pen import stored_columns
from vertaug.recovery.registry.redcap import write_data
from vertaug.recovery.registry.redcap_reader import own_variables, read_data
from vertaug.recovery.registry.release import ReleaseRules
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.schema_version import create_registry

RULES = IntakeRules(today=date(2026, 11, 30))
ALL = ReleaseRules(with_names=True, with_notes=True, exact_ages=True)
AUTHOR = Author(name="anna")
LETTERS = st.characters(exclude_categories=("Cs", "Cc"))
PLAIN = st.text(LETTERS, min_size=1, max_size=40).filter(lambda t: t.strip())
# what a spreadsheet would compute goes out with an apostrophe, and comes back without
FORMULAS = st.tuples(st.sampled_from(["=", "'=", "''-", "+", "@", "'"]), PLAIN).map("".join)
TEXT = PLAIN | FORMULAS
NUMBERS = st.floats(0, 25, allow_nan=False)


def fields(table):
    return {field.name: field for field in read_definitions()[table].fields}


@st.composite
def values_of(draw, field):
    """A value that a column takes."""
    if field.kind is FieldKind.CHOICE:
        return draw(st.sampled_from(field.choices))
    if field.kind is FieldKind.FLAG:
        return draw(st.booleans())
    if field.kind is FieldKind.DATE:
        return draw(st.dates(date(1990, 1, 1), date(2026, 11, 30)))
    if field.kind is FieldKind.LEVEL:
        return draw(st.sampled_from(["T4", "T12", "T13", "L1", "L6"]))
    if field.kind in {FieldKind.WHOLE, FieldKind.NUMBER}:
        low, high = field.low or 0, field.high or 10
        whole = st.integers(round(low), round(high))
        return draw(whole if field.kind is FieldKind.WHOLE else st.floats(low, high))
    text = draw(TEXT)
    return text if field.kind is FieldKind.NOTE else text.strip()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_value_written_as_text_is_the_same_value(data):
    table = data.draw(st.sampled_from(sorted(read_definitions())))
    field = data.draw(st.sampled_from(read_definitions()[table].fields))
    if field.name == "pseudonym":
        return
    value = field.take(data.draw(values_of(field)))
    assert field.take(field.write(value)) == value


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_another_value_has_another_hash(data):
    table = read_definitions()["visit"]
    row = {
        f.name: data.draw(st.none() | values_of(f)) if f.name != "pseudonym" else "P-1"
        for f in table.fields
    }
    field = data.draw(st.sampled_from([f for f in table.fields if f.name != "pseudonym"]))
    other = row | {field.name: data.draw(st.none() | values_of(field))}
    same = other[field.name] == row[field.name]
    columns = stored_columns(table)
    assert (hash_row("visit", columns, row) == hash_row("visit", columns, other)) == same


@st.composite
def cohorts(draw):
    """Rows of some patients with free text of any kind."""
    rows = []
    for n in range(draw(st.integers(1, 4))):
        name = f"P-{n:03d}"
        patient = fields("patient")
        rows.append(
            Entry(
                table="patient",
                values={
                    "pseudonym": name,
                    "enrolled_on": "2026-01-01",
                    "age_y": draw(st.none() | values_of(patient["age_y"])),
                    "sex": draw(st.none() | values_of(patient["sex"])),
                    "site": draw(st.none() | TEXT.map(str.strip)),
                    "t_score": draw(st.none() | values_of(patient["t_score"])),
                },
            )
        )
        rows.append(
            Entry(
                table="procedure",
                values={
                    "pseudonym": name,
                    "procedure_no": 1,
                    "done_on": "2026-01-10",
                    "procedure": "vertebroplasty",
                    "inpatient": draw(st.none() | st.booleans()),
                    "note": draw(st.none() | TEXT),
                },
            )
        )
        rows += [
            Entry(
                table="procedure_level",
                values={
                    "pseudonym": name,
                    "procedure_no": 1,
                    "level": level,
                    "cement_ml": draw(st.none() | NUMBERS),
                },
            )
            for level in draw(st.sets(st.sampled_from(["T13", "L1", "L6"])))
        ]
    order = list(read_definitions())
    return sorted(rows, key=lambda row: order.index(row.table))


def rows_of(engine):
    found = {}
    with reading(engine) as connection:
        for name in read_definitions():
            rows = connection.execute(table_of(name).select()).mappings()
            found[name] = sorted((dict(row) for row in rows), key=repr)
    return found


@pytest.mark.parametrize("way", ["csv", "redcap"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=cohorts())
def test_an_export_comes_back_as_it_was(way, rows):
    tables = set(read_definitions())
    with tempfile.TemporaryDirectory() as folder:
        one = create_registry(Path(folder) / "one.sqlite", AUTHOR)
        assert take_rows(one, rows, AUTHOR, RULES, tables).faults == ()
        other = create_registry(Path(folder) / "other.sqlite", AUTHOR)
        if way == "csv":
            export_csv(one, Path(folder) / "out", ALL)
            back = read_tables(find_tables([Path(folder) / "out"]))
        else:
            back = read_data(write_data(one, Path(folder) / "data.csv", ALL), own_variables())
        report = take_rows(other, back, AUTHOR, RULES, tables)
        assert report.faults == ()
        assert rows_of(other) == rows_of(one)
        assert verify_audit(other).holds
