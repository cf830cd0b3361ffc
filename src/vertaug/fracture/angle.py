"""Sagittal angles between endplate lines, kyphosis positive (clinical reference 2.3)."""

import numpy as np

from vertaug.case.errors import AnatomyError
from vertaug.case.spine import EndplateLine, VertebraFrame


def slope_in_plane(line: EndplateLine, frame: VertebraFrame) -> float:
    """Return the slope angle of a line in the mid-sagittal plane of a vertebra, degrees.

    The line is projected on the plane of the frame's y (posterior) and z (superior); positive
    if it rises toward posterior.

    Raises
    ------
    AnatomyError
        If the line runs across the plane and has no projection.
    """
    _, y, z = frame.axes.T @ np.asarray(line.direction, dtype=np.float64)
    if abs(y) < 1e-6:
        message = "an endplate line runs across the mid-sagittal plane; its angle is undefined"
        raise AnatomyError(message)
    return float(np.degrees(np.arctan(z / y)))


def kyphosis_between(upper: EndplateLine, lower: EndplateLine, frame: VertebraFrame) -> float:
    """Return the angle from a lower to an upper endplate line in a vertebra's plane, degrees.

    Positive if the lines open toward posterior (kyphosis: the front is lower than the back).
    """
    return slope_in_plane(upper, frame) - slope_in_plane(lower, frame)
