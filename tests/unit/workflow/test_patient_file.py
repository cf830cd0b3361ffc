"""What is known of the patient of a case: of a file, judged by the rules that the case has kept."""

from datetime import datetime
from pathlib import Path

import pytest

from vertaug.case.case_file import CaseDocument
from vertaug.case.indication_record import IndicationParameters
from vertaug.workflow.patient_file import find_patient_facts

CASE = Path(__file__).parents[1] / "procedure_day" / "planned_case.json"
FACTS = """
[lab]
inr = { value = 1.1, dated = 2026-03-01 }
[antithrombotic_chart]
complete = true

[[antithrombotics]]
drug = "warfarin"
last_dose = 2026-02-20T08:00
"""


@pytest.mark.parametrize(("limit_h", "held"), [({}, True), ({"lab_max_age_h": 72.0}, None)])
def test_an_old_inr_is_one_by_the_limit_of_the_case(tmp_path, limit_h, held):
    document = CaseDocument.model_validate_json(CASE.read_text(encoding="utf-8"))
    parameters = document.provenance.parameters
    level = document.fracture.level
    own = IndicationParameters(evaluated="2026-03-06", level=level, facts=(), settings=limit_h)
    given = parameters.model_copy(update={"indications": own})
    provenance = document.provenance.model_copy(update={"parameters": given})
    document = document.model_copy(update={"provenance": provenance})
    path = tmp_path / "facts.toml"
    path.write_text(FACTS, encoding="utf-8")
    at = datetime(2026, 3, 6, 10)
    found = find_patient_facts(document, path, at.date(), at)
    assert found.facts.value("med.hold_complete") is held
