"""What the report says and shows of a vertebroplasty."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from vertaug.case.filling import LEAK_PATHS, LEAST_LEAK_MM3
from vertaug.case.grid import axis_aligned_grid
from vertaug.case.spread_figures import canal_stops
from vertaug.report import canvas, content_injection
from vertaug.report.content import Table, build_content
from vertaug.report.content_filling_heat import heat_table, heat_words
from vertaug.report.content_filling_spread import spread_table
from vertaug.report.content_injection import PICTURES, injection_part
from vertaug.report.enclosed_series import glass_vertebra
from vertaug.report.endplate_contact import endplate_contacts
from vertaug.report.figure_filling import (
    cement_on,
    choose_cement_sections,
    cortex_on,
    draw_filling_sections,
    marks_beside,
    shown_frames,
    tint,
)
from vertaug.report.figure_filling_curves import (
    draw_filling_curves,
    draw_filling_heat,
    pause_spans,
    portion_spans,
)
from vertaug.report.figure_filling_spread import draw_filling_spread
from vertaug.report.filled_pores import CORTEX_MM, pore_filling
from vertaug.report.filling_pictures import filling_pictures
from vertaug.report.leak_marks import draw_leaks, leak_marks
from vertaug.report.leak_site import leak_site
from vertaug.report.render_html import render_html
from vertaug.report.render_pdf import render_pdf
from vertaug.report.sections import bone_field
from vertaug.report.style import Mark


@pytest.fixture(scope="module")
def found(make_vertebroplasty, spine, planning):
    return make_vertebroplasty(spine["L1"], planning.plans[0].paths)


@pytest.fixture(scope="module")
def case(report_input, found):
    return replace(report_input, vertebroplasty=found)


def rows_of(part, title):
    tables = (part.key, *part.tables, *part.appendix)
    table = next(table for table in tables if table.title.startswith(title))
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def table_of(part, title):
    return next(table for table in part.tables if table.title.startswith(title))


def changed(found, **filling):
    new = replace(found.result.filling, **filling)
    return replace(found, result=replace(found.result, filling=new))


def spread_rows(spread, setup):
    table = spread_table(spread, setup)
    return table, {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_the_main_limits_are_few_and_say_what_nobody_should_miss(found):
    limits = injection_part(found).limits.paragraphs
    assert limits[0] == "Leaks are made up and not a prediction."
    assert "one value of its table uncertain, its viscosity over time" in limits[-1]
    assert len(limits) == 2
    walls = changed(found, wall_limit="the cortex cannot be seen over 3 mm2")
    assert "The cortex cannot be seen over 3 mm²." in injection_part(walls).limits.paragraphs


def test_how_cement_fills_a_cleft_stands_among_the_main_limits(found):
    note = "L1 holds a gas cleft of 0.3 ml: modelled as free space"
    part = injection_part(replace(found, notes=(note, "another note")))
    assert f"{note}." in part.limits.paragraphs
    further = next(block for block in part.text if "further limits" in block.title)
    assert f"{note}." not in further.paragraphs
    assert "Another note." in further.paragraphs


def test_an_unsafe_plan_stands_first_of_all(found):
    unsafe = replace(found, setup=replace(found.setup, plan_safe=False))
    part = injection_part(unsafe)
    assert part.limits.paragraphs[0] == "The needle was put where plan 1 has it."
    further = next(block for block in part.text if block.title.endswith("further limits"))
    assert "The needle was put where plan 1 has it." not in further.paragraphs


def test_the_rest_of_the_limits_stands_at_the_end_once_each(found):
    limit = found.result.filling.leak_limit
    part = injection_part(changed(found, notes=("a gap of 3 mm2", "a gap of 3 mm2", limit)))
    further = next(block for block in part.text if block.title.endswith("further limits"))
    assert further.paragraphs.count("A gap of 3 mm².") == 1
    assert not set(further.paragraphs) & set(part.limits.paragraphs)
    assert any("viscosity (Pa s)" in line for line in further.paragraphs)
    assert [table.title.split(":")[0] for table in part.appendix] == ["Product"]


def test_key_figures_come_first(found):
    rows = rows_of(injection_part(found), "In short")
    assert rows["injected"] == [
        "4.00 ml of 4.40 ml planned (target of the plan): the planned volume was injected"
    ]
    assert rows["volume at the first stop rule"][0].startswith("2.60 ml: cement is seen")
    assert rows["in this one injection"] == [
        "0.06 ml left the bone, of it 0.06 by basivertebral vein (B)"
    ]
    large = int((found.result.spread.leaked_mm3.sum(axis=1) > 50.0).sum())
    words = f"of 32 sampled injections of the whole volume leaked ({large} more than 0.05 ml)"
    assert words in rows["leaks"][0]
    assert "more than 0.01 ml" in rows["leaks"][0]
    assert rows["heat beside the cement"] == [
        (
            "no endplate above 50 °C (superior endplate at most 46.0 °C); canal not heated above "
            "45 °C (peak 39.0 °C)"
        )
    ]
    bare = replace(found, result=replace(found.result, heat=None, spread=None))
    assert len(rows_of(injection_part(bare), "In short")) == 4


def test_the_first_stop_is_never_called_safe_nor_bold(found):
    part = injection_part(found)
    page = " ".join(
        cell.text for table in (part.key, *part.tables) for row in table.rows for cell in row
    )
    assert "safe volume" not in page.lower()
    strong = {row[0].text for row in part.key.rows if any(cell.strong for cell in row)}
    assert strong == {"injected"}
    assert "not safe in itself" in part.key.note


def test_without_a_rule_met_the_first_stop_is_a_least_value(found):
    part = injection_part(changed(found, safe_volume_mm3=None, events=()))
    key = rows_of(part, "In short")
    assert key["volume at the first stop rule"] == ["≥ 4.00 ml, no rule met"]
    assert [row[0] for row in rows_of(part, "Stop rules").values()] == ["no", "no"]


def test_volumes_and_where_they_stand(found):
    rows = rows_of(injection_part(found), "What was injected")
    assert rows["injected"] == ["4.00 ml, the planned volume was injected"]
    assert rows["in the bone"] == ["3.94 ml"]
    told = changed(found, in_ways_mm3=40.0)
    assert rows_of(injection_part(told), "What was injected")["in the bone"] == [
        "3.94 ml, 0.04 ml of it in drawn veins and fissures"
    ]
    (near,) = rows["cement to the endplates"]
    assert near.startswith("superior in contact, begun between 1.50 and 2.00 ml (midline, anterior")
    assert near.endswith("mm² at the end; inferior 2.5 mm away")
    assert rows["right : left"] == ["53 : 47"]
    assert "3 ml/min" in rows["planned"][0]
    filling = found.result.filling
    share = 100.0 * filling.fill_fraction
    assert rows["cement in the body"][0].startswith(f"{share:.0f} % of the body's")


def touching(found, at):
    """Return a filling whose cement touches the inferior endplate at cells from frames on."""
    filling = found.result.filling
    shares = [np.zeros(filling.grid.shape) for _ in filling.frames]
    for (i, j), first in at.items():
        k = int(filling.in_body[i, j].argmax())
        for share in shares[first:]:
            share[i, j, k] = 0.8
    frames = tuple(
        replace(frame, cement_share=share)
        for frame, share in zip(filling.frames, shares, strict=True)
    )
    return changed(found, frames=frames, endplate_gap_mm=np.array([3.0, 0.0]))


def test_contact_with_an_endplate_is_said_with_its_volume_and_place(found):
    filling = found.result.filling
    columns = np.argwhere(filling.in_body.any(axis=2))
    low, high = columns.min(axis=0), columns.max(axis=0)
    middle, front = (low + high) // 2, np.array([(low[0] + high[0]) // 2, low[1] + 3])
    touched = touching(found, {tuple(middle): 2, tuple(front): 1})
    (contact,) = endplate_contacts(touched.result.filling)
    volumes = [frame.injected_mm3 for frame in filling.frames]
    assert (contact.plate, contact.after_mm3, contact.by_mm3) == ("inferior", *volumes[:2])
    assert contact.site == "midline, anterior"
    cell = float(np.prod(filling.grid.spacing_mm[:2]))
    assert contact.area_mm2 == pytest.approx(2.0 * cell)
    words = rows_of(injection_part(touched), "In short")["cement to the endplates"][0]
    begun = f"begun between {volumes[0] / 1000:.2f} and {volumes[1] / 1000:.2f} ml"
    assert words.startswith(f"superior 3.0 mm away; inferior in contact, {begun} (midline, ant")
    # cement in contact at the first moment began after none
    (early,) = endplate_contacts(touching(found, {tuple(middle): 0}).result.filling)
    assert (early.after_mm3, early.by_mm3) == (0.0, volumes[0])


def test_pressures_in_bar_beside_the_limit_of_the_syringe(found):
    rows = rows_of(injection_part(found), "What was injected")
    assert rows["greatest pressure in the bone, at the tip"] == ["11.9 kPa (0.12 bar)"]
    assert rows["greatest pressure in the syringe"] == [
        "920 kPa (9.2 bar); limit used 3215 kPa (32.1 bar): the highest measured in patients"
    ]
    older = replace(found, setup=replace(found.setup, syringe_limit_mpa=None))
    rows = rows_of(injection_part(older), "What was injected")
    assert rows["greatest pressure in the syringe"] == ["920 kPa (9.2 bar)"]


def test_the_state_of_the_cement_at_both_ends(found):
    part = injection_part(found)
    rows = rows_of(part, "Cement in the syringe")
    assert rows["age from mixing (min)"] == ["6.2", "7.6"]
    assert rows["viscosity in the syringe at that age (Pa s)"] == ["200", "380"]
    note = table_of(part, "Cement in the syringe").note
    assert "3.0 to 9.5 min" in note
    assert "the middle of the working window" in note
    assert "The product's table gives 50 Pa s at 3.5 min from mixing, and samples draw it" in note
    older = replace(found, setup=replace(found.setup, clock=None))
    assert rows_of(injection_part(older), "Cement in the syringe") == {
        "age from mixing (min)": ["6.2"]
    }


def test_leaks_by_path_with_the_canal_first(found):
    table = table_of(injection_part(found), "Leakage by path")
    rows = rows_of(injection_part(found), "Leakage by path")
    titles = list(rows)
    assert titles[0] == "towards the canal (basivertebral vein or posterior wall)"
    assert titles[1:3] == ["– basivertebral vein (B)", "– posterior wall (C)"]
    assert rows["– basivertebral vein (B)"][:4] == ["B", "0.06", "3.10", "62"]
    assert rows[titles[0]][:4] == ["B, canal", "0.06", "3.10", "62"]
    assert rows["– segmental vein (S)"] == ["S", "0", "–", "–", "–", "3.2"]
    assert rows["endplate, to the disc (C)"][0] == "D"
    assert rows["needle track"][-1] == "14.0"
    assert rows["– posterior wall (C)"][-1] == "no opening"
    assert table.columns[-1] == "Short of a way out by (mm)"
    assert "where the needle enters the loose bone, behind" in table.note
    strong = [row[0].text for row in table.rows if row[0].strong]
    assert strong == [titles[0], "– basivertebral vein (B)"]


def test_a_trace_is_no_leak(found):
    leak = replace(found.result.filling.leaks[0], volume_mm3=LEAST_LEAK_MM3)
    part = injection_part(changed(found, leaks=(leak,)))
    assert rows_of(part, "Leakage by path")["– basivertebral vein (B)"][1] == "trace (< 0.01)"
    assert not any(row[0].strong for row in table_of(part, "Leakage by path").rows)
    key = rows_of(part, "In short")["in this one injection"][0]
    assert key == "0.01 ml left the bone, by no path more than 0.01 ml"
    none = injection_part(changed(found, leaks=()))
    assert rows_of(none, "In short")["in this one injection"] == ["nothing left the bone"]


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ((11, 2, 11), "left, anterior, upper third"),
        ((6, 6, 6), "midline, mid-depth, middle third"),
        ((0, 12, 0), "right, posterior, lower third"),
        ((1, 20, 2), "right, behind the body, lower third"),
    ],
)
def test_where_a_leak_began_in_thirds_of_the_body(found, index, words):
    grid = axis_aligned_grid(np.array([5.0, -3.0, 40.0]), np.eye(3), 1.0, (24, 24, 24))
    body = np.zeros(grid.shape, dtype=bool)
    body[:13, :13, :13] = True
    filling = SimpleNamespace(grid=grid, in_body=body)
    assert leak_site(filling, grid.to_world(np.array(index, dtype=float))) == words


def test_the_height_of_a_leak_is_that_of_the_body_there():
    grid = axis_aligned_grid(np.zeros(3), np.eye(3), 1.0, (9, 9, 24))
    body = np.zeros(grid.shape, dtype=bool)
    body[:, :4, :6], body[:, 4:, :24] = True, True
    filling = SimpleNamespace(grid=grid, in_body=body)
    assert leak_site(filling, np.array([4.0, 0.0, 5.0])).endswith("upper third")
    assert leak_site(filling, np.array([4.0, 8.0, 5.0])).endswith("lower third")


def test_all_stop_rules_are_listed_and_say_whether_they_were_acted_on(found):
    rows = rows_of(injection_part(found), "Stop rules")
    seen = "cement is seen in the posterior quarter of the body"
    assert rows["posterior quarter"] == [
        "yes, recorded only", "2.60", "52", f"0.05 ml or more in the last quarter; {seen}",
    ]  # fmt: skip
    assert rows["disc"] == ["no", "–", "–", "0.05 ml or more in the disc"]
    event = replace(found.result.filling.events[0], acted_on=True)
    part = injection_part(changed(found, events=(event,)))
    assert rows_of(part, "Stop rules")["posterior quarter"][0] == "yes, stopped here"
    assert "not met until then, 4.00 ml" in table_of(part, "Stop rules").note
    older = replace(found, setup=replace(found.setup, rules=()))
    rows = rows_of(injection_part(older), "Stop rules")
    assert rows == {"posterior quarter": ["yes, recorded only", "2.60", "52", seen]}


def test_uncertain_values_of_the_product_are_marked(found):
    (table,) = injection_part(found).appendix
    marks = {row[0].text: row[3].mark for row in table.rows}
    assert marks == {
        "density (g/ml)": Mark.NONE,
        "viscosity at 3.5 min from mixing (Pa s)": Mark.UNCERTAIN,
        "age at that viscosity (s)": Mark.NONE,
    }


def test_heat_by_tissue(found):
    part = injection_part(found)
    rows = rows_of(part, "Heat")
    assert rows["vertebral canal"] == ["39.0", "0", "0", "0", "0"]
    assert rows["cement"] == ["68.0", "5.0", "2.0", "1.25", "0.64"]
    assert rows["superior endplate"] == ["46.0", "5.0", "0", "1.25", "0"]
    assert "CEM43" in table_of(part, "Heat").note
    assert "monomer" not in table_of(part, "Heat").note


def warmer(heat, name, **values):
    tissues = tuple(replace(t, **values) if t.name == name else t for t in heat.tissues)
    return replace(heat, tissues=tissues)


def test_a_core_above_the_boiling_point_of_the_monomer_is_doubted(found):
    table = heat_table(warmer(found.result.heat, "cement", peak_c=102.4))
    assert "computed at 102 °C, at or above the boiling point" in table.note


def test_heat_in_one_line_names_the_hotter_endplate_and_the_canal(found):
    heat = warmer(found.result.heat, "inferior_endplate", peak_c=61.0, above_50_s=126.0)
    assert heat_words(heat).startswith("hottest cell of the inferior endplate above 50 °C for 2.1")
    burnt = warmer(heat, "canal", peak_c=47.5, above_45_s=30.0)
    assert heat_words(burnt).endswith("canal above 45 °C for 0.5 min (peak 47.5 °C)")
    gone = replace(heat, tissues=tuple(t for t in heat.tissues if t.name != "canal"))
    assert heat_words(gone).endswith("canal beyond what was computed")


def test_a_tissue_beyond_the_box_has_a_row_and_no_line(found):
    heat = found.result.heat
    assert heat.tissue("canal").peak_c == 39.0
    bare = replace(heat, tissues=tuple(t for t in heat.tissues if t.name != "canal"))
    assert bare.tissue("canal") is None
    alone = replace(found, result=replace(found.result, heat=bare))
    rows = rows_of(injection_part(alone), "Heat")
    assert rows["vertebral canal: beyond the computed box"] == ["–"] * 5
    assert "vertebral canal" not in rows
    assert draw_filling_heat(bare, "L1").png != draw_filling_heat(heat, "L1").png


def test_that_leaks_are_no_prediction_is_said_once_in_the_limits(found):
    part = injection_part(found)
    every = (*part.limits.paragraphs, *(line for block in part.text for line in block.paragraphs))
    assert " ".join(every).count("not a prediction") == 1
    silent = injection_part(changed(found, leak_limit="")).limits
    assert "not a prediction" not in " ".join(silent.paragraphs)


def test_spread_counts_with_intervals_and_the_canal_first(found):
    spread = found.result.spread
    table, rows = spread_rows(spread, found.setup)
    leaked = spread.leaked_mm3 > spread.least_mm3
    first = "towards the canal (basivertebral vein or posterior wall)"
    assert next(iter(rows)) == first
    both = int(leaked[:, [0, 4]].any(axis=1).sum())
    assert rows[first][0].startswith(f"{both} of 32 (")
    assert rows["– basivertebral vein (B)"][0].startswith(f"{int(leaked[:, 0].sum())} of 32 (")
    assert rows["leak by any of them"][0].startswith(f"{int(leaked.any(axis=1).sum())} of 32")
    assert table.rows[0][0].strong
    assert "Wilson" in table.note
    assert "seed 1" in table.note
    bar = np.median(spread.peak_syringe_mpa) * 10.0
    assert rows["the same (bar; limit 32.1 bar)"][2].startswith(f"{bar:.1f} (")


def test_a_first_stop_that_many_samples_do_not_meet_is_a_least_value(found):
    volumes = np.concatenate([np.linspace(1000.0, 4000.0, 20), np.full(12, 4400.0)])
    part = replace(found.result.spread, safe_volume_mm3=volumes, stopped=volumes < 4300.0)
    _, rows = spread_rows(part, found.setup)
    assert rows["volume at the first stop rule (ml)"][2] == "3.45 (1.24 to ≥ 4.40)"
    never = np.concatenate([np.full(3, 3.64e3), np.full(29, 3.65e3)])
    part = replace(part, safe_volume_mm3=never, stopped=np.zeros(32, dtype=bool))
    _, rows = spread_rows(part, found.setup)
    assert rows["volume at the first stop rule (ml)"][2] == ("≥ 3.64 ml in all 32 samples")


def test_leaks_towards_the_canal_stand_beside_the_rules_that_were_met(found):
    leaked = np.zeros((32, len(LEAK_PATHS)))
    leaked[:5, 0] = 120.0, 30.0, 40.0, 101.0, 20.0
    leaked[5, 4] = 60.0
    leaked[6, 1] = 500.0  # by a segmental vein: not towards the canal
    leaked[7, [0, 4]] = 9.0, 9.0  # two traces are no leak
    stopped = np.zeros(32, dtype=bool)
    stopped[[0, 1, 6]] = True
    volumes = np.full(32, 4400.0)
    volumes[[0, 1, 6]] = 3700.0, 2755.0, 1000.0
    spread = replace(
        found.result.spread, leaked_mm3=leaked, stopped=stopped, safe_volume_mm3=volumes
    )
    stops = canal_stops(spread, 100.0)
    assert (stops.leaked, stops.met_mm3) == (6, (2755.0, 3700.0))
    assert (stops.above, stops.above_met, stops.most_unmet_mm3) == (2, 1, 101.0)
    note = spread_rows(spread, found.setup)[0].note
    assert (
        "Of the 6 that leaked towards the canal 2 met a stop rule, after 2.75, 3.70 ml; the other "
        "4 met none: at most 0.10 ml left that way. More than 0.1 ml left towards the canal in 2 "
        "of 32, 1 of them with a stop rule; how much had left when the rule was met is not kept"
    ) in note
    # 120, 101, 60 and 500 mm3
    sizes = "more than 0.05 ml in 4, more than 0.1 ml in 3, more than 0.5 ml in 0 of 32 samples"
    assert f"By all paths together {sizes}." in note
    small = replace(spread, leaked_mm3=np.minimum(leaked, 40.0), stopped=np.zeros(32, dtype=bool))
    note = spread_rows(small, found.setup)[0].note
    assert "6 that leaked towards the canal none met a stop rule: at most 0.04 ml" in note
    assert "In no sample did more than 0.1 ml leave towards the canal." in note
    dry = replace(spread, leaked_mm3=np.zeros_like(leaked))
    assert "leaked towards the canal" not in spread_rows(dry, found.setup)[0].note


def test_a_drawn_viscosity_has_its_age_beside_that_in_the_syringe(found):
    table, _ = spread_rows(found.result.spread, found.setup)
    ages = (
        " Pa s at 3.5 min from mixing; in the injection shown 50 then, 200 to 380 in the syringe "
        "(6.2 to 7.6 min)"
    )
    assert ages in table.note
    values = tuple(v for v in found.setup.product.values if v.name != "viscosity_at_s")
    bare = replace(found.setup, product=replace(found.setup.product, values=values))
    assert "from mixing" not in spread_rows(found.result.spread, bare)[0].note


def test_samples_that_hardly_meet_a_rule_have_one_least_value(found):
    def first_stop(volumes, met):
        part = replace(
            found.result.spread,
            safe_volume_mm3=np.array(volumes),
            stopped=np.arange(len(volumes)) < met,
        )
        return spread_rows(part, found.setup)[1]["volume at the first stop rule (ml)"][2]

    assert first_stop([3653.055] * 32, 0) == "≥ 3.65 ml in all 32 samples"
    # the lowest quantile lies between a sample that met a rule and those that met none
    few = first_stop([3200.0, 2100.0, *[3653.055] * 29, 3649.9], 2)
    assert few == "≥ 3.64 ml in 30 of 32 samples; the other 2 at 2.10, 3.20 ml"


def test_samples_that_failed_are_said(found):
    table, _ = spread_rows(replace(found.result.spread, failed=("no way out",)), found.setup)
    assert "no way out" in table.note


def test_no_spread_without_samples(found):
    empty = replace(found.result.spread, leaked_mm3=np.zeros((0, 6)), safe_volume_mm3=np.zeros(0))
    assert spread_table(empty, found.setup) is None
    assert draw_filling_spread(empty, "L1", 4000.0) is None


def test_the_strength_table_stands_beside_it(found, monkeypatch):
    asked = []

    def table(strength, level):
        asked.append((strength, level))
        return Table(title="Strength before and after", columns=("",), rows=())

    monkeypatch.setattr(content_injection, "before_after_table", table)
    strength = SimpleNamespace()
    titles = [table.title for table in injection_part(found, strength).tables]
    assert "Strength before and after" in titles
    assert asked == [(strength, "L1")]
    assert not any(t.title.startswith("Strength") for t in injection_part(found).tables)


def first_line(case, found):
    advice = build_content(replace(case, vertebroplasty=found)).status.advice
    return next(line for line in advice if line.startswith("Simulated vertebroplasty of L1"))


def test_the_first_page_says_how_it_went(case, found):
    line = first_line(case, found)
    assert (
        "low-viscosity cement injected 6.2 to 7.6 min after mixing at 200 to 380 Pa s in the "
        "syringe: 4.00 of 4.40 ml injected; first stop rule met at 2.60 ml" in line
    )
    assert "0.06 ml left the bone, of it 0.06 by basivertebral vein (B)" in line
    assert "more than 0.05 ml), " in line
    assert "towards the canal; " in line
    spread = found.result.spread
    earliest = spread.safe_volume_mm3[spread.stopped].min() / 1000.0
    met = f"{int(spread.stopped.sum())} met a stop rule, the earliest at {earliest:.2f} ml"
    assert met in line
    assert "no prediction of leakage: see Vertebroplasty, L1" in line
    bare = replace(found, result=replace(found.result, spread=None))
    assert "sampled" not in first_line(case, bare)
    older = replace(found, setup=replace(found.setup, clock=None, first_age_s=372.0))
    assert "cement injected from 6.2 min after mixing: 4.00" in first_line(case, older)
    assert "Pa s" not in first_line(case, older)


def test_the_first_page_says_what_stopped_it(case, found):
    event = replace(found.result.filling.events[0], acted_on=True)
    stopped = changed(found, events=(event,))
    assert "stopped at 4.00 of 4.40 ml: cement is seen in the posterior" in first_line(
        case, stopped
    )
    less = changed(found, events=(), safe_volume_mm3=None, stop_reason="stopped: too thick")
    assert "4.00 of 4.40 ml injected (stopped: too thick), no stop rule" in first_line(case, less)
    whole = changed(found, events=(), safe_volume_mm3=None, injected_mm3=4400.0)
    assert "4.40 of 4.40 ml injected, no stop rule was met" in first_line(case, whole)


def test_sources_of_the_cement_are_listed_where_it_was_simulated(case):
    def sources(found):
        content = build_content(replace(case, vertebroplasty=found))
        return next(block for block in content.text if block.title == "Sources").paragraphs

    with_cement, without = sources(case.vertebroplasty), sources(None)
    for name in ("Yeom", "Habib", "Nicholas", "Quarini", "Krebs"):
        assert any(line.startswith(name) for line in with_cement)
        assert not any(line.startswith(name) for line in without)


def test_frames_are_at_equal_parts_of_the_volume(found):
    filling = found.result.filling
    volumes = [filling.frames[number].injected_mm3 for number in shown_frames(filling)]
    assert volumes == pytest.approx([1500.0, 2500.0, 4000.0])
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


def test_the_outline_keeps_clear_of_the_cortex_where_cells_reach_beyond_the_bone(found, spine):
    filling, vertebra = found.result.filling, spine["L1"]
    # every cell full, in the bone and around it: only the bone can end the outline
    frame = replace(filling.frames[-1], cement_share=np.ones(filling.grid.shape))
    whole = replace(filling, pore_share=np.ones(filling.grid.shape))
    axial = next(s for s in choose_cement_sections(filling) if s.axis == 2).plane
    bone = bone_field(vertebra, axial)
    inside = cement_on(axial, whole, frame, cortex_on(axial, vertebra)) > 0.5
    assert inside.any()
    assert (bone[inside] > 0.5 + CORTEX_MM).all()
    index = filling.grid.to_index(axial.pixel_centres())
    covered = ((index > -0.5) & (index < np.array(filling.grid.shape) - 0.5)).all(axis=-1)
    assert (inside == (covered & (bone > 0.5 + CORTEX_MM))).all()
    # along the middle row a wall on each side is lost, and little more
    middle = axial.shape[0] // 2
    solid = covered[middle] & (bone[middle] > 0.5)
    lost = (solid.sum() - inside[middle].sum()) * axial.pixel_mm
    assert 2 * CORTEX_MM - axial.pixel_mm < lost < 6 * CORTEX_MM
    # with bone on all sides it is the cement that ends it
    some = replace(frame, cement_share=np.where(filling.cement_share > 0.4, 1.0, 0.0))
    drawn = cement_on(axial, whole, some, cortex_on(axial, vertebra)) > 0.5
    assert 0 < drawn.sum() < inside.sum()


@pytest.fixture(scope="module")
def glass(spine):
    return {"L1": glass_vertebra(spine["L1"])}


def test_pictures_have_names_captions_and_the_width_of_the_page(case, glass):
    pictures = filling_pictures(case, glass)
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
    assert "all of it within the bone" in captions["filling_solid"]
    assert filling_pictures(replace(case, vertebroplasty=None), {}) == ()


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
    assert axial.away == "9 mm cranial"
    (sagittal,) = marks_beside(sections[0], leaky, marks)
    offset = float((leaves - sections[0].plane.centre_lps_mm) @ left)
    side = "left" if offset > 0 else "right"
    away = f"{abs(offset):.0f} mm to patient's {side}"
    assert sagittal.away == ("" if abs(offset) <= 4.0 else away)
    figure = canvas.new_figure(50.0, 50.0)
    axes = canvas.add_panel(figure, (0, 0, 1, 1), plane)
    draw_leaks(axes, (axial,), plane.to_picture, "section")
    assert len(axes.collections) == 0
    assert [text.get_text() for text in axes.texts] == ["B 0.06 ml\n9 mm cranial"]


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


def test_pages_hold_the_section_once(case, glass):
    content = build_content(case)
    pictures = filling_pictures(case, glass)
    html = render_html(content, pictures)
    assert html.count('<h1 class="part">Vertebroplasty, L1</h1>') == 1
    for picture in pictures:
        assert html.count(f'id="figure-{picture.name}"') == 1
    # key figures, pictures, limits, tables, product
    order = (
        "In short",
        'id="figure-filling_sections"',
        "main limits",
        "What was injected",
        "Product:",
    )
    places = [html.index(word, html.index('<h1 class="part">Vertebroplasty')) for word in order]
    assert places == sorted(places)
    assert render_pdf(content, pictures).startswith(b"%PDF")
    assert build_content(replace(case, vertebroplasty=None)).vertebroplasty is None
