"""Exact intervals of shares, and means with their spread."""

import math
from dataclasses import dataclass

from vertaug.case.errors import InputError

_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many, with the exact 95 % interval (Clopper & Pearson 1934).

    Attributes
    ----------
    count, of : int
    share, low, high : float or None
        None of nobody.
    """

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None


def exact_share(count: int, of: int) -> Share:
    """Return a share with its interval from the beta distribution.

    Raises
    ------
    InputError
        If the count is more than there are.
    """
    from scipy.special import betaincinv

    if not 0 <= count <= of:
        message = f"a share of {of} is expected from 0 to {of}; got {count}"
        raise InputError(message)
    if of == 0:
        return Share(count=0, of=0, share=None, low=None, high=None)
    tail = (1.0 - _LEVEL) / 2.0
    low = float(betaincinv(count, of - count + 1, tail)) if count > 0 else 0.0
    high = float(betaincinv(count + 1, of - count, 1.0 - tail)) if count < of else 1.0
    return Share(count=count, of=of, share=count / of, low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean of what is known.

    Attributes
    ----------
    n : int
        Known values.
    missing : int
        Rows without a value.
    mean, sd : float or None
        None of nobody, and of one.
    """

    n: int
    missing: int
    mean: float | None
    sd: float | None


def mean_of_sums(rows: int, n: int, total: float | None, squares: float | None) -> Mean:
    """Return the mean from sums over ``n`` known values of ``rows``.

    One pass over the rows. The sums cancel where the SD is a millionth of the mean: it is right
    to 0.01 for values up to 5900 in size, more than any that comes here (scores to 1000, opioids
    to 5000 mg/d, changes of height to 5900 %); means are told to one decimal.
    """
    if n == 0 or total is None or squares is None:
        return Mean(n=0, missing=rows, mean=None, sd=None)
    mean = total / n
    sd = math.sqrt(max(squares - n * mean * mean, 0.0) / (n - 1)) if n > 1 else None
    return Mean(n=n, missing=rows - n, mean=mean, sd=sd)
