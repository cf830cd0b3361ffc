"""Candidate paths: every sampled entry on the bone paired with every sampled target."""

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.plan import Route
from vertaug.planning.body import BodyShape
from vertaug.planning.clearance import ClearanceFields
from vertaug.planning.objective import lateral_offset_mm
from vertaug.planning.side import SideGeometry

_DEPTHS = (0.60, 0.71, 0.82)
_HEIGHTS = (0.3, 0.43, 0.57, 0.7)
_LATERAL = (-0.02, 0.18, 0.38, 0.58)
_ENTRY_STEP_MM = 2.0
# windows around the pedicle, seen along the approach: lateral and superior offsets in mm
_WINDOW_MM = {
    Route.TRANSPEDICULAR: ((-4.0, 12.0), (-6.0, 12.0), 14.0),
    Route.PARAPEDICULAR: ((-2.0, 14.0), (-6.0, 10.0), 28.0),
    Route.FAR_LATERAL: ((-2.0, 16.0), (-8.0, 8.0), 45.0),
}
_WINDOW_START_MM = 60.0
_RAY_MM = 90.0
_RAY_STEP_MM = 0.5


def sample_targets(shape: BodyShape, side: SideGeometry) -> FloatArray:
    """Return tips (n, 3) in the anterior and middle third of the body, vertebra frame."""
    lateral = np.array(_LATERAL) * shape.half_width_mm * side.sign + shape.middle_x_mm
    x, depth, height = np.meshgrid(lateral, _DEPTHS, _HEIGHTS, indexing="ij")
    return shape.place(x.ravel(), depth.ravel(), height.ravel())


def sample_entries(fields: ClearanceFields, side: SideGeometry, route: Route) -> FloatArray:
    """Return points (n, 3) on the bone's outer surface that the route may start from.

    Parallel rays along the usual approach of the route, cast on the distance field; each gives
    the first bone it meets.
    """
    (low_u, high_u), (low_v, high_v), angle = _WINDOW_MM[route]
    turn = np.radians(angle)
    forward = np.array([-side.sign * np.sin(turn), -np.cos(turn), 0.0])
    lateral = np.array([side.sign * np.cos(turn), -np.sin(turn), 0.0])
    u = np.arange(low_u, high_u + 0.1, _ENTRY_STEP_MM)
    v = np.arange(low_v, high_v + 0.1, _ENTRY_STEP_MM)
    uu, vv = (a.ravel()[:, None] for a in np.meshgrid(u, v, indexing="ij"))
    start = side.centre_mm - _WINDOW_START_MM * forward + uu * lateral + vv * np.array([0, 0, 1.0])
    return _first_bone(fields, start, forward)


def _first_bone(fields: ClearanceFields, start: FloatArray, forward: FloatArray) -> FloatArray:
    """Return where rays first meet bone; rays that miss are dropped."""
    travel = np.arange(0.0, _RAY_MM, _RAY_STEP_MM)
    # one call for all rays and steps: many small ones would spend their time on starting threads
    distance = fields.bone_distance(start[:, None] + travel[:, None] * forward)
    first = np.argmax(distance < 0.0, axis=1)
    hit = (distance < 0.0).any(axis=1) & (first > 0)
    ray, first = np.flatnonzero(hit), first[hit]
    before, after = distance[ray, first - 1], distance[ray, first]
    share = np.where(before < 5.0, before / np.maximum(before - after, 1e-9), 1.0)
    way = travel[first - 1] + _RAY_STEP_MM * share
    return np.asarray(start[ray] + way[:, None] * forward)


def candidate_paths(
    fields: ClearanceFields, shape: BodyShape, side: SideGeometry, route: Route
) -> tuple[FloatArray, FloatArray]:
    """Pair entries with targets.

    Returns
    -------
    targets_mm, directions : (n, 3) float64 arrays
        Those pairs that cross the pedicle's middle section where the route does: within the
        pedicle, or lateral of it.
    """
    entries = sample_entries(fields, side, route)
    targets = sample_targets(shape, side)
    ends = np.repeat(targets, len(entries), axis=0)
    starts = np.tile(entries, (len(targets), 1))
    directions = ends - starts
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    directions = directions / np.maximum(length, 1e-6)
    pace = directions @ side.axis
    offset = ends - side.centre_mm
    back = (offset @ side.axis) / np.maximum(pace, 0.2)
    crossing = offset - back[:, None] * directions
    across = crossing @ side.width_axis
    up = crossing @ side.height_axis
    if route is Route.TRANSPEDICULAR:
        reach = (across / side.half_width_mm) ** 2 + (up / side.half_height_mm) ** 2
        keep = (reach < 1.0) & (pace > 0.5)
    else:
        border = side.half_width_mm + lateral_offset_mm(route)
        keep = (across > border - 1.0) & (across < border + 18.0)
        keep &= (np.abs(up) < side.half_height_mm + 2.0) & (pace > 0.3)
    return ends[keep], directions[keep]
