"""The radiographs of a report: working views, and each needle step by step."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.plan import NeedlePath, WorkingView
from vertaug.case.spine import Spine, Vertebra
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.needle_series import (
    MedialBorderRule,
    NeedleStep,
    check_medial_border,
    needle_in_place,
    needle_steps,
)
from vertaug.fluoroscopy.patient import XrayPatient
from vertaug.fluoroscopy.presets import carm_preset
from vertaug.fluoroscopy.radiograph import Radiograph, show_view
from vertaug.fluoroscopy.view import FixedView, fix_view
from vertaug.fluoroscopy.working_view import WORKING_ZOOM, aim_at_view, centre_on_needle
from vertaug.report.filling_films import film_patient

_PRESET = "mobile"
_VIEW_PIXELS, _SERIES_PIXELS = 640, 480
_SERIES_ZOOM = 1.6
_SEED = 20
"""Noise is drawn from a fixed seed, so that a report made again is the same."""
VIEW_NAMES = {
    "ap": "True AP",
    "lateral": "True lateral",
    "barrel_left": "Down left needle",
    "barrel_right": "Down right needle",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeedleFilm:
    """A needle step by step.

    Attributes
    ----------
    path : NeedlePath
    steps : tuple of NeedleStep
    ap, lateral : tuple of Radiograph
        One image a step.
    rule : MedialBorderRule
    """

    path: NeedlePath
    steps: tuple[NeedleStep, ...]
    ap: tuple[Radiograph, ...]
    lateral: tuple[Radiograph, ...]
    rule: MedialBorderRule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Films:
    """All radiographs of a report.

    Attributes
    ----------
    views : tuple of (str, Radiograph)
        Working views by name, with the needles of the best plan in place.
    needles : tuple of NeedleFilm
    sides : tuple of str
        Sides of the needles of that plan.
    """

    views: tuple[tuple[str, Radiograph], ...]
    needles: tuple[NeedleFilm, ...]
    sides: tuple[str, ...] = ()


def take_films(
    spine: Spine,
    level: str,
    views: tuple[WorkingView, ...],
    paths: tuple[NeedlePath, ...],
    patient: XrayPatient | None = None,
) -> Films:
    """Take the radiographs of a plan, prone, with the tube under the table.

    Parameters
    ----------
    level : str
        Level to treat.
    views : tuple of WorkingView
    paths : tuple of NeedlePath
        Needles of the plan.
    patient : XrayPatient, optional
        Of the same spine; prepared here if not given.
    """
    seen = film_patient(spine) if patient is None else patient
    vertebra = spine[level]
    arm = carm_preset(_PRESET, vertebra.frame.origin_lps_mm)
    shown = tuple(
        (view.name, _working_view(seen, arm, view, paths))
        for view in views
        if not view.name.startswith("barrel") or _needle_of(view, paths) is not None
    )
    by_name = {view.name: view for view in views}
    needles: tuple[NeedleFilm, ...] = ()
    if {"ap", "lateral"} <= by_name.keys():
        coarse = _between(arm, paths).zoom(_SERIES_ZOOM).with_pixels(_SERIES_PIXELS)
        fixed = tuple(
            fix_view(seen, aim_at_view(coarse, by_name[name])) for name in ("ap", "lateral")
        )
        needles = tuple(_needle_film(vertebra, path, fixed[0], fixed[1]) for path in paths)
    return Films(views=shown, needles=needles, sides=tuple(path.side for path in paths))


def _between(arm: CArm, paths: tuple[NeedlePath, ...]) -> CArm:
    """Return the arm moved toward the bone entries, so that they are seen with the body."""
    if not paths:
        return arm
    entries = np.mean([path.entry_lps_mm for path in paths], axis=0)
    return arm.centre_on(arm.isocentre_lps_mm + 0.4 * (entries - arm.isocentre_lps_mm))


def _working_view(
    patient: XrayPatient, arm: CArm, view: WorkingView, paths: tuple[NeedlePath, ...]
) -> Radiograph:
    needle = _needle_of(view, paths)
    placed = arm if needle is None else centre_on_needle(arm, needle)
    carm = aim_at_view(placed.zoom(WORKING_ZOOM).with_pixels(_VIEW_PIXELS), view)
    seen = paths if needle is None else (needle,)
    matter = [part for path in seen for part in needle_in_place(path)]
    return show_view(fix_view(patient, carm), matter, np.random.default_rng(_SEED))


def _needle_of(view: WorkingView, paths: tuple[NeedlePath, ...]) -> NeedlePath | None:
    """Return the needle that a view looks along."""
    side = view.name.removeprefix("barrel_")
    return next((path for path in paths if path.side == side), None)


def _needle_film(
    vertebra: Vertebra, path: NeedlePath, ap: FixedView, lateral: FixedView
) -> NeedleFilm:
    steps = needle_steps(vertebra, path, ap.carm, lateral.carm)
    images = [
        tuple(
            show_view(view, needle_in_place(path, step.depth_mm), np.random.default_rng(_SEED + n))
            for n, step in enumerate(steps)
        )
        for view in (ap, lateral)
    ]
    return NeedleFilm(
        path=path,
        steps=steps,
        ap=images[0],
        lateral=images[1],
        rule=check_medial_border(vertebra, path, ap.carm, lateral.carm),
    )
