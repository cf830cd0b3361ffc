"""Real CT and labels through the readers."""

import shutil
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from vertaug.case.errors import LabelError, OrientationError
from vertaug.case.grid import Grid
from vertaug.case.volume import LabelMap, Scan
from vertaug.imaging import read_labels, read_scan, write_nifti
from vertaug.imaging.label_fit import check_fit

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs the real CT in ../shared/data"),
]

VERSE012 = DATA / "verse012" / "sub-verse012_ct.nii.gz"
VERSE012_LABELS = DATA / "verse012" / "sub-verse012_seg-vert_msk.nii.gz"
TPTBOX = DATA / "tptbox-l3" / "sub-ct_label-22_ct.nii.gz"
TPTBOX_LABELS = DATA / "tptbox-l3" / "sub-ct_seg-vert_label-22_msk.nii.gz"
TPTBOX_REGIONS = DATA / "tptbox-l3" / "sub-ct_seg-subreg_label-22_msk.nii.gz"
VERSE004 = DATA / "verse004-l2" / "sub-verse004_0000_vertebra_21_im.nii.gz"
VERSE004_REGIONS = DATA / "verse004-l2" / "sub-verse004_0000_vertebra_21_seg.nii.gz"
LIDC = DATA / "lidc0314-dicom"


def read_case(name):
    image, labels, numbering = {
        "verse012": (VERSE012, VERSE012_LABELS, None),
        "tptbox": (TPTBOX, TPTBOX_LABELS, None),
        "verse004": (VERSE004, VERSE004_REGIONS, "level:L2=1,2,3,4"),
    }[name]
    scan = read_scan(image)
    return scan, read_labels(labels, scan, numbering=numbering)


def shift(values, axis, count):
    out = np.roll(values, count, axis=axis)
    lost = [slice(None)] * 3
    lost[axis] = slice(0, count) if count > 0 else slice(count, None)
    out[tuple(lost)] = 0
    return out


def test_verse012():
    scan, labels = read_case("verse012")
    assert scan.hu.shape == (35, 194, 252)
    assert scan.hu.dtype == np.int16
    assert list(labels.levels) == ["T10", "T11", "T12", "L1", "L2", "L3"]
    assert labels.numbering == "verse"
    # voxel counts of the file, by nibabel
    stored = np.asarray(nib.load(VERSE012_LABELS).dataobj)
    for level, value in labels.levels.items():
        assert np.count_nonzero(labels.mask(level)) == np.count_nonzero(stored == value)


def test_verse012_world_agrees_with_nibabel():
    scan = read_scan(VERSE012)
    image = nib.load(VERSE012)
    data = np.maximum(np.asarray(image.dataobj), -1024)
    for index in [(0, 0, 0), (34, 193, 251), (17, 80, 123), (5, 111, 200)]:
        lps = nib.affines.apply_affine(image.affine, index) * (-1, -1, 1)
        found = scan.grid.to_index(lps)
        np.testing.assert_allclose(found, np.rint(found), atol=1e-5)
        assert scan.hu[tuple(np.rint(found).astype(int))] == data[index]


def test_tptbox_crop():
    scan, labels = read_case("tptbox")
    assert list(labels.levels) == ["L2", "L3", "L4"]
    centres = [np.argwhere(labels.mask(n))[:, 2].mean() for n in labels.levels]
    assert centres[0] > centres[1] > centres[2]
    np.testing.assert_allclose(scan.grid.spacing_mm, 1.5)


def test_tptbox_regions_are_no_vertebra_map_but_one_vertebra():
    scan = read_scan(TPTBOX)
    with pytest.raises(LabelError, match="level:L2"):
        read_labels(TPTBOX_REGIONS, scan)
    whole = read_labels(TPTBOX_REGIONS, scan, numbering="level:L3")
    # the regions of the file cover all three labelled vertebrae
    vertebrae = read_labels(TPTBOX_LABELS, scan)
    np.testing.assert_array_equal(whole.values > 0, vertebrae.values > 0)


def test_calibrated_crop_of_verse004():
    scan, labels = read_case("verse004")
    assert scan.hu.dtype == np.float32
    assert any("calibrated to density" in note for note in scan.info.notes)
    assert dict(labels.levels) == {"L2": 21}
    assert np.count_nonzero(labels.values) == 22553 + 11093 + 7761 + 12343
    with pytest.raises(LabelError, match="level:L2"):
        read_labels(VERSE004_REGIONS, scan)
    with_cement = read_labels(VERSE004_REGIONS, scan, numbering="level:L2")
    assert np.count_nonzero(with_cement.values) > np.count_nonzero(labels.values)


@pytest.mark.parametrize("name", ["verse012", "tptbox", "verse004"])
def test_labels_must_lie_on_the_bone(name):
    scan, labels = read_case(name)
    assert check_fit(labels, scan, name) == ()
    for axis in range(3):
        for mm in (-25, 30):
            moved = shift(labels.values, axis, round(mm / scan.grid.spacing_mm[axis]))
            levels = {n: v for n, v in labels.levels.items() if np.any(moved == v)}
            if levels:
                with pytest.raises(LabelError, match="do not lie on the bone"):
                    check_fit(replace(labels, values=moved, levels=levels), scan, name)
    for axis in (1, 2):  # left and right are too alike to tell
        mirrored = replace(labels, values=np.flip(labels.values, axis).copy())
        with pytest.raises(LabelError, match="do not lie on the bone"):
            check_fit(mirrored, scan, name)


def test_labels_of_another_patient():
    scan = read_scan(VERSE012)
    with pytest.raises(LabelError, match="another patient"):
        read_labels(TPTBOX_LABELS, scan)


def test_exchanged_head_and_foot_is_named(tmp_path):
    image = nib.load(VERSE012_LABELS)
    flipped = nib.Nifti1Image(np.asarray(image.dataobj)[:, :, ::-1], image.affine)
    nib.save(flipped, tmp_path / "turned.nii.gz")
    scan = read_scan(VERSE012)
    with pytest.raises(OrientationError, match="T10 below T11"):
        read_labels(tmp_path / "turned.nii.gz", scan, numbering="verse")
    with pytest.raises(LabelError, match="head and foot exchanged"):
        read_labels(tmp_path / "turned.nii.gz", scan)


def test_labels_on_a_finer_grid_match():
    scan = read_scan(VERSE012)
    coarse = Grid(shape=(35, 97, 126), affine=scan.grid.affine @ np.diag([1.0, 2.0, 2.0, 1.0]))
    thin = Scan(hu=scan.hu[:, ::2, ::2], grid=coarse, info=scan.info)
    labels = read_labels(VERSE012_LABELS, thin)
    full = read_labels(VERSE012_LABELS, scan)
    np.testing.assert_array_equal(labels.values, full.values[:, ::2, ::2])
    assert any("resampled to the CT" in note for note in labels.notes)


def test_axis_orders_of_verse012(tmp_path):
    scan, labels = read_case("verse012")
    for order, flips in (((2, 0, 1), (-1, 1, -1)), ((1, 2, 0), (1, -1, 1))):
        paths = []
        for source in (VERSE012, VERSE012_LABELS):
            image = nib.load(source)
            codes = np.array([[axis, flip] for axis, flip in zip(order, flips, strict=True)])
            nib.save(image.as_reoriented(codes), tmp_path / source.name)
            paths.append(tmp_path / source.name)
        again = read_scan(paths[0])
        np.testing.assert_array_equal(again.hu, scan.hu)
        np.testing.assert_allclose(again.grid.corners(), scan.grid.corners(), rtol=0, atol=1e-6)
        moved: LabelMap = read_labels(paths[1], again)
        np.testing.assert_array_equal(moved.values, labels.values)


def test_lidc_series_in_shuffled_order_is_the_same_volume(tmp_path):
    scan = read_scan(LIDC)
    assert scan.hu.shape == (512, 512, 100)
    np.testing.assert_allclose(scan.grid.spacing_mm, [0.78125, 0.78125, 1.0], atol=1e-6)
    assert scan.info.kvp == 120.0
    assert scan.info.scanner == "Philips Brilliance 16P"
    assert "LIDC" not in repr(scan.info)
    files = sorted(LIDC.glob("*.dcm"))
    order = np.random.default_rng(8).permutation(len(files))
    for number, index in enumerate(order):
        shutil.copy(files[index], tmp_path / f"{number:04d}")
    again = read_scan(tmp_path)
    np.testing.assert_array_equal(again.hu, scan.hu)
    np.testing.assert_array_equal(again.grid.affine, scan.grid.affine)


def test_written_scan_reads_back(tmp_path):
    scan = read_scan(TPTBOX)
    again = read_scan(write_nifti(tmp_path / "ct.nii.gz", scan.hu, scan.grid))
    np.testing.assert_array_equal(again.hu, scan.hu)
    assert again.grid.matches(scan.grid, tolerance_mm=1e-6)
