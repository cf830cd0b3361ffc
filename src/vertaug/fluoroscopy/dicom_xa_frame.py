"""The attributes of one frame of a DICOM XA or XRF object that say where the C-arm stands.

A classic object holds them once, with increments of the angles where the positioner moves
(DICOM PS3.3 C.8.7.5.1.3); an enhanced one in functional groups, shared or for each frame
(C.8.19.6).
"""

from dataclasses import dataclass
from typing import Any

from vertaug.case.errors import FormatError
from vertaug.case.grid import FloatArray
from vertaug.fluoroscopy.dicom_xa import ENHANCED_XA_IMAGE, ENHANCED_XRF_IMAGE

_ANGLES = ("PositionerPrimaryAngle", "PositionerSecondaryAngle")
_DISTANCES = ("DistanceSourceToDetector", "DistanceSourceToPatient")
_ENHANCED_DISTANCES = ("DistanceSourceToDetector", "DistanceSourceToIsocenter")
_FIELD = (
    "FieldOfViewShape",
    "FieldOfViewOrigin",
    "FieldOfViewRotation",
    "FieldOfViewHorizontalFlip",
)
_AREA = ("PixelDataAreaOriginRelativeToFOV", "PixelDataAreaRotationAngleRelativeToFOV")
_TABLE = tuple(f"Table{axis}PositionToIsocenter" for axis in "XYZ")
_TABLE_TOP = tuple(f"TableTop{n}Position" for n in ("Vertical", "Longitudinal", "Lateral"))
"""Not read, but a table that moves takes the isocentre elsewhere in the patient."""
_GROUPS = {
    "XRayGeometrySequence": _ENHANCED_DISTANCES,
    "PositionerPositionSequence": _ANGLES,
    "FramePixelDataPropertiesSequence": ("ImagerPixelSpacing", *_AREA),
    "FieldOfViewSequence": _FIELD,
    "IsocenterReferenceSystemSequence": ("PositionerIsocenterDetectorRotationAngle", *_TABLE),
    "TablePositionSequence": _TABLE_TOP,
}
_PLAIN = (*_DISTANCES, *_ANGLES, "ImagerPixelSpacing", *_FIELD, *_AREA)
_WHOLE = (
    "Rows",
    "Columns",
    "PatientOrientation",
    "DetectorPrimaryAngle",
    "DetectorSecondaryAngle",
    "DetectorElementSpacing",
    "DetectorActiveOrigin",
    "DetectorActiveDimensions",
    "PhysicalDetectorSize",
    "PositionOfIsocenterProjection",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class XaFrame:
    """What one frame says of the C-arm.

    Attributes
    ----------
    name : str
        Of the file, for messages.
    values : dict
        DICOM keyword to value; absent and empty attributes are missing.
    distances : tuple of str
        Keywords of source to detector and source to isocentre.
    """

    name: str
    values: dict[str, Any]
    distances: tuple[str, str]

    def fail(self, problem: str) -> FormatError:
        """Return an error about this file, to be raised."""
        return FormatError(f"{self.name}: {problem}")

    def number(self, keyword: str) -> float:
        """Return one finite number."""
        return float(self.numbers(keyword, 1)[0])

    def numbers(self, keyword: str, count: int) -> FloatArray:
        """Return ``count`` finite numbers.

        Raises
        ------
        FormatError
            If the attribute holds anything else.
        """
        from vertaug.imaging.dicom_slice import numbers

        given = self.values[keyword]
        many = given if hasattr(given, "__len__") and not isinstance(given, str) else [given]
        try:
            return numbers(many, count)
        except (TypeError, ValueError) as error:
            problem = f"{name_tag(keyword)} must be {count} finite number(s); found {given}"
            raise self.fail(problem) from error


def read_frame(dataset: Any, name: str, frame: int | None) -> XaFrame:
    """Return what one frame says of the C-arm.

    Parameters
    ----------
    dataset : pydicom Dataset
    name : str
        Of the file, for messages.
    frame : int or None
        From 1; None if the C-arm does not move.

    Raises
    ------
    FormatError
        If attributes are missing (all of them are named), the C-arm moves and no frame is
        given, or there is no such frame.
    """
    count = int(dataset.get("NumberOfFrames", None) or 1)
    if frame is not None and not 1 <= frame <= count:
        message = f"{name}: frames run from 1 to {count}; got {frame}"
        raise FormatError(message)
    enhanced = str(dataset.get("SOPClassUID", "")) in {ENHANCED_XA_IMAGE, ENHANCED_XRF_IMAGE}
    if enhanced:
        values = _merge_groups(dataset, name, frame, count)
        distances = _ENHANCED_DISTANCES
    else:
        values, distances = _take(dataset, _PLAIN), _DISTANCES
    values |= _take(dataset, _WHOLE)
    _refuse_missing(values, name, distances, enhanced=enhanced)
    found = XaFrame(name=name, values=values, distances=(distances[0], distances[1]))
    if not enhanced:
        _move(found, dataset, frame, count)
    return found


def name_tag(keyword: str) -> str:
    """Return a keyword with its tag, such as ``KVP (0018,0060)``."""
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(keyword) or 0
    return f"{keyword} ({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _take(dataset: Any, keywords: tuple[str, ...]) -> dict[str, Any]:
    found = {keyword: dataset.get(keyword, None) for keyword in keywords}
    return {k: v for k, v in found.items() if v is not None and str(v) not in {"", "[]"}}


def _merge_groups(dataset: Any, name: str, frame: int | None, count: int) -> dict[str, Any]:
    if frame is not None:
        return _merge_group(dataset, frame - 1)
    first = _merge_group(dataset, 0)
    for index in range(1, count):
        if str(_merge_group(dataset, index)) != str(first):
            message = (
                f"{name}: the C-arm or the table moves over its {count} frames; give a frame, "
                "from 1"
            )
            raise FormatError(message)
    return first


def _merge_group(dataset: Any, index: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    shared = dataset.get("SharedFunctionalGroupsSequence", None) or []
    each = dataset.get("PerFrameFunctionalGroupsSequence", None) or []
    for group in (*shared[:1], *each[index : index + 1]):
        for sequence, keywords in _GROUPS.items():
            for item in (group.get(sequence, None) or [])[:1]:
                values |= _take(item, keywords)
    return values


def _refuse_missing(
    values: dict[str, Any], name: str, distances: tuple[str, ...], *, enhanced: bool
) -> None:
    needed = (*distances, *_ANGLES, "ImagerPixelSpacing", "Rows", "Columns")
    missing = [keyword for keyword in needed if keyword not in values]
    if not missing:
        return
    home = {k: f" in {name_tag(group)}" for group, keywords in _GROUPS.items() for k in keywords}
    words = [name_tag(k) + (home.get(k, "") if enhanced else "") for k in missing]
    message = (
        f"{name} does not say where the C-arm stands: missing or empty {', '.join(words)}. "
        "An XA image of a C-arm that records its position is needed"
    )
    raise FormatError(message)


def _move(found: XaFrame, dataset: Any, frame: int | None, count: int) -> None:
    """Add the increments of a moving positioner to the angles."""
    for keyword in ("PositionerMotion", "TableMotion"):
        moving = str(dataset.get(keyword, "") or "").upper() == "DYNAMIC"
        if moving and frame is None and count > 1:
            problem = f"{name_tag(keyword)} is DYNAMIC over {count} frames; give a frame, from 1"
            raise found.fail(problem)
    for keyword in _ANGLES:
        steps = XaFrame(
            name=found.name,
            values=_take(dataset, (f"{keyword}Increment",)),
            distances=found.distances,
        )
        if steps.values and count > 1:
            found.values[keyword] = found.number(keyword) + _increment(steps, frame, count)


def _increment(steps: XaFrame, frame: int | None, count: int) -> float:
    (keyword,) = steps.values
    given = steps.values[keyword]
    single = isinstance(given, str) or not hasattr(given, "__len__") or len(given) == 1
    offsets = steps.numbers(keyword, 1 if single else count)
    if frame is None:
        if offsets.any():
            problem = f"{name_tag(keyword)} moves the C-arm over {count} frames; give a frame"
            raise steps.fail(problem)
        return 0.0
    # one value is the step from frame to frame, many are offsets from the first position
    return float(offsets[0] * (frame - 1) if single else offsets[frame - 1])
