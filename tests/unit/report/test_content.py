from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import LevelError
from vertaug.case.plan import Route
from vertaug.report import words
from vertaug.report.content import build_content
from vertaug.report.content_plan import (
    entry_words,
    judgeable_mm,
    mark_margin,
    skin_words,
    tilt_in_patient_deg,
)
from vertaug.report.content_status import status
from vertaug.report.style import Mark


def table(content, start):
    everything = (*content.left, *content.right, *content.wide, *content.provenance)
    return next(t for t in everything if t.title.startswith(start))


def row(found, label):
    return next([c.text for c in r] for r in found.rows if r[0].text == label)


def test_numbers_of_the_first_page_are_those_of_the_case(report_input, assessment, planning):
    content = build_content(report_input)
    measured = assessment.levels["L1"]
    heights = row(table(content, "Heights"), "anterior")
    assert heights[1] == f"{measured.heights_mm.anterior:.1f}"
    assert heights[4] == f"{measured.own_ratios.anterior:.2f}"
    assert heights[5] == f"{measured.loss_percent.anterior:.0f} %"
    tiles = {t.label: t for t in content.tiles}
    assert tiles["Level"].value == "L1"
    assert tiles["Level"].detail == "grade 2 (moderate), wedge"
    assert tiles["Wedge angle"].value == f"{measured.wedge_angle_deg:.1f}°"
    margins = table(content, "Margins")
    path = planning.plans[0].paths[0]
    assert row(margins, "canal")[1:] == [f"{path.margins.canal_mm:.1f}"] * 2 + ["≥ 1.0"]
    assert (
        row(table(content, "Highest-scoring plan"), "bone entry to tip")[1]
        == f"{path.length_mm:.1f} mm"
    )
    assert (
        row(table(content, "Highest-scoring plan"), "skin to tip, as scanned")[1]
        == f"{27 + path.length_mm:.1f} mm"
    )


def test_the_right_needle_comes_first_as_in_the_pictures(report_input):
    assert table(build_content(report_input), "Margins").columns[1:3] == ("right", "left")


def test_skin_entry_is_given_along_the_patient(spine, planning):
    frame = spine["L1"].frame
    path = replace(
        planning.plans[0].paths[0],
        skin_entry_lps_mm=frame.origin_lps_mm + np.array([-43.2, 80.0, -11.7]),
    )
    assert skin_words(spine["L1"], path) == ("43 mm right", "12 mm footward")
    unseen = replace(path, skin_entry_lps_mm=None)
    assert skin_words(spine["L1"], unseen) == ("outside the scan", "–")


def test_the_sagittal_angle_is_given_to_the_endplates_and_in_the_patient(planning):
    path = replace(
        planning.plans[0].paths[0],
        entry_lps_mm=np.array([0.0, 50.0, 0.0]),
        target_lps_mm=np.array([0.0, 0.0, 50.0 * np.tan(np.radians(5.0))]),
        sagittal_angle_deg=6.0,
    )
    assert tilt_in_patient_deg(path) == pytest.approx(-5.0)


def test_bone_entry_is_given_from_the_body_centre(planning, spine):
    frame = spine["L1"].frame
    path = replace(planning.plans[0].paths[0], entry_lps_mm=frame.to_world([-23.2, 40.0, 6.4]))
    assert entry_words(spine["L1"], path) == "23 right, 6 headward"


def test_a_worse_level_than_the_one_asked_for_is_named_on_the_first_page(report_input):
    levels = report_input.assessment.levels
    level = report_input.planning.level
    other = next(name for name in levels if name != level)
    for own, text in ((0, "shows no fracture"), (1, f"{other}: grade 3, {level} grade 1.")):
        graded = {**levels, level: replace(levels[level], genant_grade=own)}
        graded[other] = replace(levels[other], genant_grade=3)
        case = replace(report_input, assessment=replace(report_input.assessment, levels=graded))
        assert text in status(case).text
        assert f"{other}: grade 3" in status(case).text


@pytest.mark.parametrize(
    ("value", "mark"), [(0.9, Mark.CUT), (1.0, Mark.NARROW), (1.4, Mark.NARROW), (1.5, Mark.KEPT)]
)
def test_a_margin_is_narrow_where_the_scan_cannot_tell(value, mark, report_input):
    assert judgeable_mm(report_input) == pytest.approx(0.5)
    assert mark_margin(value, 1.0, 0.5) is mark


def test_an_unsafe_plan_is_said_at_the_top_with_advice(report_input, unsafe_planning):
    content = build_content(replace(report_input, planning=unsafe_planning))
    assert content.status.mark is Mark.CUT
    assert content.status.text.startswith(
        "NO PATH KEEPS ALL BONE AND CANAL MARGINS at L1 with 11 G"
    )
    assert content.status.advice == unsafe_planning.advice
    margins = table(content, "Margins")
    cell = next(r[1] for r in margins.rows if r[0].text == "pedicle wall")
    assert (cell.text, cell.mark) == ("−0.7", Mark.CUT)
    state = table(content, "All plans").rows[0][-1]
    assert state.mark is Mark.CUT
    assert "pedicle wall" in state.text


def test_a_level_without_fracture_is_no_good_news(report_input, assessment):
    own = replace(assessment.levels["L1"], genant_grade=0)
    intact = replace(assessment, levels={**assessment.levels, "L1": own})
    content = build_content(replace(report_input, assessment=intact))
    assert content.status.mark is Mark.NONE
    assert content.status.text.startswith("L1 shows no fracture by its heights (grade 0).")
    assert build_content(report_input).status.mark is Mark.KEPT


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"breach_probability": 0.18}, "with aiming error the right one breaks a wall in 18 %"),
        ({"entry_angle_deg": 34.6}, "the right one meets the bone at 35°"),
        (
            {"skin_entry_lps_mm": None, "skin_depth_mm": None},
            "skin of the right one outside the scan",
        ),
    ],
)
def test_what_speaks_against_the_best_plan_stands_at_the_top(change, words, report_input, planning):
    paths = [replace(p, **change) if p.side == "right" else p for p in planning.plans[0].paths]
    plan = replace(planning.plans[0], paths=tuple(paths))
    case = replace(report_input, planning=replace(planning, plans=(plan,)))
    found = status(case)
    assert found.mark is Mark.CAUTION
    assert words in found.text
    assert words not in status(report_input).text


def test_a_slanting_entry_and_a_likely_breach_are_marked(report_input, planning):
    paths = (
        replace(planning.plans[0].paths[0], entry_angle_deg=39.0, breach_probability=0.06),
        replace(planning.plans[0].paths[1], entry_angle_deg=41.0, breach_probability=0.04),
    )
    plan = replace(planning.plans[0], paths=paths)
    case = replace(report_input, planning=replace(planning, plans=(plan,)))
    found = table(build_content(case), "Highest-scoring plan")
    heads = found.columns[1:]
    for label in ("bone entry, to its surface", "breach, aiming error"):
        cells = next(r[1:] for r in found.rows if r[0].text == label)
        marks = dict(zip(heads, (c.mark for c in cells), strict=True))
        assert marks == {paths[0].side: Mark.CAUTION, paths[1].side: Mark.NONE}


def test_a_body_crushed_flat_is_said_at_the_top(report_input, assessment):
    own = assessment.levels["L1"]
    flat = replace(own, heights_mm=replace(own.heights_mm, posterior=7.2))
    case = replace(
        report_input, assessment=replace(assessment, levels={**assessment.levels, "L1": flat})
    )
    assert any("L1 is crushed to 7 mm" in text for text in status(case).advice)
    assert not any("crushed" in text for text in status(report_input).advice)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"retropulsion_mm": 3.9, "canal_compromise_percent": 17.0},
            "stands 3.9 mm into the canal",
        ),
        ({"retropulsion_mm": 1.9, "canal_compromise_percent": 9.0}, None),  # not told from zero
    ],
)
def test_a_wall_in_the_canal_is_said_at_the_top(change, words, report_input, assessment):
    own = assessment.levels["L1"]
    broken = replace(own, posterior_wall=replace(own.posterior_wall, **change))
    levels = {**assessment.levels, "L1": broken}
    found = status(replace(report_input, assessment=replace(assessment, levels=levels)))
    said = [text for text in found.advice if "into the canal" in text]
    assert len(said) == (words is not None)
    assert all(words in text for text in said)
    assert found.mark is (Mark.CAUTION if said else Mark.KEPT)


def test_gas_and_the_rib_are_said_at_the_top(report_input, assessment, planning):
    own = assessment.levels["L1"]
    gas = replace(own, cleft=replace(own.cleft, present=True, volume_ml=0.3))
    levels = {**assessment.levels, "L1": gas}
    found = status(replace(report_input, assessment=replace(assessment, levels=levels)))
    assert any("holds gas (0.3 ml)" in text for text in found.advice)
    beside = replace(planning.plans[0], route=Route.PARAPEDICULAR)
    found = status(replace(report_input, planning=replace(planning, plans=(beside,))))
    assert any("along the rib" in text for text in found.advice)
    assert not any("rib, which" in text for text in status(report_input).advice)


def test_plans_that_aiming_error_breaks_are_counted(report_input, planning):
    first, second = planning.plans
    risky = replace(second, paths=tuple(replace(p, breach_probability=0.4) for p in second.paths))
    found = status(replace(report_input, planning=replace(planning, plans=(first, risky))))
    assert "1 of these break a wall in 5 % or more with aiming error" in found.text
    assert "of these" not in status(report_input).text


def test_without_any_plan_the_top_says_so(report_input, planning):
    empty = replace(planning, plans=(), advice=("No gauge fits.",))
    content = build_content(replace(report_input, planning=empty))
    assert content.status.text == "No path could be planned at L1 with 11 G."
    assert content.status.advice == ("No gauge fits.",)


def test_measured_only(report_input):
    content = build_content(replace(report_input, planning=None))
    assert content.status.text == "Measured only: no needle path was planned for this case."
    assert content.title == "Vertebral fracture measurement, L1"
    assert not [t for t in content.wide if t.title.startswith("All plans")]


def test_no_fracture_at_all(report_input, assessment):
    nothing = replace(assessment, level=None, level_source="no level has grade 1 or more")
    content = build_content(replace(report_input, planning=None, assessment=nothing))
    assert content.status.text.startswith("No fractured level found.")
    assert content.tiles[0].value == "none"


def test_every_level_is_listed_with_its_reason(report_input, assessment):
    levels = table(build_content(report_input), "All levels")
    assert [r[0].text for r in levels.rows] == ["T12", "L1", "L2", "L3"]
    assert levels.rows[3][-1].text == assessment.incomplete["L3"]
    assert {len(r) for r in levels.rows} == {len(levels.columns)}


def test_a_plan_of_another_spine_is_refused(report_input, planning):
    with pytest.raises(LevelError, match="T9, which is not in this spine"):
        replace(report_input, planning=replace(planning, level="T9"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (words.millimetres(-0.04), "0.0 mm"),
        (words.millimetres(-1.26), "−1.3 mm"),
        (words.millimetres(None), "–"),
        (words.kyphosis(-3.21), "3.2° lordotic"),
        (words.kyphosis(12.0), "12.0° kyphotic"),
        (words.whole_degrees(37.6), "38°"),
        (words.whole_degrees(None), "–"),
        (words.prone_receptor(-18.3, -8.7), "18° to left, 9° to head"),
        (words.prone_receptor(17.0, 11.9), "17° to right, 12° to feet"),
        (words.prone_receptor(89.8, -1.7), "receptor on the left, 2° to feet"),
        (words.prone_receptor(-90.2, 0.3), "receptor on the right"),
        (words.prone_receptor(0.1, 0.2), "straight above"),
        (words.sentence("a b.. "), "A b."),
        (words.medial(-4.0), "4° lateral"),
        (words.caudal(9.0), "9° caudal"),
        (words.percent(np.float64(40.4)), "40 %"),
    ],
)
def test_numbers_in_words(text, expected):
    assert text == expected


def test_levels_that_skip_are_said_at_the_top(report_input):
    labels = report_input.spine.labels
    skipped = replace(labels, levels={"T12": 19, "L1": 20, "L4": 23})
    case = replace(report_input, spine=replace(report_input.spine, labels=skipped))
    first = build_content(case).status.advice[0]
    assert first.startswith("L2, L3 are not labelled although L1 and L4 are")
