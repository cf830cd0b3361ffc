"""The product of a simulated vertebroplasty: each value with range, status and source."""

from vertaug.case.simulation import InjectionSetup, ProductValue
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells
from vertaug.report.style import Mark


def product_table(setup: InjectionSetup) -> Table:
    """Return the values of the product that was used."""
    product = setup.product
    return Table(
        title=f"Product: {product.title}",
        columns=("Quantity", "Value", "Range", "Status", "Source"),
        rows=tuple(_value_row(value) for value in product.values),
        note=(
            "Every value can be replaced by one of your product: vertaug simulate CASE --products "
            "FILE (docs/cement.md). Verified: read in the source; computed: from it; recalled: "
            "from the literature, not read again; uncertain: a working number, check it for your "
            "product. The viscosity is that at the age listed below it, not at the injection."
        ),
    )


def _value_row(value: ProductValue) -> tuple[Cell, ...]:
    unsure = value.status == "uncertain"
    known = value.low is not None and value.high is not None
    spread = f"{value.low:g} to {value.high:g}" if known else words.MISSING
    return (
        *cells(value_title(value.name), f"{value.value:g}", spread),
        Cell(text=value.status, mark=Mark.UNCERTAIN if unsure else Mark.NONE),
        Cell(text=value.source),
    )


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
