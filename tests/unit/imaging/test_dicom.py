"""DICOM series: right order and geometry, and a clear message for every defect."""

import random
import shutil
import zipfile

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.uid import RLELossless

from vertaug.case.errors import ImageError, InputError
from vertaug.imaging import read_scan


def test_series_in_any_file_order_gives_the_volume(series, tmp_path):
    datasets = series.datasets()
    random.Random(4).shuffle(datasets)
    scan = read_scan(series.write(tmp_path / "ct", datasets))
    assert scan.hu.dtype == np.int16
    np.testing.assert_array_equal(scan.hu, series.hu)
    np.testing.assert_allclose(scan.grid.affine, series.affine, atol=1e-9)


def test_scanner_facts_are_kept_and_the_patient_is_not(series, tmp_path):
    info = read_scan(series.write(tmp_path / "ct")).info
    assert (info.source_format, info.kvp, info.slice_thickness_mm) == ("dicom", 120.0, 1.5)
    assert (info.scanner, info.kernel, info.patient_position) == ("Acme One", "B60s", "HFS")
    assert info.contrast is None
    assert "Secret" not in repr(info)


def test_itk_agrees_on_an_oblique_series(make_series, tmp_path):
    angle = np.radians(12.0)
    oblique = make_series(
        row=(np.cos(angle), 0.0, -np.sin(angle)), column=(0.0, 1.0, 0.0), origin=(3.0, -7.0, 11.0)
    )
    folder = oblique.write(tmp_path / "ct")
    scan = read_scan(folder)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    for index in [(0, 0, 0), (19, 23, 11), (5, 7, 2)]:
        world = image.TransformIndexToPhysicalPoint(index)
        found = np.rint(scan.grid.to_index(world)).astype(int)
        np.testing.assert_allclose(scan.grid.to_world(found), world, atol=1e-4)
        assert scan.hu[tuple(found)] == image[index]


def test_sagittal_series_is_permuted(make_series, tmp_path):
    sagittal = make_series(row=(0.0, 1.0, 0.0), column=(0.0, 0.0, -1.0))
    scan = read_scan(sagittal.write(tmp_path / "ct"))
    # rows run to the foot and slices to the right: j, -k, -i of the canonical grid
    expected = np.transpose(sagittal.hu, (2, 0, 1))[::-1, :, ::-1]
    np.testing.assert_array_equal(scan.hu, expected)
    np.testing.assert_allclose(np.diag(scan.grid.directions), 1.0, atol=1e-12)


def test_zip_archive_equals_folder(series, tmp_path):
    folder = series.write(tmp_path / "ct")
    (folder / "readme.txt").write_text("not an image")
    archive = tmp_path / "ct.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for file in folder.iterdir():
            stream.write(file, f"study/{file.name}")
    scan = read_scan(archive)
    np.testing.assert_array_equal(scan.hu, series.hu)
    assert any("1 file(s) that are no DICOM" in note for note in scan.info.notes)


def test_enhanced_multi_frame(series, enhanced, tmp_path):
    data = enhanced(series, [3, 1, 0, 2, 11, 10, 9, 8, 4, 5, 6, 7])
    path = tmp_path / "multi.dcm"
    data.save_as(path, enforce_file_format=True)
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.hu, series.hu)
    np.testing.assert_allclose(scan.grid.affine, series.affine, atol=1e-6)
    assert scan.info.kvp == 100.0


def test_two_series_are_listed_and_chosen(make_series, tmp_path):
    bone, soft = make_series(), make_series(number=4, description="spine soft")
    bone.write(tmp_path / "ct" / "a")
    soft.hu = soft.hu + 5
    soft.write(tmp_path / "ct" / "b")
    with pytest.raises(ImageError, match=r"found 2; choose one") as caught:
        read_scan(tmp_path / "ct")
    assert 'series="3": spine bone, 12 slices of 20 x 24' in str(caught.value)
    assert 'series="4": spine soft' in str(caught.value)
    np.testing.assert_array_equal(read_scan(tmp_path / "ct", series="4").hu, soft.hu)
    np.testing.assert_array_equal(read_scan(tmp_path / "ct", series="spine bone").hu, bone.hu)
    with pytest.raises(ImageError, match='series "9" is not among them'):
        read_scan(tmp_path / "ct", series="9")


def test_one_series_with_two_orientations_is_two_stacks(make_series, tmp_path):
    make_series().write(tmp_path / "ct" / "a")
    make_series(row=(0.0, 1.0, 0.0), column=(0.0, 0.0, -1.0)).write(tmp_path / "ct" / "b")
    with pytest.raises(ImageError, match="found 2"):
        read_scan(tmp_path / "ct")


def test_localizer_and_other_modality_are_left_out_with_a_note(series, make_series, tmp_path):
    scout = make_series(number=1).dataset(0)
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    report = make_series(number=2).dataset(0)
    report.Modality = "SR"
    scan = read_scan(series.write(tmp_path / "ct", [*series.datasets(), scout, report]))
    np.testing.assert_array_equal(scan.hu, series.hu)
    assert "1 localizer image(s) were left out." in scan.info.notes
    assert "1 DICOM file(s) that are no CT were left out." in scan.info.notes


def test_mr_is_refused(series, tmp_path):
    datasets = series.datasets()
    for data in datasets:
        data.Modality = "MR"
    with pytest.raises(ImageError, match=r"expected CT images, found 12 of modality MR"):
        read_scan(series.write(tmp_path / "mr", datasets))


def test_missing_slices_are_counted_and_placed(series, tmp_path):
    datasets = series.datasets()
    del datasets[5:7]
    with pytest.raises(ImageError, match=r"2 slice\(s\) are missing.*-394\.0 and -389\.5 mm"):
        read_scan(series.write(tmp_path / "ct", datasets))


def test_doubled_slices_are_dropped_if_equal(series, tmp_path):
    double = series.dataset(4)
    double.SOPInstanceUID = double.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    scan = read_scan(series.write(tmp_path / "ct", [*series.datasets(), double]))
    np.testing.assert_array_equal(scan.hu, series.hu)
    assert "1 doubled slice(s) with the same pixels were dropped." in scan.info.notes


def test_two_images_in_one_place_are_refused(series, make_series, tmp_path):
    other = make_series()
    other.hu = other.hu + 3
    with pytest.raises(ImageError, match=r"1 slice positions hold two different images"):
        read_scan(series.write(tmp_path / "ct", [*series.datasets(), other.dataset(4)]))


def test_gantry_tilt_by_drift_names_the_angle(series, tmp_path):
    datasets = series.datasets()
    for k, data in enumerate(datasets):
        x, y, z = (float(v) for v in data.ImagePositionPatient)
        data.ImagePositionPatient = [x, y + np.tan(np.radians(15.0)) * 1.5 * k, z]
    with pytest.raises(ImageError, match=r"drift 15\.0 degrees"):
        read_scan(series.write(tmp_path / "ct", datasets))


def test_gantry_tilt_by_tag_alone_is_refused(series, tmp_path):
    datasets = series.datasets()
    for data in datasets:
        data.GantryDetectorTilt = "-12.5"
    with pytest.raises(ImageError, match=r"tilted by -12\.5 degrees"):
        read_scan(series.write(tmp_path / "ct", datasets))


def test_unequal_spacing_gives_the_numbers(series, tmp_path):
    datasets = series.datasets()
    for k, data in enumerate(datasets):
        data.ImagePositionPatient = [-20.0, 30.0, -400.0 + 1.5 * k + 0.1 * k * k / 2]
    with pytest.raises(ImageError, match=r"not evenly spaced: distances from 1\.550 to 2\.550 mm"):
        read_scan(series.write(tmp_path / "ct", datasets))


def test_rounded_positions_are_evened_with_a_note(series, tmp_path):
    datasets = series.datasets()
    for k, data in enumerate(datasets):
        data.ImagePositionPatient = [-20.0, 30.0, round(-400.0 + 0.625 * k, 1)]
    scan = read_scan(series.write(tmp_path / "ct", datasets))
    assert any("rounded in the header" in note for note in scan.info.notes)
    assert scan.grid.spacing_mm[2] == pytest.approx(0.625, abs=0.01)


def test_sideways_jump_is_refused(series, tmp_path):
    datasets = series.datasets()
    datasets[6].ImagePositionPatient = [-16.0, 30.0, -391.0]
    with pytest.raises(ImageError, match=r"sideways by up to 3\.\d mm"):
        read_scan(series.write(tmp_path / "ct", datasets))


def test_rescale_is_applied_slice_by_slice(series, pixels, tmp_path):
    datasets = series.datasets()
    for k, data in enumerate(datasets):
        stored = (series.hu[:, :, k].T.astype(int) + 2000) / (1 + k % 2)
        pixels(data, np.rint(stored).astype(np.uint16))
        data.RescaleSlope, data.RescaleIntercept = str(1 + k % 2), "-2000"
    scan = read_scan(series.write(tmp_path / "ct", datasets))
    assert np.abs(scan.hu.astype(int) - series.hu).max() <= 1
    assert any("slice by slice" in note for note in scan.info.notes)


def test_fractional_slope_keeps_fractions(series, tmp_path):
    datasets = series.datasets()
    for data in datasets:
        data.RescaleSlope = "1.25"
    scan = read_scan(series.write(tmp_path / "ct", datasets))
    assert scan.hu.dtype == np.float32
    assert scan.hu[3, 3, 3] == pytest.approx(1.25 * (series.hu[3, 3, 3] + 1024) - 1024)


@pytest.mark.parametrize("stored_as", [np.int16, np.uint16])
def test_padding_becomes_air(series, pixels, tmp_path, stored_as):
    datasets = series.datasets()
    for k, data in enumerate(datasets):
        stored = series.hu[:, :, k].T.astype(np.int16)
        stored[:2, :3] = -2000
        data.RescaleIntercept = "0"
        pixels(data, stored)
        # scanners write the tag with the other sign than the pixels
        data.add_new(
            0x00280120,
            "SS" if stored_as is np.int16 else "US",
            int(stored_as(np.int16(-2000).astype(stored_as))),
        )
    scan = read_scan(series.write(tmp_path / "ct", datasets))
    assert np.all(scan.hu[:3, :2] == -1024)
    np.testing.assert_array_equal(scan.hu[3:], series.hu[3:])
    assert "72 padding pixels were set to -1024 HU." in scan.info.notes


def test_padding_range(series, pixels, tmp_path):
    datasets = series.datasets()
    for k, data in enumerate(datasets):
        stored = (series.hu[:, :, k].T.astype(int) + 1024).astype(np.uint16)
        stored[0, :] = 60000
        stored[1, :] = 60010
        pixels(data, stored)
        data.PixelPaddingValue, data.PixelPaddingRangeLimit = 60000, 60020
    scan = read_scan(series.write(tmp_path / "ct", datasets))
    assert np.all(scan.hu[:, :2] == -1024)


def test_padding_is_found_under_overlay_bits(series, pixels, tmp_path):
    datasets = series.datasets()
    for k, data in enumerate(datasets):
        stored = (series.hu[:, :, k].T.astype(int) + 1024).astype(np.uint16)
        stored[0, :] = 4095
        pixels(data, stored | 0x8000, bits_stored=12)
        data.PixelPaddingValue = 4095
    scan = read_scan(series.write(tmp_path / "ct", datasets))
    assert np.all(scan.hu[:, 0] == -1024)
    np.testing.assert_array_equal(scan.hu[:, 1:], series.hu[:, 1:])


def test_overlay_bits_above_the_stored_bits_are_dropped(series, pixels, tmp_path):
    datasets = series.datasets()
    for k, data in enumerate(datasets):
        stored = (series.hu[:, :, k].T.astype(int) + 1024).astype(np.uint16) | 0x8000
        pixels(data, stored, bits_stored=12)
    np.testing.assert_array_equal(read_scan(series.write(tmp_path / "ct", datasets)).hu, series.hu)


def test_run_length_compressed_series(series, tmp_path):
    datasets = series.datasets()
    for data in datasets:
        data.compress(RLELossless)
    np.testing.assert_array_equal(read_scan(series.write(tmp_path / "ct", datasets)).hu, series.hu)


@pytest.mark.parametrize("compressor", ["JPEG", "JPEG2000"])
def test_jpeg_series_is_decoded(series, tmp_path, compressor):
    datasets = series.datasets()
    writer = sitk.ImageFileWriter()
    writer.UseCompressionOn()
    writer.SetCompressor(compressor)
    packed = tmp_path / "packed.dcm"
    writer.SetFileName(str(packed))
    for data in datasets:
        writer.Execute(sitk.GetImageFromArray(data.pixel_array))
        compressed = pydicom.dcmread(packed)
        data.file_meta.TransferSyntaxUID = compressed.file_meta.TransferSyntaxUID
        data.PixelData = compressed.PixelData
        data["PixelData"].is_undefined_length = True
    assert datasets[0].file_meta.TransferSyntaxUID.is_compressed
    np.testing.assert_array_equal(read_scan(series.write(tmp_path / "ct", datasets)).hu, series.hu)


def test_truncated_pixels_name_the_file(series, tmp_path):
    folder = series.write(tmp_path / "ct")
    file = folder / "007.dcm"
    file.write_bytes(file.read_bytes()[:-300])
    with pytest.raises(ImageError, match=r"007\.dcm.*damaged or truncated"):
        read_scan(folder)


@pytest.mark.parametrize("length", [0, 100, 200, 400, 700])
def test_truncated_header_names_the_file(series, tmp_path, length):
    folder = series.write(tmp_path / "ct")
    file = folder / "005.dcm"
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(ImageError, match=r"005\.dcm"):
        read_scan(folder)


def test_every_truncation_is_an_input_error(series, tmp_path):
    folder = series.write(tmp_path / "ct")
    file = folder / "003.dcm"
    content = file.read_bytes()
    for length in range(132, len(content) - 1, 97):
        file.write_bytes(content[:length])
        with pytest.raises(InputError):
            read_scan(folder)


def test_empty_folder_and_damaged_zip(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="no DICOM file found"):
        read_scan(tmp_path / "empty")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(ImageError, match="no readable zip"):
        read_scan(broken)


def test_one_slice_is_no_volume(series, tmp_path):
    folder = series.write(tmp_path / "ct")
    with pytest.raises(ImageError, match="a volume needs at least 3"):
        read_scan(folder / "003.dcm")


def test_unsafe_names_and_nested_folders_do_not_matter(series, tmp_path):
    folder = series.write(tmp_path / "ct")
    for number, file in enumerate(sorted(folder.iterdir())):
        target = folder / f"part{number % 3}" / f"IM{99 - number}"
        target.parent.mkdir(exist_ok=True)
        shutil.move(file, target)
    np.testing.assert_array_equal(read_scan(folder).hu, series.hu)


def test_damaged_headers_never_escape_as_other_errors(series, tmp_path):
    folder = series.write(tmp_path / "ct")
    file = folder / "004.dcm"
    content = file.read_bytes()
    rng = np.random.default_rng(12)
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(128, len(content) - 960, size=3):
            damaged[place] = rng.integers(0, 256)
        file.write_bytes(bytes(damaged))
        try:
            assert read_scan(folder).hu.size > 0
        except InputError:
            refused += 1
    assert refused > 5
