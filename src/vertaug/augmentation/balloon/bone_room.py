"""How much less, and how much more, room the bone of a body takes after a balloon."""

from dataclasses import dataclass

import numpy as np

from vertaug.augmentation.balloon.bone_points import BonePoints
from vertaug.augmentation.balloon.patient_bone import BonePart, PatientBone

BODY = (
    BonePart.CANCELLOUS,
    BonePart.CORTEX,
    BonePart.SUPERIOR_ENDPLATE,
    BonePart.INFERIOR_ENDPLATE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneRoom:
    """What bone gave up and what it took, mm3.

    Attributes
    ----------
    pressed_mm3 : float
        By which bone that was pressed together takes less room.
    opened_mm3 : float
        By which bone that came apart takes more: gaps.
    """

    pressed_mm3: float
    opened_mm3: float


def measure_room(bone: PatientBone, points: BonePoints) -> BoneRoom:
    """Return how the room of the body's bone has changed.

    From the dilation of the voxels that the points were in, summed over the increments: at the
    edges of cavity and body a point stands for as much room as within.

    Parameters
    ----------
    bone : PatientBone
    points : BonePoints
        Of it, after a motion.
    """
    change = np.expm1(points.opened[bone.where(*BODY)])
    each = (0.5 * bone.grid.spacing_mm) ** 3
    return BoneRoom(
        pressed_mm3=-each * float(np.minimum(change, 0.0).sum()),
        opened_mm3=each * float(np.maximum(change, 0.0).sum()),
    )
