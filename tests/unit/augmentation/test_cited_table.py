import pytest

from vertaug.augmentation.cited_table import CitedTable, read_tables
from vertaug.case.errors import FormatError

TABLE = '[x]\nvalue = 1.0\nsource = "s"\nstatus = "{}"\n'


@pytest.mark.parametrize("status", ["verified", "computed", "recalled", "uncertain"])
def test_statuses_of_a_number(status):
    ((_, table),) = read_tables(TABLE.format(status), "x.toml", "cement", CitedTable)
    assert table.cited().status.value == status


@pytest.mark.parametrize("status", ["guessed", "design default"])
def test_other_statuses_are_refused(status):
    said = f"status: expected 'verified', 'computed', 'recalled' or 'uncertain'; got '{status}'"
    with pytest.raises(FormatError, match=said):
        list(read_tables(TABLE.format(status), "x.toml", "cement", CitedTable))
