"""What a vertebra bears as it is and with cement, beside simpler measures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.density import DensityCalibration
from vertaug.case.errors import InputError
from vertaug.case.filling import Filling
from vertaug.case.grid import FloatArray
from vertaug.case.spine import Vertebra
from vertaug.case.strength import (
    Competitors,
    StrengthAssessment,
    StrengthState,
)
from vertaug.mechanics.bone_material import BoneMaterial
from vertaug.mechanics.caps import model_from_vertebra
from vertaug.mechanics.cement_bone import (
    CementBone,
    cement_volume_ml,
    ellipsoid_share,
)
from vertaug.mechanics.comparison_words import (
    describe_ellipsoids,
    describe_method,
    list_findings,
    list_limits,
)
from vertaug.mechanics.density_shift import measure_sensitivity
from vertaug.mechanics.injected_cement import PlacedCement, place_filling
from vertaug.mechanics.load_transfer import divide_body
from vertaug.mechanics.model import VertebraModel
from vertaug.mechanics.plastic_body import YieldSurface
from vertaug.mechanics.rigidity import (
    measure_axial_rigidity,
    measure_density,
    strength_by_rigidity,
)
from vertaug.mechanics.strength_state import fill_model, measure_state

Tell = Callable[[str, float], None]
_OVERLAP_STEPS, _VOLUME_ERROR = 30, 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthOptions:
    """How strength is computed.

    Attributes
    ----------
    cement_ml : float or None
        In ellipsoids, in all; None without such cement.
    surface : YieldSurface
    linear_only : bool
        Leave out the elastic-plastic curve.
    spacing_mm : float
        Of the voxels, where the model is made from the anatomy.
    material : BoneMaterial
    cement : CementBone
    """

    cement_ml: float | None = None
    surface: YieldSurface = YieldSurface.TRESCA
    linear_only: bool = False
    spacing_mm: float = 1.0
    material: BoneMaterial = field(default_factory=BoneMaterial)
    cement: CementBone = field(default_factory=CementBone)

    def __post_init__(self) -> None:
        if self.cement_ml is not None and not 0.0 < self.cement_ml <= 20.0:
            message = f"a volume of cement is above 0 and at most 20 ml; got {self.cement_ml:g} ml"
            raise InputError(message)


def assess_strength(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    options: StrengthOptions | None = None,
    tips_lps_mm: Sequence[ArrayLike] = (),
    tell: Tell | None = None,
    *,
    filling: Filling | None = None,
    scanned: Callable[[], StrengthAssessment] | None = None,
) -> StrengthAssessment:
    """Return what a vertebra bears before and, if asked for, with cement.

    Cement is that of a simulated injection, or ellipsoids of ``options.cement_ml``.

    Parameters
    ----------
    vertebra : Vertebra
        Complete.
    calibration : DensityCalibration
    options : StrengthOptions, optional
    tips_lps_mm : sequence of (3,) array-like
        Where the cement spreads from, in equal parts; default: the centroid of the body.
    tell : callable, optional
        Takes (message, fraction).
    filling : Filling, optional
        Of this vertebra; ``options.cement_ml`` must then be None.
    scanned : callable, optional
        Gives the same without cement, so that it is not computed again; called once the cement
        has its place.

    Raises
    ------
    LevelError
        If the vertebra is incomplete.
    InputError
        If a number cannot be used, the bone has no room for the cement, or the filling is of
        another vertebra.
    ComputationError
        If a solution did not converge; there is then no number at all.
    """
    options, tell = options or StrengthOptions(), tell or _say_nothing
    if filling is not None:
        _check_filling(filling, vertebra.level, options)

    def build(law: DensityCalibration) -> VertebraModel:
        return model_from_vertebra(vertebra, law, options.material, spacing_mm=options.spacing_mm)

    model = build(calibration)
    if filling is not None:
        cement: PlacedCement | None = place_filling(model, filling, options.cement)
    else:
        tips = list(tips_lps_mm) or [vertebra.frame.origin_lps_mm]
        cement = _place_ellipsoids(model, tips, options, planned=len(tips_lps_mm))
    if scanned is not None:
        own = scanned()
        found = _assess(model, vertebra.level, options, cement, tell, before=own.before)
        return replace(found, competitors=own.competitors, sensitivity=own.sensitivity)
    found = _assess(model, vertebra.level, options, cement, tell)
    tell("uncertainty of the density", 0.8)
    surface = None if options.linear_only else options.surface
    density = measure_density(vertebra, calibration)
    return replace(
        found,
        competitors=replace(
            found.competitors,
            areal_mg_per_cm2=density.areal_mg_per_cm2,
            integral_mg_per_ml=density.integral_mg_per_ml,
            trabecular_mg_per_ml=density.trabecular_mg_per_ml,
        ),
        sensitivity=measure_sensitivity(
            build,
            calibration,
            density.integral_mg_per_ml,
            surface,
            lambda message, share: tell(message, 0.8 + 0.2 * share),
        ),
    )


def assess_model(
    model: VertebraModel,
    name: str,
    options: StrengthOptions | None = None,
    tell: Tell | None = None,
    body: VertebraModel | None = None,
) -> StrengthAssessment:
    """Return what a model bears; for models from calibrated images without an anatomy.

    Cement, if asked for, spreads from the centroid of the bone. Densities and their uncertainty
    are not known.

    Parameters
    ----------
    model : VertebraModel
    name : str
        Of the vertebra.
    options : StrengthOptions, optional
    tell : callable, optional
    body : VertebraModel, optional
        The same without posterior elements, which carry next to nothing: for the axial rigidity
        and the place of the cement. Default: the model.

    Raises
    ------
    InputError, ComputationError
        As `assess_strength`.
    """
    options, alone = options or StrengthOptions(), body or model
    centre = alone.grid.to_world(np.argwhere(alone.bone_mpa > 0.0).mean(axis=0))
    cement = _place_ellipsoids(model, [centre], options, planned=0)
    found = _assess(model, name, options, cement, tell or _say_nothing)
    if body is None:
        return found
    competitors, missing = _compete(body)
    notes = (*found.notes, "Shares of bone and load count the posterior elements.", *missing)
    return replace(found, competitors=competitors, notes=tuple(dict.fromkeys(notes)))


def spread_cement(
    model: VertebraModel,
    tips_lps_mm: Sequence[ArrayLike],
    volume_ml: float,
    law: CementBone | None = None,
) -> FloatArray:
    """Return shares of cement in ellipsoids of equal volume about tips, with a given sum.

    Where the ellipsoids overlap they grow until together they hold the volume.

    Raises
    ------
    InputError
        If the bone has no room for it.
    """
    law = law or CementBone()
    if len(tips_lps_mm) == 1:
        return ellipsoid_share(model, tips_lps_mm[0], volume_ml, law=law)
    room = cement_volume_ml(model, model.bone_mpa > 0.0, law)
    if not 0.0 < volume_ml <= room:
        message = (
            f"the bone of the model has room for {room:.1f} ml of cement; got {volume_ml:g} ml"
        )
        raise InputError(message)
    each = volume_ml / len(tips_lps_mm)
    for _ in range(_OVERLAP_STEPS):
        parts = [ellipsoid_share(model, tip, each, law=law) for tip in tips_lps_mm]
        share = np.max(parts, axis=0)
        held = cement_volume_ml(model, share, law)
        if abs(held - volume_ml) <= _VOLUME_ERROR * volume_ml:
            break
        each = min(each * volume_ml / held, room)
    return np.asarray(share)


def _check_filling(filling: Filling, level: str, options: StrengthOptions) -> None:
    if options.cement_ml is not None:
        message = (
            f"cement is given twice: a filling, and {options.cement_ml:g} ml in ellipsoids; leave "
            "cement_ml out"
        )
        raise InputError(message)
    if filling.level != level:
        message = f"the filling is of {filling.level}, the strength is asked for of {level}"
        raise InputError(message)


def _place_ellipsoids(
    model: VertebraModel, tips: Sequence[ArrayLike], options: StrengthOptions, *, planned: int
) -> PlacedCement | None:
    """Return ellipsoids about tips, None without cement; ``planned`` tips are a plan's."""
    if options.cement_ml is None:
        return None
    share = spread_cement(model, tips, options.cement_ml, options.cement)
    return PlacedCement(
        share=share,
        bone_share=None,
        volume_ml=options.cement_ml,
        words=describe_ellipsoids(planned),
        notes=(
            (
                "The cement is a shape, not a simulated injection: real cement follows cracks and "
                "clefts."
            ),
        ),
    )


def _assess(
    model: VertebraModel,
    level: str,
    options: StrengthOptions,
    cement: PlacedCement | None,
    tell: Tell,
    *,
    before: StrengthState | None = None,
) -> StrengthAssessment:
    parts = divide_body(model)
    surface = None if options.linear_only else options.surface
    start, end = 0.0, 0.8 if cement is None else 0.4
    if before is None:
        empty = np.zeros(model.grid.shape)
        before = measure_state(model, parts, empty, surface, _within(tell, "before", (0.0, end)))
        start = 0.4
    after = None
    if cement is not None:
        filled, share = fill_model(model, cement, options.cement)
        after = measure_state(
            filled, parts, share, surface, _within(tell, "with cement", (start, end))
        )
    competitors, missing = _compete(model)
    limits = list_limits(
        linear=options.linear_only, cement=cement is not None, levels=bool(parts.free.size)
    )
    found = StrengthAssessment(
        level=level,
        before=before,
        after=after,
        cement_ml=None if cement is None else round(cement.volume_ml, 3),
        competitors=competitors,
        sensitivity=None,
        height_mm=model.height_mm,
        spacing_mm=float(model.grid.spacing_mm[2]),
        voxels=int(model.filled.sum()),
        method=describe_method(
            model,
            options.material,
            None if surface is None else surface.value,
            options.cement if cement is not None else None,
            "" if cement is None else cement.words,
        ),
        notes=(*limits, *model.notes, *(() if cement is None else cement.notes), *missing),
        assumed_cement=options.cement_ml is not None,
    )
    return replace(found, notes=(*list_findings(found), *found.notes))


def _within(tell: Tell, name: str, part: tuple[float, float]) -> Tell:
    """Return what tells the progress of a part that begins at a share and takes a share."""
    start, share = part
    return lambda message, done: tell(f"{name}: {message}", start + done * share)


def _compete(model: VertebraModel) -> tuple[Competitors, tuple[str, ...]]:
    try:
        rigidity = measure_axial_rigidity(model)
    except InputError:
        return Competitors(), (
            "No axial rigidity: endplates and caps meet in every layer of this body.",
        )
    return Competitors(
        minimum_rigidity_n=rigidity.minimum_n,
        strength_by_rigidity_n=strength_by_rigidity(rigidity),
    ), ()


def _say_nothing(message: str, fraction: float) -> None:
    """Hear nothing."""
    del message, fraction
