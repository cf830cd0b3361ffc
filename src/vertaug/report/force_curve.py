"""Curves of force over displacement with their named loads."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, read_only


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLoad:
    """A failure load by one definition.

    Attributes
    ----------
    name : str
        Of the definition; the same on every curve.
    force_n : float or None
        None where this computation cannot give it.
    displacement_mm : float or None
        Where it lies; None for a load that is no point of a curve.
    rising : bool
        Whether it is that at the end of a curve that still rises: no failure.
    """

    name: str
    force_n: float | None
    displacement_mm: float | None = None
    rising: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForceCurve:
    """Force over displacement of the superior platen, downward.

    Attributes
    ----------
    name : str
        ``before``, ``with 5 ml of cement``.
    displacement_mm, force_n : (n,) float64 arrays
        Rising displacement.
    loads : tuple of NamedLoad
    short : str
        Over its column of the table; the name where empty.
    height_mm : float or None
        Of the body whose curve it is; None where it is that of the upper axis.
    """

    name: str
    displacement_mm: FloatArray
    force_n: FloatArray
    loads: tuple[NamedLoad, ...] = ()
    short: str = ""
    height_mm: float | None = None

    def __post_init__(self) -> None:
        for name in ("displacement_mm", "force_n"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.float64))
        x, force = self.displacement_mm, self.force_n
        if x.ndim != 1 or x.shape != force.shape or len(x) < 2:
            message = f"a curve needs as many forces as displacements; got {x.shape}, {force.shape}"
            raise InputError(message)
        if not (np.isfinite(x).all() and np.isfinite(force).all() and np.all(np.diff(x) > 0)):
            message = f"the displacements of {self.name!r} must rise and all be numbers"
            raise InputError(message)
