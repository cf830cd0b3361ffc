"""The sheet as data: what the case says, what is refused."""

from dataclasses import replace
from datetime import date

import pytest

from vertaug.case.augmentation_record import AugmentationRecord, ProcedureRecord, ProductRecord
from vertaug.case.case_file import CaseDocument, SimulationParameters
from vertaug.case.errors import InputError, LevelError
from vertaug.case.plan import Procedure
from vertaug.procedure_day.anaesthetic_sheet import compose_anaesthetic
from vertaug.procedure_day.day_plan import plan_of_day
from vertaug.procedure_day.day_sheet import DayChoice, compose_day_sheet
from vertaug.procedure_day.state import State

KYPHO = DayChoice(procedure=Procedure.KYPHOPLASTY)


def test_needles_right_first_as_in_the_report_with_their_skin(document):
    plan = plan_of_day(document, Procedure.VERTEBROPLASTY)
    right, left = plan.needles
    assert (right.side, left.side, plan.sides) == ("right", "left", "right and left")
    assert (left.skin_left_mm, left.skin_head_mm, left.reach_mm) == (32.0, 5.0, 97.0)
    assert right.skin_left_mm == -32.0
    assert left.tilt_deg > 0


def test_views_down_the_needles_are_of_this_plan(document):
    plan = plan_of_day(document, Procedure.KYPHOPLASTY, 2)
    names = [view.name for view in plan.views]
    assert names == ["ap", "lateral", "barrel_right"]
    assert plan.views[2].primary_angle_deg > 0


def test_the_procedure_is_said_to_be_chosen_or_not(document):
    assert plan_of_day(document, Procedure.KYPHOPLASTY).procedure_source == "chosen"
    assert "not chosen by hand" in plan_of_day(document).procedure_source


def test_a_plan_that_does_not_exist_is_refused(document):
    with pytest.raises(InputError, match=r"2 plans of a kyphoplasty; there is no number 3"):
        plan_of_day(document, Procedure.KYPHOPLASTY, 3)


def test_a_case_without_a_level_has_no_sheet(tree):
    tree["planning"] = None
    tree["fracture"]["level"] = None
    with pytest.raises(InputError, match="no level to treat"):
        plan_of_day(CaseDocument.model_validate(tree))


def test_a_case_without_a_plan_has_a_sheet_with_blanks(tree, facts_of):
    tree["planning"] = None
    document = CaseDocument.model_validate(tree)
    with pytest.raises(InputError, match="say --procedure"):
        plan_of_day(document)
    sheet = compose_day_sheet(document, facts_of(), KYPHO)
    assert sheet.plan.needles == ()
    assert sheet.plan.safe is None
    assert sheet.plan.cement_ml is None
    assert sheet.stops.balloon_limits


def test_another_level_in_the_facts_is_refused(document, facts_of):
    with pytest.raises(LevelError, match=r"WRONG LEVEL.*L2.*L1"):
        compose_day_sheet(document, facts_of(fx__level="L2"), KYPHO)
    assert compose_day_sheet(document, facts_of(fx__level="L1"), KYPHO).plan.level == "L1"


def test_an_implausible_weight_is_refused(document, facts_of):
    with pytest.raises(InputError, match="implausible"):
        compose_day_sheet(document, facts_of(patient__weight_kg=5.0), KYPHO)


def test_without_a_weight_there_is_no_number(facts_of):
    found = compose_anaesthetic(facts_of(patient__age_y=50.0))
    assert found.ceilings == found.remaining == ()
    assert "weigh the patient" in found.blocked
    assert found.rescue.bolus_ml is None


def test_ceilings_in_use_and_not_reduced(facts_of):
    known = facts_of(patient__weight_kg=50.0, patient__age_y=60.0, patient__frail=False)
    first = compose_anaesthetic(known).ceilings[0]
    assert (first.mg, first.full_mg, first.volumes[0].volume_ml) == (225.0, 225.0, 22.5)
    unknown = compose_anaesthetic(facts_of(patient__weight_kg=50.0)).ceilings[0]
    assert (unknown.mg, unknown.full_mg, unknown.volumes[0].volume_ml) == (157.0, 225.0, 15.7)


def test_the_ladder_of_the_mixture_ends_where_nothing_is_left(facts_of):
    known = facts_of(patient__weight_kg=50.0, patient__age_y=60.0, patient__frail=False)
    left = [one.left_ml for one in compose_anaesthetic(known).remaining]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0.0
    assert left[1] == pytest.approx(22.2)


def test_a_first_volume_above_its_ceiling_is_said_not_just_nothing_left(facts_of):
    known = facts_of(patient__weight_kg=50.0, patient__age_y=60.0, patient__frail=False)
    found = {one.used_ml: one for one in compose_anaesthetic(known).remaining}
    assert not found[20.0].above_ceiling
    assert found[25.0].above_ceiling
    exact = facts_of(patient__weight_kg=66.7, patient__age_y=60.0, patient__frail=False)
    last = compose_anaesthetic(exact).remaining[-1]
    assert (last.used_ml, last.left_ml, last.above_ceiling) == (30.0, 0.0, False)


def test_a_reduction_that_is_not_known_asks_in_words(facts_of):
    words = compose_anaesthetic(facts_of(patient__weight_kg=50.0)).reduction.words
    assert "congestive heart failure" in words
    assert "patient." not in words
    assert "cardiopulm." not in words


def test_a_cement_that_is_chosen_has_its_windows(document, facts_of):
    none = compose_day_sheet(document, facts_of(), KYPHO).cement
    assert (none.product, none.windows) == ("", ())
    some = compose_day_sheet(document, facts_of(), replace(KYPHO, cement="high_viscosity")).cement
    assert [w.temperature_c for w in some.windows] == [18.0, 20.0, 22.0, 24.0]
    with pytest.raises(InputError, match="unknown cement"):
        compose_day_sheet(document, facts_of(), replace(KYPHO, cement="plaster"))


def test_what_is_only_for_balloons(document, facts_of):
    kypho = compose_day_sheet(document, facts_of(), KYPHO)
    vertebro = compose_day_sheet(document, facts_of(), DayChoice())
    assert kypho.stops.balloon
    assert not vertebro.stops.balloon
    assert State.INFLATE in kypho.states
    assert State.INFLATE not in vertebro.states


def test_items_show_what_the_case_knows(document, facts_of):
    sheet = compose_day_sheet(document, facts_of(), replace(KYPHO, on=date(2026, 3, 2)))
    found = {one.item.name: one for one in sheet.checklist}
    assert found["laterality"].known == ("right and left",)
    assert "15 mm" in found["balloon_lot"].known[0]
    assert "10G" in found["sizes"].known[0]
    assert found["said_aloud"].known == ("the case is planned for L1",)


def test_a_volume_is_said_to_be_for_both_sides(document, facts_of):
    found = {one.item.name: one for one in compose_day_sheet(document, facts_of(), KYPHO).checklist}
    assert "5.0 ml IN ALL, both sides together" in found["sizes"].known[0]
    one_side = DayChoice(procedure=Procedure.KYPHOPLASTY, plan=2)
    found = {
        one.item.name: one for one in compose_day_sheet(document, facts_of(), one_side).checklist
    }
    assert "5.0 ml IN ALL, right side only" in found["sizes"].known[0]


def test_the_right_side_stands_first_everywhere(document, facts_of):
    sheet = compose_day_sheet(document, facts_of(), KYPHO)
    assert [view.name for view in sheet.plan.views[2:]] == ["barrel_right", "barrel_left"]
    planned = [rule.planned for rule in sheet.access if rule.planned]
    assert planned
    for values in planned:
        assert [value.side for value in values] == ["right", "left"]
    sides = [side for side, _ in sheet.plan.pedicle_width_mm]
    assert sides == sorted(sides, reverse=True)


@pytest.fixture
def simulated(document):
    """The case with a simulated kyphoplasty, of which only what the sheet reads is there."""

    def make(*, level="L1", products=None, stop_ml=3.4):
        product = ProductRecord.model_construct(name="low_viscosity", title="a low one")
        record = ProcedureRecord.model_construct(
            level=level,
            injected_ml=4.0,
            safe_volume_ml=stop_ml,
            stop_reason="disc",
            balloon_ml=3.0,
            product=product,
        )
        given = SimulationParameters.model_construct(products=products)
        parameters = document.provenance.parameters.model_copy(update={"kyphoplasty": given})
        changes = {
            "augmentation": AugmentationRecord.model_construct(
                kyphoplasty=record, vertebroplasty=None
            ),
            "provenance": document.provenance.model_copy(update={"parameters": parameters}),
        }
        return document.model_copy(update=changes)

    return make


def test_the_simulation_gives_the_cement_of_the_clock(simulated, facts_of):
    sheet = compose_day_sheet(simulated(), facts_of(), KYPHO)
    assert sheet.plan.simulated.first_stop_ml == 3.4
    assert sheet.cement.product.startswith("low-viscosity")
    assert sheet.cement.windows[2].start_s == pytest.approx(180.0)


def test_a_cement_of_ones_own_has_no_window_here(simulated, facts_of):
    cement = compose_day_sheet(simulated(products="mine.toml"), facts_of(), KYPHO).cement
    assert (cement.product, cement.windows) == ("a low one", ())


def test_a_simulation_of_another_level_or_procedure_is_not_shown(simulated, facts_of):
    assert plan_of_day(simulated(level="L2"), Procedure.KYPHOPLASTY).simulated is None
    assert plan_of_day(simulated(), Procedure.VERTEBROPLASTY).simulated is None
