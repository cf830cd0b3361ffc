"""Volumes to NIfTI files, byte for byte the same for the same content."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.storage import replace_text, write_atomically
from vertaug.case.volume import LabelMap
from vertaug.imaging.nifti import NIFTI1

_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_CODES = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "u2": 512}
_SCANNER_SPACE = 1
_MILLIMETRE = 2
_MOST_DESCRIPTION = 79
_VOX_OFFSET = 352
_GZIP_LEVEL = 4
_LABEL_INTENT = 1002


def write_nifti(path: str | Path, values: ArrayLike, grid: Grid, *, description: str = "") -> Path:
    """Write an array with its grid as NIfTI-1, atomically.

    Parameters
    ----------
    path : str or Path
        Ends in ``.nii`` or ``.nii.gz``.
    values : (ni, nj, nk) array
        Truth values become uint8, float64 becomes float32, 64 bit integers int32.
    grid : Grid
        Grid in LPS; the file holds RAS as NIfTI asks.
    description : str
        What the values are, in ASCII, up to 79 characters.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    GeometryError
        If array and grid differ in shape.
    StorageError
        If the file cannot be written.
    """
    return _write(Path(path), np.asarray(values), grid, description=description)


def write_label_nifti(path: str | Path, labels: LabelMap) -> Path:
    """Write a label map as NIfTI with a JSON table of names beside it.

    The table ``NAME.json`` beside ``NAME.nii.gz`` holds ``{"labels": {"T12": 19, ...}}``; the
    reader of vertaug takes the names from it.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    target = _write(Path(path), labels.values, labels.grid, intent=_LABEL_INTENT)
    table = {"labels": dict(labels.levels), "numbering": labels.numbering}
    replace_text(name_table_path(target), json.dumps(table, indent=2) + "\n")
    return target


def name_table_path(path: Path) -> Path:
    """Return where the JSON table of names of a label file lies."""
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    return path.with_name(f"{stem if stem != path.name else path.stem}.json")


def _write(
    path: Path, values: NDArray[Any], grid: Grid, *, intent: int = 0, description: str = ""
) -> Path:
    if values.shape != grid.shape:
        message = f"{path.name}: the array has shape {values.shape}, its grid {grid.shape}"
        raise GeometryError(message)
    stored = _storable(values)
    fields = _make_header(stored, grid, intent)
    fields["descrip"] = description.encode("ascii")[:_MOST_DESCRIPTION]
    header = fields.tobytes() + bytes(4)
    pack = path.name.lower().endswith(".gz")

    def write(part: Path) -> None:
        with part.open("wb") as file:
            if not pack:
                file.write(header)
                file.write(stored.tobytes(order="F"))
                return
            # no name and no time in the gzip header: the same content gives the same bytes
            with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as stream:
                stream.write(header)
                stream.write(stored.tobytes(order="F"))

    return write_atomically(path, write)


def _storable(values: NDArray[Any]) -> NDArray[Any]:
    little = values.dtype.newbyteorder("<")
    kind = f"{values.dtype.kind}{values.dtype.itemsize}"
    if kind in _CODES:
        return values.astype(little, copy=False)
    if values.dtype.kind == "b":
        return values.astype("u1")
    return values.astype("<f4" if values.dtype.kind == "f" else "<i4")


def _make_header(values: NDArray[Any], grid: Grid, intent: int) -> NDArray[Any]:
    header = np.zeros(1, dtype=np.dtype(NIFTI1).newbyteorder("<"))
    ras = _RAS_FROM_LPS @ grid.affine
    quaternion, handedness = _quaternion(ras[:3, :3] / grid.spacing_mm)
    header["sizeof_hdr"] = 348
    header["dim"] = [3, *grid.shape, 1, 1, 1, 1]
    header["intent_code"] = intent
    header["datatype"] = _CODES[f"{values.dtype.kind}{values.dtype.itemsize}"]
    header["bitpix"] = 8 * values.dtype.itemsize
    header["pixdim"] = [handedness, *grid.spacing_mm, 0, 0, 0, 0]
    header["vox_offset"] = _VOX_OFFSET
    header["scl_slope"] = 1.0
    header["xyzt_units"] = _MILLIMETRE
    header["qform_code"] = header["sform_code"] = _SCANNER_SPACE
    header["quatern"] = quaternion
    header["qoffset"] = ras[:3, 3]
    header["srow"] = ras[:3]
    header["magic"] = b"n+1"
    return header


def _quaternion(rotation: FloatArray) -> tuple[FloatArray, float]:
    """Return (b, c, d) with a >= 0 and the sign of the third axis, as nifti1.h defines them."""
    from scipy.spatial.transform import Rotation

    handedness = 1.0 if np.linalg.det(rotation) > 0 else -1.0
    proper = rotation * np.array([1.0, 1.0, handedness])
    b, c, d, a = Rotation.from_matrix(proper).as_quat()
    sign = -1.0 if a < 0 else 1.0
    return sign * np.array([b, c, d]), handedness
