"""Drawings: valid SVG, as many filled figures as counted, different where steps differ."""

import xml.etree.ElementTree as ET

import pytest

from vertaug.case.plan import Procedure
from vertaug.report.leaflet_drawing import draw_chance, draw_steps

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("count", [0, 1, 44, 100])
def test_one_hundred_figures(count):
    figures = ET.fromstring(draw_chance(count)).findall(f"{SVG}g")
    assert len(figures) == 100
    filled = [figure.get("fill") != "#ffffff" for figure in figures]
    assert sum(filled) == count
    assert filled == sorted(filled, reverse=True)
    assert all(figure.get("stroke") for figure in figures)


def test_six_steps_that_refer_to_nothing_outside():
    without, balloon = draw_steps(Procedure.VERTEBROPLASTY), draw_steps(Procedure.KYPHOPLASTY)
    assert len(without) == len(balloon) == 6
    assert [a == b for a, b in zip(without, balloon, strict=True)] == [True] * 3 + [False] + [
        True
    ] * 2
    for drawing in (*without, *balloon):
        root = ET.fromstring(drawing)
        assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
            "svg", "path", "rect", "circle", "ellipse", "defs", "pattern",
        }  # fmt: skip
        assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")


def test_patterns_have_names_of_their_own():
    names = [
        e.get("id")
        for drawing in draw_steps(Procedure.KYPHOPLASTY)
        for e in ET.fromstring(drawing).iter(f"{SVG}pattern")
    ]
    assert len(names) == len(set(names)) == 2
