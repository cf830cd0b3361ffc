"""The cavity that emptied balloons leave: its outline, and the cement in it."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.report import canvas
from vertaug.report.cavity import (
    cavity_of,
    cement_in_cavity_mm3,
    place_words,
    share_in_cavity,
)
from vertaug.report.figure_filling import draw_filling_sections

EMPTIED_MM3 = 4.0 / 3.0 * np.pi * 7.0 * 8.0 * 5.0
"""Of one of the two ellipsoids of the fixtures."""


@pytest.fixture
def kept(monkeypatch):
    figures = []

    def keep(figure):
        figures.append(figure)
        return b"png"

    monkeypatch.setattr(canvas, "png_bytes", keep)
    return figures


def filled(filling, share):
    last = replace(filling.frames[-1], cement_share=np.asarray(share, dtype=np.float32))
    return replace(filling, frames=(*filling.frames[:-1], last))


def test_there_is_one_of_balloons_only(found, without_balloon):
    assert cavity_of(without_balloon) is None
    assert len(cavity_of(found).points_lps_mm) == 2
    early = replace(found.balloon, frames=found.balloon.frames[:-1])
    assert cavity_of(replace(found, balloon=early)) is None


def test_cells_hold_the_cavity_once_where_two_meet(one_sided, cement):
    cavity, grid = cavity_of(one_sided), cement.result.filling.grid
    share = share_in_cavity(cavity, grid)
    assert share.sum() * grid.voxel_volume_mm3 == pytest.approx(EMPTIED_MM3, rel=0.02)
    twice = replace(cavity, points_lps_mm=cavity.points_lps_mm * 2)
    both = share_in_cavity(twice, grid)
    np.testing.assert_array_equal(both == 1.0, share == 1.0)
    assert both.max() <= 1.0


def test_cement_is_counted_in_the_cavity_and_about_it(one_sided, cement):
    cavity, filling = cavity_of(one_sided), cement.result.filling
    everywhere = filled(filling, np.ones(filling.grid.shape))
    assert cement_in_cavity_mm3(cavity, everywhere) == pytest.approx(EMPTIED_MM3, rel=0.02)
    assert cement_in_cavity_mm3(cavity, filled(filling, np.zeros(filling.grid.shape))) == 0.0
    half = filled(filling, np.full(filling.grid.shape, 0.5))
    assert cement_in_cavity_mm3(cavity, half) < 0.7 * EMPTIED_MM3
    whole = replace(everywhere, in_bone_mm3=2000.0)
    inside = cement_in_cavity_mm3(cavity, whole) / 1000.0
    assert place_words(cavity, whole) == (
        f"{inside:.2f} of {inside:.2f} ml of the cavity filled, {2.0 - inside:.2f} ml in the bone "
        "about it"
    )
    # rounding does not make less than nothing
    less = replace(everywhere, in_bone_mm3=1000.0)
    assert place_words(cavity, less) == (
        f"1.00 of {inside:.2f} ml of the cavity filled, 0.00 ml in the bone about it"
    )


def test_sections_show_the_cavity_in_every_row(found, spine, kept):
    filling = replace(found.cement.result.filling, leaks=())
    picture = draw_filling_sections(filling, spine, cavity_of(found))
    bare = draw_filling_sections(filling, spine)
    cuts = [
        [sum(line.get_color() == "#FFFFFF" for line in axes.lines) for axes in figure.axes]
        for figure in kept
    ]
    assert len(cuts[0]) % 3 == 0
    more = [after - before for after, before in zip(*cuts, strict=True)]
    # the same in each row; an axial section cuts one or both
    assert more == more[:3] * (len(more) // 3)
    assert max(more) >= 1
    assert "to see where it went beyond the cavity" in picture.caption
    assert "White dashed: cavity that the emptied balloons left; of the cement" in picture.caption
    assert "loose" not in picture.caption
    assert "to see whether it followed loose (dark) bone" in bare.caption
    assert "White dashed" not in bare.caption
