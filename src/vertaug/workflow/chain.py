"""The steps of one case in order, each computed only if its stored result does not fit."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from vertaug.case.case_content import CaseResults
from vertaug.case.case_file import InputFile
from vertaug.case.errors import LevelError
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.plan import PlanningResult, Procedure
from vertaug.case.spine import Spine
from vertaug.case.strength import StrengthAssessment
from vertaug.case.volume import LabelMap, Scan
from vertaug.numerics.thread_limit import one_thread
from vertaug.workflow.balloon_ahead import BalloonTask, inflate_ahead, task_ahead
from vertaug.workflow.balloon_choice import BALLOON_STEP
from vertaug.workflow.calibration import CalibrationChoice
from vertaug.workflow.fingerprint import make_key
from vertaug.workflow.indication_choice import IndicationChoice
from vertaug.workflow.kernels import warm_up, warm_up_mechanics
from vertaug.workflow.kyphoplasty_strength import (
    KYPHOPLASTY_STRENGTH,
    assess_kyphoplasty,
)
from vertaug.workflow.level_survey import Surveys, surveys_of
from vertaug.workflow.measured import Measured
from vertaug.workflow.progress import Reporter
from vertaug.workflow.request import CaseOptions
from vertaug.workflow.simulation_keys import SIMULATION_STEPS, list_simulation_keys
from vertaug.workflow.simulation_steps import (
    KERNELS,
    SimulationRun,
    SimulationStage,
    check_simulation,
    simulate_kyphoplasty,
    simulate_vertebroplasty,
    step_name,
)
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.strength_choice import StrengthChoice, assess_case

if TYPE_CHECKING:
    from vertaug.augmentation.deflated_bone import DeflatedBone

READ, ANATOMY = "Reading", "Anatomy"
MEASURE, PLAN, FILES, REPORT = "Measuring", "Planning", "Files", "Report"
STRENGTH = "Strength"
AFTER_BALLOONS = "Strength (kyphoplasty)"
SCANNED = "scanned"
"""Step of the strength of the vertebra as scanned, where there is one with cement too."""
ADDED_STEPS = (*SIMULATION_STEPS, SCANNED, "strength", KYPHOPLASTY_STRENGTH)
"""Names of the steps that are added to a case: long, and not part of every run."""
TITLES: tuple[str, ...] = (READ, KERNELS, ANATOMY, MEASURE, PLAN, FILES, REPORT)

_MEANWHILE = "inflated in a second process meanwhile"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain:
    """One pass through the steps.

    Attributes
    ----------
    store : StepStore
        Where results are kept.
    reporter : Reporter
        Hears about progress.
    inputs : tuple of InputFile
        What the case is made from.
    anatomy_key : str
        Key of the anatomy step.
    options : CaseOptions
        What the user chose.
    calibration : CalibrationChoice
        Which density law.
    again : frozenset of str
        Titles of steps that are computed even if a stored result fits.
    strength : StrengthChoice or None
        How strength is computed; None leaves it out.
    simulation, kyphoplasty : SimulationRun or None
        The simulated vertebroplasty and kyphoplasty; None leaves one out.
    indications : IndicationChoice or None
        Facts of the patient for the panel, which is made again each time.
    """

    store: StepStore
    reporter: Reporter
    inputs: tuple[InputFile, ...]
    anatomy_key: str
    options: CaseOptions
    calibration: CalibrationChoice
    again: frozenset[str] = field(default_factory=frozenset)
    strength: StrengthChoice | None = None
    simulation: SimulationRun | None = None
    kyphoplasty: SimulationRun | None = None
    indications: IndicationChoice | None = None

    @property
    def measure_key(self) -> str:
        """Key of the measuring step."""
        return make_key(
            "measure",
            {
                "anatomy": self.anatomy_key,
                "level": self.options.level,
                "kvp": self.options.kvp,
                "calibration": self.calibration.sha256,
            },
        )

    def plan_key(self, level: str) -> str:
        """Key of the planning step for a level."""
        procedures = sorted(p.value for p in self.options.procedures)
        return make_key(
            "plan",
            {
                "anatomy": self.anatomy_key,
                "level": level,
                "gauge": self.options.gauge,
                "procedures": procedures,
            },
        )

    @property
    def strength_key(self) -> str | None:
        """Key of the strength step, None where it is left out."""
        if self.strength is None:
            return None
        tips = None if self.strength.cement_ml is None else self.plan_key(self.options.level or "")
        cement = self.simulation_keys.get("injection") if self.strength.simulated_cement else None
        return make_key(
            "strength",
            {
                "measure": self.measure_key,
                "tips": tips,
                "injection": cement,
                **self.strength.own_part(),
            },
        )

    @property
    def after_balloons_keys(self) -> dict[str, str]:
        """Keys of the steps of the strength after a kyphoplasty, none where it is left out."""
        keys, choice = self.kyphoplasty_keys, self.strength
        if choice is None or not choice.kyphoplasty_cement or not keys:
            return {}
        cement = keys[step_name(Procedure.KYPHOPLASTY, "injection")]
        ingredients = {
            "scanned": self.scanned_places[0][1],
            "injection": cement,
            "balloon": keys.get(BALLOON_STEP),
        }
        return {KYPHOPLASTY_STRENGTH: make_key(KYPHOPLASTY_STRENGTH, ingredients)}

    @property
    def scanned_places(self) -> tuple[tuple[str, str], ...]:
        """Steps with keys under which the strength as scanned may lie; none where it is left out.

        It does not depend on any cement, so that it outlives one.
        """
        if self.strength is None:
            return ()
        bare = self.strength.without_cement()
        key = make_key(SCANNED, {"measure": self.measure_key, **bare.own_part()})
        alone = replace(self, strength=bare).strength_key or ""
        return (SCANNED, key), ("strength", alone)

    @property
    def simulation_keys(self) -> dict[str, str]:
        """Keys of the steps of the simulated vertebroplasty, none where it is left out."""
        return self._keys_of(self.simulation)

    @property
    def kyphoplasty_keys(self) -> dict[str, str]:
        """Keys of the steps of the simulated kyphoplasty, none where it is left out."""
        return self._keys_of(self.kyphoplasty)

    def run_of(self, procedure: Procedure) -> SimulationRun | None:
        """Return the simulation of a procedure, None where it is left out."""
        return self.simulation if procedure is Procedure.VERTEBROPLASTY else self.kyphoplasty

    def _keys_of(self, run: SimulationRun | None) -> dict[str, str]:
        if run is None:
            return {}
        plan = self.plan_key(run.choice.level or self.options.level or "")
        return list_simulation_keys(run.choice, self.measure_key, plan)

    def find_anatomy(self, read: Callable[[], tuple[Scan, LabelMap]]) -> Spine:
        """Return the stored anatomy, or compute and store it."""

        def compute() -> Spine:
            from vertaug.anatomy import analyse_spine

            scan, labels = read()
            warm_up(self.reporter.start(KERNELS))
            with one_thread():
                return analyse_spine(
                    scan,
                    labels,
                    correct_orientation=self.options.correct_orientation,
                    progress=self.reporter.start(ANATOMY),
                )

        return self._stored(ANATOMY, ("anatomy", self.anatomy_key), Spine, compute)

    def measure(self, spine: Spine) -> Measured:
        """Return the stored measurements, or compute and store them."""

        def compute() -> Measured:
            from vertaug.fracture import assess_fracture

            self.reporter.start(MEASURE)
            law = self.calibration.for_scan(spine.scan.info, self.options.kvp)
            assessment = assess_fracture(spine, law, level=self.options.level)
            return Measured(calibration=law, assessment=assessment)

        return self._stored(MEASURE, ("measure", self.measure_key), Measured, compute)

    def plan(self, spine: Spine, level: str) -> PlanningResult:
        """Return the stored plans of a level, or compute and store them.

        Raises
        ------
        LevelError
            If there is metal or cement in the vertebra.
        """

        def compute() -> PlanningResult:
            from vertaug.planning import plan_access

            _refuse_metal(spine, level, _NO_PLAN)
            warm_up(self.reporter.start(PLAN))
            gauge = self.options.gauge
            needle = None if gauge is None else needle_of_gauge(gauge)
            return plan_access(spine, level, needle, self.options.procedures)

        return self._stored(PLAN, ("plan", self.plan_key(level)), PlanningResult, compute)

    def follow(self, spine: Spine) -> CaseResults:
        """Return everything that follows from the anatomy."""
        measured = self.measure(spine)
        level = measured.assessment.level
        strength = self.strength
        if strength is not None:  # refused before the plan takes its time
            _refuse_metal(spine, strength.find_level(spine, level), _NO_STRENGTH)
        results = CaseResults(
            spine=spine,
            calibration=measured.calibration,
            assessment=measured.assessment,
            planning=None if level is None else self.plan(spine, level),
        )
        for run in (self.simulation, self.kyphoplasty):
            if run is not None:
                check_simulation(results, run)
        ahead, surveys = self._balloon_task(level), surveys_of(results)
        if ahead is not None:
            from vertaug.workflow.balloon_step import check_balloons

            check_balloons(results, ahead.choice, ahead.balloons)
        with inflate_ahead(ahead):
            if self.simulation is not None:
                stage = self._stage(results, self.simulation, self.simulation_keys, surveys)
                results = replace(results, vertebroplasty=simulate_vertebroplasty(stage))
            if strength is not None:
                results = replace(results, strength=self._assess(results, strength))
        if self.kyphoplasty is not None:
            stage = self._stage(results, self.kyphoplasty, self.kyphoplasty_keys, surveys)
            if ahead is not None:
                stage = replace(stage, stored=partial(self._stored, kept=_MEANWHILE))
            results = replace(results, kyphoplasty=simulate_kyphoplasty(stage))
        if strength is not None:
            after = self._assess_after_balloons(results, strength)
            results = replace(results, kyphoplasty_strength=after)
        return results

    def _balloon_task(self, level: str | None) -> BalloonTask | None:
        run, keys = self.kyphoplasty, self.kyphoplasty_keys
        if level is None or run is None or BALLOON_STEP not in keys:
            return None
        after = {*keys, KYPHOPLASTY_STRENGTH} - {BALLOON_STEP}
        others = {step: key for step, key in self.step_keys(level).items() if step not in after}
        return task_ahead(self.store, others, run.choice, run.balloons)

    def _stage(
        self, results: CaseResults, run: SimulationRun, keys: dict[str, str], surveys: Surveys
    ) -> SimulationStage:
        return SimulationStage(
            results=results,
            run=run,
            keys=keys,
            stored=self._stored,
            surveys=surveys,
            reporter=self.reporter,
        )

    def _assess(self, results: CaseResults, choice: StrengthChoice) -> StrengthAssessment:
        share = 0.5 if choice.with_cement else 1.0

        def scan() -> StrengthAssessment:
            for step, key in self.scanned_places:
                found = self.store.load(step, key, StrengthAssessment)
                if found is not None:
                    return found
            warm_up_mechanics(self.reporter.start(STRENGTH))
            tell = self.reporter.start(STRENGTH)
            return assess_case(
                results, choice.without_cement(), lambda words, part: tell(words, share * part)
            )

        def fill() -> StrengthAssessment:
            warm_up_mechanics(self.reporter.start(STRENGTH))
            tell = self.reporter.start(STRENGTH)
            scanned = cache(
                lambda: self._stored(STRENGTH, self.scanned_places[0], StrengthAssessment, scan)
            )
            return assess_case(
                results, choice, lambda words, part: tell(words, share + share * part), scanned
            )

        place = ("strength", self.strength_key or "")
        compute = fill if choice.with_cement else scan
        return self._stored(STRENGTH, place, StrengthAssessment, compute)

    def _assess_after_balloons(
        self, results: CaseResults, choice: StrengthChoice
    ) -> StrengthAssessment | None:
        """Return the strength with the cement of the kyphoplasty, None where it is left out."""
        keys = self.after_balloons_keys
        if not keys:
            return None

        def assess() -> StrengthAssessment:
            warm_up_mechanics(self.reporter.start(AFTER_BALLOONS))
            tell = self.reporter.start(AFTER_BALLOONS)
            moved = self._deflated if BALLOON_STEP in self.kyphoplasty_keys else None
            return assess_kyphoplasty(results, choice, moved, tell)

        place = (KYPHOPLASTY_STRENGTH, keys[KYPHOPLASTY_STRENGTH])
        return self._stored(AFTER_BALLOONS, place, StrengthAssessment, assess)

    def _deflated(self) -> "DeflatedBone":
        from vertaug.workflow.balloon_step import InflatedVertebra

        key = self.kyphoplasty_keys[BALLOON_STEP]
        inflated = self.store.load(BALLOON_STEP, key, InflatedVertebra)
        assert inflated is not None  # its cement was injected before
        return inflated.bone

    def step_keys(self, level: str | None) -> dict[str, str]:
        """Return the key of each step, in order; no planning where no level is treated."""
        keys = {"anatomy": self.anatomy_key, "measure": self.measure_key}
        if level is not None:
            keys["plan"] = self.plan_key(level)
        keys |= self.simulation_keys | self.kyphoplasty_keys
        if self.strength is not None and self.strength.with_cement:
            keys |= dict(self.scanned_places[:1])
        if self.strength_key is not None:
            keys["strength"] = self.strength_key
        return keys | self.after_balloons_keys

    def _stored(
        self,
        title: str,
        place: tuple[str, str],
        kind: type[T],
        compute: Callable[[], T],
        kept: str = "kept from before",
    ) -> T:
        step, key = place
        found = None if title in self.again else self.store.load(step, key, kind)
        if found is not None:
            self.reporter.start(title)(kept, 1.0)
            return found
        made = compute()
        self.store.save(step, key, made)
        return made


_NO_PLAN = ("no plan is made for", "Clearances cannot be trusted there")
_NO_STRENGTH = ("no strength is computed for", "Its densities are not those of bone")


def _refuse_metal(spine: Spine, level: str, words: tuple[str, str]) -> None:
    from vertaug.fracture import find_metal

    found = find_metal(spine[level])
    if found is not None:
        message = f"{words[0]} {level}: {found}. {words[1]}; choose another level with --level"
        raise LevelError(message)
