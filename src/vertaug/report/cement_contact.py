"""Where cement stands on a cap with no bone between."""

import numpy as np

from vertaug.case.strength import StrengthAssessment, StrengthField

_LEAST_MM2 = 5.0
"""Smaller contacts are not told: single bricks of a thin endplate; a design default."""


def contact_areas(field: StrengthField) -> dict[str, float]:
    """Return the area over which cement touches each cap, in mm2, by ``superior``, ``inferior``.

    Bricks count whose marrow space is more than half cement and whose neighbour along the
    vertebra's axis is a cap.
    """
    cement = field.cement_share > 0.5
    cap = (field.filler_mpa > 0.0) & (field.bone_mpa <= 0.0) & (field.cement_share <= 0.0)
    area = float(np.prod(np.asarray(field.grid.spacing_mm)[:2]))
    return {
        "superior": area * float((cement[..., :-1] & cap[..., 1:]).sum()),
        "inferior": area * float((cement[..., 1:] & cap[..., :-1]).sum()),
    }


def contact_words(field: StrengthField) -> str:
    """Return ``the inferior cap (246 mm²)``, nothing where cement touches none."""
    found = {name: area for name, area in contact_areas(field).items() if area >= _LEAST_MM2}
    if not found:
        return ""
    return " and ".join(f"the {name} cap ({area:.0f} mm²)" for name, area in found.items())


def contact_note(found: StrengthAssessment) -> str:
    """Return what it means that cement touches a cap, nothing where it touches none."""
    where = "" if found.after is None else contact_words(found.after.field)
    if not where:
        return ""
    return (
        f"Cement stands on {where} with no bone between: it filled the outermost brick of bone "
        f"there, {found.spacing_mm:g} mm high, and the model has no endplate apart from its "
        "bricks. It props cap against cap where an endplate and a disc would give way; stiffness "
        "and load with cement are upper estimates."
    )
