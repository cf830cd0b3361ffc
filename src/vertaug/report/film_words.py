"""What stands under radiographs: needles drawn, wedge, blades."""

from collections.abc import Iterable, Sequence

import numpy as np

from vertaug.case.spine import Vertebra
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.exposure import Collimation, open_field
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.fracture.angle import kyphosis_between
from vertaug.report.plane import direction_mark

WEDGED_DEG = 5.0
"""Wedge angle from which on a view between the endplates is explained (design default)."""
BLADES = "Black blades cover what the CT does not show."


_FROM = {
    "P": "from behind", "A": "from the front", "L": "from the left", "R": "from the right",
    "H": "from the head", "F": "from the feet",
}  # fmt: skip
_SIDE = {
    "L": "patient's left", "R": "patient's right", "A": "front", "P": "back", "H": "head",
    "F": "feet",
}  # fmt: skip


def seen_from(carm: CArm) -> str:
    """Return from which side of the patient an image is seen, such as ``from behind``."""
    return _FROM[direction_mark(carm.receptor)[0]]


def left_of_image(carm: CArm) -> str:
    """Return what lies on the left of an image, such as ``patient's left on the left``."""
    return f"{_SIDE[direction_mark(-carm.right)[0]]} on the left"


def say_sides(sides: Sequence[str], thing: str = "needle") -> str:
    """Return the things drawn, such as ``both needles`` or ``the left needle``; empty for none."""
    if len(sides) > 1:
        return f"both {thing}s"
    return f"the {sides[0]} {thing}" if sides else ""


def say_blades(images: Iterable[Radiograph]) -> str:
    """Say that blades cover a part of an image, where they do."""
    covered = any(
        image.completed and (open_field(image.carm, Collimation()) & ~image.field).any()
        for image in images
    )
    return BLADES if covered else ""


def say_wedge(vertebra: Vertebra, views: Iterable[str]) -> str:
    """Say how the endplates of a wedged body are seen in its working views; empty if it is not.

    The true AP halves the angle between the endplates. In the true lateral the beam runs along
    both of them: there they are seen at their angle.

    Parameters
    ----------
    views : iterable of str
        Names of the views that are shown; only ``ap`` and ``lateral`` count.
    """
    angle = abs(kyphosis_between(vertebra.superior.line, vertebra.inferior.line, vertebra.frame))
    shown = set(views) & {"ap", "lateral"}
    if not np.isfinite(angle) or angle < WEDGED_DEG or not shown:
        return ""
    half = f"lies midway between its endplates, each about {angle / 2:.0f}° off"
    seen = {
        "ap": f"the view {half}",
        "lateral": "its endplates are seen at that angle to each other",
    }
    if len(shown) == 2:
        words = f"the true AP {half}; on the true lateral they are seen at that angle to each other"
    else:
        words = seen[shown.pop()]
    return f"{vertebra.level} is wedged {angle:.0f}°: {words}."
