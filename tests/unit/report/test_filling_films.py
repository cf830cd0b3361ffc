"""Radiographs of a filling, and the files made of them."""

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from vertaug.case.simulation import ProductValue
from vertaug.case.spine import Region
from vertaug.report import canvas, filling_films
from vertaug.report.body_outline import outline_body
from vertaug.report.figure_filling import shown_frames
from vertaug.report.figure_filling_films import draw_filling_radiographs
from vertaug.report.filling_files import write_filling_files
from vertaug.report.filling_films import cement_material, take_case_films, view_case
from vertaug.report.filling_gif import _picture, _set_stage, filling_gifs
from vertaug.report.filling_moment import START, moment_at_volume
from vertaug.report.film_words import left_of_image, seen_from
from vertaug.report.posterior_quarter import draw_quarter, quarter_line, quarter_places


@pytest.fixture(scope="module")
def results(make_vertebroplasty, spine, planning):
    found = make_vertebroplasty(spine["L1"], planning.plans[0].paths)
    product = found.setup.product
    share = ProductValue(
        name="radiopacifier_mass_share", value=0.2, status="verified", source="label"
    )
    product = replace(product, values=(*product.values, share))
    found = replace(found, setup=replace(found.setup, product=product))
    return SimpleNamespace(spine=spine, planning=planning, vertebroplasty=found)


@pytest.fixture(scope="module")
def films(results):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling_films, "_PIXELS", 96)
        patch.setattr(filling_films, "_CINE_IMAGES", 3)
        return take_case_films(results)


def test_one_radiograph_a_frame_from_one_place(results, films):
    frames = results.vertebroplasty.result.filling.frames
    for images in (films.ap, films.lateral):
        assert len(images) == len(frames)
        assert len({id(image.carm) for image in images}) == 1
    assert films.sides == ("left", "right")
    assert films.first_age_s == 375.0
    assert films.cine_mm3 == pytest.approx((0.0, 2000.0, 4000.0))
    assert [len(cine.frames) for cine in films.cines] == [3, 3]


def test_the_first_film_has_needles_and_no_cement(results, films):
    filling = results.vertebroplasty.result.filling
    thick = filling.grid.to_world(np.argwhere(filling.cement_share > 0.6)).mean(axis=0)
    for before, images in zip(films.before, (films.ap, films.lateral), strict=True):
        assert before.carm is images[0].carm
        column, row = np.round(before.carm.project(thick)).astype(int)
        near = np.s_[row - 1 : row + 2, column - 1 : column + 2]
        assert before.grey[near].mean() > images[-1].grey[near].mean() + 10.0
        # a needle is as dark as after the filling
        path = results.planning.plans[0].paths[0]
        shaft = path.entry_lps_mm + 0.2 * (path.entry_lps_mm - path.target_lps_mm)
        column, row = np.round(before.carm.project(shaft)).astype(int)
        spot = np.s_[row - 1 : row + 2, column - 1 : column + 2]
        assert before.grey[spot].min() == pytest.approx(images[-1].grey[spot].min(), abs=12.0)


def test_the_line_of_the_posterior_quarter_is_that_of_the_stop_rule(results, films):
    filling = results.vertebroplasty.result.filling
    body = np.zeros(filling.grid.shape, dtype=bool)
    low, high = filling.grid.shape[2] // 2 - 6, filling.grid.shape[2] // 2 + 6
    body[8:20, 4:24, low:high] = True
    box = replace(filling, in_body=body)
    index = filling.grid.to_index(quarter_places(box))
    np.testing.assert_allclose(index[:, 1], 24 - 0.25 * 20 - 0.5)
    np.testing.assert_allclose(index[:, 2], np.arange(low, high))
    np.testing.assert_allclose(index[:, 0], 13.5)
    line = quarter_line(box, films.lateral[0].carm)
    np.testing.assert_allclose(line.pixels, films.lateral[0].carm.project(quarter_places(box)))
    back = results.spine["L1"].frame.direction_to_world([0.0, 1.0, 0.0])
    assert line.back_right == (back @ films.lateral[0].carm.right > 0.0)


def test_the_line_is_named_on_the_side_of_the_back(results, films):
    filling = results.vertebroplasty.result.filling
    line = quarter_line(filling, films.lateral[0].carm)
    figure = canvas.new_figure(50.0, 50.0)
    axes = figure.add_axes((0, 0, 1, 1))
    for part in (line, replace(line, back_right=not line.back_right)):
        draw_quarter(axes, part)
    names = {text.get_text(): text.get_ha() for text in axes.texts}
    assert names == {"posterior 1/4 →": "left", "← posterior 1/4": "right"}


def test_it_gets_darker_where_the_cement_is(results, films):
    filling = results.vertebroplasty.result.filling
    for images in (films.ap, films.lateral):
        first, last = (image.grey.astype(float) for image in (images[0], images[-1]))
        full = filling.cement_share > 0.6
        thick = filling.grid.to_world(np.argwhere(full)).mean(axis=0)
        column, row = np.round(images[0].carm.project(thick)).astype(int)
        near = np.s_[row - 1 : row + 2, column - 1 : column + 2]
        assert last[near].mean() <= first[near].mean() + 1.0
        assert last.mean() < first.mean()


def test_the_picture_says_what_it_leaves_out(results, films):
    filling = results.vertebroplasty.result.filling
    picture = draw_filling_radiographs(films, filling, results.spine, shown_frames(filling))
    assert picture.name == "filling_radiographs"
    assert "both needles in place" in picture.caption
    assert "not simulated beyond the exit" in picture.caption
    assert "first column before any cement" in picture.caption
    assert "front of the posterior quarter" in picture.caption
    assert "smoother than real cement" in picture.caption
    assert "AP is seen from behind, the patient's left on the left" in picture.caption
    dry = draw_filling_radiographs(
        films, replace(filling, leaks=()), results.spine, shown_frames(filling)
    )
    assert dry.png != picture.png
    assert "No path leaked" in dry.caption


def test_an_image_of_a_sequence_shows_its_own_moment_and_the_first_is_not_noisier(results, films):
    filling = results.vertebroplasty.result.filling
    full = filling.grid.to_world(np.argwhere(filling.cement_share > 0.6).astype(float))
    for cine, stills in zip(films.cines, (films.ap, films.lateral), strict=True):
        assert len(cine.frames) == 3
        first, _, last = (frame.grey.astype(float) for frame in cine.frames)
        still = stills[-1].grey.astype(float)
        column, row = np.round(stills[-1].carm.project(full.mean(axis=0))).astype(int)
        near = np.s_[row - 2 : row + 3, column - 2 : column + 3]
        change = first[near].mean() - still[near].mean()
        assert change > 5.0
        # an eighth of the image before is left, and of that of no cement less
        assert abs(last[near].mean() - still[near].mean()) < 0.2 * change
        noise = [np.diff(image[:8], axis=1).std() for image in (first, last)]
        assert noise[0] < 1.3 * noise[1]


def test_the_side_of_an_image_is_that_of_its_receptor(films):
    prone_ap, lateral = (image.carm for image in films.before)
    assert float(prone_ap.receptor[1]) > 0.9  # posterior is +y in LPS
    assert float(prone_ap.right[0]) < -0.9  # so the patient's right is on the right
    assert seen_from(prone_ap) == "from behind"
    assert left_of_image(prone_ap) == "patient's left on the left"
    side = "from the left" if lateral.receptor[0] > 0 else "from the right"
    front = "front on the left" if lateral.right[1] > 0 else "back on the left"
    assert (seen_from(lateral), left_of_image(lateral)) == (side, front)


def test_no_films_without_vertebroplasty_or_views(results):
    bare = SimpleNamespace(spine=results.spine, planning=results.planning, vertebroplasty=None)
    assert take_case_films(bare) is None
    planning = replace(results.planning, views=results.planning.views[:1])
    bare = SimpleNamespace(
        spine=results.spine, planning=planning, vertebroplasty=results.vertebroplasty
    )
    assert take_case_films(bare) is None


def test_the_material_is_that_of_the_product(results):
    from vertaug.tissue.material import bone_cement

    product = results.vertebroplasty.setup.product
    assert cement_material(product) == bone_cement(0.2, "BaSO4")


def test_files_with_and_without_films(results, films, tmp_path):
    filling = results.vertebroplasty.result.filling
    paths = write_filling_files(filling, films, results.spine, tmp_path / "all")
    assert all(path.is_file() for path in paths)
    assert sum(path.suffix == ".gif" for path in paths) == 2
    paths = write_filling_files(filling, None, results.spine, tmp_path / "bare")
    assert all(path.is_file() for path in paths)
    assert not any(path.suffix == ".gif" for path in paths)


def test_the_sequence_marks_leaks_in_colour_and_holds_its_end(results, films):
    filling = results.vertebroplasty.result.filling
    for data in filling_gifs(filling, films, results.spine):
        gif = Image.open(io.BytesIO(data))
        assert gif.n_frames == 3
        pinks, pauses = [], []
        for number in range(gif.n_frames):
            gif.seek(number)
            pauses.append(gif.info["duration"])
            pinks.append(count_pink(gif))
        assert pauses == [250, 250, 2000]
        # the leak begins after 2.9 of 4 ml: in the last of 0, 2 and 4 ml
        assert pinks[:2] == [0, 0]
        assert pinks[2] > 20
    dry = filling_gifs(replace(filling, leaks=()), films, results.spine)
    last = Image.open(io.BytesIO(dry[0]))
    last.seek(2)
    assert count_pink(last) == 0


def count_pink(gif):
    red, green, blue = np.moveaxis(np.asarray(gif.convert("RGB")).astype(int), -1, 0)
    return int(((red - green > 60) & (blue - green > 60)).sum())


def test_the_outline_of_the_body_is_where_it_projects(results, films):
    vertebra = results.spine["L1"]
    carm = films.lateral[0].carm
    outline = outline_body(carm, vertebra)
    column, row = carm.project(vertebra.frame.origin_lps_mm)
    inside = outline.depth_mm[round(row) - outline.row, round(column) - outline.column]
    assert inside == pytest.approx(42.0, abs=2.0)  # the width of the body
    seen = np.argwhere(outline.depth_mm > 1.0)[:, ::-1] + [outline.column, outline.row]
    voxels = np.argwhere(vertebra.mask(Region.BODY)).astype(float)
    body = carm.project(vertebra.regions.grid.to_world(voxels))
    np.testing.assert_allclose(seen.min(axis=0), body.min(axis=0), atol=2.0)
    np.testing.assert_allclose(seen.max(axis=0), body.max(axis=0), atol=2.0)
    far = replace(carm, isocentre_lps_mm=carm.isocentre_lps_mm + np.array([0.0, 0.0, 400.0]))
    assert outline_body(far, vertebra) is None


def test_films_from_views_that_are_there_are_the_same(results, films, monkeypatch):
    monkeypatch.setattr(filling_films, "_PIXELS", 96)
    monkeypatch.setattr(filling_films, "_CINE_IMAGES", 3)
    views = view_case(SimpleNamespace(**vars(results), kyphoplasty=None))
    assert list(views.fixed) == ["L1"]
    monkeypatch.setattr(filling_films, "prepare_patient", None)  # is not asked again
    again = take_case_films(results, views)
    for one, other in zip((*films.ap, *films.lateral), (*again.ap, *again.lateral), strict=True):
        np.testing.assert_array_equal(one.signal, other.signal)
    bare = SimpleNamespace(planning=None, vertebroplasty=None, kyphoplasty=None)
    assert view_case(bare) is None


def test_a_picture_of_a_sequence_keeps_nothing_of_the_one_before(results, films):
    filling, image = results.vertebroplasty.result.filling, films.cines[0].frames[-1]
    end = moment_at_volume(filling, filling.injected_mm3)
    outline = outline_body(image.carm, results.spine["L1"])

    def stage():
        return _set_stage(image, filling, results.spine, outline, "AP")

    used = stage()
    last = _picture(used, image, (filling, end), ("long words of the end", "state"))
    first = _picture(used, image, (filling, START), ("start", ""))
    np.testing.assert_array_equal(first, _picture(stage(), image, (filling, START), ("start", "")))
    again = _picture(used, image, (filling, end), ("long words of the end", "state"))
    np.testing.assert_array_equal(last, again)
    assert (first != last).any()
