"""From a search result to a finished needle path."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.instrument import Needle
from vertaug.case.plan import NeedlePath, Procedure
from vertaug.case.spine import Spine, Vertebra
from vertaug.planning._clearance_layout import Feature
from vertaug.planning.body import BodyShape
from vertaug.planning.clearance import ClearanceFields, Trace
from vertaug.planning.goals import Aim, Approach
from vertaug.planning.margins import check_path, plain_trace
from vertaug.planning.objective import (
    PENALTY_PER_MM2,
    PathState,
    angles_deg,
    path_terms,
    penalty,
    score_paths,
)
from vertaug.planning.refine import BestPath
from vertaug.planning.robustness import breach_probability
from vertaug.planning.rules import ROUNDING_MM
from vertaug.planning.side import SideGeometry
from vertaug.planning.skin import way_to_skin

_SLIPPERY_DEG = 30.0
"""Angle between needle and bone surface below which the report warns (design default)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """The vertebra to plan on with everything derived from it once."""

    spine: Spine
    vertebra: Vertebra
    shape: BodyShape
    fields: ClearanceFields
    sides: Mapping[str, SideGeometry]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FinishedPath:
    """A needle path with its own objective.

    Attributes
    ----------
    path : NeedlePath
    score : float
        Objective with plain minima, in [0, 1].
    terms : tuple of (str, float)
        Its parts by name.
    midline_share : float
        Distance of the tip from the mid-plane in half widths.
    """

    path: NeedlePath
    score: float
    terms: tuple[tuple[str, float], ...]
    midline_share: float


def finish_path(
    site: Site, approach: Approach, aim: Aim, best: BestPath, needle: Needle
) -> FinishedPath:
    """Measure a path found by the search."""
    state = _single_state(site, approach, aim, best)
    length = float(state.of(Feature.ENTRY)[0])
    entry = best.target_mm - length * best.direction
    frame = site.vertebra.frame
    outward = frame.direction_to_world(-best.direction)
    skin = way_to_skin(site.spine, frame.to_world(entry), outward)
    check = check_path(site.fields, approach, state, skin.air_mm)
    violations = (*check.violations, *check_reach(skin.depth_mm, length, needle))
    axial, sagittal = angles_deg(best.direction[None], approach.side.sign)
    target = best.target_mm[None]
    balloon = None
    slant = float(np.degrees(np.arcsin(state.of(Feature.INCIDENCE)[0])))
    notes = [*([skin.note] if skin.note else []), *_entry_notes(slant)]
    if aim.procedure is Procedure.KYPHOPLASTY:
        balloon = _longest_balloon(site, approach, best)
        notes += _kyphoplasty_notes(approach, state, balloon)
        violations += _no_balloon(approach, balloon)
    probability = breach_probability(
        site.fields, approach, (best.target_mm, best.direction), length
    )
    path = NeedlePath(
        side=approach.side.side,
        needle=needle,
        entry_lps_mm=frame.to_world(entry),
        target_lps_mm=frame.to_world(best.target_mm),
        skin_entry_lps_mm=skin.entry_lps_mm,
        length_mm=length,
        skin_depth_mm=skin.depth_mm,
        axial_angle_deg=float(axial[0]),
        sagittal_angle_deg=float(sagittal[0]),
        margins=check.margins,
        gertzbein_robbins=check.gertzbein_robbins,
        tip_thirds=_tip_thirds(site.shape, target),
        tip_depth_fraction=float(site.shape.depth_fraction(target)[0]),
        safe=not violations,
        violations=violations,
        entry_angle_deg=slant,
        breach_probability=probability,
        balloon_mm=balloon,
        notes=tuple(notes),
    )
    terms = {name: float(value[0]) for name, value in path_terms(state, approach).items()}
    terms["penalty"] = -PENALTY_PER_MM2 * float(penalty(state, approach)[0])
    offset = abs(float(best.target_mm[0]) - site.shape.middle_x_mm)
    return FinishedPath(
        path=path,
        score=float(np.clip(score_paths(state, approach)[0], 0.0, 1.0)),
        terms=tuple(terms.items()),
        midline_share=offset / site.shape.half_width_mm,
    )


def _entry_notes(angle_deg: float) -> tuple[str, ...]:
    if angle_deg >= _SLIPPERY_DEG:
        return ()
    text = (
        f"the needle meets the bone at {angle_deg:.0f}° to its surface, less than "
        f"{_SLIPPERY_DEG:.0f}°: it may slip off"
    )
    return (text,)


def check_reach(skin_depth_mm: float | None, length_mm: float, needle: Needle) -> tuple[str, ...]:
    """Return a sentence if skin entry and tip lie farther apart than the needle reaches."""
    reach = needle.usable_length_mm
    if skin_depth_mm is None or skin_depth_mm + length_mm <= reach + ROUNDING_MM:
        return ()
    way = skin_depth_mm + length_mm
    return (f"needle length: {way:.1f} mm from skin to tip, the needle reaches {reach:g} mm",)


def _single_state(site: Site, approach: Approach, aim: Aim, best: BestPath) -> PathState:
    targets, directions = best.target_mm[None], best.direction[None]
    return PathState(
        targets_mm=targets,
        directions=directions,
        features=site.fields.trace(targets, directions, approach.side, plain_trace(approach)),
        tip_ideal_mm=aim.tip_mm,
        tip_sigma_mm=aim.sigma_mm,
    )


def _tip_thirds(shape: BodyShape, target: FloatArray) -> tuple[str, str, str]:
    def third(fraction: FloatArray, names: tuple[str, str, str]) -> str:
        return names[int(np.clip(np.floor(3.0 * float(fraction[0])), 0, 2))]

    return (
        third(shape.depth_fraction(target), ("posterior", "middle", "anterior")),
        third(shape.height_fraction(target), ("inferior", "middle", "superior")),
        third(shape.width_fraction(target), ("right", "middle", "left")),
    )


def _longest_balloon(site: Site, approach: Approach, best: BestPath) -> float:
    """Longest balloon whose bed fits: within the body and its anterior two thirds."""
    rules = approach.rules
    for length in rules.balloon_lengths_mm:
        back = best.target_mm - length * best.direction
        if float(site.shape.depth_fraction(back[None])[0]) < 1.0 / 3.0:
            continue
        bed = Trace(radius_mm=rules.balloon_radius_mm, length_mm=length, tip_part_mm=length + 2.0)
        features = site.fields.trace(
            best.target_mm[None], best.direction[None], approach.side, bed
        )[0]
        walls = (Feature.SUPERIOR, Feature.INFERIOR, Feature.ANTERIOR, Feature.LATERAL)
        if min(features[wall] for wall in walls) >= 0.0:
            return length
    return 0.0


def _kyphoplasty_notes(approach: Approach, state: PathState, balloon_mm: float) -> list[str]:
    rules = approach.rules
    near, far = rules.cannula_inside_mm
    inside = float(state.of(Feature.TIP_POSTERIOR)[0])
    bed = (
        "the target is the distal end of the balloon's bed: the cannula stops "
        f"{near:g}-{far:g} mm inside the posterior wall, the drill goes on by about "
        f"{max(inside - (near + far) / 2, 0.0):.0f} mm"
    )
    notes = [bed]
    sizes = ", ".join(f"{size:g}" for size in sorted(rules.balloon_lengths_mm))
    if balloon_mm > 0.0:
        notes.append(
            f"the longest of the {sizes} mm balloons with {rules.balloon_radius_mm:g} mm of room "
            f"around its axis in the anterior two thirds is {balloon_mm:g} mm"
        )
    return notes


def _no_balloon(approach: Approach, balloon_mm: float) -> tuple[str, ...]:
    if balloon_mm > 0.0:
        return ()
    rules = approach.rules
    sizes = ", ".join(f"{size:g}" for size in sorted(rules.balloon_lengths_mm))
    text = (
        f"balloon: none of {sizes} mm has {rules.balloon_radius_mm:g} mm of room around its axis "
        "within the anterior two thirds of this body"
    )
    return (text,)
