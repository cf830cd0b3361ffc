"""Facts by name, and our rules."""

from datetime import date

import pytest

from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.rule_pack import read_own_pack

TODAY = date(2026, 11, 30)


@pytest.fixture
def know():
    """Make a record of facts from their names and values."""
    return know_facts


def know_facts(values, dated=None):
    dated = dated or {}
    return PatientFacts.of(
        Fact(definition=define_fact(name), value=value, dated=dated.get(name))
        for name, value in values.items()
    )


@pytest.fixture(scope="session")
def pack():
    return read_own_pack()


@pytest.fixture(scope="session")
def today():
    return TODAY
