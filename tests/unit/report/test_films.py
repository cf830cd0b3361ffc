"""Radiographs of a plan on spines of known geometry."""

import io
import itertools
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vertaug.case.positioner import receptor_direction
from vertaug.fluoroscopy import (
    Beam,
    CArm,
    Collimation,
    Exposure,
    Posture,
    Radiograph,
    aim_at_view,
    carm_preset,
    centre_on_needle,
    check_medial_border,
    fix_view,
    needle_in_place,
    needle_steps,
    prepare_patient,
    record,
    show_view,
)
from vertaug.fluoroscopy.exposure import open_field
from vertaug.planning.views import view_of_needle
from vertaug.report import canvas
from vertaug.report.figure_radiograph import Overlay, add_radiograph
from vertaug.report.film_files import cine_gif, still_png
from vertaug.report.film_pictures import draw_films
from vertaug.report.film_words import say_blades, say_wedge
from vertaug.report.radiographs import take_films


@pytest.fixture(scope="module")
def films(spine, planning):
    return take_films(spine, "L1", planning.views, planning.plans[0].paths)


@pytest.fixture(scope="module")
def arm(spine):
    return carm_preset("mobile", spine["L1"].frame.origin_lps_mm)


def views_of(planning):
    return {view.name: view for view in planning.views}


def test_every_working_view_is_taken_from_above_the_prone_patient(films, planning):
    assert [name for name, _ in films.views] == [view.name for view in planning.views]
    for name, image in films.views:
        if name != "lateral":
            assert image.carm.receptor[1] > 0.5, name  # behind the patient
        line = receptor_direction(
            views_of(planning)[name].primary_angle_deg, views_of(planning)[name].secondary_angle_deg
        )
        assert abs(line @ image.carm.receptor) == pytest.approx(1.0, abs=1e-9)


def test_supine_the_receptor_is_in_front(arm, planning):
    view = views_of(planning)["ap"]
    assert aim_at_view(replace(arm, posture=Posture.SUPINE), view).receptor[1] < -0.5
    assert aim_at_view(arm, view).receptor[1] > 0.5


@pytest.mark.parametrize("side", ["left", "right"])
def test_down_the_barrel_the_needle_is_a_point(spine, planning, side):
    path = next(p for p in planning.plans[0].paths if p.side == side)
    view = view_of_needle(f"barrel_{side}", path)
    ((_, image),) = take_films(spine, "L1", (view,), (path,)).views
    entry, tip = image.carm.project(np.stack([path.entry_lps_mm, path.target_lps_mm]))
    pixel = float(image.carm.pitch_mm[0])
    assert np.linalg.norm(entry - tip) * pixel < 1e-6
    radius = path.needle.radius_mm * image.carm.magnification(path.target_lps_mm) / pixel
    rows, columns = np.indices(image.grey.shape)
    away = np.hypot(columns - tip[0], rows - tip[1]) / radius
    around = np.mean(image.grey[(away > 1.3) & (away < 3.0)])
    assert image.grey[away < 0.8].max() < 0.4 * around
    assert image.grey[away < 0.8].max() < 25


def test_steps_go_inward_and_are_where_they_are_named(spine, planning, arm):
    vertebra = spine["L1"]
    ap, lateral = (aim_at_view(arm, views_of(planning)[name]) for name in ("ap", "lateral"))
    for path in planning.plans[0].paths:
        steps = needle_steps(vertebra, path, ap, lateral)
        names = [step.name for step in steps]
        assert names[0] == "bone entry"
        assert names[-1] == "target"
        assert {"half way to wall", "posterior wall", "medial border"} <= set(names)
        border = steps[names.index("medial border")].depth_mm
        rule = check_medial_border(vertebra, path, ap, lateral)
        assert border == pytest.approx(rule.medial_border_depth_mm)
        depths = [step.depth_mm for step in steps]
        assert depths == sorted(depths)
        assert min(np.diff(depths)) >= 1.5
        wall = steps[names.index("posterior wall")]
        behind = vertebra.frame.to_local(wall.tip_lps_mm)[1]
        marks = vertebra.frame.to_local(
            np.stack([vertebra.landmarks.superior_posterior, vertebra.landmarks.inferior_posterior])
        )
        assert behind == pytest.approx(marks[:, 1].mean(), abs=1.0)


def test_the_rule_is_kept_by_the_plan_and_broken_by_a_medial_needle(spine, planning, arm):
    vertebra, path = spine["L1"], planning.plans[0].paths[0]
    ap, lateral = (aim_at_view(arm, views_of(planning)[name]) for name in ("ap", "lateral"))
    kept = check_medial_border(vertebra, path, ap, lateral)
    assert kept.kept is True
    assert kept.margin_mm > 0
    assert "rule kept" in kept.sentence
    toward_midline = -1.0 if path.side == "left" else 1.0
    shift = toward_midline * (kept.margin_mm + 2.0) * vertebra.frame.axes[:, 0]
    medial = replace(
        path, entry_lps_mm=path.entry_lps_mm + shift, target_lps_mm=path.target_lps_mm + shift
    )
    broken = check_medial_border(vertebra, medial, ap, lateral)
    assert broken.kept is False
    assert broken.margin_mm == pytest.approx(-2.0, abs=0.3)
    assert broken.medial_border_depth_mm < broken.posterior_wall_depth_mm
    assert "NOT KEPT" in broken.sentence


def test_the_rule_does_not_depend_on_the_side_of_the_receptor(spine, planning, arm):
    vertebra, path = spine["L1"], planning.plans[0].paths[0]
    views = [views_of(planning)[name] for name in ("ap", "lateral")]
    above = [aim_at_view(arm, view) for view in views]
    opposite = [_turn_round(carm) for carm in above]
    here = check_medial_border(vertebra, path, *above)
    there = check_medial_border(vertebra, path, *opposite)
    # the cone of the beam opens the other way: nearly, not exactly, the same
    assert there.margin_mm == pytest.approx(here.margin_mm, abs=1.0)
    assert there.posterior_wall_depth_mm == pytest.approx(here.posterior_wall_depth_mm, abs=1.0)


def _turn_round(carm: CArm) -> CArm:
    primary = carm.primary_angle_deg + (180.0 if carm.primary_angle_deg <= 0 else -180.0)
    return carm.aim(primary, -carm.secondary_angle_deg)


def test_without_a_pedicle_nothing_is_judged(spine, planning, arm):
    path = planning.plans[0].paths[0]
    blind = replace(spine["L1"], left_pedicle=None, right_pedicle=None)
    ap, lateral = (aim_at_view(arm, views_of(planning)[name]) for name in ("ap", "lateral"))
    rule = check_medial_border(blind, path, ap, lateral)
    assert rule.kept is None
    assert "cannot be judged" in rule.sentence
    assert "half way to wall" not in [s.name for s in needle_steps(blind, path, ap, lateral)]


def test_films_are_the_same_again(films, spine, planning):
    again = take_films(spine, "L1", planning.views, planning.plans[0].paths)
    for (_, first), (_, second) in zip(films.views, again.views, strict=True):
        np.testing.assert_array_equal(first.grey, second.grey)


def test_stills_and_sequences_as_files(spine, planning, arm):
    path = planning.plans[0].paths[0]
    small = centre_on_needle(arm.aim(90.0, 0.0).with_pixels(96), path)
    view = fix_view(prepare_patient(spine.scan, spine.patient), small)
    image = show_view(view, needle_in_place(path))
    plain = np.asarray(Image.open(io.BytesIO(still_png(image, spine, None))))
    np.testing.assert_array_equal(plain, image.grey)
    overlay = Overlay(title="x", levels=("L1",), walls=("L1",), note="sketched")
    drawn = Image.open(io.BytesIO(still_png(image, spine, overlay)))
    assert drawn.width > 500
    cine = record(view, [needle_in_place(path, depth) for depth in (0.0, 10.0, 20.0)])
    titles = ["0 mm", "10 mm", "20 mm"]
    for drawn_over in (Overlay(levels=("L1",)), None):
        gif = Image.open(io.BytesIO(cine_gif(cine, spine, drawn_over, titles)))
        assert gif.n_frames == 3
        assert gif.size == (384, 416)  # enlarged, so that the words fit


NOTE = "Cement sketched, not simulated: 12.75 ml in all, spread through the marrow."


@pytest.mark.parametrize("zoom", [1.0, 1.35, 2.0, 4.0])
@pytest.mark.parametrize("preset", ["mobile", "mobile_large", "intensifier_23", "angiography"])
@pytest.mark.parametrize("angles", [(-180.0, 0.0), (90.0, 0.0), (151.0, -30.0), (0.0, 88.0)])
def test_no_label_lies_over_another(spine, arm, zoom, preset, angles):
    carm = carm_preset(preset, arm.isocentre_lps_mm).zoom(zoom).aim(*angles).with_pixels(384)
    image = blank_image(carm)
    overlay = Overlay(levels=tuple(spine.vertebrae), note=NOTE)
    rows, columns = image.grey.shape
    for width_mm in (100.0, columns / canvas.FIGURE_DPI * 25.4):
        figure = canvas.new_figure(width_mm, width_mm * rows / columns)
        axes = add_radiograph(figure, (0, 0, 1, 1), image, spine, overlay)
        boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
        assert len(boxes) == len(axes.texts) >= 6
        boxes["bar"] = axes.lines[0].get_window_extent()
        for one, other in itertools.combinations(boxes, 2):
            assert not boxes[one].overlaps(boxes[other]), (one, other)
        whole = axes.get_window_extent()
        for name, box in boxes.items():
            assert whole.x0 <= box.x0 < box.x1 <= whole.x1, name
            assert whole.y0 <= box.y0 <= box.y1 <= whole.y1, name


def test_the_scale_bar_is_as_long_as_it_says(spine, arm):
    for zoom, said in ((1.35, "2 cm"), (4.0, "1 cm")):
        image = blank_image(arm.zoom(zoom).aim(180.0, 0.0))
        figure = canvas.new_figure(100.0, 100.0)
        axes = add_radiograph(figure, (0, 0, 1, 1), image, spine, Overlay())
        assert said in [text.get_text() for text in axes.texts]
        ends = image.carm.isocentre_lps_mm + np.outer([0, 10 * int(said[0])], image.carm.right)
        seen = np.ptp(image.carm.project(ends)[:, 0])
        assert np.ptp(axes.lines[0].get_xdata()) == pytest.approx(seen)


def test_a_level_behind_the_focus_is_not_named(spine, arm):
    """Looked at along the body's axis, far levels can lie behind the tube."""
    near = replace(arm.aim(0.0, 90.0), source_isocentre_mm=20.0, source_detector_mm=480.0)
    figure = canvas.new_figure(100.0, 100.0)
    overlay = Overlay(levels=tuple(spine.vertebrae))
    axes = add_radiograph(figure, (0, 0, 1, 1), blank_image(near), spine, overlay)
    assert "L2" not in [text.get_text() for text in axes.texts]


def blank_image(carm):
    columns, rows = carm.pixels
    return Radiograph(
        grey=np.full((rows, columns), 128, np.uint8),
        signal=np.ones((rows, columns), np.float32),
        carm=carm,
        exposure=Exposure(
            tube_voltage_kv=80.0,
            mas=1.0,
            reference_kerma_ugy=1.0,
            kerma_area_ugy_cm2=1.0,
            detector_kerma_ugy=0.03,
        ),
        beam=Beam(tube_voltage_kv=80.0),
        field=np.ones((rows, columns), bool),
    )


def test_the_wedge_is_said_with_what_the_beam_meets(spine, planning, arm):
    """Half the wedge is between the beam of the true AP and each endplate."""
    vertebra = wedged(spine["L1"], 14.0)
    ap = aim_at_view(arm, views_of(planning)["ap"])
    for plate in (vertebra.superior, vertebra.inferior):
        normal = np.cross(vertebra.frame.axes[:, 0], plate.line.direction)
        assert np.degrees(np.arcsin(abs(normal @ ap.receptor))) == pytest.approx(7.0, abs=0.1)
    both = say_wedge(vertebra, ["ap", "lateral", "barrel_left"])
    assert both.startswith("L1 is wedged 14°: the true AP lies midway between its endplates, each")
    assert "about 7° off; on the true lateral they are seen at that angle" in both
    alone = say_wedge(vertebra, ["ap"])
    assert (
        alone == "L1 is wedged 14°: the view lies midway between its endplates, each about 7° off."
    )
    assert "7°" not in say_wedge(vertebra, ["lateral"])
    assert say_wedge(vertebra, ["barrel_left"]) == ""
    assert say_wedge(wedged(vertebra, 4.9), ["ap"]) == ""
    assert "wedged 5°" in say_wedge(wedged(vertebra, -5.1), ["ap"])


def wedged(vertebra, degrees):
    """Return the vertebra with its endplate lines turned to both sides of its midplane."""

    def turned(plate, half):
        angle = np.radians(half)
        direction = vertebra.frame.axes @ np.array([0.0, np.cos(angle), np.sin(angle)])
        return replace(plate, line=replace(plate.line, direction=direction))

    return replace(
        vertebra,
        superior=turned(vertebra.superior, degrees / 2),
        inferior=turned(vertebra.inferior, -degrees / 2),
    )


def test_blades_are_said_where_they_cover_something(arm):
    image = blank_image(arm)
    cut = np.array(image.field)
    cut[:, :5] = False
    assert say_blades([image, replace(image, completed=True)]) == ""
    assert say_blades([replace(image, completed=True, field=cut)]).startswith("Black blades")
    assert say_blades([replace(image, field=cut)]) == ""  # collimation of one's own
    round_arm = carm_preset("intensifier_23", arm.isocentre_lps_mm).with_pixels(64)
    disc = open_field(round_arm, Collimation())
    whole = replace(blank_image(round_arm), completed=True, field=disc)
    assert say_blades([whole]) == ""


def test_captions_name_the_needles_drawn(spine, planning, films):
    both = draw_films(films, spine, "L1")
    assert "with both needles of the best plan, on the lateral one behind the other; " in (
        both[0].caption
    )
    assert "down a needle only that one is drawn" in both[0].caption
    for picture in both[1:]:
        assert "drawn alone" in picture.caption
    path = planning.plans[0].paths[0]
    one = draw_films(replace(films, sides=(path.side,), needles=()), spine, "L1")[0]
    assert f"with the {path.side} needle of the best plan, its only one. " in one.caption
    none = draw_films(replace(films, sides=(), needles=()), spine, "L1")[0]
    assert "computed from the CT. Patient prone" in none.caption
