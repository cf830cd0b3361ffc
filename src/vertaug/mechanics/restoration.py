"""How much cement gives a vertebra back the stiffness and strength that it had."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.errors import InputError
from vertaug.mechanics.cement_bone import CementBone, with_cement
from vertaug.mechanics.comparison import StrengthOptions, spread_cement
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.failure import failure_loads, main_definition
from vertaug.mechanics.model import VertebraModel
from vertaug.mechanics.plastic import crush

MOLLOY_2003_FILL = {"strength": 0.162, "stiffness": 0.298}
"""Share of the volume of the body at which the regression lines of 120 vertebral bodies, T6 to L5,
bipedicular, 2 to 8 ml, cross the intact value; r2 0.21 and 0.27 (Molloy, Mathis, Belkoff, Spine
2003;28:1549; abstract read)."""
BELKOFF_2001_STRENGTH_ML = 2.0
"""Least volume that restored strength in every region (Belkoff, Mathis, Jasper, Deramond, Spine
2001;26:1537; physics reference 2.3, verified)."""
BELKOFF_2001_STIFFNESS_ML = {
    "Orthocomp": {"thoracic": 4.0, "thoracolumbar": 4.0, "lumbar": 6.0},
    "Simplex-20": {"thoracic": 4.0, "thoracolumbar": 8.0, "lumbar": 4.0},
}
"""Least volumes that restored stiffness, of the same study (verified). Orthocomp is about twice as
stiff as PMMA (Jasper 2002, verified)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillStep:
    """A vertebra with one volume of cement.

    Attributes
    ----------
    volume_ml : float
        0 without cement.
    fill : float
        Cement as a share of the volume of the body.
    stiffness_n_per_mm : float
        In compression.
    strength_n : float
        By the definition named.
    definition : str
        As in `vertaug.mechanics.failure`.
    """

    volume_ml: float
    fill: float
    stiffness_n_per_mm: float
    strength_n: float
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoringFill:
    """Share of the body that cement fills where the intact value is met, None if it is not.

    Attributes
    ----------
    strength, stiffness : float or None
        0 where nothing had been lost.
    """

    strength: float | None
    stiffness: float | None


def body_volume_ml(model: VertebraModel) -> float:
    """Return the volume of the voxels of bone of a model, without caps."""
    return float(np.count_nonzero(model.bone_mpa) * model.grid.voxel_volume_mm3 / 1000.0)


def measure_fill(
    model: VertebraModel,
    tips_lps_mm: Sequence[ArrayLike],
    volume_ml: float,
    options: StrengthOptions | None = None,
) -> FillStep:
    """Return stiffness and strength of a model with a volume of cement about needle tips.

    Parameters
    ----------
    model : VertebraModel
        Without cement.
    tips_lps_mm : sequence of (3,) array-like
    volume_ml : float
        In all; 0 leaves the model as it is.
    options : StrengthOptions, optional
        Of these ``surface``, ``linear_only`` and ``cement``.

    Raises
    ------
    InputError
        If the bone has no room for the cement.
    ComputationError
        If a solution did not converge.
    """
    options = options or StrengthOptions()
    filled = _fill(model, tips_lps_mm, volume_ml, options.cement)
    pressed = solve_elastic(filled)
    plastic = None if options.linear_only else crush(filled, options.surface)
    loads = failure_loads(pressed, model.height_mm, plastic)
    name = main_definition(loads).name
    return FillStep(
        volume_ml=volume_ml,
        fill=volume_ml / body_volume_ml(model),
        stiffness_n_per_mm=pressed.stiffness,
        strength_n=next(load.force_n or 0.0 for load in loads if load.name == name),
        definition=name,
    )


def find_restoring_fill(steps: Iterable[FillStep], intact: FillStep) -> RestoringFill:
    """Return where a series of fills meets the intact values, linear between its steps.

    Parameters
    ----------
    steps : iterable of FillStep
        Of the weakened vertebra, in rising fill.
    intact : FillStep
        Before the overload, without cement.

    Raises
    ------
    InputError
        If the fills do not rise, or loads of different definitions would be compared.
    """
    series = list(steps)
    fill = np.array([step.fill for step in series])
    if fill.size == 0 or np.any(np.diff(fill) <= 0.0):
        message = f"the fills of a series rise; got {fill.tolist()}"
        raise InputError(message)
    names = {step.definition for step in (*series, intact)}
    if len(names) > 1:
        message = f"failure loads of one definition can be compared; got {', '.join(sorted(names))}"
        raise InputError(message)
    return RestoringFill(
        strength=_first_crossing(fill, [step.strength_n for step in series], intact.strength_n),
        stiffness=_first_crossing(
            fill, [step.stiffness_n_per_mm for step in series], intact.stiffness_n_per_mm
        ),
    )


def _fill(
    model: VertebraModel, tips: Sequence[ArrayLike], volume_ml: float, law: CementBone
) -> VertebraModel:
    if volume_ml == 0.0:
        return model
    return with_cement(model, spread_cement(model, tips, volume_ml, law), law)


def _first_crossing(fill: ArrayLike, values: Sequence[float], wanted: float) -> float | None:
    x, y = np.asarray(fill, dtype=np.float64), np.asarray(values, dtype=np.float64)
    reached = np.flatnonzero(y >= wanted)
    if not reached.size:
        return None
    n = int(reached[0])
    if n == 0:
        return float(x[0])
    share = (wanted - y[n - 1]) / (y[n] - y[n - 1])
    return float(x[n - 1] + share * (x[n] - x[n - 1]))
