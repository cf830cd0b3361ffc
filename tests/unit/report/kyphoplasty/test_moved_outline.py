"""The outline of a body moves with its surface, and that of the arch is left out."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.kyphoplasty import SurfaceShift
from vertaug.report import canvas
from vertaug.report.figure_balloon_sections import OUTLINES, draw_balloon_sections
from vertaug.report.moved_outline import move_outline
from vertaug.report.plane import plane_through


@pytest.fixture(name="vertebra")
def l1(spine):
    return spine["L1"]


@pytest.fixture(name="plane")
def sagittal(vertebra):
    _, posterior, up = vertebra.frame.axes.T
    return plane_through(vertebra.frame.to_world(np.zeros(3)), posterior, -up, (30.0, 26.0))


def shift_of(vertebra, inflated, emptied):
    """Return points of the endplates and walls, each moved by what its place gives."""
    local = np.concatenate(
        [
            np.stack(
                [
                    *(m.ravel() for m in np.meshgrid(f.u_mm, f.v_mm, indexing="ij")),
                    f.height_mm.ravel(),
                ],
                axis=1,
            )
            for f in (vertebra.superior.surface, vertebra.inferior.surface)
        ]
    )
    local = local[np.isfinite(local).all(axis=1)]
    way = vertebra.frame.direction_to_world
    return SurfaceShift(
        points_lps_mm=vertebra.frame.to_world(local),
        inflated_mm=way(inflated(local)),
        emptied_mm=way(emptied(local)),
    )


def rise(mm):
    return lambda local: np.where(local[:, 2:] > 0.0, [0.0, 0.0, mm], [0.0, 0.0, 0.0])


def test_an_endplate_that_rises_is_drawn_higher(vertebra, plane):
    shift = shift_of(vertebra, rise(3.0), rise(1.0))
    still = shift_of(vertebra, rise(0.0), rise(0.0))
    before, full, emptied = (
        np.concatenate(move_outline(vertebra, plane, shift.points_lps_mm, moved))
        for moved in (still.inflated_mm, shift.inflated_mm, shift.emptied_mm)
    )
    middle = np.abs(before[:, 0]) < 5.0
    top = middle & (before[:, 1] < 0.0)
    bottom = middle & (before[:, 1] > 0.0)
    assert top.any()
    assert bottom.any()
    # down is positive in a picture
    np.testing.assert_allclose((before - full)[top, 1], 3.0, atol=1e-3)
    np.testing.assert_allclose((before - emptied)[top, 1], 1.0, atol=1e-3)
    np.testing.assert_allclose((before - full)[bottom], 0.0, atol=1e-3)


def test_only_what_lies_on_the_body_is_drawn(vertebra, plane):
    shift = shift_of(vertebra, rise(3.0), rise(1.0))
    drawn = np.concatenate(move_outline(vertebra, plane, shift.points_lps_mm, shift.emptied_mm))
    behind = float(vertebra.frame.to_local(vertebra.landmarks.superior_posterior)[1])
    assert drawn[:, 0].max() < behind + 6.0


def test_sections_show_the_body_when_full_and_emptied(vertebra, spine, found, monkeypatch):
    figures = []
    monkeypatch.setattr(canvas, "png_bytes", lambda figure: figures.append(figure) or b"png")
    shift = shift_of(vertebra, rise(3.0), rise(1.0))
    picture = draw_balloon_sections(replace(found.balloon, surface=shift), spine)
    sagittal = figures[0].axes[0]
    colours = [line.get_color() for line in sagittal.lines]
    for colour, _, name in OUTLINES.values():
        assert colour in colours
        assert name in [text.get_text() for text in figures[0].axes[-1].texts]
    assert "Green: the same surface of the body when the balloons are full" in picture.caption
    bare = draw_balloon_sections(found.balloon, spine)
    assert "CT and surface are those of before" in bare.caption
    assert len(figures[1].axes[-1].texts) == 4
