"""Radiographs of a filling: stills of its frames and a sequence, AP and lateral."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vertaug.augmentation.cement.cannula import tube_of_needle
from vertaug.case.case_content import CaseResults
from vertaug.case.filling import Filling
from vertaug.case.plan import NeedlePath, PlanningResult, Procedure
from vertaug.case.simulation import ProductSheet, SimulatedVertebroplasty
from vertaug.case.spine import Spine
from vertaug.fluoroscopy.cine import Cine, record
from vertaug.fluoroscopy.filling_series import filling_steps, show_frames
from vertaug.fluoroscopy.matter import Cylinder, Matter
from vertaug.fluoroscopy.needle_series import cannula_in_place
from vertaug.fluoroscopy.patient import XrayPatient, prepare_patient
from vertaug.fluoroscopy.presets import carm_preset
from vertaug.fluoroscopy.radiograph import Radiograph, show_view
from vertaug.fluoroscopy.surroundings import Trunk
from vertaug.fluoroscopy.view import FixedView, fix_view, hold_matter
from vertaug.fluoroscopy.working_view import aim_at_view
from vertaug.tissue.material import Material, bone_cement

VIEWS = ("ap", "lateral")
_PRESET, _ZOOM, _PIXELS = "mobile", 1.6, 480
_SEED = 30
"""Noise is drawn from a fixed seed, so that a report made again is the same."""
_CINE_IMAGES, _PULSES_PER_SECOND = 24, 4.0
_PULSES_AN_IMAGE = 3
"""After three pulses an eighth of the image before is left; a design default."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FillingFilms:
    """A filling on the monitor.

    Attributes
    ----------
    before : tuple of 2 Radiograph
        AP and lateral with the needles in place and no cement in the bone.
    ap, lateral : tuple of Radiograph
        One a frame of the filling, with one setting of exposure and display each.
    cines : tuple of Cine
        AP and lateral, from no cement to all of it at equal steps of the volume; empty where no
        sequence was taken.
    cine_mm3 : tuple of float
        Injected at each image of a cine.
    sides : tuple of str
        Needles that are seen.
    first_age_s : float
        Of the cement, from the start of mixing to that of the injection.
    """

    before: tuple[Radiograph, Radiograph]
    ap: tuple[Radiograph, ...]
    lateral: tuple[Radiograph, ...]
    cines: tuple[Cine, ...]
    cine_mm3: tuple[float, ...]
    sides: tuple[str, ...]
    first_age_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseViews:
    """The patient of a case under the C-arm, for all its radiographs.

    Attributes
    ----------
    patient : XrayPatient
    fixed : mapping of str to tuple of FixedView
        AP and lateral of each level where a procedure was simulated, as `fix_views` returns them.
    """

    patient: XrayPatient
    fixed: Mapping[str, tuple[FixedView, ...]]


def view_case(results: CaseResults) -> CaseViews | None:
    """Return the patient of a case and the views of its procedures; None without planned views.

    Parameters
    ----------
    results : CaseResults
    """
    planning = results.planning
    if planning is None or not planning.views:
        return None
    patient = film_patient(results.spine)
    found = [one for one in (results.vertebroplasty, results.kyphoplasty) if one is not None]
    levels = dict.fromkeys(one.level for one in found)
    return CaseViews(
        patient=patient, fixed={level: fix_views(results, level, patient) for level in levels}
    )


def film_patient(spine: Spine) -> XrayPatient:
    """Return the patient as all radiographs of a report take him, completed to a trunk."""
    return prepare_patient(spine.scan, spine.patient, Trunk())


def take_case_films(results: CaseResults, views: CaseViews | None = None) -> FillingFilms | None:
    """Take the radiographs of a case's filling, prone, with the tube under the table.

    None without a vertebroplasty, or where the plan has no AP and lateral view.

    Parameters
    ----------
    results : CaseResults
    views : CaseViews, optional
        Of the same case; made here if not given.
    """
    found, planning = results.vertebroplasty, results.planning
    if found is None or planning is None:
        return None
    fixed = fix_views(results, found.level) if views is None else views.fixed[found.level]
    if not fixed:
        return None
    return film_filling(fixed, found, paths_of(planning, found.setup.plan_number))


def fix_views(
    results: CaseResults, level: str, patient: XrayPatient | None = None
) -> tuple[FixedView, ...]:
    """Return AP and lateral of a level, prone, with the tube under the table; none without a plan.

    Parameters
    ----------
    results : CaseResults
    level : str
    patient : XrayPatient, optional
        Of the same case, as he is to be seen; prepared here if not given.
    """
    planning = results.planning
    if planning is None:
        return ()
    views = {view.name: view for view in planning.views}
    if not set(VIEWS) <= views.keys():
        return ()
    seen = film_patient(results.spine) if patient is None else patient
    frame = results.spine[level].frame
    arm = carm_preset(_PRESET, frame.origin_lps_mm).zoom(_ZOOM).with_pixels(_PIXELS)
    return tuple(fix_view(seen, aim_at_view(arm, views[name])) for name in VIEWS)


def film_filling(
    fixed: tuple[FixedView, ...],
    found: SimulatedVertebroplasty,
    paths: tuple[NeedlePath, ...],
    *,
    animate: bool = True,
) -> FillingFilms:
    """Take the radiographs of an injection.

    Parameters
    ----------
    fixed : tuple of 2 FixedView
        AP and lateral.
    found : SimulatedVertebroplasty
    paths : tuple of NeedlePath
        Of its needles, each to its tip.
    animate : bool
        Also take the sequences.
    """
    filling = found.result.filling
    material = cement_material(found.setup.product)
    needles = tuple(part for path in paths for part in _cannula(path, material))
    views = [hold_matter(view, needles) for view in fixed]
    steps = _cement_steps(filling, material, needles)
    stills = [
        show_frames(view, filling, steps, np.random.default_rng(_SEED + number))
        for number, view in enumerate(views)
    ]
    first = [
        show_view(view, (), np.random.default_rng(_SEED + len(VIEWS) + number))
        for number, view in enumerate(views)
    ]
    moving = _cement_steps(filling, material, needles, _CINE_IMAGES) if animate else []
    return FillingFilms(
        before=(first[0], first[1]),
        ap=stills[0],
        lateral=stills[1],
        cines=tuple(_record(view, moving) for view in views if animate),
        cine_mm3=tuple(np.linspace(0.0, filling.injected_mm3, _CINE_IMAGES).tolist()),
        sides=tuple(path.side for path in paths),
        first_age_s=found.setup.first_age_s,
    )


def cement_material(product: ProductSheet) -> Material:
    """Return what X-rays meet in a product.

    Parameters
    ----------
    product : ProductSheet
    """
    share = next(v.value for v in product.values if v.name == "radiopacifier_mass_share")
    return bone_cement(share, product.radiopacifier)


def paths_of(
    planning: PlanningResult, number: int, procedure: Procedure = Procedure.VERTEBROPLASTY
) -> tuple[NeedlePath, ...]:
    """Return the paths of a plan of a procedure, by its number from 1.

    Parameters
    ----------
    planning : PlanningResult
    number : int
    procedure : Procedure
    """
    plans = [plan for plan in planning.plans if plan.procedure is procedure]
    return plans[number - 1].paths


def _cannula(path: NeedlePath, cement: Material) -> tuple[Cylinder, ...]:
    """Return a needle without its stylet, full of cement."""
    return cannula_in_place(path, tube_of_needle(path.needle).bore_mm, cement)


def _cement_steps(
    filling: Filling, material: Material, needles: tuple[Matter, ...], images: int | None = None
) -> list[tuple[Matter, ...]]:
    """Return the cement of each image, without the needles that it is kept clear of."""
    return [
        step[len(needles) :] for step in filling_steps(filling, material, needles, images=images)
    ]


def _record(view: FixedView, steps: list[tuple[Matter, ...]]) -> Cine:
    """Record images at equal steps of the volume, each when the fluoroscope's filter has settled.

    Between two images pass seconds: the image before must not show through, nor the first be noisy.
    """
    return record(
        view,
        steps,
        np.random.default_rng(_SEED),
        pulses_per_second=_PULSES_PER_SECOND,
        pulses_a_step=_PULSES_AN_IMAGE,
    )
