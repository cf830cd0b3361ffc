"""The steps of simulated procedures, each stored under its own key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from vertaug.case.case_content import CaseResults
from vertaug.case.filling import FillingSpread, HeatResult, Vertebroplasty
from vertaug.case.kyphoplasty import SimulatedKyphoplasty
from vertaug.case.plan import Procedure
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.workflow.balloon_choice import BALLOON_STEP, choose_balloon
from vertaug.workflow.cement_kernels import warm_up_cement
from vertaug.workflow.procedure_plan import find_injection_plan
from vertaug.workflow.simulation_choice import SimulationChoice

if TYPE_CHECKING:
    from collections.abc import Callable

    from vertaug.augmentation.balloon.product import Balloon
    from vertaug.augmentation.cement.product import CementProduct
    from vertaug.workflow.balloon_step import InflatedVertebra
    from vertaug.workflow.level_survey import Surveys
    from vertaug.workflow.progress import Reporter

KERNELS = "Kernels"
BALLOON = "Balloon"
INJECTION, HARDENING, SAMPLES = "Injection", "Hardening", "Samples"
CEMENT_STEPS = ("injection", "hardening", "samples")
"""Names of the steps of the cement, without the procedure that a kyphoplasty's begin with."""

T = TypeVar("T")


def step_name(procedure: Procedure, step: str) -> str:
    """Return the name under which a step of the cement is stored."""
    return step if procedure is Procedure.VERTEBROPLASTY else f"{procedure.value}_{step}"


def step_title(procedure: Procedure, title: str) -> str:
    """Return what progress calls a step of the cement."""
    return title if procedure is Procedure.VERTEBROPLASTY else f"{title} ({procedure.value})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulationRun:
    """A simulation that is asked for, or kept.

    Attributes
    ----------
    choice : SimulationChoice
    product : CementProduct or None
        None where it is that of the stored injection.
    balloons : mapping of str to Balloon
        That can be taken; none where the balloons are those of the stored inflation.
    workers : int or None
        Processes for the samples; None takes all cores. The result does not depend on it.
    """

    choice: SimulationChoice
    product: "CementProduct | None" = None
    balloons: "Mapping[str, Balloon]" = field(default_factory=dict)
    workers: int | None = None

    @property
    def titles(self) -> tuple[str, ...]:
        """What progress calls its steps."""
        balloon, procedure = self.choice.balloon, self.choice.procedure
        cement = (INJECTION, HARDENING, *((SAMPLES,) if self.choice.samples else ()))
        titles = tuple(step_title(procedure, title) for title in cement)
        return titles if balloon is None or balloon.none else (BALLOON, *titles)


class Stored(Protocol):
    """Finds a stored result, or computes and stores it."""

    def __call__(
        self, title: str, place: tuple[str, str], kind: type[T], compute: "Callable[[], T]"
    ) -> T:
        """Take the step's title, its name with its key, its type, and how it is computed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulationStage:
    """Where and with what a simulation is computed.

    Attributes
    ----------
    results : CaseResults
        With plans.
    run : SimulationRun
    keys : dict of str to str
        Of its steps.
    stored : Stored
    surveys : callable
        Of the case, as `surveys_of` returns it.
    reporter : Reporter
    """

    results: CaseResults
    run: SimulationRun
    keys: dict[str, str]
    stored: Stored
    surveys: "Surveys"
    reporter: "Reporter"


def check_simulation(results: CaseResults, run: SimulationRun) -> None:
    """Refuse what cannot be simulated, before anything takes its time.

    Raises
    ------
    LevelError, InputError
        If level, plan or balloon cannot be used.
    """
    _, plan = find_injection_plan(results, run.choice)
    wish = run.choice.balloon
    if wish is not None and not wish.none and run.balloons:
        choose_balloon(run.balloons, plan, wish)


def simulate_vertebroplasty(stage: SimulationStage) -> SimulatedVertebroplasty:
    """Return a vertebroplasty, with what is stored of it kept.

    Raises
    ------
    LevelError, InputError
        If the case, the plan or the cement cannot be used.
    ComputationError
        If a computation failed.
    """
    return _inject_cement(stage, None)


def simulate_kyphoplasty(stage: SimulationStage) -> SimulatedKyphoplasty:
    """Return a kyphoplasty, with what is stored of it kept.

    Raises
    ------
    LevelError, InputError
        If the case, the plan, the balloon or the cement cannot be used.
    ComputationError
        If a computation failed.
    """
    from vertaug.workflow import balloon_step

    choice = stage.run.choice
    if choice.balloon is None or choice.balloon.none:
        return SimulatedKyphoplasty(balloon=None, cement=_inject_cement(stage, None))

    def inflate() -> balloon_step.InflatedVertebra:
        tell = stage.reporter.start(BALLOON)
        return balloon_step.inflate_case(stage.results, choice, stage.run.balloons, tell)

    place = (BALLOON_STEP, stage.keys[BALLOON_STEP])
    inflated = stage.stored(BALLOON, place, balloon_step.InflatedVertebra, inflate)
    return SimulatedKyphoplasty(balloon=inflated.course, cement=_inject_cement(stage, inflated))


def _inject_cement(
    stage: SimulationStage, inflated: "InflatedVertebra | None"
) -> SimulatedVertebroplasty:
    """Return the cement's part: injection, hardening, samples."""
    from vertaug.workflow import simulate
    from vertaug.workflow.injection_words import tell_short_time

    run, results, reporter = stage.run, stage.results, stage.reporter
    procedure = run.choice.procedure
    injection, hardening, samples = (
        step_title(procedure, title) for title in (INJECTION, HARDENING, SAMPLES)
    )
    places = [(name, stage.keys.get(name, "")) for name in _names(procedure)]
    warmed: list[str] = []

    def warm(title: str) -> None:  # in the step that needs them first: a run never goes back
        if not warmed:
            warm_up_cement(reporter.start(title))
            warmed.append(title)

    @cache  # the steps that are computed share the scene; stored ones need none
    def scene_with(product: "CementProduct") -> simulate.InjectionScene:
        return simulate.set_scene(results, run.choice, product, stage.surveys, inflated)

    def inject() -> simulate.InjectedCement:
        assert run.product is not None  # only a stored injection goes without
        warm(injection)
        scene = scene_with(run.product)
        for text in tell_short_time(scene.plan):
            reporter.note(injection, text)
        return simulate.inject_scene(scene, reporter.start(injection))

    injected = stage.stored(injection, places[0], simulate.InjectedCement, inject)

    def harden() -> HeatResult:
        warm(hardening)
        scene = scene_with(injected.product)
        return simulate.harden_scene(scene, injected, reporter.start(hardening))

    def sample() -> FillingSpread:
        warm(samples)
        scene = scene_with(injected.product)
        return simulate.sample_scene(scene, run.choice, run.workers, reporter.start(samples))

    heat = stage.stored(hardening, places[1], HeatResult, harden)
    spread = None
    if places[2][1]:
        spread = stage.stored(samples, places[2], FillingSpread, sample)
    return SimulatedVertebroplasty(
        setup=injected.setup,
        result=Vertebroplasty(filling=injected.filling, heat=heat, spread=spread),
        notes=injected.notes,
        course=simulate.course_of_case(injected, heat, inflated),
    )


def _names(procedure: Procedure) -> tuple[str, ...]:
    return tuple(step_name(procedure, step) for step in CEMENT_STEPS)
