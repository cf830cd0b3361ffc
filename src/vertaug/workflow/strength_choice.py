"""How the strength of a case is computed, and its computation from the case's results."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vertaug.case.case_content import CaseResults
from vertaug.case.case_file import StrengthParameters
from vertaug.case.errors import InputError, LevelError
from vertaug.case.grid import FloatArray
from vertaug.case.level import parse_augmentable
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.case.spine import Spine
from vertaug.case.strength import StrengthAssessment
from vertaug.case.strength_words import linear_load_n, unusable_words
from vertaug.workflow.strength_limits import find_cement_plan, list_case_limits
from vertaug.workflow.strength_neighbour import find_neighbour

if TYPE_CHECKING:
    from vertaug.mechanics.comparison import StrengthOptions

SURFACES = ("tresca", "mises")
_SPACING_RANGE_MM = (0.5, 4.0)
_MOST_CEMENT_ML = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthChoice:
    """What the user chose.

    Attributes
    ----------
    level : str or None
        None takes the treated one.
    cement_ml : float or None
        None computes the vertebra as it is only.
    surface : str
        ``tresca`` or ``mises``.
    linear_only : bool
    spacing_mm : float
        Of the voxels.
    simulated_cement : bool
        With the cement of the simulated vertebroplasty; ``cement_ml`` is then None.
    kyphoplasty_cement : bool
        Also after the balloons and with the cement of the simulated kyphoplasty.
    """

    level: str | None = None
    cement_ml: float | None = None
    surface: str = SURFACES[0]
    linear_only: bool = False
    spacing_mm: float = 1.0
    simulated_cement: bool = False
    kyphoplasty_cement: bool = False

    def __post_init__(self) -> None:
        if self.level is not None:
            object.__setattr__(self, "level", parse_augmentable(self.level))
        object.__setattr__(self, "surface", self.surface.lower())
        if self.surface not in SURFACES:
            message = f"--surface is one of {', '.join(SURFACES)}; got {self.surface!r}"
            raise InputError(message)
        volume = self.cement_ml
        if volume is not None and not 0.0 < volume <= _MOST_CEMENT_ML:
            message = (
                f"--cement-ml is above 0 and at most {_MOST_CEMENT_ML:g} ml; got {volume:g}; leave "
                "it out to compute the vertebra as it is"
            )
            raise InputError(message)
        low, high = _SPACING_RANGE_MM
        if not low <= self.spacing_mm <= high:
            message = (
                f"--spacing-mm is {low:g} to {high:g} mm, 1 as published; got {self.spacing_mm:g}"
            )
            raise InputError(message)

    @property
    def with_cement(self) -> bool:
        """Whether the vertebra is also computed with cement other than a kyphoplasty's."""
        return self.cement_ml is not None or self.simulated_cement

    def without_cement(self) -> "StrengthChoice":
        """Return the choice for the vertebra as scanned alone."""
        return replace(self, cement_ml=None, simulated_cement=False, kyphoplasty_cement=False)

    def without_kyphoplasty(self) -> "StrengthChoice":
        """Return the choice that does not know of a kyphoplasty."""
        return replace(self, kyphoplasty_cement=False)

    def own_part(self) -> dict[str, object]:
        """Return what the strength without a kyphoplasty depends on."""
        return {key: value for key, value in asdict(self).items() if key != "kyphoplasty_cement"}

    def as_parameters(self) -> StrengthParameters:
        """Return it as it stands in ``case.json``."""
        return StrengthParameters(
            level=self.level,
            cement_ml=self.cement_ml,
            surface=self.surface,
            linear_only=self.linear_only,
            spacing_mm=self.spacing_mm,
            simulated_cement=self.simulated_cement,
            kyphoplasty_cement=self.kyphoplasty_cement,
        )

    def find_level(self, spine: Spine, treated: str | None) -> str:
        """Return the level to compute.

        Raises
        ------
        LevelError
            If there is none, or it is not in the case or cut by the edge of the scan.
        """
        level = self.level or treated
        if level is None:
            message = "this case treats no level; name the one to compute with --level"
            raise LevelError(message)
        vertebra = spine[level]
        if not vertebra.complete:
            cut = ", ".join(vertebra.cut_by) or "an edge of the scan"
            message = (
                f"{level} is incomplete (cut by {cut}): its strength would come out too low; "
                "choose another level with --level"
            )
            raise LevelError(message)
        return level


def choice_of(parameters: StrengthParameters) -> StrengthChoice:
    """Return the choice that stands in a ``case.json``."""
    return StrengthChoice(**parameters.model_dump())


def assess_case(
    results: CaseResults,
    choice: StrengthChoice,
    tell: Callable[[str, float], None],
    scanned: Callable[[], StrengthAssessment] | None = None,
) -> StrengthAssessment:
    """Compute the strength of a level of a case.

    Cement is that of the simulated injection if asked for; else it spreads from the tips of the
    best vertebroplasty plan of that level, or from the middle of the body.

    Parameters
    ----------
    results : CaseResults
        Without strength.
    choice : StrengthChoice
    tell : callable
        Takes (message, fraction).
    scanned : callable, optional
        Gives that of the choice without cement, which is then not computed again.

    Raises
    ------
    LevelError, InputError, ComputationError
        As `vertaug.mechanics.comparison.assess_strength`.
    """
    from vertaug.mechanics.comparison import assess_strength

    level = choice.find_level(results.spine, results.assessment.level)
    options = options_of(choice)
    tips = () if choice.cement_ml is None else find_tips(results, level)
    simulated = _find_simulated(results, level) if choice.simulated_cement else None
    found = assess_strength(
        results.spine[level],
        results.calibration,
        options,
        tips,
        tell,
        filling=None if simulated is None else simulated.result.filling,
        scanned=scanned,
    )
    limits = list_case_limits(
        results, level, choice.spacing_mm, choice.cement_ml, simulated=simulated
    )
    if scanned is None:
        neighbour, none = find_neighbour(results, level, choice.spacing_mm, tell)
    else:
        neighbour, none = scanned().neighbour, scanned().no_neighbour
    found = replace(found, neighbour=neighbour, no_neighbour=none)
    return replace(found, notes=(*neighbour_notes(found), *limits, *found.notes))


def options_of(choice: StrengthChoice) -> "StrengthOptions":
    """Return a choice as the mechanics take it."""
    from vertaug.mechanics.comparison import StrengthOptions
    from vertaug.mechanics.plastic_body import YieldSurface

    return StrengthOptions(
        cement_ml=choice.cement_ml,
        surface=YieldSurface(choice.surface),
        linear_only=choice.linear_only,
        spacing_mm=choice.spacing_mm,
    )


def neighbour_notes(found: StrengthAssessment) -> tuple[str, ...]:
    """Return what the intact neighbour says of the fractured level."""
    if found.no_neighbour:
        return (f"Whether the value before is credible cannot be judged: {found.no_neighbour}.",)
    words, near = unusable_words(found), found.neighbour
    if near is None or not words:
        return ()
    own = linear_load_n(found) or 0.0
    return (
        (
            f"{words[0].upper()}{words[1:]} ({found.level} {own / 1000:.2f} kN, {near.level} "
            f"{near.linear_load_n / 1000:.2f} kN, linear 0.68 %). A crushed body is weaker and "
            "less stiff than it was: neither the value before nor a ratio to it is one of this "
            "patient."
        ),
    )


def _find_simulated(results: CaseResults, level: str) -> SimulatedVertebroplasty:
    simulated = results.vertebroplasty
    if simulated is None or simulated.level != level:
        message = (
            f"no vertebroplasty of {level} is simulated in this case; simulate it with: "
            f"vertaug simulate CASE --level {level}"
        )
        raise InputError(message)
    return simulated


def find_tips(results: CaseResults, level: str) -> tuple[FloatArray, ...]:
    """Return the needle tips of the best plan at a level, of a vertebroplasty if there is one."""
    plan = find_cement_plan(results, level)
    return () if plan is None else tuple(np.asarray(p.target_lps_mm) for p in plan[1].paths)
