"""The bone that a compression fracture has broken, as far as heights tell.

Under the endplate that was pressed in, bone is crushed in a band, and the cortex is broken along a
line around the middle of it: above and below it the ring of the cortex still bears what would push
it outward. While such a fracture is fresh the band bears compression, yet next to no
tension, and shear only under compression: an endplate over it is loose. Healed bone is whole again.

No line of a fracture is looked for in the CT. The band follows from how much height the body has
lost at each depth; that the bone in it has become twice as dense makes it as thick as the loss.
"""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.crushed_bone import CrushedBone
from vertaug.augmentation.balloon.patient_bone import BonePart, PatientBone
from vertaug.augmentation.balloon.placement import find_depression
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.measurement import VertebraMeasurement
from vertaug.case.spine import Vertebra
from vertaug.fracture.height_restoration import LEAST_LOSS_MM
from vertaug.planning.body import body_shape

_BROKEN = (BonePart.CANCELLOUS, BonePart.CORTEX)
_SHELL = (
    BonePart.CORTEX,
    BonePart.SUPERIOR_ENDPLATE,
    BonePart.INFERIOR_ENDPLATE,
    BonePart.POSTERIOR,
)


_LINE_MM = 3.0
"""Width of the line along which the cortex is broken; two voxels at least, or it would hinge
(design default)."""


class FractureAge(Enum):
    """Whether the bone of a fracture has grown together."""

    FRESH = "fresh"
    HEALED = "healed"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FractureZone:
    """Where a body is broken.

    Attributes
    ----------
    superior : bool
        Under the superior endplate, else above the inferior one.
    deepest_mm : float
        Greatest thickness of the band under the endplate.
    points : (points,) bool array
    """

    superior: bool
    deepest_mm: float
    points: NDArray[np.bool_]


def find_fracture_zone(
    bone: PatientBone, vertebra: Vertebra, measured: VertebraMeasurement, shell_mm: float
) -> FractureZone | None:
    """Return where a body is broken; None where it has lost no height.

    The loss at a depth of the body is the parabola through what its anterior, middle and posterior
    height lack. Where less than 2 mm are lost, as often at the posterior wall, the bone is whole:
    there the fracture has its hinge. The endplate is the one that is pressed in; where neither is
    much deeper than the other the superior one (design default).

    Parameters
    ----------
    bone : PatientBone
    vertebra : Vertebra
    measured : VertebraMeasurement
        Of the same level.
    shell_mm : float
        Thickness of what is named endplate, which stays whole.

    Raises
    ------
    InputError
        If the measures are those of another level.
    """
    if measured.level != vertebra.level:
        message = f"{vertebra.level} is treated, {measured.level} was measured"
        raise InputError(message)
    if measured.genant_grade == 0 or measured.reference_mm is None:
        return None
    pressed = find_depression(vertebra)
    superior = pressed is None or pressed.superior
    x, y, z = vertebra.frame.to_local(bone.to_world(bone.points.place_mm)).T
    lost = _lost_mm(vertebra, measured, y)
    shape = body_shape(vertebra)
    plate = (shape.superior if superior else shape.inferior).at(x, y)
    under = (plate - z) if superior else (z - plate)
    found = (lost >= LEAST_LOSS_MM) & (under <= shell_mm + lost) & bone.where(*_BROKEN)
    half = max(0.5 * _LINE_MM, bone.grid.spacing_mm)
    off_line = np.abs(under - shell_mm - 0.5 * lost) > half
    found &= ~(bone.where(BonePart.CORTEX) & off_line)
    if not found.any():
        return None
    return FractureZone(superior=superior, deepest_mm=float(lost[found].max()), points=found)


def broken_and_whole(
    bone: PatientBone, zone: FractureZone | None, crushed: CrushedBone
) -> PatientBone:
    """Return a bone that is loose where it is broken and whose shell is whole where it is not.

    Parameters
    ----------
    bone : PatientBone
    zone : FractureZone or None
        None for a body without a fracture, or one that has healed.
    crushed : CrushedBone
    """
    loose = np.zeros(bone.part.shape, dtype=bool) if zone is None else zone.points
    tension = np.where(loose, crushed.loose_tension.value, 1.0)
    hard = np.where(bone.where(*_SHELL) & ~loose, crushed.hard, 1.0)
    return replace(bone, points=replace(bone.points, tension=tension, hard=hard))


def _lost_mm(vertebra: Vertebra, measured: VertebraMeasurement, y_mm: FloatArray) -> FloatArray:
    """Return how much height a body has lost at places along its depth."""
    mark, frame = vertebra.landmarks, vertebra.frame
    ends = (
        (mark.superior_anterior, mark.inferior_anterior),
        (mark.superior_posterior, mark.inferior_posterior),
    )
    front, back = (np.mean([frame.to_local(p)[1] for p in pair]) for pair in ends)
    before, now = measured.reference_mm, measured.heights_mm
    assert before is not None
    names = ("anterior", "middle", "posterior")
    lost = [getattr(before, name) - getattr(now, name) for name in names]
    share = np.clip((y_mm - front) / (back - front), 0.0, 1.0)
    return np.asarray(np.polyval(np.polyfit([0.0, 0.5, 1.0], lost, 2), share))
