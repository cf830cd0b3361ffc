"""Marks of leaks, and the moments of a filling in words."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.filling import LEAST_LEAK_MM3
from vertaug.report import canvas
from vertaug.report.filling_moment import moment_at_volume, moment_of_frame, portion_side
from vertaug.report.leak_key import draw_leak_key, foot_mm
from vertaug.report.leak_marks import (
    draw_leaks,
    drawn_leaks,
    leak_marks,
    ring_pt,
    ring_style,
    say_leaks,
)
from vertaug.report.plane import PicturePlane


@pytest.fixture(scope="module")
def filling(make_vertebroplasty, spine, planning):
    found = make_vertebroplasty(spine["L1"], planning.plans[0].paths)
    return replace(found.result.filling, portion_tip=(0, 1, 0, 1))


def with_leak(filling, **changes):
    return replace(filling, leaks=(replace(filling.leaks[0], **changes),))


def panel(filling):
    figure = canvas.new_figure(50.0, 50.0)
    left, _, up = filling.grid.directions.T
    plane = PicturePlane(
        centre_lps_mm=filling.leaks[0].first_lps_mm,
        right=left,
        down=-up,
        half_width_mm=25.0,
        half_height_mm=25.0,
    )
    return canvas.add_panel(figure, (0, 0, 1, 1), plane), plane


def test_a_leak_is_marked_from_when_it_has_become_one_with_its_volume_so_far(filling):
    # it begins at 58 s and has 0.01 ml at 61.7 s
    assert leak_marks(filling, 61.0) == ()
    (early,) = leak_marks(filling, 62.0)
    assert early.words == "B < 0.05 ml"
    (late,) = leak_marks(filling, 80.0)
    assert late.words == "B 0.06 ml"
    assert (early.trace, late.trace) == (True, False)
    assert filling.leaked_by_mm3("B", 68.0) == pytest.approx(27.3)


def test_a_trace_is_not_drawn(filling):
    trace = with_leak(filling, volume_mm3=0.99 * LEAST_LEAK_MM3)
    assert drawn_leaks(trace) == ()
    assert leak_marks(trace, 80.0) == ()
    assert "no leak is marked" in say_leaks(trace)
    assert len(drawn_leaks(with_leak(filling, volume_mm3=LEAST_LEAK_MM3))) == 1


def test_rings_grow_with_the_volume_and_those_of_traces_are_dashed_and_small():
    sizes = [ring_pt(volume) for volume in (1.0, 49.9, 50.0, 100.0, 500.0, 2000.0)]
    assert sizes[0] == sizes[1] < sizes[2] < sizes[3] < sizes[4] == sizes[5]
    assert sizes[3] / sizes[2] == pytest.approx(2.0 ** (1.0 / 3.0))
    trace, seen = ring_style(49.9), ring_style(50.0)
    assert trace["linewidths"] < seen["linewidths"]
    assert trace["linestyles"] != ["-"]
    assert seen["linestyles"] == ["-"]


def test_a_trace_is_small_but_not_faint_and_has_no_line_from_its_cell(filling):
    leak = filling.leaks[0]
    leaves = leak.first_lps_mm + np.array([2.0, 4.0, 3.0])
    known = with_leak(filling, exit_lps_mm=leaves, inlet_lps_mm=leak.first_lps_mm)
    drawn = {}
    for time in (62.0, 80.0):
        axes, plane = panel(filling)
        draw_leaks(axes, leak_marks(known, time), plane.to_picture, "section")
        (ring,), (text,) = axes.collections, axes.texts
        drawn[time] = (ring.get_sizes()[0], text.get_fontweight(), text.get_fontsize())
        assert text.get_alpha() is None
        assert len(axes.lines) == (1 if time == 80.0 else 0)
    assert drawn[62.0][0] < drawn[80.0][0]
    assert (drawn[62.0][1], drawn[80.0][1]) == ("normal", "bold")
    assert drawn[62.0][2] < drawn[80.0][2]


def test_the_key_shows_each_ring_where_a_leak_is_drawn(filling):
    figure = canvas.new_figure(182.0, 50.0)
    draw_leak_key(figure, filling, (182.0, 50.0))
    (axes,) = figure.axes
    sizes = [ring.get_sizes()[0] for ring in axes.collections]
    assert sizes == sorted(sizes)
    assert "not seen on a radiograph" in axes.texts[0].get_text()
    boxes = [text.get_window_extent() for text in axes.texts]
    rings = [axes.transData.transform(ring.get_offsets()[0])[0] for ring in axes.collections]
    for box, following in zip(boxes, rings[1:], strict=False):
        assert box.x1 < following - 0.5 * canvas.FIGURE_DPI / 72.0 * ring_pt(200.0)
    dry = canvas.new_figure(182.0, 50.0)
    draw_leak_key(dry, replace(filling, leaks=()), (182.0, 50.0))
    assert dry.axes == []
    assert foot_mm(replace(filling, leaks=())) < foot_mm(filling)


def test_the_ring_lies_at_the_exit_and_a_line_leads_there(filling):
    axes, plane = panel(filling)
    begin = filling.leaks[0].first_lps_mm
    inlet, leaves = begin + np.array([2.0, 0.0, 0.0]), begin + np.array([2.0, 4.0, 3.0])
    known = with_leak(filling, exit_lps_mm=leaves, inlet_lps_mm=inlet, exit_share=0.9)
    draw_leaks(axes, leak_marks(known, 80.0), plane.to_picture, "section")
    (ring,) = axes.collections
    np.testing.assert_allclose(ring.get_offsets()[0], plane.to_picture(leaves))
    (line,) = axes.lines
    ends = plane.to_picture(np.stack([inlet, leaves]))
    np.testing.assert_allclose(line.get_xydata(), ends)
    assert [text.get_text() for text in axes.texts] == ["B 0.06 ml"]
    assert "B 90 %" in say_leaks(known)


def test_without_a_known_exit_the_ring_lies_where_the_leak_began(filling):
    axes, plane = panel(filling)
    draw_leaks(axes, leak_marks(filling, 80.0), plane.to_picture, "section")
    (ring,) = axes.collections
    np.testing.assert_allclose(ring.get_offsets()[0], [0.0, 0.0], atol=1e-9)
    assert len(axes.lines) == 0
    assert "its exit is not stored" in say_leaks(filling)


def test_words_stand_in_corners_clear_of_each_other_and_of_the_scale(filling):
    axes, plane = panel(filling)
    leak = filling.leaks[0]
    begin = leak.first_lps_mm
    many = tuple(
        replace(leak, path=path, exit_lps_mm=begin + np.array([k, 0.0, -k]), inlet_lps_mm=begin)
        for k, path in enumerate(("B", "S", "C", "D", "canal"))
    )
    curve = replace(filling.curve, leaked_mm3=np.full_like(filling.curve.leaked_mm3, 60.0))
    found = replace(filling, leaks=many, curve=curve)
    draw_leaks(axes, leak_marks(found, 80.0), plane.to_picture, "section")
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 5
    places = [text.get_position() for text in axes.texts]
    assert len(set(places)) == 5
    assert not any(x < 0.5 and y < 0.5 for x, y in places)


def test_moments_know_time_age_and_needle(filling):
    moment = moment_at_volume(filling, 2000.0)
    assert moment.time_s == pytest.approx(40.0)
    assert moment.volume_words == "2.00 ml after 40 s"
    assert moment.state_words(375.0) == f"cement 6.9 min old, {moment.side} needle"
    assert moment_at_volume(filling, 0.0).time_s == 0.0
    last = moment_of_frame(filling, len(filling.frames) - 1)
    assert (last.injected_mm3, last.time_s) == (4000.0, 80.0)


def test_the_side_is_that_of_the_needle_of_the_portion(filling):
    # the paths of the plan are left, right
    assert [portion_side(filling, n) for n in range(4)] == ["left", "right", "left", "right"]
    assert moment_at_volume(filling, 500.0).side == "left"
    assert moment_at_volume(filling, 1500.0).side == "right"
    unknown = replace(filling, portion_tip=())
    assert moment_at_volume(unknown, 500.0).side == ""
    assert moment_at_volume(unknown, 500.0).state_words(375.0) == "cement 6.4 min old"


def test_a_volume_at_a_pause_is_reached_before_it(filling):
    curve = filling.curve
    injected = np.array(curve.injected_mm3)
    injected[21:31] = injected[20]
    paused = replace(filling, curve=replace(curve, injected_mm3=injected))
    assert moment_at_volume(paused, 1000.0).time_s == pytest.approx(20.0)
