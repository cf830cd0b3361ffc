"""What the parts of ``case.json`` are made of: frozen, with rounded finite numbers."""

import math
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _steady(decimals: int) -> Callable[[float], float]:
    """Round far below what the method resolves, so that the file is the same from run to run."""

    def check(value: float) -> float:
        if not math.isfinite(value):
            message = "a result must be a finite number"
            raise ValueError(message)
        return round(float(value), decimals) + 0.0  # no minus zero

    return check


Figure = Annotated[float, AfterValidator(_steady(4))]
"""A finite number with four decimals."""
Coefficient = Annotated[float, AfterValidator(_steady(9))]
"""A finite number with nine decimals, for coefficients of laws."""
Triple = tuple[Figure, Figure, Figure]
"""A point or direction in LPS."""


class Part(BaseModel):
    """Some keys of ``case.json``."""

    model_config = ConfigDict(frozen=True)


class HeightTriple(Part):
    """Anterior, middle and posterior value; the unit stands in the name of the key."""

    anterior: Figure
    middle: Figure
    posterior: Figure


class ProductValueRecord(Part):
    """A number of a product; its name ends with its unit."""

    value: Coefficient
    low: Coefficient | None
    high: Coefficient | None
    status: str
    source: str
