"""The command that simulates a procedure of a case."""

import json
from typing import TYPE_CHECKING

import typer

from vertaug.case.augmentation_content import BAR, KPA, ML
from vertaug.case.augmentation_record import CourseRecord, ProcedureRecord, SpreadRecord
from vertaug.case.errors import InputError
from vertaug.case.filling import LEAST_LEAK_MM3
from vertaug.case.plan import Procedure
from vertaug.case.spread_figures import least_first_stop
from vertaug.cli.changes import tell_changes
from vertaug.cli.kyphoplasty import (
    list_balloon_lines,
    refuse_balloon_options,
    with_balloons,
)
from vertaug.cli.procedure_option import choose_procedures
from vertaug.cli.progress import show_progress
from vertaug.report.path_words import PATHS
from vertaug.workflow.kernels import choose_kernel_cache, set_threads
from vertaug.workflow.simulation_choice import SimulationChoice, hash_product
from vertaug.workflow.simulation_steps import SimulationRun
from vertaug.workflow.stored_product import find_product

if TYPE_CHECKING:
    from vertaug.cli.simulate_options import Simulate
    from vertaug.workflow.run import CaseResult

_TRACE_ML = LEAST_LEAK_MM3 * ML
"""Leaks of no more are traces: samples do not count them either."""
_BOILING_C = 100.0


def simulate(given: "Simulate") -> None:
    """Simulate, say what came out, print where it is.

    Raises
    ------
    InputError
        If an option cannot be used.
    """
    runs = _runs(given)
    choose_kernel_cache()
    set_threads(given.threads)
    from vertaug.cli.cases import result_tree
    from vertaug.workflow.again import add_simulation

    with show_progress(quiet=given.quiet) as listener:
        result = add_simulation(given.case, *runs, strength=given.strength, progress=listener)
    tell_changes(result)
    if given.json_output:
        typer.echo(json.dumps(result_tree(result), indent=2, ensure_ascii=False))
        return
    if not given.quiet:
        _say(result)
    typer.echo(str(result.report.resolve()))


def _runs(given: "Simulate") -> tuple[SimulationRun, ...]:
    """Return a simulation for each procedure that is asked for."""
    chosen = choose_procedures(given.procedure)
    if given.workers is not None and given.workers < 1:
        message = f"--workers is a number from 1; got {given.workers}"
        raise InputError(message)
    if Procedure.KYPHOPLASTY not in chosen:
        refuse_balloon_options(given)
    product, file = find_product(given.case, given.product, given.products)
    choice = SimulationChoice(
        level=given.level,
        product=product.name,
        product_sha256=hash_product(product),
        products=file,
        volume_ml=given.volume_ml,
        rate_ml_per_min=given.rate_ml_per_min,
        plan=given.plan,
        samples=given.samples,
        seed=given.seed,
        stop_rules=given.stop_rules,
        spacing_mm=given.spacing_mm,
    )
    run = SimulationRun(choice=choice, product=product, workers=given.workers)
    return tuple(
        run if procedure is Procedure.VERTEBROPLASTY else with_balloons(run, given)
        for procedure in chosen
    )


def _say(result: "CaseResult") -> None:
    from vertaug.cli.strength import list_lines as strength_lines

    document, augmentation = result.document, result.document.augmentation
    lines = ["Nothing changed; the case is as it was."] if result.unchanged else []
    notes: list[str] = []
    if augmentation is not None and augmentation.vertebroplasty is not None:
        lines += list_lines(augmentation.vertebroplasty)
        notes += augmentation.vertebroplasty.notes
    if augmentation is not None and augmentation.kyphoplasty is not None:
        found = augmentation.kyphoplasty
        lines += [*list_balloon_lines(found), *list_lines(found)]
        notes += [*(found.balloon.notes if found.balloon else ()), *found.notes]
    if document.mechanics is not None:
        lines += strength_lines(document.mechanics)
    lines += [f"note: {note}" for note in dict.fromkeys(notes)]
    for line in lines:
        typer.echo(line)
    typer.echo("Research and teaching, not for clinical decisions.")


def list_lines(found: ProcedureRecord) -> list[str]:
    """Return the results of the cement of a procedure in a few lines."""
    first_stop = (
        f">= {found.injected_ml:.2f} ml, no rule met"
        if found.safe_volume_ml is None
        else f"{found.safe_volume_ml:.2f} ml: {found.events[0].sentence}"
    )
    lines = [
        (
            f"{found.level}: {found.injected_ml:.2f} of {found.injection.planned_ml:.2f} ml "
            f"injected ({found.product.title}; {found.stop_reason})"
        ),
        f"{found.in_bone_ml:.2f} ml in the bone, {100 * found.fill_fraction:.0f} % of the body",
        f"volume at the first stop rule (not safe in itself): {first_stop}",
        _pressures(found),
        f"left the bone in the model (ml): {_leaks(found)}; not a prediction",
    ]
    if found.peak_temperature_c is not None and found.heat is not None:
        canal = found.heat.tissues.get("canal")
        beside = (
            ", the canal lies beyond what was computed"
            if canal is None
            else f", {canal.peak_c:.1f} °C in the canal"
        )
        core = (
            " (above the boiling point of the monomer, evaporation left out: read the tissues)"
            if found.peak_temperature_c >= _BOILING_C
            else ""
        )
        lines.append(f"hottest: {found.peak_temperature_c:.1f} °C in the cement{core}{beside}")
    if found.course is not None:
        lines.append(_course(found.course))
    if found.spread is not None:
        lines += _spread_lines(found.spread)
    return lines


def _course(course: CourseRecord) -> str:
    least = "at least " if course.at_least else "about "
    whole, beam = course.seconds / 60.0, course.fluoroscopy_s / 60.0
    return (
        f"the procedure takes {least}{whole:.0f} min, {beam:.1f} of them with the beam on "
        "(injection and hardening as simulated, the rest working values)"
    )


def _pressures(found: ProcedureRecord) -> str:
    limit = found.injection.syringe_limit_kpa
    most = "" if limit is None else f", limit {_bar(limit):.1f} bar"
    syringe = found.peak_syringe_pressure_kpa
    return (
        f"greatest pressure {found.peak_pressure_kpa:.1f} kPa at the tip, {syringe:.0f} kPa "
        f"({_bar(syringe):.1f} bar{most}) in the syringe"
    )


def _bar(pressure_kpa: float) -> float:
    return pressure_kpa * BAR / KPA


def _leaks(found: ProcedureRecord) -> str:
    """Return what left by each path, and by which paths only traces did."""
    leaked = {path: volume for path, volume in found.leak_ml.model_dump().items() if volume > 0.0}
    said = [f"{PATHS[path]} {volume:.2f}" for path, volume in leaked.items() if volume > _TRACE_ML]
    traces = [PATHS[path] for path, volume in leaked.items() if volume <= _TRACE_ML]
    if traces:
        said.append(f"no more than {_TRACE_ML:g} each by {'; '.join(traces)}")
    return "; ".join(said) or "none"


def _spread_lines(spread: SpreadRecord) -> list[str]:
    capped = spread.safe_volume_capped or (False,) * len(spread.safe_volume_ml)
    low, _, middle, _, high = (
        f"{'>= ' if more else ''}{volume:.2f}"
        for volume, more in zip(spread.safe_volume_ml, capped, strict=True)
    )
    first_stop = f"{middle} ml (5 to 95 %: {low} to {high}), a rule met in {spread.stopped}"
    if all(capped):
        first_stop = (
            f">= {least_first_stop(spread.safe_volume_ml[-1], spread.stopped, spread.samples)}"
        )
    any_leak, canal = spread.leak_odds["any"], spread.leak_odds.get("towards_canal")
    toward = "" if canal is None else f", {canal.count} of them towards the canal"
    lines = [
        (
            f"{spread.samples} samples of the whole volume: volume at the first stop rule "
            f"{first_stop}; any leak in "
            f"{any_leak.count} ({100 * any_leak.low_95:.0f} to {100 * any_leak.high_95:.0f} %)"
            f"{toward}"
        )
    ]
    if spread.failed:
        lines.append(f"samples that could not be computed: {'; '.join(spread.failed)}")
    return lines
