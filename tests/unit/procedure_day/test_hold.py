"""Antithrombotics on the sheet of the day."""

from datetime import datetime

import pytest

from vertaug.indications.antithrombotic import judge_hold
from vertaug.indications.antithrombotic_table import HoldPolicy
from vertaug.procedure_day.checklist import DayFacts, fill_checklist
from vertaug.procedure_day.day_sheet import DayChoice, compose_day_sheet
from vertaug.procedure_day.hold import HELD
from vertaug.report.day_content import describe_day

PROCEDURE = datetime(2026, 3, 9, 10)
DOSE = datetime(2026, 3, 6, 8)


def hold(drug="apixaban", dose=DOSE, procedure=PROCEDURE):
    return judge_hold(drug, dose, procedure, policy=HoldPolicy.PAUSE)


@pytest.mark.parametrize(
    ("held", "cautions"),
    [
        (hold(), ()),
        (hold(dose=datetime(2026, 3, 8, 8)), ("apixaban: hold not complete",)),
        (hold(dose=None), ("apixaban: hold unknown",)),
        (hold(procedure=None), ("apixaban: hold unknown",)),
    ],
)
def test_a_hold_that_is_not_complete_is_looked_at(facts_of, procedure, held, cautions):
    day = DayFacts(facts=facts_of(), holds=(held,))
    items = {one.item.name: one for one in fill_checklist(procedure, day)}
    assert items[HELD].known == ("apixaban: see the table of blood thinners",)
    assert items[HELD].cautions == cautions
    assert not items["identity"].cautions


def test_the_table_of_the_sheet(document, facts_of):
    choice = DayChoice(holds=(hold(), hold("warfarin")))
    sheet = compose_day_sheet(document, facts_of(), choice)
    page = describe_day(sheet).pages[0]
    table = next(block for block in page.bottom if block.title == "Blood thinners")
    assert table.rows[0] == (
        "apixaban",
        "complete (74 h)",
        "2026-03-09 00:00",
        "2 full days (PAUSE, verified)",
    )
    assert table.rows[1][1] == "not complete (74 h)"
    assert "No advice to stop a drug" in table.note
    assert sheet.holds[0].restart == "48 to 72 h after (PAUSE, verified)"
    bare = describe_day(compose_day_sheet(document, facts_of(), DayChoice())).pages[0]
    assert "Blood thinners" not in [block.title for block in bare.bottom]
