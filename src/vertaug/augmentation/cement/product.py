"""Cement products: what is known of each, value by value, read from TOML."""

from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from vertaug.augmentation.cement.cure import CureKinetics, published_kinetics
from vertaug.augmentation.cited_table import CitedTable, read_tables, read_text
from vertaug.case.errors import FormatError, InputError
from vertaug.case.source_status import SourceStatus
from vertaug.tissue.cited_value import CitedValue


class ViscosityClass(Enum):
    """How a product is sold."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class CementProduct:
    """A bone cement. Times count from the start of mixing, at the temperature ``viscosity_at_c``.

    Attributes
    ----------
    name, title : str
    viscosity_class : ViscosityClass
    radiopacifier : str
    kinetics : CureKinetics
        With the heat of ``heat_kj_per_kg``.
    radiopacifier_mass_share : CitedValue
        In the cured cement, 0 to 1.
    density_g_per_ml : CitedValue
    hu_120kv : CitedValue
        CT number of a piece of 10 mm behind 20 cm of water.
    modulus_mpa, strength_mpa : CitedValue
        In compression, hardened.
    heat_kj_per_kg : CitedValue
        Released per mass of cement from no cure to w = 1.
    heat_capacity_j_per_kg_k, conductivity_w_per_m_k : CitedValue
    viscosity_pa_s : CitedValue
        At ``viscosity_at_s`` from mixing, ``viscosity_at_c`` and the shear rate
        ``viscosity_at_per_s``.
    viscosity_at_s, viscosity_at_c, viscosity_at_per_s : CitedValue
    thickening_s : CitedValue
        Time in which the viscosity grows by e, at ``viscosity_at_c``.
    activation_kj_per_mol : CitedValue
        Of ageing.
    softening_kj_per_mol : CitedValue
        Of the viscosity itself, at one equivalent age.
    exponent : CitedValue
        Of the power law at high shear rates, 1 is Newtonian.
    carreau_s : CitedValue
        One over the shear rate where thinning begins.
    yield_stress_pa : CitedValue
    end_viscosity_pa_s : CitedValue
        At which the cement counts as set, at ``viscosity_at_per_s``.
    waiting_s, working_end_s : CitedValue
        The cement is injected between these times.
    """

    name: str
    title: str
    viscosity_class: ViscosityClass
    radiopacifier: str
    kinetics: CureKinetics
    radiopacifier_mass_share: CitedValue
    density_g_per_ml: CitedValue
    hu_120kv: CitedValue
    modulus_mpa: CitedValue
    strength_mpa: CitedValue
    heat_kj_per_kg: CitedValue
    heat_capacity_j_per_kg_k: CitedValue
    conductivity_w_per_m_k: CitedValue
    viscosity_pa_s: CitedValue
    viscosity_at_s: CitedValue
    viscosity_at_c: CitedValue
    viscosity_at_per_s: CitedValue
    thickening_s: CitedValue
    activation_kj_per_mol: CitedValue
    softening_kj_per_mol: CitedValue
    exponent: CitedValue
    carreau_s: CitedValue
    yield_stress_pa: CitedValue
    end_viscosity_pa_s: CitedValue
    waiting_s: CitedValue
    working_end_s: CitedValue

    def __post_init__(self) -> None:
        for key, (low, high) in _BOUNDS.items():
            value = getattr(self, key).value
            if not low <= value <= high:
                message = (
                    f"cement {self.name!r}: {key} is expected within {low:g} to {high:g}; "
                    f"got {value:g}"
                )
                raise InputError(message)
        if not self.waiting_s.value < self.working_end_s.value:
            message = (
                f"cement {self.name!r}: working_end_s is expected after waiting_s "
                f"({self.waiting_s.value:g}); got {self.working_end_s.value:g}"
            )
            raise InputError(message)

    @property
    def quantities(self) -> dict[str, CitedValue]:
        """Every number by its name, for tables of parameters."""
        return {key: getattr(self, key) for key in _QUANTITIES}

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Names of the values that are not known well."""
        return tuple(
            key for key, q in self.quantities.items() if q.status is SourceStatus.UNCERTAIN
        )

    @property
    def adiabatic_rise_c(self) -> float:
        """How much warmer cement gets that cures wholly and keeps its heat."""
        return 1000.0 * self.heat_kj_per_kg.value / self.heat_capacity_j_per_kg_k.value

    def with_value(
        self, key: str, value: float, source: str = "given by the user"
    ) -> "CementProduct":
        """Return the product with another value, for samples and own measurements.

        Raises
        ------
        InputError
            If there is no such value, or it is out of bounds.
        """
        if key not in _QUANTITIES:
            message = f"a cement has no value {key!r}; known: {', '.join(_QUANTITIES)}"
            raise InputError(message)
        # the range is that of the literature, which an own measurement may leave
        known: CitedValue = getattr(self, key)
        given = replace(known, value=float(value), source=source, low=None, high=None)
        kinetics = self.kinetics
        if key == "heat_kj_per_kg":
            kinetics = replace(kinetics, heat_kj_per_kg=float(value))
        changes: dict[str, Any] = {key: given, "kinetics": kinetics}
        return replace(self, **changes)


_QUANTITIES: tuple[str, ...] = tuple(f.name for f in fields(CementProduct) if f.type is CitedValue)
_BOUNDS: dict[str, tuple[float, float]] = {
    "radiopacifier_mass_share": (0.0, 0.9),
    "density_g_per_ml": (0.8, 4.0),
    "hu_120kv": (0.0, 30_000.0),
    "modulus_mpa": (100.0, 10_000.0),
    "strength_mpa": (1.0, 500.0),
    "heat_kj_per_kg": (0.0, 577.0),
    "heat_capacity_j_per_kg_k": (300.0, 4200.0),
    "conductivity_w_per_m_k": (0.05, 5.0),
    "viscosity_pa_s": (1e-4, 1e5),
    "viscosity_at_s": (0.0, 3600.0),
    "viscosity_at_c": (0.0, 45.0),
    "viscosity_at_per_s": (1e-3, 1e4),
    "thickening_s": (5.0, 1e5),
    "activation_kj_per_mol": (0.0, 200.0),
    "softening_kj_per_mol": (0.0, 200.0),
    "exponent": (0.1, 1.0),
    "carreau_s": (1e-4, 1e4),
    "yield_stress_pa": (0.0, 1e5),
    "end_viscosity_pa_s": (1.0, 1e7),
    "waiting_s": (0.0, 3600.0),
    "working_end_s": (1.0, 7200.0),
}
"""What is still a bone cement; guards against a wrong unit."""


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    viscosity_class: ViscosityClass
    radiopacifier: str
    kinetics: str


_Table = create_model("_Table", __base__=_Header, **dict.fromkeys(_QUANTITIES, (CitedTable, ...)))  # type: ignore[call-overload]


def product_names() -> tuple[str, ...]:
    """Return the names of the built-in products."""
    return tuple(_built_in())


def cement_product(name: str, *, file: str | Path | None = None) -> CementProduct:
    """Return a product by name.

    Parameters
    ----------
    name : str
        One of `product_names`, or a name in ``file``.
    file : path, optional
        A TOML file of one's own in the form of the built-in ``products.toml``; its products are
        known beside the built-in ones and take their place where the name is the same.

    Raises
    ------
    InputError
        If the name is unknown (the known ones are named), or a value is out of bounds.
    FormatError
        If the file cannot be read; file, product, key and what was expected are named.
    """
    known = _built_in()
    if file is not None:
        known = {**known, **parse_products(read_text(Path(file)), str(file))}
    if name not in known:
        message = f"unknown cement {name!r}; known: {', '.join(known)}"
        raise InputError(message)
    return known[name]


def parse_products(text: str, where: str) -> dict[str, CementProduct]:
    """Return the products of a TOML text by name.

    Parameters
    ----------
    text : str
    where : str
        Named in errors.

    Raises
    ------
    FormatError
        If the text is not TOML or holds no product, or a key is missing, unknown or not what is
        expected.
    """
    found = {}
    for name, table in read_tables(text, where, "cement", _Table):
        try:
            found[name] = _product(name, table)
        except InputError as error:
            message = f"{where}: {error}"
            raise FormatError(message) from error
    if not found:
        message = f"{where} holds no product; expected tables such as [my_cement]"
        raise FormatError(message)
    return found


def _product(name: str, table: BaseModel) -> CementProduct:
    given: dict[str, object] = {
        key: value.cited() if isinstance(value, CitedTable) else value for key, value in table
    }
    known = published_kinetics()
    wanted = str(given["kinetics"])
    if wanted not in known:
        message = (
            f"cement {name!r}: kinetics is expected to be one of {', '.join(known)}; got {wanted!r}"
        )
        raise InputError(message)
    heat = given["heat_kj_per_kg"]
    assert isinstance(heat, CitedValue)
    given["kinetics"] = replace(known[wanted], heat_kj_per_kg=heat.value)
    return CementProduct(name=name, **given)  # type: ignore[arg-type]


@cache
def _built_in() -> dict[str, CementProduct]:
    where = files("vertaug.augmentation.cement").joinpath("data", "products.toml")
    return parse_products(where.read_text("utf-8"), "the built-in table")
