"""One image stored in any axis order and flip has one world."""

from itertools import permutations, product
from pathlib import Path
from tempfile import TemporaryDirectory

import nibabel as nib
import numpy as np
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st
from scipy.spatial.transform import Rotation

from vertaug.imaging import read_scan
from vertaug.imaging.stored_image import StoredImage, to_canonical

SHAPE = (7, 6, 5)
HU = np.random.default_rng(3).integers(-1000, 1500, SHAPE).astype(np.int16)
ORDERS = [
    (order, flips) for order in permutations(range(3)) for flips in product((1, -1), repeat=3)
]
LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def reorder(values, affine, order, flips):
    """Store the same image with permuted and flipped axes."""
    columns = affine[:3, list(order)].copy()
    origin = affine[:3, 3].copy()
    out = np.transpose(values, order)
    for axis, flip in enumerate(flips):
        if flip < 0:
            origin += (out.shape[axis] - 1) * columns[:, axis]
            columns[:, axis] *= -1
            out = np.flip(out, axis)
    stored = np.eye(4)
    stored[:3, :3], stored[:3, 3] = columns, origin
    return out, stored


def write_itk(path, values, affine):
    image = sitk.GetImageFromArray(np.ascontiguousarray(values.T))
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((affine[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    sitk.WriteImage(image, str(path))


def write_nifti_by_nibabel(path, values, affine):
    nib.save(nib.Nifti1Image(values, LPS_FROM_RAS @ affine), path)


def write_qform_only(path, values, affine):
    image = nib.Nifti1Image(values, LPS_FROM_RAS @ affine)
    image.set_qform(LPS_FROM_RAS @ affine, code=1)
    image.set_sform(None, code=0)
    nib.save(image, path)


def make_affine(rotation_deg, spacing, origin):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", rotation_deg, degrees=True).as_matrix() * spacing
    affine[:3, 3] = origin
    return affine


decimals = st.integers(-600_000, 600_000).map(lambda n: n / 1000)  # mm, three decimals
spacings = st.tuples(*[st.integers(25, 500).map(lambda n: n / 100)] * 3)
origins = st.tuples(decimals, decimals, decimals)
angles = st.tuples(*[st.floats(-40.0, 40.0)] * 3)
orders = st.sampled_from(ORDERS)


def corners_of(path, values, affine, write):
    with TemporaryDirectory() as folder:
        file = Path(folder) / path
        write(file, values, affine)
        return read_scan(file)


@settings(max_examples=60, deadline=None)
@given(order=orders, spacing=spacings, origin=origins, angle=angles)
def test_canonical_form_is_the_same_to_a_nanometre(order, spacing, origin, angle):
    affine = make_affine(angle, spacing, origin)
    first, grid, _ = to_canonical(
        StoredImage(values=HU, affine=affine, source_format="mha"), "first"
    )
    values, stored = reorder(HU, affine, *order)
    again, same, _ = to_canonical(
        StoredImage(values=values, affine=stored, source_format="mha"), "again"
    )
    np.testing.assert_array_equal(again, first)
    np.testing.assert_allclose(same.affine, grid.affine, rtol=0, atol=1e-9)
    assert np.all(np.diag(grid.directions) > 0)


def test_all_48_orders_of_an_image_turned_by_45_degrees():
    affine = make_affine((45.0, 0.0, 45.0), (0.7, 0.8, 1.5), (10.0, -20.0, 30.0))
    results = []
    for order, flips in ORDERS:
        values, stored = reorder(HU, affine, order, flips)
        image = StoredImage(values=values, affine=stored, source_format="mha")
        results.append(to_canonical(image, "turned"))
    for array, grid, _ in results[1:]:
        np.testing.assert_array_equal(array, results[0][0])
        np.testing.assert_allclose(grid.affine, results[0][1].affine, rtol=0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    order=orders,
    spacing=spacings,
    origin=origins,
    angle=angles,
    suffix=st.sampled_from(["nrrd", "mha"]),
)
def test_itk_files_keep_one_world(order, spacing, origin, angle, suffix):
    affine = make_affine(angle, spacing, origin)
    first = corners_of(f"a.{suffix}", HU, affine, write_itk)
    again = corners_of(f"b.{suffix}", *reorder(HU, affine, *order), write_itk)
    np.testing.assert_array_equal(again.hu, first.hu)
    np.testing.assert_allclose(again.grid.corners(), first.grid.corners(), rtol=0, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    order=orders,
    spacing=spacings,
    origin=origins,
    write=st.sampled_from([write_nifti_by_nibabel, write_qform_only, write_itk]),
)
def test_nifti_files_keep_one_world(order, spacing, origin, write):
    # a qform can only store right-handed axes up to one flip; all writers here handle that
    affine = make_affine((0.0, 0.0, 0.0), spacing, origin)
    first = corners_of("a.nii", HU, affine, write)
    again = corners_of("b.nii.gz", *reorder(HU, affine, *order), write)
    np.testing.assert_array_equal(again.hu, first.hu)
    np.testing.assert_allclose(again.grid.corners(), first.grid.corners(), rtol=0, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(order=orders, spacing=spacings, origin=origins, angle=angles)
def test_oblique_nifti_keeps_the_world_to_float32(order, spacing, origin, angle):
    affine = make_affine(angle, spacing, origin)
    first = corners_of("a.nii", HU, affine, write_nifti_by_nibabel)
    again = corners_of("b.nii.gz", *reorder(HU, affine, *order), write_nifti_by_nibabel)
    np.testing.assert_array_equal(again.hu, first.hu)
    resolution = 4 * float(np.spacing(np.float32(np.abs(first.grid.corners()).max())))
    np.testing.assert_allclose(again.grid.corners(), first.grid.corners(), rtol=0, atol=resolution)
