"""What the report says of a kyphoplasty."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.kyphoplasty import MovedWall, RoomForBalloons
from vertaug.mechanics.comparison import StrengthOptions, assess_strength
from vertaug.report.balloon_words import (
    bulge_words,
    crack_words,
    end_pressure_words,
    inflated_words,
    moved_words,
    pressure_words,
    signed,
)
from vertaug.report.content import build_content
from vertaug.report.content_balloon_tables import breach_table, restoration_table, wall_table
from vertaug.report.content_course import course_table
from vertaug.report.content_injection import PICTURES as CEMENT_PICTURES, injection_part
from vertaug.report.content_kyphoplasty import (
    NEEDLES,
    PICTURES,
    first_page_words,
    kyphoplasty_parts,
)
from vertaug.report.render_html import render_html
from vertaug.report.style import Mark
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra


@pytest.fixture(scope="module")
def strength():
    """With cement of an injection into bone after balloons."""
    vertebra, law = AnalyticVertebra(spacing=1.5).spine()["L1"], calibrate_generic(120.0)
    options = StrengthOptions(spacing_mm=4.0, cement_ml=3.0, linear_only=True)
    found = assess_strength(vertebra, law, options)
    return replace(found, assumed_cement=False, after_balloons=True)


CRACKED = (
    "Walls pushed out by up to 2.2 mm, where a real cortex cracks: leaks after the balloon cannot "
    "be judged by this model."
)


def rows_of(table):
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def table_of(part, title):
    return next(table for table in (*part.tables, *part.appendix) if table.title.startswith(title))


def test_a_pressure_is_said_in_kpa_and_atmospheres():
    assert pressure_words(0.101325) == "101 kPa (1.0 atm, 15 psi)"
    assert pressure_words(0.81060) == "811 kPa (8.0 atm, 118 psi)"
    assert pressure_words(None) == "none can be read"


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [(1.26, 1, "+1.3"), (-0.5, 1, "−0.5"), (-0.04, 1, "0.0"), (0.044, 2, "+0.04"), (None, 1, "–")],
)
def test_a_gain_has_its_sign_and_a_rounded_zero_has_none(value, digits, said):
    assert signed(value, digits) == said


def test_the_result_comes_first_in_plain_words(found):
    part, cement = kyphoplasty_parts(found)
    assert part.title == "Kyphoplasty, L1"
    assert part.key.lead == (
        "Two balloons 15/3 held 1.6 ml left, 1.6 ml right of 2 ml wanted in each at 900 kPa (8.9 "
        "atm, 131 psi) in the end; the inflation ended because a balloon has come up to the "
        "cortex. Height gained when inflated (mm): "
        "anterior +3.0, middle +2.0, posterior 0.0; kept when emptied: anterior +2.0, middle +1.0, "
        "posterior 0.0."
    )
    assert part.key.note.startswith("Of the model: no promise of height in a patient.")
    assert part.pictures == PICTURES
    assert cement.title == "Cement of the kyphoplasty, L1"


def test_strength_with_its_cement_stands_under_it_and_in_a_part_of_its_own(found, strength):
    _, cement, part = kyphoplasty_parts(found, strength)
    assert part.title == "Strength after kyphoplasty, L1"
    table = table_of(cement, "Strength before and after")
    assert table.columns[1:3] == ("as it is", "with this cement")


def test_only_what_can_be_read_counts_as_a_pressure(found):
    course = found.balloon
    assert course.peak_mpa == 0.9  # not the 2 MPa of the thin balloon
    blind = replace(course, readable=np.zeros_like(course.readable))
    assert "at a pressure that cannot be read" in inflated_words(blind)
    rows = rows_of(kyphoplasty_parts(replace(found, balloon=blind))[0].key)
    assert rows["pressure at the end"] == ["none can be read"]


def test_the_pressure_that_is_told_is_that_at_the_end(found):
    """A folded balloon reads high in the first increments."""
    course = found.balloon
    pressures = np.array(course.pressure_mpa)
    pressures[-2:] = [[1.5, 1.4], [0.7, 0.6]]
    fell = replace(course, pressure_mpa=pressures, readable=np.ones_like(course.readable))
    assert fell.end_mpa == 0.7
    both = "700 kPa (6.9 atm, 102 psi) left, 600 kPa (5.9 atm, 87 psi) right"
    assert f"at {both} in the end" in inflated_words(fell)
    rows = rows_of(kyphoplasty_parts(replace(found, balloon=fell))[0].key)
    assert rows["pressure at the end"] == [both]
    half = replace(fell, readable=np.array([[True, True]] * 3 + [[True, False]]))
    assert end_pressure_words(half).endswith("psi) left, not readable right")
    greatest = rows["greatest pressure that can be read"][0]
    assert greatest.endswith("psi); the first increments read high")


def test_key_figures(found):
    rows = rows_of(kyphoplasty_parts(found)[0].key)
    assert rows["inflated"] == ["1.6 ml left, 1.6 ml right of 2.0 ml wanted in each"]
    assert rows["wedge angle"] == ["14.0° before, 10.0° inflated, 11.5° emptied"]
    assert rows["cavity left"] == ["2.5 ml (the full balloons held 3.2 ml)"]
    assert rows["why it ended"] == ["a balloon has come up to the cortex"]
    assert rows["walls pushed out at most"][0].startswith(
        "anterior +1.5, left +2.2, right not known, posterior, towards the canal +0.8 mm"
    )
    assert "no proof of a whole wall" in rows["balloon out of the bone"][0]


def test_one_balloon_is_one(one_sided):
    assert inflated_words(one_sided.balloon).startswith("a balloon 15/3 on the left held 1.6 ml")
    assert rows_of(kyphoplasty_parts(one_sided)[0].key)["balloons"][0].startswith(
        "15/3 (a balloon of 15 mm), on the left; plan 1"
    )


def test_the_four_measures_are_those_of_the_formulas(found):
    rows = rows_of(restoration_table(found.balloon))
    assert list(rows) == [
        f"{height}, {stage}"
        for height in ("anterior", "middle", "posterior")
        for stage in ("inflated", "emptied")
    ]
    # 3 mm of 16, of the 10 that were lost, of 26
    assert rows["anterior, inflated"] == ["+3.00", "+18.8", "+30.0", "+11.5"]
    assert rows["middle, emptied"] == ["+1.00", "+5.0", "+16.7", "+3.8"]
    # 1 mm lost is too little to be a share of
    assert rows["posterior, emptied"] == ["0.00", "0.0", "–", "0.0"]
    table = restoration_table(found.balloon)
    assert [row[0].strong for row in table.rows] == [False, True] * 3


def test_shape_walls_and_steps(found):
    part = kyphoplasty_parts(found)[0]
    shape = rows_of(table_of(part, "Shape"))
    assert shape["anterior height (mm)"] == ["16.0", "19.0", "18.0"]
    assert shape["local kyphosis"] == ["16.0°", "12.0°", "13.5°"]
    table = wall_table(found.balloon)
    assert table.note.endswith("Negative: inward, of the posterior wall away from the canal.")
    walls = rows_of(table)
    assert walls["right"] == ["not known", "not known"]
    assert walls["posterior, towards the canal"] == ["+0.8", "+0.5"]
    steps = rows_of(course_table(found.cement.course))
    assert steps["cement hardens"] == ["≥ 10.0", "0.0", "simulated"]
    assert steps["in all"] == ["≥ 16.5", "2.5", ""]
    assert table_of(part, "Steps").title == "Steps and times, a model"


def test_a_kyphoplasty_without_times_has_no_table_of_them(breached):
    titles = [table.title for table in kyphoplasty_parts(breached)[0].tables]
    assert not any(title.startswith("Steps") for title in titles)


def test_a_breach_stands_first_of_all(found, breached):
    part = kyphoplasty_parts(breached)[0]
    assert part.limits.paragraphs[0] == "A BALLOON HAS LEFT THE BONE (cortex)."
    assert rows_of(part.key)["balloon out of the bone"] == ["YES: cortex"]
    rows = rows_of(breach_table(breached.balloon, breached.cement.result.filling))
    assert rows == {"cortex": ["21", "1.2", "left, anterior, lower third"]}
    whole = breach_table(found.balloon, found.cement.result.filling)
    assert rows_of(whole) == {"no wall": ["–", "–", "–"]}


def test_limits_of_every_inflation_are_the_main_ones(found):
    part = kyphoplasty_parts(found)[0]
    assert part.limits.paragraphs == (
        CRACKED, "Crushed bone is uncertain.", "Discs are held.", "Walls do not crack.",
    )  # fmt: skip
    further = next(block for block in part.text if block.title.endswith("further limits"))
    assert further.paragraphs == ("It ended early.",)
    less = tuple(replace(s, wall_mm=(1.0, 0.5, np.nan, 0.0)) for s in found.balloon.stages)
    whole = replace(found, balloon=replace(found.balloon, stages=less))
    assert crack_words(whole.balloon) == ""
    assert len(kyphoplasty_parts(whole)[0].limits.paragraphs) == 3
    assert "the model's wall stretches and does not crack" in first_page_words(whole)
    few = replace(found, balloon=replace(found.balloon, notes=found.balloon.notes[:2]))
    assert [b.title for b in kyphoplasty_parts(few)[0].text] == ["Kyphoplasty: method"]


def test_an_unsafe_plan_is_said_before_what_holds_for_all(found):
    setup = replace(found.cement.setup, plan_safe=False)
    unsafe = replace(found, cement=replace(found.cement, setup=setup))
    limits = kyphoplasty_parts(unsafe)[0].limits.paragraphs
    assert limits[:2] == ("The needle was put where plan 1 has it.", CRACKED)
    assert len(limits) == 5


def test_inputs_stand_last_each_with_its_source(found):
    part = kyphoplasty_parts(found)[0]
    assert [table.title for table in part.appendix] == [
        "Balloon: a balloon of 15 mm",
        "Crushed bone and ligaments",
    ]
    bone = part.appendix[1]
    assert [cell.text for cell in bone.rows[0]] == [
        "strength against a balloon, share of the uniaxial", "0.17", "0.12 to 0.21", "uncertain",
        "one",
    ]  # fmt: skip
    assert bone.rows[0][3].mark is Mark.UNCERTAIN
    assert rows_of(part.appendix[0])["rated (MPa)"] == ["2.76", "–", "recalled", "400 psi"]


def test_the_cement_is_told_as_that_of_any_injection(found):
    own, cement = injection_part(found.cement), kyphoplasty_parts(found)[1]
    assert cement.tables == own.tables
    rows = rows_of(cement.key)
    place = rows.pop("where it lies")[0]
    assert rows == rows_of(own.key)
    assert place.endswith(" ml in the bone about it")
    bare = kyphoplasty_parts(replace(found, balloon=None))[1]
    assert rows_of(bare.key) == rows
    assert cement.limits.title == "Cement of the kyphoplasty: main limits"
    assert cement.limits.paragraphs == own.limits.paragraphs
    assert cement.pictures == tuple(f"kyphoplasty_{name}" for name in CEMENT_PICTURES)
    files = cement.text[-1].paragraphs[0]
    assert files.startswith("kyphoplasty/L1_cement_01.nii.gz")
    assert "GIF" not in files
    assert "GIF" in own.text[-1].paragraphs[0]


def test_no_balloon_is_said(without_balloon):
    part = kyphoplasty_parts(without_balloon)[0]
    assert rows_of(part.key) == {
        "balloon": ["no balloon was put in (0 ml asked for), and the body keeps its shape"]
    }
    assert part.pictures == NEEDLES
    assert part.appendix == ()
    words = first_page_words(without_balloon)
    assert words.startswith("Simulated kyphoplasty of L1: no balloon was put in")
    assert "cement: 4.00 of 4.40 ml injected" in words


def test_the_first_page_says_how_it_went(report_input, found):
    case = replace(report_input, kyphoplasty=found)
    words = first_page_words(found)
    assert words in build_content(case).status.advice
    assert "two balloons 15/3 held 1.6 ml left" in words
    assert "anterior height +3.0 mm when inflated, +2.0 mm kept" in words
    assert words.endswith(
        "A model, no promise of height and no prediction of leakage: see Kyphoplasty, L1."
    )
    assert f"; w{CRACKED[1:-1]}; " in words
    # leaks past a wall that would be cracked are told with their limits only
    assert "sampled injections" not in words
    assert "left the bone" not in words


def test_the_first_page_tells_leaks_where_no_wall_was_pushed_out(found):
    course = found.balloon
    stages = tuple(replace(stage, wall_mm=(0.5, 0.5, 0.5, 0.0)) for stage in course.stages)
    words = first_page_words(replace(found, balloon=replace(course, stages=stages)))
    assert "of 32 sampled injections" in words
    assert "left the bone" in words


def test_when_a_wall_was_seen_to_move_is_told(found):
    moved = MovedWall(volume_ml=(0.94, 0.95), anterior_mm=0.52)
    course = replace(found.balloon, moved_wall=moved, contact_mm2=(94.0, 103.0))
    told = (
        "at 0.9 ml left, 0.9 ml right a wall had gone out by 1 mm, where an operator may stop; by "
        "then the anterior height had gained +0.5 mm"
    )
    assert moved_words(course) == told
    assert told in first_page_words(replace(found, balloon=course))
    rows = rows_of(kyphoplasty_parts(replace(found, balloon=course))[0].key)
    assert rows["wall seen to move"] == [told]
    assert rows["near the wall at the end"] == [
        "0.9 cm² left, 1.0 cm² right within 1.25 mm of its outer face; endplates do not count"
    ]
    assert "wall seen to move" not in rows_of(kyphoplasty_parts(found)[0].key)
    assert moved_words(found.balloon) == ""


def test_the_room_of_the_balloons_is_balanced(found):
    room = RoomForBalloons(added_ml=5.6, grown_ml=6.4, pressed_ml=0.9, opened_ml=2.5)
    assert room.rest_ml == pytest.approx(0.8)
    part = kyphoplasty_parts(replace(found, balloon=replace(found.balloon, room=room)))[0]
    rows = rows_of(table_of(part, "Where the room came from"))
    assert [cell for (cell,) in rows.values()] == ["5.6", "+6.4", "+0.9", "−2.5", "+0.8"]


def test_the_page_has_the_parts_in_order_and_the_sources_of_cement(report_input, found):
    case = replace(report_input, vertebroplasty=found.cement, kyphoplasty=found)
    content = build_content(case)
    page = render_html(content, ())
    titles = [
        "Vertebroplasty, L1", "Kyphoplasty, L1", "Cement of the kyphoplasty, L1",
        "Vertebroplasty beside kyphoplasty, L1",
    ]  # fmt: skip
    places = [page.index(f'<h1 class="part">{title}</h1>') for title in titles]
    assert places == sorted(places)
    assert page.index("Crushed bone and ligaments</h2>") < places[2]
    alone = build_content(replace(report_input, kyphoplasty=found))
    assert any("Yeom 2003" in line for line in alone.text[-1].paragraphs)
    assert not any("Yeom" in line for line in build_content(report_input).text[-1].paragraphs)
    assert alone.comparison is None


def test_walls_are_named_in_their_order(found):
    walls = (0.125, 1.0, 2.0, -0.5)
    stages = tuple(replace(stage, wall_mm=walls) for stage in found.balloon.stages)
    words = bulge_words(replace(found.balloon, stages=stages))
    assert words.startswith(
        "anterior +0.1, left +1.0, right +2.0, posterior, towards the canal −0.5 mm"
    )
    assert words.endswith("; negative: inward")
    assert bulge_words(found.balloon).endswith("at full inflation")


def test_the_method_says_where_an_inflation_ends(found):
    method = next(b for b in kyphoplasty_parts(found)[0].text if b.title.endswith("method"))
    words = "a balloon with 1 cm² of its surface within 1.25 mm of the cortex's outer face"
    assert words in method.paragraphs[0]
    assert "under 100 N along the spine" in method.paragraphs[0]
    assert "voxels of 1.5 mm" in method.paragraphs[0]


def test_cannulas_and_margins_of_another_plan_than_the_best_stand_with_the_kyphoplasty(
    report_input, found, kyphoplasty_planning
):
    case = replace(report_input, kyphoplasty=found, planning=kyphoplasty_planning)
    titles = [table.title for table in build_content(case).kyphoplasty[0].tables]
    own = next(title for title in titles if title.startswith("Plan 1 of the kyphoplasty: "))
    assert titles[titles.index(own) + 1] == "Margins in mm"
    alone = tuple(p for p in kyphoplasty_planning.plans if p.procedure.value == "kyphoplasty")
    best = replace(case, planning=replace(kyphoplasty_planning, plans=alone))
    shown = [table.title for table in build_content(best).kyphoplasty[0].tables]
    assert "Margins in mm" not in shown
