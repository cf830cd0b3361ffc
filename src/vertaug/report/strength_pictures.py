"""The pictures of the strength: the one place where the report asks for them."""

from typing import TYPE_CHECKING

from vertaug.case.strength import StrengthAssessment, StrengthState
from vertaug.case.volume_words import with_cement_of
from vertaug.mechanics.rigidity import FAILURE_STRAIN
from vertaug.report.inputs import ReportInput
from vertaug.report.picture import Picture
from vertaug.report.strength_model import model_of_field

if TYPE_CHECKING:
    from vertaug.report.failure_state import FailureField, FailureState


def strength_pictures(case: ReportInput) -> tuple[Picture, ...]:
    """Return force over displacement and what yields, where it was crushed, and strain energy."""
    if case.strength is None:
        return ()
    states = _named_states(case.strength)
    of = f"{case.strength.level}, {case.provenance.case_name}"
    crushed = all(state.curve is not None for _, state in states)
    curve = (_draw_curves(states, case.strength.height_mm, of),) if crushed else ()
    return (*curve, *_draw_maps(states, case.strength.height_mm, of, crushed=crushed))


def _named_states(found: StrengthAssessment) -> list[tuple[str, StrengthState]]:
    states = [("As it is", found.before)]
    if found.after is not None:
        states.append((with_cement_of(found.cement_ml).capitalize(), found.after))
    return states


def _draw_curves(states: list[tuple[str, StrengthState]], height_mm: float, of: str) -> Picture:
    from vertaug.report.figure_strength import ForceCurve, NamedLoad, draw_strength_curve

    curves = [
        ForceCurve(
            name=name.lower(),
            displacement_mm=state.curve.displacement_mm,
            force_n=state.curve.force_n,
            loads=tuple(
                NamedLoad(
                    name=load.name, force_n=load.force_n, displacement_mm=load.displacement_mm
                )
                for load in state.failure_loads
            ),
        )
        for name, state in states
        if state.curve is not None
    ]
    main = " and ".join(
        f"{state.failure_load_n / 1000:.2f} kN {name[0].lower()}{name[1:]}"
        for name, state in states
    )
    return draw_strength_curve(curves, height_mm, f"{of}: {states[0][1].main}, {main}")


def _draw_maps(
    states: list[tuple[str, StrengthState]], height_mm: float, of: str, *, crushed: bool
) -> tuple[Picture, ...]:
    """Return where it yields, where it was crushed, and its strain energy."""
    from vertaug.report.failure_state import FailureField
    from vertaug.report.figure_failure import draw_failure_map

    force = states[0][1].stiffness_n_per_mm * FAILURE_STRAIN * height_mm
    energy = draw_failure_map(
        _shown(states, height_mm, FailureField.ENERGY),
        FailureField.ENERGY,
        f"under {force / 1000:.2f} kN, which is 0.68 % apparent strain as it is, linear,",
        of,
    )
    if not crushed:
        return (energy,)
    failure = draw_failure_map(
        _shown(states, height_mm, FailureField.PLASTIC_STRAIN),
        FailureField.PLASTIC_STRAIN,
        "at 1.9 % apparent strain,",
        of,
    )
    return failure, energy


def _shown(
    states: list[tuple[str, StrengthState]], height_mm: float, which: "FailureField"
) -> list["FailureState"]:
    from vertaug.report.failure_state import FailureField, FailureState

    shown = []
    first = states[0][1].stiffness_n_per_mm
    for name, state in states:
        field = state.field
        # the same force in every state; the field holds the same strain
        ratio = first / state.stiffness_n_per_mm
        plastic = field.plastic_strain if which is FailureField.PLASTIC_STRAIN else None
        if plastic is None or state.curve is None:
            force = first * FAILURE_STRAIN * height_mm
            load = f"{force / 1000:.2f} kN at {100.0 * FAILURE_STRAIN * ratio:.2f} %"
        else:
            strain = 100.0 * state.curve.displacement_mm[-1] / height_mm
            load = f"{state.curve.force_n[-1] / 1000:.2f} kN at {strain:.1f} %"
        shown.append(
            FailureState(
                name=name,
                model=model_of_field(field, height_mm),
                values=ratio**2 * field.energy_mpa if plastic is None else plastic,
                load=load,
                density_mg_per_ml=field.density_mg_per_ml,
                cement=field.cement_share if field.cement_share.any() else None,
            )
        )
    return shown
