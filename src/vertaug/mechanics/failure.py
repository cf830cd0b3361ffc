"""What counts as the failure load of a vertebra: four definitions, each with its name.

They differ by tens of per cent on the same vertebra, so a load is never given without its name.
"""

from dataclasses import dataclass, replace

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.strength import FailureLoad
from vertaug.case.strength_neighbour import LINEAR_NAME
from vertaug.mechanics.elastic import ElasticResult
from vertaug.mechanics.plastic import PlasticResult
from vertaug.mechanics.rigidity import FAILURE_STRAIN, failure_load

END_STRAIN = 0.019
"""Apparent strain at which the force is the strength (Crawford, Keaveny; physics reference 2.1)."""
OFFSET_STRAIN = 0.002
"""Offset of the yield point, relative to the height (R.Force of spineFE-benchmark is named after
it; physics reference 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureDefinition:
    """A definition: its short name, what it means in words, and who uses it."""

    name: str
    formula: str
    source: str

    def load(self, force_n: float, displacement_mm: float) -> FailureLoad:
        """Return a load by this definition."""
        return replace(self.none(""), force_n=force_n, displacement_mm=displacement_mm)

    def none(self, reason: str) -> FailureLoad:
        """Return that there is no load by this definition, and why."""
        return FailureLoad(
            name=self.name, formula=self.formula, source=self.source, force_n=None, reason=reason
        )


LINEAR = FailureDefinition(
    name=LINEAR_NAME,
    formula="0.0068 times height of the body times stiffness in compression",
    source="Crawford's coefficient, as in parosol-py and Ogo",
)
AT_END = FailureDefinition(
    name="force at 1.9 % strain",
    formula="force of the elastic-plastic curve at 1.9 % of the height of the body",
    source="Crawford 2003 and Keaveny (the 1.9 % was checked, the rest not)",
)
GREATEST = FailureDefinition(
    name="maximum up to 1.9 % strain",
    formula="greatest force of the elastic-plastic curve up to 1.9 % of the height of the body",
    source="as force at 1.9 %; both are the same where the curve does not fall",
)
OFFSET = FailureDefinition(
    name="0.2 % offset",
    formula="force where a line of the elastic stiffness, moved by 0.2 % of the height of the "
    "body, meets the elastic-plastic curve",
    source="yield by offset as in tests of bone and metals (Kopperdahl 2002 for its strengths)",
)
_CURVED = (AT_END, GREATEST, OFFSET)
_NO_CURVE = "needs the elastic-plastic curve; this computation was linear"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedCurve:
    """A curve of force over displacement with what its failure loads need.

    Attributes
    ----------
    displacement_mm, force_n : (n,) float64 arrays
        Rising displacement; the first point is the origin.
    stiffness_n_per_mm : float
        Elastic.
    height_mm : float
    """

    displacement_mm: FloatArray
    force_n: FloatArray
    stiffness_n_per_mm: float
    height_mm: float

    def __post_init__(self) -> None:
        x, f = (np.asarray(v, dtype=np.float64) for v in (self.displacement_mm, self.force_n))
        if x.ndim != 1 or x.shape != f.shape or x.size < 2:
            message = f"a curve needs two lists of equal length; got {x.shape} and {f.shape}"
            raise InputError(message)
        if not (np.isfinite(x).all() and np.isfinite(f).all()):
            message = "a curve of displacement and force holds values that are not numbers"
            raise InputError(message)
        if x[0] != 0.0 or f[0] != 0.0 or np.any(np.diff(x) <= 0.0):
            message = "a curve starts at the origin and its displacement rises"
            raise InputError(message)
        failure_load(self.stiffness_n_per_mm, self.height_mm)  # refuses what is not above 0

    def reaches(self, strain: float) -> bool:
        """Whether the curve goes as far as an apparent strain."""
        return bool(self.displacement_mm[-1] >= strain * self.height_mm * (1.0 - 1e-9))

    def force_at(self, strain: float) -> float:
        """Return the force at an apparent strain, linear between the points."""
        return float(np.interp(strain * self.height_mm, self.displacement_mm, self.force_n))

    def greatest_up_to(self, strain: float) -> tuple[float, float]:
        """Return the greatest force up to an apparent strain, and the displacement there."""
        end = strain * self.height_mm
        x = np.append(self.displacement_mm[self.displacement_mm < end], end)
        force = np.interp(x, self.displacement_mm, self.force_n)
        n = int(force.argmax())
        return float(force[n]), float(x[n])

    def offset_force(self, strain: float) -> tuple[float, float] | None:
        """Return where the elastic line moved by a strain meets the curve: force, displacement.

        None if it does not. On the chords between the points: with the usual seven steps the
        load reads 1.5 to 1.8 % low.
        """
        line = self.stiffness_n_per_mm * (self.displacement_mm - strain * self.height_mm)
        gap = self.force_n - line
        below = np.flatnonzero(gap <= 0.0)
        below = below[below > 0]
        if not below.size:
            return None
        n = int(below[0])
        share = gap[n - 1] / (gap[n - 1] - gap[n])
        force, x = (
            float(v[n - 1] + share * (v[n] - v[n - 1]))
            for v in (self.force_n, self.displacement_mm)
        )
        return force, x


def linear_failure(stiffness_n_per_mm: float, height_mm: float) -> FailureLoad:
    """Return the failure load by the linear law ``F = 0.0068 H K``.

    Raises
    ------
    InputError
        If stiffness or height is not above 0.
    """
    return LINEAR.load(failure_load(stiffness_n_per_mm, height_mm), FAILURE_STRAIN * height_mm)


def failure_loads_of_curve(curve: LoadedCurve) -> tuple[FailureLoad, ...]:
    """Return the failure load of a curve by every definition, the linear one first."""
    linear = linear_failure(curve.stiffness_n_per_mm, curve.height_mm)
    met = curve.offset_force(OFFSET_STRAIN)
    if met is None:
        offset = OFFSET.none("the curve ends before the moved line meets it")
    else:
        offset = OFFSET.load(*met)
    if not curve.reaches(END_STRAIN):
        end = 100.0 * float(curve.displacement_mm[-1]) / curve.height_mm
        short = f"the curve ends at {end:.2g} % strain"
        return (linear, AT_END.none(short), GREATEST.none(short), offset)
    at_end = AT_END.load(curve.force_at(END_STRAIN), END_STRAIN * curve.height_mm)
    return (linear, at_end, GREATEST.load(*curve.greatest_up_to(END_STRAIN)), offset)


def failure_loads(
    elastic: ElasticResult, height_mm: float, plastic: PlasticResult | None = None
) -> tuple[FailureLoad, ...]:
    """Return the failure load by every definition, None with a reason where it has no value.

    Parameters
    ----------
    elastic : ElasticResult
        In compression, of the same model.
    height_mm : float
        Of the model's body.
    plastic : PlasticResult, optional

    Raises
    ------
    InputError
        If the elastic result is one of bending, or a number cannot be used.
    """
    if elastic.load.motion.is_bending:
        message = "a failure load needs the stiffness in compression; got a result of bending"
        raise InputError(message)
    if plastic is None:
        linear = linear_failure(elastic.stiffness, height_mm)
        return (linear, *(d.none(_NO_CURVE) for d in _CURVED))
    return failure_loads_of_curve(
        LoadedCurve(
            displacement_mm=plastic.displacement_mm,
            force_n=plastic.force_n,
            stiffness_n_per_mm=elastic.stiffness,
            height_mm=height_mm,
        )
    )


def main_definition(loads: tuple[FailureLoad, ...]) -> FailureDefinition:
    """Return which definition stands for the failure load.

    The force at 1.9 % strain, as Crawford and Keaveny take it; the linear one where there is no
    curve.
    """
    known = {load.name for load in loads if load.force_n is not None}
    return AT_END if AT_END.name in known else LINEAR
