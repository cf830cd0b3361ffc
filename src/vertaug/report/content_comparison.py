"""A vertebroplasty beside a kyphoplasty of the same level: one table, limits, no verdict."""

from collections.abc import Callable

from vertaug.case.kyphoplasty import BalloonCourse, SimulatedKyphoplasty
from vertaug.case.procedure_course import ProcedureCourse
from vertaug.case.simulation import InjectionSetup, SimulatedVertebroplasty
from vertaug.case.spread_figures import any_odds, odds_of
from vertaug.case.strength import StrengthAssessment, StrengthState
from vertaug.case.strength_gain import gain_range, two_figures
from vertaug.case.strength_words import unusable_words
from vertaug.report import words
from vertaug.report.balloon_words import HEIGHTS, each_ml, end_pressure_words, signed
from vertaug.report.content import Cell, ReportPart, Table, TextBlock
from vertaug.report.content_course import duration_words
from vertaug.report.content_disc_load import middle_words
from vertaug.report.content_filling_heat import TISSUES
from vertaug.report.content_strength_table import load_title
from vertaug.report.filling_words import end_words, first_stop, left_bone, pressure
from vertaug.report.path_words import ANY, list_rows

PICTURES = ("comparison", "comparison_curves")
NOT_COMPUTED = "not computed"
_TO_CANAL = "leak towards the canal (B or posterior wall), samples"
_NO_MOVE = f"{NOT_COMPUTED}: cement moves no bone in the model"
_LIMITS = (
    (
        "Two models of one CT, neither validated on patients: a difference between the columns is "
        "one of the models, and no advice for a procedure."
    ),
    (
        "In patients the position on the table and the cement itself raise a body too, and both "
        "procedures lose height afterwards; the model has neither, so that the heights of the two "
        "columns must not be set against each other."
    ),
    (
        "Strength and stiffness of the two columns are no comparison of procedures: whether cement "
        "touches a cap with no bone between, and whether it fills the cavity, decides them, and "
        "both follow from where needles and balloons lie in the model."
    ),
    (
        "Leakage is no prediction. After a balloon it rests on bone that was compacted in a model "
        "whose wall does not crack; a crack that the balloon made would leak."
    ),
)


def comparison_part(
    first: SimulatedVertebroplasty | None,
    second: SimulatedKyphoplasty | None,
    strength: tuple[StrengthAssessment | None, StrengthAssessment | None] = (None, None),
) -> ReportPart | None:
    """Return the comparison; None where not both were simulated on one level.

    Parameters
    ----------
    first : SimulatedVertebroplasty or None
    second : SimulatedKyphoplasty or None
    strength : tuple of 2 StrengthAssessment or None
        With the cement of the vertebroplasty and with that of the kyphoplasty.
    """
    if first is None or second is None or first.level != second.level:
        return None
    return ReportPart(
        title=f"Vertebroplasty beside kyphoplasty, {first.level}",
        key=_table(first, second, strength),
        limits=TextBlock(title="Comparison: main limits", paragraphs=_LIMITS),
        tables=(),
        pictures=PICTURES,
        text=(),
    )


def _table(
    first: SimulatedVertebroplasty,
    second: SimulatedKyphoplasty,
    strength: tuple[StrengthAssessment | None, StrengthAssessment | None],
) -> Table:
    both = (first, second.cement)
    rows = [
        ("needles", *(f"{s.setup.plan}, {s.setup.gauge} G" for s in both)),
        ("balloon", "none", _balloon(second.balloon)),
        ("cement injected", *(end_words(s) for s in both)),
        ("volume at the first stop rule", *(first_stop(s.result.filling) for s in both)),
        ("in this one injection", *(left_bone(s.result.filling) for s in both)),
        *_leak_rows(both),
        *_shape_rows(second.balloon),
        *_pressure_rows(both, second.balloon),
        *_heat_rows(both),
        *_strength_rows(strength, first.level),
        ("beam on, a model (min)", *(_time(s.course, _beam) for s in both)),
        (
            "first needle to last out, a model (min)",
            *(_time(s.course, duration_words) for s in both),
        ),
    ]
    return Table(
        title="Side by side",
        columns=("", "Vertebroplasty", "Kyphoplasty"),
        rows=tuple(
            (
                Cell(text=name, strong=name == _TO_CANAL),
                *map(_cell, values),
            )
            for name, *values in rows
        ),
        note=(
            f"{_inputs_words(first.setup, second.cement.setup)} Leaks of samples: in how many, "
            "with the 95 % interval of chance alone (Wilson); every sample injects the whole "
            "planned volume. Height and angle: kept when the balloons are emptied. Strength: the "
            "same laws, voxels and definitions in both, upper estimates; after balloons in bone as "
            "they left it. Times: only injection and hardening are simulated."
            f"{_doubt(strength)}"
        ),
    )


def _cell(text: str) -> Cell:
    return Cell(text=text)


def _balloon(course: BalloonCourse | None) -> str:
    if course is None:
        return "none (0 ml asked for)"
    return f"{course.setup.balloon.name}: {each_ml(course)}; {course.end}"


def _leak_rows(both: tuple[SimulatedVertebroplasty, ...]) -> list[tuple[str, ...]]:
    rows = [(_leak_title(title), *(_odds(s, paths) for s in both)) for title, paths in list_rows()]
    return [*rows, (f"leak by {ANY}, samples", *(_odds(s, ()) for s in both))]


def _leak_title(title: str) -> str:
    if title.startswith("towards"):
        return _TO_CANAL
    return f"leak by {title.removeprefix('– ')}, samples"


def _odds(found: SimulatedVertebroplasty, paths: tuple[str, ...]) -> str:
    """Return in how many samples cement left by some paths; by any, without paths."""
    spread = found.result.spread
    if spread is None or not len(spread.leaked_mm3):
        return NOT_COMPUTED
    odds = odds_of(spread, "", paths) if paths else any_odds(spread)
    return f"{odds.count} of {odds.samples} ({100.0 * odds.low:.0f} to {100.0 * odds.high:.0f} %)"


def _shape_rows(course: BalloonCourse | None) -> list[tuple[str, ...]]:
    names = [f"{height} height gained (mm)" for height in HEIGHTS]
    names += ["wedge angle, change", "local kyphosis, change"]
    if course is None:
        return [(name, _NO_MOVE, _NO_MOVE) for name in names]
    before, kept = course.stage("before"), course.stage("emptied")
    values = [
        signed(getattr(kept.heights_mm, height) - getattr(before.heights_mm, height))
        for height in HEIGHTS
    ]
    values.append(f"{signed(kept.wedge_angle_deg - before.wedge_angle_deg)}°")
    first, last = before.local_kyphosis_deg, kept.local_kyphosis_deg
    if first is None or last is None:
        values.append(NOT_COMPUTED)
    else:
        values.append(f"{signed(last - first)}°")
    return [(name, _NO_MOVE, value) for name, value in zip(names, values, strict=True)]


def _pressure_rows(
    both: tuple[SimulatedVertebroplasty, ...], course: BalloonCourse | None
) -> list[tuple[str, ...]]:
    curves = [found.result.filling.curve for found in both]
    balloon = "no balloon" if course is None else end_pressure_words(course)
    return [
        ("pressure in the balloons at the end", "no balloon", balloon),
        ("greatest pressure in the bone, at the tip", *(pressure(c.tip_mpa.max()) for c in curves)),
        ("greatest pressure in the syringe", *(pressure(c.syringe_mpa.max()) for c in curves)),
    ]


def _heat_rows(both: tuple[SimulatedVertebroplasty, ...]) -> list[tuple[str, ...]]:
    """Return the peaks of tissues; that of the core of the cement is none of a tissue."""
    return [
        (f"peak of the {title} (°C)", *(_peak(found, name) for found in both))
        for name, title in TISSUES.items()
        if name != "cement"
    ]


def _peak(found: SimulatedVertebroplasty, name: str) -> str:
    heat = found.result.heat
    if heat is None:
        return NOT_COMPUTED
    tissue = heat.tissue(name)
    return "beyond the computed box" if tissue is None else f"{tissue.peak_c:.1f}"


def _strength_rows(
    both: tuple[StrengthAssessment | None, StrengthAssessment | None], level: str
) -> list[tuple[str, ...]]:
    """Return failure load, stiffness, load on the discs and evenness with each cement."""
    says: tuple[tuple[str, Callable[[StrengthAssessment, StrengthState], str]], ...] = (
        ("load borne with this cement, by definition", _load),
        ("failure load, times that as it is, by definition", _gain),
        ("stiffness with this cement", _stiffness),
        ("stiffness, times that as it is", _stiffer),
        ("pressure on the middle of the superior · inferior disc at 1 kN (MPa)", _discs),
        ("share of the load farthest from even, left to right", _uneven),
    )
    return [(title, *(_strength_cell(one, level, say) for one in both)) for title, say in says]


def _strength_cell(
    found: StrengthAssessment | None,
    level: str,
    say: Callable[[StrengthAssessment, StrengthState], str],
) -> str:
    """Return what is said of a strength with simulated cement of the level."""
    if found is None or found.after is None or found.level != level or found.assumed_cement:
        return NOT_COMPUTED
    return say(found, found.after) or NOT_COMPUTED


def _load(found: StrengthAssessment, after: StrengthState) -> str:
    main = after.main_load
    return f"{words.kilonewton(main.force_n)} ({load_title(main.name, found)})"


def _gain(found: StrengthAssessment, after: StrengthState) -> str:
    del after
    return _no_ratio(found) or gain_range(found.load_ratios).partition(" times")[0]


def _stiffness(found: StrengthAssessment, after: StrengthState) -> str:
    del found
    return f"{words.three_figures(after.stiffness_n_per_mm / 1000.0)} kN/mm"


def _stiffer(found: StrengthAssessment, after: StrengthState) -> str:
    return _no_ratio(found) or two_figures(
        after.stiffness_n_per_mm / found.before.stiffness_n_per_mm
    )


def _no_ratio(found: StrengthAssessment) -> str:
    doubt, _, _ = unusable_words(found).partition(":")
    return f"not given: {doubt}" if doubt else ""


def _doubt(both: tuple[StrengthAssessment | None, StrengthAssessment | None]) -> str:
    """Return why no ratio is given, in a sentence; nothing where they are."""
    said = {unusable_words(found) for found in both if found is not None}
    return "".join(f" {words.sentence(text)}" for text in sorted(said) if text)


def _discs(found: StrengthAssessment, after: StrengthState) -> str:
    del after
    return middle_words(found)


def _uneven(found: StrengthAssessment, after: StrengthState) -> str:
    was, now = (words.percent(100.0 * state.asymmetry) for state in (found.before, after))
    return f"{now} (as it is {was})"


def _time(course: ProcedureCourse | None, say: Callable[[ProcedureCourse], str]) -> str:
    return NOT_COMPUTED if course is None else say(course)


def _beam(course: ProcedureCourse) -> str:
    return f"{course.fluoroscopy_s / 60.0:.1f}"


def _inputs_words(first: InjectionSetup, second: InjectionSetup) -> str:
    """Say whether both injections were asked for alike, or in what they differ."""
    what: dict[str, tuple[str | float, str | float]] = {
        "cement": (first.product.name, second.product.name),
        "planned volume (ml)": (first.planned_mm3 / 1000.0, second.planned_mm3 / 1000.0),
        "rate (mm³/s)": (first.rate_mm3_per_s, second.rate_mm3_per_s),
        "stop rules acted on": (first.stop_rules, second.stop_rules),
        "cells (mm)": (first.spacing_mm, second.spacing_mm),
        "seed": (first.seed, second.seed),
        "age of the cement at the start (s)": (first.first_age_s, second.first_age_s),
    }
    differ = [f"{name} {_say(a)} and {_say(b)}" for name, (a, b) in what.items() if a != b]
    if not differ:
        return "Same cement, planned volume, rate, rules, cells and seed in both."
    return f"NOT ALIKE: {'; '.join(differ)}."


def _say(value: str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:.4g}"
