"""Volume of a body before its fracture."""

from collections.abc import Collection, Mapping

from vertaug.case.level import levels_between, sort_levels
from vertaug.case.measurement import HeightSet
from vertaug.case.spine import Vertebra
from vertaug.fracture.height import average_thirds, map_heights
from vertaug.fracture.norm import find_norm
from vertaug.fracture.reference import Reference


def predict_volume(
    vertebra: Vertebra,
    reference: Reference,
    intact: Mapping[str, Vertebra],
    present: Collection[str] = (),
) -> tuple[float, tuple[str, ...]]:
    """Return the volume in ml of a body before the fracture, and how it was found if not usual.

    Between intact levels above and below, their volumes, interpolated by level: cross-section and
    height both grow evenly along the spine. Else the own cross-section (volume over mean height)
    times the expected height; a body that spread sideways is then predicted too large. Mean
    heights are taken over the whole body, not in its mid-sagittal section, where a collapse is
    deepest.

    Parameters
    ----------
    vertebra : Vertebra
        The level.
    reference : Reference
        Its expected mid-sagittal heights and the levels that they come from.
    intact : mapping of str to Vertebra
        All intact levels, and those that its heights come from.
    present : collection of str
        Levels of this patient: T13 and L6 are steps along the spine where they exist.
    """
    level, used = vertebra.level, [intact[name] for name in reference.levels]
    order = sort_levels({*intact, level})
    place = order.index(level)
    if 0 < place < len(order) - 1:
        upper, lower = order[place - 1], order[place + 1]
        above = len(levels_between(upper, level, present)) + 1
        below = len(levels_between(level, lower, present)) + 1
        volume = below * intact[upper].body_volume_mm3 + above * intact[lower].body_volume_mm3
        return volume / (above + below) / 1000.0, ()
    if used:
        here = mean_height(find_norm(level))
        expected = sum(
            mean_height(average_heights(v)) * here / mean_height(find_norm(v.level)) for v in used
        ) / len(used)
    else:
        expected = mean_height(reference.heights.points)
    volume = vertebra.body_volume_mm3 / 1000.0 * expected / mean_height(average_heights(vertebra))
    note = (
        f"volume of {level} before a fracture from its own cross-section: too large if the body "
        "spread sideways"
    )
    return volume, (note,)


def average_heights(vertebra: Vertebra) -> HeightSet:
    """Return the mean of the full height map over its anterior, middle and posterior third."""
    top, bottom = vertebra.superior.surface, vertebra.inferior.surface
    return average_thirds(map_heights(top, bottom), top.u_mm, top.v_mm)


def mean_height(heights: HeightSet) -> float:
    """Return the mean of the three heights in mm."""
    return (heights.anterior + heights.middle + heights.posterior) / 3.0
