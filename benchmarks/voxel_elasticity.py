"""Time the voxel finite elements of vertaug, and of other programs on the same body.

    python benchmarks/voxel_elasticity.py [--sizes 60k 0.5M 2M 8M] [--peer-python PYTHON] [-o DIR]

The body is `vertaug.verification.bone_block` (moduli 1:1000) compressed between sliding platens,
true residual 1e-6. Each size runs in a process of its own, so that its peak of memory is known;
times are medians of warm runs on all cores. Peers (ParOSol, pyamg, Jacobi-CG on an assembled
matrix) run in the Python named, vertaug before and after each, on the block of 0.5M and on a cube
of 512 000 random moduli 1:1000 without voids, where ParOSol converges; on the block of that size
its preconditioner ends in values that are not numbers (0.1.26), and it is stopped after a while.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numba
import numpy as np

from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.load_case import LoadCase
from vertaug.verification.bone_block import STANDARD_SHAPES, make_bone_block
from vertaug.workflow.bench_machine import measure_limits, measure_product
from vertaug.workflow.bench_solve import model_of_block, solve_alone


def time_size(name):
    """Return the figures of one size, from a process of its own."""
    found = solve_alone(STANDARD_SHAPES[name], 1 if name == "8M" else 3)
    derived = {
        "microseconds_per_element": found.microseconds_per_element,
        "bytes_per_degree_of_freedom": found.bytes_per_degree_of_freedom,
    }
    return {"size": name} | asdict(found) | derived


def time_product():
    """Return how far the product is from what memory and arithmetic allow, in this run."""
    found = measure_product(make_bone_block(STANDARD_SHAPES["0.5M"]), measure_limits())
    shares = {
        "share_of_memory": found.share_of_memory,
        "share_of_arithmetic": found.share_of_arithmetic,
    }
    return asdict(found) | shares


def make_cube(size=80):
    """Return random moduli from 10 to 10 000 MPa without voids."""
    return 10.0 ** (1.0 + 3.0 * np.random.default_rng(0).random((size, size, size)))


BODIES = {"block": lambda: make_bone_block(STANDARD_SHAPES["0.5M"]), "cube": make_cube}
PATIENCE_S = 200


def time_here(modulus):
    """Return the median time of vertaug's solution of a body."""
    model, times = model_of_block(modulus), []
    load = LoadCase(displacement_mm=0.01 * modulus.shape[2])
    for _ in range(4):
        start = time.perf_counter()
        solve_elastic(model, load)
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))


def run_peer(python, method, modulus):
    """Return the figures of a peer; no seconds where it did not finish."""
    script = Path(__file__).parent / "peers" / "elasticity.py"
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "given.npz", Path(folder) / "out.npz"
        np.savez(given, modulus=modulus)
        environment = dict(os.environ)
        environment |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        command = [python, str(script), "--method", method, "--given", str(given)]
        command += ["--out", str(out)]
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return {"method": method, "seconds": None, "stopped_after_s": PATIENCE_S}
        if code != 0:
            return {"method": method, "seconds": None, "code": code}
        found = np.load(out)
        return {
            "method": method,
            "seconds": float(found["seconds"]),
            "iterations": int(found["iterations"]),
            "reaction_n": float(found["force"]),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="*", default=["60k", "0.5M", "2M", "8M"])
    parser.add_argument("--peer-python")
    parser.add_argument("--bodies", nargs="*", default=list(BODIES), choices=list(BODIES))
    parser.add_argument("--methods", nargs="*", default=["parosol", "pyamg", "jacobi"])
    parser.add_argument("-o", "--out", type=Path)
    arguments = parser.parse_args()
    result = {
        "machine": platform.processor() or platform.machine(),
        "threads": numba.get_num_threads(),
        "sizes": [time_size(size) for size in arguments.sizes],
        "product": time_product(),
    }
    if arguments.peer_python:
        result["peers"] = []
        for body in arguments.bodies:
            modulus = BODIES[body]()
            for method in arguments.methods:
                before = time_here(modulus)
                peer = run_peer(arguments.peer_python, method, modulus)
                own = [before, time_here(modulus)]
                ratio = peer["seconds"] and peer["seconds"] / (sum(own) / 2)
                result["peers"].append(
                    {"body": body} | peer | {"vertaug_seconds": own, "ratio": ratio}
                )
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "voxel_elasticity.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
