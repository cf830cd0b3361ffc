"""The products of a simulated procedure: each value with range, status and source."""

from collections.abc import Mapping

from vertaug.case.simulation import InjectionSetup, ProductSheet, ProductValue
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells
from vertaug.report.style import Mark


def product_table(setup: InjectionSetup) -> Table:
    """Return the values of the product that was used."""
    product, listed = setup.product, listed_viscosity(setup.product)
    titles = {} if listed is None else {"viscosity_pa_s": f"viscosity {listed[1]} (Pa s)"}
    return values_table(
        f"Product: {product.title}",
        product.values,
        note=(
            "Every value can be replaced by one of your product: vertaug simulate CASE --products "
            "FILE (docs/cement.md). Verified: read in the source; computed: from it; recalled: "
            "from the literature, not read again; uncertain: a working number, check it for your "
            "product. The viscosity is not that at the injection: see Cement in the syringe."
        ),
        titles=titles,
    )


def values_table(
    title: str,
    values: tuple[ProductValue, ...],
    note: str,
    titles: Mapping[str, str] | None = None,
) -> Table:
    """Return numbers with range, status and source.

    Parameters
    ----------
    title : str
    values : tuple of ProductValue
    note : str
    titles : mapping of str to str, optional
        Of rows that are not called by the name of the value.
    """
    called = titles or {}
    return Table(
        title=title,
        columns=("Quantity", "Value", "Range", "Status", "Source"),
        rows=tuple(
            _value_row(value, called.get(value.name, value_title(value.name))) for value in values
        ),
        note=note,
    )


def listed_viscosity(product: ProductSheet) -> tuple[float, str] | None:
    """Return the viscosity of the product's table in Pa s and its age, such as ``at 3.5 min``.

    None where the table has no viscosity or no age of it.
    """
    values = {value.name: value.value for value in product.values}
    if not {"viscosity_pa_s", "viscosity_at_s"} <= values.keys():
        return None
    return values["viscosity_pa_s"], f"at {values['viscosity_at_s'] / 60.0:.1f} min from mixing"


def _value_row(value: ProductValue, title: str) -> tuple[Cell, ...]:
    unsure = value.status == "uncertain"
    known = value.low is not None and value.high is not None
    spread = f"{value.low:g} to {value.high:g}" if known else words.MISSING
    return (
        *cells(title, f"{value.value:g}", spread),
        Cell(text=value.status, mark=Mark.UNCERTAIN if unsure else Mark.NONE),
        Cell(text=value.source),
    )


_UNITS = {
    "_pa_s": " (Pa s)", "_j_per_kg_k": " (J/(kg K))", "_w_per_m_k": " (W/(m K))",
    "_kj_per_mol": " (kJ/mol)", "_kj_per_kg": " (kJ/kg)", "_g_per_ml": " (g/ml)",
    "_n_per_mm": " (N/mm)", "_mm_per_ml": " (mm/ml)", "_per_s": " (1/s)", "_mpa": " (MPa)",
    "_pa": " (Pa)", "_c": " (°C)", "_s": " (s)", "_mm": " (mm)", "_ml": " (ml)",
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
    "folded_mm": "thickness when folded (mm)",
    "growth_mm_per_ml": "longer when unfolded (mm/ml)",
    "skin_n_per_mm": "modulus times thickness of the skin (N/mm)",
    "strength_share": "strength against a balloon, share of the uniaxial",
    "residual_share": "strength after softening, share",
    "softening_strain": "plastic strain over which it softens",
    "cortex_share": "strength of whole cortex, share of the uniaxial",
    "loose_tension": "strength of a fresh fracture in tension, share",
    "contact_fall": "fall of its contact with its opening",
    "anterior_longitudinal_n_per_mm": "anterior longitudinal ligament (N/mm)",
    "posterior_longitudinal_n_per_mm": "posterior longitudinal ligament (N/mm)",
    "flavum_n_per_mm": "ligamentum flavum (N/mm)",
    "interspinous_n_per_mm": "interspinous ligament (N/mm)",
    "supraspinous_n_per_mm": "supraspinous ligament (N/mm)",
}


def value_title(name: str) -> str:
    """Return a name of a product's value with its unit in brackets."""
    if name in _TITLES:
        return _TITLES[name]
    for ending, unit in _UNITS.items():
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " ") + unit
    return name.replace("_", " ")
