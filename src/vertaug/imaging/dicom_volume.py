"""A DICOM folder, zip archive or multi-frame file to one CT volume."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.volume import ScanInfo
from vertaug.imaging.dicom_file import list_dicom_files, quiet_pydicom
from vertaug.imaging.dicom_pixels import PixelReader
from vertaug.imaging.dicom_series import choose_series, find_series
from vertaug.imaging.dicom_slice import DicomSlice, merge_frame
from vertaug.imaging.dicom_stack import Stack, order_slices
from vertaug.imaging.hounsfield import AIR_HU
from vertaug.imaging.stored_image import StoredImage, check_size

_INT16 = np.iinfo(np.int16)


def read_dicom(path: Path, series: str | None) -> tuple[StoredImage, ScanInfo]:
    """Read one CT series in HU with its geometry in LPS.

    Parameters
    ----------
    path : Path
        Folder, zip archive or multi-frame file.
    series : str or None
        Which series, where there are several.

    Returns
    -------
    image : StoredImage
        Axes in the order column, row, slice.
    info : ScanInfo
        Without notes; those are with the image.

    Raises
    ------
    ImageError
        If no single, complete, evenly spaced CT series can be read.
    """
    with quiet_pydicom():
        return _read(path, series)


def _read(path: Path, series: str | None) -> tuple[StoredImage, ScanInfo]:
    files, others = list_dicom_files(path)
    found, notes = find_series(files, path.name)
    chosen = choose_series(found, series, path.name)
    if others:
        notes += (f"{others} file(s) that are no DICOM were left out.",)
    if len(found) > 1:
        notes += (f"Of {len(found)} CT series, {chosen.describe()} was read.",)
    rows, columns = chosen.slices[0].shape
    check_size((columns, rows, len(chosen.slices)), path.name)
    reader = PixelReader()
    stack = order_slices(chosen.slices, reader.read_hu, path.name)
    reader.padded = 0
    values = _read_values(stack, reader)
    notes += stack.notes + _describe_values(stack, reader.padded)
    image = StoredImage(values=values, affine=stack.affine, source_format="dicom", notes=notes)
    return image, _describe_scanner(stack.slices[0], float(np.linalg.norm(stack.affine[:3, 2])))


def _read_values(stack: Stack, reader: PixelReader) -> NDArray[Any]:
    rows, columns = stack.slices[0].shape
    values: NDArray[Any] = np.empty((len(stack.slices), rows, columns), dtype=np.int16)
    for index, piece in enumerate(stack.slices):
        hu = reader.read_hu(piece)
        if values.dtype == np.int16:
            hu = np.maximum(hu, hu.dtype.type(_INT16.min))  # clipped to -1024 later
            fractions = hu.dtype.kind == "f" and not np.array_equal(hu, np.rint(hu))
            if fractions or hu.max() > _INT16.max:
                values = values.astype(np.float32)
        values[index] = hu
    return np.transpose(values, (2, 1, 0))


def _describe_values(stack: Stack, padded: int) -> tuple[str, ...]:
    notes: list[str] = []
    if padded:
        notes.append(f"{padded} padding pixels were set to {AIR_HU} HU.")
    if not all(piece.rescale_known for piece in stack.slices):
        notes.append("The files hold no rescale slope and intercept; values were taken as HU.")
    if len({(piece.slope, piece.intercept) for piece in stack.slices}) > 1:
        notes.append("The rescale to HU differs between slices and was applied slice by slice.")
    return tuple(notes)


def _describe_scanner(piece: DicomSlice, spacing_mm: float) -> ScanInfo:
    header = piece.file.header
    frame = merge_frame(header, piece.frame) if piece.frame is not None else {}
    thickness = _number(frame.get("SliceThickness", header.get("SliceThickness", None)))
    notes: tuple[str, ...] = ()
    if thickness and spacing_mm > 1.05 * thickness:
        gap = f"Slices of {thickness:g} mm lie {spacing_mm:g} mm apart"
        notes = (f"{gap}: bone between them was not measured.",)
    maker = [str(header.get(k, "") or "") for k in ("Manufacturer", "ManufacturerModelName")]
    agent = header.get("ContrastBolusAgent", None)
    return ScanInfo(
        source_format="dicom",
        kvp=_find_kvp(header, piece.frame),
        slice_thickness_mm=thickness,
        scanner=" ".join(word for word in maker if word) or None,
        kernel=_text(header.get("ConvolutionKernel", None)),
        contrast=None if not agent else str(agent).strip().upper() not in {"NONE", "NO"},
        patient_position=_text(header.get("PatientPosition", None)),
        notes=notes,
    )


def _find_kvp(header: Any, frame: int | None) -> float | None:
    if frame is not None:
        shared = header.SharedFunctionalGroupsSequence[0]
        for group in (shared, header.PerFrameFunctionalGroupsSequence[frame]):
            details = group.get("CTXRayDetailsSequence", None)
            if details:
                return _number(details[0].get("KVP", None))
    return _number(header.get("KVP", None))


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and number > 0 else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    return "\\".join(str(part) for part in value) or None
