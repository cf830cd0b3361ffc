"""How widely sampled injections differ, in a table."""

from collections import Counter

from vertaug.case.augmentation_content import KPA, ML
from vertaug.case.filling import LEAK_PATHS, FillingSpread
from vertaug.case.grid import FloatArray
from vertaug.case.spread_figures import LeakOdds, leak_odds, quantiles
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells
from vertaug.report.path_words import ANY, PATHS

_MANY = 20
"""Samples from which on one in twenty lies outside 5 to 95 %."""


def spread_table(spread: FillingSpread) -> Table | None:
    """Return shares of leaking samples and quantiles; None where every sample failed."""
    odds = leak_odds(spread)
    if not odds:
        return None
    leaked = [spread.leaked_mm3[:, number] for number in range(len(LEAK_PATHS))]
    volumes = [*leaked, spread.leaked_mm3.sum(axis=1)]
    rows = [_odds_row(one, volume) for one, volume in zip(odds, volumes, strict=True)]
    for name, values, digits in (
        ("safe volume (ml)", spread.safe_volume_mm3 * ML, 2),
        ("cement in the body (%)", 100.0 * spread.fill_fraction, 1),
        ("greatest pressure at the tip (kPa)", spread.peak_tip_mpa * KPA, 1),
        ("greatest pressure in the syringe (kPa)", spread.peak_syringe_mpa * KPA, 0),
    ):
        rows.append((Cell(text=name), Cell(text=""), Cell(text=""), _range(values, digits)))
    return Table(
        title=f"Spread of {odds[0].samples} samples, of the model",
        columns=("", "Samples that leaked", "95 % interval", "Median (5 to 95 % of samples)"),
        rows=tuple(rows),
        note=_note(spread),
    )


def _odds_row(odds: LeakOdds, volume_mm3: FloatArray) -> tuple[Cell, ...]:
    name = f"leak by {PATHS[odds.path]}" if odds.path in PATHS else f"leak by {ANY}"
    return (
        Cell(text=name, strong=odds.path == "any"),
        *cells(
            f"{odds.count} of {odds.samples} ({words.percent(100.0 * odds.share)})",
            f"{100.0 * odds.low:.0f} to {100.0 * odds.high:.0f} %",
        ),
        Cell(text=f"{_range(volume_mm3 * ML, 2).text} ml"),
    )


def _range(values: FloatArray, digits: int) -> Cell:
    low, _, middle, _, high = quantiles(values)
    return Cell(text=f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})")


def _note(spread: FillingSpread) -> str:
    done = len(spread.safe_volume_mm3)
    met = int(spread.stopped.sum())
    rules = Counter(rule.replace("_", " ") for rule in spread.first_rule if rule)
    first = ", ".join(f"{rule} {count}" for rule, count in rules.most_common())
    drawn = "; ".join(_drawn_words(name, values) for name, values in spread.drawn.items())
    first_words = f" (first: {first})" if first else ""
    parts = [
        (
            "Every sample injects the whole planned volume, its stop rules only recorded. "
            f"Counted as a leak: more than {spread.least_mm3 * ML:.2g} ml by a path. Interval: of "
            f"chance alone, with {done} samples (Wilson). A stop rule was met in {met} of {done}"
            f"{first_words}; elsewhere the whole "
            f"{spread.planned_mm3 * ML:.1f} ml count as safe."
        ),
    ]
    if drawn:
        parts.append(f"Drawn, {_span_words(done)}: {drawn}; seed {spread.seed}.")
    if spread.failed:
        parts.append(
            f"Samples that could not be computed are left out: {'; '.join(spread.failed)}."
        )
    return " ".join(parts)


def _drawn_words(name: str, values: FloatArray) -> str:
    low, *_, high = quantiles(values)
    title, _, unit = name.partition(", ")
    return f"{title} {words.three_figures(low)} to {words.three_figures(high)} {unit}".rstrip()


def _span_words(samples: int) -> str:
    """Return what the quantiles are; of few samples they lie between the outermost two."""
    return "5 to 95 %" if samples >= _MANY else f"5 to 95 %, of {samples} samples a rough guide"
