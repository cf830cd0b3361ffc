"""Whether the header's orientation agrees with the anatomy."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vertaug.case.errors import LabelError, OrientationError
from vertaug.case.grid import FloatArray
from vertaug.case.level import find_misordered
from vertaug.case.spine import Vertebra
from vertaug.case.volume import LabelMap, Scan

_CLEAR_MM = 4.0
"""The bone's centroid lies this far behind the body's centre in every whole vertebra."""
_STANDING_SHARE = 0.5
"""The posterior wall of a body that stands is higher than this share of its depth (0.7 to 0.9
where it is intact)."""


def check_anterior(offsets_mm: Mapping[str, FloatArray]) -> None:
    """Refuse a scan whose header calls the side of the spinous processes anterior.

    Parameters
    ----------
    offsets_mm : mapping of str to (3,) array
        For each level the vector from the body's centre to the centroid of the whole bone, LPS.

    Raises
    ------
    OrientationError
        If the bone lies in front of the bodies at most levels.
    """
    behind = np.array([v[1] for v in offsets_mm.values()])
    if len(behind) == 0 or np.median(behind) > -_CLEAR_MM:
        return
    levels = ", ".join(offsets_mm)
    message = (
        f"the header contradicts the anatomy: at {levels} the arch and spinous process lie "
        f"{-np.median(behind):.0f} mm on the side the header calls anterior. "
        "Check how the file was written; --correct-orientation mirrors the front-back axis "
        "(left and right then stay as the header says and cannot be verified from bone)"
    )
    raise OrientationError(message)


def check_order(centres_lps_mm: Mapping[str, FloatArray]) -> None:
    """Refuse labels whose names do not run from head to foot as their bodies do.

    Raises
    ------
    LabelError
        If a level lies above one that its name puts it below.
    """
    wrong = find_misordered({level: float(c[2]) for level, c in centres_lps_mm.items()})
    if wrong:
        message = (
            f"the vertebrae are not in order from head to foot ({', '.join(wrong[:3])}): labels "
            "are exchanged, or the header's head and foot are. Correct them"
        )
        raise LabelError(message)


def check_head(vertebrae: Mapping[str, Vertebra]) -> tuple[str, ...]:
    """Refuse a scan whose header and names have head and foot swapped.

    Pedicles spring from the upper half of the body at every thoracic and lumbar level. A body
    crushed flat sinks below its own pedicles and says nothing.

    Returns
    -------
    tuple of str
        A sentence if too few bodies stand to tell; empty if head and foot are right.

    Raises
    ------
    OrientationError
        If the pedicles lie below the middle of the bodies at most levels.
    """
    heights = [
        float(vertebra.frame.to_local(pedicle.isthmus_lps_mm)[2])
        for vertebra in vertebrae.values()
        for pedicle in (vertebra.left_pedicle, vertebra.right_pedicle)
        if pedicle is not None and _stands(vertebra)
    ]
    if len(heights) < 2:
        return ("head and foot could not be confirmed from the shape of the bodies",)
    if np.median(heights) > -2.0:
        return ()
    message = (
        f"the header contradicts the anatomy: the pedicles lie {-np.median(heights):.0f} mm below "
        "the middle of the bodies, but they spring from the upper half; head and foot are "
        "swapped in the file. Write the file again with the right direction"
    )
    raise OrientationError(message)


def _stands(vertebra: Vertebra) -> bool:
    points = vertebra.landmarks
    back = float(np.linalg.norm(points.superior_posterior - points.inferior_posterior))
    depth = float(np.linalg.norm(points.inferior_anterior - points.inferior_posterior))
    return back > _STANDING_SHARE * depth


def mirror_front_back(scan: Scan, labels: LabelMap) -> tuple[Scan, LabelMap]:
    """Return scan and labels with the front-back axis of the array reversed."""
    note = (
        "orientation corrected on request: the front-back axis of the file was mirrored; "
        "left and right are as the header says"
    )
    info = replace(scan.info, notes=(*scan.info.notes, note))
    flipped = Scan(hu=np.ascontiguousarray(scan.hu[:, ::-1]), grid=scan.grid, info=info)
    values = np.ascontiguousarray(labels.values[:, ::-1])
    return flipped, LabelMap(
        values=values,
        grid=labels.grid,
        levels=labels.levels,
        numbering=labels.numbering,
        notes=(*labels.notes, note),
    )
