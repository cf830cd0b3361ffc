"""The standard problems of mechanics, timed on this machine."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vertaug.mechanics.model import VertebraModel
from vertaug.mechanics.plastic import crush
from vertaug.mechanics.plastic_body import YieldSurface
from vertaug.verification.bone_block import STANDARD_SHAPES, make_bone_block
from vertaug.workflow.bench import Measurement
from vertaug.workflow.bench_machine import ProductFigures, measure_limits, measure_product
from vertaug.workflow.bench_solve import TOLERANCE, SolveFigures, solve_alone, start_alone
from vertaug.workflow.kernels import warm_up_mechanics

Tell = Callable[[str, float], None]

_MOST_ITERATIONS = 20.0
_MOST_BYTES = 130.0
"""For each degree of freedom, where the body is large enough for it to count."""
_MOST_SPREAD = 1.5
_CRUSH_S, _START_S = 15.0, 1.0
_SURFACES = {YieldSurface.TRESCA: "Tresca", YieldSurface.MISES: "von Mises"}
_DENSITY_KVP = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockProblem:
    """A body to be solved.

    Attributes
    ----------
    name : str
        Its size in words.
    shape : tuple of int
        Box of `vertaug.verification.bone_block`.
    repeats : int
        Of which the median is taken.
    limit_s : float or None
        None for a body so small that time and memory are mostly those of any body.
    """

    name: str
    shape: tuple[int, int, int]
    repeats: int
    limit_s: float | None = None


def phantom_model() -> VertebraModel:
    """Return the L1 of the built-in phantom, in voxels of 1 mm between caps."""
    from vertaug.anatomy import analyse_spine
    from vertaug.imaging.phantom import PhantomSpec, build_phantom
    from vertaug.mechanics.caps import model_from_vertebra
    from vertaug.tissue import calibrate_generic

    phantom = build_phantom(PhantomSpec())
    vertebra = analyse_spine(phantom.scan, phantom.labels)["L1"]
    return model_from_vertebra(vertebra, calibrate_generic(_DENSITY_KVP))


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanicsProblems:
    """What is solved.

    Attributes
    ----------
    blocks : tuple of BlockProblem
        In rising size; the first is also solved in a new process.
    product : tuple of int
        Box of the body whose product is timed.
    crushed : callable
        Returns the model to crush.
    first_compile : bool
        Whether the kernels are compiled once more, in an empty cache.
    """

    blocks: tuple[BlockProblem, ...]
    product: tuple[int, int, int]
    crushed: Callable[[], VertebraModel] = phantom_model
    first_compile: bool = False


_BLOCKS = (
    BlockProblem(name="60k", shape=STANDARD_SHAPES["60k"], repeats=9),
    BlockProblem(name="0.5M", shape=STANDARD_SHAPES["0.5M"], repeats=5, limit_s=2.0),
    BlockProblem(name="2M", shape=STANDARD_SHAPES["2M"], repeats=3, limit_s=8.0),
)
_LARGE_BLOCK = BlockProblem(name="8M", shape=STANDARD_SHAPES["8M"], repeats=3, limit_s=40.0)
STANDARD = MechanicsProblems(blocks=_BLOCKS, product=STANDARD_SHAPES["0.5M"])


def choose_problems(*, large: bool = False, first_compile: bool = False) -> MechanicsProblems:
    """Return the standard problems.

    Parameters
    ----------
    large : bool
        Also 8 million elements, which takes 2.5 GB of memory.
    first_compile : bool
        Also the time of compiling, about a minute.
    """
    blocks = (*STANDARD.blocks, _LARGE_BLOCK) if large else STANDARD.blocks
    return replace(STANDARD, blocks=blocks, first_compile=first_compile)


def measure_mechanics(
    problems: MechanicsProblems, tell: Tell, threads: int | None = None
) -> tuple[Measurement, ...]:
    """Measure how fast vertebrae are solved and crushed.

    Parameters
    ----------
    problems : MechanicsProblems
    tell : callable
        Takes (message, fraction).
    threads : int, optional
        Of the processes that are started; this one has its own already. Default: all cores.

    Raises
    ------
    ComputationError
        If a solution failed.
    """
    warm_up_mechanics(lambda message, _: tell(message, 0.0))
    solved = []
    for number, block in enumerate(problems.blocks):
        tell(f"linear solution, {block.name}", 0.05 + 0.45 * number / len(problems.blocks))
        solved.append(solve_alone(block.shape, block.repeats, threads))
    tell("product and limits of this machine", 0.5)
    product = measure_product(make_bone_block(problems.product), measure_limits())
    tell("a new process", 0.6)
    started = _measure_start(problems, threads)
    tell("the vertebra to crush", 0.7)
    model = problems.crushed()
    crushed = []
    for number, surface in enumerate(_SURFACES):
        tell(f"crushing, {_SURFACES[surface]}", 0.8 + 0.1 * number)
        crushed.append(_measure_crush(model, surface))
    return (
        *(row for b, f in zip(problems.blocks, solved, strict=True) for row in _say_solve(b, f)),
        _say_spread(solved),
        *crushed,
        *_say_product(product),
        *started,
    )


def _say_solve(block: BlockProblem, found: SolveFigures) -> list[Measurement]:
    """Return the rows of one linear solution."""
    start = f"{block.name}: "
    rows = [
        Measurement(name=start + "elements", value=float(found.elements), unit="1"),
        Measurement(
            name=start + "linear solution", value=found.seconds, unit="s", limit=block.limit_s
        ),
        Measurement(
            name=start + "time per element", value=found.microseconds_per_element, unit="us"
        ),
        Measurement(
            name=start + "iterations",
            value=float(found.iterations),
            unit="1",
            limit=_MOST_ITERATIONS,
        ),
        # the solver's own residual has kept the tolerance; rounding may part the true one from it
        Measurement(
            name=start + "true residual", value=found.residual, unit="1", limit=1.01 * TOLERANCE
        ),
    ]
    memory = found.bytes_per_degree_of_freedom
    if memory is not None:
        limit = None if block.limit_s is None else _MOST_BYTES
        name = start + "peak memory per degree of freedom"
        rows.append(Measurement(name=name, value=memory, unit="B", limit=limit))
    return rows


def _say_spread(solved: list[SolveFigures]) -> Measurement:
    times = [found.microseconds_per_element for found in solved]
    return Measurement(
        name="time per element, most over least",
        value=max(times) / min(times),
        unit="1",
        limit=_MOST_SPREAD,
    )


def _measure_crush(model: VertebraModel, surface: YieldSurface) -> Measurement:
    start = time.perf_counter()
    crush(model, surface)
    return Measurement(
        name=f"crushing to 1.9 %, {_SURFACES[surface]}, {int(model.filled.sum())} elements",
        value=time.perf_counter() - start,
        unit="s",
        limit=_CRUSH_S,
    )


def _say_product(found: ProductFigures) -> list[Measurement]:
    """Return the rows of the product with the stiffness."""
    rows = (
        ("product, operations", found.flops / 1e9, "GFlop/s"),
        ("this machine, multiply-add in single precision", found.machine.flops / 1e9, "GFlop/s"),
        ("product, share of arithmetic", found.share_of_arithmetic, "1"),
        ("product, memory moved", found.bytes_per_second / 1e9, "GB/s"),
        ("this machine, triad of memory", found.machine.bytes_per_second / 1e9, "GB/s"),
        ("product, share of memory", found.share_of_memory, "1"),
    )
    return [Measurement(name=name, value=value, unit=unit) for name, value, unit in rows]


def _measure_start(problems: MechanicsProblems, threads: int | None) -> list[Measurement]:
    """Time new processes from their start to a solution."""
    first = problems.blocks[0]
    name = f"new process to the solution of {first.name}"
    with tempfile.TemporaryDirectory(prefix="vertaug-bench-") as folder:
        stored, cache = Path(folder) / "modulus.npy", Path(folder) / "kernels"
        np.save(stored, make_bone_block(first.shape))
        seconds = float(np.median([start_alone(stored, threads) for _ in range(3)]))
        cached = f"{name}, kernels cached"
        rows = [Measurement(name=cached, value=seconds, unit="s", limit=_START_S)]
        if problems.first_compile:
            seconds = start_alone(stored, threads, {"NUMBA_CACHE_DIR": str(cache)})
            rows.append(Measurement(name=f"{name}, kernels compiled", value=seconds, unit="s"))
    return rows
