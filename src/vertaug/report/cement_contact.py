"""Where cement stands on a cap with no bone between."""

import numpy as np

from vertaug.case.strength import StrengthAssessment, StrengthField

_LEAST_MM2 = 25.0
"""Smaller contacts are not told: some bricks of an endplate of 700 mm2 or more (design default)."""
_AREA = " The area of contact is that of the injection: see Cement to the endplates."


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


def contact_words(found: StrengthAssessment) -> str:
    """Return ``the inferior cap (246 mm²)``, nothing where cement touches none.

    Without areas where an injection put the cement: its own cells measure the contact, and a
    second grid would give a second number for one thing.
    """
    if found.after is None:
        return ""
    areas = contact_areas(found.after.field)
    touched = {name: area for name, area in areas.items() if area >= _LEAST_MM2}
    if not found.assumed_cement:
        names = " and the ".join(touched)
        return f"the {names} cap{'s' if len(touched) > 1 else ''}" if touched else ""
    return " and ".join(f"the {name} cap ({area:.0f} mm²)" for name, area in touched.items())


def contact_note(found: StrengthAssessment) -> str:
    """Return what it means that cement touches a cap, nothing where it touches none."""
    where = contact_words(found)
    if not where:
        return ""
    area = "" if found.assumed_cement else _AREA
    return (
        f"Cement stands on {where} with no bone between: it filled the outermost brick of bone "
        f"there, {found.spacing_mm:g} mm high, and the model has no endplate apart from its "
        "bricks. It props cap against cap where an endplate and a disc would give way; stiffness "
        f"and load with cement are upper estimates.{area}"
    )
