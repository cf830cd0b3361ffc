"""C-arm working views of a plan, in the sign convention of DICOM (`vertaug.case.positioner`)."""

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath, WorkingView
from vertaug.case.positioner import describe_angles, positioner_angles, signed_degrees
from vertaug.case.spine import VertebraFrame


def view_of_needle(name: str, path: NeedlePath) -> WorkingView:
    """Return the view down a needle: its axis is seen as a point."""
    forward = path.target_lps_mm - path.entry_lps_mm
    view = _anterior_view(forward)
    opening = (
        f"Down the {path.side} needle: the beam runs along the needle, which is seen end-on; "
        f"skin entry, bone entry and tip project onto one point. {describe_angles(*view)} with "
        "the receptor in front of the patient. "
    )
    return WorkingView(
        name=name,
        primary_angle_deg=view[0],
        secondary_angle_deg=view[1],
        sentence=opening + _prone_words(forward),
    )


def standard_views(level: str, frame: VertebraFrame) -> tuple[WorkingView, WorkingView]:
    """Return true AP and true lateral of a vertebra: beams along its own y and x axis."""
    anterior, left = -frame.axes[:, 1], frame.axes[:, 0]
    ap = _anterior_view(anterior)
    lateral = positioner_angles(left)
    ap_words = (
        f"True AP of {level}: the beam halves the angle between its two endplates, so that of a "
        "wedge neither is quite edge-on; spinous process between the pedicles. "
        f"{describe_angles(*ap)} with the receptor in front of the patient. "
    )
    lateral_words = (
        f"True lateral of {level}: each endplate one line, pedicles one behind the other. "
        f"{describe_angles(*lateral)}: the receptor on the patient's left; the same line with the "
        f"receptor on the right is {describe_angles(*positioner_angles(-left))}. "
        "Prone, the patient's left lies on the left of someone who stands at the feet and looks "
        "toward the head. "
    )
    return (
        WorkingView(
            name="ap",
            primary_angle_deg=ap[0],
            secondary_angle_deg=ap[1],
            sentence=ap_words + _prone_words(anterior),
        ),
        WorkingView(
            name="lateral",
            primary_angle_deg=lateral[0],
            secondary_angle_deg=lateral[1],
            sentence=lateral_words + _POSTURE,
        ),
    )


_POSTURE = (
    "Angles are from the planning CT; prone on bolsters the spine may lie a few degrees "
    "differently: confirm on the first image."
)


def _anterior_view(line: FloatArray) -> tuple[float, float]:
    """Angles of a line of sight with the receptor on the patient's front."""
    return positioner_angles(line if line[1] <= 0 else -line)


def _prone_words(line: FloatArray) -> str:
    """Return the same line for the prone patient, in words and as DICOM angles."""
    front = line if line[1] <= 0 else -line
    back = -front / np.linalg.norm(front)
    primary, secondary = positioner_angles(back)
    swing = float(np.degrees(np.arctan2(back[0], back[1])))
    tilt = float(np.degrees(np.arcsin(back[2])))
    side = "left" if swing >= 0 else "right"
    end = "head" if tilt >= 0 else "feet"
    return (
        "Prone, tube under the table and receptor above it (the receptor faces the back, PA "
        f"image): from straight above, turn the receptor {abs(swing):.1f}° toward the patient's "
        f"{side} and {abs(tilt):.1f}° toward the {end}; as DICOM angles of that receptor "
        f"position: primary {signed_degrees(primary)}, secondary {signed_degrees(secondary)}. "
        + _POSTURE
    )
