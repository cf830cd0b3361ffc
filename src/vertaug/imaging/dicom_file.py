"""The DICOM files of a folder, a zip archive or one file, and what they are."""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pydicom.errors import BytesLengthException

from vertaug.case.errors import ImageError

PARSE_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    BytesLengthException,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What pydicom and its helpers raise on a damaged file."""

_MAX_ZIP_BYTES = 8_000_000_000
_READ_LATER = (
    "SOPClassUID",
    "Modality",
    "ImageType",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "SliceThickness",
    "ConvolutionKernel",
    "GantryDetectorTilt",
    "KVP",
    "Manufacturer",
    "ManufacturerModelName",
    "ContrastBolusAgent",
    "PatientPosition",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "BitsStored",
)
_SUFFIXES_OF_DICOM = frozenset({".dcm", ".dicom", ".ima"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DicomFile:
    """One DICOM file.

    Attributes
    ----------
    name : str
        Name relative to the folder or archive, for messages.
    open : callable
        Opens the content for reading.
    header : pydicom Dataset
        Everything before the pixels.
    """

    name: str
    open: Callable[[], IO[bytes]]
    header: Any

    def fail(self, problem: str) -> ImageError:
        """Return an error about this file, to be raised."""
        return ImageError(f"DICOM file {self.name}: {problem}")


def list_dicom_files(path: Path) -> tuple[tuple[DicomFile, ...], int]:
    """Read the header of every DICOM file below a folder or in a zip archive.

    Parameters
    ----------
    path : Path
        A folder (searched with its sub-folders), a zip archive or one DICOM file.

    Returns
    -------
    files : tuple of DicomFile
        Sorted by name.
    others : int
        How many files are no DICOM and were left out.

    Raises
    ------
    ImageError
        If a DICOM file is damaged or the archive cannot be read.
    """
    files: list[DicomFile] = []
    others = 0
    for name, opener in _iterate_contents(path):
        found = _read_header(name, opener)
        if found is None:
            others += 1
        elif not _is_directory_file(found):
            files.append(found)
    return tuple(files), others


def parse(stream: IO[bytes], *, with_pixels: bool) -> Any:
    """Return the pydicom Dataset of an open file."""
    import pydicom

    return pydicom.dcmread(stream, stop_before_pixels=not with_pixels, force=True)


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Keep pydicom from warning about odd values of a header; what matters is checked by us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _iterate_contents(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            if not file.name.startswith("."):
                yield str(file.relative_to(path)), _file_opener(file)
    elif zipfile.is_zipfile(path):
        yield from _iterate_zip(path)
    elif path.suffix.lower() == ".zip":
        message = f"{path.name} is no readable zip archive; it is damaged or truncated"
        raise ImageError(message)
    else:
        yield path.name, _file_opener(path)


def _file_opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _iterate_zip(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        total = sum(m.file_size for m in members)
        if total > _MAX_ZIP_BYTES:
            message = (
                f"{path.name} unpacks to {total / 1e9:.1f} GB, the limit is "
                f"{_MAX_ZIP_BYTES / 1e9:.0f} GB; unpack it and give the folder of one series"
            )
            raise ImageError(message)
    for member in sorted(members, key=lambda m: m.filename):
        if not Path(member.filename).name.startswith("."):
            yield member.filename, _member_opener(path, member.filename)


def _member_opener(path: Path, name: str) -> Callable[[], IO[bytes]]:
    def unpack() -> IO[bytes]:
        with zipfile.ZipFile(path) as archive:
            return io.BytesIO(archive.read(name))

    return unpack


def _read_header(name: str, opener: Callable[[], IO[bytes]]) -> DicomFile | None:
    try:
        with opener() as stream:
            start = stream.read(132)
            marked = start[128:] == b"DICM"
            if not marked and not _starts_like_dicom(start):
                _refuse_if_named_dicom(name)
                return None
            stream.seek(0)
            header = parse(stream, with_pixels=False)
        for keyword in _READ_LATER:  # pydicom decodes on first access: a bad value shows here
            header.get(keyword, None)
        header.file_meta.get("MediaStorageSOPClassUID", None)
        usable = "SOPClassUID" in header or "MediaStorageSOPClassUID" in header.file_meta
    except ImageError:
        raise
    except PARSE_ERRORS as error:
        message = f"DICOM file {name} cannot be read: {error}. It is damaged or truncated"
        raise ImageError(message) from error
    if not usable and marked:
        message = f"DICOM file {name} is truncated: its header ends too early"
        raise ImageError(message)
    return DicomFile(name=name, open=opener, header=header) if usable else None


def _refuse_if_named_dicom(name: str) -> None:
    if Path(name).suffix.lower() in _SUFFIXES_OF_DICOM:
        message = f"DICOM file {name} is empty or damaged: it has no DICOM header"
        raise ImageError(message)


def _starts_like_dicom(start: bytes) -> bool:
    # old files lack the preamble: group 0002 or 0008 in little endian, then a small element
    return start[:2] in {b"\x02\x00", b"\x08\x00"} and start[3:4] == b"\x00"


def _is_directory_file(file: DicomFile) -> bool:
    media_storage_directory = "1.2.840.10008.1.3.10"
    return str(file.header.file_meta.get("MediaStorageSOPClassUID", "")) == media_storage_directory
