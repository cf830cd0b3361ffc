"""A vertebroplasty beside a kyphoplasty."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from vertaug.report import canvas, figure_comparison
from vertaug.report.comparison_pictures import comparison_pictures
from vertaug.report.content_comparison import NOT_COMPUTED, comparison_part
from vertaug.report.figure_comparison import draw_comparison
from vertaug.report.figure_filling import choose_cement_sections


def rows_of(part):
    return {row[0].text: [cell.text for cell in row[1:]] for row in part.key.rows}


def with_spread(found, columns):
    """Return an injection whose samples leak by each path in a known number of 32."""
    spread = found.result.spread
    leaked = np.zeros_like(spread.leaked_mm3)
    for column, count in enumerate(columns):
        leaked[:count, column] = 3.0 * spread.least_mm3
    result = replace(found.result, spread=replace(spread, leaked_mm3=leaked))
    return replace(found, result=result)


@pytest.fixture(scope="module")
def bare(cement):
    return replace(cement, result=replace(cement.result, heat=None, spread=None), course=None)


def test_there_is_none_without_both_or_of_two_levels(report_input, found, cement):
    assert comparison_part(None, found) is None
    assert comparison_part(cement, None) is None
    filling = replace(cement.result.filling, level="L2")
    other = replace(cement, result=replace(cement.result, filling=filling))
    assert comparison_part(other, found) is None
    assert comparison_pictures(replace(report_input, kyphoplasty=found), report_input.spine) == ()
    both = replace(report_input, kyphoplasty=found, vertebroplasty=other)
    assert comparison_pictures(both, both.spine) == ()


def test_each_value_stands_in_its_column(found, cement):
    first = with_spread(cement, (8, 4, 0, 1, 0, 0))
    second = replace(found, cement=with_spread(found.cement, (2, 0, 0, 0, 0, 0)))
    rows = rows_of(comparison_part(first, second))
    assert rows["leak towards the canal (B or posterior wall), samples"] == [
        "8 of 32 (13 to 42 %)", "2 of 32 (2 to 20 %)",
    ]  # fmt: skip
    assert rows["leak by segmental vein (S), samples"] == [
        "4 of 32 (5 to 28 %)", "0 of 32 (0 to 11 %)",
    ]  # fmt: skip
    assert rows["leak by endplate, to the disc (C), samples"][0].startswith("1 of 32")
    assert rows["leak by any of them, samples"][0].startswith("8 of 32")
    assert rows["balloon"] == [
        "none", "15/3: 1.6 ml left, 1.6 ml right; a balloon has come up to the cortex",
    ]  # fmt: skip
    assert rows["anterior height gained (mm)"] == [
        "not computed: cement moves no bone in the model", "+2.0",
    ]  # fmt: skip
    assert rows["wedge angle, change"][1] == "−2.5°"
    assert rows["local kyphosis, change"][1] == "−2.5°"
    assert rows["pressure in the balloons at the end"] == [
        "no balloon",
        "900 kPa (8.9 atm, 131 psi)",
    ]
    assert rows["peak of the superior endplate (°C)"][0] == "46.0"
    assert not any("peak of the cement" in name for name in rows)
    assert rows["beam on, a model (min)"] == [NOT_COMPUTED, "2.5"]
    assert rows["first needle to last out, a model (min)"] == [NOT_COMPUTED, "≥ 16.5"]


def test_what_is_missing_is_called_not_computed(bare, found, without_balloon):
    rows = rows_of(comparison_part(bare, replace(found, cement=bare)))
    for name in ("leak by any of them, samples", "peak of the vertebral canal (°C)"):
        assert rows[name] == [NOT_COMPUTED, NOT_COMPUTED]
    assert rows["load borne with this cement, by definition"] == [NOT_COMPUTED, NOT_COMPUTED]
    none = rows_of(comparison_part(bare, without_balloon))
    assert none["balloon"] == ["none", "none (0 ml asked for)"]
    assert none["middle height gained (mm)"][1].startswith(NOT_COMPUTED)
    assert none["pressure in the balloons at the end"] == ["no balloon", "no balloon"]


def test_an_unknown_kyphosis_is_not_computed(cement, found):
    stages = tuple(replace(s, local_kyphosis_deg=None) for s in found.balloon.stages)
    alone = replace(found, balloon=replace(found.balloon, stages=stages))
    assert rows_of(comparison_part(cement, alone))["local kyphosis, change"][1] == NOT_COMPUTED


def discs(middle):
    return SimpleNamespace(plates=[SimpleNamespace(central_mpa=value) for value in middle])


def strength(**changes):
    """A strength of the body, by default twice as strong and stiff with cement."""
    load = SimpleNamespace(name="offset 0.2 %", force_n=2345.0)
    before = SimpleNamespace(
        end_slope=None, stiffness_n_per_mm=4380.0, asymmetry=0.021, disc_load=discs((0.5, 0.4)),
        failure_loads=(),
    )  # fmt: skip
    after = SimpleNamespace(
        main_load=load, stiffness_n_per_mm=8760.0, end_slope=None, asymmetry=0.143,
        disc_load=discs((0.55, 0.4)),
    )  # fmt: skip
    known = {
        "level": "L1", "after": after, "before": before, "assumed_cement": False,
        "load_ratios": {"a": 1.5, "b": 2.04}, "neighbour": None,
        "competitors": SimpleNamespace(strength_by_rigidity_n=None),
    }  # fmt: skip
    return SimpleNamespace(**(known | changes))


def test_strength_is_that_of_the_injected_cement_only(cement, found):
    rows = rows_of(comparison_part(cement, found, (strength(), None)))
    assert rows["load borne with this cement, by definition"] == [
        "2.35 kN (offset 0.2 %)",
        NOT_COMPUTED,
    ]
    assert rows["stiffness with this cement"] == ["8.76 kN/mm", NOT_COMPUTED]
    for other in (strength(level="L2"), strength(after=None), strength(assumed_cement=True)):
        rows = rows_of(comparison_part(cement, found, (other, other)))
        assert rows["load borne with this cement, by definition"] == [NOT_COMPUTED, NOT_COMPUTED]


def test_strength_of_both_stands_in_the_same_rows(cement, found):
    second = strength(load_ratios={"a": 1.234})
    second.after.stiffness_n_per_mm = 5256.0
    second.after.disc_load = None
    rows = rows_of(comparison_part(cement, found, (strength(), second)))
    assert rows["failure load, times that as it is, by definition"] == ["1.5 to 2.0", "1.2"]
    assert rows["stiffness, times that as it is"] == ["2.0", "1.2"]
    middle = "pressure on the middle of the superior · inferior disc at 1 kN (MPa)"
    assert rows[middle] == ["0.55 · 0.40 (+10 % · 0 %)", NOT_COMPUTED]
    assert (
        rows["share of the load farthest from even, left to right"] == ["14 % (as it is 2 %)"] * 2
    )


def test_no_ratio_to_a_value_that_is_not_usable(cement, found):
    near = SimpleNamespace(
        level="L2", linear_load_n=3000.0, rigidity_load_n=None, stiffness_n_per_mm=4000.0
    )
    part = comparison_part(cement, found, (strength(neighbour=near), strength(neighbour=near)))
    rows = rows_of(part)
    for name in (
        "failure load, times that as it is, by definition",
        "stiffness, times that as it is",
    ):
        assert rows[name] == ["not given: before value not usable"] * 2
    assert part.key.note.endswith("compacted bone reads stiffer than intact L2.")
    assert part.key.note.count("Before value not usable") == 1


def test_unlike_injections_are_said_to_be(cement, found):
    note = comparison_part(cement, found).key.note
    assert note.startswith("Same cement, planned volume, rate, rules, cells and seed in both.")
    setup = replace(cement.setup, planned_mm3=3000.0, stop_rules=False)
    note = comparison_part(replace(cement, setup=setup), found).key.note
    assert note.startswith(
        "NOT ALIKE: planned volume (ml) 3 and 4.4; stop rules acted on no and yes."
    )


def test_sections_are_chosen_by_both(cement):
    filling = cement.result.filling
    share = np.zeros_like(filling.cement_share)
    share[:, :, 5] = 1.0
    last = replace(filling.frames[-1], cement_share=share)
    other = replace(filling, frames=(*filling.frames[:-1], last))
    alone, both = choose_cement_sections(filling)[2], choose_cement_sections(filling, other)[2]
    index = filling.grid.to_index(both.plane.centre_lps_mm)
    assert index[2] == pytest.approx(5.0)
    assert filling.grid.to_index(alone.plane.centre_lps_mm)[2] > 8.0
    away = replace(other, grid=replace(other.grid, affine=other.grid.affine + np.eye(4, k=3)))
    # on other cells, here a millimetre to the left, it counts where it lies
    moved = choose_cement_sections(filling, away)[2]
    assert filling.grid.to_index(moved.plane.centre_lps_mm)[2] == pytest.approx(5.0)


@pytest.fixture
def kept(monkeypatch):
    figures = []

    def keep(figure):
        figures.append(figure)
        return b"png"

    monkeypatch.setattr(canvas, "png_bytes", keep)
    return figures


def test_the_picture_has_both_on_the_same_sections(spine, cement, found, kept):
    second = replace(found, cement=with_spread(found.cement, (2, 0, 0, 0, 0, 0)))
    picture = draw_comparison(with_spread(cement, (8, 4, 0, 1, 0, 0)), second, (spine, spine))
    assert picture.name == "comparison"
    axes = kept[0].axes
    limits = [(a.get_xlim(), a.get_ylim()) for a in axes[:4]]
    assert limits[0] == limits[2]
    odds = axes[4]
    shares = {
        float(line.get_xdata()[0])
        for line in odds.lines
        if line.get_marker() in figure_comparison._MARKERS
    }
    assert {25.0, 12.5, 100 / 32, 6.25, 0.0} == shares
    names = [text.get_text() for text in odds.get_legend().get_texts()]
    assert names == [
        "vertebroplasty, 32 samples",
        "kyphoplasty, 32 samples:\ncracks of the wall not modelled",
    ]
    faces = {
        line.get_marker(): line.get_markerfacecolor()
        for line in odds.lines
        if line.get_marker() in figure_comparison._MARKERS
    }
    assert faces == {"o": figure_comparison._COLOURS[0], "s": "#FFFFFF"}
    # the cavity of two balloons, in the second row only
    white = [[one for one in a.lines if one.get_color() == "#FFFFFF"] for a in axes[:4]]
    cuts = [sum(one.is_dashed() for one in lines) for lines in white]
    assert cuts[:2] == [0, 0]
    assert cuts[3] == 2
    assert "sections of the CT" not in picture.caption
    assert "on the same two planes" in picture.caption
    words = " ".join(text.get_text() for text in kept[0].texts)
    assert "vertebroplasty, 4.00 ml" in words
    assert "kyphoplasty, 4.00 ml" in words
    assert "the CT is moved as the balloons moved the bone" in picture.caption


def test_the_picture_says_where_there_are_no_samples(spine, cement, bare, found, kept):
    draw_comparison(cement, replace(found, cement=bare), (spine, spine))
    names = [text.get_text() for text in kept[0].axes[4].get_legend().get_texts()]
    assert names == ["vertebroplasty, 32 samples", "kyphoplasty: not computed"]
    picture = draw_comparison(bare, replace(found, cement=bare, balloon=None), (spine, spine))
    assert [text.get_text() for text in kept[1].axes[4].texts] == [
        "Leaks of samples:\nnot computed"
    ]
    assert "the CT is moved" not in picture.caption
    assert "on the same two sections of the CT" in picture.caption
    draw_comparison(cement, replace(found, balloon=None), (spine, spine))
    odds = kept[2].axes[4]
    assert [text.get_text() for text in odds.get_legend().get_texts()] == [
        "vertebroplasty, 32 samples", "kyphoplasty, 32 samples",
    ]  # fmt: skip
    assert "#FFFFFF" not in {line.get_markerfacecolor() for line in odds.lines}


def test_the_report_draws_it_where_both_are(report_input, cement, found, kept):
    case = replace(report_input, vertebroplasty=cement, kyphoplasty=found)
    assert [picture.name for picture in comparison_pictures(case, case.spine)] == ["comparison"]
    assert len(kept) == 1
