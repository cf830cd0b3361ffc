"""How a path fares if the hand errs: the cone of error."""

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.plan import Route
from vertaug.planning._clearance_layout import Feature
from vertaug.planning.clearance import ClearanceFields, Trace
from vertaug.planning.goals import Approach

CONE_RUNS = 192
"""Needles of the cone that are tried."""
_BLUR_MM = 0.25


def breach_probability(
    fields: ClearanceFields,
    approach: Approach,
    path: tuple[FloatArray, FloatArray],
    bone_length_mm: float,
) -> float:
    """Return the share of needles in the cone of error that breach a wall.

    Entry points are spread evenly over a disc of 2 mm, directions over a cone of 2 degrees
    (clinical reference 3.4, design default), by a low-discrepancy sequence instead of random
    numbers; depth is kept. A breach is a cut into the canal, the pedicle's cortex
    (transpedicular), an endplate, the anterior wall or a neighbour. A path within 0.25 mm of
    cutting counts in part, so that the share does not jump.

    Parameters
    ----------
    path : tuple of (3,) float64 arrays
        Tip and unit forward direction in the vertebra frame.
    bone_length_mm : float
        Bone entry to tip.
    """
    target, direction = path
    first = np.cross(direction, [0.0, 0.0, 1.0])
    first /= np.linalg.norm(first)
    across = np.stack([first, np.cross(direction, first)])
    shift, tilt = _two_discs()
    offset = approach.rules.cone_offset_mm * shift @ across
    turned = direction + np.tan(np.radians(approach.rules.cone_angle_deg)) * tilt @ across
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    entry = target - bone_length_mm * direction
    targets = entry + offset + bone_length_mm * turned
    trace = Trace(
        radius_mm=approach.radius_mm,
        step_mm=0.5,
        length_mm=min(bone_length_mm + 10.0, 90.0),
        tip_part_mm=approach.rules.tip_part_mm,
    )
    features = fields.trace(targets, turned, approach.side, trace)
    walls = [Feature.CANAL, Feature.SUPERIOR, Feature.INFERIOR, Feature.ANTERIOR, Feature.NEIGHBOUR]
    if approach.route is Route.TRANSPEDICULAR:
        walls.append(Feature.PEDICLE)
    least = features[:, walls].min(axis=1)
    return float(np.clip((_BLUR_MM - least) / (2 * _BLUR_MM), 0.0, 1.0).mean())


def _two_discs() -> tuple[FloatArray, FloatArray]:
    """Points even over the product of two unit discs: an additive recurrence in 4D.

    The step is the generalised golden ratio: the root of x^5 = x + 1, to the powers -1 to -4.
    """
    ratio = 1.1673039782614187
    steps = ratio ** -np.arange(1.0, 5.0)
    u = (0.5 + np.arange(1, CONE_RUNS + 1)[:, None] * steps) % 1.0
    discs = []
    for k in (0, 2):
        radius, angle = np.sqrt(u[:, k]), 2.0 * np.pi * u[:, k + 1]
        discs.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))
    return discs[0], discs[1]
