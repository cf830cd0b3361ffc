"""Leaks by path in fractured phantoms, beside the published mix and relative risk.

    python benchmarks/leak_mix.py [--seeds 1 2 3 4] [--products low_viscosity high_viscosity]
        [--samples 32] [--spacing 1.5] [--ml 4] [--keep FOLDER] [-o OUT.json]

Each seed draws a density, a shape (wedge, biconcave, crush) and a loss of height of T12, L1, L2
or L3, is scanned as a phantom, measured and planned; then the cement goes in through the first plan
with two needles, in the middle of its working window, with a syringe that presses all of it. Seeds
1 to 4 are those on which the network of veins and fissures was set; any others check it.
"""

import argparse
import json
import os
import pickle
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np

from vertaug.anatomy import analyse_spine
from vertaug.augmentation.cement.cannula import Syringe
from vertaug.augmentation.cement.injection_plan import (
    InjectionSetting,
    place_needle,
    plan_injection,
)
from vertaug.augmentation.cement.porous_body import BoneSetting
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.sampling import SampleSetting, sample_injections
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.augmentation.cement.veins import LeakNetwork
from vertaug.case.filling import LEAK_PATHS
from vertaug.case.plan import Procedure
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.imaging.phantom.specification import HeightLoss
from vertaug.planning import plan_access
from vertaug.tissue import calibrate_generic

LAW = calibrate_generic(120.0)
LEVELS = ("T12", "L1", "L2", "L3")
SHAPES = ("wedge", "biconcave", "crush")
STRONG = Syringe(limit_mpa=60.0, source="a hydraulic one, so that all cement goes in")
PUBLISHED = {"B": "21-32", "S": "25-53", "C": "12-26", "D": "7-17", "any": "33-76"}
PUBLISHED_RISK = "relative risk of any leak 0.38 (0.29-0.51)"


def draw_fracture(seed):
    """Return level, shape, density and loss of one phantom."""
    rng = np.random.default_rng([7, seed])
    level, shape = LEVELS[(seed - 1) % len(LEVELS)], SHAPES[(seed - 1) % len(SHAPES)]
    density, most, low = rng.uniform(50.0, 80.0), rng.uniform(0.25, 0.4), rng.uniform(0.0, 0.08)
    loss = {
        "wedge": HeightLoss(anterior=most, middle=0.7 * most, posterior=low),
        "biconcave": HeightLoss(anterior=0.3 * most, middle=most, posterior=low),
        "crush": HeightLoss(anterior=most, middle=most, posterior=0.6 * most),
    }[shape]
    return level, shape, float(density), loss


def prepare(seed, spacing_mm):
    """Return the survey of a phantom's bone and the paths of its first plan with two needles."""
    level, _, density, loss = draw_fracture(seed)
    spec = PhantomSpec(
        height_loss={level: loss},
        trabecular_density_mg_per_ml=density,
        seed=seed,
        spacing_mm=(0.8, 0.8, 0.8),
    )
    phantom = build_phantom(spec)
    spine = analyse_spine(phantom.scan, phantom.labels)
    found = plan_access(spine, level, None, [Procedure.VERTEBROPLASTY])
    paths = next(plan for plan in found.plans if len(plan.paths) == 2).paths
    return survey_bone(spine[level], LAW, phantom.scan.grid, spacing_mm=spacing_mm), paths


def prepare_once(seed, options):
    """Return what `prepare` does, from the folder if it lies there."""
    file = options.keep and options.keep / f"leak_mix_{seed}_{options.spacing:g}.pickle"
    if file and file.is_file():
        return pickle.loads(file.read_bytes())
    found = prepare(seed, options.spacing)
    if file:
        file.write_bytes(pickle.dumps(found))
    return found


def sample(prepared, name, options):
    """Return the spread of samples of one product in one body."""
    survey, paths = prepared
    placed = tuple(place_needle(path) for path in paths)
    product = cement_product(name)
    setting = InjectionSetting(syringe=STRONG)
    plan = plan_injection(survey.vertebra.level, placed, product, 1000.0 * options.ml, setting)
    network = replace(LeakNetwork(), **json.loads(options.network))
    return sample_injections(
        survey,
        plan,
        1,
        samples=options.samples,
        setting=SampleSetting(bone=BoneSetting(network=network)),
    )


def counts(spread):
    """Return in how many samples each path leaks, and any."""
    leaks = spread.leaked_mm3 > spread.least_mm3
    found = dict(zip(LEAK_PATHS, leaks.sum(axis=0).tolist(), strict=True))
    return {**found, "any": int(leaks.any(axis=1).sum())}


def risk(high, low, of):
    """Return a relative risk with its 95 % interval, the counts taken as independent."""
    if not high or not low:
        return float("nan"), float("nan"), float("nan")
    ratio = high / low
    spread = np.exp(1.96 * np.sqrt(1.0 / high - 1.0 / of + 1.0 / low - 1.0 / of))
    return ratio, ratio / spread, ratio * spread


def study(options):
    rows = []
    for seed in options.seeds:
        level, shape, density, loss = draw_fracture(seed)
        worst = max(loss.anterior, loss.middle)
        prepared = prepare_once(seed, options)
        for name in options.products:
            start = time.perf_counter()
            spread = sample(prepared, name, options)
            row = {"seed": seed, "level": level, "product": name, "samples": spread.samples}
            row |= {"counts": counts(spread), "mean_mm3": float(spread.leaked_mm3.sum(1).mean())}
            row["seconds"] = time.perf_counter() - start
            rows.append(row)
            shares = share(row["counts"], spread.samples)
            print(
                f"{seed} {level} {shape} {density:.0f} mg/ml {worst:.0%} {name}: {shares}; "
                f"{row['mean_mm3']:.1f} mm3; {row['seconds']:.0f} s",
                flush=True,
            )
    return rows


def share(found, of):
    return ", ".join(f"{key} {round(100 * n / of)}" for key, n in found.items())


def summarise(rows, products):
    totals = {}
    for name in products:
        own = [row for row in rows if row["product"] == name]
        total = {key: sum(row["counts"][key] for row in own) for key in own[0]["counts"]}
        of = sum(row["samples"] for row in own)
        totals[name] = {"counts": total, "samples": of}
        print(f"all, {name}: {share(total, of)} % of {of} (published {PUBLISHED})")
    if set(products) >= {"low_viscosity", "high_viscosity"}:
        low, high = totals["low_viscosity"], totals["high_viscosity"]
        ratio, least, most = risk(high["counts"]["any"], low["counts"]["any"], low["samples"])
        print(f"relative risk {ratio:.2f} ({least:.2f} to {most:.2f}); published {PUBLISHED_RISK}")
    return totals


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--products", nargs="+", default=["low_viscosity", "high_viscosity"])
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--spacing", type=float, default=1.5)
    parser.add_argument("--ml", type=float, default=4.0)
    parser.add_argument("--network", default="{}", help="other values of LeakNetwork, as JSON")
    parser.add_argument("--keep", type=Path, help="folder for prepared bodies")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    rows = study(options)
    totals = summarise(rows, options.products)
    if options.output:
        options.output.write_text(json.dumps({"bodies": rows, "all": totals}, indent=1))


if __name__ == "__main__":
    main()
