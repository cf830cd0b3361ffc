"""From the header of a NIfTI file to an affine in LPS, in float64.

A NIfTI-1 header stores float32, which holds 0.7 mm as 0.699999988 and a position of 300 mm to
3e-5 mm. For axis-aligned images the shortest decimal within that rounding is taken, so that one
image keeps the same world in every stored axis order; oblique ones keep what is stored.
"""

from typing import Any

import numpy as np

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray

_LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_CONFLICT_MM = 1.0
_NOTED_MM = 0.05


def find_affine(
    fields: Any, shape: tuple[int, int, int], name: str
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the affine to LPS in the header's unit, and what was noticed.

    Parameters
    ----------
    fields : structured scalar
        NIfTI-1 or NIfTI-2 header.
    shape : tuple of int
        Voxels along the stored axes.
    name : str
        File name for messages.

    Raises
    ------
    GeometryError
        If neither sform nor qform is set, or if they differ by more than 1 mm in the image.
    """
    has_sform = int(fields["sform_code"]) > 0
    has_qform = int(fields["qform_code"]) > 0
    if not has_sform and not has_qform:
        message = (
            f"{name}: the header says nothing about the orientation (sform and qform are unset), "
            "so left and right cannot be known; convert the original DICOM again"
        )
        raise GeometryError(message)
    corners = _corner_indices(shape)
    ras = _sform(fields) if has_sform else _qform(fields)
    notes: tuple[str, ...] = ()
    if has_sform and has_qform:
        notes = _compare(ras, _qform(fields), corners, name)
    if np.asarray(fields["srow"]).dtype.itemsize == 4:
        ras = _meant(ras, corners)
    return np.asarray(_LPS_FROM_RAS @ ras), notes


def _corner_indices(shape: tuple[int, int, int]) -> FloatArray:
    flags = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, 8).T
    return np.asarray(np.c_[flags * (np.array(shape) - 1.0), np.ones(8)])


def _compare(
    sform: FloatArray, qform: FloatArray, corners: FloatArray, name: str
) -> tuple[str, ...]:
    difference = float(np.linalg.norm(corners @ (sform - qform).T, axis=1).max())
    if difference > _CONFLICT_MM:
        message = (
            f"{name}: the header holds two orientations that contradict each other: sform and "
            f"qform differ by up to {difference:.1f} mm. Convert the original DICOM again, or "
            "remove the wrong one of the two"
        )
        raise GeometryError(message)
    if difference > _NOTED_MM:
        return (f"sform and qform differ by up to {difference:.2f} mm; sform was used.",)
    return ()


def _sform(fields: Any) -> FloatArray:
    affine = np.eye(4)
    affine[:3] = fields["srow"]
    return affine


def _qform(fields: Any) -> FloatArray:
    pixdim = np.array(fields["pixdim"], dtype=np.float64)
    affine = np.eye(4)
    affine[:3, :3] = _rotation(np.array(fields["quatern"], dtype=np.float64)) * pixdim[1:4]
    if pixdim[0] < 0:
        affine[:3, 2] *= -1
    affine[:3, 3] = fields["qoffset"]
    return affine


def _rotation(quaternion: FloatArray) -> FloatArray:
    """Rotation of (b, c, d) with a = sqrt(1 - b^2 - c^2 - d^2), method 2 of nifti1.h."""
    square = float(quaternion @ quaternion)
    rest = 1.0 - square
    # below float32 resolution it is a half turn: a = 0 and a unit vector (nifti1.h does the same)
    if rest < 1e-7:
        a, (b, c, d) = 0.0, quaternion / np.sqrt(square)
    else:
        a, (b, c, d) = np.sqrt(rest), quaternion
    rotation = np.array([
        [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
        [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
        [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
    ])  # fmt: skip
    whole = np.round(rotation)
    # axis-aligned up to the rounding of the stored quaternion
    return np.asarray(np.where(np.abs(rotation - whole) < 5e-7, whole, rotation))


def _meant(ras: FloatArray, corners: FloatArray) -> FloatArray:
    """Undo the rounding of float32 in an axis-aligned affine."""
    if np.any(np.count_nonzero(ras[:3, :3], axis=0) != 1):
        return ras
    out = ras.copy()
    for row, column in np.argwhere(ras[:3, :3] != 0):
        step = ras[row, column]
        out[row, column] = _shortest_decimal(step, 1.5 * float(np.spacing(np.float32(abs(step)))))
    # the corners are the same set in every axis order, so the tolerance is the same too
    reach = np.float32(np.abs(corners @ ras[:3].T).max())
    for row in range(3):
        out[row, 3] = _shortest_decimal(ras[row, 3], float(np.spacing(reach)))
    return out


def _shortest_decimal(value: float, tolerance: float) -> float:
    for digits in range(9):
        rounded = round(float(value), digits)
        if abs(rounded - value) <= tolerance:
            return rounded
    return float(value)
