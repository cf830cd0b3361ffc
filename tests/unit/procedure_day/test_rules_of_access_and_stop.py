"""Access, stop rules, complications: complete, sourced, with what the plan says."""

import pytest

from vertaug.case.case_file import PlanRecord
from vertaug.case.errors import InputError
from vertaug.case.level import AUGMENTABLE_LEVELS
from vertaug.case.plan import Procedure
from vertaug.procedure_day.access_rule import list_access_rules, usual_access
from vertaug.procedure_day.checklist import Finding
from vertaug.procedure_day.complication import leak_risks, list_complications
from vertaug.procedure_day.stop_rule import (
    Stopped,
    after_stop,
    balloon_limits,
    how_to,
    list_stop_rules,
)


def planned(document, number):
    return document.planning.plans[number]


def rules(procedure, plan: PlanRecord | None):
    return {rule.name: rule for rule in list_access_rules(procedure, plan)}


def test_rules_stand_with_the_margins_of_the_plan(document):
    found = rules(Procedure.VERTEBROPLASTY, planned(document, 0))
    assert [v.words for v in found["medial_wall"].planned] == ["2.5 mm", "2.5 mm"]
    # 4.96 mm is printed as 5.0: what reads as kept is kept
    assert {(v.words, v.finding) for v in found["anterior"].planned} == {("5.0 mm", Finding.MET)}
    assert found["start"].planned == ()


def test_a_margin_that_is_not_kept_is_said(document):
    found = rules(Procedure.VERTEBROPLASTY, planned(document, 2))
    (side,) = found["anterior"].planned
    assert (side.words, side.finding) == ("3.0 mm", Finding.NOT_MET)


def test_the_cannula_belongs_to_balloons():
    assert "cannula" in rules(Procedure.KYPHOPLASTY, None)
    assert "cannula" not in rules(Procedure.VERTEBROPLASTY, None)


def test_a_path_without_a_pedicle_is_unknown(tree, document):
    path = {**tree["planning"]["plans"][0]["paths"][0], "margins": {}}
    plan = PlanRecord.model_validate({**tree["planning"]["plans"][0], "paths": (path,)})
    found = rules(Procedure.VERTEBROPLASTY, plan)["medial_wall"].planned[0]
    assert (found.words, found.finding) == ("no pedicle on this path", Finding.UNKNOWN)


@pytest.mark.parametrize("level", AUGMENTABLE_LEVELS)
def test_every_level_has_its_usual_access(level):
    found = usual_access(level)
    assert found.route
    assert found.needle
    assert found.volume_ml[0] < found.volume_ml[1]
    assert found.volume_evidence.mark == "unverified"


@pytest.mark.parametrize(
    ("level", "width", "low"),
    [("T4", 4.7, 1.5), ("T6", 5.2, 2.0), ("T12", 7.1, 3.0), ("L5", 18.0, 4.0), ("T13", None, 3.0)],
)
def test_pedicles_and_volumes_by_level(level, width, low):
    found = usual_access(level)
    assert (found.pedicle_width_mm, found.volume_ml[0]) == (width, low)


def test_other_levels_are_refused():
    with pytest.raises(InputError):
        usual_access("C4")


def test_stop_signs_are_all_there():
    balloon = {rule.name for rule in list_stop_rules(Stopped.BALLOON)}
    assert balloon == {"goal", "cortex", "volume", "pressure", "patient", "rupture"}
    cement = {rule.name for rule in list_stop_rules(Stopped.CEMENT)}
    assert {"posterior_quarter", "canal", "vein", "disc", "track", "resistance"} < cement
    every = (*list_stop_rules(Stopped.BALLOON), *list_stop_rules(Stopped.CEMENT))
    assert all(rule.sign and rule.then and rule.evidence.source for rule in every)


def test_limits_of_balloons_come_from_the_product_file():
    names = {one.name for one in balloon_limits(15.0)}
    assert names == {"15/2", "15/3"}
    assert all(one.evidence.mark == "unverified" for one in balloon_limits(15.0))
    assert {round(one.most_psi) for one in balloon_limits(20.0)} == {400}
    assert len(balloon_limits(None)) > len(balloon_limits(15.0))


def test_a_vertebroplasty_is_not_told_of_balloons():
    assert all("psi" not in line.text for line in how_to(Procedure.VERTEBROPLASTY))
    assert any("psi" in line.text for line in how_to(Procedure.KYPHOPLASTY))


def test_after_a_stop_one_looks_at_the_patient():
    assert {line.name for line in after_stop()} >= {"classify", "examine", "ct", "prone"}


def test_the_rate_of_a_deficit_is_that_of_the_cause(procedure):
    def rate(etiology):
        found = {one.name: one for one in list_complications(procedure, etiology)}
        return found["neuro"].rate + found["neuro"].note

    for cause in ("myeloma", "metastasis"):
        assert "10 %" in rate(cause)
        assert "osteoporotic" not in rate(cause)
    assert "10 %" not in rate("osteoporotic")
    for cause in ("", "haemangioma", "traumatic"):
        assert "up to 1 %" in rate(cause)
        assert "TUMOUR up to 10 %" in rate(cause)


def test_rates_of_complications(procedure):
    found = {one.name: one for one in list_complications(procedure)}
    expected = {"vertebroplasty": "54.7", "kyphoplasty": "18.4"}[procedure.value]
    assert expected in found["any_leak"].rate
    assert found["any_leak"].evidence.mark == ""
    assert found["symptomatic_leak"].evidence.mark == "unverified"
    assert "5.56" in leak_risks()[0].text
