"""What an older case had and a new one has not: never lost without a word."""

from typing import TYPE_CHECKING

import typer

from vertaug.case.case_file import SimulationParameters
from vertaug.case.plan import Procedure
from vertaug.case.volume_words import millilitres_of, with_cement_of

if TYPE_CHECKING:
    from vertaug.workflow.run import CaseResult


def tell_changes(result: "CaseResult") -> None:
    """Say on stderr what was left out or replaced, also where nothing else is said."""
    for line in list_changes(result):
        typer.echo(line, err=True)


def refusal_words(result: "CaseResult") -> str:
    """Return why a panel is not written into a case: what would be lost; empty for nothing.

    Parameters
    ----------
    result : CaseResult
        As `vertaug.workflow.again.foresee_indications` returns it.
    """
    lost = [f"the simulated {procedure.value}" for procedure in result.dropped_simulations]
    lost += [
        f"the {samples} sampled injections of the {procedure.value}"
        for procedure, samples in result.dropped_samples
    ]
    cement = result.dropped_cement is not None
    if result.dropped_strength is not None:
        lost.append("the strength before and after cement")
    elif cement:
        lost.append("the strength with cement")
    if result.dropped_kyphoplasty_strength:
        lost.append("the strength after the kyphoplasty")
    if not lost:
        return ""
    named = lost[0] if len(lost) == 1 else f"{', '.join(lost[:-1])} and {lost[-1]}"
    return (
        f"NOT SAVED: the case stays as it was. Writing this panel into it would lose {named}, "
        "which another version of vertaug has computed and this one would have to compute again. "
        "--save writes the panel all the same; to keep both, copy the case first."
    )


def list_changes(result: "CaseResult") -> list[str]:
    """Return what the older case had and this one has not, in lines."""
    lines = []
    if result.replaced is not None:
        lines.append(f"The case of {result.replaced} that stood here was replaced.")
    lines += [
        f"The simulated {procedure.value} of this case belongs to other measurements or another "
        "version of vertaug and was left out; simulate it again with: vertaug simulate "
        f"CASE{_option(procedure)} and the options of that simulation"
        for procedure in result.dropped_simulations
    ]
    lines += [
        f"The simulated {had.procedure.value} that stood here ({_injection(had)}) was replaced; to "
        "keep both, copy the case first."
        for had in result.replaced_simulations
    ]
    lines += [
        f"The {samples} sampled injections of this case were those of another injection and were "
        f"left out; compute them with: vertaug simulate CASE{_option(procedure)} --samples "
        f"{samples} and the options of this injection"
        for procedure, samples in result.dropped_samples
    ]
    if result.idle_indications is not None:
        lines.append(
            f"The facts of the patient are those of {result.idle_indications} and this case treats "
            f"{result.document.fracture.level or 'no level'}: it has no indication panel. They are "
            "kept; give those of this level with: vertaug indications CASE --facts FACTS"
        )
    return lines + _strength_changes(result)


def _injection(had: SimulationParameters) -> str:
    """Return what was injected."""
    volume = "volume of the plan" if had.volume_ml is None else f"{had.volume_ml:g} ml"
    return f"{had.product}, {volume}, plan {had.plan}, seed {had.seed}"


def _option(procedure: Procedure) -> str:
    """Return the option that names a procedure, empty for the default one."""
    default = procedure is Procedure.VERTEBROPLASTY
    return "" if default else f" --procedure {procedure.value}"


def _strength_changes(result: "CaseResult") -> list[str]:
    lines = []
    if result.sketched_ml is not None:
        lines.append(
            f"The strength with {millilitres_of(result.sketched_ml)} of sketched cement was "
            "replaced by that with the simulated cement."
        )
    gone, gone_too = result.dropped_strength, result.dropped_simulations
    if gone is not None:
        injected = gone.simulated_cement and Procedure.VERTEBROPLASTY not in gone_too
        why = (
            "was that with the cement of another injection"
            if injected
            else "belongs to other measurements or another version of vertaug"
        )
        lines.append(
            f"The strength of this case, before and after cement, {why} and was left out; compute "
            "it again with: vertaug strength CASE"
        )
    if result.dropped_kyphoplasty_strength:
        augmentation = result.document.augmentation
        there = augmentation is not None and augmentation.kyphoplasty is not None
        again = "; compute it again with: vertaug strength CASE" if there else ""
        lines.append(f"The strength after the kyphoplasty of this case was left out{again}.")
    cement = result.dropped_cement
    if cement is not None and cement.simulated_cement:
        again = (
            ""
            if result.document.augmentation is None
            or result.document.augmentation.vertebroplasty is None
            else "; compute it with the cement that is there now with: vertaug strength CASE"
        )
        lines.append(
            "The strength with the simulated cement of this case was left out, that of the "
            f"vertebra without cement stands{again}."
        )
    elif cement is not None:
        lines.append(
            f"The strength {with_cement_of(cement.cement_ml)} of this case was replaced by that "
            f"without cement; compute it again with: vertaug strength CASE --cement-ml "
            f"{cement.cement_ml:g}"
        )
    return lines
