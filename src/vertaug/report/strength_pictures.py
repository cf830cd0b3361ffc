"""The pictures of the strength: the one place where the report asks for them."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from vertaug.case.strength import FailureLoad, StrengthAssessment, StrengthState
from vertaug.case.strength_gain import still_rises, two_figures
from vertaug.case.strength_words import (
    cement_words,
    gain_words,
    rises,
    unreached_words,
    unusable_words,
)
from vertaug.case.volume_words import millilitres_of, with_cement_of
from vertaug.mechanics.failure import AT_END, GREATEST
from vertaug.mechanics.rigidity import FAILURE_STRAIN
from vertaug.report.cement_contact import contact_words
from vertaug.report.inputs import ReportInput
from vertaug.report.picture import Picture
from vertaug.report.strength_model import model_of_field

if TYPE_CHECKING:
    from vertaug.report.failure_state import FailureField, FailureState

_NEUTRAL = {
    AT_END.name: "load at 1.9 % strain",
    GREATEST.name: "greatest load up to 1.9 % strain",
}
"""What the loads at the end of a curve are called where some curves still rise there."""
COMPARED = "comparison_curves"
"""Name of the picture of the curves of both procedures."""


def strength_pictures(case: ReportInput) -> tuple[Picture, ...]:
    """Return force over displacement and what yields, where it was crushed, and strain energy."""
    main, after = case.strength, case.kyphoplasty_strength
    first = () if main is None else _pictures_of(main)
    if main is None or after is None:
        return first
    second = _pictures_of(after)
    named = tuple(replace(p, name=f"kyphoplasty_{p.name}") for p in second)
    return (*first, *named, *_compared_curves(main, after))


def _pictures_of(found: StrengthAssessment) -> tuple[Picture, ...]:
    states = _named_states(found)
    crushed = all(state.curve is not None for _, state in states)
    curve = (_draw_curves(states, found),) if crushed else ()
    return (*curve, *_draw_maps(states, found, crushed=crushed))


def _compared_curves(main: StrengthAssessment, after: StrengthAssessment) -> tuple[Picture, ...]:
    """Return the curves of both procedures beside that as scanned, if there are all of them."""
    if main.after is None or after.after is None or main.assumed_cement:
        return ()
    states = [
        ("As it is", main.before),
        (_procedure_words("Vertebroplasty", main), main.after),
        (_procedure_words("Kyphoplasty", after), after.after),
    ]
    if any(state.curve is None for _, state in states):
        return ()
    picture = _draw_curves(states, after, _compared_titles(main, after))
    return (replace(picture, name=COMPARED),)


def _procedure_words(procedure: str, found: StrengthAssessment) -> str:
    volume = found.cement_ml
    return procedure if volume is None else f"{procedure}, {millilitres_of(volume)}"


def _compared_titles(main: StrengthAssessment, after: StrengthAssessment) -> tuple[str, ...]:
    """Return the gain by each procedure, or why none is given."""
    lines = [f"{main.level}: as it is, after a vertebroplasty and after a kyphoplasty"]
    unusable = unusable_words(main)
    if unusable:
        return (*lines, f"No gain given: {unusable}.", *_rising_line(main, after))
    named = (("vertebroplasty", main), ("kyphoplasty", after))
    lines += [
        f"After {name}, {with_cement_of(one.cement_ml)}: {gain_words(one)}" for name, one in named
    ]
    return (*lines, *_rising_line(main, after))


def _rising_line(main: StrengthAssessment, after: StrengthAssessment) -> tuple[str, ...]:
    """Return which of the three curves still rise at their end; nothing where none does."""
    named = (
        ("as it is", main.before),
        ("after the vertebroplasty", main.after),
        ("after the kyphoplasty", after.after),
    )
    rising = [name for name, one in named if one is not None and still_rises(one.end_slope)]
    if not rising:
        return ()
    return (f"The curve {' and '.join(rising)} still rises at 1.9 % strain: no failure there.",)


def _named_states(found: StrengthAssessment) -> list[tuple[str, StrengthState]]:
    states = [("As it is", found.before)]
    if found.after is not None:
        words = cement_words(found)
        states.append((f"{words[0].upper()}{words[1:]}", found.after))
    return states


def _draw_curves(
    states: list[tuple[str, StrengthState]],
    found: StrengthAssessment,
    titles: tuple[str, ...] = (),
) -> Picture:
    from vertaug.report.figure_strength import draw_strength_curve
    from vertaug.report.force_curve import ForceCurve, NamedLoad

    curves = [
        ForceCurve(
            name=f"{name[0].lower()}{name[1:]}",
            short=_short_name(state, found),
            displacement_mm=state.curve.displacement_mm,
            force_n=state.curve.force_n,
            loads=tuple(
                NamedLoad(
                    name=_load_name(load, [state for _, state in states]),
                    force_n=load.force_n,
                    displacement_mm=load.displacement_mm,
                    rising=_at_a_rising_end(load, state),
                )
                for load in state.failure_loads
            ),
            height_mm=_other_height(state, found),
        )
        for name, state in states
        if state.curve is not None
    ]
    ratio = not unusable_words(found)
    return draw_strength_curve(curves, found.height_mm, titles or _curve_titles(found), ratio=ratio)


def _load_name(load: FailureLoad, states: list[StrengthState]) -> str:
    """Return what a load is called, so that it is true of every curve."""
    rising = any(_at_a_rising_end(one, state) for state in states for one in state.failure_loads)
    return _NEUTRAL.get(load.name, load.name) if rising else load.name


def _at_a_rising_end(load: FailureLoad, state: StrengthState) -> bool:
    return load.name in _NEUTRAL and load.force_n is not None and still_rises(state.end_slope)


def _other_height(state: StrengthState, found: StrengthAssessment) -> float | None:
    """Return the height of the body of a state where it is not that of the body as it is."""
    if state is not found.after or _as_high(state, found):
        return None
    return found.height_of(state)


def _as_high(state: StrengthState, found: StrengthAssessment) -> bool:
    return math.isclose(found.height_of(state), found.height_mm, rel_tol=1e-6)


def _short_name(state: StrengthState, found: StrengthAssessment) -> str:
    """Return what fits over a column; nothing where the whole name does."""
    if state is found.before or not found.assumed_cement or found.cement_ml is None:
        return ""
    return f"{millilitres_of(found.cement_ml)}, assumed shape"


def _curve_titles(found: StrengthAssessment) -> tuple[str, ...]:
    """Return the range of the gain with its cement, and what speaks against the values."""
    before = f"{found.before.main} {found.before.failure_load_n / 1000:.2f} kN as it is"
    head = f"{gain_words(found)}, {cement_words(found)}" if gain_words(found) else before
    if found.load_ratios and unusable_words(found):
        head = f"{cement_words(found)}, no gain given: the value before is not usable"
    lines = [f"{found.level}: {head}"]
    if rises(found):
        lines.append("A curve still rises at 1.9 % strain: the load there is not a failure.")
    near, unusable = found.neighbour, unusable_words(found)
    if near is not None and unusable:
        load = f"linear 0.68 %: {near.linear_load_n / 1000:.2f} kN"
        lines.append(f"{unusable[0].upper()}{unusable[1:]} ({load}).")
    return tuple(lines)


def _draw_maps(
    states: list[tuple[str, StrengthState]], found: StrengthAssessment, *, crushed: bool
) -> tuple[Picture, ...]:
    """Return where it yields, where it was crushed, and its strain energy."""
    from vertaug.report.failure_state import FailureField
    from vertaug.report.figure_failure import draw_failure_map

    force = states[0][1].stiffness_n_per_mm * FAILURE_STRAIN * found.height_mm
    energy = draw_failure_map(
        _shown(states, found, FailureField.ENERGY),
        FailureField.ENERGY,
        f"under {force / 1000:.2f} kN, which is 0.68 % apparent strain as it is, linear"
        f"{'; more than it bears when crushed' if unreached_words(found) else ''},",
        found.level,
    )
    if not crushed:
        return (energy,)
    failure = draw_failure_map(
        _shown(states, found, FailureField.PLASTIC_STRAIN),
        FailureField.PLASTIC_STRAIN,
        "at 1.9 % apparent strain,",
        found.level,
    )
    return failure, energy


def _shown(
    states: list[tuple[str, StrengthState]], found: StrengthAssessment, which: "FailureField"
) -> list["FailureState"]:
    from vertaug.report.failure_state import FailureField, FailureState

    shown = []
    start, unusable = states[0][1], unusable_words(found)
    # at the apparent strain of the linear failure load
    force = start.stiffness_n_per_mm * FAILURE_STRAIN * found.height_mm
    for name, state in states:
        field, height_mm, same = state.field, found.height_of(state), _as_high(state, found)
        # the same force in every state; the field holds the same strain
        ratio = force / (state.stiffness_n_per_mm * FAILURE_STRAIN * height_mm)
        plastic = field.plastic_strain if which is FailureField.PLASTIC_STRAIN else None
        if plastic is None or state.curve is None or start.curve is None:
            load = f"{force / 1000:.2f} kN at {100.0 * FAILURE_STRAIN * ratio:.2f} %"
            how = "shortening" if same else "strain"
            beside, change = "same load", f", {two_figures(ratio)} times the {how}"
        else:
            strain = 100.0 * state.curve.displacement_mm[-1] / height_mm
            load = f"{state.curve.force_n[-1] / 1000:.2f} kN at {strain:.1f} %"
            times = state.curve.force_n[-1] / start.curve.force_n[-1]
            beside = "same shortening" if same else "shortened by the same share of its own height"
            change = f", {two_figures(times)} times the load"
        # no ratio to a value that is not usable
        beside += "" if unusable else change
        shown.append(
            FailureState(
                name=name,
                model=model_of_field(field, height_mm),
                values=ratio**2 * field.energy_mpa if plastic is None else plastic,
                load=load,
                density_mg_per_ml=field.density_mg_per_ml,
                cement=field.cement_share if field.cement_share.any() else None,
                beside=unusable if state is start else f"{beside}{_carried(state)}",
                contact=contact_words(found) if state is found.after else "",
            )
        )
    return shown


def _carried(state: StrengthState) -> str:
    """Return what voxels with cement carry of the load, over the layers."""
    shares = [100.0 * level.cement for level in state.levels if level.cement > 0.0]
    if not shares:
        return ""
    return f"; cement carries {min(shares):.0f} to {max(shares):.0f} %, linear"
