"""Cement of 0 to 8 ml in a vertebra as scanned and after an overload.

    python benchmarks/cement_fill_series.py phantom [--density 62] [--level L1] [-o OUT.json]
    python benchmarks/cement_fill_series.py CT LABELS --level L3 [-o OUT.json]

Cement spreads as ellipsoids from both tips of the best bilateral plan of a vertebroplasty. The
overloaded vertebra is described twice (`vertaug.mechanics.overload`): by the plastic strain of a
crush (to 1.9 % of the height, or to `--overload-strain`), and by the losses that Wegrzyn 2011
measured on whole vertebrae. The fill at which each is again as strong and stiff as the intact one
stands beside Molloy 2003 and Belkoff 2001. Figures of patients stay out of this repository.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np

from vertaug.anatomy import analyse_spine
from vertaug.case.plan import Procedure
from vertaug.imaging import read_labels, read_scan
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.mechanics.caps import model_from_vertebra
from vertaug.mechanics.cement_bone import CementBone, MixtureRule
from vertaug.mechanics.comparison import StrengthOptions
from vertaug.mechanics.overload import (
    WEGRZYN_2011,
    EvenLoss,
    weaken_by_strain,
    weaken_evenly,
)
from vertaug.mechanics.plastic import APPARENT_STRAINS, crush
from vertaug.mechanics.plastic_body import YieldSurface
from vertaug.mechanics.restoration import (
    BELKOFF_2001_STIFFNESS_ML,
    BELKOFF_2001_STRENGTH_ML,
    MOLLOY_2003_FILL,
    FillStep,
    body_volume_ml,
    find_restoring_fill,
    measure_fill,
)
from vertaug.planning import plan_access
from vertaug.tissue import calibrate_generic


def read_spine(options):
    """Return a name and the spine."""
    if options.ct == "phantom":
        phantom = build_phantom(PhantomSpec(trabecular_density_mg_per_ml=options.density))
        spine = analyse_spine(phantom.scan, phantom.labels)
        return f"phantom, {options.density:g} mg/ml", spine
    scan = read_scan(Path(options.ct))
    return Path(options.ct).name, analyse_spine(scan, read_labels(options.labels, scan))


def find_tips(spine, level):
    """Return both tips of the best bilateral plan."""
    found = plan_access(spine, level, None, [Procedure.VERTEBROPLASTY])
    plan = next(plan for plan in found.plans if len(plan.paths) == 2)
    return [np.asarray(path.target_lps_mm) for path in plan.paths]


def weakened(model, options):
    """Return the overloaded models by name."""
    strains = [s for s in APPARENT_STRAINS if s < options.overload_strain]
    steps = np.array([*strains, options.overload_strain]) * model.height_mm
    crushed = crush(model, options.surface, steps)
    share = f"{100 * options.overload_strain:g} %"
    return {
        f"crushed to {share}, Keaveny 1999": weaken_by_strain(model, crushed),
        **{
            f"{100 * m:g} % of modulus, {100 * f:g} % of strength lost": weaken_evenly(
                model, EvenLoss(modulus=m, strength=f, source="given")
            )
            for m, f in options.losses
        },
    }


def run_series(model, tips, options):
    """Return the steps of one model, rising volumes."""
    chosen = StrengthOptions(
        surface=options.surface,
        linear_only=options.linear_only,
        cement=CementBone(rule=options.rule),
    )
    steps = []
    for volume in options.volumes:
        start = time.perf_counter()
        steps.append(measure_fill(model, tips, volume, chosen))
        tell(f"  {describe(steps[-1])}  ({time.perf_counter() - start:.0f} s)")
    return steps


def tell(line):
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def describe(step):
    return (
        f"{step.volume_ml:4.1f} ml {100 * step.fill:5.1f} %  "
        f"{step.stiffness_n_per_mm / 1000:6.2f} kN/mm  {step.strength_n / 1000:6.3f} kN"
    )


def rises(steps):
    """Whether stiffness and strength both rise with every step."""
    return all(
        b.stiffness_n_per_mm > a.stiffness_n_per_mm and b.strength_n > a.strength_n
        for a, b in pairwise(steps)
    )


def study(options):
    (name, spine), level = read_spine(options), options.level
    model = model_from_vertebra(
        spine[level], calibrate_generic(120.0), spacing_mm=options.spacing_mm
    )
    tips = find_tips(spine, level)
    tell(f"{name} {level}: {int(model.filled.sum())} bricks, body {body_volume_ml(model):.1f} ml")
    tell("as scanned")
    bodies = {"as scanned": run_series(model, tips, options)}
    for title, weak in weakened(model, options).items():
        tell(title)
        bodies[title] = run_series(weak, tips, options)
    intact = bodies["as scanned"][0]
    return {
        "case": name,
        "level": level,
        "spacing_mm": options.spacing_mm,
        "bricks": int(model.filled.sum()),
        "body_ml": body_volume_ml(model),
        "height_mm": model.height_mm,
        "surface": options.surface.value,
        "rule": options.rule.value,
        "tips_local_mm": [spine[level].frame.to_local(tip).tolist() for tip in tips],
        "series": {
            title: {
                "steps": [asdict(step) for step in steps],
                "rises": rises(steps),
                "left": {
                    "stiffness": steps[0].stiffness_n_per_mm / intact.stiffness_n_per_mm,
                    "strength": steps[0].strength_n / intact.strength_n,
                },
                "restored_at_fill": asdict(find_restoring_fill(steps, intact)),
            }
            for title, steps in bodies.items()
        },
        "published": {
            "molloy_2003_fill": MOLLOY_2003_FILL,
            "belkoff_2001_strength_ml": BELKOFF_2001_STRENGTH_ML,
            "belkoff_2001_stiffness_ml": BELKOFF_2001_STIFFNESS_ML,
        },
    }


def show(found):
    """Return the table as text."""
    lines = [f"{found['case']} {found['level']}, body {found['body_ml']:.1f} ml"]
    for title, series in found["series"].items():
        lines.append(f"{title}: {'rises' if series['rises'] else 'DOES NOT RISE'}")
        lines.extend("  " + describe(FillStep(**step)) for step in series["steps"])
        if series["left"]["stiffness"] == 1.0:
            continue
        for quantity, fill in series["restored_at_fill"].items():
            words = "not reached"
            if fill is not None:
                words = f"{100 * fill:.1f} % = {fill * found['body_ml']:.1f} ml"
            molloy = 100 * found["published"]["molloy_2003_fill"][quantity]
            lines.append(f"  {quantity} restored at {words} (Molloy 2003: {molloy:.1f} %)")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ct", help="a CT, or the word phantom")
    parser.add_argument("labels", nargs="?")
    parser.add_argument("--level", default="L1")
    parser.add_argument("--density", type=float, default=62.0, help="of the phantom, mg/ml")
    parser.add_argument("--spacing-mm", type=float, default=1.5)
    parser.add_argument("--volumes", type=float, nargs="+", default=[0.0, 2.0, 4.0, 6.0, 8.0])
    parser.add_argument("--overload-strain", type=float, default=0.019)
    parser.add_argument("--surface", type=YieldSurface, default=YieldSurface.TRESCA)
    parser.add_argument("--rule", type=MixtureRule, default=MixtureRule.SWITCHED_OFF)
    parser.add_argument(
        "--losses",
        type=lambda text: tuple(float(part) for part in text.split(",")),
        nargs="+",
        default=[(WEGRZYN_2011.modulus, WEGRZYN_2011.strength)],
        help="shares of modulus and strength lost evenly, such as 0.53,0.11 (Wegrzyn 2011)",
    )
    parser.add_argument("--linear-only", action="store_true")
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args()
    found = study(options)
    if options.out is not None:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(show(found) + "\n")


if __name__ == "__main__":
    main()
