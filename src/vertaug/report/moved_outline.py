"""The outline of a body in a section, where balloons have moved it."""

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.grid import FloatArray
from vertaug.case.spine import Vertebra
from vertaug.report.plane import PicturePlane
from vertaug.report.sections import bone_field

_NEAREST = 12
"""Points of the surface of which the displacement is taken, by their distance."""
_FAR_MM = 3.0
"""Farther from the surface of the body the outline is that of pedicles and arch: not drawn."""


def move_outline(
    vertebra: Vertebra, plane: PicturePlane, points_lps_mm: ArrayLike, moved_mm: ArrayLike
) -> tuple[FloatArray, ...]:
    """Return the outline of the bone on a plane, moved with the surface of the body.

    Motion across the plane is left out. Lines end where the outline leaves the body.

    Parameters
    ----------
    vertebra : Vertebra
        As the CT shows it.
    plane : PicturePlane
    points_lps_mm, moved_mm : (n, 3) arrays
        Points of the surface of the body and their displacement, as in `SurfaceShift`.

    Returns
    -------
    tuple of (k, 2) float64 arrays
        In picture mm.
    """
    from scipy.spatial import cKDTree
    from skimage.measure import find_contours

    field = np.pad(np.nan_to_num(bone_field(vertebra, plane)), 1)
    points, moved = (np.asarray(part, dtype=np.float64) for part in (points_lps_mm, moved_mm))
    tree = cKDTree(points)
    lines: list[FloatArray] = []
    for contour in find_contours(field, 0.5):  # type: ignore[no-untyped-call]
        place = (contour[:, ::-1] - 0.5) * plane.pixel_mm
        place -= (plane.half_width_mm, plane.half_height_mm)
        world = plane.centre_lps_mm + place @ np.stack([plane.right, plane.down])
        away, near = tree.query(world, k=min(_NEAREST, len(points)))
        weight = 1.0 / np.maximum(away, 0.1)
        way = (weight[..., None] * moved[near]).sum(axis=1) / weight.sum(axis=1)[:, None]
        line = place + way @ np.stack([plane.right, plane.down], axis=1)
        on_body = away[:, 0] < _FAR_MM
        ends = np.flatnonzero(np.diff(on_body)) + 1
        pieces = zip(np.split(line, ends), np.split(on_body, ends), strict=True)
        lines += [piece for piece, kept in pieces if kept[0] and len(piece) > 1]
    return tuple(lines)
