"""A simulated injection of a case: what was chosen, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass

from vertaug.case.filling import Vertebroplasty
from vertaug.case.procedure_course import ProcedureCourse


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductValue:
    """One number of a cement product.

    Attributes
    ----------
    name : str
        Ends with its unit.
    value : float
        What was used.
    low, high : float or None
        In which it may lie, where known.
    status, source : str
        How well it is known (``verified``, ``computed``, ``recalled``, ``uncertain``), and where
        it is from.
    """

    name: str
    value: float
    status: str
    source: str
    low: float | None = None
    high: float | None = None


def uncertain_names(values: Sequence[ProductValue]) -> tuple[str, ...]:
    """Return the names of the values that are not known well."""
    return tuple(value.name for value in values if value.status == "uncertain")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSheet:
    """A cement product with all its numbers.

    Attributes
    ----------
    name, title, viscosity_class, radiopacifier : str
    values : tuple of ProductValue
    """

    name: str
    title: str
    viscosity_class: str
    radiopacifier: str
    values: tuple[ProductValue, ...]

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Names of the values that are not known well."""
        return uncertain_names(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRule:
    """A stop rule that was watched for, met or not.

    Attributes
    ----------
    rule : str
        As in `StopEvent`.
    condition : str
        When it is met, with its threshold.
    """

    rule: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CementClock:
    """The cement in the syringe when the injection begins and when it ends.

    Attributes
    ----------
    age_s : tuple of 2 float
        From the start of mixing.
    viscosity_pa_s : tuple of 2 float
        At the temperature and shear rate below.
    temperature_c, shear_rate_per_s : float
    window_s : tuple of 2 float
        Between which ages it can be injected at that temperature.
    start_reason : str
        Why the injection begins at that age.
    """

    age_s: tuple[float, float]
    viscosity_pa_s: tuple[float, float]
    temperature_c: float
    shear_rate_per_s: float
    window_s: tuple[float, float]
    start_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionSetup:
    """What was injected, where and how.

    Attributes
    ----------
    plan_number : int
        Among the plans of its procedure, from 1.
    plan : str
        Route and sides, in words.
    gauge : int
    product : ProductSheet
    planned_mm3, rate_mm3_per_s : float
    volume_source : str
        Where the planned volume is from, in words.
    stop_rules : bool
        Whether the injection stops by itself.
    spacing_mm : float
        Of the cells.
    seed : int
    first_age_s : float
        Of the cement at the start of the injection, from mixing.
    plan_safe : bool
    rules : tuple of WatchedRule
        All that were watched for; empty in cases of before they were kept.
    syringe_limit_mpa : float or None
        Largest pressure of the syringe.
    syringe_source : str
        Of that limit.
    clock : CementClock or None
        Known once the injection has ended.
    """

    plan_number: int
    plan: str
    gauge: int
    product: ProductSheet
    planned_mm3: float
    rate_mm3_per_s: float
    volume_source: str
    stop_rules: bool
    spacing_mm: float
    seed: int
    first_age_s: float
    plan_safe: bool
    rules: tuple[WatchedRule, ...] = ()
    syringe_limit_mpa: float | None = None
    syringe_source: str = ""
    clock: CementClock | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedVertebroplasty:
    """A vertebroplasty with its setup.

    Attributes
    ----------
    setup : InjectionSetup
    result : Vertebroplasty
    notes : tuple of str
        What limits it in this case, in sentences for the report.
    course : ProcedureCourse or None
        Its steps with their times; None where they were not put together.
    """

    setup: InjectionSetup
    result: Vertebroplasty
    notes: tuple[str, ...] = ()
    course: ProcedureCourse | None = None

    @property
    def level(self) -> str:
        """The level."""
        return self.result.filling.level
