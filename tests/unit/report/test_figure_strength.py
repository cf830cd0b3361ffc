"""Curves of force over displacement."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from vertaug.case.errors import InputError
from vertaug.report import canvas
from vertaug.report.figure_strength import draw_strength_curve, strain_ticks
from vertaug.report.force_curve import ForceCurve, NamedLoad

X = np.array([0.0, 0.1, 0.2, 0.4, 0.6])


def curve(name="before", factor=1.0, *, loads=()):
    force = factor * np.array([0.0, 1000.0, 1500.0, 1600.0, 1610.0])
    return ForceCurve(name=name, displacement_mm=X, force_n=force, loads=loads)


def load(name, force, at=None):
    return NamedLoad(name=name, force_n=force, displacement_mm=at)


@pytest.fixture
def drawn(monkeypatch):
    """Draw, and return the picture and the figure behind it."""
    figures = []
    real = canvas.png_bytes

    def keep(figure):
        figures.append(figure)
        return real(figure)

    monkeypatch.setattr(canvas, "png_bytes", keep)

    def draw(*args):
        picture = draw_strength_curve(*args)
        return picture, figures[-1]

    return draw


def words(figure):
    return [text.get_text() for text in figure.texts]


def tags(axes):
    return [text for text in axes.texts if text.get_bbox_patch() is not None]


def test_picture_has_its_printed_size(drawn):
    picture, _ = drawn([curve()], 30.0)
    image = Image.open(io.BytesIO(picture.png))
    per_mm = canvas.FIGURE_DPI / 25.4
    assert image.size[0] == pytest.approx(picture.width_mm * per_mm, abs=2)
    assert image.size[1] == pytest.approx(picture.height_mm * per_mm, abs=2)
    assert picture.name == "strength_curve"
    assert "30.0 mm" in picture.caption


def test_curves_are_told_apart_without_colour(drawn):
    _, figure = drawn([curve(), curve("after", 1.4), curve("other", 1.2)], 30.0)
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == len(X)]
    assert len(lines) == 3
    assert len({line.get_linestyle() for line in lines}) == 3
    assert len({line.get_marker() for line in lines}) == 3
    for line, factor in zip(lines, (1.0, 1.4, 1.2), strict=True):
        np.testing.assert_allclose(line.get_xdata(), X)
        assert line.get_ydata()[-1] == pytest.approx(1.610 * factor)


def test_upper_axis_is_the_apparent_strain(drawn):
    _, figure = drawn([curve()], 30.0)
    axes = figure.axes[0]
    (strain,) = axes.child_axes
    np.testing.assert_allclose(strain.get_xlim(), np.array(axes.get_xlim()) / 30.0 * 100.0)


def test_loads_are_marked_where_they_lie_and_listed(drawn):
    before = curve(loads=(load("offset", 1480.0, 0.19), load("greatest", 1610.0, 0.6)))
    after = curve("after", 2.0, loads=(load("greatest", 3220.0, 0.6),))
    _, figure = drawn([before, after], 30.0)
    axes = figure.axes[0]
    crosses = {
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in axes.lines
        if line.get_marker() == "x"
    }
    assert crosses == {(0.19, 1.48), (0.6, 1.61), (0.6, 3.22)}
    assert sorted(tag.get_text() for tag in tags(axes)) == ["a", "b", "b"]
    listed = words(figure)
    assert listed.count("a") == listed.count("b") == 1
    for text in ("offset", "greatest", "1.48", "1.61", "3.22", "–", "Failure load (kN)"):
        assert text in listed


def test_a_load_of_a_curve_that_still_rises_has_a_star(drawn):
    before = curve(loads=(load("end", 1610.0, 0.6),))
    end = NamedLoad(name="end", force_n=3220.0, displacement_mm=0.6, rising=True)
    picture, figure = drawn([before, curve("after", 2.0, loads=(end,))], 30.0)
    listed = words(figure)
    for text in ("1.61", "3.22*", "Load (kN)", "* its curve still rises: no failure"):
        assert text in listed
    assert "Failure load (kN)" not in listed
    assert "Letters: loads of the table; *: its curve still rises" in picture.caption


def test_the_axis_says_whose_strain_it_shows(drawn):
    taller = ForceCurve(name="after", displacement_mm=X, force_n=1.4 * X, height_mm=35.0)
    picture, figure = drawn([curve(), taller], 30.0)
    label = figure.axes[0].child_axes[0].get_xlabel()
    assert label == "Apparent strain of the body as it is (%)"
    assert "height of the body as it is, 30.0 mm, with" in picture.caption
    assert "Where the body is 35.0 mm high (after), 1.9 % lie at 0.67 mm." in picture.caption
    picture, figure = drawn([curve()], 30.0)
    assert figure.axes[0].child_axes[0].get_xlabel() == "Apparent strain (%)"
    assert "as it is" not in picture.caption


def test_a_load_that_cannot_be_given_is_a_dash_and_no_mark(drawn):
    _, figure = drawn([curve(loads=(load("offset", None),))], 30.0)
    assert "–" in words(figure)
    assert tags(figure.axes[0]) == []


def test_loads_on_each_other_share_a_label(drawn):
    loads = (load("one", 1500.0, 0.2), load("two", 1505.0, 0.201), load("three", 1000.0, 0.1))
    _, figure = drawn([curve(loads=loads)], 30.0)
    assert sorted(tag.get_text() for tag in tags(figure.axes[0])) == ["a, b", "c"]


def test_a_load_beside_its_curve_is_joined_to_the_origin(drawn):
    loads = (load("linear", 2000.0, 0.2), load("on it", 1500.0, 0.2))
    _, figure = drawn([curve(loads=loads)], 30.0)
    dotted = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert len(dotted) == 1
    np.testing.assert_allclose(dotted[0].get_xydata(), [[0.0, 0.0], [0.2, 2.0]])
    assert figure.axes[0].get_ylim()[1] > 2.0
    assert "elastic line" in [text.get_text() for text in figure.axes[0].texts]


def test_a_load_without_a_place_is_a_line_across(drawn):
    _, figure = drawn([curve(loads=(load("rigidity", 1200.0),))], 30.0)
    across = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert [set(line.get_ydata()) for line in across] == [{1.2}]
    assert "rigidity" in [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize(
    ("x", "force"),
    [
        ([0.0, 0.2, 0.1], [0.0, 1.0, 2.0]),
        ([0.0, 0.2], [0.0, 1.0, 2.0]),
        ([0.0], [0.0]),
        ([0.0, np.nan], [0.0, 1.0]),
        ([0.0, 0.1], [0.0, np.inf]),
    ],
)
def test_curves_that_are_none(x, force):
    with pytest.raises(InputError):
        ForceCurve(name="bad", displacement_mm=np.array(x), force_n=np.array(force))


@pytest.mark.parametrize("curves", [[], [curve()] * 4])
def test_too_many_or_no_curves(curves):
    with pytest.raises(InputError, match="1 to 3 curves"):
        draw_strength_curve(curves, 30.0)


def test_too_many_definitions():
    loads = tuple(load(f"definition {n}", 100.0 * n, 0.1) for n in range(7))
    with pytest.raises(InputError, match="6 definitions"):
        draw_strength_curve([curve(loads=loads)], 30.0)


@pytest.mark.parametrize("height", [0.0, -3.0, np.nan])
def test_no_height_no_strain(height):
    with pytest.raises(InputError, match="height of the body"):
        draw_strength_curve([curve()], height)


def test_the_longest_table_stays_on_the_paper(drawn):
    names = [f"definition {n} in rather many words of its own" for n in range(6)]
    loads = tuple(load(name, 1000.0 + n, 0.1) for n, name in enumerate(names))
    _, figure = drawn([curve(loads=loads), curve("with 5 ml of cement", 2.0, loads=loads)], 30.0)
    boxes = [text.get_window_extent() for text in figure.texts]
    assert min(box.y0 for box in boxes) >= 0.0
    assert max(box.x1 for box in boxes) <= figure.bbox.x1 + 1.0


def test_strain_axis_has_the_strains_of_the_definitions():
    for last in (1.976, 2.5, 1.2):
        ticks = strain_ticks(last)
        assert ticks == sorted(ticks)
        assert 0.68 in [round(tick, 9) for tick in ticks]
        assert (1.9 in [round(tick, 9) for tick in ticks]) == (last > 1.9)
        assert np.diff(ticks).min() > 0.06 * last


def test_title_says_whose_curve_it_is(drawn):
    lines = ("L1: 1.8 to 3.4 times the load, by definition", "A curve still rises.", "Third line.")
    one, _ = drawn([curve()], 30.0, lines[:1])
    picture, figure = drawn([curve()], 30.0, lines)
    assert picture.height_mm > one.height_mm + 5.0
    found = [text for text in figure.texts if text.get_text() in lines]
    assert [text.get_text() for text in found] == list(lines)
    boxes = [text.get_window_extent() for text in found]
    top = figure.axes[0].child_axes[0].get_tightbbox().y1
    assert all(upper.y0 > lower.y1 for upper, lower in itertools.pairwise(boxes))
    assert boxes[-1].y0 > top


def test_two_curves_have_their_ratio_in_the_table(drawn):
    loads = (load("offset", 1480.0, 0.19), load("none", None))
    after = curve("after", 2.0, loads=(load("offset", 5180.0, 0.19), load("none", 10.0, 0.1)))
    _, figure = drawn([curve(loads=loads), after], 30.0)
    assert words(figure).count("ratio") == 1
    assert "3.5" in words(figure)
    _, alone = drawn([curve(loads=loads)], 30.0)
    assert "ratio" not in words(alone)


def test_no_label_covers_a_marker_or_another_label(drawn):
    """As in a real case: the linear load of the lower curve lies close to its offset."""
    loads = (load("linear", 1700.0, 0.18), load("offset", 1480.0, 0.19), load("end", 1610.0, 0.6))
    higher = tuple(load(one.name, 1.6 * one.force_n, one.displacement_mm) for one in loads)
    _, figure = drawn([curve(loads=loads), curve("after", 1.6, loads=higher)], 30.0)
    axes = figure.axes[0]
    figure.canvas.draw()
    marks = [
        axes.transData.transform(line.get_xydata())
        for line in axes.lines
        if line.get_marker() not in {"None", "", None}
    ]
    marks = np.concatenate(marks)
    boxes = [tag.get_bbox_patch().get_window_extent() for tag in tags(axes)]
    assert len(boxes) == 6
    for n, box in enumerate(boxes):
        assert not any(box.contains(*mark) for mark in marks)
        assert not any(box.overlaps(other) for other in boxes[:n])
        frame = axes.get_window_extent()
        assert frame.x0 <= box.x0 <= box.x1 <= frame.x1
        assert frame.y0 <= box.y0 <= box.y1 <= frame.y1
