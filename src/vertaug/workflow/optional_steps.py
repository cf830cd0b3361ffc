"""Whether a run computes, keeps or leaves out the strength and the simulations of a case."""

from collections.abc import Mapping
from dataclasses import replace

from vertaug.case.case_file import Parameters, SimulationParameters
from vertaug.case.plan import Procedure
from vertaug.workflow.chain import (
    AFTER_BALLOONS,
    ANATOMY,
    FILES,
    MEASURE,
    PLAN,
    READ,
    REPORT,
    STRENGTH,
    Chain,
)
from vertaug.workflow.indication_choice import indication_choice_of
from vertaug.workflow.kyphoplasty_strength import KYPHOPLASTY_STRENGTH
from vertaug.workflow.progress import Reporter
from vertaug.workflow.simulation_choice import simulation_choice_of
from vertaug.workflow.simulation_steps import KERNELS, SimulationRun, step_name
from vertaug.workflow.strength_choice import StrengthChoice, choice_of

_NEW_CASE = (READ, KERNELS, ANATOMY, MEASURE, PLAN)
_OLD_CASE = (MEASURE, PLAN)


def keep_added(chain: Chain, before: Parameters | None, *, strength: bool = True) -> Chain:
    """Return the chain with what was added to an older case, if its stored results still fit.

    Parameters
    ----------
    chain : Chain
    before : Parameters or None
        Of the older case.
    strength : bool
        Also keep its strength.
    """
    if before is None:
        return chain
    kept = _keep_simulation(keep_indications(chain, before), before, Procedure.VERTEBROPLASTY)
    kept = _keep_simulation(kept, before, Procedure.KYPHOPLASTY)
    return name_steps(_keep_strength(kept, before) if strength else kept, _NEW_CASE)


def keep_indications(chain: Chain, before: Parameters) -> Chain:
    """Return the chain with the facts of the patient that the case has, unless it has new ones."""
    given = before.indications
    if given is None or chain.indications is not None:
        return chain
    return replace(chain, indications=indication_choice_of(given))


def _keep_simulation(chain: Chain, before: Parameters, procedure: Procedure) -> Chain:
    """Return the chain with the stored simulation of a procedure, if all of it still fits."""
    chosen = parameters_for(before, procedure)
    if chosen is None:
        return chain
    run = SimulationRun(choice=simulation_choice_of(chosen))
    wanted = _with_run(chain, run)
    places = _keys_for(wanted, procedure).items()
    fits = all(chain.store.path(step, key).is_file() for step, key in places)
    return wanted if fits else chain


def parameters_for(before: Parameters, procedure: Procedure) -> SimulationParameters | None:
    """Return what was chosen for a procedure; None where it was not simulated."""
    return before.simulation if procedure is Procedure.VERTEBROPLASTY else before.kyphoplasty


def _keys_for(chain: Chain, procedure: Procedure) -> dict[str, str]:
    if procedure is Procedure.VERTEBROPLASTY:
        return chain.simulation_keys
    return chain.kyphoplasty_keys


def _with_run(chain: Chain, run: SimulationRun) -> Chain:
    if run.choice.procedure is Procedure.VERTEBROPLASTY:
        return replace(chain, simulation=run)
    return replace(chain, kyphoplasty=run)


def _keep_strength(chain: Chain, before: Parameters) -> Chain:
    if before.strength is None:
        return chain
    wanted = _without_lost_kyphoplasty(replace(chain, strength=choice_of(before.strength)))
    fits = chain.simulation is not None or not before.strength.simulated_cement
    stored = chain.store.path("strength", wanted.strength_key or "")
    if fits and stored.is_file():
        return wanted
    # another cement: what the vertebra bears as scanned is the same
    assert wanted.strength is not None
    scanned = replace(wanted.strength, cement_ml=None, simulated_cement=False)
    bare = replace(chain, strength=scanned)
    kept = any(chain.store.path(step, key).is_file() for step, key in bare.scanned_places)
    return bare if kept else chain


def _without_lost_kyphoplasty(chain: Chain) -> Chain:
    """Return the chain without the strength after a kyphoplasty, if what is stored fits no more."""
    assert chain.strength is not None
    key = chain.after_balloons_keys.get(KYPHOPLASTY_STRENGTH, "")
    if chain.store.path(KYPHOPLASTY_STRENGTH, key).is_file():
        return chain
    return replace(chain, strength=chain.strength.without_kyphoplasty())


def want_strength(chain: Chain, choice: StrengthChoice, treated: str | None) -> Chain:
    """Return the chain that computes the strength.

    Without a volume of cement it is that of the simulated vertebroplasty, if that is of the same
    level; that of a kyphoplasty of the level goes with it.

    Parameters
    ----------
    chain : Chain
        With the simulation that is kept.
    choice : StrengthChoice
    treated : str or None
        Level of the case.
    """
    simulation = chain.simulation
    if simulation is not None and choice.cement_ml is None:
        same = (choice.level or treated) == (simulation.choice.level or treated)
        choice = replace(choice, simulated_cement=same)
    other = chain.kyphoplasty
    same = other is not None and (choice.level or treated) == (other.choice.level or treated)
    choice = replace(choice, kyphoplasty_cement=same)
    return name_steps(replace(chain, strength=choice), _OLD_CASE)


def want_simulation(
    chain: Chain, runs: tuple[SimulationRun, ...], before: Parameters, *, strength: bool
) -> Chain:
    """Return the chain that simulates; a procedure that is not asked for is kept if it still fits.

    Parameters
    ----------
    chain : Chain
    runs : tuple of SimulationRun
        One for each procedure asked for. Where one asks for no samples, stored ones of the same
        injection are kept.
    before : Parameters
        Of the case.
    strength : bool
        Also compute the strength with the cement of each procedure that is asked for, as it was
        computed before, else by its defaults; what was computed with that of the other one is kept
        if it still fits. Otherwise all of it is, at least that as scanned.
    """
    wanted = keep_indications(chain, before)
    asked = {run.choice.procedure: run for run in runs}
    for procedure in Procedure:
        if procedure in asked:
            wanted = _with_run(wanted, _keep_samples(chain, asked[procedure], before))
        else:
            wanted = _keep_simulation(wanted, before, procedure)
    kept = _keep_strength(wanted, before)
    if not strength:
        return name_steps(kept, _OLD_CASE)
    choice = _strength_of(asked, kept, before)
    return name_steps(replace(wanted, strength=choice), _OLD_CASE)


def _strength_of(
    asked: Mapping[Procedure, SimulationRun], kept: Chain, before: Parameters
) -> StrengthChoice:
    """Return how the strength of the procedures asked for is computed.

    Parameters
    ----------
    asked : mapping of Procedure to SimulationRun
        All of one level.
    kept : Chain
        With the strength that still fits.
    before : Parameters
    """
    level = next(iter(asked.values())).choice.level
    known = before.strength
    choice = StrengthChoice() if known is None else choice_of(known)
    # the strength of another level says nothing of this one
    own = kept.strength if known is not None and level in {None, known.level} else None
    had = choice.without_cement() if own is None else own
    filled = Procedure.VERTEBROPLASTY in asked
    return replace(
        choice,
        level=level,
        cement_ml=None if filled else had.cement_ml,
        simulated_cement=filled or had.simulated_cement,
        kyphoplasty_cement=Procedure.KYPHOPLASTY in asked or had.kyphoplasty_cement,
    )


def _keep_samples(chain: Chain, run: SimulationRun, before: Parameters) -> SimulationRun:
    """Return the run with the stored samples of the same injection where none are asked for."""
    procedure = run.choice.procedure
    known = parameters_for(before, procedure)
    if run.choice.samples or known is None or not known.samples:
        return run
    kept = replace(run, choice=replace(run.choice, samples=known.samples))
    name = step_name(procedure, "samples")
    key = _keys_for(_with_run(chain, kept), procedure)[name]
    return kept if chain.store.path(name, key).is_file() else run


def name_steps(chain: Chain, first: tuple[str, ...]) -> Chain:
    """Return the chain with a reporter that knows all its steps."""
    titles = first if chain.simulation is None else (*first, *chain.simulation.titles)
    if chain.strength is not None:
        titles = (*titles, STRENGTH)
    if chain.kyphoplasty is not None:
        titles = (*titles, *chain.kyphoplasty.titles)
    if chain.after_balloons_keys:
        titles = (*titles, AFTER_BALLOONS)
    titles = (*titles, FILES, REPORT)
    return replace(chain, reporter=Reporter(titles=titles, listener=chain.reporter.listener))
