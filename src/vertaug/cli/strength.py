"""The command that computes strength: of a case, or of a calibrated image."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vertaug.case.errors import InputError
from vertaug.case.mechanics_record import MechanicsRecord, StateRecord
from vertaug.case.strength_gain import end_slope, gain_range, still_rises, two_figures
from vertaug.case.strength_neighbour import LINEAR_NAME
from vertaug.case.strength_words import NO_FAILURE, assumed_shape_of
from vertaug.case.volume_words import with_cement_of
from vertaug.cli.changes import tell_changes
from vertaug.cli.progress import show_progress
from vertaug.workflow.kernels import choose_kernel_cache, set_threads
from vertaug.workflow.strength_choice import StrengthChoice

if TYPE_CHECKING:
    from vertaug.cli.strength_options import Strength
    from vertaug.workflow.strength_images import ImagePair

_COMPUTE = "Strength"
_EXACT, _CASE_SPACING_MM = "exact", 1.0
"""Defaults of options that go with one kind of input only."""


def compute_strength(given: "Strength") -> None:
    """Compute it, say what came out, print where it is.

    Raises
    ------
    InputError
        If neither a case nor a pair of images is named, or both are.
    """
    choice = StrengthChoice(
        level=given.level,
        cement_ml=given.cement_ml,
        surface=given.surface,
        linear_only=given.linear_only,
        spacing_mm=given.spacing_mm,
    )
    pair = _image_pair(given)
    choose_kernel_cache()
    set_threads(given.threads)
    if pair is not None and given.out is not None:
        tree, record = _of_images(pair, choice, given)
        _say(given, tree, record, str(given.out.resolve()))
        return
    if given.case is None:
        message = "name a case folder"
        raise InputError(message)
    from vertaug.cli.cases import result_tree
    from vertaug.workflow.again import add_strength

    with show_progress(quiet=given.quiet) as listener:
        result = add_strength(given.case, choice, progress=listener)
    tell_changes(result)
    if result.unchanged and not (given.quiet or given.json_output):
        typer.echo("Nothing changed; the case is as it was.")
    _say(given, result_tree(result), result.document.mechanics, str(result.report.resolve()))


def _image_pair(given: "Strength") -> "ImagePair | None":
    """Return the images that were named, None where a case was."""
    from vertaug.workflow.strength_images import ImagePair

    named = [given.density, given.regions, given.out]
    if given.case is not None:
        if any(named) or given.height_mm is not None or given.files is not None:
            message = (
                "give a case folder, or --density with --regions and -o: not both; --height-mm "
                "and --files go with the images"
            )
            raise InputError(message)
        if given.mapping != _EXACT:
            message = "--mapping goes with --density; a case is computed with the exact mapping"
            raise InputError(message)
        return None
    if given.spacing_mm != _CASE_SPACING_MM:
        message = "--spacing-mm goes with a case; with --density the voxels are those of the image"
        raise InputError(message)
    if given.density is None or given.regions is None or given.out is None:
        words = ("--density", "--regions", "-o OUT.json")
        missing = [word for word, value in zip(words, named, strict=True) if value is None]
        message = (
            "give a case folder (vertaug strength CASE), or a calibrated image with its region "
            f"map (--density IMG --regions SEG -o OUT.json); missing: {', '.join(missing)}"
        )
        raise InputError(message)
    return ImagePair(
        density=given.density,
        regions=given.regions,
        mapping=given.mapping,
        height_mm=given.height_mm,
    )


def _of_images(
    pair: "ImagePair", choice: StrengthChoice, given: "Strength"
) -> tuple[dict[str, Any], MechanicsRecord]:
    from vertaug.workflow.progress import Reporter
    from vertaug.workflow.strength_images import strength_of_images

    with show_progress(quiet=given.quiet) as listener:
        tell = Reporter(titles=(_COMPUTE,), listener=listener).start(_COMPUTE)
        tree = strength_of_images(pair, choice, Path(given.out or ""), tell, given.files)
    return tree, MechanicsRecord.model_validate(tree["mechanics"])


def _say(
    given: "Strength",
    tree: dict[str, Any],
    found: MechanicsRecord | None,
    path: str,
) -> None:
    if given.json_output:
        typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))
        return
    if not given.quiet and found is not None:
        for line in list_lines(found):
            typer.echo(line)
        for note in found.notes:
            typer.echo(f"note: {note}")
        typer.echo("Research and teaching, not for clinical decisions.")
    typer.echo(path)


def list_lines(found: MechanicsRecord) -> list[str]:
    """Return the results in a few lines."""
    lines = [f"{found.level} as it is: {_state(found.before)}"]
    after = found.after_vertebroplasty
    if after is not None:
        gains = (found.load_ratios, found.stiffness_ratio)
        lines += _cement_lines(found, _cement(found), after, gains)
    after, other = found.after_kyphoplasty, found.kyphoplasty
    if after is not None and other is not None:
        words = f"after a kyphoplasty, {with_cement_of(other.cement_ml)}"
        lines += _cement_lines(found, words, after, (other.load_ratios, other.stiffness_ratio))
    lines += _neighbour(found)
    rigid = found.competitors.strength_by_rigidity_n
    if rigid is not None:
        lines.append(f"minimum axial rigidity alone, times 0.68 %: {rigid / 1000:.2f} kN")
    spread = found.density_sensitivity
    if spread is not None:
        low, high = (load / 1000 for load in spread.failure_load_n)
        lines.append(
            f"density one standard uncertainty lower to higher: {low:.2f} to {high:.2f} kN "
            f"({spread.failure_load_definition}), as it is; without the error of the model"
        )
    return lines


def _cement_lines(
    found: MechanicsRecord,
    cement: str,
    after: StateRecord,
    gains: tuple[dict[str, float], float | None],
) -> list[str]:
    """Return a state with cement and its gain, where the value before is usable."""
    ratios, stiffness = gains
    lines = [f"{cement}: {_state(after)}"]
    if ratios and stiffness is not None and not found.before_not_usable:
        lines.append(
            f"gain by cement: failure load {gain_range(ratios)} ({_each(ratios)}), stiffness "
            f"{two_figures(stiffness)} times; its uncertainty is not known"
        )
    return lines


def _cement(found: MechanicsRecord) -> str:
    """Return with what cement; an assumed shape is called one."""
    if not found.assumed_cement or found.cement_ml is None:
        return with_cement_of(found.cement_ml)
    return assumed_shape_of(found.cement_ml)


def _neighbour(found: MechanicsRecord) -> list[str]:
    """Return the intact neighbour of a fractured level and what it says of it, or its lack."""
    near = found.intact_neighbour
    if near is None:
        return [found.no_intact_neighbour] if found.no_intact_neighbour else []
    line = (
        f"intact {near.level}: {LINEAR_NAME} {near.linear_load_n / 1000:.2f} kN, "
        f"stiffness {near.stiffness_n_per_mm / 1000:.2f} kN/mm"
    )
    return [line, *([found.before_not_usable] if found.before_not_usable else [])]


def _each(ratios: dict[str, float]) -> str:
    """Return the gains by each definition."""
    return ", ".join(f"{two_figures(ratio)} by {name}" for name, ratio in ratios.items())


def _state(state: StateRecord) -> str:
    curve = state.curve
    load = f"{state.failure_load_n / 1000:.2f} kN"
    if curve is not None and still_rises(
        end_slope(curve.displacement_mm, curve.force_n, state.stiffness_n_per_mm)
    ):
        said = f"{load} ({NO_FAILURE}: the curve still rises)"
    else:
        said = f"failure load {load} ({state.failure_load_definition})"
    return f"{said}, stiffness {state.stiffness_n_per_mm / 1000:.2f} kN/mm"
