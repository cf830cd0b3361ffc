"""C-arm working views in the sign convention of DICOM.

DICOM PS3.3 C.8.7.5: the primary angle goes from RAO to LAO and the secondary angle from CAU to
CRA, LAO and CRA positive; at 0/0 the patient faces the receptor. The unit vector from the
isocentre to the receptor is then, in LPS,

    r(p, s) = (sin p cos s, -cos p cos s, sin s)

with p > 0 toward the patient's left and s > 0 toward the head. The angles belong to the patient,
not to the room. A line of sight has two receptor positions, r and -r.
"""

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath, WorkingView
from vertaug.case.spine import VertebraFrame


def receptor_direction(primary_deg: float, secondary_deg: float) -> FloatArray:
    """Return the unit vector to the receptor in LPS, shape (3,)."""
    p, s = np.radians([primary_deg, secondary_deg])
    return np.array([np.sin(p) * np.cos(s), -np.cos(p) * np.cos(s), np.sin(s)])


def positioner_angles(receptor_lps: ArrayLike) -> tuple[float, float]:
    """Return primary and secondary angle in degrees of a direction to the receptor.

    The primary angle lies in (-180, 180], the secondary in [-90, 90].
    """
    r = np.asarray(receptor_lps, dtype=np.float64)
    r = r / np.linalg.norm(r)
    # + 0.0 turns a negative zero, which would read RAO or CAU 0, into a plain one
    primary = float(np.degrees(np.arctan2(r[0], -r[1] + 0.0))) + 0.0
    return primary, float(np.degrees(np.arcsin(np.clip(r[2], -1.0, 1.0)))) + 0.0


def describe_angles(primary_deg: float, secondary_deg: float) -> str:
    """Return the angles as written on a C-arm, such as ``LAO 12.0°, CAU 5.0°``."""
    first = f"{'LAO' if primary_deg >= 0 else 'RAO'} {abs(primary_deg):.1f}°"
    second = f"{'CRA' if secondary_deg >= 0 else 'CAU'} {abs(secondary_deg):.1f}°"
    return f"{first}, {second}"


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
        f"True AP of {level}: endplates edge-on, spinous process between the pedicles. "
        f"{describe_angles(*ap)} with the receptor in front of the patient. "
    )
    lateral_words = (
        f"True lateral of {level}: endplates edge-on, pedicles one behind the other. "
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
        f"position: primary {primary:+.1f}°, secondary {secondary:+.1f}°. " + _POSTURE
    )
