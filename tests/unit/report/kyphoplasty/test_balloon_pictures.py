"""Pictures and radiographs of balloons of known size."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from vertaug.case.bone_shift import BoneShift
from vertaug.case.grid import axis_aligned_grid
from vertaug.case.plan import Procedure
from vertaug.fluoroscopy.matter import Cylinder, find_window, measure_chords
from vertaug.report import canvas, filling_films, kyphoplasty_pictures
from vertaug.report.balloon_moments import balloon_meshes, shown_moments
from vertaug.report.content_kyphoplasty import NEEDLES
from vertaug.report.enclosed_series import glass_vertebra
from vertaug.report.figure_balloon_curves import curve_spans, draw_balloon_curves
from vertaug.report.figure_balloon_films import draw_balloon_radiographs
from vertaug.report.figure_balloon_sections import (
    LINES,
    OUTLINES,
    choose_balloon_sections,
    draw_balloon_sections,
)
from vertaug.report.figure_balloon_solid import draw_balloon_solid
from vertaug.report.kyphoplasty_files import write_kyphoplasty_files
from vertaug.report.kyphoplasty_films import _catheter, contrast_in, take_kyphoplasty_films
from vertaug.report.picture import Picture
from vertaug.report.style import BONE_COLOUR
from vertaug.report.surface import enclosed_volume_mm3

FULL_MM3 = 4.0 / 3.0 * np.pi * 8.0 * 8.0 * 6.0


@pytest.fixture
def kept(monkeypatch):
    figures = []

    def keep(figure):
        figures.append(figure)
        return b"png"

    monkeypatch.setattr(canvas, "png_bytes", keep)
    return figures


@pytest.fixture(scope="module")
def results(spine, kyphoplasty_planning, found):
    return SimpleNamespace(spine=spine, planning=kyphoplasty_planning, kyphoplasty=found)


@pytest.fixture(scope="module")
def films(results):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling_films, "_PIXELS", 192)
        return take_kyphoplasty_films(results)


def near(image, place, reach=1):
    column, row = np.round(image.carm.project(place)).astype(int)
    return image.grey[row - reach : row + reach + 1, column - reach : column + reach + 1]


def test_half_is_the_frame_nearest_to_half_the_volume(found):
    moments = shown_moments(found.balloon)
    assert [moment.name for moment in moments] == ["folded", "half", "full", "emptied"]
    # of 3.2 ml in all, 0.94 and 2.1 ml were kept: 2.1 is nearer to 1.6
    assert moments[1].frame is found.balloon.frames[2]
    assert moments[2].words == "inflated: 3.2 ml in all"
    assert moments[0].words == "folded, in place"
    assert moments[3].words == "emptied: cavity 2.3 ml"


def test_an_inflation_that_ended_at_once_has_no_half(found):
    frames = tuple(f for f in found.balloon.frames if f.stage != "inflating")
    names = [moment.name for moment in shown_moments(replace(found.balloon, frames=frames))]
    assert names == ["folded", "full", "emptied"]


def test_meshes_look_outward_and_hold_the_volume(found):
    course = found.balloon
    for mesh in balloon_meshes(course, course.frames[3]):
        assert enclosed_volume_mm3(mesh) == pytest.approx(FULL_MM3, rel=0.02)
        middle = mesh.vertices.mean(axis=0)
        axes = np.array([8.0, 8.0, 6.0])
        exact = (mesh.vertices - middle) / axes**2
        exact /= np.linalg.norm(exact, axis=1, keepdims=True)
        assert float((mesh.normals * exact).sum(axis=1).min()) > 0.99


def test_contrast_agent_fills_the_surface(found, films):
    course = found.balloon
    matter = contrast_in(course.frames[3].points_lps_mm[0], course.triangles)
    share = matter.fraction
    carm = films.balloons.ap[0].carm
    window = find_window(matter, carm)
    chords = measure_chords(matter, carm, window)
    # across the thickest: 16 mm from front to back, seen a few degrees off
    assert chords.max() == pytest.approx(16.0, abs=0.6)
    assert share.grid.spacing_mm == pytest.approx(0.5)


def test_contrast_agent_is_seen_at_half_and_full_only(found, films):
    shot = films.balloons
    assert [moment.name for moment in shot.moments] == ["folded", "half", "full", "emptied"]
    assert shot.sides == ("left", "right")
    points = found.balloon.frames[3].points_lps_mm[0]
    # beside the markers, in the upper half of the balloon
    place = points.mean(axis=0) + np.array([0.0, 0.0, 3.0])
    for images in (shot.ap, shot.lateral):
        folded, half, full, emptied = (float(near(image, place).mean()) for image in images)
        assert half < folded - 20.0
        assert full < folded - 20.0
        assert emptied == pytest.approx(folded, abs=12.0)
        assert len({id(image.carm) for image in images}) == 1


def test_the_cannula_stands_behind_the_balloon(spine, found, paths, films):
    folded = np.asarray(found.balloon.frames[0].points_lps_mm[0], dtype=np.float64)
    parts = _catheter(spine["L1"], paths[0], folded)
    along = (paths[0].target_lps_mm - paths[0].entry_lps_mm) / paths[0].length_mm
    back = float(((folded - paths[0].entry_lps_mm) @ along).min())
    front = float(((folded - paths[0].entry_lps_mm) @ along).max())
    ends = [
        float((part.end_lps_mm - paths[0].entry_lps_mm) @ along)
        for part in parts
        if isinstance(part, Cylinder)
    ]
    cannula, shaft = ends[0], ends[-1]
    assert cannula <= back - 1.5 + 1e-9
    middles = [0.5 * (part.start_lps_mm + part.end_lps_mm) for part in parts[-3:-1]]
    at = [float((middle - paths[0].entry_lps_mm) @ along) for middle in middles]
    assert at == pytest.approx([back, front])
    assert shaft == pytest.approx(back)
    # outside the bone the cannula is as dark on every film
    place = paths[0].entry_lps_mm - 15.0 * along
    darks = [float(near(image, place).min()) for image in films.balloons.lateral]
    assert max(darks) - min(darks) < 12.0


def test_cement_is_injected_from_the_tips_in_the_cavity(found, results, films):
    cement = films.cement
    assert cement.cines == ()
    assert len(cement.ap) == len(found.cement.result.filling.frames)
    filling = found.cement.result.filling
    drawn = replace(filling, tips_lps_mm=filling.needle_lps_mm.mean(axis=1))
    moved = replace(found.cement, result=replace(found.cement.result, filling=drawn))
    other = SimpleNamespace(
        spine=results.spine, planning=results.planning,
        kyphoplasty=replace(found, cement=moved, balloon=None),
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling_films, "_PIXELS", 192)
        back = take_kyphoplasty_films(other)
    assert back.balloons is None
    # where the needle no longer reaches it is lighter before cement
    tip = filling.needle_lps_mm[0, 1]
    share = 0.85 * tip + 0.15 * filling.needle_lps_mm[0, 0]
    here, there = cement.before[1], back.cement.before[1]
    assert near(there, share).mean() > near(here, share).mean() + 20.0


def test_no_films_without_a_kyphoplasty_or_views(results):
    views = replace(results.planning, views=())
    assert take_kyphoplasty_films(SimpleNamespace(kyphoplasty=None, planning=views)) is None
    bare = SimpleNamespace(spine=results.spine, planning=views, kyphoplasty=results.kyphoplasty)
    assert take_kyphoplasty_films(bare) is None
    alone = SimpleNamespace(spine=results.spine, planning=None, kyphoplasty=results.kyphoplasty)
    assert take_kyphoplasty_films(alone) is None


def test_sections_go_through_the_balloons(spine, found, one_sided):
    words = [name for name, _ in choose_balloon_sections(found.balloon, spine["L1"])]
    assert [text.split(",")[0] for text in words] == ["sagittal", "sagittal", "axial"]
    assert "right" in words[0]
    assert "left" in words[1]
    alone = choose_balloon_sections(one_sided.balloon, spine["L1"])
    assert [text.split(",")[0] for text, _ in alone] == ["sagittal", "axial", "coronal"]
    middle = np.asarray(one_sided.balloon.frames[3].points_lps_mm[0]).mean(axis=0)
    for _, plane in alone:
        assert float(plane.depth_mm(middle)) == pytest.approx(0.0, abs=1e-3)


def test_lines_have_the_size_of_the_balloons(spine, found, kept):
    picture = draw_balloon_sections(found.balloon, spine)
    assert picture.name == "balloon_sections"
    axial = kept[0].axes[2]
    wide = {}
    for line in axial.lines:
        for name, (colour, _, _) in LINES.items():
            if line.get_color() == colour and len(line.get_xdata()) > 10:
                wide.setdefault(name, []).append(float(np.ptp(line.get_xdata())))
    assert {name: len(found) for name, found in wide.items()} == dict.fromkeys(LINES, 2)
    assert wide["full"] == pytest.approx([16.0, 16.0], abs=0.4)
    assert wide["emptied"] == pytest.approx([14.0, 14.0], abs=0.4)
    assert wide["half"] == pytest.approx([12.0, 12.0], abs=0.4)
    assert [text.get_text() for text in kept[0].axes[-1].texts] == [
        "folded", "on the way", "inflated", "emptied: the cavity",
    ]  # fmt: skip


def test_the_field_holds_the_body_where_it_is_pushed_out(spine, found):
    vertebra = spine["L1"]
    frame = vertebra.frame
    low = frame.to_world([-30.0, -25.0, -16.0])
    grid = axis_aligned_grid(low, frame.axes, 2.0, (31, 21, 17))
    # the front goes 12 mm forward: more than the pictures usually hold
    field = np.broadcast_to((-12.0 * frame.axes[:, 1]).astype(np.float32), (*grid.shape, 3))
    shift = BoneShift(grid=grid, went_mm=field, came_mm=field)
    last = [replace(f, bone=shift if f.stage == "inflated" else None) for f in found.balloon.frames]
    usual = choose_balloon_sections(found.balloon, vertebra)
    wider = choose_balloon_sections(replace(found.balloon, frames=tuple(last)), vertebra)
    front = frame.to_world([0.0, -27.0, 0.0])
    for (_, plane), (_, other) in zip(usual[2:], wider[2:], strict=True):
        assert plane.half_width_mm == 27.0
        assert abs(plane.to_picture(front)[1]) > plane.half_height_mm
        assert abs(other.to_picture(front)[1]) < other.half_height_mm - 3.0
        assert other.half_height_mm / other.half_width_mm == pytest.approx(0.86)


@pytest.fixture(scope="module")
def rising(spine, found):
    """The course with bone that rises in front of the canal, by 3 mm when full and 1 after it."""
    frame = spine["L1"].frame
    low = frame.to_world([-30.0, -25.0, -4.0])
    grid = axis_aligned_grid(low, frame.axes, 2.0, (31, 21, 16))

    def shifted(mm):
        field = np.broadcast_to((mm * frame.axes[:, 2]).astype(np.float32), (*grid.shape, 3))
        return BoneShift(grid=grid, went_mm=field, came_mm=field)

    bones = {"inflated": shifted(3.0), "emptied": shifted(1.0)}
    frames = tuple(replace(one, bone=bones.get(one.stage)) for one in found.balloon.frames)
    return replace(found.balloon, frames=frames)


def test_sections_show_where_the_body_is_when_full_and_emptied(spine, found, rising, kept):
    picture = draw_balloon_sections(rising, spine)
    sagittal, names = kept[0].axes[0], [text.get_text() for text in kept[0].axes[-1].texts]
    tops = {}
    for lines in sagittal.collections:
        colour = to_hex(lines.get_edgecolor()[0]).upper()
        path = np.concatenate([p.vertices for p in lines.get_paths()])
        near = path[np.abs(path[:, 0]) < 5.0]
        tops[colour] = near[near[:, 1] < 0.0, 1].mean()
    for stage, mm in (("inflated", 3.0), ("emptied", 1.0)):
        colour, _, name = OUTLINES[stage]
        assert name in names
        # down is positive in a picture
        assert tops[BONE_COLOUR.upper()] - tops[colour.upper()] == pytest.approx(mm, abs=0.4)
    assert "Green: the same surface of the body when the balloons are inflated" in picture.caption
    bare = draw_balloon_sections(found.balloon, spine)
    assert "CT and surface are those of before" in bare.caption
    assert len(kept[1].axes[-1].texts) == 4


def test_films_see_the_bone_where_it_is(results, found, rising, films):
    shown = SimpleNamespace(**{**vars(results), "kyphoplasty": replace(found, balloon=rising)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling_films, "_PIXELS", 192)
        other = take_kyphoplasty_films(shown)
    same = [
        np.array_equal(one.grey, two.grey)
        for one, two in zip(films.balloons.lateral, other.balloons.lateral, strict=True)
    ]
    assert same == [True, True, False, False]
    heights = [v.superior.surface.height_mm for v in other.balloons.vertebrae]
    rise = [float(np.nanmedian(height - heights[0])) for height in heights]
    assert rise == pytest.approx([0.0, 0.0, 3.0, 1.0], abs=0.01)
    assert not np.array_equal(films.cement.before[1].grey, other.cement.before[1].grey)


def test_radiographs_have_a_column_each_and_the_cavity_at_the_end(spine, found, films, kept):
    picture = draw_balloon_radiographs(films.balloons, found.balloon, spine)
    figure = kept[0]
    assert len(figure.axes) == 8
    heads = [text.get_text() for text in figure.texts]
    assert heads == [
        "folded, in place", "both balloons without contrast agent",
        "on the way: 2.1 ml in all", "contrast agent in both balloons",
        "inflated: 3.2 ml in all", "contrast agent in both balloons",
        "emptied: cavity 2.3 ml", "both balloons without contrast agent",
    ]  # fmt: skip
    contours = [len(axes.collections) for axes in figure.axes]
    # the body on each, two cavities more on the last
    assert contours == [contours[0]] * 3 + [contours[0] + 2] + [contours[4]] * 3 + [contours[4] + 2]
    assert "the cavity not darker on the image" in picture.caption


@pytest.fixture(scope="module")
def glass(spine):
    return {"L1": glass_vertebra(spine["L1"])}


def test_the_solid_series_has_a_column_each(glass, found, kept):
    picture = draw_balloon_solid(found.balloon, (glass["L1"],) * 4)
    images = [np.asarray(axes.images[0].get_array()) for axes in kept[0].axes]
    assert len(images) == 8
    orange = [float(((i[..., 0] - i[..., 2]) > 0.35).mean()) for i in images]
    assert orange[0] < orange[1] < orange[2]
    assert orange[3] < 0.5 * orange[1]
    assert "what stands out of it" in picture.caption


def test_parts_that_cannot_be_read_are_told_apart():
    flags = np.array([False, False, True, True, True, False, True])
    read, unread = curve_spans(flags)
    assert read == (slice(2, 5),)
    assert unread == (slice(0, 3), slice(4, 7))
    assert curve_spans(np.array([True, True])) == ((slice(0, 2),), ())
    assert curve_spans(np.array([True])) == ((), ())


def test_the_curve_is_dashed_where_it_cannot_be_read(found, kept):
    picture = draw_balloon_curves(found.balloon)
    pressure, right, heights = kept[0].axes
    dashed = [line for line in pressure.lines if line.is_dashed() and len(line.get_xdata()) == 3]
    solid = [line for line in pressure.lines if line.get_linestyle() == "-"]
    assert [list(line.get_xdata()) for line in dashed] == [[0.2, 0.5, 1.0]] * 2
    assert [list(line.get_ydata()) for line in solid] == [pytest.approx([810.6, 900.0])] * 2
    assert right.get_ylim()[1] * 101.325 == pytest.approx(pressure.get_ylim()[1])
    assert "the maker's limit 2760 kPa (27.2 atm, 400 psi)" in [
        t.get_text() for t in pressure.texts
    ]
    assert sorted(t.get_text() for t in heights.texts) == [
        "anterior +2.0", "middle +1.0", "posterior 0.0",
    ]  # fmt: skip
    assert "voxels of 1.5 mm" in picture.caption
    unread = "cannot be read: too thin for the voxels"
    assert unread in [t.get_text() for t in pressure.get_legend().get_texts()]


def test_nothing_is_called_dashed_where_all_can_be_read(found, kept):
    course = replace(found.balloon, readable=np.ones_like(found.balloon.readable))
    picture = draw_balloon_curves(course)
    names = [text.get_text() for text in kept[0].axes[0].get_legend().get_texts()]
    assert names == ["left balloon", "right balloon", "2.0 ml wanted in each"]
    assert "dashed" not in picture.caption


def test_values_beside_the_heights_do_not_cover_each_other(found, kept):
    stages = tuple(
        replace(stage, heights_mm=replace(stage.heights_mm, middle=18.0, posterior=18.1))
        for stage in found.balloon.stages
    )
    draw_balloon_curves(replace(found.balloon, stages=stages))
    places = sorted(text.xy[1] for text in kept[0].axes[2].texts)
    assert min(np.diff(places)) >= 0.5


def test_a_balloon_without_a_known_limit_has_no_line_of_it(found, kept):
    course = found.balloon
    sheet = replace(course.setup.balloon, values=())
    draw_balloon_curves(replace(course, setup=replace(course.setup, balloon=sheet)))
    assert not any("limit" in text.get_text() for text in kept[0].axes[0].texts)


def test_all_pictures_stand_under_their_part(
    monkeypatch, report_input, found, films, without_balloon, glass
):
    made = []

    def cement_pictures(injected, shown, _spine, _glass, cavity):
        made.append((injected, shown, cavity))
        return tuple(
            Picture(name=name, caption="Cement.", png=b"", width_mm=1.0, height_mm=1.0)
            for name in ("filling_sections", "filling_curves")
        )

    monkeypatch.setattr(kyphoplasty_pictures, "injection_pictures", cement_pictures)
    monkeypatch.setattr(canvas, "png_bytes", lambda _figure: b"png")
    case = replace(report_input, kyphoplasty=found, kyphoplasty_films=films)
    pictures = kyphoplasty_pictures.kyphoplasty_pictures(case, glass, case.spine)
    assert [picture.name for picture in pictures] == [
        "balloon_sections", "balloon_radiographs", "balloon_solid", "balloon_curves",
        "kyphoplasty_filling_sections", "kyphoplasty_filling_curves",
    ]  # fmt: skip
    assert made[0][0] is found.cement
    assert made[0][1] is films.cement
    assert "where the model left it after the balloons" in pictures[4].caption
    assert pictures[4].caption.endswith(
        "The needles stand in the middle of the cavity, drawn back or pushed on from the tip of "
        "the plan."
    )
    assert made[0][2].points_lps_mm is found.balloon.frames[-1].points_lps_mm
    assert pictures[5].caption == "Cement."
    bare = kyphoplasty_pictures.kyphoplasty_pictures(
        replace(report_input, kyphoplasty=without_balloon), glass, report_input.spine
    )
    assert [picture.name for picture in bare] == [
        "kyphoplasty_filling_sections", "kyphoplasty_filling_curves",
    ]  # fmt: skip
    assert bare[0].caption == "Cement."
    assert made[1][2] is None
    assert kyphoplasty_pictures.kyphoplasty_pictures(report_input, {}, report_input.spine) == ()


def test_plans_of_each_procedure_are_counted_apart(kyphoplasty_planning):
    own = filling_films.paths_of(kyphoplasty_planning, 2, Procedure.KYPHOPLASTY)
    assert own is kyphoplasty_planning.plans[3].paths
    assert filling_films.paths_of(kyphoplasty_planning, 1) is kyphoplasty_planning.plans[0].paths


def test_the_cannulas_of_another_plan_than_the_best_are_drawn(
    monkeypatch, report_input, kyphoplasty_planning, without_balloon
):
    monkeypatch.setattr(kyphoplasty_pictures, "injection_pictures", lambda *_: ())
    monkeypatch.setattr(canvas, "png_bytes", lambda _figure: b"png")
    case = replace(report_input, kyphoplasty=without_balloon, planning=kyphoplasty_planning)
    drawn = kyphoplasty_pictures.kyphoplasty_pictures(case, {}, case.spine)
    assert [picture.name for picture in drawn] == list(NEEDLES)
    assert drawn[0].caption.startswith("Plan 1 of the kyphoplasty. The right needle in its axial")
    own = tuple(p for p in kyphoplasty_planning.plans if p.procedure is Procedure.KYPHOPLASTY)
    alone = replace(case, planning=replace(kyphoplasty_planning, plans=own))
    assert kyphoplasty_pictures.kyphoplasty_pictures(alone, {}, case.spine) == ()


def test_the_inflation_is_written_as_a_sequence_of_each_view(found, films, spine, tmp_path):
    written = write_kyphoplasty_files(found, films, spine, tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in written]
    assert names[-2:] == ["kyphoplasty/L1_balloon_ap.gif", "kyphoplasty/L1_balloon_lateral.gif"]
    assert "kyphoplasty/L1_curves.csv" in names
    for path in written[-2:]:
        with Image.open(path) as gif:
            assert gif.n_frames == len(found.balloon.frames) == 5
            frames = []
            for number in range(5):
                gif.seek(number)
                frames.append(np.asarray(gif.convert("L"), dtype=float))
        # more contrast agent from frame to frame, and none at the end
        dark = [float((frame < 60.0).mean()) for frame in frames]
        assert dark[0] < dark[1] < dark[2] < dark[3]
        assert dark[4] < dark[2]
    bare = write_kyphoplasty_files(replace(found, balloon=None), films, spine, tmp_path)
    assert [path.suffix for path in bare].count(".gif") == 0
    assert write_kyphoplasty_files(found, None, spine, tmp_path) == bare
