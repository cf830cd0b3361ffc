"""One linear solution of the standard body, timed; each in a process of its own."""

import atexit
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from vertaug.case.errors import ComputationError
from vertaug.case.grid import FloatArray, Grid
from vertaug.mechanics.elastic import ElasticResult, SolverLimits, solve_elastic
from vertaug.mechanics.load_case import LoadCase
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.numerics.brick_operator import node_weights, prepare_operator
from vertaug.verification.bone_block import make_bone_block
from vertaug.workflow.kernels import choose_kernel_cache, set_threads

TOLERANCE = 1e-6
_WARM_SHAPE = (20, 20, 20)
"""Small, but with every kind of level of the multigrid cycle."""
_SETTINGS = {"OMP_WAIT_POLICY": "passive", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveFigures:
    """The linear solution of one body.

    Attributes
    ----------
    elements, degrees_of_freedom : int
    seconds : float
        Median, from the model to its stiffness.
    iterations : int
    residual : float
        True, in double precision, relative to the forces of the platens on a body at rest.
    reaction_n : float
    peak_bytes : int or None
        Of the whole process up to the first solution; None where the system does not tell.
    grown_bytes : int or None
        How far the peak rose above that of a small body: model and solution.
    """

    elements: int
    degrees_of_freedom: int
    seconds: float
    iterations: int
    residual: float
    reaction_n: float
    peak_bytes: int | None
    grown_bytes: int | None

    @property
    def microseconds_per_element(self) -> float:
        """Time for each voxel with matter."""
        return 1e6 * self.seconds / self.elements

    @property
    def bytes_per_degree_of_freedom(self) -> float | None:
        """Memory at the peak, model included, interpreter left out."""
        return None if self.grown_bytes is None else self.grown_bytes / self.degrees_of_freedom


def model_of_block(modulus_mpa: FloatArray) -> VertebraModel:
    """Return a body of voxels of 1 mm between platens on its outermost faces.

    Parameters
    ----------
    modulus_mpa : (ni, nj, nk) float64 array
        0 is void; the third axis is loaded.
    """
    filled = modulus_mpa > 0.0
    return VertebraModel(
        grid=Grid(shape=modulus_mpa.shape, affine=np.eye(4)),
        bone_mpa=modulus_mpa,
        filler_mpa=np.zeros_like(modulus_mpa),
        strength_mpa=np.where(filled, 1.0, np.inf),
        anisotropic=False,
        superior_nodes=nodes_of_faces(filled, upper=True),
        inferior_nodes=nodes_of_faces(filled, upper=False),
        height_mm=30.0,
    )


def peak_bytes() -> int | None:
    """Return the most memory that this process has held; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.is_file():  # a child's own peak; that of getrusage starts from its parent's
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        return next((1024 * int(x.split()[1]) for x in lines if x.startswith("VmHWM")), None)
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def time_solve(shape: tuple[int, int, int], repeats: int) -> SolveFigures:
    """Time the solution of `vertaug.verification.bone_block` in this process.

    Parameters
    ----------
    shape : tuple of int
        Of the block's box.
    repeats : int
        Of which the median is taken.
    """
    solve_elastic(model_of_block(make_bone_block(_WARM_SHAPE)))
    before = peak_bytes()
    model = model_of_block(make_bone_block(shape))
    load = LoadCase(displacement_mm=0.01 * shape[2])
    first, result = _timed(model, load)
    # of the first solution: what the allocator keeps back for later ones is not counted
    peak = peak_bytes()
    times = [_timed(model, load)[0] for _ in range(repeats - 1)]
    return SolveFigures(
        elements=int(model.filled.sum()),
        degrees_of_freedom=3 * result.loaded.body.grid.nodes.size,
        seconds=float(np.median([first, *times])),
        iterations=result.solver.iterations,
        residual=find_residual(result),
        reaction_n=result.reaction_n,
        peak_bytes=peak,
        grown_bytes=None if peak is None or before is None else peak - before,
    )


def _timed(model: VertebraModel, load: LoadCase) -> tuple[float, ElasticResult]:
    start = time.perf_counter()
    result = solve_elastic(model, load, SolverLimits(tolerance=TOLERANCE))
    return time.perf_counter() - start, result


def find_residual(result: ElasticResult) -> float:
    """Compute the residual of a solution anew, relative to the forces on a body at rest."""
    body = result.loaded.body
    operator = prepare_operator(body, node_weights(body), np.float64)
    rest = np.empty_like(result.displacement_mm)
    operator.apply(np.where(body.held, result.displacement_mm, 0.0), rest)
    scale = float(np.linalg.norm(rest))
    operator.apply(result.displacement_mm, rest)
    return float(np.linalg.norm(rest)) / scale


def solve_alone(
    shape: tuple[int, int, int], repeats: int, threads: int | None = None
) -> SolveFigures:
    """Time a solution in a process of its own, so that its peak of memory is its own.

    Raises
    ------
    ComputationError
        If the process ended without a result.
    """
    words = ("solve", *map(str, shape), str(repeats), str(threads or 0))
    figures: SolveFigures = SolveFigures(**json.loads(_run(words, {})))
    return figures


def start_alone(
    stored: Path, threads: int | None = None, settings: Mapping[str, str] | None = None
) -> float:
    """Return the time in s from the start of a process to the solution of a stored body.

    Parameters
    ----------
    stored : Path
        Moduli as `numpy.save` writes them.
    threads : int, optional
    settings : mapping, optional
        Of its environment, beside those of this process.

    Raises
    ------
    ComputationError
        If the process ended without a result.
    """
    start = time.perf_counter()
    _run(("start", str(stored), str(threads or 0)), settings or {})
    return time.perf_counter() - start


def _run(words: Sequence[str], settings: Mapping[str, str]) -> str:
    """Run this module in a new process and return what it printed."""
    command = [sys.executable, "-m", __name__, *words]
    environment = _SETTINGS | dict(os.environ) | dict(settings)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it may have run out of memory"])[-1]
        message = f"the process of a measurement ended with code {done.returncode}: {last}"
        raise ComputationError(message)
    return done.stdout


def main(words: Sequence[str]) -> None:
    """Do what `solve_alone` and `start_alone` ask of a new process."""
    choose_kernel_cache()
    set_threads(int(words[-1]) or None)
    if words[0] == "start":
        solve_elastic(model_of_block(np.load(words[1])))
        return
    a, b, c, repeats = (int(word) for word in words[1:5])
    sys.stdout.write(json.dumps(asdict(time_solve((a, b, c), repeats))))


if __name__ == "__main__":
    atexit.register(gc.freeze)  # as every command of vertaug
    main(sys.argv[1:])
