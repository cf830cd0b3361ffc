"""Volume of a body before its fracture."""

from collections.abc import Mapping

from vertaug.case.level import are_adjacent
from vertaug.case.measurement import HeightSet
from vertaug.case.spine import Vertebra
from vertaug.fracture.height import average_thirds, map_heights
from vertaug.fracture.norm import find_norm
from vertaug.fracture.reference import Reference


def predict_volume(
    vertebra: Vertebra, reference: Reference, complete: Mapping[str, Vertebra]
) -> tuple[float, tuple[str, ...]]:
    """Return the volume in ml of a body before the fracture, and how it was found if not usual.

    Between two intact neighbours, the mean of their volumes: cross-section and height both grow
    evenly along the spine. Else the own cross-section (volume over mean height) times the expected
    height; a body that spread sideways is then predicted too large. Mean heights are taken over
    the whole body, not in its mid-sagittal section, where a collapse is deepest.

    Parameters
    ----------
    vertebra : Vertebra
        The level.
    reference : Reference
        Its expected mid-sagittal heights and the levels that they come from.
    complete : mapping of str to Vertebra
        All complete levels.
    """
    level, used = vertebra.level, [complete[name] for name in reference.levels]
    if len(used) == 2 and all(
        are_adjacent(v.level, level) or are_adjacent(level, v.level) for v in used
    ):
        return sum(v.body_volume_mm3 for v in used) / 2000.0, ()
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
