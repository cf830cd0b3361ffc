"""The balloons inflated in a second process while the run does what does not depend on them.

An inflation takes as long as the cement and the strength of a vertebroplasty together, and little
of it gains from a second core.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertaug.case.case_content import CaseResults
from vertaug.case.plan import PlanningResult
from vertaug.case.spine import Spine
from vertaug.numerics.thread_limit import one_thread
from vertaug.numerics.worker_processes import start_aside
from vertaug.workflow.balloon_choice import BALLOON_STEP
from vertaug.workflow.measured import Measured
from vertaug.workflow.simulation_choice import SimulationChoice
from vertaug.workflow.step_store import StepStore

if TYPE_CHECKING:
    from vertaug.augmentation.balloon.product import Balloon


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalloonTask:
    """An inflation whose case lies in a store, and that is stored there.

    Attributes
    ----------
    store : StepStore
    keys : dict of str to str
        Of the balloon's step and of all that do not come after it.
    choice : SimulationChoice
    balloons : mapping of str to Balloon
        That can be taken.
    """

    store: StepStore
    keys: dict[str, str]
    choice: SimulationChoice
    balloons: "Mapping[str, Balloon]"


def task_ahead(
    store: StepStore,
    keys: dict[str, str],
    choice: SimulationChoice,
    balloons: "Mapping[str, Balloon]",
) -> BalloonTask | None:
    """Return the inflation that a run will do after other steps, None where there is none.

    None where it is stored already, and where all that comes before it is.

    Parameters
    ----------
    store, keys, choice, balloons
        As in `BalloonTask`.
    """
    waiting = {step for step, key in keys.items() if not store.path(step, key).is_file()}
    if not balloons or BALLOON_STEP not in waiting or waiting == {BALLOON_STEP}:
        return None
    return BalloonTask(store=store, keys=keys, choice=choice, balloons=balloons)


@contextmanager
def inflate_ahead(task: BalloonTask | None) -> Iterator[None]:
    """Inflate in a second process as long as the context lasts; its end waits for it.

    The context itself computes on one thread meanwhile. What fails in the second process is not
    stored: the step is then computed in the run itself, which says why it fails.

    Parameters
    ----------
    task : BalloonTask or None
        None does nothing, and nor does a run that has one thread anyway.
    """
    import numba

    if task is None or numba.get_num_threads() < 2:
        yield
        return
    with start_aside(inflate_task, task), one_thread():
        yield


def inflate_task(task: BalloonTask) -> None:
    """Inflate the balloons of a stored case and store what they did."""
    from vertaug.workflow.balloon_step import inflate_case

    spine = task.store.load("anatomy", task.keys["anatomy"], Spine)
    measured = task.store.load("measure", task.keys["measure"], Measured)
    planning = task.store.load("plan", task.keys["plan"], PlanningResult)
    if spine is None or measured is None or planning is None:
        return
    results = CaseResults(
        spine=spine,
        calibration=measured.calibration,
        assessment=measured.assessment,
        planning=planning,
    )
    inflated = inflate_case(results, task.choice, task.balloons, lambda words, share: None)
    task.store.save(BALLOON_STEP, task.keys[BALLOON_STEP], inflated)
