"""Time the voxel finite elements of vertaug, and of other programs on the same body.

    python benchmarks/voxel_elasticity.py [--sizes 60k 0.5M 2M 8M] [--peer-python PYTHON] [-o DIR]

The body is `vertaug.verification.bone_block` (moduli 1:1000) compressed between sliding platens,
true residual 1e-6. Each size runs in a process of its own, so that its peak of memory is known;
times are medians of warm runs on all cores. Peers (ParOSol, pyamg, Jacobi-CG on an assembled
matrix) run in the Python named, before and after vertaug, on the size 0.5M unless told otherwise.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numba
import numpy as np

from vertaug.case.grid import Grid
from vertaug.mechanics.assembly import assemble
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.load_case import LoadCase
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.numerics.brick_operator import node_weights, prepare_operator
from vertaug.verification.bone_block import STANDARD_SHAPES, make_bone_block


def make_model(shape):
    modulus = make_bone_block(shape)
    filled = modulus > 0
    return VertebraModel(
        grid=Grid(shape=modulus.shape, affine=np.eye(4)),
        bone_mpa=modulus,
        filler_mpa=np.zeros_like(modulus),
        strength_mpa=np.where(filled, 1.0, np.inf),
        anisotropic=False,
        superior_nodes=nodes_of_faces(filled, upper=True),
        inferior_nodes=nodes_of_faces(filled, upper=False),
        height_mm=30.0,
    )


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def time_size(name, repeats):
    """Return the figures of one size; run in a process of its own."""
    solve_elastic(make_model((12, 12, 12)))
    before = peak_bytes()
    model = make_model(STANDARD_SHAPES[name])
    made = peak_bytes()
    seconds, load = [], LoadCase(displacement_mm=0.01 * model.grid.shape[2])
    for _ in range(repeats):
        start = time.perf_counter()
        result = solve_elastic(model, load)
        seconds.append(time.perf_counter() - start)
    body = result.loaded.body
    dofs, elements = 3 * body.grid.nodes.size, int(model.filled.sum())
    return {
        "size": name,
        "elements": elements,
        "degrees_of_freedom": dofs,
        "seconds": float(np.median(seconds)),
        "microseconds_per_element": float(np.median(seconds)) / elements * 1e6,
        "iterations": result.solver.iterations,
        "residual": result.solver.residuals[-1],
        "reaction_n": result.reaction_n,
        "peak_bytes": peak_bytes(),
        "peak_bytes_above_interpreter_per_dof": (peak_bytes() - before) / dofs,
        "bytes_of_the_model_per_dof": (made - before) / dofs,
    }


@numba.njit(parallel=True, cache=True)
def triad(a, b, c):
    for n in numba.prange(a.size):
        a[n] = b[n] + 1.5 * c[n]


@numba.njit(parallel=True, fastmath=True, cache=True)
def multiply_add(out, rounds):
    for part in numba.prange(out.shape[0]):
        x = np.full(128, out[part, 0], np.float32)
        for _ in range(rounds):
            for n in range(128):
                x[n] = x[n] * np.float32(0.999) + np.float32(0.001)
        out[part, 0] = x.sum()


def median_seconds(call, repeats=9):
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def measure_product():
    """Return how far the product is from what memory and arithmetic allow, in this run."""
    loaded = assemble(make_model(STANDARD_SHAPES["0.5M"]), LoadCase())
    operator = prepare_operator(loaded.body, node_weights(loaded.body), np.float32)
    u = np.random.default_rng(0).standard_normal(loaded.start_mm.shape).astype(np.float32)
    out = np.empty_like(u)
    seconds = median_seconds(lambda: operator.force(u, out))
    elements, nodes = loaded.body.grid.cells.size, loaded.body.grid.nodes.size
    a, b, c = (np.ones(20_000_000, dtype=np.float32) for _ in range(3))
    memory = 12 * a.size / median_seconds(lambda: triad(a, b, c))
    parts, rounds = np.ones((numba.get_num_threads(), 1), dtype=np.float32), 200_000
    peak = 2 * 128 * rounds * len(parts) / median_seconds(lambda: multiply_add(parts, rounds), 5)
    return {
        "million_elements_per_second": elements / seconds / 1e6,
        "bytes_per_second": (24 * nodes + 4 * elements) / seconds,
        "triad_bytes_per_second": memory,
        "share_of_memory": (24 * nodes + 4 * elements) / seconds / memory,
        "flops": 230 * elements / seconds,
        "multiply_add_flops": peak,
        "share_of_arithmetic": 230 * elements / seconds / peak,
    }


def run_alone(arguments):
    """Run this script again for one figure, and return what it printed."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def run_peer(python, method, size):
    """Return the figures of a peer."""
    script = Path(__file__).parent / "peers" / "elasticity.py"
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "given.npz", Path(folder) / "out.npz"
        np.savez(given, modulus=make_bone_block(STANDARD_SHAPES[size]))
        environment = dict(os.environ)
        environment |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        command = [
            python,
            str(script),
            "--method",
            method,
            "--given",
            str(given),
            "--out",
            str(out),
        ]
        subprocess.run(command, check=True, env=environment, cwd=folder, capture_output=True)
        found = np.load(out)
        return {
            "method": method,
            "size": size,
            "seconds": float(found["seconds"]),
            "iterations": int(found["iterations"]),
            "reaction_n": float(found["force"]),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="*", default=["60k", "0.5M", "2M", "8M"])
    parser.add_argument("--peer-python")
    parser.add_argument("--peer-size", default="0.5M")
    parser.add_argument("--methods", nargs="*", default=["parosol", "pyamg", "jacobi"])
    parser.add_argument("-o", "--out", type=Path)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--product", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(time_size(arguments.only, 1 if arguments.only == "8M" else 3)))
        return
    if arguments.product:
        print(json.dumps(measure_product()))
        return
    result = {
        "machine": platform.processor() or platform.machine(),
        "threads": numba.get_num_threads(),
        "sizes": [run_alone(["--only", size]) for size in arguments.sizes],
        "product": run_alone(["--product"]),
    }
    if arguments.peer_python:
        result["peers"] = []
        for method in arguments.methods:
            before = run_alone(["--only", arguments.peer_size])["seconds"]
            peer = run_peer(arguments.peer_python, method, arguments.peer_size)
            after = run_alone(["--only", arguments.peer_size])["seconds"]
            ratio = peer["seconds"] / ((before + after) / 2)
            result["peers"].append(peer | {"vertaug_seconds": [before, after], "ratio": ratio})
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "voxel_elasticity.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
