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
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numba
import numpy as np

from vertaug.verification.bone_block import STANDARD_SHAPES, make_bone_block
from vertaug.workflow.bench_machine import measure_limits, measure_product
from vertaug.workflow.bench_solve import solve_alone


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
    arguments = parser.parse_args()
    result = {
        "machine": platform.processor() or platform.machine(),
        "threads": numba.get_num_threads(),
        "sizes": [time_size(size) for size in arguments.sizes],
        "product": time_product(),
    }
    if arguments.peer_python:
        result["peers"] = []
        for method in arguments.methods:
            before = time_size(arguments.peer_size)["seconds"]
            peer = run_peer(arguments.peer_python, method, arguments.peer_size)
            after = time_size(arguments.peer_size)["seconds"]
            ratio = peer["seconds"] / ((before + after) / 2)
            result["peers"].append(peer | {"vertaug_seconds": [before, after], "ratio": ratio})
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "voxel_elasticity.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
