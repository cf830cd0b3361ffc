"""NIfTI-1 and NIfTI-2 files, single file, plain or gzip.

Read here and not through ITK, which refuses headers whose float32 axes are not exactly
orthonormal and does not show when sform and qform contradict each other. Layout and the rules
for qform, sform and scaling: the NIfTI-1 standard header nifti1.h.
"""

import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import ImageError
from vertaug.imaging.nifti_geometry import find_affine
from vertaug.imaging.stored_image import StoredImage, check_size

NIFTI1: list[Any] = [
    ("sizeof_hdr", "i4"), ("_unused1", "V35"), ("dim_info", "u1"), ("dim", "i2", (8,)),
    ("_intent_p", "V12"), ("intent_code", "i2"), ("datatype", "i2"), ("bitpix", "i2"),
    ("_slice_start", "i2"),
    ("pixdim", "f4", (8,)), ("vox_offset", "f4"), ("scl_slope", "f4"), ("scl_inter", "f4"),
    ("_slice_end", "V3"), ("xyzt_units", "u1"), ("_unused2", "V24"), ("descrip", "S80"),
    ("_aux_file", "V24"), ("qform_code", "i2"), ("sform_code", "i2"), ("quatern", "f4", (3,)),
    ("qoffset", "f4", (3,)),
    ("srow", "f4", (3, 4)), ("_intent_name", "V16"), ("magic", "S4"),
]  # fmt: skip
_NIFTI2: list[Any] = [
    ("sizeof_hdr", "i4"), ("magic", "S8"), ("datatype", "i2"), ("bitpix", "i2"),
    ("dim", "i8", (8,)), ("_intent", "V24"), ("pixdim", "f8", (8,)), ("vox_offset", "i8"),
    ("scl_slope", "f8"), ("scl_inter", "f8"), ("_unused1", "V32"), ("_unused2", "V120"),
    ("qform_code", "i4"), ("sform_code", "i4"), ("quatern", "f8", (3,)), ("qoffset", "f8", (3,)),
    ("srow", "f8", (3, 4)), ("_slice_code", "i4"), ("xyzt_units", "i4"), ("_rest", "V36"),
]  # fmt: skip
_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8",
    1280: "u8",
}  # fmt: skip
_UNIT_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_LABEL = re.compile(rb'<Label\s+Key="(\d+)"[^>]*>\s*(?:<!\[CDATA\[)?([^<\]]*)')
_MAX_EXTENSION_BYTES = 16_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Header:
    fields: Any
    byte_order: str
    size: int


def read_nifti(path: Path) -> StoredImage:
    """Read a NIfTI volume with its geometry in LPS.

    Values are rescaled by slope and intercept; sform is used before qform, and the two must
    not contradict each other.

    Raises
    ------
    ImageError
        If the file is truncated, no NIfTI, no volume or too large.
    GeometryError
        If the header holds no orientation or contradicts itself.
    """
    try:
        with _open(path) as stream:
            return _read(stream, path.name)
    except (EOFError, zlib.error, OSError) as error:
        message = (
            f"{path.name} cannot be read: {error}. The file is damaged or truncated; copy or "
            "download it again"
        )
        raise ImageError(message) from error


def _open(path: Path) -> Any:
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")


def _read(stream: IO[bytes], name: str) -> StoredImage:
    header = _read_header(stream, name)
    shape = _volume_shape(header.fields["dim"], name)
    check_size(shape, name)
    code = int(header.fields["datatype"])
    if code not in _TYPES:
        message = (
            f"{name}: expected one number per voxel, found NIfTI data type {code} (colour, "
            "complex or packed); export the CT as 16 bit integers"
        )
        raise ImageError(message)
    dtype = np.dtype(header.byte_order + _TYPES[code])
    affine, notes = find_affine(header.fields, shape, name)
    unit = _UNIT_MM.get(int(header.fields["xyzt_units"]) & 7, 1.0)
    if unit != 1.0:
        affine[:3] *= unit
        notes += (f"The NIfTI header's unit of length is {unit:g} mm; converted to mm.",)
    offset = int(header.fields["vox_offset"])
    between = _take(stream, max(offset - header.size, 0), name, _MAX_EXTENSION_BYTES)
    payload = _take(stream, int(np.prod(shape)) * dtype.itemsize, name, None)
    stream.read(1)  # the end of a gzip file holds its checksum, which is tested only on reading it
    values = np.frombuffer(payload, dtype=dtype).reshape(shape, order="F")
    if not dtype.isnative:
        values = values.astype(dtype.newbyteorder("="))
    return StoredImage(
        values=_rescale(values, header.fields),
        affine=affine,
        source_format="nifti",
        label_names=_label_names(between),
        notes=notes,
    )


def _read_header(stream: IO[bytes], name: str) -> _Header:
    start = stream.read(4)
    for size, layout in ((348, NIFTI1), (540, _NIFTI2)):
        for order in "<>":
            if start == np.array(size, dtype=order + "i4").tobytes():
                raw = start + _take(stream, size - 4, name, None)
                # numpy turns the byte order of the sub-types only through the whole type
                dtype = np.dtype(layout).newbyteorder("<" if order == "<" else ">")
                fields = np.frombuffer(raw, dtype=dtype)[0]
                if not bytes(fields["magic"]).startswith(b"n+"):
                    message = (
                        f"{name}: an Analyze or two-file NIfTI (.hdr/.img), which has no "
                        "reliable orientation; convert it to a single .nii.gz file"
                    )
                    raise ImageError(message)
                return _Header(fields=fields, byte_order=order, size=size)
    message = f"{name} is not a NIfTI file (expected a header of 348 or 540 bytes)"
    raise ImageError(message)


def _take(stream: IO[bytes], count: int, name: str, limit: int | None) -> bytes:
    if limit is not None and count > limit:
        message = f"{name}: {count} bytes between header and voxels; the header is damaged"
        raise ImageError(message)
    data = stream.read(count)
    if len(data) != count:
        message = (
            f"{name} is truncated: expected {count} bytes, found {len(data)}; copy or download "
            "it again"
        )
        raise ImageError(message)
    return data


def _volume_shape(dim: NDArray[Any], name: str) -> tuple[int, int, int]:
    count = int(dim[0])
    sizes = [int(n) for n in dim[1 : count + 1]] if 1 <= count <= 7 else []
    if len(sizes) < 3 or any(n != 1 for n in sizes[3:]):
        found = " x ".join(str(n) for n in sizes) or "nothing"
        message = (
            f"{name}: expected one volume with three axes; found {found}. A time series or "
            "vector image must be split, a single slice cannot be used"
        )
        raise ImageError(message)
    return sizes[0], sizes[1], sizes[2]


def _rescale(values: NDArray[Any], fields: Any) -> NDArray[Any]:
    slope, intercept = float(fields["scl_slope"]), float(fields["scl_inter"])
    # nifti1.h: a slope of zero means that no scaling is stored; NaN is what some writers put
    if slope == 0.0 or not np.isfinite(slope) or not np.isfinite(intercept):
        return values
    if slope == 1.0 and intercept == 0.0:
        return values
    whole = slope.is_integer() and intercept.is_integer() and values.dtype.kind in "iu"
    if whole and values.dtype.itemsize <= 2 and max(abs(slope), abs(intercept)) < 2**15:
        return np.asarray(values.astype(np.int32) * int(slope) + int(intercept))
    return np.asarray((values * np.float64(slope) + intercept).astype(np.float32))


def _label_names(between: bytes) -> dict[int, str]:
    # the first four bytes say whether extensions follow
    if len(between) < 4 or between[0] == 0:
        return {}
    return {int(key): text.decode("utf-8", "replace") for key, text in _LABEL.findall(between)}
