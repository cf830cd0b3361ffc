"""The C-arm in the working views of a plan."""

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.plan import NeedlePath, WorkingView
from vertaug.case.positioner import positioner_angles, receptor_direction
from vertaug.fluoroscopy.carm import CArm, Posture

WORKING_ZOOM = 1.35
"""Magnification mode of the working views."""


def aim_at_view(carm: CArm, view: WorkingView) -> CArm:
    """Return the arm on the line of sight of a working view, the tube under the table.

    A line of sight has two receptor positions. With the receptor above the patient scattered
    dose to the staff is least, so of the two the one is taken that lies above the table for
    the arm's posture; a line within 20 degrees of the horizontal is left as it is.
    """
    return carm.aim(*angles_above_table(view.primary_angle_deg, view.secondary_angle_deg, carm))


def angles_above_table(
    primary_angle_deg: float, secondary_angle_deg: float, carm: CArm
) -> tuple[float, float]:
    """Return the angles of the same line of sight with the receptor above the table."""
    receptor = receptor_direction(primary_angle_deg, secondary_angle_deg)
    ceiling = 1.0 if carm.posture is Posture.PRONE else -1.0  # posterior is +y
    if receptor[1] * ceiling >= -np.sin(np.radians(20.0)):
        return float(primary_angle_deg), float(secondary_angle_deg)
    return positioner_angles(-receptor)


def centre_on_needle(carm: CArm, path: NeedlePath) -> CArm:
    """Return the arm centred on a needle: down its axis it is then seen as a point."""
    return carm.centre_on(_middle(path.entry_lps_mm, path.target_lps_mm))


def _middle(a: ArrayLike, b: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return (np.asarray(a, dtype=np.float64) + np.asarray(b, dtype=np.float64)) / 2
