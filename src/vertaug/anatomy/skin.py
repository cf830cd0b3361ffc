"""The patient's outline: where the skin is, and what the scan did not measure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.spine import PatientRegion
from vertaug.case.volume import Scan, Volume

_SKIN_HU = -350.0
"""Between fat (about -100 HU) and air (-1000 HU), low so that the blurred skin stays inside."""
_PADDING_HU = -1024
_COARSE_MM = 2.5


def find_patient(scan: Scan) -> Volume:
    """Tell patient, air and unmeasured voxels apart.

    The patient is the largest connected matter denser than air, with lungs and bowel filled in;
    the table is cut off by an opening of a few millimetres. Blocks of exactly -1024 HU are what
    the scanner did not measure, not air: a path that leaves through them has not met the skin.

    Parameters
    ----------
    scan : Scan

    Returns
    -------
    Volume of uint8
        Values of `PatientRegion` on the scan's grid.
    """
    from scipy.ndimage import binary_fill_holes, binary_opening, zoom

    stride = np.maximum(np.rint(_COARSE_MM / scan.grid.spacing_mm).astype(int), 1)
    si, sj, sk = (int(n) for n in stride)
    coarse = scan.hu[::si, ::sj, ::sk]
    matter = coarse > _SKIN_HU
    if min(matter.shape) > 4:
        # continued past the faces, or the opening would round the corners of a crop
        opened = binary_opening(np.pad(matter, 1, mode="edge"))[1:-1, 1:-1, 1:-1]
        matter = opened if opened.any() else matter
    patient = _largest(matter)
    for k in range(patient.shape[2]):
        patient[:, :, k] = binary_fill_holes(np.pad(patient[:, :, k], 1))[1:-1, 1:-1]
    full = zoom(
        patient.astype(np.float32),
        np.array(scan.hu.shape) / np.array(patient.shape),
        order=1,
        grid_mode=True,
        mode="nearest",
    )
    inside = _sharpen(full, scan.hu)
    values = np.where(inside, PatientRegion.PATIENT, PatientRegion.AIR).astype(np.uint8)
    values[_unmeasured(scan.hu) & ~inside] = PatientRegion.NOT_MEASURED
    return Volume(values=values, grid=scan.grid)


def _largest(matter: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.ndimage import label

    labels, count = label(matter)
    if count == 0:
        return np.zeros_like(matter)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())


def _sharpen(share: NDArray[np.float32], hu: NDArray[Any]) -> NDArray[np.bool_]:
    """Follow the CT where the coarse outline is undecided."""
    decided = (share < 0.05) | (share > 0.95)
    return np.where(decided, share > 0.5, hu > _SKIN_HU)


def _unmeasured(hu: NDArray[Any]) -> NDArray[np.bool_]:
    """Voxels in a solid block of padding; noise in true air breaks such blocks up."""
    from scipy.ndimage import uniform_filter

    padding = (hu <= _PADDING_HU).astype(np.float32)
    if not padding.any():
        return np.zeros(hu.shape, dtype=bool)
    return np.asarray((uniform_filter(padding, 5, mode="nearest") > 0.98) & (padding > 0))
