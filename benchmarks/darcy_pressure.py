"""Time the pressure of cement in bone by vertaug, and by pyamg on the same cells.

    python benchmarks/darcy_pressure.py [--sizes 64 128] [--peer-python PYTHON] [-o DIR]

Bone of log-normal permeability, cement 1000 times less mobile with a lobed front over three cells,
pressure 0 around the box, from zero pressure to a residual of 1e-6. Times of vertaug include
the setup of its levels for the mobility, which every step of an injection needs; those of pyamg are
given with and without assembly. vertaug runs before and after each peer.
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numba
import numpy as np
from scipy.ndimage import gaussian_filter

from vertaug.numerics.darcy_multigrid import DarcySolver
from vertaug.numerics.flow_cells import OUTSIDE, POROUS, FlowCells


def make_bone(size, contrast=1e3):
    rng = np.random.default_rng(0)
    grain, lobes = (
        gaussian_filter(rng.standard_normal((size,) * 3), width, mode="wrap")
        for width in (1.5, 4.0)
    )
    steps = np.indices((size,) * 3) - (size - 1) / 2
    radius = np.sqrt((steps**2).sum(axis=0))
    inside = np.clip((0.3 * size + 2.0 * lobes / lobes.std() - radius) / 3.0 + 0.5, 0.0, 1.0)
    mobility = np.exp(grain / grain.std()) / (1.0 + inside * (contrast - 1.0))
    source = np.zeros((size,) * 3)
    middle = slice(size // 2, size // 2 + 4)
    source[middle, middle, middle] = 1.0
    return mobility, source


def time_here(mobility, source):
    region = np.full(mobility.shape, OUTSIDE, dtype=np.uint8)
    region[1:-1, 1:-1, 1:-1] = POROUS
    solver = DarcySolver(FlowCells(region=region, spacing_mm=np.ones(3), ratios=np.ones(3)))
    times = []
    for _ in range(4):
        start = time.perf_counter()
        flow = solver.solve(mobility, source)
        times.append(time.perf_counter() - start)
    warm = time.perf_counter()
    again = solver.solve(mobility * 1.02, source, start_mpa=flow.pressure_mpa, limits=(1e-4, 100))
    return {
        "seconds": float(np.median(times[1:])),
        "iterations": flow.solver.iterations,
        "seconds_from_a_near_pressure": time.perf_counter() - warm,
        "iterations_from_a_near_pressure": again.solver.iterations,
    }, flow.pressure_mpa


def run_peer(python, method, mobility, source):
    script = Path(__file__).parent / "peers" / "darcy.py"
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "given.npz", Path(folder) / "out.npz"
        np.savez(given, mobility=mobility, source=source)
        command = [python, str(script), "--method", method, "--given", str(given)]
        subprocess.run([*command, "--out", str(out)], check=True, timeout=500)
        found = np.load(out)
        assembly, setup, solve = (float(s) for s in found["seconds"])
        figures = {
            "method": method,
            "assembly_seconds": assembly,
            "setup_seconds": setup,
            "solve_seconds": solve,
            "iterations": int(found["iterations"]),
        }
        return figures, found["pressure"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="*", type=int, default=[64, 128])
    parser.add_argument("--peer-python")
    parser.add_argument("--methods", nargs="*", default=["sa", "rs"], choices=["sa", "rs"])
    parser.add_argument("-o", "--out", type=Path)
    arguments = parser.parse_args()
    result = {
        "machine": platform.processor() or platform.machine(),
        "threads": numba.get_num_threads(),
        "sizes": [],
    }
    for size in arguments.sizes:
        mobility, source = make_bone(size)
        own, pressure = time_here(mobility, source)
        figures = {"size": size, "vertaug": own, "peers": []}
        for method in arguments.methods if arguments.peer_python else []:
            peer, other = run_peer(arguments.peer_python, method, mobility, source)
            after, _ = time_here(mobility, source)
            seconds = (own["seconds"] + after["seconds"]) / 2.0
            total = peer["setup_seconds"] + peer["solve_seconds"]
            inner = pressure[1:-1, 1:-1, 1:-1]
            figures["peers"].append(
                peer
                | {
                    "vertaug_seconds": [own["seconds"], after["seconds"]],
                    "ratio_without_assembly": total / seconds,
                    "ratio": (total + peer["assembly_seconds"]) / seconds,
                    "difference": float(np.abs(inner - other).max() / other.max()),
                }
            )
        result["sizes"].append(figures)
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "darcy_pressure.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
