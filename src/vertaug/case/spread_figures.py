"""Probabilities and quantiles of sampled injections."""

import math
from dataclasses import dataclass

import numpy as np

from vertaug.case.filling import LEAK_PATHS, FillingSpread
from vertaug.case.grid import FloatArray

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakOdds:
    """How many samples leaked by one path.

    Attributes
    ----------
    path : str
        One of `LEAK_PATHS`, or ``any``.
    count, samples : int
    low, high : float
        95 % interval of the share.
    """

    path: str
    count: int
    samples: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Share of the samples."""
        return self.count / self.samples


def binomial_interval(count: int, samples: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score.

    Wilson 1927; recommended for few samples by Brown, Cai and DasGupta (Stat Sci 2001;16:101),
    both recalled.

    Parameters
    ----------
    count, samples : int
        At least one sample.
    """
    if not 0 <= count <= samples or samples < 1:
        message = f"a share needs 0 to n of n >= 1 samples; got {count} of {samples}"
        raise ValueError(message)
    z2 = _NORMAL_95**2
    share = count / samples
    middle = (share + z2 / (2 * samples)) / (1 + z2 / samples)
    half = math.sqrt(share * (1 - share) * z2 / samples + z2**2 / (4 * samples**2))
    half /= 1 + z2 / samples
    low = 0.0 if count == 0 else middle - half
    return low, 1.0 if count == samples else middle + half


def leak_odds(spread: FillingSpread) -> tuple[LeakOdds, ...]:
    """Return the odds of each path, and last those of any."""
    done = len(spread.leaked_mm3)
    if done == 0:
        return ()
    leaked = spread.leaked_mm3 > spread.least_mm3
    counts = [*leaked.sum(axis=0), leaked.any(axis=1).sum()]
    found = []
    for path, count in zip((*LEAK_PATHS, "any"), counts, strict=True):
        low, high = binomial_interval(int(count), done)
        found.append(LeakOdds(path=path, count=int(count), samples=done, low=low, high=high))
    return tuple(found)


def quantiles(values: FloatArray) -> tuple[float, ...]:
    """Return the `QUANTILES` of sampled values; at least one."""
    return tuple(float(value) for value in np.quantile(values, QUANTILES))
