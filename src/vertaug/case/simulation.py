"""A simulated vertebroplasty of a case: what was chosen, and what came out."""

from dataclasses import dataclass

from vertaug.case.filling import Vertebroplasty


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
        return tuple(value.name for value in self.values if value.status == "uncertain")


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionSetup:
    """What was injected, where and how.

    Attributes
    ----------
    plan_number : int
        Among the plans of a vertebroplasty, from 1.
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedVertebroplasty:
    """A vertebroplasty with its setup.

    Attributes
    ----------
    setup : InjectionSetup
    result : Vertebroplasty
    notes : tuple of str
        What limits it in this case, in sentences for the report.
    """

    setup: InjectionSetup
    result: Vertebroplasty
    notes: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """The level."""
        return self.result.filling.level
