"""How volumes and pressures of a simulated injection are said, everywhere alike."""

from vertaug.case.augmentation_content import BAR, KPA, ML
from vertaug.case.filling import LEAST_LEAK_MM3, Filling, FillingSpread, StopEvent
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.case.spread_figures import any_odds, canal_odds
from vertaug.report import words
from vertaug.report.path_words import PATHS

SEEN_MM3 = 50.0
"""What the stop rules take to be seen where it should not be, 0.05 ml; by all paths together."""


def ml(volume_mm3: float, *, unit: bool = True) -> str:
    """Return a simulated volume with two decimals."""
    return f"{volume_mm3 * ML:.2f} ml" if unit else f"{volume_mm3 * ML:.2f}"


def leak_ml(volume_mm3: float) -> str:
    """Return what left the bone in ml; less than what counts as a leak is a trace."""
    if volume_mm3 <= 0.0:
        return "0"
    if volume_mm3 <= LEAST_LEAK_MM3:
        return f"trace (< {ml(LEAST_LEAK_MM3, unit=False)})"
    return ml(volume_mm3, unit=False)


def pressure(pressure_mpa: float) -> str:
    """Return a pressure in kPa and in bar."""
    value = float(pressure_mpa)
    kpa, bar = value * KPA, value * BAR
    return f"{words.three_figures(kpa)} kPa ({bar:.{1 if bar >= 1.0 else 2}f} bar)"


def first_stop(filling: Filling) -> str:
    """Return the volume at the first stop rule, or that it is more than what was injected."""
    if filling.safe_volume_mm3 is None or not filling.events:
        return f"≥ {ml(filling.injected_mm3)}, no rule met"
    return f"{ml(filling.safe_volume_mm3)}: {filling.events[0].sentence}"


def left_bone(filling: Filling) -> str:
    """Return how much left the bone, and by which paths more than a trace."""
    total = sum(leak.volume_mm3 for leak in filling.leaks)
    told = [
        f"{ml(leak.volume_mm3, unit=False)} by {PATHS[leak.path]}"
        for leak in filling.leaks
        if leak.volume_mm3 > LEAST_LEAK_MM3
    ]
    if total <= 0.0:
        return "nothing left the bone"
    if total < 0.5 * LEAST_LEAK_MM3:
        return f"less than {ml(LEAST_LEAK_MM3)} left the bone"
    if not told:
        return f"{ml(total)} left the bone, by no path more than {ml(LEAST_LEAK_MM3)}"
    return f"{ml(total)} left the bone, of it {' and '.join(told)}"


def acted(filling: Filling) -> StopEvent | None:
    """Return the rule by which the injection stopped, None where it stopped by none."""
    return next((event for event in filling.events if event.acted_on), None)


def end_words(found: SimulatedVertebroplasty) -> str:
    """Return how much of the plan was injected, and what ended it."""
    filling, planned = found.result.filling, found.setup.planned_mm3
    share = f"{ml(filling.injected_mm3, unit=False)} of {ml(planned)}"
    stopped = acted(filling)
    if stopped is not None:
        return f"stopped at {share}: {stopped.sentence}"
    if filling.safe_volume_mm3 is None or not filling.events:
        whole = filling.injected_mm3 >= planned - 0.5 * LEAST_LEAK_MM3
        why = "" if whole else f" ({filling.stop_reason})"
        return f"{share} injected{why}, no stop rule was met"
    return f"{share} injected; first stop rule met at {first_stop(filling)}"


def sample_words(found: SimulatedVertebroplasty) -> str:
    """Return how many samples leaked, visibly and towards the canal, and met a stop rule.

    Empty without samples.
    """
    spread = found.result.spread
    if spread is None or not len(spread.leaked_mm3):
        return ""
    every, canal = any_odds(spread), canal_odds(spread)
    large = int((spread.leaked_mm3.sum(axis=1) > SEEN_MM3).sum())
    return (
        f"{every.count} of {every.samples} sampled injections of the whole volume leaked "
        f"({large} more than {SEEN_MM3 * ML:g} ml), {canal.count} towards the canal; "
        f"{_stop_words(spread)}"
    )


def _stop_words(spread: FillingSpread) -> str:
    """Return in how many samples a stop rule was met, and from which volume on."""
    met = spread.safe_volume_mm3[spread.stopped]
    if not len(met):
        return "none met a stop rule"
    return f"{len(met)} met a stop rule, the earliest at {ml(float(met.min()))}"
