"""Inputs that cannot be used: a clear message, exit code 2, and nothing left behind."""

import gzip
import json

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from vertaug.case.case_file import read_case

TILT_DEG = 12.0


@pytest.fixture
def refused(run, tmp_path):
    """Run ``plan``, expect a refusal that leaves nothing, and return its words."""

    def call(ct, labels, *more, code=2):
        case = tmp_path / "outer" / "case"
        given = ["--labels", labels] if labels is not None else []
        said = run("plan", ct, *given, "-o", case, "--no-pdf", *more)
        assert said.code == code, said.err
        assert not case.parent.exists(), "a half-written case is left"
        assert "Traceback" not in said.err
        return " ".join(said.err.split())

    return call


def write_dicom(folder, *, modality="CT", series="1.2.3", slices=range(8), tilt_deg=0.0):
    """Write axial slices of a plain block, 2 mm apart."""
    folder.mkdir(parents=True, exist_ok=True)
    tilt = np.radians(tilt_deg)
    for k in slices:
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        data.SOPClassUID, data.SOPInstanceUID = (
            meta.MediaStorageSOPClassUID,
            meta.MediaStorageSOPInstanceUID,
        )
        data.Modality, data.SeriesInstanceUID, data.StudyInstanceUID = modality, series, "1.2"
        data.FrameOfReferenceUID, data.InstanceNumber = "1.2.9", k + 1
        data.SeriesNumber, data.SeriesDescription = int(series.rpartition(".")[2]), f"s {series}"
        data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        data.ImagePositionPatient = [-8.0, -8.0, 2.0 * k]
        # the plane leans, the table still moves along z
        data.ImageOrientationPatient = [1, 0, 0, 0, round(np.cos(tilt), 8), round(np.sin(tilt), 8)]
        data.PixelSpacing, data.SliceThickness = [1.0, 1.0], 2.0
        data.Rows = data.Columns = 16
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated = data.BitsStored = 16
        data.HighBit, data.PixelRepresentation = 15, 0
        data.RescaleSlope, data.RescaleIntercept = 1, -1024
        data.PixelData = np.full((16, 16), 1064 + k, dtype=np.uint16).tobytes()
        data.save_as(folder / f"{series}-{k:03d}.dcm", enforce_file_format=True)
    return folder


def test_no_labels(refused, files):
    words = refused(files.ct, None)
    assert "--labels" in words
    assert "TotalSegmentator" in words


def test_no_such_file(refused, files, tmp_path):
    words = refused(tmp_path / "missing.nii.gz", files.labels)
    assert "missing.nii.gz" in words
    assert "does not exist" in words


def test_unreadable_file(refused, files, tmp_path):
    ct = tmp_path / "ct.nii.gz"
    ct.write_bytes(b"this is no image at all" * 40)
    assert "ct.nii.gz" in refused(ct, files.labels)


def test_truncated_file(refused, files, tmp_path):
    ct = tmp_path / "ct.nii.gz"
    ct.write_bytes(files.ct.read_bytes()[:-20_000])
    assert "ct.nii.gz" in refused(ct, files.labels)


def test_truncated_inside_the_archive(refused, files, tmp_path):
    ct = tmp_path / "ct.nii.gz"
    ct.write_bytes(gzip.compress(gzip.decompress(files.ct.read_bytes())[:-50_000]))
    assert "ct.nii.gz" in refused(ct, files.labels)


def test_missing_slice(refused, files, tmp_path):
    folder = write_dicom(tmp_path / "dicom", slices=[0, 1, 2, 4, 5, 6, 7])
    words = refused(folder, files.labels)
    assert "missing" in words


def test_two_series_are_named(refused, files, tmp_path):
    folder = write_dicom(tmp_path / "dicom", series="1.2.3")
    write_dicom(folder, series="1.2.4")
    words = refused(folder, files.labels)
    assert "s 1.2.3" in words
    assert "s 1.2.4" in words
    assert "series" in words


def test_tilted_gantry(refused, files, tmp_path):
    folder = write_dicom(tmp_path / "dicom", tilt_deg=TILT_DEG)
    words = refused(folder, files.labels)
    assert "tilt" in words
    assert "12" in words


def test_mr_instead_of_ct(refused, files, tmp_path):
    folder = write_dicom(tmp_path / "dicom", modality="MR")
    assert "MR" in refused(folder, files.labels)


def test_labels_of_another_patient(refused, phantom, files, tmp_path):
    image = nib.load(files.labels)
    affine = np.array(image.affine)
    affine[:3, 3] += 500.0
    other = tmp_path / "other.nii.gz"
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), affine), other)
    words = refused(files.ct, other, "--numbering", "verse")
    assert "overlap" in words or "another" in words


def test_empty_labels(refused, files, tmp_path):
    image = nib.load(files.labels)
    empty = tmp_path / "empty.nii.gz"
    nib.save(nib.Nifti1Image(np.zeros(image.shape, dtype=np.uint8), image.affine), empty)
    assert "empty" in refused(files.ct, empty) or "no label" in refused(files.ct, empty)


def test_unknown_numbers(refused, files, tmp_path):
    image = nib.load(files.labels)
    values = np.asarray(image.dataobj).astype(np.int16)
    values[values > 0] += 200
    strange = tmp_path / "strange.nii.gz"
    nib.save(nib.Nifti1Image(values, image.affine), strange)
    assert "numbering" in refused(files.ct, strange)


def test_numbers_that_hold_28(refused, files, tmp_path):
    """28 is T13 in one numbering and L4 in another: never guessed."""
    image = nib.load(files.labels)
    values = np.asarray(image.dataobj).astype(np.uint8)
    present = np.unique(values[values > 0])
    clash = np.zeros_like(values)
    for n, value in enumerate(present):
        clash[values == value] = 26 + n
    path = tmp_path / "clash.nii.gz"
    nib.save(nib.Nifti1Image(clash, image.affine), path)
    words = refused(files.ct, path)
    assert "28" in words
    assert "--numbering" in words


def test_level_not_in_the_scan(refused, files):
    words = refused(files.ct, files.labels, "--level", "T7")
    assert "T7 is not in this scan" in words
    assert "L1" in words


def test_level_without_a_label_is_refused_before_the_anatomy(run, files, tmp_path):
    said = run(*files.arguments(tmp_path / "case", "--level", "T7"))
    assert said.code == 2
    assert "Anatomy" not in said.err


def test_cervical_level(refused, files):
    assert "thoracic and lumbar" in refused(files.ct, files.labels, "--level", "C5")


def test_level_that_is_no_level(refused, files):
    assert "is not a vertebral level" in refused(files.ct, files.labels, "--level", "hip")


def test_level_cut_by_the_edge(refused, files):
    words = refused(files.ct, files.labels, "--level", "T12")
    assert "T12" in words
    assert "superior" in words


def test_metal_in_the_body(refused, run, tmp_path, phantom, write_files):
    values = np.asarray(phantom.labels.values)
    body = np.argwhere(values == phantom.labels.levels["L1"])
    hu = np.array(phantom.scan.hu)
    centre = np.rint(np.median(body, axis=0)).astype(int)
    i, j, k = np.indices(hu.shape)
    screw = (
        (np.abs(i - centre[0]) <= 4) & (np.abs(j - centre[1]) <= 4) & (np.abs(k - centre[2]) <= 1)
    )
    hu[screw & (values > 0)] = 3000
    changed = write_files(phantom.scan, phantom.labels, hu=hu)
    words = refused(changed.ct, changed.labels)
    assert "metal" in words
    assert "L1" in words


def flip_header(path, target, signs=(1.0, -1.0, 1.0)):
    """Store the array as it is with a header that swaps front and back, or other ends."""
    image = nib.load(path)
    flip = np.diag([*signs, 1.0])
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), flip @ image.affine), target)
    return target


def test_header_that_contradicts_the_anatomy(refused, run, files, tmp_path):
    ct = flip_header(files.ct, tmp_path / "ct.nii.gz")
    labels = flip_header(files.labels, tmp_path / "labels.nii.gz")
    names = tmp_path / "labels.json"
    names.write_text(files.labels.with_name("labels.json").read_text())
    words = refused(ct, labels)
    assert "anterior" in words or "posterior" in words or "front" in words
    assert "--correct-orientation" in words
    case = tmp_path / "case"
    assert run(
        "plan", ct, "--labels", labels, "-o", case, "--no-pdf", "-q", "--correct-orientation"
    )
    document = read_case(case)
    assert document.provenance.parameters.correct_orientation
    assert document.fracture.level == "L1"


def test_header_with_head_and_foot_swapped(refused, files, tmp_path):
    ct = flip_header(files.ct, tmp_path / "ct.nii.gz", (1.0, 1.0, -1.0))
    labels = flip_header(files.labels, tmp_path / "labels.nii.gz", (1.0, 1.0, -1.0))
    names = tmp_path / "labels.json"
    names.write_text(files.labels.with_name("labels.json").read_text())
    words = refused(ct, labels)
    assert "head and foot are exchanged" in words


def test_bad_options(refused, files, tmp_path):
    assert "gauge 12" in refused(files.ct, files.labels, "--gauge", "12")
    thin = ("--gauge", "15", "--procedure", "kyphoplasty")
    assert "no balloon passes 15G" in refused(files.ct, files.labels, *thin)
    assert "kV" in refused(files.ct, files.labels, "--kvp", "12000")
    assert "cannot be read" in refused(
        files.ct, files.labels, "--calibration", tmp_path / "no.toml"
    )
    assert "numbering" in refused(files.ct, files.labels, "--numbering", "klingon")


def test_a_folder_with_other_things_is_not_touched(run, files, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    said = run(*files.arguments(tmp_path))
    assert said.code == 2
    assert "not empty and not a case" in " ".join(said.err.split())
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_empty_folder_stays_empty(run, files, tmp_path):
    said = run(*files.arguments(tmp_path, "--level", "T7"))
    assert said.code == 2
    assert not list(tmp_path.iterdir())


def test_a_file_in_place_of_the_case(run, files, tmp_path):
    target = tmp_path / "case"
    target.write_text("a file")
    said = run(*files.arguments(target))
    assert said.code == 2
    assert "is a file" in said.err
    assert target.read_text() == "a file"


def test_a_case_of_a_newer_version(case, run, files):
    tree = json.loads((case / "case.json").read_text())
    tree["schema_version"] = 99
    text = json.dumps(tree)
    (case / "case.json").write_text(text)
    for command in (["report", case], ["measure", case], files.arguments(case)):
        said = run(*command)
        assert said.code == 2
        assert "newer version" in said.err
    assert (case / "case.json").read_text() == text


def test_a_refusal_keeps_the_older_case(case, run, files):
    before = {p: p.read_bytes() for p in case.rglob("*") if p.is_file()}
    assert run(*files.arguments(case, "--level", "T7")).code == 2
    assert {p: p.read_bytes() for p in case.rglob("*") if p.is_file()} == before


def test_the_mask_of_one_vertebra_without_a_name(refused, files, phantom, write_files):
    one = (phantom.labels.values == phantom.labels.levels["L1"]).astype(np.uint8)
    other = write_files(phantom.scan, phantom.labels)
    mask = other.labels.with_name("mask.nii.gz")
    nib.save(nib.Nifti1Image(one, nib.load(other.ct).affine), mask)
    words = refused(other.ct, mask)
    assert "--numbering level:L1" in words


def test_a_ct_stored_with_an_offset(refused, phantom, write_files):
    hu = np.maximum(phantom.scan.hu, -1200) + 1024
    hu[0, 0, :] = -200
    other = write_files(phantom.scan, phantom.labels, hu=hu)
    assert "stored with an offset" in refused(other.ct, other.labels)


def test_a_voltage_that_would_change_nothing(refused, case, run, files, tmp_path):
    line = tmp_path / "rods.toml"
    line.write_text("[phantom]\nhu = [0.0, 130.0]\ndensity_mg_per_ml = [0.0, 100.0]\n")
    words = refused(files.ct, files.labels, "--calibration", line, "--kvp", "100")
    assert "--kvp has no effect" in words
    assert run("measure", case, "--calibration", line, "-q").code == 0
    assert run("measure", case, "--kvp", "100", "-q").code == 2
    assert run("measure", case, "--kvp", "100", "--calibration", "Generic", "-q").code == 0


def test_another_ct_does_not_replace_a_case(case, run, phantom, write_files):
    before = {p: p.read_bytes() for p in case.rglob("*") if p.is_file()}
    hu = phantom.scan.hu.copy()
    hu[0, 0, 0] += 1
    other = write_files(phantom.scan, phantom.labels, hu=hu)
    for command in (other.arguments(case), ["demo", "-o", case]):
        said = run(*command)
        assert said.code == 2
        assert "already holds a case made from the CT ct.nii.gz" in " ".join(said.err.split())
    assert {p: p.read_bytes() for p in case.rglob("*") if p.is_file()} == before


def test_error_as_json(run, files, tmp_path):
    said = run(*files.arguments(tmp_path / "case", "--level", "T7", "--json"))
    assert said.code == 2
    error = json.loads(said.out)["error"]
    assert error["kind"] == "LevelError"
    assert error["exit_code"] == 2
    assert error["message"] in said.err


def test_patient_name_is_not_copied(files, tmp_path, run):
    folder = write_dicom(tmp_path / "dicom")
    for path in folder.iterdir():
        data = pydicom.dcmread(path)
        data.PatientName = "Secret^Name"
        data.save_as(path)
    said = run("plan", folder, "--labels", files.labels, "-o", tmp_path / "case")
    assert said.code == 2
    assert "Secret" not in said.err + said.out
