"""The pictures of the strength: the one place where the report asks for them."""

import numpy as np

from vertaug.case.strength import StrengthAssessment, StrengthField, StrengthState
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.report.inputs import ReportInput
from vertaug.report.picture import Picture


def strength_pictures(case: ReportInput) -> tuple[Picture, ...]:
    """Return force over displacement, where it was crushed, and the map of what fails."""
    if case.strength is None:
        return ()
    states = _named_states(case.strength)
    crushed = all(state.curve is not None for _, state in states)
    curve = (_draw_curves(states, case.strength.height_mm),) if crushed else ()
    return (*curve, _draw_map(states, case.strength.height_mm, crushed=crushed))


def _named_states(found: StrengthAssessment) -> list[tuple[str, StrengthState]]:
    states = [("As it is", found.before)]
    if found.after is not None:
        states.append((f"With {found.cement_ml:g} ml of cement", found.after))
    return states


def _draw_curves(states: list[tuple[str, StrengthState]], height_mm: float) -> Picture:
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
    return draw_strength_curve(curves, height_mm)


def _draw_map(
    states: list[tuple[str, StrengthState]], height_mm: float, *, crushed: bool
) -> Picture:
    from vertaug.report.figure_failure import FailureField, FailureState, draw_failure_map

    shown = []
    for name, state in states:
        field = state.field
        plastic = field.plastic_strain if crushed else None
        shown.append(
            FailureState(
                name=name,
                model=_model_of(field, height_mm),
                values=field.energy_mpa if plastic is None else plastic,
                cement=field.cement if field.cement.any() else None,
            )
        )
    if crushed:
        return draw_failure_map(shown, FailureField.PLASTIC_STRAIN, "at 1.9 % apparent strain")
    at = "at 0.68 % apparent strain, linear"
    return draw_failure_map(shown, FailureField.ENERGY, at)


def _model_of(field: StrengthField, height_mm: float) -> VertebraModel:
    """Return the model of a stored field; its strengths are not kept."""
    filled = np.asarray(field.bone_mpa + field.filler_mpa) > 0.0
    return VertebraModel(
        grid=field.grid,
        bone_mpa=field.bone_mpa.astype(np.float64),
        filler_mpa=field.filler_mpa.astype(np.float64),
        strength_mpa=np.full(field.grid.shape, np.inf),
        anisotropic=False,
        superior_nodes=nodes_of_faces(filled, upper=True),
        inferior_nodes=nodes_of_faces(filled, upper=False),
        height_mm=height_mm,
    )
