from datetime import date, datetime

import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.registry.definition import define_table, read_definitions
from vertaug.recovery.registry.field import Field, FieldKind
from vertaug.recovery.registry.pseudonym import derive_pseudonym, draw_pseudonym

KEY = b"0123456789abcdef"


def test_every_table_has_its_key_and_its_parents_before():
    seen = set()
    for table in read_definitions().values():
        assert set(table.key) <= set(table.columns)
        assert all(table.field(name).required for name in table.key)
        if table.parent:
            assert table.parent in seen
            assert set(define_table(table.parent).key) <= set(table.columns)
        seen.add(table.name)
    named = {f"{t.name}.{f.name}" for t in read_definitions().values() for f in t.fields
             if f.identifies}  # fmt: skip
    assert named == {"identity.name", "identity.record_number", "identity.birth_date"}


def test_units_stand_in_the_names_of_columns():
    ends = {"mL": "_ml", "mm": "_mm", "deg": "_deg", "N": "_n", "s": "_s", "a": "_y",
            "Gy.cm2": "_gy_cm2", "mg/d": "_per_day", "1": ""}  # fmt: skip
    for table in read_definitions().values():
        for field in table.fields:
            assert field.name.endswith(ends.get(field.unit, "")), field.name
            if field.kind is FieldKind.NUMBER:
                assert field.low is not None
                assert field.high is not None


@pytest.mark.parametrize(
    ("kind", "given", "taken"),
    [
        (FieldKind.FLAG, "Yes", True),
        (FieldKind.FLAG, "0", False),
        (FieldKind.FLAG, True, True),
        (FieldKind.DATE, "2024-02-29", date(2024, 2, 29)),
        (FieldKind.DATE, datetime(2024, 2, 29, 12), date(2024, 2, 29)),
        (FieldKind.LEVEL, "th12", "T12"),
        (FieldKind.WHOLE, "7.0", 7),
        (FieldKind.NUMBER, "-0.0", 0.0),
        (FieldKind.NUMBER, " 1e1 ", 10.0),
        (FieldKind.CODE, "  a b ", "a b"),
        (FieldKind.NOTE, " a ", " a "),
        (FieldKind.CODE, "   ", None),
        (FieldKind.NUMBER, None, None),
    ],
)
def test_text_becomes_values(kind, given, taken):
    found = Field(name="x", kind=kind, label="x").take(given)
    assert found == taken
    assert type(found) is type(taken)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (FieldKind.FLAG, "perhaps"),
        (FieldKind.DATE, "2023-02-29"),
        (FieldKind.DATE, "20230228"),
        (FieldKind.NUMBER, "inf"),
        (FieldKind.NUMBER, True),
        (FieldKind.WHOLE, "1.5"),
        (FieldKind.WHOLE, [1]),
        (FieldKind.NOTE, 5),
        (FieldKind.CODE, "a\x1bb"),
    ],
)
def test_what_is_no_value_is_refused(kind, given):
    field = Field(name="x", kind=kind, label="x")
    with pytest.raises(InputError) as told:
        field.take(given)
    assert str(told.value) == field.expected


def test_pseudonyms_say_nothing():
    drawn = {draw_pseudonym() for _ in range(200)}
    assert len(drawn) == 200
    field = define_table("patient").field("pseudonym")
    assert all(field.take(name) == name for name in drawn)
    assert derive_pseudonym("12 34a", KEY) == derive_pseudonym("1234A", KEY)
    assert derive_pseudonym("1234", KEY) != derive_pseudonym("1234", KEY[::-1])
    assert derive_pseudonym("1234", KEY) != derive_pseudonym("1235", KEY)
    for number, key in (("1234", b"short"), ("  ", KEY)):
        with pytest.raises(InputError, match="16 bytes or more"):
            derive_pseudonym(number, key)
