"""Where the vertebral bodies are: a first point inside each, from the masks alone."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray, Grid
from vertaug.case.volume import LabelMap

_CORE = 0.8
"""Share of the greatest depth from which a voxel belongs to the core."""
_NEAR = 3
"""Levels above and below that a level is held against."""
_THIN = 0.6
"""Share of the depth of the levels near it below which the thickest part of a mask need not be
the body: pedicle and lamina are thicker than a body crushed flat."""
_LINE_RADIUS_MM, _LINE_REACH_MM = 12.0, 25.0
"""Part of the line through the other bodies within which a crushed body lies."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Depth:
    """Distance of each voxel of a mask from its surface, in a crop of the grid."""

    values: FloatArray
    start: FloatArray
    grid: Grid

    @property
    def greatest(self) -> float:
        return float(self.values.max())

    def core_centre(self, allowed: FloatArray | None = None) -> FloatArray:
        """Return the centre in LPS of the deepest part, among allowed voxels if some are given."""
        depth = self.values if allowed is None else np.where(allowed, self.values, 0.0)
        core = np.argwhere((depth > 0) & (depth >= _CORE * depth.max()))
        weight = depth[tuple(core.T)] ** 2
        middle = (core * weight[:, None]).sum(axis=0) / weight.sum()
        return self.grid.to_world(middle + self.start)


def find_body_centres(labels: LabelMap, levels: list[str]) -> dict[str, FloatArray]:
    """Return a point inside the body of every level that has a mask, LPS mm.

    The body is the thickest part of a vertebra unless it is crushed flat. The body of a level that
    is much thinner than those around it is sought along the line through theirs.

    Parameters
    ----------
    labels : LabelMap
        Masks of whole vertebrae.
    levels : list of str
        In cranio-caudal order.
    """
    depths = {}
    for level in levels:
        depth = _measure_depth(labels, level)
        if depth is not None:
            depths[level] = depth
    centres = {level: depth.core_centre() for level, depth in depths.items()}
    order = list(depths)
    thin = [level for level in order if _is_thin(level, order, depths)]
    known = [n for n, level in enumerate(order) if level not in thin]
    places = [order.index(level) for level in thin]
    # nearest to a known one first: each that is found helps to find the next
    places.sort(key=lambda place: min((abs(place - n) for n in known), default=0))
    for place in places:
        level = order[place]
        line = _predict_line(place, sorted(known), centres, order)
        if line is None:
            continue
        allowed = _near_line(depths[level], *line)
        if allowed.any():
            centres[level] = depths[level].core_centre(allowed)
            known.append(place)
    return centres


def _measure_depth(labels: LabelMap, level: str) -> _Depth | None:
    from scipy.ndimage import distance_transform_edt

    mask = labels.mask(level)
    if not mask.any():
        return None
    index = np.argwhere(mask)
    start, stop = index.min(axis=0), index.max(axis=0) + 1
    crop = mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    depth = distance_transform_edt(np.pad(crop, 1), sampling=labels.grid.spacing_mm)
    return _Depth(values=depth[1:-1, 1:-1, 1:-1], start=start, grid=labels.grid)


def _is_thin(level: str, order: list[str], depths: dict[str, _Depth]) -> bool:
    place = order.index(level)
    near = [n for n in order[max(place - _NEAR, 0) : place + _NEAR + 1] if n != level]
    if not near:
        return False
    usual = float(np.median([depths[n].greatest for n in near]))
    return depths[level].greatest < _THIN * usual


def _predict_line(
    place: int, known: list[int], centres: dict[str, FloatArray], order: list[str]
) -> tuple[FloatArray, FloatArray] | None:
    """Return the expected centre and the direction of the spine; None from fewer than two."""
    nearest = sorted(known, key=lambda n: abs(n - place))[:2]
    above, below = [n for n in known if n < place], [n for n in known if n > place]
    if above and below:
        nearest = [above[-1], below[0]]
    if len(nearest) < 2:
        return None
    first, second = (centres[order[n]] for n in sorted(nearest))
    low, high = sorted(nearest)
    pace = (second - first) / (high - low)
    return first + (place - low) * pace, pace / max(float(np.linalg.norm(pace)), 1e-6)


def _near_line(depth: _Depth, point: FloatArray, direction: FloatArray) -> FloatArray:
    """Return which voxels of a crop lie in the cylinder about a predicted centre."""
    index = np.argwhere(depth.values > 0)
    offset = depth.grid.to_world(index + depth.start) - point
    along = offset @ direction
    beside = np.linalg.norm(offset - along[:, None] * direction, axis=1)
    allowed = np.zeros(depth.values.shape, dtype=bool)
    allowed[tuple(index.T)] = (beside <= _LINE_RADIUS_MM) & (np.abs(along) <= _LINE_REACH_MM)
    return allowed
