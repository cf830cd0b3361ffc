"""Maps of where a vertebra fails."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vertaug.case.errors import GeometryError, InputError
from vertaug.case.grid import Grid
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.report import canvas
from vertaug.report.failure_image import (
    CAP_COLOURS,
    CEMENT_COLOURS,
    EMPTY_COLOUR,
    GAS_COLOUR,
    class_colours,
    outlined,
    section_image,
)
from vertaug.report.failure_sections import Section, choose_sections, section_plane
from vertaug.report.failure_state import FailureField, FailureState
from vertaug.report.figure_failure import draw_failure_map, grey_limits

SHAPE = (21, 17, 15)
MIDDLE = (10, 8, 7)
HALF = (14.0, 14.0, 10.0)
TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""The patient lies turned: the model's left is the scan's posterior."""


def model(turn=None, *, caps=2):
    turn = np.eye(3) if turn is None else turn
    affine = np.eye(4)
    affine[:3, :3] = turn * np.array([1.0, 1.2, 0.8])
    affine[:3, 3] = 5.0, -180.0, 700.0
    filled = np.ones(SHAPE, dtype=bool)
    filled[:2], filled[-2:] = False, False
    cap = filled & ((np.arange(15) < caps) | (np.arange(15) >= 15 - caps))
    return VertebraModel(
        grid=Grid(shape=SHAPE, affine=affine),
        bone_mpa=np.where(filled & ~cap, 300.0, 0.0),
        filler_mpa=np.where(cap, 2500.0, 0.0),
        strength_mpa=np.full(SHAPE, np.inf),
        anisotropic=False,
        superior_nodes=nodes_of_faces(filled, upper=True),
        inferior_nodes=nodes_of_faces(filled, upper=False),
        height_mm=8.8,
    )


def section_planes(one, half=HALF):
    """Return the planes through the middle of the platens."""
    _, sections = choose_sections([state(np.zeros(SHAPE), model=one)])
    return [section_plane(one, section, half) for section in sections]


def ellipsoids(*centres, radii=(3.0, 3.0, 3.0)):
    """Return shares of cement about some voxels."""
    places = np.stack(np.indices(SHAPE), axis=-1)
    inside = [(((places - np.array(c)) / radii) ** 2).sum(axis=-1) <= 1.0 for c in centres]
    return np.any(inside, axis=0).astype(float)


def state(values=None, **kwargs):
    values = (
        np.linspace(0.0, 0.05, int(np.prod(SHAPE))).reshape(SHAPE) if values is None else values
    )
    given = {"name": "Before", "model": model(), "values": values, **kwargs}
    return FailureState(**given)


@pytest.fixture
def drawn(monkeypatch):
    figures = []
    real = canvas.png_bytes

    def keep(figure):
        figures.append(figure)
        return real(figure)

    monkeypatch.setattr(canvas, "png_bytes", keep)

    def draw(states, field=FailureField.PLASTIC_STRAIN, of=""):
        picture = draw_failure_map(states, field, "at 1.9 % apparent strain", of)
        return picture, figures[-1]

    return draw


def luminance(colours):
    return np.asarray(colours) @ np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("turn", [np.eye(3), TURN])
def test_sections_keep_to_convention_and_go_through_voxels(turn):
    one = model(turn)
    sagittal, coronal, axial = section_planes(one)
    left, posterior, up = one.grid.directions.T
    np.testing.assert_allclose(sagittal.right, posterior, atol=1e-12)
    np.testing.assert_allclose(coronal.right, left, atol=1e-12)
    np.testing.assert_allclose(axial.right, left, atol=1e-12)
    np.testing.assert_allclose(axial.down, posterior, atol=1e-12)
    for plane, axis in ((sagittal, 0), (coronal, 1), (axial, 2)):
        if axis < 2:
            np.testing.assert_allclose(plane.down, -up, atol=1e-12)
        index = one.grid.to_index(plane.pixel_centres())[..., axis]
        np.testing.assert_allclose(index, MIDDLE[axis], atol=1e-9)


@pytest.mark.parametrize("turn", [np.eye(3), TURN])
def test_a_voxel_is_coloured_where_it_lies(turn):
    values = np.zeros(SHAPE)
    values[10, 12, 9] = 0.03  # in the sagittal section only
    values[4, 8, 5] = 0.015  # in the coronal one only
    one = state(values, model=model(turn))
    bounds = np.array([0.1, 0.2, 0.5, 1.0, 2.0])
    for plane, voxel, number in zip(
        section_planes(one.model)[:2], ((10, 12, 9), (4, 8, 5)), (4, 3), strict=True
    ):
        image = section_image(plane, one, (100.0, bounds, np.array([0.0, 1000.0])))
        hit = np.isclose(image[..., :3], class_colours()[number]).all(axis=-1)
        row, column = np.argwhere(hit).mean(axis=0)
        np.testing.assert_allclose(
            [row, column], plane.to_pixel(one.model.grid.to_world(voxel)), atol=0.6
        )
        area = hit.sum() * plane.pixel_mm**2
        edge = 1.2 if number == 4 else 1.0
        assert area == pytest.approx(edge * 0.8, rel=0.05)
        coloured = image[..., 0] > image[..., 2] + 1e-9  # caps are bluish
        np.testing.assert_array_equal(coloured, hit)


def colours_of(image):
    seen = image[image[..., 3] > 0.5][:, :3]
    return {tuple(colour) for colour in np.unique(np.round(seen, 6), axis=0).tolist()}


def as_set(*colours):
    return {tuple(np.round(colour, 6).tolist()) for colour in colours}


BOUNDS = np.arange(1.0, 6.0)
GREY = np.array([0.0, 200.0])


def test_air_is_clear_and_caps_have_their_own_pattern():
    one = state(np.zeros(SHAPE), density_mg_per_ml=np.full(SHAPE, 100.0))
    plane = section_planes(one.model)[1]
    image = section_image(plane, one, (1.0, BOUNDS, GREY))
    matter = image[..., 3] > 0
    assert matter.sum() * plane.pixel_mm**2 == pytest.approx(17 * 15 * 0.8, rel=0.03)
    assert colours_of(image) == as_set(*CAP_COLOURS, (0.21, 0.21, 0.21))


def test_a_cap_keeps_its_pattern_whatever_its_value():
    bare = model()
    one = state(np.where(bare.filler_mpa > 0.0, 0.5, 0.0), model=bare)
    image = section_image(section_planes(bare)[0], one, (100.0, BOUNDS, np.array([0, 300.0])))
    assert colours_of(image) == as_set(*CAP_COLOURS, (0.34, 0.34, 0.34))


def test_cement_is_light_and_hatched_whatever_lies_under_it():
    """Also where bone is switched off inside cement, and where the image shows gas."""
    cement = ellipsoids(MIDDLE)
    bare = model()
    inside = replace(
        bare,
        bone_mpa=np.where(cement > 0, 0.0, bare.bone_mpa),
        filler_mpa=np.where(cement > 0, 2205.0, bare.filler_mpa),
    )
    one = state(
        np.where(cement > 0, 3.0, 0.0),
        model=inside,
        cement=cement,
        density_mg_per_ml=np.where(cement > 0, -500.0, 100.0),
    )
    np.testing.assert_array_equal(one.caps, bare.filler_mpa > 0)
    assert not one.empty.any()
    plane = section_planes(inside)[1]
    image = section_image(plane, one, (1.0, BOUNDS, GREY))
    assert colours_of(image) == as_set(*CAP_COLOURS, *CEMENT_COLOURS, (0.21, 0.21, 0.21))
    row, column = (int(n) for n in plane.to_pixel(inside.grid.to_world(MIDDLE)))
    around = image[row - 4 : row + 5, column - 4 : column + 5, :3]
    assert luminance(around).mean() > 0.6


def test_gas_and_fat_have_their_own_colours_and_entries(drawn):
    density = np.full(SHAPE, 100.0)
    density[5:8, 8, 6:9], density[12:15, 8, 6:9] = -400.0, -60.0
    one = state(np.zeros(SHAPE), density_mg_per_ml=density)
    image = section_image(section_planes(one.model)[1], one, (1.0, BOUNDS, GREY))
    assert colours_of(image) == as_set(*CAP_COLOURS, GAS_COLOUR, EMPTY_COLOUR, (0.21, 0.21, 0.21))
    for shown, count in ((one, 2), (state(np.zeros(SHAPE)), 0)):
        _, figure = drawn([shown])
        assert sum("gas" in text.get_text() for text in figure.axes[-1].texts) == count


def test_small_islands_outside_the_bone_are_not_drawn():
    bare = model()
    filled = bare.filled.copy()
    filled[:, 8, :] = False
    filled[4:17, 8, 2:13] = True
    filled[2:4, 8, 6] = True  # joined to the rest
    filled[18, 8, 5:7] = True  # not joined in this section
    one = replace(bare, bone_mpa=np.where(filled, bare.bone_mpa, 0.0), filler_mpa=filled * 0.0)
    shown = state(np.zeros(SHAPE), model=one, density_mg_per_ml=np.full(SHAPE, -50.0))
    plane = section_planes(one)[1]
    drawn = section_image(plane, shown, (1.0, BOUNDS, GREY))[..., 3] > 0
    inside = {
        voxel: drawn[tuple(int(n) for n in plane.to_pixel(one.grid.to_world(voxel)))]
        for voxel in ((10, 8, 7), (2, 8, 6), (18, 8, 5))
    }
    assert list(inside.values()) == [True, True, False]


def test_small_islands_and_holes_are_not_outlined():
    bone = np.zeros(SHAPE, dtype=bool)
    bone[4:17, 8, 4:12] = True
    bone[6, 8, 6] = False  # one voxel
    bone[10:14, 8, 6:9] = False  # twelve
    bone[4:6, 8, 14] = True  # an island of two
    one = state(np.zeros(SHAPE))
    plane = section_planes(one.model)[1]
    kept = outlined(plane, one, bone)
    voxel = 1.0 * 0.8
    assert kept.sum() * plane.pixel_mm**2 == pytest.approx((13 * 8 - 12) * voxel, rel=0.02)


@pytest.mark.parametrize("turn", [np.eye(3), TURN])
def test_sections_go_through_the_cement_on_both_sides(turn):
    cement = ellipsoids((4, 5, 6), (16, 4, 9))
    before = state(model=model(turn))
    after = state(name="After", model=model(turn), cement=cement)
    chosen, sections = choose_sections([before, after])
    assert chosen is after
    assert [(s.axis, s.index) for s in sections[:2]] == [(0, 4), (0, 16)]
    for section in sections[2:]:
        area = (cement > 0.5).sum(axis=tuple(a for a in range(3) if a != section.axis))
        assert area[section.index] == area.max()
    assert [s.axis for s in sections] == [0, 0, 1, 2]
    assert sections[0].words == "sagittal, 6 mm to patient's right"
    assert sections[1].words == "sagittal, 6 mm to patient's left"
    # the middle of the platens is voxel 8 along posterior, 1.2 mm each
    away = round(1.2 * (8 - sections[2].index))
    assert sections[2].words == f"coronal, {away} mm anterior"


def test_one_sagittal_section_for_one_mass_of_cement():
    for centre, words in (
        ((10, 8, 7), "sagittal, midline"),
        ((5, 8, 7), "sagittal, 5 mm to patient's right"),
    ):
        _, sections = choose_sections([state(cement=ellipsoids(centre))])
        assert [s.axis for s in sections] == [0, 1, 2]
        assert sections[0].words == words


def test_words_of_sections():
    for axis, offset, words in (
        (0, 9.2, "sagittal, 9 mm to patient's left"),
        (1, -3.0, "coronal, 3 mm anterior"),
        (1, 3.0, "coronal, 3 mm posterior"),
        (2, 2.0, "axial, 2 mm cranial"),
        (2, -2.0, "axial, 2 mm caudal"),
        (2, 0.4, "axial, mid-height"),
    ):
        assert Section(axis=axis, index=0, offset_mm=offset).words == words


def test_panels_before_and_after_show_the_same_planes_and_their_load(drawn):
    before = state(name="As it is", load="1.93 kN at 1.9 %")
    cement = ellipsoids((4, 5, 6), (16, 4, 9))
    beside = "same shortening, 4.4 times the load"
    after = state(
        name="With 4 ml of cement",
        load="8.49 kN at 1.9 %",
        cement=cement,
        beside=beside,
        contact="the inferior cap (9 mm²)",
    )
    picture, figure = drawn([before, after], of="L1")
    written = [text.get_text() for text in figure.texts]
    assert written[0] == "L1: plastic strain at 1.9 % apparent strain"
    heads = ["As it is, 1.93 kN at 1.9 %", beside, "With 4 ml of cement, 8.49 kN at 1.9 %"]
    assert written[1:4] == heads
    first, second = (t.get_window_extent() for t in figure.texts[2:4])
    assert not first.overlaps(second)
    assert f"With 4 ml of cement, beside as it is: {beside}." in picture.caption
    assert "Cement stands on the inferior cap (9 mm²) with no bone between" in picture.caption
    panels = [axes for axes in figure.axes if axes.axison]
    named = [[t.get_text() for t in axes.texts if "," in t.get_text()] for axes in panels]
    assert len(panels) == 8
    assert named[:4] == named[4:]
    assert [name for (name,) in named[:2]] == [
        "sagittal, 6 mm to patient's right",
        "sagittal, 6 mm to patient's left",
    ]
    # the last image of a panel is the same but for cement
    for upper, lower in zip(panels[:4], panels[4:], strict=True):
        first, second = (np.asarray(a.images[0].get_array()) for a in (upper, lower))
        light = np.isclose(second[..., None, :3], CEMENT_COLOURS).all(axis=-1).any(axis=-1)
        assert light.any()
        np.testing.assert_array_equal(first[~light], second[~light])


def test_density_rises_with_its_grey():
    density = np.broadcast_to(np.linspace(0.0, 400.0, 21)[:, None, None], SHAPE)
    one = state(np.zeros(SHAPE), density_mg_per_ml=density)
    plane = section_planes(one.model)[1]
    image = section_image(plane, one, (1.0, BOUNDS, np.array([40.0, 360.0])))
    row = image[image.shape[0] // 2]
    grey = row[row[:, 3] > 0, 0]
    assert (np.diff(grey) >= 0).all()
    assert grey[-1] > grey[0] + 0.25


def test_order_of_the_classes_is_kept_in_grey():
    light = luminance(class_colours())
    assert (np.diff(light) > 0.05).all()
    white = state(np.zeros(SHAPE), density_mg_per_ml=np.full(SHAPE, 9e9))
    plane = section_planes(white.model)[0]
    image = section_image(plane, white, (1.0, np.arange(1.0, 6.0), np.array([0.0, 1.0])))
    assert luminance(image[..., :3]).max() < light[0] - 0.03


def test_classes_are_the_same_for_all_cases(drawn):
    np.testing.assert_array_equal(FailureField.PLASTIC_STRAIN.bounds, [0.5, 1, 2, 5, 10])
    np.testing.assert_array_equal(FailureField.ENERGY.bounds, [1, 2, 5, 10, 20])
    keys = []
    for factor in (0.0, 1.0, 1000.0):
        _, figure = drawn([state(np.full(SHAPE, 0.03) * factor)])
        keys.append([text.get_text() for text in figure.axes[-1].texts][:6])
    assert keys[0] == keys[1] == keys[2]
    assert keys[0][1:] == ["over 10", "5 to 10", "2 to 5", "1 to 2", "0.5 to 1"]


def test_density_of_the_key_begins_at_0():
    density = np.broadcast_to(np.linspace(-500.0, 400.0, 21)[:, None, None], SHAPE)
    low, high = grey_limits([state(density_mg_per_ml=density)])
    assert low == 0.0
    assert 200.0 < high < 400.0


def test_all_panels_have_one_scale_of_lengths(drawn):
    after = state(name="After", model=model(TURN))
    picture, figure = drawn([state(), after])
    panels = [axes for axes in figure.axes if axes.axison]
    assert len(panels) == 6
    for axes in panels:
        box = axes.get_position()
        across = np.ptp(axes.get_xlim()) / (box.width * picture.width_mm)
        along = np.ptp(axes.get_ylim()) / (box.height * picture.height_mm)
        assert across == pytest.approx(along, rel=0.02)
        assert across == pytest.approx(
            np.ptp(panels[0].get_xlim()) / (panels[0].get_position().width * picture.width_mm),
            rel=0.01,
        )
    image = Image.open(io.BytesIO(picture.png))
    assert image.size[1] == pytest.approx(picture.height_mm * canvas.FIGURE_DPI / 25.4, abs=2)


@pytest.mark.parametrize(
    ("turn", "pairs"),
    [
        (np.eye(3), ("APHF", "RLHF", "RLAP")),
        (TURN, ("LRHF", "APHF", "APLR")),
    ],
)
def test_letters_tell_where_the_patient_is(turn, pairs, drawn):
    _, figure = drawn([state(model=model(turn))])
    panels = [axes for axes in figure.axes if axes.axison]
    for axes, pair in zip(panels, pairs, strict=True):
        letters = [text.get_text() for text in axes.texts if len(text.get_text()) == 1]
        assert "".join(letters) == pair
        assert "20 mm" in [text.get_text() for text in axes.texts]


def test_cement_is_outlined_and_named_only_where_there_is_any(drawn):
    cement = np.zeros(SHAPE)
    cement[8:13, 6:11, 5:10] = 0.9
    pictures = [drawn([state()]), drawn([state(cement=cement)])]
    counts, named = [], []
    for _, figure in pictures:
        panels = [axes for axes in figure.axes if axes.axison]
        counts.append([len(axes.collections) for axes in panels])
        every = [text.get_text() for axes in figure.axes for text in axes.texts]
        named.append("cement" in every)
    assert counts == [[1, 1, 1], [2, 2, 2]]
    assert named == [False, True]
    assert "cement" not in pictures[0][0].caption
    assert "cement" in pictures[1][0].caption


def test_key_lies_inside_the_figure_and_says_the_unit(drawn):
    cement = np.zeros(SHAPE)
    cement[8:13, 6:11, 5:10] = 0.9
    for field in FailureField:
        picture, figure = drawn([state(cement=cement)], field)
        key = figure.axes[-1]
        places = [text.get_position() for text in key.texts]
        assert max(y for _, y in places) < key.get_ylim()[0] - 3.0
        boxes = [text.get_window_extent() for text in key.texts]
        assert all(box.x1 <= key.get_window_extent().x1 for box in boxes)
        for n, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:n])
        joined = " ".join(text.get_text() for text in key.texts).replace("\n", " ")
        assert f"({field.value[2]})" in joined
        assert "MPa" in joined
        assert "at 1.9 % apparent strain" in picture.caption


def test_fields_must_fit_and_be_numbers_where_there_is_matter():
    with pytest.raises(GeometryError, match="values has shape"):
        state(np.zeros((3, 3, 3)))
    with pytest.raises(GeometryError, match="cement has shape"):
        state(cement=np.zeros((3, 3, 3)))
    values = np.zeros(SHAPE)
    values[0] = np.nan  # air
    state(values)
    values[MIDDLE] = np.nan
    with pytest.raises(InputError, match="not a number"):
        state(values)


def test_words_of_the_scale_bar_keep_clear_of_bone(drawn):
    _, figure = drawn([state()])
    figure.canvas.draw()
    for axes in (axes for axes in figure.axes if axes.axison):
        (words,) = [text for text in axes.texts if text.get_text() == "20 mm"]
        drawn_rows = np.flatnonzero(np.asarray(axes.images[0].get_array())[..., 3].any(axis=1))
        bottom, top = axes.get_ylim()
        rows = axes.images[0].get_array().shape[0]
        lowest = top + (bottom - top) * (drawn_rows.max() + 1) / rows
        edge = axes.transData.transform((0.0, lowest))[1]
        assert words.get_window_extent().y1 < edge


def test_scale_bar_keeps_clear_of_the_letter_in_the_middle(drawn):
    _, figure = drawn([state()])
    for axes in figure.axes:
        if not axes.axison:
            continue
        (bar,) = [line for line in axes.lines if np.ptp(line.get_xdata()) == 20.0]
        (letter,) = [text for text in axes.texts if text.get_position() == (0.5, 0.015)]
        end = axes.transData.transform((max(bar.get_xdata()), 0.0))[0]
        assert end < letter.get_window_extent().x0 - 5.0


@pytest.mark.parametrize("count", [0, 3])
def test_one_or_two_states(count):
    with pytest.raises(InputError, match="one or two states"):
        draw_failure_map([state()] * count, FailureField.ENERGY, "")


def test_long_words_do_not_run_into_their_neighbours(drawn):
    cement = ellipsoids((4, 5, 6), (16, 4, 9))
    _, figure = drawn([state(cement=cement)], of="L1, " + "a case of a very long name " * 8)
    figure.canvas.draw()
    assert figure.texts[0].get_window_extent().x1 <= figure.bbox.x1
    for axes in figure.axes:
        names = [text for text in axes.texts if "middle" in text.get_text()]
        for name in names:
            assert name.get_window_extent().x1 <= axes.get_window_extent().x1 + 1.0
