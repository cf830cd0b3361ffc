"""The nearest intact vertebra as a measure of a fractured one."""

from dataclasses import dataclass

LINEAR_NAME = "linear 0.68 %"
"""Name of the failure load that needs no curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntactNeighbour:
    """The nearest intact level, linear only, by the same law and in bricks of the same size.

    Attributes
    ----------
    level : str
    height_mm : float
        Of the body.
    stiffness_n_per_mm : float
        In compression.
    linear_load_n : float
        0.0068 times height times stiffness.
    rigidity_load_n : float or None
        Minimum axial rigidity times 0.68 %; None where caps reach into every layer.
    """

    level: str
    height_mm: float
    stiffness_n_per_mm: float
    linear_load_n: float
    rigidity_load_n: float | None = None
