"""Thick cement in veins, fissures and tracks: a closure fitted to one experiment.

Where bone and vein hold the same cement its viscosity cancels, and thick cement leaks about as much
as thin one; foam and patients say that it leaks less. What dough does where it has to converge into
a narrow way (extension, beads that jam, cohesion) was measured by no source at hand. In its place
cement in a way out thinner than a cell resists ``(eta / eta_ref)^m`` times as much as by its flow
alone, where eta, its viscosity at one shear rate, exceeds eta_ref, and not more below. Marrow is
not concerned, nor is cement in the pores, in the bone before a vein, or where a wall is missing.
"""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from vertaug.augmentation.cement.injection_plan import BODY_C
from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.rheology import PA_IN_MPA, aged_viscosity_mpa_s
from vertaug.augmentation.cited_table import build_from_table, read_text
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.tissue.cited_value import CitedValue

_STEEPEST = 5.0
"""Exponent above which cement ten times as thick as the reference would pass 1e-5 times as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthLaw:
    """How much more cement resists in a way out than by its flow alone.

    Attributes
    ----------
    exponent : CitedValue
        m; 0 leaves the closure out.
    reference_pa_s : CitedValue
        Viscosity up to which there is nothing more.
    reference_per_s : CitedValue
        Shear rate of that viscosity: how thick the dough is, whatever its speed.
    """

    exponent: CitedValue
    reference_pa_s: CitedValue
    reference_per_s: CitedValue

    def __post_init__(self) -> None:
        given = (self.exponent.value, self.exponent.low, self.exponent.high)
        for exponent in given:
            if exponent is not None and not 0.0 <= exponent <= _STEEPEST:
                message = (
                    f"the exponent at mouths and its range are expected within 0 to "
                    f"{_STEEPEST:g}; got {exponent:g}"
                )
                raise InputError(message)
        for name in ("reference_pa_s", "reference_per_s"):
            value = getattr(self, name).value
            if value <= 0.0:
                message = f"{name} at mouths is expected above 0; got {value:g}"
                raise InputError(message)

    def describe(self) -> str:
        """Return what is taken of it in a sentence, without a full stop."""
        m = self.exponent.value
        if m == 0.0:
            return "cement in a way out resists by its flow alone: no closure at mouths"
        reference = f"{self.reference_pa_s.value:g} Pa s"
        return (
            f"cement in a way out thicker than {reference} resists (viscosity / {reference})^{m:g} "
            f"times more than by its flow: a closure ({self.exponent.status.value}: "
            f"{self.exponent.source.partition(' (')[0]})"
        )

    def factor(self, product: CementProduct, equivalent_age: FloatArray) -> FloatArray:
        """Return how many times as much cement resists as by its flow alone; at least 1.

        Parameters
        ----------
        product : CementProduct
        equivalent_age : float64 array
            s at the reference temperature of the product.
        """
        if self.exponent.value == 0.0:
            return np.ones(np.shape(equivalent_age))
        thick = aged_viscosity_mpa_s(product, equivalent_age, BODY_C, self.reference_per_s.value)
        ratio = thick / (PA_IN_MPA * self.reference_pa_s.value)
        return np.asarray(np.maximum(ratio, 1.0) ** self.exponent.value)

    def with_exponent(self, value: float, source: str = "given by the user") -> "MouthLaw":
        """Return the closure with another exponent and no range, for samples and own fits."""
        given = replace(self.exponent, value=float(value), source=source, low=None, high=None)
        return replace(self, exponent=given)


def read_mouth_law(file: str | Path) -> MouthLaw:
    """Return the closure of a TOML file in the form of the built-in ``mouth.toml``.

    Raises
    ------
    FormatError
        If it cannot be read, or a key is missing, unknown or not what is expected.
    """
    return build_from_table(read_text(Path(file)), str(file), "mouth", MouthLaw)


@cache
def fitted_mouth_law() -> MouthLaw:
    """Return the closure as fitted to Habib 2010."""
    where = files("vertaug.augmentation.cement").joinpath("data", "mouth.toml")
    text = where.read_text("utf-8")
    return build_from_table(text, "the built-in table", "mouth", MouthLaw)
