"""Labels: naming, placing on the CT, evidence that they fit, clean-up."""

import json

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from vertaug.case.errors import GeometryError, ImageError, LabelError, OrientationError
from vertaug.case.grid import Grid
from vertaug.case.volume import Scan, ScanInfo
from vertaug.imaging import read_labels, write_label_nifti, write_nifti

SHAPE = (40, 44, 96)
CENTRES = {"T12": (19, 20, 80), "L1": (20, 21, 50), "L2": (21, 20, 18)}  # from head to foot
VERSE = {"T12": 19, "L1": 20, "L2": 21}


def make_grid(shape=SHAPE):
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = (-20.0, -22.0, -48.0)
    return Grid(shape=shape, affine=affine)


def paint(numbers=VERSE, centres=CENTRES):
    """Three blocks with the given numbers, wider toward the foot."""
    values = np.zeros(SHAPE, dtype=np.uint8)
    for grow, (level, (i, j, k)) in enumerate(centres.items()):
        half = 9 + grow
        values[i - half : i + half, j - 8 : j + 8, k - 10 : k + 10] = numbers[level]
    return values


@pytest.fixture
def scan():
    """Shells of 600 HU filled with 150 HU in soft tissue, where `paint` puts its blocks."""
    mask = paint() > 0
    core = np.zeros_like(mask)
    core[2:-2, 2:-2, 2:-2] = True
    for axis in range(3):
        for step in (-2, 2):
            core &= np.roll(mask, step, axis=axis)
    hu = np.where(mask, 600, 40).astype(np.int16)
    hu[core & mask] = 150
    hu[:2] = -1000
    hu[2:4] = -100
    return Scan(hu=hu, grid=make_grid(), info=ScanInfo(source_format="phantom"))


@pytest.fixture
def save(tmp_path):
    def write(values, name="labels.nii.gz", grid=None):
        return write_nifti(tmp_path / name, values, grid or make_grid(values.shape))

    return write


def test_verse_numbers_are_found(scan, save):
    labels = read_labels(save(paint()), scan)
    assert dict(labels.levels) == VERSE
    assert labels.numbering == "verse"
    np.testing.assert_array_equal(labels.values, paint())
    assert any("found from the numbers" in note for note in labels.notes)


def test_declared_numbering_gives_the_same_levels(scan, save):
    numbers = {"T12": 32, "L1": 31, "L2": 30}
    labels = read_labels(save(paint(numbers)), scan, numbering="totalsegmentator")
    assert dict(labels.levels) == VERSE  # values are always the VerSe numbers
    np.testing.assert_array_equal(labels.values, paint())


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_segment_names_win(scan, tmp_path, suffix):
    numbers = {"T12": 1, "L1": 2, "L2": 3}
    image = sitk.GetImageFromArray(paint(numbers).T)
    image.SetOrigin((-20.0, -22.0, -48.0))
    for n, (level, value) in enumerate(numbers.items()):
        image.SetMetaData(f"Segment{n}_Name", f"{level} vertebra")
        image.SetMetaData(f"Segment{n}_LabelValue", str(value))
    path = tmp_path / f"labels{suffix}"
    sitk.WriteImage(image, str(path))
    labels = read_labels(path, scan)
    assert labels.numbering == "names in the file"
    np.testing.assert_array_equal(labels.values, paint())


def test_totalsegmentator_header_extension_resolves_28(scan, tmp_path):
    numbers = {"T12": 28, "L1": 29, "L2": 5}
    xml = "".join(
        f'<Label Key="{v}" Red="1" Alpha="1"><![CDATA[{n}]]></Label>'
        for v, n in [(28, "vertebrae_T12"), (29, "vertebrae_L1"), (5, "vertebrae_L2"), (7, "liver")]
    )
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ make_grid().affine
    values = paint(numbers)
    values[5:8, 5:8, 5:8] = 7
    image = nib.Nifti1Image(values, affine)
    image.header.extensions.append(nib.nifti1.Nifti1Extension(0, f"<CaretExtension>{xml}".encode()))
    nib.save(image, tmp_path / "labels.nii.gz")
    labels = read_labels(tmp_path / "labels.nii.gz", scan)
    assert list(labels.levels) == ["T12", "L1", "L2"]
    assert "Labels that are no vertebra were left out: 7." in labels.notes


def test_name_table_beside_the_file(scan, save, tmp_path):
    path = save(paint({"T12": 28, "L1": 101, "L2": 102}))
    (tmp_path / "labels.json").write_text(json.dumps({"28": "T12", "101": "L1", "102": "L2"}))
    labels = read_labels(path, scan)
    assert list(labels.levels) == ["T12", "L1", "L2"]
    assert labels.numbering == "names beside the file"


def test_sidecar_of_acquisition_data_is_no_name_table(scan, save, tmp_path):
    path = save(paint())
    (tmp_path / "labels.json").write_text(json.dumps({"Rows": 20, "Columns": 20, "KVP": 120}))
    assert read_labels(path, scan).numbering == "verse"
    (tmp_path / "labels.json").write_text(json.dumps({"L1": 20, "vertebrae_L2": 20}))
    with pytest.raises(LabelError, match="the number 20 has two names"):
        read_labels(path, scan)


def test_declared_numbering_must_know_the_numbers(scan, save):
    path = save(paint({"T12": 70, "L1": 71, "L2": 72}))
    with pytest.raises(LabelError, match=r"'verse' does not know 70, 71, 72; closest"):
        read_labels(path, scan, numbering="verse")
    with pytest.raises(LabelError, match="in numbering 'totalsegmentator' no vertebra has"):
        read_labels(path, scan, numbering="totalsegmentator")
    path = save(paint({"T12": 32, "L1": 31, "L2": 30}))
    with pytest.raises(LabelError, match=r"all are known in: .*totalsegmentator"):
        read_labels(path, scan, numbering="vertebrae_pp")


def test_one_level_named_twice(scan, save, tmp_path):
    path = save(paint())
    (tmp_path / "labels.json").write_text(json.dumps({"19": "T12", "20": "L1", "21": "L1"}))
    with pytest.raises(LabelError, match="several numbers are called L1"):
        read_labels(path, scan)


def test_written_labels_are_read_back(scan, save, tmp_path):
    labels = read_labels(save(paint()), scan)
    again = read_labels(write_label_nifti(tmp_path / "out" / "spine.nii.gz", labels), scan)
    assert again.levels == labels.levels
    np.testing.assert_array_equal(again.values, labels.values)
    table = json.loads((tmp_path / "out" / "spine.json").read_text())
    assert table["labels"] == VERSE


def test_folder_of_masks(scan, tmp_path):
    values = paint()
    for level, value in {**VERSE, "L3": 22}.items():
        mask = (values == value).astype(np.uint8)
        write_nifti(tmp_path / "masks" / f"vertebrae_{level}.nii.gz", mask, make_grid())
    write_nifti(tmp_path / "masks" / "liver.nii.gz", values, make_grid())
    labels = read_labels(tmp_path / "masks", scan)
    assert dict(labels.levels) == VERSE  # the empty mask of L3 is passed over
    np.testing.assert_array_equal(labels.values, values)
    smaller = make_grid((10, 10, 10))
    write_nifti(tmp_path / "masks" / "vertebrae_L4.nii.gz", np.ones((10, 10, 10)), smaller)
    with pytest.raises(ImageError, match="another grid than the other masks"):
        read_labels(tmp_path / "masks", scan)


def test_one_level_from_a_region_map(scan, save):
    values = paint({"T12": 0, "L1": 2, "L2": 5})
    values[values == 2] = np.where(np.arange(np.count_nonzero(values == 2)) % 3 > 0, 2, 1)
    labels = read_labels(save(values), scan, numbering="level:L1=1,2")
    assert dict(labels.levels) == {"L1": 20}
    np.testing.assert_array_equal(labels.mask("L1"), paint() == 20)
    assert any("left out: 5" in note for note in labels.notes)
    both = read_labels(save(values), scan, numbering="level:L1")
    np.testing.assert_array_equal(both.values > 0, values > 0)
    with pytest.raises(LabelError, match="the values 9 are not in the labels"):
        read_labels(save(values), scan, numbering="level:L1=9")


def test_other_grid_is_resampled_with_a_note(scan, save):
    crop = paint()[5:38, 6:40, 3:]
    labels = read_labels(save(crop, grid=make_grid().crop((5, 6, 3), (38, 40, 96))), scan)
    np.testing.assert_array_equal(labels.values, paint())
    assert any("resampled to the CT" in note for note in labels.notes)


def test_labels_of_a_longer_scan_are_cut_with_a_note(scan, save):
    part = Scan(hu=scan.hu[:, :, 40:], grid=scan.grid.crop((0, 0, 40), SHAPE), info=scan.info)
    labels = read_labels(save(paint()), part)
    assert list(labels.levels) == ["T12", "L1"]
    assert any("lie outside the CT" in note for note in labels.notes)


def test_labels_elsewhere_are_refused(scan, save):
    grid = make_grid()
    affine = grid.affine.copy()
    affine[:3, 3] += 500.0
    with pytest.raises(LabelError, match="another patient"):
        read_labels(save(paint(), grid=Grid(shape=SHAPE, affine=affine)), scan)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("shift", [-25, 25])
def test_shifted_labels_are_refused(scan, save, axis, shift):
    grid = make_grid()
    affine = grid.affine.copy()
    affine[axis, 3] += shift
    with pytest.raises(LabelError, match="do not lie on the bone"):
        read_labels(save(paint(), grid=Grid(shape=SHAPE, affine=affine)), scan)


def test_one_misplaced_level_is_noted(scan, save):
    moved = paint(centres={**CENTRES, "L2": (21, 28, 29)})
    labels = read_labels(save(moved), scan)
    assert "The labels of L2 fit the CT much worse than the others." in labels.notes


def test_upside_down_header_is_refused(scan, save):
    grid = make_grid()
    affine = grid.affine.copy()
    affine[2] *= -1
    with pytest.raises(OrientationError, match="T12 below L1"):
        read_labels(save(paint(), grid=Grid(shape=SHAPE, affine=affine)), scan, numbering="verse")


def test_stray_voxels_are_removed_and_near_ones_kept(scan, save):
    values = paint()
    values[2:4, 2:4, 2:4] = 19  # far away
    values[19, 30, 80] = 19  # 2 mm from the block
    labels = read_labels(save(values), scan)
    assert not labels.values[2:4, 2:4, 2:4].any()
    assert labels.values[19, 30, 80] == 19
    assert any("8 of T12" in note for note in labels.notes)


def test_empty_fractional_and_image_like_labels(scan, save):
    with pytest.raises(LabelError, match="empty"):
        read_labels(save(np.zeros(SHAPE, np.uint8)), scan)
    with pytest.raises(LabelError, match="whole numbers"):
        read_labels(save(paint() * np.float32(0.5)), scan)
    with pytest.raises(LabelError, match="found -1000 to 600"):
        read_labels(save(scan.hu), scan)


def test_labels_are_written_for_their_grid_only(tmp_path):
    with pytest.raises(GeometryError, match="the array has shape"):
        write_nifti(tmp_path / "a.nii", np.zeros((3, 3, 3)), make_grid())
