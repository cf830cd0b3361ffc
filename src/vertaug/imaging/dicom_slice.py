"""CT images in DICOM files, one per slice, from classic and enhanced multi-frame objects."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.imaging.dicom_file import PARSE_ERRORS, DicomFile

ENHANCED_CT = frozenset({"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"})
CLASSIC_CT = "1.2.840.10008.5.1.4.1.1.2"
_OVERVIEWS = frozenset({"LOCALIZER", "SCOUT"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DicomSlice:
    """One axial (or oblique) CT image and where it lies.

    Attributes
    ----------
    file : DicomFile
        File that holds it.
    frame : int or None
        Index of the frame in a multi-frame object.
    shape : tuple of int
        Rows and columns.
    position_lps_mm : (3,) float64 array
        Centre of the first pixel.
    row_direction, column_direction : (3,) float64 arrays
        Direction along a row (rising column index) and along a column.
    pixel_spacing_mm : tuple of float
        Distance between rows and between columns.
    slope, intercept : float
        Rescale to HU.
    rescale_known : bool
        False if the file says nothing about the rescale.
    """

    file: DicomFile
    frame: int | None
    shape: tuple[int, int]
    position_lps_mm: FloatArray
    row_direction: FloatArray
    column_direction: FloatArray
    pixel_spacing_mm: tuple[float, float]
    slope: float
    intercept: float
    rescale_known: bool

    @property
    def normal(self) -> FloatArray:
        """Unit normal of the slice, right-handed with row and column."""
        return np.cross(self.row_direction, self.column_direction)

    @property
    def series_uid(self) -> str:
        """SeriesInstanceUID of the file."""
        return str(self.file.header.get("SeriesInstanceUID", ""))


def is_ct_image(file: DicomFile) -> bool:
    """Whether the file says that it holds a CT image (not a segmentation or a report)."""
    known = sop_class(file) in {CLASSIC_CT, *ENHANCED_CT}
    return known and str(file.header.get("Modality", "CT")).upper() == "CT"


def is_overview(file: DicomFile) -> bool:
    """Whether the file is a localizer (scout view)."""
    kind = file.header.get("ImageType", None) or []
    words = [kind] if isinstance(kind, str) else kind
    return any(str(word).upper() in _OVERVIEWS for word in words)


def sop_class(file: DicomFile) -> str:
    """Return the SOP class UID of a file."""
    return str(
        file.header.get("SOPClassUID", "")
        or file.header.file_meta.get("MediaStorageSOPClassUID", "")
    )


def read_slices(file: DicomFile) -> list[DicomSlice]:
    """Return the slices of a CT image file.

    Raises
    ------
    ImageError
        If the file lacks the geometry or its numbers cannot be understood.
    """
    try:
        if sop_class(file) in ENHANCED_CT:
            return [
                _make_slice(file, index, merge_frame(file.header, index))
                for index in range(int(file.header.NumberOfFrames))
            ]
        return [_make_slice(file, None, _flat_attributes(file.header))]
    except PARSE_ERRORS as error:
        problem = f"its geometry cannot be read ({error}); it is damaged or truncated"
        raise file.fail(problem) from error


def merge_frame(header: Any, index: int) -> dict[str, Any]:
    """Return the geometry and rescale attributes of one frame of a multi-frame object.

    A functional group may be shared by all frames or given for each (DICOM PS3.3 C.7.6.16).

    Returns
    -------
    dict
        DICOM keyword to value; absent attributes are missing.
    """
    groups = [header.SharedFunctionalGroupsSequence[0]]
    groups.append(header.PerFrameFunctionalGroupsSequence[index])
    keywords = {
        "PlanePositionSequence": ("ImagePositionPatient",),
        "PlaneOrientationSequence": ("ImageOrientationPatient",),
        "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
        "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
        "SegmentIdentificationSequence": ("ReferencedSegmentNumber",),
    }
    merged: dict[str, Any] = {}
    for group in groups:
        for sequence, names in keywords.items():
            items = group.get(sequence, None)
            for name in names:
                if items and items[0].get(name, None) is not None:
                    merged[name] = items[0].get(name)
    return merged


def _flat_attributes(header: Any) -> dict[str, Any]:
    names = (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "RescaleSlope",
        "RescaleIntercept",
    )
    found = {name: header.get(name, None) for name in names}
    return {name: value for name, value in found.items() if value is not None and value != ""}


def _make_slice(file: DicomFile, frame: int | None, attributes: dict[str, Any]) -> DicomSlice:
    header = file.header
    cosines = numbers(attributes["ImageOrientationPatient"], 6)
    spacing = numbers(attributes["PixelSpacing"], 2)
    if spacing.min() <= 0:
        problem = f"pixel spacing must be positive, found {spacing.tolist()} mm"
        raise file.fail(problem)
    row, column = (unit_vector(cosines[:3]), unit_vector(cosines[3:]))
    if abs(float(row @ column)) > 1e-3:
        problem = f"its rows and columns are not at right angles (directions {cosines.tolist()})"
        raise file.fail(problem)
    return DicomSlice(
        file=file,
        frame=frame,
        shape=(int(header.Rows), int(header.Columns)),
        position_lps_mm=numbers(attributes["ImagePositionPatient"], 3),
        row_direction=row,
        column_direction=unit_vector(column - (row @ column) * row),
        pixel_spacing_mm=(float(spacing[0]), float(spacing[1])),
        slope=float(attributes.get("RescaleSlope", 1.0)),
        intercept=float(attributes.get("RescaleIntercept", 0.0)),
        rescale_known="RescaleSlope" in attributes and "RescaleIntercept" in attributes,
    )


def numbers(value: Any, count: int) -> FloatArray:
    """Return a multi-valued DICOM attribute as finite floats.

    Raises
    ------
    ValueError
        If there are not ``count`` finite numbers.
    """
    out = np.array([float(v) for v in value], dtype=np.float64)
    if out.shape != (count,) or not np.isfinite(out).all():
        message = f"expected {count} numbers, found {out.tolist()}"
        raise ValueError(message)
    return out


def unit_vector(vector: FloatArray) -> FloatArray:
    """Return a direction of length 1; an exact one stays exact.

    Raises
    ------
    ValueError
        If the length is far from 1.
    """
    length = float(np.linalg.norm(vector))
    if not 0.99 < length < 1.01:
        message = f"a direction has length {length:.4f} instead of 1"
        raise ValueError(message)
    return np.asarray(vector / length)
