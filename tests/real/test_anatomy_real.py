"""Anatomy on real CT: bodies against reference regions, frames, pedicles, traps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vertaug.anatomy import analyse_spine
from vertaug.case.errors import LevelError, OrientationError
from vertaug.case.grid import Grid
from vertaug.case.spine import Region
from vertaug.imaging import read_labels, read_scan
from vertaug.numerics.interpolation import resample_nearest

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="real CT (../shared/data) is not here"),
]


def read_case(ct, labels, numbering=None):
    scan = read_scan(DATA / ct)
    return scan, read_labels(DATA / labels, scan, numbering=numbering)


@pytest.fixture(scope="module")
def tptbox():
    return read_case(
        "tptbox-l3/sub-ct_label-22_ct.nii.gz", "tptbox-l3/sub-ct_seg-vert_label-22_msk.nii.gz"
    )


@pytest.fixture(scope="module")
def tptbox_spine(tptbox):
    return analyse_spine(*tptbox)


@pytest.fixture(scope="module")
def verse004():
    return read_case(
        "verse004-l2/sub-verse004_0000_vertebra_21_im.nii.gz",
        "verse004-l2/sub-verse004_0000_vertebra_21_seg.nii.gz",
        "level:L2=1,2,3,4",
    )


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def body_on_scan(vertebra, scan):
    grid = vertebra.regions.grid
    to_local = np.linalg.inv(grid.affine) @ scan.grid.affine
    return resample_nearest(vertebra.regions.values, to_local, scan.grid.shape)


def test_body_and_arch_of_tptbox_l3(tptbox, tptbox_spine):
    scan, labels = tptbox
    reference = read_labels(
        DATA / "tptbox-l3/sub-ct_seg-subreg_label-22_msk.nii.gz",
        scan,
        numbering="level:L3=49,50",
    ).mask("L3")
    bone = labels.mask("L3")
    reference &= bone
    body = (body_on_scan(tptbox_spine["L3"], scan) == Region.BODY) & bone
    assert dice(body, reference) > 0.97
    assert dice(bone & ~body, bone & ~reference) > 0.95


def test_verse004_is_refused_because_its_header_contradicts_the_anatomy(verse004):
    with pytest.raises(OrientationError, match=r"L2.*calls anterior.*--correct-orientation"):
        analyse_spine(*verse004)


def test_body_and_arch_of_verse004_after_correction(verse004):
    scan, labels = verse004
    spine = analyse_spine(scan, labels, correct_orientation=True)
    reference = read_labels(
        DATA / "verse004-l2/sub-verse004_0000_vertebra_21_seg.nii.gz",
        scan,
        numbering="level:L2=1,2",
    ).mask("L2")[:, ::-1]
    bone = spine.labels.mask("L2")
    body = (body_on_scan(spine["L2"], scan) == Region.BODY) & bone
    assert dice(body, reference) > 0.96
    assert dice(bone & ~body, bone & ~reference) > 0.94
    assert any("mirrored" in note for note in spine.scan.info.notes)


def test_cut_neighbours_of_the_crop_are_named_and_not_used(tptbox_spine):
    assert "superior edge" in tptbox_spine.incomplete["L2"]
    assert not tptbox_spine["L4"].complete
    with pytest.raises(LevelError, match="superior edge"):
        tptbox_spine["L2"]


def test_pedicles_of_tptbox_l3_are_where_the_spine_surgeon_finds_them(tptbox_spine):
    vertebra = tptbox_spine["L3"]
    for pedicle, side in ((vertebra.left_pedicle, 1), (vertebra.right_pedicle, -1)):
        x, y, z = vertebra.frame.to_local(pedicle.isthmus_lps_mm)
        assert 12 < side * x < 24
        assert 14 < y < 26
        assert 1 < z < 10
        assert 7 < pedicle.width_mm < 13
        assert 11 < pedicle.height_mm < 17
        assert 3 < pedicle.transverse_angle_deg < 25


@pytest.mark.slow
@pytest.mark.parametrize("angles", [(12.0, -8.0, 20.0), (-20.0, 5.0, 3.0)])
def test_a_moved_scan_gives_the_moved_anatomy(tptbox, tptbox_spine, angles):
    scan, labels = tptbox
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    motion[:3, 3] = [13.3, -21.7, 8.1]
    grid = Grid(shape=scan.grid.shape, affine=motion @ scan.grid.affine)
    moved = analyse_spine(replace(scan, grid=grid), replace(labels, grid=grid))["L3"]
    still = tptbox_spine["L3"]
    turn = motion[:3, :3] @ still.frame.axes
    assert (
        np.degrees(np.arccos(np.clip((np.trace(turn.T @ moved.frame.axes) - 1) / 2, -1, 1))) < 0.5
    )
    for name in ("superior_anterior", "inferior_posterior", "superior_middle"):
        expected = motion[:3, :3] @ getattr(still.landmarks, name) + motion[:3, 3]
        assert getattr(moved.landmarks, name) == pytest.approx(expected, abs=0.5)
