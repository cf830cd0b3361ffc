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
import time
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np

from vertaug.case.grid import Grid
from vertaug.case.volume import Scan, ScanInfo
from vertaug.fluoroscopy import (
    CArm,
    Cylinder,
    Ellipsoid,
    Technique,
    fix_view,
    show_view,
    voxel_matter,
)
from vertaug.fluoroscopy._projection_reference import integrate_single as walk
from vertaug.fluoroscopy.line_integral import (
    _choose_columns,
    _index_rays,
    integrate_field,
    prepare_field,
)
from vertaug.fluoroscopy.patient import prepare_patient
from vertaug.fluoroscopy.spectrum import Beam
from vertaug.fluoroscopy.view import add_matter

SHAPE = (256, 256, 200)
VIEWS = ((0, 0), (20, 10), (44, 10), (45, 0), (30, 30), (44, 30), (90, 0), (35.26, 45), (-120, -25))
PEER_VIEW = (20.0, 10.0)
SIDES = (256, 512)
REPEAT = 15


def make_volume():
    """Return attenuation in 1/mm: a body, five vertebrae with a dense shell and a texture."""
    from scipy.ndimage import gaussian_filter

    x, y, z = (
        np.arange(n, dtype=np.float32).reshape([-1 if a == k else 1 for k in range(3)])
        - (n - 1) / 2
        for a, n in enumerate(SHAPE)
    )
    field = np.where((x / 110) ** 2 + (y / 80) ** 2 + (z / 120) ** 2 <= 1, 0.02, 0.0)
    noise = np.random.default_rng(0).standard_normal(SHAPE)
    texture = gaussian_filter(noise, 1.0)
    texture *= 0.004 / texture.std()
    for level in range(-2, 3):
        r = (x / 24) ** 2 + ((y + 5) / 18) ** 2 + ((z - level * 35) / 14) ** 2
        field = np.where(r <= 1, 0.03 + texture, field)
        field = np.where((r <= 1) & (r > 0.82), 0.06, field)
    return np.maximum(field, 0.0).astype(np.float32)


def make_grid():
    """Return the grid: 1 mm, centred on the origin."""
    affine = np.eye(4)
    affine[:3, 3] = -(np.array(SHAPE) - 1) / 2
    return Grid(shape=SHAPE, affine=affine)


def make_arm(side, view):
    """Return the C-arm of all runs."""
    return CArm(
        isocentre_lps_mm=np.zeros(3),
        primary_angle_deg=view[0],
        secondary_angle_deg=view[1],
        source_detector_mm=1020.0,
        source_isocentre_mm=700.0,
        detector_mm=(307.2, 307.2),
        pixels=(side, side),
    )


def median_ms(call, repeat=REPEAT):
    """Return the median time of warm calls in ms."""
    call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times) * 1e3)


def differ(image, exact):
    """Return largest and root-mean-square difference relative to the image's maximum."""
    gap = (image - exact) / exact.max()
    return {"max": float(np.abs(gap).max()), "rms": float(np.sqrt((gap**2).mean()))}


def walk_rays(field, arm, every):
    """Return Siddon's walk on every so many-th pixel of each side, and which pixels these are."""
    table = field.table(_choose_columns(field, arm, interactive=False))
    rays = np.array(arm.pixel_rays)
    rays[2:] *= every
    side = arm.pixels[0] // every
    out = np.empty((1, side, side))
    walk(table.entries, table.shape, _index_rays(rays, field.grid, table), rays, out)
    return out[0] * field.units[0]


def time_projection(values, grid):
    """Return times and errors of the exact and the interactive projection in every view."""
    rows = []
    field = prepare_field(values, grid)
    for view in VIEWS:
        for side in SIDES:
            arm = make_arm(side, view)
            exact = integrate_field(field, arm)[0]
            every = side // 64
            row = {
                "view": view,
                "side": side,
                "exact_ms": median_ms(lambda f=field, a=arm: integrate_field(f, a)),
                "interactive_ms": median_ms(
                    lambda f=field, a=arm: integrate_field(f, a, interactive=True)
                ),
                "exact_against_walk": differ(exact[::every, ::every], walk_rays(field, arm, every)),
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
        arm = make_arm(side, PEER_VIEW)
        mono = Technique(beam=Beam(tube_voltage_kv=80.0, energy_kev=55.0))
        poly = Technique(beam=Beam(tube_voltage_kv=80.0))
        row = {
            "side": side,
            "mono_sums_ms": median_ms(lambda a=arm: integrate_field(patient.tissue_at(55.0), a)),
            "poly_sums_ms": median_ms(lambda a=arm: integrate_field(patient.tissue, a)),
            "mono_view_ms": median_ms(lambda a=arm, t=mono: fix_view(patient, a, t)),
            "poly_view_ms": median_ms(lambda a=arm, t=poly: fix_view(patient, a, t)),
        }
        view = fix_view(patient, arm, poly)
        needle = Cylinder(
            start_lps_mm=np.array([40.0, 90.0, 5.0]), end_lps_mm=np.array([3.0, -8.0, 0.0]),
            radius_mm=1.5,
        )  # fmt: skip
        balloon = Ellipsoid(
            centre_lps_mm=np.array([3.0, -8.0, 0.0]), semi_axes_lps_mm=np.diag([7.0, 10.0, 7.0])
        )
        local = Grid(shape=(50, 60, 56), affine=_placed(np.array([-25.0, -35.0, -28.0])))
        distance = np.linalg.norm(local.to_world(np.indices(local.shape).T.reshape(-1, 3)), axis=1)
        fraction = np.clip(14.0 - distance, 0.0, 1.0).reshape(local.shape[::-1]).T
        cement = voxel_matter(fraction, local)
        for name, thing in (("needle", needle), ("balloon", balloon), ("cement", cement)):
            row[f"{name}_moved_ms"] = median_ms(lambda v=view, t=thing: add_matter(v, [t]))
        live = fix_view(patient, arm, replace(poly, interactive=True))
        row["needle_frame_ms"] = median_ms(lambda v=live, t=needle: show_view(v, [t]))
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def _placed(corner):
    affine = np.eye(4)
    affine[:3, 3] = corner
    return affine


def run_peers(peers, values, grid):
    """Return times and errors of peers beside vertaug's in the same run."""
    rows = []
    field = prepare_field(values, grid)
    for side in SIDES:
        arm = make_arm(side, PEER_VIEW)
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
                before = median_ms(lambda f=field, a=arm: integrate_field(f, a))
                made = Path(folder) / f"{name}.npz"
                command = [python, script, "--given", given, "--out", made]
                subprocess.run(command, check=True)
                after = median_ms(lambda f=field, a=arm: integrate_field(f, a))
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
    values, grid = make_volume(), make_grid()
    result = {
        "volume": SHAPE,
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
