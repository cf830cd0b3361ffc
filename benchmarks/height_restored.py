"""Height that balloons give back to fractured phantoms, fresh and healed, beside what is published.

    python benchmarks/height_restored.py [--seeds 10] [--first 1] [--spacing 2] [-o OUT.json]

Each seed draws a density, a shape (wedge, biconcave, crush, in turn) and a loss of height of L1, is
scanned as a phantom, measured, planned and treated as `vertaug simulate --procedure kyphoplasty`
does by default: the first plan, its longest balloon, the rated volume up to 4 ml, 100 N. Nothing is
fitted to the published figures, which are of other bodies, loads and balloons.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np

from vertaug.anatomy import analyse_spine
from vertaug.augmentation.balloon.fracture_zone import FractureAge
from vertaug.augmentation.balloon.product import known_balloons
from vertaug.augmentation.kyphoplasty import BalloonChoice, treat_with_balloon
from vertaug.case.plan import Procedure
from vertaug.fracture.assessment import assess_fracture
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.imaging.phantom.specification import HeightLoss
from vertaug.planning import plan_access
from vertaug.tissue import calibrate_generic
from vertaug.workflow.balloon_choice import BalloonWish, choose_balloon

LAW = calibrate_generic(120.0)
LEVEL = "L1"
SHAPES = ("wedge", "biconcave", "crush")
HEIGHTS = ("anterior", "middle", "posterior")
PUBLISHED = (
    "in vitro, % of the anterior height: kept +8.0 +- 9.4, lost 11.7 +- 6.2 (Rotter 2010)",
    "252 bodies: +1.5 +- 2.9, +2.1 +- 2.9, +0.9 +- 2.1 mm, 1.3 +- 3.3 deg (clinical reference 2.4)",
    "anterior +3.48, central +4.38 mm (14 trials, kyphoplasty and vertebroplasty pooled)",
    "kyphosis 4.8 deg (Papanastassiou 2012)",
)


def draw_loss(seed):
    """Return the shape, the density and the loss of one phantom."""
    rng = np.random.default_rng(seed)
    density, most = rng.uniform(45.0, 90.0), rng.uniform(0.22, 0.42)
    shape = SHAPES[(seed - 1) % len(SHAPES)]
    low = rng.uniform(0.0, 0.08)
    loss = {
        "wedge": HeightLoss(anterior=most, middle=0.7 * most, posterior=low),
        "biconcave": HeightLoss(anterior=0.3 * most, middle=most, posterior=low),
        "crush": HeightLoss(anterior=most, middle=most, posterior=0.6 * most),
    }[shape]
    return shape, float(density), loss


def scan(seed, density, loss):
    """Return the spine of a phantom."""
    spec = PhantomSpec(
        height_loss={LEVEL: loss},
        trabecular_density_mg_per_ml=density,
        seed=seed,
        spacing_mm=(1.0, 1.0, 1.0),
        field_of_view_mm=(150.0, 150.0, 130.0),
    )
    phantom = build_phantom(spec)
    return analyse_spine(phantom.scan, phantom.labels)


def treat(spine, measured, paths, taken, age):
    """Return what one inflation did, in numbers."""
    found = treat_with_balloon(
        spine[LEVEL], LAW, paths, BalloonChoice(fracture=age, **taken), measured=measured
    )
    before, full, kept = found.before, found.inflated, found.after
    gain = {
        name: [
            getattr(shape.heights_mm, name) - getattr(before.heights_mm, name)
            for shape in (full, kept)
        ]
        for name in HEIGHTS
    }
    return {
        "gain_mm": gain,
        "anterior_before_mm": before.heights_mm.anterior,
        "angle_deg": [before.wedge_angle_deg - s.wedge_angle_deg for s in (full, kept)],
        "ml": (found.inflation.volume_mm3[-1] / 1000.0).tolist(),
        "mpa": found.inflation.pressure_mpa[-1].tolist(),
        "end": found.inflation.end.name.lower(),
        "breaches": len(found.breaches),
    }


def run_seed(seed, spacing_mm):
    """Return what balloons did in one phantom, fresh and healed."""
    shape, density, loss = draw_loss(seed)
    spine = scan(seed, density, loss)
    measured = assess_fracture(spine, LAW, level=LEVEL).levels[LEVEL]
    plan = plan_access(spine, LEVEL, None, [Procedure.KYPHOPLASTY]).plans[0]
    balloon, volume_ml = choose_balloon(known_balloons(), plan, BalloonWish())
    taken = {"balloon": balloon, "volume_ml": volume_ml, "spacing_mm": spacing_mm}
    row = {"seed": seed, "shape": shape, "density": density, "grade": measured.genant_grade}
    row |= {"balloon": balloon.name, "sides": len(plan.paths), "wanted_ml": volume_ml}
    for age in FractureAge:
        start = time.perf_counter()
        row[age.value] = treat(spine, measured, plan.paths, taken, age)
        row[age.value]["seconds"] = time.perf_counter() - start
    return row


def describe(row):
    """Return a line for each age."""
    lines = []
    for age in FractureAge:
        one = row[age.value]
        gains = ", ".join(f"{n} {a:+.1f}/{b:+.1f}" for n, (a, b) in one["gain_mm"].items())
        volumes = " and ".join(f"{ml:.1f}" for ml in one["ml"])
        lines.append(
            f"{row['seed']:3d} {row['shape']:9s} {row['density']:3.0f} mg/ml {age.value:6s} "
            f"{row['sides']} x {row['balloon']} {volumes} ml {max(one['mpa']):.2f} MPa "
            f"{one['end']}: mm full/kept {gains}; angle {one['angle_deg'][1]:.1f} deg"
            f"{', breach' if one['breaches'] else ''} ({one['seconds']:.0f} s)"
        )
    return "\n".join(lines)


def summarise(rows):
    """Return a table of means and standard deviations."""
    lines = []
    for age in FractureAge:
        ones = [row[age.value] for row in rows]
        for name in HEIGHTS:
            full, kept = np.array([one["gain_mm"][name] for one in ones]).T
            lines.append(
                f"{age.value:6s} {name:9s} full {full.mean():+.2f} +- {full.std(ddof=1):.2f} mm, "
                f"kept {kept.mean():+.2f} +- {kept.std(ddof=1):.2f} mm"
            )
        first = np.array([one["anterior_before_mm"] for one in ones])
        full, kept = 100.0 * np.array([one["gain_mm"]["anterior"] for one in ones]).T / first
        turned = np.array([one["angle_deg"][1] for one in ones])
        lost = full - kept
        lines.append(
            f"{age.value:6s} anterior, % of the height before: kept {kept.mean():+.1f} +- "
            f"{kept.std(ddof=1):.1f}, lost on deflation {lost.mean():.1f} +- {lost.std(ddof=1):.1f}"
            f"; angle {turned.mean():.1f} +- {turned.std(ddof=1):.1f} deg"
        )
    return "\n".join([*lines, "published:", *PUBLISHED])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--spacing", type=float, default=2.0)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    rows = []
    for seed in range(options.first, options.first + options.seeds):
        rows.append(run_seed(seed, options.spacing))
        print(describe(rows[-1]), flush=True)
        if options.output is not None:
            options.output.write_text(json.dumps(rows, indent=1) + "\n")
    if len(rows) > 1:
        print(summarise(rows))


if __name__ == "__main__":
    main()
