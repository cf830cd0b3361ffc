"""DICOM segmentations: bit packed, fractional and label map, frames in any order."""

import numpy as np
import pydicom
import pytest
from pydicom.pixels import pack_bits
from pydicom.sequence import Sequence
from pydicom.uid import UID

from vertaug.case.errors import ImageError, LabelError
from vertaug.imaging import read_labels, read_scan

SEGMENTATION = UID("1.2.840.10008.5.1.4.1.1.66.4")
LABEL_MAP = UID("1.2.840.10008.5.1.4.1.1.66.7")
L1, T12 = "66794005", "23215003"


@pytest.fixture
def bones(make_series):
    """A tall series with two blocks of bone, and their masks, (i, j, k)."""
    shape = (30, 32, 40)
    hu = np.full(shape, 30, np.int16)
    hu[:3], hu[3:6] = -1000, -100
    masks = {}
    for level, k in (("L1", 4), ("T12", 24)):
        mask = np.zeros(shape, bool)
        mask[9:21, 10:23, k : k + 12] = True
        mask[9:12, 10:13, k : k + 3] = False  # no symmetry
        hu[mask] = 500
        masks[level] = mask
    return make_series(hu=hu, pixel_spacing=(1.0, 1.2)), masks


@pytest.fixture
def make_segmentation(start, pixels, dicom_item):
    """Return a writer of SEG objects for frames given as (segment, slice, image)."""

    def sequence(**attributes):
        return Sequence([dicom_item(**attributes)])

    def segment(number, label, code):
        item = dicom_item(SegmentNumber=number, SegmentLabel=label)
        item.SegmentedPropertyTypeCodeSequence = sequence(
            CodeValue=code, CodingSchemeDesignator="SCT", CodeMeaning=label
        )
        return item

    def make(series, frames, kind="BINARY", segments=((1, "bone", L1), (2, "upper", T12))):
        data = start(LABEL_MAP if kind == "LABELMAP" else SEGMENTATION, "1.2.3.9")
        data.Modality, data.SegmentationType = "SEG", kind
        data.SegmentSequence = Sequence([segment(*s) for s in segments])
        images = np.stack([image for _, _, image in frames]).astype(np.uint8)
        if kind == "FRACTIONAL":
            data.MaximumFractionalValue = 200
            images = images * np.uint8(150)
        pixels(data, images)
        data.NumberOfFrames = len(frames)
        if kind == "BINARY":
            data.BitsAllocated = data.BitsStored = 1
            data.HighBit = 0
            data.PixelData = pack_bits(images)
        orientation = [*series.row, *series.column]
        data.SharedFunctionalGroupsSequence = sequence(
            PlaneOrientationSequence=sequence(ImageOrientationPatient=orientation),
            PixelMeasuresSequence=sequence(
                PixelSpacing=list(series.pixel_spacing), SliceThickness=series.step
            ),
        )
        groups = []
        for number, k, _ in frames:
            position = np.array(series.origin) + k * series.step * series.normal
            group = dicom_item(
                PlanePositionSequence=sequence(ImagePositionPatient=position.round(4).tolist())
            )
            if number:
                group.SegmentIdentificationSequence = sequence(ReferencedSegmentNumber=number)
            groups.append(group)
        data.PerFrameFunctionalGroupsSequence = Sequence(groups)
        return data

    return make


def frames_of(masks, seed):
    """Only frames with content, in a random order."""
    frames = [
        (number, k, masks[level][:, :, k].T)
        for number, level in ((1, "L1"), (2, "T12"))
        for k in range(40)
        if masks[level][:, :, k].any()
    ]
    order = np.random.default_rng(seed).permutation(len(frames))
    return [frames[n] for n in order]


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL"])
@pytest.mark.parametrize("flipped", [False, True])
def test_sparse_frames_in_any_order(bones, make_segmentation, tmp_path, kind, flipped):
    series, masks = bones
    if flipped:  # rows run to the right, slices to the foot
        series.row = (-1.0, 0.0, 0.0)
        series.hu = series.hu[:, :, ::-1]  # so that T12 stays above L1
        masks = {level: mask[:, :, ::-1] for level, mask in masks.items()}
    scan = read_scan(series.write(tmp_path / "ct"))
    data = make_segmentation(series, frames_of(masks, 5), kind)
    data.save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    labels = read_labels(tmp_path / "seg.dcm", scan)
    assert list(labels.levels) == ["T12", "L1"]
    for level in ("T12", "L1"):
        expected = masks[level][::-1, :, ::-1] if flipped else masks[level]
        np.testing.assert_array_equal(labels.mask(level), expected)
        assert scan.hu[labels.mask(level)].min() == 500


def test_label_map_object_in_a_folder(bones, make_segmentation, tmp_path):
    series, masks = bones
    scan = read_scan(series.write(tmp_path / "ct"))
    joined = masks["L1"] * 1 + masks["T12"] * 2
    frames = [(0, k, joined[:, :, k].T) for k in reversed(range(40))]
    folder = tmp_path / "seg"
    folder.mkdir()
    make_segmentation(series, frames, "LABELMAP").save_as(folder / "0001", enforce_file_format=True)
    labels = read_labels(folder, scan)
    for level in ("T12", "L1"):
        np.testing.assert_array_equal(labels.mask(level), masks[level])
    assert labels.numbering == "DICOM segments"


def test_labels_name_the_level_where_codes_do_not(bones, make_segmentation, tmp_path):
    series, masks = bones
    scan = read_scan(series.write(tmp_path / "ct"))
    segments = ((1, "vertebrae_L1", "51282000"), (2, "aorta", "15825003"))
    data = make_segmentation(series, frames_of(masks, 1), segments=segments)
    data.save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    labels = read_labels(tmp_path / "seg.dcm", scan)
    assert list(labels.levels) == ["L1"]
    assert "Segments that are no vertebra were left out: aorta." in labels.notes


def test_segments_without_a_vertebra_and_twice_the_same(bones, make_segmentation, tmp_path):
    series, masks = bones
    scan = read_scan(series.write(tmp_path / "ct"))
    path = tmp_path / "seg.dcm"
    for segments, words in (
        (((1, "liver", "10200004"), (2, "aorta", "15825003")), "no segment names a vertebra"),
        (((1, "L1", L1), (2, "L1 again", L1)), "two segments are called L1"),
    ):
        data = make_segmentation(series, frames_of(masks, 1), segments=segments)
        data.save_as(path, enforce_file_format=True)
        with pytest.raises(LabelError, match=words):
            read_labels(path, scan)


def test_truncated_segmentation(bones, make_segmentation, tmp_path):
    series, masks = bones
    scan = read_scan(series.write(tmp_path / "ct"))
    path = tmp_path / "seg.dcm"
    make_segmentation(series, frames_of(masks, 1)).save_as(path, enforce_file_format=True)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ImageError, match=r"seg\.dcm"):
        read_labels(path, scan)


def test_ct_folder_given_as_labels(bones, tmp_path):
    series, _ = bones
    folder = series.write(tmp_path / "ct")
    with pytest.raises(ImageError, match="DICOM SEG files found: none"):
        read_labels(folder, read_scan(folder))


def test_object_made_by_highdicom(bones, tmp_path):
    highdicom = pytest.importorskip("highdicom")
    from pydicom.sr.codedict import codes

    series, masks = bones
    datasets = series.datasets()
    for data in datasets:
        data.PatientID = data.PatientBirthDate = data.PatientSex = data.AccessionNumber = ""
        data.StudyID = data.StudyDate = data.StudyTime = data.ReferringPhysicianName = ""
        data.SeriesNumber = 3
    scan = read_scan(series.write(tmp_path / "ct", datasets))
    described = [
        highdicom.seg.SegmentDescription(
            segment_number=number,
            segment_label=level,
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=highdicom.sr.CodedConcept(code, "SCT", level),
            algorithm_type="MANUAL",
        )
        for number, level, code in ((1, "T12", T12), (2, "L1", L1))
    ]
    pixels = np.stack([masks["T12"], masks["L1"]], axis=-1).transpose(2, 1, 0, 3)
    segmentation = highdicom.seg.Segmentation(
        source_images=[pydicom.dcmread(f) for f in sorted((tmp_path / "ct").iterdir())],
        pixel_array=pixels.astype(np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=described,
        series_instance_uid="1.2.3.4",
        series_number=9,
        sop_instance_uid="1.2.3.5",
        instance_number=1,
        manufacturer="Acme",
        manufacturer_model_name="One",
        software_versions="1",
        device_serial_number="1",
    )
    segmentation.save_as(tmp_path / "seg.dcm")
    labels = read_labels(tmp_path / "seg.dcm", scan)
    for level in ("T12", "L1"):
        np.testing.assert_array_equal(labels.mask(level), masks[level])
