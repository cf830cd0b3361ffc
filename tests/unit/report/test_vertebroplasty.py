"""What the report says and shows of a vertebroplasty."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from vertaug.report import canvas
from vertaug.report.content import build_content
from vertaug.report.content_filling_spread import spread_table
from vertaug.report.content_vertebroplasty import PICTURES, vertebroplasty_part
from vertaug.report.figure_filling import (
    choose_cement_sections,
    draw_filling_sections,
    marks_beside,
    pore_filling,
    shown_frames,
    tint,
)
from vertaug.report.figure_filling_curves import (
    draw_filling_curves,
    draw_filling_heat,
    pause_spans,
    portion_spans,
)
from vertaug.report.figure_filling_spread import canal_odds, draw_filling_spread
from vertaug.report.filling_pictures import filling_pictures
from vertaug.report.leak_marks import draw_leaks, leak_marks
from vertaug.report.render_html import render_html
from vertaug.report.render_pdf import render_pdf
from vertaug.report.style import Mark


@pytest.fixture(scope="module")
def found(make_vertebroplasty, spine, planning):
    return make_vertebroplasty(spine["L1"], planning.plans[0].paths)


@pytest.fixture(scope="module")
def case(report_input, found):
    return replace(report_input, vertebroplasty=found)


def rows_of(part, title):
    table = next(table for table in part.tables if table.title.startswith(title))
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def changed(found, **filling):
    new = replace(found.result.filling, **filling)
    return replace(found, result=replace(found.result, filling=new))


def test_the_limits_say_that_leaks_are_no_prediction_and_what_is_uncertain(found):
    limits = vertebroplasty_part(found).limits.paragraphs
    assert limits[0] == "Leaks are made up and not a prediction."
    assert "viscosity (Pa s)" in limits[1]
    assert "Nothing was simulated." in limits


def test_volumes_and_where_they_stand(found):
    rows = rows_of(vertebroplasty_part(found), "What was injected")
    assert rows["injected"] == ["4.00 ml, the planned volume was injected"]
    assert rows["left the bone, in the model"] == ["0.06 ml"]
    assert rows["safe volume"][0].startswith("2.60 ml")
    assert rows["nearest to the endplates"] == ["superior in contact, inferior 2.5 mm"]
    assert rows["left : right"] == ["47 : 53"]
    assert "3 ml/min" in rows["planned"][0]
    filling = found.result.filling
    share = 100.0 * filling.fill_fraction
    assert rows["cement in the body"][0].startswith(f"{share:.0f} % of the body's")


def test_without_a_rule_met_the_safe_volume_is_a_least_value(found):
    part = vertebroplasty_part(changed(found, safe_volume_mm3=None, events=()))
    assert rows_of(part, "What was injected")["safe volume"][0].startswith("at least 4.00 ml")
    assert list(rows_of(part, "Stop rules")) == ["none was met"]


def test_leaks_by_path_with_distance_and_place(found):
    rows = rows_of(vertebroplasty_part(found), "Leakage by path")
    assert len(rows) == 6
    place = found.result.filling.leaks[0].first_lps_mm
    where = ", ".join(f"{v:.0f}".replace("-", "−") for v in place)
    assert rows["basivertebral vein (B)"] == ["0.0", "0.060", "2.90", "58", where]
    assert rows["segmental vein (S)"][:2] == ["3.2", "0"]
    assert rows["cortical defect (C)"][:2] == ["no opening", "0"]


def test_stop_rules_say_whether_they_were_acted_on(found):
    rows = rows_of(vertebroplasty_part(found), "Stop rules")
    assert rows["posterior quarter"][-1] == "recorded only"
    event = replace(found.result.filling.events[0], acted_on=True)
    rows = rows_of(vertebroplasty_part(changed(found, events=(event,))), "Stop rules")
    assert rows["posterior quarter"][-1] == "stopped here"


def test_uncertain_values_of_the_product_are_marked(found):
    part = vertebroplasty_part(found)
    table = next(table for table in part.tables if table.title.startswith("Product"))
    marks = {row[0].text: row[3].mark for row in table.rows}
    assert marks == {"density (g/ml)": Mark.NONE, "viscosity (Pa s)": Mark.UNCERTAIN}


def test_heat_by_tissue(found):
    rows = rows_of(vertebroplasty_part(found), "Heat")
    assert rows["vertebral canal"][0] == "39.0"
    # cement is no living tissue: no dose
    assert rows["cement"] == ["68.0", "300", "120", "–", "–"]
    assert rows["vertebral canal"][3:] == ["12", "< 0.001"]


def test_a_tissue_beyond_the_box_has_a_row_and_no_line(found):
    heat = found.result.heat
    assert heat.tissue("canal").peak_c == 39.0
    bare = replace(heat, tissues=tuple(t for t in heat.tissues if t.name != "canal"))
    assert bare.tissue("canal") is None
    alone = replace(found, result=replace(found.result, heat=bare))
    rows = rows_of(vertebroplasty_part(alone), "Heat")
    assert rows["vertebral canal: beyond the computed box"] == ["–"] * 5
    assert "vertebral canal" not in rows
    assert draw_filling_heat(bare, "L1").png != draw_filling_heat(heat, "L1").png


def test_that_leaks_are_no_prediction_is_said_once_in_the_limits(found):
    limits = vertebroplasty_part(changed(found, notes=("no wall is seen over 3 mm2",))).limits
    assert " ".join(limits.paragraphs).count("not a prediction") == 1
    assert "No wall is seen over 3 mm²." in limits.paragraphs
    silent = vertebroplasty_part(changed(found, leak_limit="")).limits
    assert "not a prediction" not in " ".join(silent.paragraphs)


def test_spread_counts_with_intervals(found):
    spread = found.result.spread
    table = spread_table(spread)
    assert table is not None
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    leaked = int((spread.leaked_mm3[:, 0] > spread.least_mm3).sum())
    assert rows["leak by basivertebral vein (B)"][0].startswith(f"{leaked} of 32 (")
    middle = np.median(spread.safe_volume_mm3) / 1000.0
    assert rows["safe volume (ml)"][2].startswith(f"{middle:.2f} (")
    assert "Wilson" in table.note
    assert "seed 1" in table.note


def test_samples_that_failed_are_said(found):
    table = spread_table(replace(found.result.spread, failed=("no way out",)))
    assert table is not None
    assert "no way out" in table.note


def test_no_spread_without_samples(found):
    empty = replace(found.result.spread, leaked_mm3=np.zeros((0, 6)), safe_volume_mm3=np.zeros(0))
    assert spread_table(empty) is None
    assert draw_filling_spread(empty, "L1", 4000.0) is None


def test_strength_stands_beside_it_where_it_is_of_the_same_level(found):
    from types import SimpleNamespace

    before = SimpleNamespace(failure_load_n=2000.0, stiffness_n_per_mm=10_000.0, main="offset")
    after = SimpleNamespace(failure_load_n=3000.0, stiffness_n_per_mm=15_000.0, main="offset")
    strength = SimpleNamespace(level="L1", before=before, after=after)
    rows = rows_of(vertebroplasty_part(found, strength), "Strength before")
    assert rows["failure load, offset (kN)"] == ["2.00", "3.00", "1.50"]
    strength.level = "L2"
    titles = [table.title for table in vertebroplasty_part(found, strength).tables]
    assert not any(title.startswith("Strength") for title in titles)


def test_the_first_page_points_to_it(case):
    advice = build_content(case).status.advice
    assert any("Simulated vertebroplasty of L1: 4.0 ml" in line for line in advice)
    assert any("no prediction of leakage" in line for line in advice)


def test_frames_are_at_equal_parts_of_the_volume(found):
    filling = found.result.filling
    volumes = [filling.frames[number].injected_mm3 for number in shown_frames(filling)]
    assert volumes == pytest.approx([1000.0, 2000.0, 3000.0, 4000.0])
    few = replace(filling, frames=filling.frames[-1:])
    assert shown_frames(few) == (0,)


def test_sections_go_through_the_cement(found):
    filling = found.result.filling
    sections = choose_cement_sections(filling)
    assert [section.axis for section in sections] == [1, 0, 2]
    for section in sections:
        other = tuple(axis for axis in range(3) if axis != section.axis)
        area = filling.cement_share.sum(axis=other)
        index = filling.grid.to_index(section.plane.centre_lps_mm)[section.axis]
        assert area[round(index)] == area.max()
    front = sections[0].plane
    # from the front and from below: the patient's right on the left
    assert front.right @ filling.grid.directions[:, 0] == pytest.approx(1.0)
    assert front.down @ filling.grid.directions[:, 2] == pytest.approx(-1.0)
    assert sections[2].plane.down @ filling.grid.directions[:, 1] == pytest.approx(1.0)


def test_cement_is_tinted_where_more_than_half_of_the_pores_is(found):
    colours = tint(np.array([[0.0, 0.49, 0.51, 1.0, np.nan]]))[0]
    assert colours[:, 3].tolist() == [0.0, 0.0, 0.4, 0.4, 0.0]
    assert len({tuple(colour) for colour in colours[2:4]}) == 1


def test_how_full_the_pores_are_takes_the_pores_of_each_cell(found):
    filling = found.result.filling
    frame = filling.frames[-1]
    mean = pore_filling(filling, frame)
    np.testing.assert_allclose(mean, np.clip(frame.cement_share / 0.85, 0.0, 1.0), rtol=1e-6)
    pores = np.where(frame.cement_share > 0.0, 2.0 * frame.cement_share, 0.0)
    own = pore_filling(replace(filling, pore_share=pores), frame)
    np.testing.assert_allclose(own[frame.cement_share > 0.0], 0.5, rtol=1e-6)
    assert own[frame.cement_share == 0.0].max() == 0.0


def test_pictures_have_names_captions_and_the_width_of_the_page(case):
    pictures = filling_pictures(case)
    assert [p.name for p in pictures] == [n for n in PICTURES if n != "filling_radiographs"]
    for picture in pictures:
        assert picture.png.startswith(b"\x89PNG")
        assert picture.width_mm == 182.0
        assert picture.height_mm < 240.0
    captions = {picture.name: picture.caption for picture in pictures}
    assert "not a prediction" in captions["filling_curves"]
    assert "path as in the table" in captions["filling_sections"]
    assert "fingers thinner than a cell" in captions["filling_sections"]
    assert "not simulated beyond the exit" in captions["filling_solid"]
    assert filling_pictures(replace(case, vertebroplasty=None)) == ()


def test_without_leaks_no_ring_is_explained(found, spine):
    picture = draw_filling_sections(replace(found.result.filling, leaks=()), spine)
    assert "ring" not in picture.caption
    assert "No path leaked 0.01 ml or more" in picture.caption


def test_a_leak_far_from_a_section_is_named_and_has_no_ring(found):
    filling = found.result.filling
    sections = {section.axis: section for section in choose_cement_sections(filling)}
    left, posterior, up = filling.grid.directions.T
    plane = sections[2].plane
    leaves = plane.centre_lps_mm + 3.0 * left - 2.0 * posterior + 9.0 * up
    leak = replace(filling.leaks[0], exit_lps_mm=leaves, inlet_lps_mm=leaves)
    leaky = replace(filling, leaks=(leak,))
    marks = leak_marks(leaky, 80.0)
    (axial,) = marks_beside(sections[2], leaky, marks)
    assert axial.away == "9 mm above"
    (sagittal,) = marks_beside(sections[0], leaky, marks)
    offset = float((leaves - sections[0].plane.centre_lps_mm) @ left)
    side = "left" if offset > 0 else "right"
    assert sagittal.away == ("" if abs(offset) <= 4.0 else f"{abs(offset):.0f} mm {side}")
    figure = canvas.new_figure(50.0, 50.0)
    axes = canvas.add_panel(figure, (0, 0, 1, 1), plane)
    draw_leaks(axes, (axial,), plane.to_picture, "section")
    assert len(axes.collections) == 0
    assert [text.get_text() for text in axes.texts] == ["B 0.06 ml\n9 mm above"]


def test_sections_have_one_size_and_fill_the_page(found, spine):
    filling = found.result.filling
    planes = [section.plane for section in choose_cement_sections(filling)]
    assert len({(plane.half_width_mm, plane.half_height_mm) for plane in planes}) == 1
    body = filling.grid.to_world(np.argwhere(filling.in_body).astype(float))
    for plane in planes:
        across = np.abs(plane.to_picture(body))
        assert (across.max(axis=0) < [plane.half_width_mm, plane.half_height_mm]).all()
    assert 150.0 < draw_filling_sections(filling, spine).height_mm < 230.0


def test_curves_name_the_rules_and_heat_its_level(found):
    assert "a posterior quarter" in draw_filling_curves(found.result.filling).caption
    assert "L1" in draw_filling_heat(found.result.heat, "L1").caption


def test_curves_show_leaks_limit_and_needles_where_they_are_known(found):
    filling = found.result.filling
    bare = draw_filling_curves(filling)
    assert "limit of the syringe" not in bare.caption
    assert "left or right needle" not in bare.caption
    full = replace(filling, syringe_limit_mpa=3.215, portion_tip=(0, 1, 0, 1))
    picture = draw_filling_curves(full)
    assert "limit of the syringe" in picture.caption
    assert "left or right needle" in picture.caption
    assert picture.png != bare.png
    dry = draw_filling_curves(replace(filling, leaks=()))
    assert dry.png != bare.png


def test_pauses_are_where_nothing_flows(found):
    curve = found.result.filling.curve
    assert pause_spans(curve) == []
    rate = np.array(curve.rate_mm3_per_s)
    rate[[21, 61]] = 0.0
    rested = replace(curve, rate_mm3_per_s=rate)
    assert pause_spans(rested) == [(20.0, 21.0), (60.0, 61.0)]
    filling = replace(found.result.filling, curve=rested)
    assert "Grey: pauses" in draw_filling_curves(filling).caption


def test_the_boiling_point_is_named_where_cement_comes_near_it(found):
    heat = found.result.heat
    assert "boiling point" not in draw_filling_heat(heat, "L1").caption
    hot = tuple(
        replace(t, history_c=t.history_c + 30.0) if t.name == "cement" else t for t in heat.tissues
    )
    assert "boiling point" in draw_filling_heat(replace(heat, tissues=hot), "L1").caption


def test_leaks_towards_the_canal_are_those_of_either_path(found):
    spread = found.result.spread
    leaked = np.zeros((10, 6))
    leaked[:3, 0] = 50.0
    leaked[2:5, 4] = 50.0
    leaked[5:, 1] = 50.0
    odds = canal_odds(replace(spread, leaked_mm3=leaked))
    assert (odds.count, odds.samples) == (5, 10)
    assert odds.low < 0.5 < odds.high


def test_safe_volumes_on_one_place_are_said_and_not_drawn(found):
    spread = found.result.spread
    drawn = draw_filling_spread(spread, "L1", 4000.0)
    assert "Right: share of samples" in drawn.caption
    assert "none stops" in drawn.caption
    count = len(spread.safe_volume_mm3)
    stopped = np.zeros(count, dtype=bool)
    whole = np.full(count, spread.planned_mm3)
    none = draw_filling_spread(
        replace(spread, safe_volume_mm3=whole, stopped=stopped), "L1", 4000.0
    )
    assert "Right: share" not in none.caption
    stopped[0], whole[0] = True, 3000.0
    one = draw_filling_spread(replace(spread, safe_volume_mm3=whole, stopped=stopped), "L1", 4000.0)
    assert "Right: share" not in one.caption
    assert one.png != none.png


def test_portions_cover_the_whole_time(found):
    curve = found.result.filling.curve
    spans = portion_spans(curve)
    assert [number for *_, number in spans] == [0, 1, 2, 3]
    assert spans[0][0] == 0.0
    assert spans[-1][1] == curve.time_s[-1]
    for (_, stop, _), (start, _, _) in itertools.pairwise(spans):
        assert start == stop


def test_pages_hold_the_section_once(case):
    content = build_content(case)
    pictures = filling_pictures(case)
    html = render_html(content, pictures)
    assert html.count('<h1 class="part">Vertebroplasty, L1</h1>') == 1
    for picture in pictures:
        assert html.count(f'id="figure-{picture.name}"') == 1
    assert render_pdf(content, pictures).startswith(b"%PDF")
    assert build_content(replace(case, vertebroplasty=None)).vertebroplasty is None
