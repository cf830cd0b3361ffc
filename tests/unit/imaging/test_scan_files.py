"""NIfTI, NRRD and MetaImage CTs: geometry, values, and a clear message for what cannot be a CT."""

import gzip

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from vertaug.case.errors import GeometryError, ImageError, InputError
from vertaug.imaging import hash_input, read_scan, stored_image

LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
AFFINE_RAS = np.array(
    [[-0.7, 0.0, 0.0, 20.3], [0.0, -0.8, 0.0, -30.1], [0.0, 0.0, 1.5, -400.2], [0, 0, 0, 1.0]]
)


def save_nifti(path, values, affine=AFFINE_RAS):
    nib.save(nib.Nifti1Image(values, affine), path)
    return path


def rotation(angle_deg, axis):
    from scipy.spatial.transform import Rotation

    axis = np.array(axis, dtype=float)
    return Rotation.from_rotvec(np.radians(angle_deg) * axis / np.linalg.norm(axis)).as_matrix()


def test_nifti_agrees_with_nibabel(body, tmp_path):
    affine = AFFINE_RAS.copy()
    affine[:3, :3] = rotation(23.0, (1, 2, 3)) @ affine[:3, :3]
    path = save_nifti(tmp_path / "ct.nii.gz", np.asfortranarray(body.transpose(2, 0, 1)), affine)
    scan = read_scan(path)
    image = nib.load(path)
    data = np.asarray(image.dataobj)
    to_lps = LPS_FROM_RAS @ image.affine
    for index in [(0, 0, 0), (11, 19, 23), (4, 5, 6)]:
        world = (to_lps @ [*index, 1])[:3]
        found = scan.grid.to_index(world)
        np.testing.assert_allclose(found, np.rint(found), atol=1e-5)
        assert scan.hu[tuple(np.rint(found).astype(int))] == data[index]


@pytest.mark.parametrize("angle", [0.0, 90.0, 180.0, 17.0])
def test_qform_alone_agrees_with_nibabel(body, tmp_path, angle):
    affine = AFFINE_RAS.copy()
    affine[:3, :3] = rotation(angle, (0, 0, 1)) @ affine[:3, :3]
    image = nib.Nifti1Image(body, affine)
    image.set_qform(affine, code=1)
    image.set_sform(None, code=0)
    nib.save(image, tmp_path / "ct.nii")
    scan = read_scan(tmp_path / "ct.nii")
    expected = nib.affines.apply_affine(LPS_FROM_RAS @ affine, [[0, 0, 0], [19, 23, 11]])
    corners = scan.grid.corners()
    for point in expected:
        assert np.linalg.norm(corners - point, axis=1).min() < 1e-4


def test_decimal_geometry_is_exact_despite_float32(body, tmp_path):
    scan = read_scan(save_nifti(tmp_path / "ct.nii", body))
    np.testing.assert_allclose(np.diag(scan.grid.affine), [0.7, 0.8, 1.5, 1.0], atol=1e-12)
    np.testing.assert_allclose(scan.grid.affine[:3, 3], [-20.3, 30.1, -400.2], atol=1e-9)


def test_contradicting_forms_are_refused_and_small_differences_noted(body, tmp_path):
    image = nib.Nifti1Image(body, AFFINE_RAS)
    shifted = AFFINE_RAS.copy()
    shifted[0, 3] += 4.0
    image.set_sform(AFFINE_RAS, code=1)
    image.set_qform(shifted, code=1)
    nib.save(image, tmp_path / "bad.nii")
    with pytest.raises(GeometryError, match=r"differ by up to 4\.0 mm"):
        read_scan(tmp_path / "bad.nii")
    shifted[0, 3] = AFFINE_RAS[0, 3] + 0.2
    image.set_qform(shifted, code=1)
    nib.save(image, tmp_path / "near.nii")
    scan = read_scan(tmp_path / "near.nii")
    assert "sform and qform differ by up to 0.20 mm; sform was used." in scan.info.notes
    assert scan.grid.affine[0, 3] == pytest.approx(-20.3, abs=1e-6)


def test_missing_orientation_is_refused(body, tmp_path):
    image = nib.Nifti1Image(body, AFFINE_RAS)
    image.set_sform(None, code=0)
    image.set_qform(None, code=0)
    nib.save(image, tmp_path / "ct.nii")
    with pytest.raises(GeometryError, match="says nothing about the orientation"):
        read_scan(tmp_path / "ct.nii")


def test_sheared_axes_are_refused_and_slight_ones_set_upright(body, tmp_path):
    sheared = AFFINE_RAS.copy()
    sheared[1, 2] = 0.3
    image = nib.Nifti1Image(body, sheared)
    image.set_qform(None, code=0)
    nib.save(image, tmp_path / "sheared.nii")
    with pytest.raises(GeometryError, match=r"11\.31 degrees off"):
        read_scan(tmp_path / "sheared.nii")
    sheared[1, 2] = 0.0015
    image = nib.Nifti1Image(body, sheared)
    image.set_qform(None, code=0)
    nib.save(image, tmp_path / "slight.nii")
    scan = read_scan(tmp_path / "slight.nii")
    axes = scan.grid.directions
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    assert any("set upright" in note for note in scan.info.notes)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int32, ">i2"])
def test_whole_numbers_are_stored_as_int16(body, tmp_path, kind):
    image = nib.Nifti1Image(body.astype(kind), AFFINE_RAS)
    nib.save(image, tmp_path / "ct.nii.gz")
    scan = read_scan(tmp_path / "ct.nii.gz")
    assert scan.hu.dtype == np.int16
    np.testing.assert_array_equal(scan.hu, body)
    assert not scan.hu.flags.writeable


def test_nifti2_with_scaling(body, tmp_path):
    image = nib.Nifti2Image((body + 1024).astype(np.uint16), AFFINE_RAS)
    image.header.set_slope_inter(1.0, -1024.0)
    nib.save(image, tmp_path / "ct.nii.gz")
    scan = read_scan(tmp_path / "ct.nii.gz")
    np.testing.assert_array_equal(scan.hu, nib.load(tmp_path / "ct.nii.gz").get_fdata())
    np.testing.assert_allclose(scan.grid.affine[:3, 3], [-20.3, 30.1, -400.2], atol=1e-12)


def test_unit_metre_is_converted(body, tmp_path):
    affine = AFFINE_RAS.copy()
    affine[:3] *= 0.001
    image = nib.Nifti1Image(body, affine)
    image.header.set_xyzt_units("meter")
    nib.save(image, tmp_path / "ct.nii")
    scan = read_scan(tmp_path / "ct.nii")
    np.testing.assert_allclose(scan.grid.spacing_mm, [0.7, 0.8, 1.5], atol=1e-6)


def test_every_truncation_of_a_gzip_file_is_an_image_error(body, tmp_path):
    whole = save_nifti(tmp_path / "ct.nii.gz", body).read_bytes()
    for length in [0, 1, 2, 30, 200, len(whole) // 2, len(whole) - 9]:
        (tmp_path / "cut.nii.gz").write_bytes(whole[:length])
        with pytest.raises(ImageError, match=r"cut\.nii\.gz"):
            read_scan(tmp_path / "cut.nii.gz")
    plain = gzip.decompress(whole)
    (tmp_path / "cut.nii").write_bytes(plain[: len(plain) - 100])
    with pytest.raises(ImageError, match="truncated: expected 11520 bytes, found 11420"):
        read_scan(tmp_path / "cut.nii")


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_truncated_itk_files(body, tmp_path, suffix):
    path = tmp_path / f"ct{suffix}"
    sitk.WriteImage(sitk.GetImageFromArray(body.T), str(path), useCompression=True)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ImageError, match="cannot be read"):
        read_scan(path)


def test_wrong_dimensions_are_refused(body, tmp_path):
    with pytest.raises(ImageError, match="20 x 24 x 12 x 3"):
        read_scan(save_nifti(tmp_path / "series.nii", np.stack([body] * 3, axis=-1)))
    with pytest.raises(ImageError, match="20 x 24"):
        read_scan(save_nifti(tmp_path / "slice.nii", body[:, :, 0]))
    vector = sitk.GetImageFromArray(np.stack([body.T] * 3, axis=-1), isVector=True)
    sitk.WriteImage(vector, str(tmp_path / "colour.mha"))
    with pytest.raises(ImageError, match="3 numbers per voxel"):
        read_scan(tmp_path / "colour.mha")
    single = save_nifti(tmp_path / "one.nii", body[..., None])
    assert read_scan(single).hu.shape == body.shape


def test_nrrd_without_a_space_is_refused(body, tmp_path):
    path = tmp_path / "ct.nrrd"
    sitk.WriteImage(sitk.GetImageFromArray(body.T), str(path), useCompression=False)
    content = path.read_bytes().replace(b"space: left-posterior-superior\n", b"")
    content = content.replace(b"space directions", b"# directions").replace(b"space origin", b"# o")
    path.write_bytes(content)
    with pytest.raises(GeometryError, match="names no space"):
        read_scan(path)


def test_nrrd_in_ras_lies_where_its_lps_twin_does(body, tmp_path):
    image = sitk.GetImageFromArray(body.T)
    image.SetSpacing((0.7, 0.8, 1.5))
    image.SetOrigin((-20.0, 30.0, -400.0))
    path = tmp_path / "lps.nrrd"
    sitk.WriteImage(image, str(path), useCompression=False)
    content = path.read_bytes().replace(b"left-posterior-superior", b"right-anterior-superior")
    (tmp_path / "ras.nrrd").write_bytes(content)
    lps, ras = read_scan(path), read_scan(tmp_path / "ras.nrrd")
    # the same numbers in the header, read as right and anterior: half a turn about head-foot
    np.testing.assert_array_equal(ras.hu, lps.hu[::-1, ::-1])
    turned = lps.grid.to_world((2, 3, 4)) * (-1, -1, 1)
    np.testing.assert_allclose(ras.grid.to_world((17, 20, 4)), turned, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda hu: np.clip(hu, 0, None) * 1.5, "no value is negative .* probably MR"),
        (lambda hu: hu.astype(int) + 1024, "without its rescale intercept"),
        (lambda hu: (hu > 300).astype(np.uint8), "probably a label map"),
        (lambda hu: (hu - hu.mean()) / hu.std(), "the highest value is"),
        (lambda hu: np.where(hu < -20, 0, hu).astype(np.int16), "below -30 HU"),
        (lambda hu: np.full(hu.shape, -1000, np.int16), "every voxel has the value -1000"),
        (lambda hu: np.where(hu > 300, np.nan, hu).astype(np.float32), "hold no number"),
    ],
)
def test_what_cannot_be_a_ct_is_refused(body, tmp_path, change, message):
    values = change(body)
    values = values.astype(np.float32 if values.dtype.kind == "f" else values.dtype)
    values = values.astype(np.int32) if values.dtype == np.int64 else values
    if "below -30" in message:
        values[0, 0, 0] = -5
    with pytest.raises(ImageError, match=message):
        read_scan(save_nifti(tmp_path / "ct.nii", values))


def test_padding_is_clipped_with_a_note(body, tmp_path):
    values = body.copy()
    values[0, 0, :5] = -2000
    scan = read_scan(save_nifti(tmp_path / "ct.nii", values))
    assert np.all(scan.hu[0, 0, :5] == -1024)
    assert "5 voxels below -1024 HU (down to -2000) set to -1024 HU." in scan.info.notes


def test_calibrated_crop_is_read_with_a_note(body, tmp_path):
    density = np.clip(body, -150, None) * 0.93
    scan = read_scan(save_nifti(tmp_path / "crop.nii", density.astype(np.float32)))
    assert scan.hu.dtype == np.float32
    assert any("calibrated to density" in note for note in scan.info.notes)


def test_oversized_scan_is_refused_before_it_is_read(body, tmp_path, monkeypatch):
    monkeypatch.setattr(stored_image, "MAX_ARRAY_BYTES", 20_000)
    path = save_nifti(tmp_path / "ct.nii", body)
    path.write_bytes(path.read_bytes()[:400])  # no voxels: only the header may be looked at
    with pytest.raises(ImageError, match="crop the scan"):
        read_scan(path)


def test_unknown_inputs(tmp_path):
    with pytest.raises(ImageError, match="does not exist"):
        read_scan(tmp_path / "nothing.nii.gz")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG" + bytes(200))
    with pytest.raises(ImageError, match="no known format"):
        read_scan(tmp_path / "picture.png")
    (tmp_path / "text.nii").write_text("hello, this is a text file, not an image at all")
    with pytest.raises(ImageError, match="not a NIfTI file"):
        read_scan(tmp_path / "text.nii")


def test_series_is_only_for_dicom(body, tmp_path):
    with pytest.raises(ImageError, match="series= chooses among DICOM series"):
        read_scan(save_nifti(tmp_path / "ct.nii", body), series="3")


def test_hash_follows_content_not_names(tmp_path):
    for folder, names in (("a", ("1", "2")), ("b", ("9", "0"))):
        (tmp_path / folder).mkdir()
        for name, text in zip(names, ("first", "second"), strict=True):
            (tmp_path / folder / name).write_text(text)
    assert hash_input(tmp_path / "a") == hash_input(tmp_path / "b")
    (tmp_path / "b" / "0").write_text("changed")
    assert hash_input(tmp_path / "a") != hash_input(tmp_path / "b")
    with pytest.raises(ImageError, match="does not exist"):
        hash_input(tmp_path / "c")


@pytest.mark.parametrize("suffix", [".nii", ".nrrd", ".mha"])
def test_damaged_headers_never_escape_as_other_errors(body, tmp_path, suffix):
    path = tmp_path / f"ct{suffix}"
    sitk.WriteImage(sitk.GetImageFromArray(body.T), str(path), useCompression=False)
    content = path.read_bytes()
    rng = np.random.default_rng(11)
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(0, 300, size=3):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(bytes(damaged))
        try:
            assert read_scan(path).hu.size > 0
        except InputError:
            refused += 1
    assert refused > 5
