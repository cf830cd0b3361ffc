"""Radiographs as DICOM XA objects, and the C-arm read back from files of any maker."""

import shutil
import subprocess
from dataclasses import replace
from filecmp import cmp

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from vertaug.case.errors import FormatError, GeometryError, InputError, StorageError
from vertaug.case.grid import Grid
from vertaug.case.volume import Scan, ScanInfo
from vertaug.fluoroscopy import (
    CArm,
    Collimation,
    Posture,
    Technique,
    carm_preset,
    preset_names,
    read_carm,
    render,
    write_xa,
)

ISOCENTRE = (1.25, -2.0 / 3.0, 3.1)
NEEDED = {
    "DistanceSourceToDetector": "(0018,1110)",
    "DistanceSourceToPatient": "(0018,1111)",
    "PositionerPrimaryAngle": "(0018,1510)",
    "PositionerSecondaryAngle": "(0018,1511)",
    "ImagerPixelSpacing": "(0018,1164)",
    "Rows": "(0028,0010)",
    "Columns": "(0028,0011)",
}


@pytest.fixture(scope="module")
def scan():
    hu = np.full((40, 40, 40), 40, dtype=np.int16)
    hu[12:25, 14:26, 8:32] = 700
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = -60.0
    return Scan(
        hu=hu,
        grid=Grid(shape=hu.shape, affine=affine),
        info=ScanInfo(source_format="phantom", kvp=120.0),
    )


@pytest.fixture(scope="module")
def carm():
    return CArm(isocentre_lps_mm=np.array(ISOCENTRE), detector_mm=(300.0, 224.7), pixels=(64, 48))


@pytest.fixture(scope="module")
def image(scan, carm):
    return render(scan, carm.aim(-17.3, 9.1))


@pytest.fixture
def written(image, tmp_path):
    return write_xa(image, tmp_path / "image.dcm")


def assert_same_carm(found, carm):
    for name in (
        "primary_angle_deg",
        "secondary_angle_deg",
        "source_detector_mm",
        "source_isocentre_mm",
        "detector_mm",
    ):
        np.testing.assert_allclose(getattr(found, name), getattr(carm, name), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.pitch_mm, carm.pitch_mm, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found.isocentre_lps_mm, carm.isocentre_lps_mm)
    for name in ("pixels", "posture", "round_field", "title", "source"):
        assert getattr(found, name) == getattr(carm, name)


# --- what is written


@pytest.mark.parametrize("posture", list(Posture))
@pytest.mark.parametrize(
    "angles", [(0, 0), (180, 0), (-180, 0), (90, 0), (-90, 0), (1 / 3, -100 / 7), (-162.7, 41.3)]
)
def test_image_comes_back(scan, carm, tmp_path, angles, posture):
    image = render(scan, replace(carm.aim(*angles), posture=posture))
    path = write_xa(image, tmp_path / "deep" / "image.dcm")
    assert path == tmp_path / "deep" / "image.dcm"
    assert_same_carm(read_carm(path), image.carm)
    np.testing.assert_array_equal(pydicom.dcmread(path).pixel_array, image.grey)


@pytest.mark.parametrize("name", preset_names())
def test_presets_come_back(scan, tmp_path, name):
    carm = carm_preset(name, ISOCENTRE).with_pixels(47).zoom(1.3).aim(23.7, -11.9)
    path = write_xa(render(scan, carm), tmp_path / "image.dcm")
    assert_same_carm(read_carm(path), carm)
    shape = pydicom.dcmread(path).FieldOfViewShape
    assert shape == ("ROUND" if carm.round_field else "RECTANGLE")


def test_odd_number_of_pixels(scan, carm, tmp_path):
    image = render(scan, replace(carm, pixels=(33, 25)))
    path = write_xa(image, tmp_path / "image.dcm")
    stored = pydicom.dcmread(path)
    assert len(stored.PixelData) == 33 * 25 + 1
    np.testing.assert_array_equal(stored.pixel_array, image.grey)


def test_attributes(image, written):
    found = pydicom.dcmread(written)
    assert found.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert found.SOPClassUID == found.file_meta.MediaStorageSOPClassUID
    assert found.SOPClassUID == "1.2.840.10008.5.1.4.1.1.12.1"
    assert found.SOPInstanceUID == found.file_meta.MediaStorageSOPInstanceUID
    assert list(found.ImageType) == ["DERIVED", "PRIMARY", "SINGLE PLANE"]
    assert list(found.ImagerPixelSpacing) == pytest.approx([224.7 / 48, 300.0 / 64])
    assert list(found.FieldOfViewDimensions) == [225, 300]
    expected = {
        "Modality": "XA",
        "PatientID": "vertaug",
        "PatientBirthDate": "",
        "StudyDate": "",
        "DistanceSourceToDetector": 1060.0,
        "DistanceSourceToPatient": 600.0,
        "PositionerPrimaryAngle": -17.3,
        "PositionerSecondaryAngle": 9.1,
        "PositionerMotion": "STATIC",
        "RadiationSetting": "SC",
        "BurnedInAnnotation": "NO",
        "PhotometricInterpretation": "MONOCHROME2",
        "PixelIntensityRelationship": "DISP",
        "ExposureInuAs": round(1000.0 * image.exposure.mas),
        "KVP": image.exposure.tube_voltage_kv,
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected)
    assert float(found.EstimatedRadiographicMagnificationFactor) == pytest.approx(1060 / 600)
    assert found.Exposure is None  # 0.1 mAs would be written as 0
    assert str(found.PatientName).startswith("Anonymous")
    assert found.ImageComments.startswith("Research and teaching, not for clinical decisions.")
    assert image.sentence in found.ImageComments
    assert "from CT" in found.DerivationDescription
    assert "CollimatorShape" not in found
    private = found.private_block(0x0099, "VERTAUG")
    assert list(private[0x01].value) == list(ISOCENTRE)
    assert private[0x02].value == "PRONE"


def test_dose_is_in_decigray_square_centimetres(image, written):
    dose = float(pydicom.dcmread(written).ImageAndFluoroscopyAreaDoseProduct)
    micrograys = dose * 1e5  # 1 dGy is 100 000 uGy
    assert micrograys == pytest.approx(image.exposure.kerma_area_ugy_cm2, rel=1e-9)


def test_charge_of_a_long_exposure_is_in_whole_mas_too(image, tmp_path):
    long = replace(image, exposure=replace(image.exposure, mas=2.6))
    found = pydicom.dcmread(write_xa(long, tmp_path / "image.dcm"))
    assert (found.Exposure, found.ExposureInuAs) == (3, 2600)


def test_every_decimal_string_fits(scan, carm, tmp_path):
    awkward = replace(carm, source_detector_mm=1000 + 1 / 3, source_isocentre_mm=600 - 1e-7 / 3)
    image = render(scan, awkward.aim(-100 / 3, -1e-9 / 7))
    path = write_xa(image, tmp_path / "image.dcm")
    assert_same_carm(read_carm(path), image.carm)
    for element in pydicom.dcmread(path).iterall():
        if element.VR == "DS":
            values = element.value if element.VM > 1 else [element.value]
            assert all(len(str(v)) <= 16 for v in values)


def test_bytes_repeat_and_tell_images_apart(image, tmp_path):
    one = write_xa(image, tmp_path / "one.dcm")
    two = write_xa(image, tmp_path / "two.dcm")
    assert cmp(one, two, shallow=False)
    grey = np.array(image.grey)
    grey[3, 4] ^= 1
    other = pydicom.dcmread(write_xa(replace(image, grey=grey), tmp_path / "three.dcm"))
    same = pydicom.dcmread(one)
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        assert UID(same[name].value).is_valid
        assert same[name].value.startswith("2.25.")
        assert same[name].value != other[name].value
    assert len({same.StudyInstanceUID, same.SeriesInstanceUID, same.SOPInstanceUID}) == 3


def test_given_identifiers(image, tmp_path):
    options = {"patient_id": "Müller 7", "study_uid": "1.2.3", "radiation_setting": "GR"}
    one = pydicom.dcmread(write_xa(image, tmp_path / "1.dcm", **options))
    two = pydicom.dcmread(write_xa(image, tmp_path / "2.dcm", instance_number=2, **options))
    assert (one.PatientID, one.StudyInstanceUID, one.RadiationSetting) == (
        "Müller 7",
        "1.2.3",
        "GR",
    )
    assert one.SeriesInstanceUID == two.SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert two.InstanceNumber == 2
    own = write_xa(image, tmp_path / "3.dcm", study_uid="1.2.3", series_uid="1.2.3.4")
    assert pydicom.dcmread(own).SeriesInstanceUID == "1.2.3.4"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patient_id": "a\\b"}, "patient ID"),
        ({"patient_id": "x" * 65}, "64 characters"),
        ({"study_uid": "1.2.x"}, "study UID"),
        ({"series_uid": "1..2"}, "series UID"),
        ({"radiation_setting": "CINE"}, "SC"),
    ],
)
def test_wrong_identifiers(image, tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        write_xa(image, tmp_path / "image.dcm", **options)
    assert list(tmp_path.iterdir()) == []


def test_what_is_sketched_is_declared_and_filed_apart(image, tmp_path):
    words = "Cement sketched, not simulated: 4 ml in all, spread through the marrow."
    study = "1.2.3"
    plain = pydicom.dcmread(write_xa(image, tmp_path / "a.dcm", study_uid=study))
    sketched = replace(image, sketch=words)
    marked = pydicom.dcmread(write_xa(sketched, tmp_path / "b.dcm", study_uid=study))
    assert plain.SeriesDescription == "Virtual fluoroscopy, computed from CT"
    assert marked.SeriesDescription == "Cement sketched, not simulated. Computed from CT"
    assert marked.DerivationDescription.startswith(f"{words} Computed from CT by vertaug.")
    assert marked.SeriesInstanceUID != plain.SeriesInstanceUID
    long = replace(image, sketch="x" * 2000)
    cut = pydicom.dcmread(write_xa(long, tmp_path / "c.dcm"))
    assert "not simulated" in cut.SeriesDescription
    assert len(cut.DerivationDescription) == 1024


def test_folder_in_the_place_of_the_file(image, tmp_path):
    (tmp_path / "image.dcm").mkdir()
    with pytest.raises(StorageError):
        write_xa(image, tmp_path / "image.dcm")


@pytest.mark.parametrize(
    ("angles", "letters"),
    [
        ((0, 0), ["L", "F"]),  # receptor in front: the patient's left is on the right side
        ((180, 0), ["R", "F"]),  # receptor behind a prone patient
        ((-180, 0), ["R", "F"]),
        ((90, 0), ["P", "F"]),  # receptor at the patient's left side
        ((-90, 0), ["A", "F"]),
        ((30, 0), ["LP", "F"]),
        ((0, 30), ["L", "FA"]),
        ((3, 0), ["L", "F"]),
    ],
)
def test_patient_orientation(scan, carm, tmp_path, angles, letters):
    path = write_xa(render(scan, carm.aim(*angles)), tmp_path / "image.dcm")
    assert list(pydicom.dcmread(path).PatientOrientation) == letters


@pytest.mark.parametrize("round_field", [False, True])
def test_blades(scan, carm, tmp_path, round_field):
    blades = Technique(collimation=Collimation(left=0.25, top=0.125, bottom=0.25))
    image = render(scan, replace(carm, round_field=round_field), technique=blades)
    found = pydicom.dcmread(write_xa(image, tmp_path / "image.dcm"))
    assert found.CollimatorShape == "RECTANGULAR"
    row, column = np.indices(image.grey.shape) + 1
    inside = (column > found.CollimatorLeftVerticalEdge) & (
        column < found.CollimatorRightVerticalEdge
    )
    inside &= (row > found.CollimatorUpperHorizontalEdge) & (
        row < found.CollimatorLowerHorizontalEdge
    )
    opened = render(scan, image.carm).field & inside
    np.testing.assert_array_equal(opened, image.field)
    if not round_field:
        assert found.CollimatorLeftVerticalEdge == 16
        assert found.CollimatorRightVerticalEdge == 65


def test_modules_of_the_standard(scan, carm, tmp_path):
    tables = pytest.importorskip("highdicom._standard_utils")
    blades = Technique(collimation=Collimation(left=0.1))
    found = pydicom.dcmread(write_xa(render(scan, carm, technique=blades), tmp_path / "image.dcm"))
    iod = tables.get_sop_class_iod_map()[found.SOPClassUID]
    checked = 0
    for module in tables.get_iod_module_map()[iod]:
        if module["usage"] != "M" and module["key"] != "x-ray-collimator":
            continue
        for attribute in tables.get_module_attribute_map()[module["key"]]:
            if attribute["path"] or attribute["type"] not in {"1", "2"}:
                continue
            checked += 1
            assert attribute["keyword"] in found, attribute
            if attribute["type"] == "1":
                assert str(found[attribute["keyword"]].value) not in {"", "None"}, attribute
    assert checked > 30


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed")
def test_dciodvfy_finds_no_error(scan, carm, tmp_path):
    blades = Technique(collimation=Collimation(left=0.1))
    path = write_xa(render(scan, carm.aim(180, 0), technique=blades), tmp_path / "image.dcm")
    done = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
    assert "XAImage" in done.stdout + done.stderr
    assert "Error" not in done.stdout + done.stderr


# --- what is read from other makers


def foreign(**changes):
    """A single frame of another maker, as far as the position goes; None takes away."""
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.12.1"
    dataset.SOPInstanceUID = "1.2.3.4.5"
    dataset.Modality = "XA"
    dataset.Manufacturer = "Acme"
    dataset.ManufacturerModelName = "Arc 3"
    dataset.PatientName = "Secret^Name"
    values = {
        "DistanceSourceToDetector": "1200",
        "DistanceSourceToPatient": "785.5",
        "PositionerPrimaryAngle": "25",
        "PositionerSecondaryAngle": "-10.2",
        "ImagerPixelSpacing": ["0.308", "0.154"],
        "Rows": 480,
        "Columns": 960,
        **changes,
    }
    for keyword, value in values.items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


def store(dataset, path):
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_other_maker(tmp_path):
    found = read_carm(store(foreign(), tmp_path / "xa.dcm"), ISOCENTRE)
    assert (found.source_detector_mm, found.source_isocentre_mm) == (1200.0, 785.5)
    assert (found.primary_angle_deg, found.secondary_angle_deg) == (25.0, -10.2)
    assert found.pixels == (960, 480)
    np.testing.assert_allclose(found.pitch_mm, [0.154, 0.308])
    np.testing.assert_array_equal(found.isocentre_lps_mm, ISOCENTRE)
    assert (found.posture, found.round_field, found.title) == (Posture.PRONE, False, "Acme Arc 3")
    assert "Secret" not in repr(found)
    # the isocentre is seen in the middle of the image
    np.testing.assert_allclose(found.project(ISOCENTRE), [479.5, 239.5], atol=1e-9)


def test_radiofluoroscopy_and_image_intensifier():
    data = foreign(Modality="RF", FieldOfViewShape="ROUND", FieldOfViewDimensions=[148])
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.12.2"
    assert read_carm(data, ISOCENTRE).round_field
    del data.Modality
    assert read_carm(data, ISOCENTRE).round_field


def test_isocentre_must_be_known():
    with pytest.raises(FormatError, match="give isocentre_lps_mm"):
        read_carm(foreign())
    with pytest.raises(GeometryError, match="isocentre must be a point"):
        read_carm(foreign(), (1.0, 2.0))


def test_own_isocentre_wins(written):
    np.testing.assert_array_equal(read_carm(written, (9, 9, 9)).isocentre_lps_mm, ISOCENTRE)


@pytest.mark.parametrize("keyword", NEEDED)
def test_one_missing_attribute(keyword):
    with pytest.raises(FormatError) as caught:
        read_carm(foreign(**{keyword: None}), ISOCENTRE)
    assert f"{keyword} {NEEDED[keyword]}" in str(caught.value)
    assert sum(tag in str(caught.value) for tag in NEEDED.values()) == 1


def test_all_missing_attributes_are_named():
    with pytest.raises(FormatError) as caught:
        read_carm(foreign(**dict.fromkeys(NEEDED)), ISOCENTRE)
    assert all(f"{keyword} {tag}" in str(caught.value) for keyword, tag in NEEDED.items())
    with pytest.raises(FormatError, match=r"PositionerPrimaryAngle \(0018,1510\)"):
        read_carm(foreign(PositionerPrimaryAngle=""), ISOCENTRE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Modality": "CT"}, "modality is CT"),
        ({"PositionerPrimaryAngle": "181"}, r"\(0018,1510\) must lie between -180 and 180.*181"),
        ({"PositionerSecondaryAngle": "-91"}, r"\(0018,1511\) must lie between -90 and 90.*-91"),
        ({"DistanceSourceToPatient": "0"}, r"\(0018,1111\) 0 mm"),
        ({"DistanceSourceToPatient": "-5"}, r"\(0018,1111\) -5 mm"),
        ({"DistanceSourceToDetector": "0"}, r"\(0018,1110\) 0 mm"),
        ({"DistanceSourceToDetector": "700"}, "785.5 mm.*700 mm"),
        ({"ImagerPixelSpacing": ["0", "0.2"]}, "must be positive"),
        ({"ImagerPixelSpacing": ["0.2"]}, r"\(0018,1164\) must be 2 finite"),
        ({"ImagerPixelSpacing": "0.2"}, r"\(0018,1164\) must be 2 finite"),
        ({"Rows": 9000}, "960 x 9000"),
        ({"FieldOfViewRotation": "90"}, r"FieldOfViewRotation \(0018,7032\) is 90"),
        ({"FieldOfViewHorizontalFlip": "YES"}, r"FieldOfViewHorizontalFlip \(0018,7034\) is YES"),
        ({"FieldOfViewShape": "HEXAGONAL"}, "HEXAGONAL"),
        ({"FieldOfViewOrigin": ["3", "0"]}, r"FieldOfViewOrigin \(0018,7030\)"),
        ({"DetectorPrimaryAngle": "2"}, r"DetectorPrimaryAngle \(0018,1530\) is 2"),
        ({"PixelDataAreaOriginRelativeToFOV": [4.0, 0.0]}, "whole field"),
        ({"PatientPosition": "HFDL"}, "neither prone nor supine"),
    ],
)
def test_what_no_carm_has(changes, words):
    with pytest.raises(FormatError, match=words):
        read_carm(foreign(**changes), ISOCENTRE)


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_numbers_that_are_none(tmp_path, value):
    with pytest.warns(UserWarning, match="Invalid value"):
        data = foreign(DistanceSourceToDetector=value)
    with pytest.raises(FormatError, match=r"\(0018,1110\) must be 1 finite"):
        read_carm(data, ISOCENTRE)


def test_harmless_field_attributes_pass():
    data = foreign(
        FieldOfViewRotation="0",
        FieldOfViewHorizontalFlip="NO",
        FieldOfViewOrigin=["0", "0"],
        FieldOfViewShape="SQUARE",
        DetectorPrimaryAngle="0",
    )
    assert not read_carm(data, ISOCENTRE).round_field


@pytest.mark.parametrize(("start", "good"), [((256, 512), True), ((250, 512), False)])
def test_field_in_the_middle_of_the_detector(start, good):
    # 992 x 1984 elements of 0.308 x 0.154 mm; the field takes 480 x 960 of them
    data = foreign(
        FieldOfViewOrigin=list(start),
        DetectorElementSpacing=["0.308", "0.154"],
        DetectorActiveDimensions=[str(992 * 0.308), str(round(1984 * 0.154, 6))],
    )
    if good:
        assert read_carm(data, ISOCENTRE).pixels == (960, 480)
    else:
        with pytest.raises(FormatError, match=r"1\.8 mm beside the middle"):
            read_carm(data, ISOCENTRE)


@pytest.mark.parametrize(
    ("position", "posture"),
    [("HFP", "prone"), ("FFP", "prone"), ("HFS", "supine"), ("FFS", "supine")],
)
def test_posture_from_patient_position(position, posture):
    assert read_carm(foreign(PatientPosition=position), ISOCENTRE).posture == posture


def test_field_of_a_part_of_the_detector():
    size = {"FieldOfViewOrigin": ["256", "512"], "DetectorElementSpacing": ["0.308", "0.154"]}
    with pytest.raises(FormatError, match="the detector's size is not given"):
        read_carm(foreign(**size), ISOCENTRE)
    # the active area begins at element (100, 0) and is 792 x 1984 of them: its middle is (496, 992)
    active = foreign(
        **size,
        DetectorActiveOrigin=["100", "0"],
        DetectorActiveDimensions=[str(792 * 0.308), "305.536"],
    )
    assert read_carm(active, ISOCENTRE).pixels == (960, 480)
    whole = foreign(**size, PhysicalDetectorSize=[992 * 0.308, 305.536])
    assert read_carm(whole, ISOCENTRE).pixels == (960, 480)


def test_posture_from_the_caller():
    given = {"posture": Posture.SUPINE}
    assert read_carm(foreign(), ISOCENTRE, **given).posture is Posture.SUPINE
    turned = foreign(PatientPosition="HFDL")
    assert read_carm(turned, ISOCENTRE, **given).posture is Posture.SUPINE
    assert read_carm(foreign(PatientPosition="HFP"), ISOCENTRE, **given).posture is Posture.PRONE


@pytest.mark.parametrize("letters", [["L", "F"], ["LP", "FP"], ["L", ""], [], None])
def test_orientation_that_fits(letters):
    assert read_carm(foreign(PatientOrientation=letters), ISOCENTRE).primary_angle_deg == 25.0


@pytest.mark.parametrize("letters", [["R", "F"], ["L", "H"], ["F", "L"], ["P", "F"]])
def test_orientation_of_a_mirrored_or_turned_image(letters):
    with pytest.raises(FormatError, match=r"PatientOrientation \(0020,0020\)"):
        read_carm(foreign(PatientOrientation=letters), ISOCENTRE)


# --- several frames


def test_still_arm_over_frames():
    data = foreign(NumberOfFrames="5", PositionerMotion="STATIC")
    data.PositionerPrimaryAngleIncrement = None
    data.PositionerSecondaryAngleIncrement = "0"
    assert read_carm(data, ISOCENTRE).primary_angle_deg == 25.0
    assert read_carm(data, ISOCENTRE, frame=5).primary_angle_deg == 25.0


@pytest.mark.parametrize("frame", [0, 6])
def test_no_such_frame(frame):
    with pytest.raises(FormatError, match=f"frames run from 1 to 5; got {frame}"):
        read_carm(foreign(NumberOfFrames="5"), ISOCENTRE, frame=frame)


def moving(steps):
    return foreign(
        NumberOfFrames="3",
        PositionerMotion="DYNAMIC",
        PositionerPrimaryAngleIncrement=steps,
        PositionerSecondaryAngleIncrement=["0", "0", "2.5"],
    )


@pytest.mark.parametrize(
    ("steps", "expected"), [(["0", "-3", "-7"], (25, 22, 18)), ("1.5", (25, 26.5, 28))]
)
def test_moving_arm(steps, expected):
    data = moving(steps)
    with pytest.raises(FormatError, match=r"PositionerMotion \(0018,1500\) is DYNAMIC.*frame"):
        read_carm(data, ISOCENTRE)
    found = [read_carm(data, ISOCENTRE, frame=n) for n in (1, 2, 3)]
    assert [c.primary_angle_deg for c in found] == pytest.approx(expected)
    assert [c.secondary_angle_deg for c in found] == pytest.approx([-10.2, -10.2, -7.7])
    del data.PositionerMotion
    with pytest.raises(FormatError, match=r"PositionerPrimaryAngleIncrement \(0018,1520\)"):
        read_carm(data, ISOCENTRE)


def test_moving_arm_with_the_wrong_number_of_steps():
    with pytest.raises(FormatError, match=r"\(0018,1520\) must be 3 finite"):
        read_carm(moving(["0", "1"]), ISOCENTRE, frame=1)


def test_moving_table():
    data = foreign(NumberOfFrames="3", TableMotion="DYNAMIC")
    with pytest.raises(FormatError, match=r"TableMotion \(0018,1134\)"):
        read_carm(data, ISOCENTRE)
    assert read_carm(data, ISOCENTRE, frame=2).primary_angle_deg == 25.0


# --- enhanced objects


def item(**values):
    data = Dataset()
    for keyword, value in values.items():
        setattr(data, keyword, value)
    return data


def enhanced(angles=((25.0, -10.0),), **field):
    data = foreign(**dict.fromkeys(list(NEEDED)[:5]))
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.12.1.1"
    data.NumberOfFrames = len(angles)
    geometry = item(DistanceSourceToIsocenter=785.5, DistanceSourceToDetector=1200)
    field = {"FieldOfViewRotation": 0, "FieldOfViewHorizontalFlip": "NO", **field}
    data.SharedFunctionalGroupsSequence = Sequence(
        [
            item(
                XRayGeometrySequence=Sequence([geometry]),
                FramePixelDataPropertiesSequence=Sequence(
                    [item(ImagerPixelSpacing=["0.308", "0.154"])]
                ),
                FieldOfViewSequence=Sequence([item(**field)]),
            )
        ]
    )
    data.PerFrameFunctionalGroupsSequence = Sequence(
        item(
            PositionerPositionSequence=Sequence(
                [item(PositionerPrimaryAngle=p, PositionerSecondaryAngle=s)]
            )
        )
        for p, s in angles
    )
    return data


def test_enhanced(tmp_path):
    path = store(enhanced([(25.0, -10.0)] * 3, FieldOfViewShape="ROUND"), tmp_path / "xa.dcm")
    found = read_carm(path, ISOCENTRE)
    assert (found.source_detector_mm, found.source_isocentre_mm) == (1200.0, 785.5)
    assert (found.primary_angle_deg, found.secondary_angle_deg) == (25.0, -10.0)
    assert (found.pixels, found.round_field) == ((960, 480), True)


def test_enhanced_with_a_moving_arm_or_table():
    data = enhanced([(25.0, -10.0), (30.0, -11.0)])
    with pytest.raises(FormatError, match="moves over its 2 frames"):
        read_carm(data, ISOCENTRE)
    assert read_carm(data, ISOCENTRE, frame=2).primary_angle_deg == 30.0
    data = enhanced([(25.0, -10.0), (25.0, -10.0)])
    for n, group in enumerate(data.PerFrameFunctionalGroupsSequence):
        group.TablePositionSequence = Sequence([item(TableTopLongitudinalPosition=10.0 * n)])
    with pytest.raises(FormatError, match="table moves over its 2 frames"):
        read_carm(data, ISOCENTRE)


def test_enhanced_without_geometry():
    data = enhanced()
    del data.SharedFunctionalGroupsSequence[0].XRayGeometrySequence
    with pytest.raises(FormatError) as caught:
        read_carm(data, ISOCENTRE)
    words = "DistanceSourceToIsocenter (0018,9402) in XRayGeometrySequence (0018,9476)"
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"FieldOfViewRotation": 180}, "FieldOfViewRotation"),
        ({"FieldOfViewHorizontalFlip": "YES"}, "FieldOfViewHorizontalFlip"),
    ],
)
def test_enhanced_turned_or_mirrored(changes, words):
    with pytest.raises(FormatError, match=words):
        read_carm(enhanced(**changes), ISOCENTRE)


@pytest.mark.parametrize(("shift", "good"), [(0.0, True), (10.0, False)])
def test_enhanced_isocentre_beside_the_middle(shift, good):
    data = enhanced(FieldOfViewOrigin=["100", "200"])
    data.DetectorElementSpacing = ["0.154", "0.154"]
    data.PhysicalDetectorSize = [300.0, 400.0]
    # the field takes 960 x 960 elements from (100, 200); counted from an element's centre
    data.PositionOfIsocenterProjection = [579.5, 679.5 + shift]
    if good:
        assert read_carm(data, ISOCENTRE).pixels == (960, 480)
    else:
        with pytest.raises(FormatError, match=r"1\.5 mm beside"):
            read_carm(data, ISOCENTRE)


# --- files that are something else


def test_ct_is_refused(tmp_path):
    data = foreign(Modality="CT")
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    with pytest.raises(FormatError, match=r"ct\.dcm.*modality is CT.*\(XA\)"):
        read_carm(store(data, tmp_path / "ct.dcm"), ISOCENTRE)


def test_missing_and_empty_files(tmp_path):
    with pytest.raises(FormatError, match=r"none\.dcm cannot be read"):
        read_carm(tmp_path / "none.dcm", ISOCENTRE)
    (tmp_path / "empty.dcm").write_bytes(b"")
    (tmp_path / "text.dcm").write_bytes(b"no image at all " * 40)
    for name in ("empty.dcm", "text.dcm"):
        with pytest.raises(FormatError, match=name):
            read_carm(str(tmp_path / name), ISOCENTRE)


def test_every_truncation_of_the_header_is_refused(written, tmp_path):
    content = written.read_bytes()
    header = content.index(b"VERTAUG ", 400)  # the private block follows the position
    damaged = tmp_path / "cut.dcm"
    for size in range(0, header, 23):
        damaged.write_bytes(content[:size])
        with pytest.raises(FormatError, match=r"cut\.dcm"):
            read_carm(damaged)


def test_damage_anywhere_is_refused_or_harmless(written, tmp_path):
    content = np.frombuffer(written.read_bytes(), dtype=np.uint8)
    rng = np.random.default_rng(7)
    damaged = tmp_path / "damaged.dcm"
    for _ in range(150):
        worse = content.copy()
        worse[rng.integers(128, 1900, 4)] = rng.integers(0, 256, 4)
        damaged.write_bytes(worse.tobytes())
        try:
            read_carm(damaged)
        except FormatError as error:
            assert "damaged.dcm" in str(error)  # noqa: PT017 - either outcome is right


def test_pixels_are_not_needed(written, image, tmp_path):
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(written.read_bytes()[:-1000])
    assert_same_carm(read_carm(cut), image.carm)


def test_private_block_without_types(written, image, tmp_path):
    """An archive may rewrite private elements in implicit little endian: their VR is lost."""
    data = pydicom.dcmread(written)
    data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    data.save_as(tmp_path / "implicit.dcm")
    raw = pydicom.dcmread(tmp_path / "implicit.dcm")
    assert isinstance(raw.private_block(0x0099, "VERTAUG")[0x01].value, bytes)
    assert_same_carm(read_carm(tmp_path / "implicit.dcm"), image.carm)


def test_damaged_private_block(written):
    data = pydicom.dcmread(written)
    data.private_block(0x0099, "VERTAUG")[0x01].value = [1.0, 2.0]
    with pytest.raises(FormatError, match="private isocentre"):
        read_carm(data)


def test_the_magnification_mode_is_kept(scan, carm, tmp_path):
    zoomed = carm.zoom(1.35)
    back = read_carm(write_xa(render(scan, zoomed), tmp_path / "image.dcm"))
    assert back.zoomed == pytest.approx(1.35)
    np.testing.assert_allclose(back.detector_mm, zoomed.detector_mm, rtol=1e-9)
    assert back.describe() == zoomed.describe()
