"""The steps of a simulated vertebroplasty, each stored under its own key."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from vertaug.case.case_content import CaseResults
from vertaug.case.filling import FillingSpread, HeatResult, Vertebroplasty
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.workflow.cement_kernels import warm_up_cement
from vertaug.workflow.simulation_choice import SimulationChoice

if TYPE_CHECKING:
    from collections.abc import Callable

    from vertaug.augmentation.cement.product import CementProduct
    from vertaug.workflow.progress import Reporter

KERNELS = "Kernels"
INJECTION, HARDENING, SAMPLES = "Injection", "Hardening", "Samples"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulationRun:
    """A simulation that is asked for, or kept.

    Attributes
    ----------
    choice : SimulationChoice
    product : CementProduct or None
        None where it is that of the stored injection.
    workers : int or None
        Processes for the samples; None takes all cores. The result does not depend on it.
    """

    choice: SimulationChoice
    product: "CementProduct | None" = None
    workers: int | None = None


class Stored(Protocol):
    """Finds a stored result, or computes and stores it."""

    def __call__(
        self, title: str, place: tuple[str, str], kind: type[T], compute: "Callable[[], T]"
    ) -> T:
        """Take the step's title, its name with its key, its type, and how it is computed."""


def simulate_case(
    results: CaseResults,
    run: SimulationRun,
    keys: dict[str, str],
    stored: Stored,
    reporter: "Reporter",
) -> SimulatedVertebroplasty:
    """Return a vertebroplasty, with what is stored of it kept.

    Parameters
    ----------
    results : CaseResults
        With plans.
    run : SimulationRun
    keys : dict of str to str
        Of the steps ``injection``, ``hardening`` and, with samples, ``samples``.
    stored : Stored
    reporter : Reporter

    Raises
    ------
    LevelError, InputError
        If the case, the plan or the cement cannot be used.
    ComputationError
        If a computation failed.
    """
    from vertaug.workflow import simulate
    from vertaug.workflow.injection_words import tell_short_time

    simulate.find_injection_plan(results, run.choice)  # refused before anything takes its time
    warmed: list[str] = []

    def warm(title: str) -> None:
        # within the step that needs them first, so that a run never seems to go back
        if not warmed:
            warm_up_cement(reporter.start(title))
            warmed.append(title)

    def inject() -> simulate.InjectedCement:
        assert run.product is not None  # only a stored injection goes without
        warm(INJECTION)
        scene = simulate.set_scene(results, run.choice, run.product)
        for text in tell_short_time(scene.plan):
            reporter.note(INJECTION, text)
        return simulate.inject_scene(scene, reporter.start(INJECTION))

    injected = stored(INJECTION, ("injection", keys["injection"]), simulate.InjectedCement, inject)
    scene = cache(lambda: simulate.set_scene(results, run.choice, injected.product))

    def harden() -> HeatResult:
        warm(HARDENING)
        return simulate.harden_scene(scene(), injected, reporter.start(HARDENING))

    def sample() -> FillingSpread:
        warm(SAMPLES)
        return simulate.sample_scene(scene(), run.choice, run.workers, reporter.start(SAMPLES))

    heat = stored(HARDENING, ("hardening", keys["hardening"]), HeatResult, harden)
    spread = None
    if "samples" in keys:
        spread = stored(SAMPLES, ("samples", keys["samples"]), FillingSpread, sample)
    return SimulatedVertebroplasty(
        setup=injected.setup,
        result=Vertebroplasty(filling=injected.filling, heat=heat, spread=spread),
        notes=injected.notes,
    )
