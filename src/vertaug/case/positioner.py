"""Where a C-arm stands, in the sign convention of DICOM.

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
    """Return the angles as written on a C-arm, such as ``LAO 12.0°, CAU 5.0°``.

    Straight behind the patient the receptor is on neither side: ``180.0°, CAU 5.0°``.
    """
    turned = f"{abs(primary_deg):.1f}°"
    side = "LAO " if primary_deg >= 0 else "RAO "
    first = turned if turned == "180.0°" else f"{side}{turned}"
    second = f"{'CRA' if secondary_deg >= 0 else 'CAU'} {abs(secondary_deg):.1f}°"
    return f"{first}, {second}"


def signed_degrees(angle_deg: float, digits: int = 1) -> str:
    """Return a DICOM angle with its sign; 0 and 180 have none, as both signs are the same."""
    size = f"{abs(angle_deg):.{digits}f}"
    same = float(size) in {0.0, 180.0}
    sign = "" if same else "+" if angle_deg > 0 else "-"
    return f"{sign}{size}°"
