"""NIfTI files that other programs place where we do."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from vertaug.case.grid import Grid
from vertaug.imaging import read_scan, write_nifti


def oblique_grid(shape, angle_deg=20.0):
    affine = np.eye(4)
    turn = Rotation.from_rotvec(np.radians(angle_deg) * np.array([0.6, 0.0, 0.8])).as_matrix()
    affine[:3, :3] = turn * (0.7, 0.8, 1.5)
    affine[:3, 3] = (-40.25, 12.5, -300.75)
    return Grid(shape=shape, affine=affine)


@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz"])
@pytest.mark.parametrize("angle", [0.0, 20.0, 160.0])
def test_nibabel_and_itk_agree(body, tmp_path, name, angle):
    grid = oblique_grid(body.shape, angle)
    path = write_nifti(tmp_path / name, body, grid)
    index = (3, 21, 7)
    world = grid.to_world(index)
    image = nib.load(path)
    np.testing.assert_array_equal(np.asarray(image.dataobj), body)
    ras = nib.affines.apply_affine(image.affine, index)
    np.testing.assert_allclose(ras * (-1, -1, 1), world, atol=1e-4)
    np.testing.assert_allclose(image.get_qform(), image.get_sform(), atol=1e-4)
    itk = sitk.ReadImage(str(path))
    assert itk[index] == body[index]
    np.testing.assert_allclose(itk.TransformIndexToPhysicalPoint(index), world, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        ("?", "u1"),
        ("u1", "u1"),
        ("i2", "i2"),
        ("f4", "f4"),
        ("f8", "f4"),
        ("i8", "i4"),
        ("u2", "u2"),
    ],
)
def test_types(tmp_path, kind, stored):
    values = (np.arange(60).reshape(3, 4, 5) % 7).astype(kind)
    path = write_nifti(tmp_path / "a.nii.gz", values, oblique_grid((3, 4, 5)))
    image = nib.load(path)
    assert image.get_data_dtype() == np.dtype(stored)
    np.testing.assert_array_equal(np.asarray(image.dataobj), values.astype(stored))


def test_the_description_is_where_others_read_it(body, tmp_path):
    grid = oblique_grid(body.shape)
    plain = nib.load(write_nifti(tmp_path / "a.nii", body, grid))
    words = "share of cement, 0 to 1"
    told = nib.load(write_nifti(tmp_path / "b.nii", body, grid, description=words))
    assert plain.header["descrip"].item() == b""
    assert told.header["descrip"].item() == words.encode()
    np.testing.assert_array_equal(told.affine, plain.affine)
    long = nib.load(write_nifti(tmp_path / "c.nii", body, grid, description="x" * 200))
    assert long.header["descrip"].item() == b"x" * 79


def test_same_content_gives_the_same_bytes(body, tmp_path):
    grid = oblique_grid(body.shape)
    first = write_nifti(tmp_path / "a.nii.gz", body, grid).read_bytes()
    second = write_nifti(tmp_path / "b.nii.gz", np.asfortranarray(body), grid).read_bytes()
    assert first == second


def test_round_trip(body, tmp_path):
    grid = oblique_grid(body.shape)
    scan = read_scan(write_nifti(tmp_path / "a.nii.gz", body, grid))
    np.testing.assert_array_equal(scan.hu, body)
    np.testing.assert_allclose(scan.grid.affine, grid.affine, atol=5e-5)
