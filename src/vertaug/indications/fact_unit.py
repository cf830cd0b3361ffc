"""Units in which a value may be given, turned into the one of its definition (hazard 6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from vertaug.case.errors import InputError
from vertaug.indications.fact import FactDefinition


@dataclass(frozen=True, slots=True)
class Conversion:
    """``value * factor + offset``."""

    factor: float = 1.0
    offset: float = 0.0

    def apply(self, value: float) -> float:
        """Return the value in the unit of the definition, without the dust of a conversion.

        100.4 degF is 38.0 Cel and 50 000 /uL is 50, where a limit is met exactly.
        """
        return round(value * self.factor + self.offset, 9)


_SAME = Conversion()
_FAHRENHEIT = Conversion(5.0 / 9.0, -160.0 / 9.0)
_CELLS = {
    "10*9/l": _SAME, "10^9/l": _SAME, "x10^9/l": _SAME, "g/l": _SAME, "giga/l": _SAME,
    "10*3/ul": _SAME, "10^3/ul": _SAME, "x10^3/ul": _SAME, "k/ul": _SAME, "/nl": _SAME,
    "10*3/mm3": _SAME, "/ul": Conversion(1e-3), "cells/ul": Conversion(1e-3),
    "/mm3": Conversion(1e-3), "10*12/l": Conversion(1e3),
}  # fmt: skip
_MASS_PER_VOLUME = {"g/dl": _SAME, "g/l": Conversion(0.1)}
_LENGTH_MM = {"mm": _SAME, "cm": Conversion(10.0)}
_DAYS = {
    "d": _SAME, "day": _SAME, "days": _SAME, "wk": Conversion(7.0), "week": Conversion(7.0),
    "weeks": Conversion(7.0),
}  # fmt: skip
_YEARS = {"a": _SAME, "y": _SAME, "year": _SAME, "years": _SAME, "mo": Conversion(1.0 / 12.0)}
_DEGREES = {"deg": _SAME, "°": _SAME, "degree": _SAME, "degrees": _SAME}
_FILTRATION = {
    "ml/min/{1.73_m2}": _SAME, "ml/min/1.73m2": _SAME, "ml/min/1.73 m2": _SAME,
    "ml/min/{1.73m2}": _SAME,
}  # fmt: skip
_BY_UNIT: Mapping[str, Mapping[str, Conversion]] = {
    "10*9/L": _CELLS,
    "g/dL": _MASS_PER_VOLUME,
    "mg/L": {"mg/l": _SAME, "mg/dl": Conversion(10.0), "ug/ml": _SAME},
    "Cel": {
        "cel": _SAME, "c": _SAME, "°c": _SAME, "degc": _SAME,
        "f": _FAHRENHEIT, "°f": _FAHRENHEIT, "[degf]": _FAHRENHEIT, "degf": _FAHRENHEIT,
    },
    "kg": {
        "kg": _SAME, "g": Conversion(1e-3), "lb": Conversion(0.45359237),
        "lbs": Conversion(0.45359237), "[lb_av]": Conversion(0.45359237),
    },
    "cm": {
        "cm": _SAME, "m": Conversion(100.0), "mm": Conversion(0.1),
        "in": Conversion(2.54), "[in_i]": Conversion(2.54),
    },
    "mm": _LENGTH_MM,
    "a": _YEARS,
    "d": _DAYS,
    "deg": _DEGREES,
    "%": {"%": _SAME, "percent": _SAME},
    "{INR}": {"{inr}": _SAME, "inr": _SAME, "1": _SAME, "{ratio}": _SAME},
    "{score}": {"{score}": _SAME, "score": _SAME, "1": _SAME, "/10": _SAME},
    "{T-score}": {"{t-score}": _SAME, "t-score": _SAME, "{tscore}": _SAME, "1": _SAME, "sd": _SAME},
    "mm/h": {"mm/h": _SAME, "mm/hr": _SAME},
    "mL/min": {"ml/min": _SAME},
    "mL/min/{1.73_m2}": _FILTRATION,
    "[hnsf'U]": {"[hnsf'u]": _SAME, "hu": _SAME},
}  # fmt: skip


def convert(definition: FactDefinition, value: float, unit: str) -> float:
    """Return a value in the unit of its definition.

    Parameters
    ----------
    definition : FactDefinition
    value : float
    unit : str
        As given; empty where it is that of the definition.

    Raises
    ------
    InputError
        If the unit is not one of this fact.
    """
    given = " ".join(unit.split()).replace("µ", "u").replace("μ", "u").replace("⁹", "^9").lower()
    if not given or unit == definition.unit:
        return value
    known = _BY_UNIT.get(definition.unit, {})
    if given in known:
        return known[given].apply(value)
    expected = definition.unit or "no unit"
    others = ", ".join(known) or "none"
    message = (
        f"{definition.name} ({definition.label}) cannot be read in '{unit}': expected {expected}; "
        f"also known: {others}"
    )
    raise InputError(message)


def suggest_unit(definition: FactDefinition, value: float) -> str:
    """Return how an impossible number could be meant, as part of a sentence; empty if unknown."""
    low, high = definition.low, definition.high
    if low is None or high is None:
        return ""
    fits = [
        unit
        for unit, conversion in _BY_UNIT.get(definition.unit, {}).items()
        if conversion != _SAME and low <= conversion.apply(value) <= high
    ]
    if not fits:
        return ""
    example = f'{definition.name} = {{value = {value:g}, unit = "{fits[0]}"}}'
    return f"; if it is in {' or '.join(fits)}, give the unit: {example}"
