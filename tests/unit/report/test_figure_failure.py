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
from vertaug.report.figure_failure import (
    FailureField,
    FailureState,
    class_bounds,
    class_colours,
    draw_failure_map,
    section_image,
    section_planes,
)

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

    def draw(states, field=FailureField.PLASTIC_STRAIN):
        picture = draw_failure_map(states, field, "at 1.9 % apparent strain")
        return picture, figures[-1]

    return draw


def luminance(colours):
    return np.asarray(colours) @ np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("turn", [np.eye(3), TURN])
def test_sections_keep_to_convention_and_go_through_voxels(turn):
    one = model(turn)
    sagittal, coronal = section_planes(one, HALF)
    left, posterior, up = one.grid.directions.T
    np.testing.assert_allclose(sagittal.right, posterior, atol=1e-12)
    np.testing.assert_allclose(coronal.right, left, atol=1e-12)
    for plane, axis in ((sagittal, 0), (coronal, 1)):
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
        section_planes(one.model, HALF), ((10, 12, 9), (4, 8, 5)), (4, 3), strict=True
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
        coloured = np.ptp(image[..., :3], axis=-1) > 1e-9
        np.testing.assert_array_equal(coloured, hit)


def test_air_is_clear_and_caps_have_their_own_grey():
    one = state(np.zeros(SHAPE), density_mg_per_ml=np.full(SHAPE, 100.0))
    plane = section_planes(one.model, HALF)[1]
    image = section_image(plane, one, (1.0, np.arange(1.0, 6.0), np.array([0.0, 200.0])))
    matter = image[..., 3] > 0
    assert matter.sum() * plane.pixel_mm**2 == pytest.approx(17 * 15 * 0.8, rel=0.03)
    assert np.unique(np.round(image[matter][:, 0], 6)).tolist() == [0.16, 0.21]


def test_a_cap_keeps_its_grey_whatever_its_value():
    bare = model()
    values = np.where(bare.filler_mpa > 0.0, 0.5, 0.0)
    state = FailureState(name="Before", model=bare, values=values)
    plane, _ = section_planes(bare, (30.0, 30.0, 30.0))
    image = section_image(plane, state, (100.0, np.array([1, 2, 5, 10, 20.0]), np.array([0, 1.0])))
    seen = image[image[..., 3] > 0.5][:, :3]
    np.testing.assert_allclose(seen, seen[:, :1] * np.ones(3))


def test_cement_without_bone_is_no_cap():
    """Bone that is switched off inside cement still shows its density."""
    cement = np.zeros(SHAPE)
    cement[8:13, 6:11, 5:10] = 1.0
    bare = model()
    inside = replace(
        bare,
        bone_mpa=np.where(cement > 0, 0.0, bare.bone_mpa),
        filler_mpa=np.where(cement > 0, 2205.0, bare.filler_mpa),
    )
    one = state(
        np.zeros(SHAPE),
        model=inside,
        cement=cement,
        density_mg_per_ml=np.full(SHAPE, 100.0),
    )
    np.testing.assert_array_equal(one.caps, bare.filler_mpa > 0)
    plane = section_planes(inside, HALF)[1]
    image = section_image(plane, one, (1.0, np.arange(1.0, 6.0), np.array([0.0, 200.0])))
    row, column = (int(n) for n in plane.to_pixel(inside.grid.to_world(MIDDLE)))
    assert image[row, column, 0] == pytest.approx(0.21)


def test_density_rises_with_its_grey():
    density = np.broadcast_to(np.linspace(0.0, 400.0, 21)[:, None, None], SHAPE)
    one = state(np.zeros(SHAPE), density_mg_per_ml=density)
    plane = section_planes(one.model, HALF)[1]
    image = section_image(plane, one, (1.0, np.arange(1.0, 6.0), np.array([40.0, 360.0])))
    row = image[image.shape[0] // 2]
    grey = row[row[:, 3] > 0, 0]
    assert (np.diff(grey) >= 0).all()
    assert grey[-1] > grey[0] + 0.25


def test_order_of_the_classes_is_kept_in_grey():
    light = luminance(class_colours())
    assert (np.diff(light) > 0.05).all()
    white = state(np.zeros(SHAPE), density_mg_per_ml=np.full(SHAPE, 9e9))
    plane = section_planes(white.model, HALF)[0]
    image = section_image(plane, white, (1.0, np.arange(1.0, 6.0), np.array([0.0, 1.0])))
    assert luminance(image[..., :3]).max() < light[0] - 0.03


def test_classes_begin_at_round_numbers_in_the_unit():
    values = np.full(SHAPE, 0.0301)
    np.testing.assert_allclose(
        class_bounds([state(values)], FailureField.PLASTIC_STRAIN), [0.1, 0.2, 0.5, 1.0, 2.0]
    )
    np.testing.assert_allclose(
        class_bounds([state(values)], FailureField.ENERGY), [1.0, 2.0, 5.0, 10.0, 20.0]
    )
    # caps do not count, nor does a single voxel
    values = np.where(model().bone_mpa > 0, values, 7.0)
    values[MIDDLE] = 5.0
    assert class_bounds([state(values)], FailureField.PLASTIC_STRAIN)[-1] == 2.0


def test_nothing_has_yielded(drawn):
    picture, figure = drawn([state(np.zeros(SHAPE))])
    assert picture.png
    assert np.isfinite(class_bounds([state(np.zeros(SHAPE))], FailureField.ENERGY)).all()
    assert figure.axes


def test_all_panels_have_one_scale_of_lengths(drawn):
    after = state(name="After", model=model(TURN))
    picture, figure = drawn([state(), after])
    panels = [axes for axes in figure.axes if axes.axison]
    assert len(panels) == 4
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
    ("turn", "across", "along"),
    [(np.eye(3), ("A", "P"), ("R", "L")), (TURN, ("L", "R"), ("A", "P"))],
)
def test_letters_tell_where_the_patient_is(turn, across, along, drawn):
    _, figure = drawn([state(model=model(turn))])
    panels = [axes for axes in figure.axes if axes.axison]
    for axes, pair in zip(panels, (across, along), strict=True):
        letters = [text.get_text() for text in axes.texts if len(text.get_text()) == 1]
        assert letters == [*pair, "H", "F"]
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
        named.append("edge of cement" in every)
    assert counts == [[1, 1], [3, 3]]
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
        assert max(y for _, y in places) < picture.height_mm - 3.0
        limit = key.get_window_extent().x1
        assert all(text.get_window_extent().x1 <= limit for text in key.texts)
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


def test_scale_bar_keeps_clear_of_the_letter_in_the_middle(drawn):
    _, figure = drawn([state()])
    for axes in figure.axes:
        if not axes.axison:
            continue
        (bar,) = [line for line in axes.lines if np.ptp(line.get_xdata()) == 20.0]
        (letter,) = [text for text in axes.texts if text.get_text() == "F"]
        end = axes.transData.transform((max(bar.get_xdata()), 0.0))[0]
        assert end < letter.get_window_extent().x0 - 5.0


@pytest.mark.parametrize("count", [0, 3])
def test_one_or_two_states(count):
    with pytest.raises(InputError, match="one or two states"):
        draw_failure_map([state()] * count, FailureField.ENERGY, "")
