"""Refuse DICOM X-ray images whose pixels lie on the detector in a way that a `CArm` cannot hold.

A `CArm` sees its isocentre in the middle of an upright image that is not mirrored. An image
that was turned, mirrored or cut off-centre would be read with every point in the wrong place.
"""

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.dicom_xa import main_direction
from vertaug.fluoroscopy.dicom_xa_frame import XaFrame, name_tag

_MUST_BE_ZERO = (
    "FieldOfViewRotation",
    "DetectorPrimaryAngle",
    "DetectorSecondaryAngle",
    "PositionerIsocenterDetectorRotationAngle",
    "PixelDataAreaRotationAngleRelativeToFOV",
)
_OFF_CENTRE_MM = 1.0
"""Largest distance, on the detector, of the isocentre from the middle of the image."""
_LEAST_AGREEMENT = 0.5
"""The strongest letter of a direction lies within 55 degrees of it."""


def check_field(frame: XaFrame) -> bool:
    """Check how the image lies on the detector; return whether the field is round.

    Raises
    ------
    FormatError
        If the image is turned, mirrored, seen at a slant or cut off-centre.
    """
    for keyword in _MUST_BE_ZERO:
        if keyword in frame.values and abs(frame.number(keyword)) > 1e-3:
            problem = (
                f"{name_tag(keyword)} is {frame.number(keyword):g}; only images that are upright "
                "on the detector (0) can be read"
            )
            raise frame.fail(problem)
    flip = str(frame.values.get("FieldOfViewHorizontalFlip", "NO")).upper()
    if flip != "NO":
        problem = f"{name_tag('FieldOfViewHorizontalFlip')} is {flip}; mirrored images are not read"
        raise frame.fail(problem)
    area = "PixelDataAreaOriginRelativeToFOV"
    if area in frame.values and np.abs(frame.numbers(area, 2)).max() > 0.5:
        problem = (
            f"{name_tag(area)} is {frame.values[area]}; only images of the whole field are read"
        )
        raise frame.fail(problem)
    _check_centre(frame)
    shape = str(frame.values.get("FieldOfViewShape", "RECTANGLE")).upper()
    if shape not in {"RECTANGLE", "SQUARE", "ROUND"}:
        problem = f"{name_tag('FieldOfViewShape')} is {shape}; RECTANGLE and ROUND can be read"
        raise frame.fail(problem)
    return shape == "ROUND"


def check_orientation(frame: XaFrame, carm: CArm) -> None:
    """Check that the sides of the patient in the image are those that the angles give.

    Raises
    ------
    FormatError
        If Patient Orientation says otherwise: the image was mirrored or turned.
    """
    given = frame.values.get("PatientOrientation")
    if given is None or isinstance(given, str) or len(given) != 2:
        return
    for letters, expected in zip(given, (carm.right, -carm.up), strict=True):
        stated = main_direction(str(letters))
        if stated is not None and float(stated @ expected) < _LEAST_AGREEMENT:
            problem = (
                f"{name_tag('PatientOrientation')} is {'/'.join(map(str, given))}, which is not "
                f"what somebody sees who looks from the receptor to the tube with the head up "
                f"({carm.describe()}): the image is mirrored or turned, or one of them is wrong. "
                "If it is the orientation, leave it out"
            )
            raise frame.fail(problem)


def _check_centre(frame: XaFrame) -> None:
    """Check that the isocentre is seen in the middle of the image, as far as the file tells."""
    origin = "FieldOfViewOrigin"
    if origin not in frame.values:
        return  # nothing more is said: the middle by definition of XA
    start = frame.numbers(origin, 2)
    if "DetectorElementSpacing" not in frame.values:
        _refuse_shifted(frame, start)
        return
    element = frame.numbers("DetectorElementSpacing", 2)
    shape = np.array([frame.number("Rows"), frame.number("Columns")])
    middle = start + shape * frame.numbers("ImagerPixelSpacing", 2) / element / 2.0
    seen = _find_isocentre(frame, element)
    if seen is None:
        _refuse_shifted(frame, start)
        return
    away = float(np.abs((middle - seen) * element).max())
    if not away <= _OFF_CENTRE_MM:
        problem = (
            f"{name_tag(origin)} is {start.tolist()}: the isocentre is seen {away:.1f} mm beside "
            f"the middle of the image; up to {_OFF_CENTRE_MM:g} mm can be read"
        )
        raise frame.fail(problem)


def _find_isocentre(frame: XaFrame, element: FloatArray) -> FloatArray | None:
    """Return where the isocentre is seen, in detector elements from the detector's corner."""
    if "PositionOfIsocenterProjection" in frame.values:
        # counted from the centre of the first element, not from its corner
        return frame.numbers("PositionOfIsocenterProjection", 2) + 0.5
    if "PhysicalDetectorSize" in frame.values:
        return frame.numbers("PhysicalDetectorSize", 2) / element / 2.0
    if "DetectorActiveDimensions" in frame.values:
        active = frame.values.get("DetectorActiveOrigin")
        start = np.zeros(2) if active is None else frame.numbers("DetectorActiveOrigin", 2)
        return np.asarray(start + frame.numbers("DetectorActiveDimensions", 2) / element / 2.0)
    return None


def _refuse_shifted(frame: XaFrame, start: FloatArray) -> None:
    if start.any():
        problem = (
            f"{name_tag('FieldOfViewOrigin')} is {start.tolist()} and the detector's size is not "
            "given: whether the isocentre is in the middle of the image is not known"
        )
        raise frame.fail(problem)
