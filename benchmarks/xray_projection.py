"""Time the X-ray projection of vertaug, and of its peers on the same rays.

    python benchmarks/xray_projection.py [--peer NAME=PYTHON] [-o benchmarks/results]

A volume of 256 x 256 x 200 voxels of 1 mm (an elliptic body with five vertebrae) is seen from
several directions on 256 x 256 and 512 x 512 pixels. Times are medians of warm calls on two
threads; errors are against Siddon's walk from voxel to voxel on the same rays, relative to the
largest value of the image. A peer is run by a Python of its own (``benchmarks/peers/NAME.py``),
right before and after vertaug, on the one view that all of them are given.
"""

import argparse
import json
import platform
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np

from vertaug.case.volume import Scan, ScanInfo
from vertaug.fluoroscopy import Beam, Technique, fix_view, prepare_patient, show_view
from vertaug.fluoroscopy.line_integral import integrate_field, prepare_field, walk_field
from vertaug.fluoroscopy.view import add_matter
from vertaug.verification.xray import make_projection_volume
from vertaug.workflow.bench import time_call_ms
from vertaug.workflow.bench_xray import (
    MOVING_VIEW_DEG,
    VIEWS_DEG,
    standard_arm,
    standard_matter,
)

SIDES = (256, 512)


def differ(image, exact):
    """Return largest and root-mean-square difference relative to the image's maximum."""
    gap = (image - exact) / exact.max()
    return {"max": float(np.abs(gap).max()), "rms": float(np.sqrt((gap**2).mean()))}


def time_projection(values, grid):
    """Return times and errors of the exact and the interactive projection in every view."""
    rows = []
    field = prepare_field(values, grid)
    for view in VIEWS_DEG:
        for side in SIDES:
            arm = standard_arm(side, view)
            exact = integrate_field(field, arm)[0]
            every = side // 64
            row = {
                "view": view,
                "side": side,
                "exact_ms": time_call_ms(lambda f=field, a=arm: integrate_field(f, a)),
                "interactive_ms": time_call_ms(
                    lambda f=field, a=arm: integrate_field(f, a, interactive=True)
                ),
                "exact_against_walk": differ(
                    exact[::every, ::every], walk_field(field, arm, every)[0]
                ),
                "interactive_against_exact": differ(
                    integrate_field(field, arm, interactive=True)[0], exact
                ),
            }
            rows.append(row)
            print(json.dumps(row), flush=True)
    return rows


def time_radiograph(values, grid):
    """Return times of whole views of a CT, mono- and polyenergetic, and of what moves in them."""
    hu = np.where(values > 0, (values / 0.02 - 1.0) * 1000.0 * 0.35, -1000.0)
    scan = Scan(hu=hu.astype(np.int16), grid=grid, info=ScanInfo(source_format="phantom"))
    patient = prepare_patient(scan)
    rows = []
    for side in SIDES:
        arm = standard_arm(side, MOVING_VIEW_DEG)
        mono = Technique(beam=Beam(tube_voltage_kv=80.0, energy_kev=55.0))
        poly = Technique(beam=Beam(tube_voltage_kv=80.0))
        row = {
            "side": side,
            "mono_sums_ms": time_call_ms(lambda a=arm: integrate_field(patient.tissue_at(55.0), a)),
            "poly_sums_ms": time_call_ms(lambda a=arm: integrate_field(patient.tissue, a)),
            "mono_view_ms": time_call_ms(lambda a=arm, t=mono: fix_view(patient, a, t)),
            "poly_view_ms": time_call_ms(lambda a=arm, t=poly: fix_view(patient, a, t)),
        }
        view = fix_view(patient, arm, poly)
        things = standard_matter()
        for name, thing in things.items():
            row[f"{name}_moved_ms"] = time_call_ms(lambda v=view, t=thing: add_matter(v, [t]))
        live = fix_view(patient, arm, replace(poly, interactive=True))
        row["needle_frame_ms"] = time_call_ms(lambda v=live, t=things["needle"]: show_view(v, [t]))
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def run_peers(peers, values, grid):
    """Return times and errors of peers beside vertaug's in the same run."""
    rows = []
    field = prepare_field(values, grid)
    for side in SIDES:
        arm = standard_arm(side, MOVING_VIEW_DEG)
        source, corner, across, down = arm.pixel_rays
        exact = integrate_field(field, arm)[0]
        with tempfile.TemporaryDirectory() as folder:
            given = Path(folder) / "given.npz"
            np.savez(
                given,
                volume=values.transpose(2, 1, 0),
                source=source,
                corner=corner,
                du=across,
                dv=down,
                side=side,
            )
            for name, python in peers.items():
                script = Path(__file__).parent / "peers" / f"{name}.py"
                before = time_call_ms(lambda f=field, a=arm: integrate_field(f, a))
                made = Path(folder) / f"{name}.npz"
                command = [python, script, "--given", given, "--out", made]
                subprocess.run(command, check=True)
                after = time_call_ms(lambda f=field, a=arm: integrate_field(f, a))
                peer = np.load(made)
                theirs = float(np.median(peer["seconds"]) * 1e3)
                ours = (before + after) / 2
                row = {
                    "peer": name,
                    "version": str(peer["version"]),
                    "projector": str(peer["projector"]),
                    "side": side,
                    "peer_ms": theirs,
                    "vertaug_ms": ours,
                    "times_faster": theirs / ours,
                    "peer_error": differ(peer["image"], exact),
                }
                rows.append(row)
                print(json.dumps(row), flush=True)
    return rows


def main():
    """Run and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("-o", "--out", type=Path, default=Path("benchmarks/results"))
    given = parser.parse_args()
    numba.set_num_threads(min(2, numba.get_num_threads()))
    volume = make_projection_volume()
    values, grid = volume.values, volume.grid
    result = {
        "volume": grid.shape,
        "threads": numba.get_num_threads(),
        "processor": platform.processor() or platform.machine(),
        "numba": numba.__version__,
        "projection": time_projection(values, grid),
        "radiograph": time_radiograph(values, grid),
        "peers": run_peers(dict(p.split("=", 1) for p in given.peer), values, grid),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    target = given.out / "xray_projection.json"
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")
    print(target)


if __name__ == "__main__":
    main()
