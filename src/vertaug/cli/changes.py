"""What an older case had and a new one has not: never lost without a word."""

from typing import TYPE_CHECKING

import typer

from vertaug.case.volume_words import millilitres_of, with_cement_of

if TYPE_CHECKING:
    from vertaug.workflow import CaseResult


def tell_changes(result: "CaseResult") -> None:
    """Say on stderr what was left out or replaced, also where nothing else is said."""
    for line in list_changes(result):
        typer.echo(line, err=True)


def list_changes(result: "CaseResult") -> list[str]:
    """Return what the older case had and this one has not, in lines."""
    lines = []
    if result.replaced is not None:
        lines.append(f"The case of {result.replaced} that stood here was replaced.")
    if result.dropped_simulation:
        lines.append(
            "The simulated vertebroplasty of this case belongs to other measurements or another "
            "version of vertaug and was left out; simulate it again with: vertaug simulate CASE"
        )
    if result.dropped_samples:
        lines.append(
            f"The {result.dropped_samples} sampled injections of this case were those of another "
            "injection and were left out; compute them again with: vertaug simulate CASE --samples "
            f"{result.dropped_samples}"
        )
    return lines + _strength_changes(result)


def _strength_changes(result: "CaseResult") -> list[str]:
    lines = []
    if result.sketched_ml is not None:
        lines.append(
            f"The strength with {millilitres_of(result.sketched_ml)} of sketched cement was "
            "replaced by that with the simulated cement."
        )
    gone = result.dropped_strength
    if gone is not None:
        injected = gone.simulated_cement and not result.dropped_simulation
        why = (
            "was that with the cement of another injection"
            if injected
            else "belongs to other measurements or another version of vertaug"
        )
        lines.append(
            f"The strength of this case, before and after cement, {why} and was left out; compute "
            "it again with: vertaug strength CASE"
        )
    cement = result.dropped_cement
    if cement is not None and cement.simulated_cement:
        again = (
            ""
            if result.document.augmentation is None
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
