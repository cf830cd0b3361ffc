"""Whether the numbers of an image can be Hounsfield units, and their storage."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import ImageError

AIR_HU = -1024
"""What a voxel outside the scanner's field of view is set to."""

_LOWEST_BONE_HU = 150.0  # a CT of the spine has cortical bone, far above this
_FAT_HU = -30.0  # fat lies near -100 HU, marrow and calibrated fat below this
_LEAST_SHARE_BELOW_FAT = 1e-4
_AIR_LIMIT_HU = -500.0
_SOFT_LIMIT_HU = 400.0  # more than half of any crop around a spine is soft tissue or marrow


def to_hounsfield(values: NDArray[Any], name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Check that values can be HU, clip padding, and store them as small as is exact.

    An image file without a modality is judged by its values: a CT of the spine has bone and it
    has fat or air, which are negative. What has no negative tissue is MR, a label map or a CT
    without its rescale intercept, and is refused.

    Parameters
    ----------
    values : (ni, nj, nk) array
        As read from the file.
    name : str
        File name for messages.

    Returns
    -------
    hu : (ni, nj, nk) int16 or float32 array
        int16 if all values are whole numbers.
    notes : tuple of str

    Raises
    ------
    ImageError
        If the values are not finite or cannot be those of a CT.
    """
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        count = int(np.count_nonzero(~np.isfinite(values)))
        message = (
            f"{name}: {count} voxels hold no number (NaN or infinity); expected Hounsfield "
            "units everywhere. Set them to -1024 or export the CT again"
        )
        raise ImageError(message)
    low, high = float(values.min()), float(values.max())
    notes = _check_plausible(values, low, high, name)
    if low < AIR_HU:
        count = int(np.count_nonzero(values < AIR_HU))
        values = np.maximum(values, np.asarray(AIR_HU, dtype=values.dtype))
        plural = "" if count == 1 else "s"
        notes += (f"{count} voxel{plural} below -1024 HU (down to {low:.0f}) set to -1024 HU.",)
    return _store_small(values, high), notes


def _check_plausible(values: NDArray[Any], low: float, high: float, name: str) -> tuple[str, ...]:
    if low == high:
        message = f"{name}: every voxel has the value {low:g}; this is no CT"
        raise ImageError(message)
    if low >= 0:
        raise ImageError(_explain_no_negative(values, high, name))
    if high < _LOWEST_BONE_HU:
        message = (
            f"{name}: the highest value is {high:.4g}, but a CT of the spine has bone above "
            f"{_LOWEST_BONE_HU:.0f} HU; this is MR, a normalised image or no image of a spine. "
            "Give the CT in Hounsfield units"
        )
        raise ImageError(message)
    share = np.count_nonzero(values < _FAT_HU) / values.size
    if share < _LEAST_SHARE_BELOW_FAT:
        message = (
            f"{name}: only {100 * share:.3f} % of the voxels lie below {_FAT_HU:.0f} HU, but fat "
            "and air in a CT do (about -100 and -1000 HU); this is probably MR. Give the CT in "
            "Hounsfield units"
        )
        raise ImageError(message)
    middle = float(np.median(values[::2, ::2, ::2]))
    if low > _AIR_LIMIT_HU and middle > _SOFT_LIMIT_HU:
        message = (
            f"{name}: half of the voxels lie above {middle:.0f}, but soft tissue in a CT lies near "
            "0 to 100 HU; the image was probably stored with an offset (1024 or 1000). Give the "
            "CT in Hounsfield units"
        )
        raise ImageError(message)
    if low > _AIR_LIMIT_HU:
        return (_describe_airless(values, low),)
    return ()


def _explain_no_negative(values: NDArray[Any], high: float, name: str) -> str:
    start = f"{name}: no value is negative (0 to {high:.4g}), but fat and air in a CT are; "
    sample = values[::2, ::2, ::2]
    if high <= 255 and len(np.unique(sample)) <= 64 and bool(np.all(sample == np.rint(sample))):
        return start + "this is probably a label map. Give it as labels, and the CT as the image"
    return start + (
        "this is probably MR, or a CT stored without its rescale intercept (-1024 or -1000). "
        "Give the CT in Hounsfield units"
    )


def _describe_airless(values: NDArray[Any], low: float) -> str:
    if values.dtype.kind == "f" and np.any(values != np.rint(values)):
        return (
            f"The image has no air (lowest value {low:.0f}) and holds fractions: probably a crop "
            "that was resampled or already calibrated to density in mg/ml. Its values are taken "
            "as Hounsfield units."
        )
    return f"The image has no air (lowest value {low:.0f} HU): a crop inside the body."


def _store_small(values: NDArray[Any], high: float) -> NDArray[Any]:
    fits = high <= np.iinfo(np.int16).max
    if fits and (values.dtype.kind in "iu" or np.array_equal(values, np.rint(values))):
        return np.asarray(values.astype(np.int16, copy=False))
    return np.asarray(values.astype(np.float32, copy=False))
