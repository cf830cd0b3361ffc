"""A planned case as its file holds it, facts of a patient, and a clock."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vertaug.case.case_file import CaseDocument
from vertaug.case.plan import Procedure
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact

CASE = Path(__file__).with_name("planned_case.json")
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def tree():
    """The content of ``case.json``, to be changed."""
    return json.loads(CASE.read_text(encoding="utf-8"))


@pytest.fixture
def document(tree):
    """A planned case."""
    return CaseDocument.model_validate(tree)


@pytest.fixture
def facts_of():
    """Facts by name; a pair is a value with its day."""

    def make(**known):
        made = []
        for key, given in known.items():
            name = key.replace("__", ".")
            value, dated = given if isinstance(given, tuple) else (given, None)
            made.append(Fact(definition=define_fact(name), value=value, dated=dated))
        return PatientFacts.of(made)

    return make


@pytest.fixture
def at():
    """Times by minutes from the start."""
    return lambda minutes: START + timedelta(minutes=minutes)


@pytest.fixture(params=list(Procedure), ids=str)
def procedure(request):
    """Either procedure."""
    return request.param
