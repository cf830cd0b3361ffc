"""How widely sampled injections differ, in a table."""

from collections import Counter

import numpy as np

from vertaug.case.augmentation_content import BAR, KPA, ML
from vertaug.case.filling import LEAK_PATHS, FillingSpread
from vertaug.case.grid import FloatArray
from vertaug.case.simulation import InjectionSetup
from vertaug.case.spread_figures import (
    LeakOdds,
    any_odds,
    canal_stops,
    first_stop_capped,
    least_first_stop,
    odds_of,
    quantiles,
)
from vertaug.fluoroscopy.exposure import two_figures
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells
from vertaug.report.content_product import listed_viscosity
from vertaug.report.filling_words import SEEN_MM3
from vertaug.report.path_words import ANY, YEOM, list_rows

_LARGE_MM3 = 100.0
"""A leak towards the canal of more than 0.1 ml is counted apart; a design default."""
_SIZES_MM3 = (SEEN_MM3, 100.0, 500.0)
"""Of leaks, told apart."""
_MANY = 20
"""Samples from which on one in twenty lies outside 5 to 95 %."""


def spread_table(spread: FillingSpread, setup: InjectionSetup) -> Table | None:
    """Return shares of leaking samples and quantiles; None where every sample failed.

    Parameters
    ----------
    spread : FillingSpread
    setup : InjectionSetup
        For the limit of the syringe.
    """
    done = len(spread.leaked_mm3)
    if done == 0:
        return None
    rows = [_leak_row(spread, title, paths) for title, paths in list_rows()]
    rows.append(_odds_row(f"leak by {ANY}", any_odds(spread), spread.leaked_mm3.sum(axis=1)))
    limit = setup.syringe_limit_mpa
    most = "" if limit is None else f"; limit {limit * BAR:.1f} bar"
    for name, cell in (
        ("volume at the first stop rule (ml)", _first_stop(spread)),
        ("cement in the body (%)", _range(100.0 * spread.fill_fraction, 1)),
        ("greatest pressure at the tip (kPa)", _range(spread.peak_tip_mpa * KPA, 1)),
        ("greatest pressure in the syringe (kPa)", _range(spread.peak_syringe_mpa * KPA, 0)),
        (f"the same (bar{most})", _range(spread.peak_syringe_mpa * BAR, 1)),
    ):
        rows.append((Cell(text=name), Cell(text=""), Cell(text=""), cell))
    return Table(
        title=f"Spread of {done} samples, of the model",
        columns=("", "Samples that leaked", "95 % interval", "Median (5 to 95 % of samples)"),
        rows=tuple(rows),
        note=_note(spread, setup),
    )


def _leak_row(spread: FillingSpread, title: str, paths: tuple[str, ...]) -> tuple[Cell, ...]:
    volume = spread.leaked_mm3[:, [LEAK_PATHS.index(path) for path in paths]].sum(axis=1)
    name = title if title.startswith(("–", "towards")) else f"leak by {title}"
    return _odds_row(name, odds_of(spread, title, paths), volume)


def _first_stop(spread: FillingSpread) -> Cell:
    """Return the volume at the first stop rule; ``≥`` where samples met none."""
    values, capped = quantiles(spread.safe_volume_mm3 * ML), first_stop_capped(spread)
    if all(capped):
        return Cell(text=_hardly_met(spread))
    said = [f"{'≥ ' if more else ''}{v:.2f}" for v, more in zip(values, capped, strict=True)]
    low, _, middle, _, high = said
    # of least values throughout, the lowest says all
    return Cell(text=low if all(capped) else f"{middle} ({low} to {high})")


def _hardly_met(spread: FillingSpread) -> str:
    """Return one least value where quantiles would repeat it, and when the others met a rule."""
    count, met = len(spread.stopped), np.sort(spread.safe_volume_mm3[spread.stopped]) * ML
    least = float(spread.safe_volume_mm3[~spread.stopped].min()) * ML
    text = f"≥ {least_first_stop(least, len(met), count)}"
    if not len(met):
        return text
    return f"{text}; the other {len(met)} at {', '.join(f'{volume:.2f}' for volume in met)} ml"


def _odds_row(name: str, odds: LeakOdds, volume_mm3: FloatArray) -> tuple[Cell, ...]:
    return (
        Cell(text=name, strong=name.startswith("towards") or odds.path == "any"),
        *cells(
            f"{odds.count} of {odds.samples} ({words.percent(100.0 * odds.share)})",
            f"{100.0 * odds.low:.0f} to {100.0 * odds.high:.0f} %",
        ),
        Cell(text=f"{_range(volume_mm3 * ML, 2).text} ml"),
    )


def _range(values: FloatArray, digits: int) -> Cell:
    # a sum of nothing may be a little below 0
    low, _, middle, _, high = np.round(quantiles(values), digits) + 0.0
    return Cell(text=f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})")


def _note(spread: FillingSpread, setup: InjectionSetup) -> str:
    done = len(spread.safe_volume_mm3)
    met = int(spread.stopped.sum())
    rules = Counter(rule.replace("_", " ") for rule in spread.first_rule if rule)
    first = ", ".join(f"{rule} {count}" for rule, count in rules.most_common())
    drawn = "; ".join(_drawn_words(name, values, setup) for name, values in spread.drawn.items())
    first_words = f" (first: {first})" if first else ""
    parts = [
        (
            "Every sample injects the whole planned volume, its stop rules only recorded. "
            f"Counted as a leak: more than {spread.least_mm3 * ML:.2g} ml by a path. Interval: of "
            f"chance alone, with {done} samples (Wilson). A stop rule was met in {met} of {done}"
            f"{first_words}; in the others it would come after the whole "
            f"{spread.planned_mm3 * ML:.2f} ml, hence ≥. Not safe in itself: leaks too small for a "
            "rule come before it."
        ),
        _size_words(spread),
        *_canal_words(spread),
        YEOM,
    ]
    if drawn:
        parts.append(f"Drawn, {_span_words(done)}: {drawn}; seed {spread.seed}.")
    if spread.failed:
        parts.append(
            f"Samples that could not be computed are left out: {'; '.join(spread.failed)}."
        )
    return " ".join(parts)


def _size_words(spread: FillingSpread) -> str:
    """Say how many samples leaked more than volumes that differ in what can be seen of them."""
    every = spread.leaked_mm3.sum(axis=1)
    counts = ", ".join(f"more than {v * ML:g} ml in {int((every > v).sum())}" for v in _SIZES_MM3)
    return f"By all paths together {counts} of {len(every)} samples."


def _canal_words(spread: FillingSpread) -> tuple[str, ...]:
    """Say how many leaks towards the canal a stop rule would have ended; nothing without one."""
    found = canal_stops(spread, _LARGE_MM3)
    if not found.leaked:
        return ()
    unmet = found.leaked - len(found.met_mm3)
    parts = []
    if found.met_mm3:
        volumes = ", ".join(f"{volume * ML:.2f}" for volume in found.met_mm3)
        parts.append(f"{len(found.met_mm3)} met a stop rule, after {volumes} ml")
    if unmet:
        most = f"at most {found.most_unmet_mm3 * ML:.2f} ml left that way"
        who = f"the other {unmet} met none" if found.met_mm3 else "none met a stop rule"
        parts.append(f"{who}: {most}")
    large = f"{_LARGE_MM3 * ML:g} ml"
    above = f"In no sample did more than {large} leave towards the canal."
    if found.above:
        above = (
            f"More than {large} left towards the canal in {found.above} of "
            f"{len(spread.leaked_mm3)}, {found.above_met} of them with a stop rule; how much had "
            "left when the rule was met is not kept of samples."
        )
    return (f"Of the {found.leaked} that leaked towards the canal {'; '.join(parts)}. {above}",)


def _drawn_words(name: str, values: FloatArray, setup: InjectionSetup) -> str:
    low, *_, high = quantiles(values)
    title, _, unit = name.partition(", ")
    when = _viscosity_when(setup) if title == "viscosity" else ""
    span = f"{words.three_figures(low)} to {words.three_figures(high)}"
    if low == high:
        span = f"{words.three_figures(low)} in all"
    return f"{title} {span} {unit}".rstrip() + when


def _viscosity_when(setup: InjectionSetup) -> str:
    """Say at which age the viscosity is drawn, and what it is at the injection shown."""
    listed, clock = listed_viscosity(setup.product), setup.clock
    if listed is None:
        return ""
    viscosity, when = listed
    if clock is None:
        return f" {when} ({viscosity:g} in the injection shown)"
    first, last = (two_figures(value) for value in clock.viscosity_pa_s)
    begin, end = (age / 60.0 for age in clock.age_s)
    return (
        f" {when}; in the injection shown {viscosity:g} then, {first} to {last} in the syringe "
        f"({begin:.1f} to {end:.1f} min)"
    )


def _span_words(samples: int) -> str:
    """Return what the quantiles are; of few samples they lie between the outermost two."""
    return "5 to 95 %" if samples >= _MANY else f"5 to 95 %, of {samples} samples a rough guide"
