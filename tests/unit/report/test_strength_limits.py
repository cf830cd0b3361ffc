"""What limits the strength of one case."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.case_content import CaseResults
from vertaug.case.plan import Procedure
from vertaug.case.volume_words import millilitres_of
from vertaug.workflow.strength_choice import find_tips
from vertaug.workflow.strength_limits import find_cement_plan, list_case_limits
from vertaug.workflow.strength_neighbour import find_neighbour, list_intact


@pytest.fixture
def results(spine, assessment, planning, calibration):
    return CaseResults(
        spine=spine, calibration=calibration, assessment=assessment, planning=planning
    )


def with_level(results, level, **changed):
    levels = dict(results.assessment.levels)
    levels[level] = replace(levels[level], **changed)
    return replace(results, assessment=replace(results.assessment, levels=levels))


def said(results, level="L1", spacing=10.0, cement=4.0):
    return " ".join(list_case_limits(results, level, spacing, cement))


def test_a_cleft_is_named_with_what_cement_would_do(results):
    assert "cleft" not in said(results)
    cleft = replace(results.assessment.levels["L1"].cleft, present=True, volume_ml=0.33)
    gas = with_level(results, "L1", cleft=cleft)
    assert "a gas cleft of 0.3 ml: modelled as" in said(gas)
    assert "Cement would enter it first" in said(gas)
    assert "enter it first" not in said(gas, cement=None)
    assert "cleft" not in said(gas, "L2")


def test_simulated_cement_is_not_described_as_a_shape(results, make_vertebroplasty, planning):
    found = make_vertebroplasty(results.spine["L1"], planning.plans[0].paths)
    filling = found.result.filling
    cleft = replace(results.assessment.levels["L1"].cleft, present=True, volume_ml=0.33)
    gas = with_level(results, "L1", cleft=cleft)
    text = " ".join(list_case_limits(gas, "L1", 10.0, simulated=found))
    held = filling.fill_fraction * filling.body_volume_mm3 / 1000.0
    body = filling.body_volume_mm3 / 1000.0  # after balloons another than that of the CT
    share = f"is {100 * held / body:.0f} % of the body's {body:.1f} ml"
    assert f"{millilitres_of(held)} of simulated cement in the body {share}" in text
    assert "the needles of plan 1 of a vertebroplasty (transpedicular, both sides" in text
    assert "free space that cement enters" in text
    assert "no notice" not in text
    assert "at the tips of plan" not in text


def test_a_fracture_is_named_with_its_grade_and_intact_neighbours(results):
    bone = results.assessment.levels["L2"].trabecular
    other = with_level(results, "L2", trabecular=replace(bone, density_mg_per_ml=78.0))
    text = said(other)
    assert "Genant grade 2, wedge" in text
    assert "broken trabeculae that still touch count as whole" in text
    assert "broken trabeculae" not in said(results, "L2")
    assert "reads too high, is not comparable" in text
    assert "intact neighbours: T12 67, L2 78; L1 itself 67." in text
    broken = with_level(with_level(other, "T12", genant_grade=1), "L2", genant_grade=1)
    assert "No intact neighbour" in said(broken)
    assert "fractured" not in said(results, "L2")


def test_coarse_voxels_and_an_assumed_voltage_are_said(results):
    assert "resampled" not in said(results)
    finest = float(min(results.spine.scan.grid.spacing_mm))
    coarse = said(results, spacing=0.9 * finest)
    assert "resampled from voxels of " in coarse
    assert "side walls are not resolved" in coarse
    assert "resampled" not in said(results, spacing=float(max(results.spine.scan.grid.spacing_mm)))
    assert "assumed" not in said(results)
    law = replace(results.calibration, description="law; tube voltage not recorded, 120 kV assumed")
    told = said(replace(results, calibration=law))
    assert "Density: tube voltage not recorded, 120 kV assumed;" in told


@pytest.mark.parametrize(
    ("volume", "word"), [(3.2, "below"), (3.3, "within"), (5.5, "within"), (5.6, "above")]
)
def test_the_cement_is_held_against_body_and_plan(results, volume, word):
    text = said(results, cement=volume)
    body = results.spine["L1"].body_volume_mm3 / 1000.0
    assert f"{volume:g} ml of cement is {100 * volume / body:.0f} % of the body's" in text
    assert f"{word} the plan's estimate of 3.3 to 5.5 ml" in text


def test_where_the_cement_lies_is_said(results, planning):
    first = planning.plans[0]
    assert f"at the tips of plan 1 ({first.procedure.value}, transpedicular, both sides)" in said(
        results
    )
    assert "middle of the body, as there is no plan for L2" in said(results, "L2")
    assert "cement" not in said(results, cement=None)
    alone = replace(results, planning=None)
    assert "middle of the body" in said(alone)
    assert "plan's estimate" not in said(alone)
    assert find_tips(alone, "L1") == ()


def test_the_named_plan_is_that_of_the_tips(results, planning):
    plans = (
        replace(planning.plans[0], procedure=Procedure.KYPHOPLASTY),
        replace(planning.plans[1], procedure=Procedure.VERTEBROPLASTY),
    )
    other = replace(results, planning=replace(planning, plans=plans))
    number, plan = find_cement_plan(other, "L1")
    assert (number, plan) == (1, plans[1])
    np.testing.assert_array_equal(find_tips(other, "L1")[0], plan.paths[0].target_lps_mm)
    assert "at the tip of plan 1 (vertebroplasty" in said(other)


def silent(message, fraction):
    """Hear nothing."""


def test_the_nearest_intact_level_is_whole_ungraded_and_without_gas(results):
    assert list_intact(results, "L1") == ("L2", "T12")
    assert list_intact(results, "T12") == ("L2",)  # L1 is fractured
    graded = with_level(results, "L2", genant_grade=1)
    assert list_intact(graded, "L1") == ("T12",)
    gas = replace(results.assessment.levels["L2"].cleft, present=True, volume_ml=0.1)
    assert list_intact(with_level(results, "L2", cleft=gas), "L1") == ("T12",)
    spine = results.spine
    cut = {**spine.vertebrae, "L2": replace(spine["L2"], complete=False, cut_by=("inferior",))}
    short = replace(results, spine=replace(spine, vertebrae=cut))
    assert list_intact(short, "L1") == ("T12",)


def test_no_neighbour_is_sought_for_an_intact_level(results):
    assert find_neighbour(results, "L2", 3.0, silent) == (None, "")


def test_without_an_intact_level_it_is_said(results):
    none = with_level(with_level(results, "L2", genant_grade=1), "T12", genant_grade=2)
    found, why = find_neighbour(none, "L1", 3.0, silent)
    assert found is None
    assert why == "no intact neighbour of L1 lies whole in the scan"


def test_a_neighbour_that_cannot_be_modelled_gives_way_to_the_next(results, monkeypatch):
    from vertaug.case.errors import InputError
    from vertaug.mechanics import linear_strength

    def refuse(vertebra, *_):
        if vertebra.level == "L2":
            raise InputError("no cap touches")
        return vertebra.level

    monkeypatch.setattr(linear_strength, "measure_neighbour", refuse)
    assert find_neighbour(results, "L1", 3.0, silent) == ("T12", "")
    only = with_level(results, "T12", genant_grade=1)
    found, why = find_neighbour(only, "L1", 3.0, silent)
    assert found is None
    assert why == "no model could be made of the intact L2"
