"""Holes in vertebra labels: gas and other things that a labelling program takes for no bone."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vertaug.case.volume import LabelMap

_OPENING_MM = 2.0
"""A hole that is open to the outside through a gap up to twice this wide is filled: a cleft often
reaches the broken endplate. The canal is open at both ends, and wider."""
_LEAST_MM3 = 10.0
"""Smaller fillings are not told."""


def fill_label_holes(labels: LabelMap, levels: list[str]) -> tuple[LabelMap, dict[str, float]]:
    """Return the labels with the holes of each vertebra filled, and what was filled.

    Left open, a hole over an intravertebral cleft would hide the cleft, take its volume from the
    body and can break the body apart.

    Parameters
    ----------
    labels : LabelMap
    levels : list of str
        Vertebrae to look at.

    Returns
    -------
    labels : LabelMap
        The same object if nothing was filled.
    filled_mm3 : dict of str to float
        Volume of the voxels added to a vertebra, where it is at least 10 mm3.
    """
    values = np.array(labels.values)
    voxel = float(np.prod(labels.grid.spacing_mm))
    reach = np.rint(_OPENING_MM / labels.grid.spacing_mm).astype(int)
    filled = {}
    for level in levels:
        box = _box_of(values == labels.levels[level], reach + 1)
        if box is None:
            continue
        part = values[box]
        hole = find_holes(part == labels.levels[level], reach) & (part == 0)
        part[hole] = labels.levels[level]
        volume = float(hole.sum()) * voxel
        if volume >= _LEAST_MM3:
            filled[level] = volume
    if not (values != labels.values).any():
        return labels, {}
    return replace(labels, values=values), filled


def find_holes(mask: NDArray[np.bool_], reach: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Return the voxels enclosed by a mask, also through gaps up to twice ``reach`` voxels.

    The mask is closed by a box; what the closed mask encloses is a hole, and with it what the
    closing took of the same cavity.

    Parameters
    ----------
    mask : (ni, nj, nk) bool array
    reach : (3,) int array
        Half width of the closing along each axis.
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    size = tuple(2 * int(n) + 1 for n in reach)
    pad = [(int(n) + 1, int(n) + 1) for n in reach]
    whole = np.pad(mask, pad)
    closed = minimum_filter(maximum_filter(whole.view(np.uint8), size), size).astype(bool)
    cavity = _enclosed(closed)
    # the closing fills the edges of a cavity, and small ones altogether
    grown = maximum_filter(cavity.view(np.uint8), size).astype(bool) & closed
    hole = (_enclosed(whole) | grown | cavity) & ~whole
    inner = tuple(slice(a, -b) for a, b in pad)
    return np.asarray(hole[inner])


def _enclosed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Background that no path joins to the border of the array."""
    from scipy.ndimage import label

    parts, _ = label(~mask)
    return np.asarray((parts != parts[0, 0, 0]) & ~mask)


def _box_of(mask: NDArray[np.bool_], margin: NDArray[np.int_]) -> tuple[slice, ...] | None:
    box = []
    for axis, extra in enumerate(margin):
        others = tuple(a for a in range(3) if a != axis)
        found = np.nonzero(mask.any(axis=others))[0]
        if not len(found):
            return None
        box.append(slice(max(int(found[0]) - extra, 0), int(found[-1]) + extra + 1))
    return tuple(box)
