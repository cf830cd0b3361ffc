"""Shares of patients in both arms of a trial, and the range of means seen without augmentation."""

from dataclasses import dataclass

from vertaug.case.source_status import SourceStatus
from vertaug.case.spread_figures import binomial_interval
from vertaug.recovery.evidence import ValueKind, read_evidence, trial_arms
from vertaug.recovery.source_note import read_data
from vertaug.recovery.trial import Trial, read_trials

_LIKELY = 0.05
_NEAR = 1.3
"""Two times within this factor of each other are put together (design default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialShare:
    """How many of 100 in each arm.

    Attributes
    ----------
    trial : Trial
    what, timepoint : str
    treated_percent, control_percent : float
    treated_n, control_n : int or None
    more_is_good : bool
    status : SourceStatus
    chance : str
        How likely so large a difference is by chance alone, as printed; empty where not held.
    chance_is_likely : bool or None
        Whether that is 0.05 or more; None where not held.
    """

    trial: Trial
    what: str
    timepoint: str
    treated_percent: float
    control_percent: float
    treated_n: int | None
    control_n: int | None
    more_is_good: bool
    status: SourceStatus
    chance: str
    chance_is_likely: bool | None

    @property
    def intervals(self) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
        """95 % interval (Wilson) of each share in percent, treated first; None without a count."""
        return (
            _interval(self.treated_percent, self.treated_n),
            _interval(self.control_percent, self.control_n),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRange:
    """Means of groups that had no augmentation, near one time.

    Attributes
    ----------
    low, high : float
    arms : tuple of str
        Trials with their comparator.
    unverified : bool
        One of them is from memory.
    """

    low: float
    high: float
    arms: tuple[str, ...]
    unverified: bool


def _interval(percent: float, n: int | None) -> tuple[float, float] | None:
    if n is None:
        return None
    low, high = binomial_interval(round(percent / 100.0 * n), n)
    return 100.0 * low, 100.0 * high


def _chance(words: str) -> bool | None:
    """Return whether ``p = 0.06`` is 0.05 or more."""
    return float(words.rsplit(maxsplit=1)[-1]) >= _LIKELY if words else None


def trial_shares() -> tuple[TrialShare, ...]:
    """Return the shares that controlled trials printed, sham-controlled ones first."""
    wanted = read_data("trials")["share"]
    rows = [
        row for row in read_evidence() if row.kind is ValueKind.PERCENT and row.measure in wanted
    ]
    shares = []
    for trial in read_trials().values():
        own = [row for row in rows if row.trial == trial.key]
        for name, timepoint in dict.fromkeys((row.measure, row.timepoint) for row in own):
            pair = [row for row in own if (row.measure, row.timepoint) == (name, timepoint)]
            controls = [row for row in pair if not row.treated]
            treated = [row for row in pair if row.treated]
            if len(controls) == len(treated) == 1:
                chance = wanted[name].get("chance", {}).get(trial.key, "")
                shares.append(
                    TrialShare(
                        trial=trial,
                        what=wanted[name]["label"],
                        timepoint=timepoint,
                        treated_percent=treated[0].value,
                        control_percent=controls[0].value,
                        treated_n=treated[0].n,
                        control_n=controls[0].n,
                        more_is_good=wanted[name]["best"] == "high",
                        status=treated[0].status,
                        chance=chance,
                        chance_is_likely=_chance(chance),
                    )
                )
    return tuple(shares)


def control_range(measure: str, scale: str, days: float) -> ControlRange | None:
    """Return the range of means of control arms near a time; None where none was measured.

    Parameters
    ----------
    measure, scale : str
    days : float
        Since the procedure, above 0.

    Raises
    ------
    InputError
        If there is no such measure, or not on that scale.
    """
    near = [
        (arm, point)
        for arm in trial_arms(measure, scale)
        if not arm.treated
        for point in arm.points
        if point.days > 0 and max(point.days, days) <= _NEAR * min(point.days, days)
    ]
    if not near:
        return None
    values = [point.value for _, point in near]
    return ControlRange(
        low=min(values),
        high=max(values),
        arms=tuple(f"{arm.trial.label} ({arm.label})" for arm, _ in near),
        unverified=any(point.unverified for _, point in near),
    )
