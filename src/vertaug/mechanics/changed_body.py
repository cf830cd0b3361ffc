"""The strength of a body that a procedure changed before its cement, beside the body as scanned."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.filling import Filling
from vertaug.case.strength import StrengthAssessment
from vertaug.mechanics.comparison import StrengthOptions
from vertaug.mechanics.comparison_words import (
    AFTER_BALLOONS,
    describe_method,
    list_findings,
    list_limits,
)
from vertaug.mechanics.injected_cement import place_filling
from vertaug.mechanics.load_transfer import divide_body
from vertaug.mechanics.model import VertebraModel
from vertaug.mechanics.strength_state import fill_model, measure_state


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangedBody:
    """A body after balloons, before cement.

    Attributes
    ----------
    model : VertebraModel
    cavity : (ni, nj, nk) bool array
        Voxels that are mostly cavity: empty.
    scanned_mg, taken_mg, left_mg : float
        Mass of bone, K2HPO4-equivalent, in the voxels: as scanned, taken out for the folded
        balloons, and in the model.
    """

    model: VertebraModel
    cavity: NDArray[np.bool_]
    scanned_mg: float
    taken_mg: float
    left_mg: float


def assess_changed(
    changed: ChangedBody,
    filling: Filling,
    scanned: StrengthAssessment,
    options: StrengthOptions | None = None,
    tell: Callable[[str, float], None] | None = None,
) -> StrengthAssessment:
    """Return what a body bears after balloons and with cement, beside the body as scanned.

    Laws, definitions and measures are those of `comparison.assess_strength`; the apparent strain
    is that of the body's own height.

    Parameters
    ----------
    changed : ChangedBody
    filling : Filling
        Into it.
    scanned : StrengthAssessment
        Of the same vertebra; its ``before`` is taken as it is.
    options : StrengthOptions, optional
        Those of ``scanned``.
    tell : callable, optional
        Takes (message, fraction).

    Raises
    ------
    InputError
        If filling or voxels are not those of the body as scanned, or the bone has no room for the
        cement.
    ComputationError
        If a solution did not converge.
    """
    options = options or StrengthOptions()
    model = changed.model
    _check(changed, filling, scanned)
    parts = divide_body(model, cavity=changed.cavity)
    cement = place_filling(model, filling, options.cement, changed.cavity)
    filled, share = fill_model(model, cement, options.cement)
    surface = None if options.linear_only else options.surface
    after = measure_state(filled, parts, share, surface, tell or _say_nothing)
    limits = list_limits(linear=surface is None, cement=True, levels=bool(parts.free.size))
    found = replace(
        scanned,
        after=after,
        cement_ml=round(cement.volume_ml, 3),
        voxels=int(model.filled.sum()),
        method=(
            *describe_method(
                model,
                options.material,
                None if surface is None else surface.value,
                options.cement,
                cement.words,
            ),
            _mass_words(changed),
        ),
        notes=(),
        assumed_cement=False,
        after_balloons=True,
        after_height_mm=model.height_mm,
    )
    notes = (*list_findings(found), AFTER_BALLOONS, *limits, *model.notes, *cement.notes)
    return replace(found, notes=notes)


def _check(changed: ChangedBody, filling: Filling, scanned: StrengthAssessment) -> None:
    if filling.level != scanned.level:
        message = f"the filling is of {filling.level}, the strength as scanned of {scanned.level}"
        raise InputError(message)
    spacing = float(changed.model.grid.spacing_mm[2])
    if abs(spacing - scanned.spacing_mm) > 1e-6:
        message = (
            f"the body after balloons has voxels of {spacing:g} mm, the one as scanned of "
            f"{scanned.spacing_mm:g} mm: their loads cannot be compared"
        )
        raise InputError(message)


def _mass_words(changed: ChangedBody) -> str:
    before, taken, left = (
        m / 1000.0 for m in (changed.scanned_mg, changed.taken_mg, changed.left_mg)
    )
    return (
        f"Bone after the balloons: the voxels as scanned hold {before:.2f} g (K2HPO4-equivalent), "
        f"{taken:.2f} g were taken out for the folded balloons, the model has {left:.2f} g; moved "
        "with the points of the balloons' model, bone pressed together by their motion is as much "
        "denser, and the caps follow the moved endplates. The cavity is empty where no cement is."
    )


def _say_nothing(message: str, fraction: float) -> None:
    """Hear nothing."""
    del message, fraction
