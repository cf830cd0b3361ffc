"""What stands under radiographs: needles drawn, wedge, blades."""

from collections.abc import Iterable, Sequence

import numpy as np

from vertaug.case.spine import Vertebra
from vertaug.fluoroscopy.exposure import Collimation, open_field
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.fracture.angle import kyphosis_between

WEDGED_DEG = 5.0
"""Wedge angle from which on a view between the endplates is explained (design default)."""
BLADES = "Black blades cover what the CT does not show."


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
