"""Where the C-arm stood, from a DICOM X-ray angiography or radiofluoroscopy object."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.errors import FormatError, GeometryError
from vertaug.case.grid import FloatArray
from vertaug.fluoroscopy.carm import CArm, Posture
from vertaug.fluoroscopy.dicom_xa import (
    ENHANCED_XA_IMAGE,
    ENHANCED_XRF_IMAGE,
    ISOCENTRE,
    POSTURE,
    PRIVATE_CREATOR,
    PRIVATE_GROUP,
    SOURCE,
    TITLE,
    XA_IMAGE,
    XRF_IMAGE,
    ZOOMED,
)
from vertaug.fluoroscopy.dicom_xa_field import check_field, check_orientation
from vertaug.fluoroscopy.dicom_xa_frame import XaFrame, name_tag, read_frame

if TYPE_CHECKING:
    from pydicom import Dataset

_CLASSES = frozenset({XA_IMAGE, XRF_IMAGE, ENHANCED_XA_IMAGE, ENHANCED_XRF_IMAGE})
_MODALITIES = frozenset({"XA", "RF"})
_MOST_PIXELS = 8192
_POSTURES = {
    "HFP": Posture.PRONE,
    "FFP": Posture.PRONE,
    "HFS": Posture.SUPINE,
    "FFS": Posture.SUPINE,
}


def read_carm(
    path: "str | Path | Dataset",
    isocentre_lps_mm: ArrayLike | None = None,
    *,
    frame: int | None = None,
    posture: Posture | None = None,
) -> CArm:
    """Read where the C-arm stood when an image was taken.

    X-ray angiography (XA), radiofluoroscopy (XRF) and their enhanced forms of any maker, as
    far as they record distances, angles and pixel size. The pixels are not read.

    Parameters
    ----------
    path : path or pydicom Dataset
    isocentre_lps_mm : (3,) array, optional
        Where the isocentre lies in the patient's LPS mm (of the planning CT). Needed unless
        `write_xa` wrote the file: then the file's own is taken.
    frame : int, optional
        From 1; needed if the C-arm or the table moves over the frames. The isocentre is that
        of this frame.
    posture : Posture, optional
        How the patient lay, if the file does not say; default prone. It changes the words,
        not the geometry.

    Returns
    -------
    CArm

    Raises
    ------
    FormatError
        If the file cannot be read, is no X-ray projection, misses attributes (all of them are
        named), holds values that no C-arm has, was turned, mirrored or cut off-centre, or
        neither file nor caller gives the isocentre.
    GeometryError
        If ``isocentre_lps_mm`` is no point.
    """
    from vertaug.imaging.dicom_file import PARSE_ERRORS, quiet_pydicom

    name = Path(path).name if isinstance(path, str | Path) else "the DICOM dataset"
    try:
        with quiet_pydicom():
            dataset = _open(Path(path)) if isinstance(path, str | Path) else path
            _check_kind(dataset, name)
            return _make_carm(dataset, read_frame(dataset, name, frame), isocentre_lps_mm, posture)
    except (FormatError, GeometryError):
        raise
    except PARSE_ERRORS as error:
        message = f"{name} cannot be read ({error}); it is missing, damaged or no DICOM"
        raise FormatError(message) from error


def _open(path: Path) -> Any:
    from vertaug.imaging.dicom_file import parse

    with path.open("rb") as stream:
        return parse(stream, with_pixels=False)


def _check_kind(dataset: Any, name: str) -> None:
    kind = str(dataset.get("SOPClassUID", "") or "")
    modality = str(dataset.get("Modality", "") or "").upper()
    if not kind and not modality:
        message = f"{name} is no DICOM image, or damaged: it names neither its class nor modality"
        raise FormatError(message)
    if modality in _MODALITIES or (not modality and kind in _CLASSES):
        return
    message = (
        f"{name} is no X-ray projection of a C-arm: its modality is {modality or 'not given'}; "
        "an X-ray angiography (XA) or radiofluoroscopy (RF) image is needed"
    )
    raise FormatError(message)


def _make_carm(
    dataset: Any, frame: XaFrame, isocentre: ArrayLike | None, posture: Posture | None
) -> CArm:
    far, near = _read_distances(frame)
    primary, secondary = _read_angles(frame)
    pixels, detector = _read_detector(frame)
    ours = _private_values(dataset)
    maker = " ".join(
        str(dataset.get(k, "") or "") for k in ("Manufacturer", "ManufacturerModelName")
    )
    carm = CArm(
        isocentre_lps_mm=_choose_isocentre(frame, ours, isocentre),
        primary_angle_deg=primary,
        secondary_angle_deg=secondary,
        source_detector_mm=far,
        source_isocentre_mm=near,
        detector_mm=detector,
        pixels=pixels,
        posture=_choose_posture(dataset, frame, ours, posture),
        round_field=check_field(frame),
        zoomed=_number(ours.get(ZOOMED), 1.0),
        title=_text(ours.get(TITLE)) or maker.strip() or "C-arm",
        source=_text(ours.get(SOURCE)) or "as recorded in a DICOM X-ray image",
    )
    check_orientation(frame, carm)
    return carm


def _read_distances(frame: XaFrame) -> tuple[float, float]:
    far, near = (frame.number(keyword) for keyword in frame.distances)
    if not 0.0 < near < far:
        problem = (
            "the isocentre must lie between source and detector; found "
            f"{name_tag(frame.distances[1])} {near:g} mm and "
            f"{name_tag(frame.distances[0])} {far:g} mm"
        )
        raise frame.fail(problem)
    return far, near


def _read_angles(frame: XaFrame) -> tuple[float, float]:
    limits = {"PositionerPrimaryAngle": 180.0, "PositionerSecondaryAngle": 90.0}
    for keyword, limit in limits.items():
        if not -limit <= frame.number(keyword) <= limit:
            problem = (
                f"{name_tag(keyword)} must lie between {-limit:g} and {limit:g} degrees; found "
                f"{frame.number(keyword):g}"
            )
            raise frame.fail(problem)
    primary, secondary = (frame.number(keyword) for keyword in limits)
    return primary, secondary


def _read_detector(frame: XaFrame) -> tuple[tuple[int, int], tuple[float, float]]:
    """Return columns and rows, and the width and height of their area in mm."""
    rows, columns = int(frame.number("Rows")), int(frame.number("Columns"))
    if not (1 <= rows <= _MOST_PIXELS and 1 <= columns <= _MOST_PIXELS):
        problem = f"images of 1 to {_MOST_PIXELS} pixels a side are read; found {columns} x {rows}"
        raise frame.fail(problem)
    down, across = frame.numbers("ImagerPixelSpacing", 2)
    if not min(down, across) > 0.0:
        problem = (
            f"{name_tag('ImagerPixelSpacing')} must be positive; found {down:g} and {across:g}"
        )
        raise frame.fail(problem)
    return (columns, rows), (float(across * columns), float(down * rows))


def _private_values(dataset: Any) -> dict[int, Any]:
    """Return what `write_xa` kept in the private block, by element; empty for other makers."""
    try:
        block = dataset.private_block(PRIVATE_GROUP, PRIVATE_CREATOR)
    except KeyError:
        return {}
    known = (ISOCENTRE, POSTURE, TITLE, SOURCE, ZOOMED)
    return {element: block[element].value for element in known if element in block}


def _choose_isocentre(frame: XaFrame, ours: dict[int, Any], given: ArrayLike | None) -> FloatArray:
    kept = ours.get(ISOCENTRE)
    if isinstance(kept, bytes):  # an archive may have rewritten private elements without a VR
        kept = np.frombuffer(kept, dtype="<f8")
    if kept is not None:
        point = np.asarray(kept, dtype=np.float64)
        if point.shape != (3,) or not np.isfinite(point).all():
            problem = f"its private isocentre must be a point in LPS mm; found {kept}"
            raise frame.fail(problem)
        return point
    if given is None:
        problem = (
            "a DICOM X-ray image does not say where the C-arm's isocentre lies in the patient; "
            "give isocentre_lps_mm"
        )
        raise frame.fail(problem)
    return np.asarray(given, dtype=np.float64)


def _choose_posture(
    dataset: Any, frame: XaFrame, ours: dict[int, Any], given: Posture | None
) -> Posture:
    kept = _text(ours.get(POSTURE)).lower()
    if kept:
        return Posture(kept)
    stated = str(dataset.get("PatientPosition", "") or "").upper()
    if stated in _POSTURES:
        return _POSTURES[stated]
    if stated and given is None:
        problem = (
            f"{name_tag('PatientPosition')} is {stated}, neither prone nor supine; give posture "
            "to take it as one of them"
        )
        raise frame.fail(problem)
    return given or Posture.PRONE


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    return str(value or "").strip("\0 ")


def _number(value: Any, default: float) -> float:
    if isinstance(value, bytes) and len(value) == 8:
        value = float(np.frombuffer(value, dtype="<f8")[0])
    return default if value is None else float(value)
