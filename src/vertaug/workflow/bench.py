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
        What was measured; the last word of a time is the pixels along a side.
    value : float
    unit : str
        ``ms`` or ``1`` for a ratio or a share.
    limit : float
        Largest value that passes; times are limits for two cores of a laptop.
    """

    name: str
    value: float
    unit: str
    limit: float

    @property
    def passed(self) -> bool:
        """Whether the limit is kept."""
        return self.value <= self.limit


def time_call_ms(call: Callable[[], object], repeats: int = 7) -> float:
    """Return the median time of warm calls in ms; one call more is not counted."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times) * 1e3)
