"""Pixels of DICOM slices to Hounsfield units."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.imaging.dicom_file import PARSE_ERRORS, DicomFile, parse
from vertaug.imaging.dicom_slice import DicomSlice
from vertaug.imaging.hounsfield import AIR_HU


class PixelReader:
    """Decodes slices, keeping the last file, so that a multi-frame object is read once."""

    def __init__(self) -> None:
        self._file: DicomFile | None = None
        self._pixels: NDArray[Any] | None = None
        self._rescaled = False
        self.padded = 0

    def read_hu(self, piece: DicomSlice) -> NDArray[Any]:
        """Return one slice in HU, (rows, columns) int32 or float64; padding is -1024.

        Raises
        ------
        ImageError
            If the pixels are truncated or compressed in a way nothing installed can read.
        """
        raw = self._raw(piece)
        padding = _padding_mask(raw, piece, rescaled=self._rescaled)
        hu = raw if self._rescaled else _rescale(_significant_bits(raw, piece), piece)
        if padding is not None and padding.any():
            self.padded += int(np.count_nonzero(padding))
            hu = np.where(padding, hu.dtype.type(AIR_HU), hu)
        return hu

    def _raw(self, piece: DicomSlice) -> NDArray[Any]:
        if self._file is not piece.file or self._pixels is None:
            self._pixels, self._rescaled = _decode(piece.file)
            self._file = piece.file
        pixels = self._pixels
        if piece.frame is not None and pixels.ndim == 3:
            pixels = pixels[piece.frame]
        if pixels.shape != piece.shape:
            problem = f"expected {piece.shape} pixels, found {pixels.shape}; it is damaged"
            raise piece.file.fail(problem)
        return pixels


def _decode(file: DicomFile) -> tuple[NDArray[Any], bool]:
    """Return the stored pixels, and whether they are in HU already."""
    try:
        with file.open() as stream:
            dataset = parse(stream, with_pixels=True)
        compressed = bool(dataset.file_meta.TransferSyntaxUID.is_compressed)
    except PARSE_ERRORS as error:
        problem = f"it cannot be read ({error}); it is damaged or truncated"
        raise file.fail(problem) from error
    try:
        return np.asarray(dataset.pixel_array), False
    except PARSE_ERRORS as error:
        if compressed:
            return _decode_with_itk(file), True
        problem = f"its pixels cannot be read ({error}); it is damaged or truncated"
        raise file.fail(problem) from error


def _decode_with_itk(file: DicomFile) -> NDArray[Any]:
    """Decode JPEG pixels with the GDCM inside SimpleITK, which also rescales them."""
    import SimpleITK

    sitk: Any = SimpleITK
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slice.dcm"
        with file.open() as stream:
            path.write_bytes(stream.read())
        try:
            image = sitk.ReadImage(str(path), imageIO="GDCMImageIO")
        except RuntimeError as error:
            syntax = str(file.header.file_meta.TransferSyntaxUID.name)
            problem = (
                f"its compressed pixels ({syntax}) cannot be read; it is damaged, or "
                "decompress it first (for example gdcmconv --raw)"
            )
            raise file.fail(problem) from error
    pixels = np.asarray(sitk.GetArrayFromImage(image))
    return pixels[0] if pixels.shape[0] == 1 else pixels


def _padding_mask(
    raw: NDArray[Any], piece: DicomSlice, *, rescaled: bool
) -> NDArray[np.bool_] | None:
    header = piece.file.header
    first = header.get("PixelPaddingValue", None)
    if not isinstance(first, int):
        return None
    last = header.get("PixelPaddingRangeLimit", None)
    limits = [first, last if isinstance(last, int) else first]
    if rescaled:
        scaled = [piece.slope * value + piece.intercept for value in limits]
        return np.asarray((raw >= min(scaled)) & (raw <= max(scaled)))
    # the sign of the tag and of the pixels often disagree: compare as the pixels store it
    stored = np.array([v & _mask(raw) for v in limits]).astype(f"u{raw.itemsize}").view(raw.dtype)
    fits = np.array_equal(_significant_bits(stored, piece), stored)
    # overlay bits hide padding; padding that itself reaches above the stored bits is compared whole
    pixels = _significant_bits(raw, piece) if fits else raw
    return np.asarray((pixels >= stored.min()) & (pixels <= stored.max()))


def _mask(raw: NDArray[Any]) -> int:
    return int((1 << (8 * raw.itemsize)) - 1)


def _significant_bits(raw: NDArray[Any], piece: DicomSlice) -> NDArray[Any]:
    """Drop overlay bits above the stored ones; extend the sign of what is signed."""
    spare = 8 * raw.itemsize - int(piece.file.header.get("BitsStored", 8 * raw.itemsize))
    if spare <= 0 or raw.dtype.kind not in "iu":
        return raw
    return np.asarray((raw << spare) >> spare)


def _rescale(raw: NDArray[Any], piece: DicomSlice) -> NDArray[Any]:
    if float(piece.slope).is_integer() and float(piece.intercept).is_integer():
        return np.asarray(raw.astype(np.int32) * int(piece.slope) + int(piece.intercept))
    return np.asarray(raw * piece.slope + piece.intercept)
