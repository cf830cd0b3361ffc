import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vertaug.case.spine import Region
from vertaug.report import DISCLAIMER, canvas
from vertaug.report.figure_needle import add_axial_panel, draw_needle, needle_outline
from vertaug.report.figure_vertebra import landmark_pairs
from vertaug.report.figures import draw_pictures
from vertaug.report.nearest import (
    depth_on_lateral,
    dimension_lines,
    tightest_section,
    tip_to_posterior_wall_mm,
    way_ahead_mm,
)
from vertaug.report.plane import sample
from vertaug.report.sections import (
    axial_with,
    coronal_across,
    mid_sagittal,
    out_of_plane_mm,
    path_direction,
    region_field,
    sagittal_with,
)


def rgb(colour):
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])


def test_needle_lies_in_its_planes(spine, planning):
    vertebra = spine["L1"]
    for path in planning.plans[0].paths:
        for plane in (
            axial_with(vertebra, (path,), (40.0, 40.0)),
            sagittal_with(vertebra, path, (40.0, 40.0)),
        ):
            assert out_of_plane_mm(plane, (path,)) < 1e-9
        across = coronal_across(vertebra, path, path.target_lps_mm, (20.0, 20.0))
        np.testing.assert_allclose(across.normal, -path_direction(path), atol=1e-12)


def test_planes_keep_to_radiological_convention(spine, planning):
    vertebra = spine["L1"]
    left, posterior, up = vertebra.frame.axes.T
    path = planning.plans[0].paths[0]
    axial = axial_with(vertebra, planning.plans[0].paths, (40.0, 40.0))
    assert axial.right @ left > 0.9
    assert axial.down @ posterior > 0.9
    sagittal = sagittal_with(vertebra, path, (40.0, 40.0))
    assert sagittal.right @ posterior > 0.9
    assert sagittal.down @ up < -0.9
    coronal = coronal_across(vertebra, path, path.target_lps_mm, (20.0, 20.0))
    assert coronal.right @ left > 0.9
    assert coronal.down @ up < -0.9


def test_needle_outline_is_as_wide_as_the_needle_and_ends_at_the_tip(spine, planning):
    path = planning.plans[0].paths[0]
    plane = axial_with(spine["L1"], (path,), (40.0, 40.0))
    outline = needle_outline(plane, path)
    assert np.linalg.norm(outline[0] - outline[3]) == pytest.approx(path.needle.outer_diameter_mm)
    np.testing.assert_allclose(
        0.5 * (outline[1] + outline[2]), plane.to_picture(path.target_lps_mm)
    )
    np.testing.assert_allclose(
        0.5 * (outline[0] + outline[3]), plane.to_picture(path.skin_entry_lps_mm)
    )


def test_needle_is_drawn_where_the_plan_puts_it(spine, planning, unsafe_planning):
    for plan, red in ((planning.plans[0], False), (unsafe_planning.plans[0], True)):
        path = plan.paths[0]
        plane = axial_with(spine["L1"], (path,), (40.0, 40.0))
        figure = canvas.new_figure(80.0, 80.0)
        axes = canvas.add_panel(figure, (0.0, 0.0, 1.0, 1.0), plane)
        draw_needle(axes, plane, path)
        picture = np.asarray(Image.open(io.BytesIO(canvas.png_bytes(figure))).convert("RGB"))
        scale = picture.shape[1] / 80.0

        def at(world, picture=picture, plane=plane, scale=scale):
            x, y = plane.to_picture(world)
            return picture[round((y + 40.0) * scale), round((x + 40.0) * scale)].astype(int)

        forward = path_direction(path)
        side = np.cross(forward, plane.normal)
        for depth in (5.0, 15.0, path.length_mm - 2.0):
            on_axis = at(path.entry_lps_mm + depth * forward)
            assert bool(on_axis[0] > on_axis[2]) is red
            assert on_axis.max() > 60
            beside = path.entry_lps_mm + depth * forward + 2.5 * side
            np.testing.assert_array_equal(at(beside), rgb("#0b0c0f"))
        np.testing.assert_array_equal(at(path.target_lps_mm + 1.5 * forward), rgb("#0b0c0f"))


def test_left_of_the_patient_is_right_in_the_axial_picture(spine, planning):
    left = planning.plans[0].paths[0]
    plane = axial_with(spine["L1"], planning.plans[0].paths, (40.0, 40.0))
    assert left.side == "left"
    assert plane.to_picture(left.entry_lps_mm)[0] > 5
    figure = canvas.new_figure(80.0, 80.0)
    add_axial_panel(figure, (0.0, 0.0, 1.0, 0.9), spine, spine["L1"], (left,))
    texts = {t.get_text(): t.get_position() for t in figure.axes[0].texts}
    assert texts["R"][0] < 0.1
    assert texts["L"][0] > 0.9
    assert texts["A"][1] > texts["P"][1]


def test_nothing_is_drawn_where_the_scan_ends(spine):
    plane = mid_sagittal(spine["T12"], (60.0, 60.0))
    figure = canvas.new_figure(60.0, 60.0)
    axes = canvas.add_panel(figure, (0.0, 0.0, 1.0, 1.0), plane)
    canvas.draw_scan(axes, plane, spine.scan)
    image = axes.images[0].get_array()
    inside = np.all(
        (index := spine.scan.grid.to_index(plane.pixel_centres())) >= -0.5, axis=-1
    ) & np.all(index <= np.array(spine.scan.grid.shape) - 0.5, axis=-1)
    assert not inside.all()
    np.testing.assert_array_equal(np.ma.getmaskarray(image), ~inside)


def test_dimension_lines_are_as_long_as_the_margin_and_end_on_needle_and_structure(spine, planning):
    vertebra = spine["L1"]
    path = planning.plans[0].paths[0]
    forward, grid = path_direction(path), vertebra.regions.grid
    # The nearest canal voxel of this fixture, found by brute force.
    canal = grid.to_world(np.argwhere(vertebra.regions.values == Region.CANAL))
    along = (canal - path.entry_lps_mm) @ forward
    aside = canal - path.entry_lps_mm - along[:, None] * forward
    inside = (along > 0) & (along < path.length_mm)
    nearest = float(np.linalg.norm(aside[inside], axis=1).min()) - path.needle.radius_mm
    path = replace(path, margins=replace(path.margins, canal_mm=nearest))
    plane = axial_with(vertebra, (path,), (40.0, 40.0))
    line = dimension_lines(vertebra, path, plane)["canal"]
    assert line.value_mm == nearest
    assert np.linalg.norm(line.wall_lps_mm - line.needle_lps_mm) == pytest.approx(nearest, abs=0.6)
    assert abs(plane.depth_mm(line.wall_lps_mm)) <= 3.0
    off = line.needle_lps_mm - path.entry_lps_mm
    off = off - (off @ forward) * forward
    assert np.linalg.norm(off) == pytest.approx(path.needle.radius_mm)
    index = tuple(grid.to_index(line.wall_lps_mm).round().astype(int))
    assert vertebra.regions.values[index] == Region.CANAL


def test_a_margin_that_is_not_in_the_picture_is_not_drawn(spine, planning):
    path = planning.plans[0].paths[0]
    path = replace(path, margins=replace(path.margins, canal_mm=25.0))
    plane = axial_with(spine["L1"], (path,), (40.0, 40.0))
    assert "canal" not in dimension_lines(spine["L1"], path, plane)


def test_tightest_section_is_in_the_pedicle(spine, planning):
    vertebra = spine["L1"]
    path = planning.plans[0].paths[0]
    section = tightest_section(vertebra, path)
    assert section.inside
    gap = section.wall_lps_mm - section.at_lps_mm
    assert abs(gap @ path_direction(path)) < 1e-6
    y = vertebra.frame.to_local(section.at_lps_mm)[1]
    assert 11.0 < y < 25.5
    # At the wall the bone is half present.
    plane = coronal_across(vertebra, path, section.at_lps_mm, (20.0, 20.0))
    field = region_field(vertebra, plane, (Region.LEFT_PEDICLE,))
    row, column = plane.to_pixel(section.wall_lps_mm).round().astype(int)
    assert 0.1 < field[row, column] < 0.95


def test_height_pairs_are_the_measured_heights(spine, assessment):
    for name, upper, lower in landmark_pairs(spine["L1"].landmarks):
        height = getattr(assessment.levels["L1"].heights_mm, name)
        assert np.linalg.norm(upper - lower) == pytest.approx(height)


def test_pictures_of_the_case_are_complete(report_input):
    first = draw_pictures(report_input)
    films = ["fluoroscopy", "needle_steps_right", "needle_steps_left"]
    drawn = ["key", "spine", "needle_right", "needle_left", "solid", *films]
    assert [p.name for p in first] == drawn
    for picture in first:
        image = Image.open(io.BytesIO(picture.png))
        assert image.width == pytest.approx(picture.width_mm / 25.4 * canvas.FIGURE_DPI, abs=1)
        assert "Software" not in image.info


def test_every_picture_carries_the_disclaimer(spine, planning):
    figure = canvas.new_figure(80.0, 60.0)
    add_axial_panel(figure, (0.0, 0.1, 1.0, 0.8), spine, spine["L1"], ())
    canvas.png_bytes(figure)
    assert [t.get_text() for t in figure.texts] == [DISCLAIMER]


def test_the_tips_distances_are_those_of_the_body(spine, planning):
    vertebra = spine["L1"]
    path = planning.plans[0].paths[0]
    back = tip_to_posterior_wall_mm(vertebra, path)
    tip = vertebra.frame.to_local(path.target_lps_mm)
    wall = vertebra.posterior_wall
    near = np.abs(wall.u_mm) <= 5.0
    assert np.nanmin(wall.height_mm[near]) <= back + tip[1] <= np.nanmax(wall.height_mm[near])
    # 10 mm behind the tip the needle is nearer to the wall by the way it has gone
    gone = 10.0 * abs(float(vertebra.frame.axes[:, 1] @ path_direction(path)))
    deeper = replace(path, target_lps_mm=path.target_lps_mm + 10.0 * path_direction(path))
    assert tip_to_posterior_wall_mm(vertebra, deeper) - back == pytest.approx(gone, abs=0.6)
    shallow, deep = (depth_on_lateral(vertebra, p) for p in (path, deeper))
    front = vertebra.anterior_wall
    middle = np.nanmedian(front.height_mm[np.abs(front.u_mm) <= 5.0])
    assert shallow == pytest.approx(back / (back + tip[1] - middle), abs=0.03)
    assert deep > shallow
    ahead = way_ahead_mm(vertebra, path)
    end = path.target_lps_mm + ahead * path_direction(path)
    grid = vertebra.occupancy.grid
    assert sample(vertebra.occupancy.values, grid, end[None])[0] == pytest.approx(0.5, abs=0.1)
    outside = replace(path, target_lps_mm=path.target_lps_mm + 80.0 * path_direction(path))
    assert way_ahead_mm(vertebra, outside) is None


def test_a_figure_is_packed_without_loss_and_without_a_fourth_channel():
    figure = canvas.new_figure(30.0, 20.0)
    figure.add_axes((0.1, 0.3, 0.8, 0.6)).plot([0.0, 1.0], [0.0, 1.0])
    image = Image.open(io.BytesIO(canvas.png_bytes(figure)))
    assert image.mode == "RGB"
    assert image.info["dpi"] == pytest.approx((200.0, 200.0), rel=1e-3)
    drawn = canvas.pixels(figure)
    assert (drawn[..., 3] == 255).all()
    np.testing.assert_array_equal(np.asarray(image), drawn[..., :3])
