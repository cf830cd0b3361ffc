"""The product of a simulated vertebroplasty: each value with range, status and source."""

from vertaug.case.simulation import InjectionSetup, ProductSheet, ProductValue
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells
from vertaug.report.style import Mark


def product_table(setup: InjectionSetup) -> Table:
    """Return the values of the product that was used."""
    product = setup.product
    return Table(
        title=f"Product: {product.title}",
        columns=("Quantity", "Value", "Range", "Status", "Source"),
        rows=tuple(_value_row(value, product) for value in product.values),
        note=(
            "Every value can be replaced by one of your product: vertaug simulate CASE --products "
            "FILE (docs/cement.md). Verified: read in the source; computed: from it; recalled: "
            "from the literature, not read again; uncertain: a working number, check it for your "
            "product. The viscosity is not that at the injection: see Cement in the syringe."
        ),
    )


def listed_viscosity(product: ProductSheet) -> tuple[float, str] | None:
    """Return the viscosity of the product's table in Pa s and its age, such as ``at 3.5 min``.

    None where the table has no viscosity or no age of it.
    """
    values = {value.name: value.value for value in product.values}
    if not {"viscosity_pa_s", "viscosity_at_s"} <= values.keys():
        return None
    return values["viscosity_pa_s"], f"at {values['viscosity_at_s'] / 60.0:.1f} min from mixing"


def _value_row(value: ProductValue, product: ProductSheet) -> tuple[Cell, ...]:
    unsure = value.status == "uncertain"
    known = value.low is not None and value.high is not None
    spread = f"{value.low:g} to {value.high:g}" if known else words.MISSING
    return (
        *cells(_row_title(value.name, product), f"{value.value:g}", spread),
        Cell(text=value.status, mark=Mark.UNCERTAIN if unsure else Mark.NONE),
        Cell(text=value.source),
    )


def _row_title(name: str, product: ProductSheet) -> str:
    """Return the title of a row; the viscosity with its age, or it is read as that injected."""
    listed = listed_viscosity(product)
    if name == "viscosity_pa_s" and listed is not None:
        return f"viscosity {listed[1]} (Pa s)"
    return value_title(name)


_UNITS = {
    "_pa_s": " (Pa s)", "_j_per_kg_k": " (J/(kg K))", "_w_per_m_k": " (W/(m K))",
    "_kj_per_mol": " (kJ/mol)", "_kj_per_kg": " (kJ/kg)", "_g_per_ml": " (g/ml)",
    "_per_s": " (1/s)", "_mpa": " (MPa)", "_pa": " (Pa)", "_c": " (°C)", "_s": " (s)",
}  # fmt: skip


_TITLES = {
    "hu_120kv": "CT number at 120 kV (HU)",
    "viscosity_at_s": "age at that viscosity (s)",
    "viscosity_at_c": "temperature at that viscosity (°C)",
    "viscosity_at_per_s": "shear rate at that viscosity (1/s)",
    "thickening_s": "time to thicken by e (s)",
    "activation_kj_per_mol": "activation energy of ageing (kJ/mol)",
    "softening_kj_per_mol": "softening by warmth (kJ/mol)",
    "exponent": "exponent of shear thinning",
    "carreau_s": "onset of shear thinning (s)",
    "end_viscosity_pa_s": "viscosity when set (Pa s)",
    "waiting_s": "injected from (s)",
    "working_end_s": "injected until (s)",
}


def value_title(name: str) -> str:
    """Return a name of a product's value with its unit in brackets."""
    if name in _TITLES:
        return _TITLES[name]
    for ending, unit in _UNITS.items():
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " ") + unit
    return name.replace("_", " ")
