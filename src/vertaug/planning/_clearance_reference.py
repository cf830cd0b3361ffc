"""Readable twin of `_clearance_numba`: one path at a time, whole arrays along it."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from vertaug.planning._clearance_layout import (
    BIG,
    INCIDENCE_MM,
    N_FEATURES,
    RING_POINTS,
    SHAFT_START_MM,
    SLAB_FADE_MM,
    Channel,
    Feature,
)


def _ramp(x: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def trace_paths(
    stack: NDArray[np.float32],
    walls: NDArray[np.float32],
    targets: NDArray[np.float64],
    directions: NDArray[np.float64],
    pedicle: NDArray[np.float64],
    settings: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Features of each path; parameters as in `_clearance_numba.trace_paths`."""
    pairs = zip(targets, directions, strict=True)
    return np.array(
        [_trace_one((stack, walls), t, d, pedicle, settings) for t, d in pairs]
    ).reshape(-1, N_FEATURES)


def _sample(stack: NDArray[np.float32], index: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    channels = np.moveaxis(stack, -1, 0).astype(np.float64)
    return [map_coordinates(channel, index.T, order=1) for channel in channels]


def _sample_bone(stack: NDArray[np.float32], index: NDArray[np.float64]) -> NDArray[np.float64]:
    bone = stack[..., Channel.BONE].astype(float)
    return np.asarray(map_coordinates(bone, index.T, order=1, mode="constant", cval=BIG))


def _trace_one(
    grids: tuple[NDArray[np.float32], NDArray[np.float32]],
    target: NDArray[np.float64],
    direction: NDArray[np.float64],
    pedicle: NDArray[np.float64],
    settings: NDArray[np.float64],
) -> NDArray[np.float64]:
    stack, walls = grids
    radius, step, length, soft, tip_part = settings[4:9]
    s = np.arange(int(length / step) + 1) * step
    points = target - s[:, None] * direction
    index = (points - settings[:3]) / settings[3]
    within = np.all((index >= 0.0) & (index <= np.array(stack.shape[:3]) - 1.0), axis=1)
    out = np.zeros(N_FEATURES)
    if not within[0]:
        out[Feature.TIP_SUPERIOR : Feature.TIP_BONE + 1] = -BIG
        keep = np.zeros(len(s), dtype=bool)
        ends = np.flatnonzero(~within[1:])
        keep[1 : 1 + (ends[0] if len(ends) else len(s))] = True
    else:
        ends = np.flatnonzero(~within)
        keep = np.arange(len(s)) < (ends[0] if len(ends) else len(s))
    s, points, index = s[keep], points[keep], index[keep]
    coarse = (points - settings[9:12]) / settings[12]
    coarse = np.clip(coarse, 0.0, np.array(walls.shape[:3]) - 1.0)
    value = np.stack([*_sample(stack, index), *_sample(walls, coarse)])
    if within[0]:
        tips = (*range(Channel.SUPERIOR, Channel.LATERAL + 1), Channel.BONE)
        out[Feature.TIP_SUPERIOR : Feature.TIP_BONE + 1] = [-value[c, 0] for c in tips]
    _bone_contact(out, s, value, step, length)
    entry = target - out[Feature.ENTRY] * direction
    out[Feature.INCIDENCE] = _incidence(stack, entry, direction, settings)
    slab = _pedicle_and_walls(out, s, points, value, pedicle, (radius, step, soft, tip_part))
    keep = (s >= radius) & (slab > 0.0)
    ring = (points[keep, None] + _ring(direction, pedicle[6:9], radius)).reshape(-1, 3)
    index = (ring - settings[:3]) / settings[3]
    bone = _sample_bone(stack, index)
    weight = np.repeat(slab[keep], RING_POINTS)
    out[Feature.PEDICLE] = _least(-bone, weight, step / RING_POINTS, soft)
    return out


def _incidence(
    stack: NDArray[np.float32],
    entry: NDArray[np.float64],
    direction: NDArray[np.float64],
    settings: NDArray[np.float64],
) -> float:
    """Sine of the angle between a needle and the bone's surface, by central differences."""
    steps = INCIDENCE_MM * np.eye(3)
    ends = (np.stack([entry + steps, entry - steps]) - settings[:3]) / settings[3]
    ahead, back = _sample_bone(stack, ends.reshape(6, 3)).reshape(2, 3)
    gradient = ahead - back
    norm = max(float(np.linalg.norm(gradient)), 1e-9)
    return float(np.clip(-gradient @ direction / norm, 0.0, 1.0))


def _ring(
    direction: NDArray[np.float64], width_axis: NDArray[np.float64], radius: float
) -> NDArray[np.float64]:
    """Offsets of the points around the needle, (points, 3)."""
    first = width_axis - (width_axis @ direction) * direction
    first = first / max(float(np.linalg.norm(first)), 1e-9)
    second = np.cross(direction, first)
    phi = 2.0 * np.pi * np.arange(RING_POINTS)[:, None] / RING_POINTS
    return np.asarray(radius * (np.cos(phi) * first + np.sin(phi) * second))


def _bone_contact(
    out: NDArray[np.float64],
    s: NDArray[np.float64],
    value: NDArray[np.float64],
    step: float,
    length: float,
) -> None:
    bone = value[Channel.BONE]
    in_bone = np.flatnonzero(bone < 0.0)
    outside = step * _ramp(bone, 0.0, 0.5) * (bone >= 0.0)
    last = in_bone[-1] if len(in_bone) else -1
    if last >= 0:
        out[Feature.GAP] = outside[: last + 1].sum()
        out[Feature.ENTRY] = length
        if last + 1 < len(s):
            fraction = bone[last + 1] / max(bone[last + 1] - bone[last], 1e-9)
            out[Feature.ENTRY] = s[last + 1] - step * fraction
    dorsal = np.arange(len(s)) > last
    hu = value[Channel.HU]
    foreign = _ramp(bone, 0.5, 2.5) * _ramp(value[Channel.NEIGHBOUR], 0.5, 2.5) * dorsal
    out[Feature.AIR] = step * (_ramp(-hu, 300.0, 500.0) * dorsal).sum()
    out[Feature.FOREIGN_BONE] = step * (_ramp(hu, 200.0, 450.0) * foreign).sum()


def _pedicle_and_walls(
    out: NDArray[np.float64],
    s: NDArray[np.float64],
    points: NDArray[np.float64],
    value: NDArray[np.float64],
    pedicle: NDArray[np.float64],
    settings: tuple[float, float, float, float],
) -> NDArray[np.float64]:
    """Fill in the clearances; return the weight of the pedicle along the path."""
    radius, step, soft, tip_part = settings
    front = -value[Channel.POSTERIOR]
    offset = points - pedicle[:3]
    along = offset @ pedicle[3:6]
    slab = _ramp(along, pedicle[9], pedicle[9] + SLAB_FADE_MM)
    slab = slab * (1.0 - _ramp(along, pedicle[10] - SLAB_FADE_MM, pedicle[10]))
    slab = slab * (1.0 - _ramp(front, 0.0, 1.5))
    shaft = s >= radius
    law = shaft & (front < 0.0) & (along > pedicle[9])
    medial = pedicle[11] * points[:, 0] - radius - pedicle[12]
    out[Feature.MEDIAL_WALL] = min(BIG, medial[law].min()) if law.any() else BIG
    body = _ramp(front, 0.0, 2.0) * (1.0 - _ramp(value[Channel.LATERAL], -2.0, 0.0))
    tip = body * (1.0 - _ramp(s, tip_part - 1.0, tip_part + 1.0))
    one = np.ones(len(s))
    terms = (
        (Feature.CANAL, value[Channel.CANAL], one),
        (Feature.SUPERIOR, -value[Channel.SUPERIOR], body),
        (Feature.INFERIOR, -value[Channel.INFERIOR], body),
        (Feature.ANTERIOR, -value[Channel.ANTERIOR], tip),
        (Feature.POSTERIOR, front, tip),
        (Feature.LATERAL, -value[Channel.LATERAL], tip),
        (Feature.FACET, value[Channel.FACET], one),
        (Feature.NEIGHBOUR, value[Channel.NEIGHBOUR], one),
    )
    for feature, clear, weight in terms:
        out[feature] = _least(clear[shaft] - radius, weight[shaft], step, soft)
    dorsal = s >= out[Feature.ENTRY] + SHAFT_START_MM
    bone = value[Channel.BONE][dorsal]
    out[Feature.SHAFT] = _least(bone - radius, one[dorsal], step, soft)
    return slab


def _least(
    gain: NDArray[np.float64], weight: NDArray[np.float64], step: float, soft: float
) -> float:
    """Plain minimum where the weight exceeds a half, or the weighted soft minimum."""
    if soft > 0.0:
        total = float((step * weight * np.exp(-np.clip(gain, -20.0, 60.0) / soft)).sum())
        return min(BIG, -soft * float(np.log(total))) if total > 1e-60 else BIG
    return min(BIG, float(gain[weight > 0.5].min())) if (weight > 0.5).any() else BIG
