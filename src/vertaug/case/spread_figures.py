"""Probabilities and quantiles of sampled injections."""

import math
from dataclasses import dataclass

import numpy as np

from vertaug.case.filling import CANAL_PATHS, LEAK_PATHS, FillingSpread
from vertaug.case.grid import FloatArray

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakOdds:
    """How many samples leaked by one path.

    Attributes
    ----------
    path : str
        One of `LEAK_PATHS`, or a name for several of them, such as ``any``.
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
    return (*(odds_of(spread, path, (path,)) for path in LEAK_PATHS), any_odds(spread))


def odds_of(spread: FillingSpread, name: str, paths: tuple[str, ...]) -> LeakOdds:
    """Return in how many samples any of some paths leaked; at least one sample.

    Parameters
    ----------
    spread : FillingSpread
    name : str
        For all of these paths.
    paths : tuple of str
    """
    leaked = spread.leaked_mm3[:, [LEAK_PATHS.index(path) for path in paths]] > spread.least_mm3
    done = len(leaked)
    count = int(leaked.any(axis=1).sum())
    low, high = binomial_interval(count, done)
    return LeakOdds(path=name, count=count, samples=done, low=low, high=high)


def any_odds(spread: FillingSpread) -> LeakOdds:
    """Return the odds of a leak by any path; at least one sample."""
    return odds_of(spread, "any", LEAK_PATHS)


def canal_odds(spread: FillingSpread) -> LeakOdds:
    """Return the odds of a leak towards the canal; at least one sample."""
    return odds_of(spread, "towards_canal", CANAL_PATHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanalStops:
    """Stop rules in the samples that leaked towards the canal; none of them stopped a sample.

    What had left when a rule was met is not kept: only what had at the end of the whole volume.

    Attributes
    ----------
    leaked : int
        Samples with a leak towards the canal.
    met_mm3 : tuple of float
        Injected at the first stop rule, of those that met one, in order.
    most_unmet_mm3 : float
        Most that had left towards the canal in a sample that met none.
    above, above_met : int
        Samples in which more than ``limit_mm3`` left towards the canal, and those of them that met
        a rule.
    limit_mm3 : float
    """

    leaked: int
    met_mm3: tuple[float, ...]
    most_unmet_mm3: float
    above: int
    above_met: int
    limit_mm3: float


def canal_stops(spread: FillingSpread, limit_mm3: float) -> CanalStops:
    """Return how many leaks towards the canal came with a stop rule.

    Parameters
    ----------
    spread : FillingSpread
    limit_mm3 : float
        What counts as a large leak.
    """
    columns = [LEAK_PATHS.index(path) for path in CANAL_PATHS]
    leaked = (spread.leaked_mm3[:, columns] > spread.least_mm3).any(axis=1)
    volume = spread.leaked_mm3[:, columns].sum(axis=1)
    met, above = spread.stopped, volume > limit_mm3
    return CanalStops(
        leaked=int(leaked.sum()),
        met_mm3=tuple(np.sort(spread.safe_volume_mm3[leaked & met]).tolist()),
        most_unmet_mm3=float(volume[leaked & ~met].max(initial=0.0)),
        above=int(above.sum()),
        above_met=int((above & met).sum()),
        limit_mm3=limit_mm3,
    )


def first_stop_capped(spread: FillingSpread) -> tuple[bool, ...]:
    """Return which quantiles of the volume at the first stop rule are only least values.

    They rest on samples that met no rule: the rule would have come after the planned volume.
    """
    order = np.lexsort((~spread.stopped, spread.safe_volume_mm3))
    met = spread.stopped[order]
    above = np.ceil(np.array(QUANTILES) * (len(met) - 1) - 1e-9).astype(int)
    return tuple(bool(not met[number]) for number in above)


def quantiles(values: FloatArray) -> tuple[float, ...]:
    """Return the `QUANTILES` of sampled values; at least one."""
    return tuple(float(value) for value in np.quantile(values, QUANTILES))


def least_first_stop(volume_ml: float, stopped: int, samples: int) -> str:
    """Return the volume without a stop rule and in how many samples: ``3.65 ml in all 32``.

    Rounded down, so that it is a least value.

    Parameters
    ----------
    volume_ml : float
        That the samples that met no rule reached at least.
    stopped, samples : int
        Samples that met a rule, and all.
    """
    rounded = math.floor(100.0 * volume_ml + 1e-6) / 100.0
    who = f"{samples - stopped} of {samples}" if stopped else f"all {samples}"
    return f"{rounded:.2f} ml in {who} samples"
