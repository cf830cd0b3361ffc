"""What a benchmark says: one figure, with its unit and its limit."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measured figure.

    Attributes
    ----------
    name : str
        What was measured; in the suite ``xray`` the last word of a time is the pixels along a
        side.
    value : float
    unit : str
        ``1`` for a number, a ratio or a share.
    limit : float or None
        Largest value that passes; times are limits for two cores of a laptop. None where a figure
        is only reported.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def passed(self) -> bool | None:
        """Whether the limit is kept; None where there is none."""
        return None if self.limit is None else self.value <= self.limit


def time_call_ms(call: Callable[[], object], repeats: int = 7) -> float:
    """Return the median time of warm calls in ms; one call more is not counted."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times) * 1e3)
