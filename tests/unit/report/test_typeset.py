from dataclasses import asdict

import pytest

from vertaug.case.errors import ComputationError
from vertaug.recovery.prom.instrument import find_instrument
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.questionnaire import build_sheet
from vertaug.report.typeset import typeset


def test_the_same_content_gives_the_same_bytes():
    sheet = build_sheet(find_instrument("nrs_rest"))
    data = {"sheets": [asdict(sheet)], "disclaimer": DISCLAIMER}
    first = typeset("questionnaire.typ", data, "the form")
    assert first.startswith(b"%PDF")
    assert typeset("questionnaire.typ", data, "the form") == first


def test_what_could_not_be_set_is_named():
    with pytest.raises(ComputationError, match=r"^the form could not be set as PDF: "):
        typeset("questionnaire.typ", {}, "the form")
