"""Whether a run computes, keeps or leaves out the strength and the simulation of a case."""

from dataclasses import replace

from vertaug.case.case_file import Parameters
from vertaug.workflow.chain import (
    ANATOMY,
    FILES,
    MEASURE,
    PLAN,
    READ,
    REPORT,
    STRENGTH,
    Chain,
)
from vertaug.workflow.progress import Reporter
from vertaug.workflow.simulation_choice import simulation_choice_of
from vertaug.workflow.simulation_steps import (
    HARDENING,
    INJECTION,
    KERNELS,
    SAMPLES,
    SimulationRun,
)
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
    kept = chain
    if before.simulation is not None:
        run = SimulationRun(choice=simulation_choice_of(before.simulation))
        wanted = replace(chain, simulation=run)
        places = wanted.simulation_keys.items()
        if all(chain.store.path(step, key).is_file() for step, key in places):
            kept = wanted
    return name_steps(_keep_strength(kept, before) if strength else kept, _NEW_CASE)


def _keep_strength(chain: Chain, before: Parameters) -> Chain:
    if before.strength is None:
        return chain
    wanted = replace(chain, strength=choice_of(before.strength))
    fits = chain.simulation is not None or not before.strength.simulated_cement
    stored = chain.store.path("strength", wanted.strength_key or "")
    if fits and stored.is_file():
        return wanted
    # another cement: what the vertebra bears as scanned is the same
    bare = replace(chain, strength=choice_of(before.strength).without_cement())
    kept = any(chain.store.path(step, key).is_file() for step, key in bare.scanned_places)
    return bare if kept else chain


def want_strength(chain: Chain, choice: StrengthChoice, treated: str | None) -> Chain:
    """Return the chain that computes the strength.

    Without a volume of cement it is that of the simulated vertebroplasty, if that is of the same
    level.

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
    return name_steps(replace(chain, strength=choice), _OLD_CASE)


def want_simulation(
    chain: Chain, run: SimulationRun, before: Parameters, *, strength: bool
) -> Chain:
    """Return the chain that simulates.

    Parameters
    ----------
    chain : Chain
    run : SimulationRun
        Where it asks for no samples, stored ones of the same injection are kept.
    before : Parameters
        Of the case.
    strength : bool
        Also compute the strength with that cement, as it was computed before, else by its
        defaults; otherwise it is kept if it still fits, at least that as scanned.
    """
    run = _keep_samples(chain, run, before)
    if not strength:
        wanted = replace(chain, simulation=run)
        return name_steps(_keep_strength(wanted, before), _OLD_CASE)
    known = before.strength
    choice = StrengthChoice() if known is None else choice_of(known)
    choice = replace(choice, level=run.choice.level, cement_ml=None, simulated_cement=True)
    return name_steps(replace(chain, simulation=run, strength=choice), _OLD_CASE)


def _keep_samples(chain: Chain, run: SimulationRun, before: Parameters) -> SimulationRun:
    """Return the run with the stored samples of the same injection where none are asked for."""
    if run.choice.samples or before.simulation is None or not before.simulation.samples:
        return run
    kept = replace(run, choice=replace(run.choice, samples=before.simulation.samples))
    key = replace(chain, simulation=kept).simulation_keys["samples"]
    return kept if chain.store.path("samples", key).is_file() else run


def name_steps(chain: Chain, first: tuple[str, ...]) -> Chain:
    """Return the chain with a reporter that knows all its steps."""
    titles = first
    if chain.simulation is not None:
        samples = (SAMPLES,) if chain.simulation.choice.samples else ()
        titles = (*titles, INJECTION, HARDENING, *samples)
    if chain.strength is not None:
        titles = (*titles, STRENGTH)
    titles = (*titles, FILES, REPORT)
    return replace(chain, reporter=Reporter(titles=titles, listener=chain.reporter.listener))
