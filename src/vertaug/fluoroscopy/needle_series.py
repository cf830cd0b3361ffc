"""The needle step by step, as it is checked in AP and lateral.

Physics reference 6.2, clinical reference 3.4: on the way in, the tip must have passed the
posterior wall on the lateral image before it passes the medial border of the pedicle on the AP
image. Both are evaluated on the images themselves: points are projected by the C-arm and
compared where they are seen.
"""

from dataclasses import dataclass, replace

import numpy as np

from vertaug.case.grid import FloatArray, read_only
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import Pedicle, Vertebra
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.matter import WATER_G_PER_ML, Cylinder
from vertaug.tissue.material import Material

_STEP_MM, _APART_MM, _NOTHING_MM = 0.1, 1.5, 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeedleStep:
    """One position of the tip.

    Attributes
    ----------
    name : str
        ``bone entry``, ``half way to wall`` (the posterior one), ``narrowest pedicle``
        (or ``beside the pedicle``), ``posterior wall``, ``medial border`` and ``target``.
    depth_mm : float
        From the bone entry along the needle.
    tip_lps_mm : (3,) float64 array
        Where the tip is.
    """

    name: str
    depth_mm: float
    tip_lps_mm: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "tip_lps_mm", read_only(self.tip_lps_mm, np.float64))


@dataclass(frozen=True, slots=True, kw_only=True)
class MedialBorderRule:
    """Whether the tip passes the posterior wall before the medial border of the pedicle.

    Attributes
    ----------
    kept : bool or None
        None if the pedicle of that side is not known.
    posterior_wall_depth_mm : float or None
        From bone entry to where the tip passes the posterior wall on the lateral image; None
        if it never does.
    medial_border_depth_mm : float or None
        To where it passes the medial border on the AP image; None if it never does.
    margin_mm : float or None
        How far the tip lies lateral to the medial border when it passes the posterior wall, at
        the patient's scale; negative if it is medial to it already.
    sentence : str
        The same in words.
    """

    kept: bool | None
    posterior_wall_depth_mm: float | None
    medial_border_depth_mm: float | None
    margin_mm: float | None
    sentence: str


def needle_in_place(path: NeedlePath, depth_mm: float | None = None) -> tuple[Cylinder, ...]:
    """Return the needle with its stylet, pushed in along its path.

    It is the part inside the patient and, where the skin is known, the part outside, around
    which there is no tissue to give way.

    Parameters
    ----------
    depth_mm : float, optional
        Of the tip from the bone entry; by default to the target.
    """
    parts = _parts(path, path.length_mm if depth_mm is None else depth_mm)
    return tuple(_shaft(path, part, path.needle.radius_mm) for part in parts)


def cannula_in_place(
    path: NeedlePath, bore_mm: float, content: Material | None = None
) -> tuple[Cylinder, ...]:
    """Return the needle at its target without its stylet, as cement is injected through it.

    Parameters
    ----------
    path : NeedlePath
    bore_mm : float
        Diameter of the bore.
    content : Material, optional
        Of what fills the bore, such as cement; default: tissue.
    """
    outer, inner = path.needle.radius_mm, 0.5 * bore_mm
    parts = _parts(path, path.length_mm)
    tube = [replace(_shaft(path, part, outer), bore_radius_mm=inner) for part in parts]
    if content is None:
        return tuple(tube)
    filled = [replace(_shaft(path, part, inner), material=content) for part in parts]
    return (*tube, *filled)


def _parts(path: NeedlePath, tip: float) -> tuple[tuple[float, float, float], ...]:
    """Return start and end, mm from bone entry, and what gives way, in and outside the patient."""
    end = tip - path.needle.usable_length_mm
    skin = end if path.skin_depth_mm is None else -path.skin_depth_mm
    parts = [(max(end, min(skin, tip)), tip, WATER_G_PER_ML)]
    if skin > end:
        parts.append((end, min(skin, tip), 0.0))
    return tuple(part for part in parts if part[1] - part[0] >= _NOTHING_MM)


def _shaft(path: NeedlePath, part: tuple[float, float, float], radius_mm: float) -> Cylinder:
    start, end, displaced = part
    along = _direction(path)
    return Cylinder(
        start_lps_mm=path.entry_lps_mm + start * along,
        end_lps_mm=path.entry_lps_mm + end * along,
        radius_mm=radius_mm,
        displaced_g_per_ml=displaced,
    )


def needle_steps(
    vertebra: Vertebra, path: NeedlePath, ap: CArm, lateral: CArm
) -> tuple[NeedleStep, ...]:
    """Return the positions at which a needle is checked, on the way in.

    A position less than 1.5 mm from a more important one is left out.

    Parameters
    ----------
    ap, lateral : CArm
        The views: on the lateral the posterior wall is passed, on the AP the medial border.
    """
    within = path.gertzbein_robbins is not None
    rule = check_medial_border(vertebra, path, ap, lateral)
    wall, border = rule.posterior_wall_depth_mm, rule.medial_border_depth_mm
    pedicle = _pedicle(vertebra, path.side)
    wanted: list[tuple[str, float | None]] = [
        ("bone entry", 0.0),
        ("target", path.length_mm),
        ("posterior wall", wall),
        ("medial border", border),
    ]
    if pedicle is not None:
        depth = float((pedicle.isthmus_lps_mm - path.entry_lps_mm) @ _direction(path))
        wanted.append(("narrowest pedicle" if within else "beside the pedicle", depth))
    if wall is not None and within and pedicle is not None:
        wanted.append(("half way to wall", wall / 2))
    steps: list[NeedleStep] = []
    for name, at in wanted:
        if at is None or not 0.0 <= at <= path.length_mm:
            continue
        if all(abs(step.depth_mm - at) >= _APART_MM for step in steps):
            steps.append(_step(name, at, path))
    return tuple(sorted(steps, key=lambda step: step.depth_mm))


def check_medial_border(
    vertebra: Vertebra, path: NeedlePath, ap: CArm, lateral: CArm
) -> MedialBorderRule:
    """Evaluate the AP/lateral rule on the two images.

    Parameters
    ----------
    ap, lateral : CArm
        The views; the receptor may be on either side.
    """
    pedicle = _pedicle(vertebra, path.side)
    wall = _wall_depth(vertebra, path, lateral)
    if pedicle is None or wall is None:
        lacking = "the pedicle of that side" if pedicle is None else "a posterior wall on its way"
        return MedialBorderRule(
            kept=None,
            posterior_wall_depth_mm=wall,
            medial_border_depth_mm=None,
            margin_mm=None,
            sentence=f"{path.side} needle: cannot be judged without {lacking}",
        )
    depths = np.append(np.arange(0.0, path.length_mm, _STEP_MM), path.length_mm)
    tips = path.entry_lps_mm + depths[:, None] * _direction(path)
    lateral_of_border = _distance_to_border(vertebra, pedicle, ap, tips)
    margin = float(np.interp(wall, depths, lateral_of_border))
    inside = np.flatnonzero(lateral_of_border < 0)
    border = float(depths[inside[0]]) if len(inside) else None
    kept = margin >= 0
    return MedialBorderRule(
        kept=kept,
        posterior_wall_depth_mm=wall,
        medial_border_depth_mm=border,
        margin_mm=margin,
        sentence=_words(path.side, wall, border, margin),
    )


def _words(side: str, wall: float, border: float | None, margin: float) -> str:
    passes = "never passes" if border is None else f"passes at {border:.1f} mm"
    verdict = "kept" if margin >= 0 else "NOT KEPT"
    place = "lateral" if margin >= 0 else "medial"
    return (
        f"{side} needle: rule {verdict}. The tip passes the posterior wall on the lateral image "
        f"{wall:.1f} mm from bone entry and is then {abs(margin):.1f} mm {place} to the medial "
        f"border of the pedicle on the AP image, which it {passes}"
    )


def _wall_depth(vertebra: Vertebra, path: NeedlePath, lateral: CArm) -> float | None:
    """Return where the tip passes the line of the posterior wall on the lateral image."""
    marks = vertebra.landmarks
    top, bottom = lateral.project(np.stack([marks.superior_posterior, marks.inferior_posterior]))
    front = lateral.project(marks.superior_anterior)
    line = bottom - top
    normal = np.array([-line[1], line[0]])
    if (front - top) @ normal < 0:
        normal = -normal
    depths = np.append(np.arange(0.0, path.length_mm, _STEP_MM), path.length_mm)
    tips = path.entry_lps_mm + depths[:, None] * _direction(path)
    ahead = (lateral.project(tips) - top) @ normal
    if ahead[-1] < 0 or ahead[0] > 0:
        return None
    first = int(np.argmax(ahead >= 0))
    share = ahead[first - 1] / (ahead[first - 1] - ahead[first]) if first > 0 else 0.0
    return float(depths[max(first - 1, 0)] + share * (depths[first] - depths[max(first - 1, 0)]))


def _distance_to_border(
    vertebra: Vertebra, pedicle: Pedicle, ap: CArm, tips: FloatArray
) -> FloatArray:
    """Return how far tips are seen lateral to the pedicle's medial border, mm in the patient."""
    outward = vertebra.frame.axes[:, 0] * (1.0 if pedicle.side == "left" else -1.0)
    base = ap.project(np.stack([pedicle.isthmus_lps_mm, pedicle.isthmus_lps_mm + outward]))
    lateral = base[1] - base[0]
    per_mm = float(np.linalg.norm(lateral))
    lateral = lateral / per_mm
    ring = (ap.project(pedicle.contour_lps_mm) - base[0]) @ lateral
    return np.asarray(((ap.project(tips) - base[0]) @ lateral - ring.min()) / per_mm)


def _step(name: str, depth_mm: float, path: NeedlePath) -> NeedleStep:
    return NeedleStep(
        name=name, depth_mm=depth_mm, tip_lps_mm=path.entry_lps_mm + depth_mm * _direction(path)
    )


def _direction(path: NeedlePath) -> FloatArray:
    along = path.target_lps_mm - path.entry_lps_mm
    return np.asarray(along / np.linalg.norm(along))


def _pedicle(vertebra: Vertebra, side: str) -> Pedicle | None:
    return vertebra.left_pedicle if side == "left" else vertebra.right_pedicle
