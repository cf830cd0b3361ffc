"""Pictures of the patient's own bones: what is shown, where, and what is left out."""

import io

import numpy as np
import pytest
from PIL import Image

from vertaug.case.plan import Procedure
from vertaug.report.leaflet_bone import bones_after, read_bones
from vertaug.report.leaflet_panel import PanelText, body_plane, draw_panel, panel_plane
from vertaug.report.leaflet_picture import draw_leaflet_pictures

TEXT = PanelText(name="x", title="t", ends=("front", "back"), broken="broken bone")


@pytest.fixture(scope="module")
def bones(leaflet_folder, block_case):
    return read_bones(leaflet_folder, block_case(), "L1")


def pixels(panel):
    return np.asarray(Image.open(io.BytesIO(panel.png)).convert("RGB")).astype(int)


def extent(mesh, axis):
    return mesh.vertices[:, axis].min(), mesh.vertices[:, axis].max()


def test_bones_are_where_the_labels_are(bones):
    assert list(bones.bones) == ["T12", "L1", "L2"]
    assert extent(bones.bones["L1"], 2) == pytest.approx((33.5, 51.5), abs=0.6)
    assert extent(bones.bones["L1"], 1) == pytest.approx((5.5, 43.5), abs=1.5)
    assert bones.cement is None


def test_thick_slices_lie_where_thin_ones_do(blocks, block_case, tmp_path):
    from vertaug.case.grid import Grid
    from vertaug.case.volume import LabelMap
    from vertaug.imaging import write_label_nifti

    affine = np.diag([3.0, 1.0, 1.0, 1.0])
    affine[0, 3] = 1.0
    values = blocks.values[1::3]
    grid = Grid(shape=values.shape, affine=affine)
    thick = LabelMap(values=values, grid=grid, levels=blocks.levels, numbering="verse")
    write_label_nifti(tmp_path / "labels" / "levels.nii.gz", thick)
    found = read_bones(tmp_path, block_case(), "L1").bones["L1"]
    assert extent(found, 2) == pytest.approx((33.5, 51.5), abs=0.6)
    assert np.mean(extent(found, 0)) == pytest.approx(19.5, abs=1.0)


def test_without_labels_there_is_no_picture(block_case, tmp_path):
    assert read_bones(tmp_path, block_case(), "L1") is None
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "levels.nii.gz").write_bytes(b"damaged")
    assert read_bones(tmp_path, block_case(), "L1") is None


def test_the_left_of_the_picture_is_the_patient_s_front(bones):
    plane = panel_plane(bones)
    front, back = plane.to_picture([[20.0, 6.0, 43.0], [20.0, 43.0, 43.0]])
    assert front[0] < back[0]
    behind = panel_plane(bones, from_behind=True)
    left, right = behind.to_picture([[33.0, 20.0, 43.0], [6.0, 20.0, 43.0]])
    assert left[0] < right[0]


def test_the_broken_bone_is_darker_than_those_next_to_it(bones):
    plane = panel_plane(bones)
    shown = pixels(draw_panel(bones, TEXT, plane))
    spots = plane.to_pixel(np.array([[33.0, 18.0, z] for z in (69.0, 43.0, 17.0)])) / 2
    above, broken, below = (shown[int(r), int(c)].sum() for r, c in spots)
    assert broken < 0.75 * min(above, below)
    assert shown[0, 0].tolist() == [255, 255, 255]


def test_levels_stand_at_the_height_of_their_bodies(bones):
    words = draw_panel(bones, TEXT, panel_plane(bones)).words
    assert [(w.text, w.strong) for w in words] == [
        ("T12", False), ("L1 broken bone", True), ("L2", False),
    ]  # fmt: skip
    assert words[0].y < words[1].y < words[2].y
    assert words[1].y == pytest.approx(0.5, abs=0.05)


def test_cement_is_seen_and_a_balloon_lifts_the_bone(bones, leaflet_folder, simulated, shift):
    case, _ = simulated
    filled = bones_after(bones, leaflet_folder, case, Procedure.VERTEBROPLASTY)
    assert np.allclose(filled.bones["L1"].vertices, bones.bones["L1"].vertices)
    assert extent(filled.cement, 2) == pytest.approx((37.5, 47.5), abs=0.7)
    lifted = bones_after(bones, leaflet_folder, case, Procedure.KYPHOPLASTY, shift)
    assert extent(lifted.bones["L1"], 2) == pytest.approx((37.5, 55.5), abs=0.7)
    assert np.allclose(lifted.bones["L2"].vertices, bones.bones["L2"].vertices)
    plane = body_plane(bones, filled)
    shown, before = (pixels(draw_panel(state, TEXT, plane)) for state in (filled, bones))
    row, column = (plane.to_pixel(np.array([20.0, 16.0, 43.0])) / 2).astype(int)
    assert shown[row, column].sum() < before[row, column].sum() - 100


def test_a_kyphoplasty_without_its_moved_bone_is_not_shown(bones, leaflet_folder, simulated):
    case, _ = simulated
    assert bones_after(bones, leaflet_folder, case, Procedure.KYPHOPLASTY) is None


def test_nothing_simulated_nothing_after(bones, leaflet_folder, block_case):
    assert bones_after(bones, leaflet_folder, block_case(), Procedure.VERTEBROPLASTY) is None


def test_pictures_of_a_leaflet(leaflet_folder, simulated, shift, tmp_path):
    case, leaflet = simulated
    both = draw_leaflet_pictures(leaflet(), leaflet_folder, case, shift)
    assert [p.name for p in both.before] == ["before-side", "before-behind"]
    assert [p.name for p in both.after] == [
        "after-before", "after-vertebroplasty", "after-kyphoplasty",
    ]  # fmt: skip
    assert len({(p.width_mm, p.height_mm) for p in both.after}) == 1
    assert "simulated" in both.after[1].title
    lost = draw_leaflet_pictures(leaflet(), leaflet_folder, case, None)
    assert [p.name for p in lost.after] == ["after-before", "after-vertebroplasty"]
    one = leaflet(procedures=(Procedure.KYPHOPLASTY,))
    assert len(draw_leaflet_pictures(one, leaflet_folder, case, shift).after) == 2
    none = draw_leaflet_pictures(leaflet(), tmp_path, case, shift)
    assert none.before == none.after == ()
    assert len(none.steps) == 6
