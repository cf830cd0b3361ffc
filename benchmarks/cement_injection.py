"""Injections into the phantom or a CT: time, pressure, leak by product, spread of samples.

    python benchmarks/cement_injection.py phantom time pressure leak [--level L1] [-o OUT.json]
    python benchmarks/cement_injection.py CT LABELS time --level L1
    python benchmarks/cement_injection.py phantom sample --samples 32 --workers 2 --spacing 1.0

``time``: 4 ml through both needles at 1.5, 1 and 0.75 mm. ``pressure``: one needle, 3 ml/min, to a
fill of 20 %, beside the 5.09 kPa (1.20 with a void) of JOSR 2015;10:20. ``leak``: the products and
ages of Habib 2010 in the same bones, beside the 4.0, 2.6, 1.5 and 0.92 g that foam leaked.
``sample``: probability of leakage and the distribution of the safe volume. Figures of patients
stay out of this repository.
"""

import argparse
import json
import os
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np

from vertaug.anatomy import analyse_spine
from vertaug.augmentation.cement.cannula import Syringe, Tube
from vertaug.augmentation.cement.injection import inject
from vertaug.augmentation.cement.injection_plan import (
    InjectionSetting,
    place_needle,
    plan_injection,
)
from vertaug.augmentation.cement.porous_body import BoneSetting, build_porous_body, open_void
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.sampling import SampleSetting, sample_injections
from vertaug.augmentation.cement.stop_rules import StopRules
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.augmentation.cement.veins import LeakNetwork
from vertaug.case.filling import LEAK_PATHS
from vertaug.case.plan import Procedure
from vertaug.imaging import read_labels, read_scan
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.numerics.flow_cells import POROUS
from vertaug.planning import plan_access
from vertaug.tissue import calibrate_generic

HABIB_2010_G = {
    ("low_viscosity", 3.5): 4.0,
    ("low_viscosity", 9.5): 2.6,
    ("high_viscosity", 3.5): 1.5,
    ("high_viscosity", 6.5): 0.92,
}
STRONG = Syringe(limit_mpa=20.0, source="a hydraulic one, so that pressure does not limit the flow")
WIDE = Tube(bore_mm=3.4, length_mm=150.0)
VOID_MM = 7.0


def read_case(options):
    """Return the vertebra, the grid of its scan, and the paths of the best bilateral plan."""
    if options.case[0] == "phantom":
        phantom = build_phantom(PhantomSpec(trabecular_density_mg_per_ml=options.density))
        scan, labels = phantom.scan, phantom.labels
    else:
        scan = read_scan(Path(options.case[0]))
        labels = read_labels(Path(options.case[1]), scan)
    spine = analyse_spine(scan, labels)
    found = plan_access(spine, options.level, None, [Procedure.VERTEBROPLASTY])
    paths = next(plan for plan in found.plans if len(plan.paths) == 2).paths
    return spine[options.level], scan.grid, paths


def survey_of(case, spacing):
    return survey_bone(case[0], calibrate_generic(120.0), case[1], spacing_mm=spacing)


def run(paths, survey, name, volume, *, age_min=None, seed=1, void=False):
    """Inject without acting on the rules; return the filling and the seconds."""
    # Habib injected at 9.5 min, the end of the window
    product = cement_product(name).with_value("working_end_s", 1500.0)
    setting = InjectionSetting(
        stop_rules=StopRules(act=False),
        first_age_s=60.0 * age_min if age_min else 375.0,
        syringe=STRONG,
        # one needle: without a break, as the pressure was measured
        portion_mm3=volume if len(paths) == 1 else 1000.0,
    )
    placed = tuple(replace(place_needle(path), tube=WIDE) for path in paths)
    plan = plan_injection(survey.vertebra.level, placed, product, volume, setting)
    body = build_porous_body(survey, np.random.default_rng(seed), tracks=plan.tracks)
    if void:
        cells = body.grid.to_world(np.indices(body.grid.shape).reshape(3, -1).T)
        away = np.linalg.norm(cells - placed[0].tip_lps_mm, axis=1).reshape(body.grid.shape)
        body = open_void(body, (away < VOID_MM).astype(np.float64))
    start = time.perf_counter()
    return inject(body, plan), time.perf_counter() - start


def study_time(case, options):
    rows = []
    for spacing in (1.5, 1.0, 0.75):
        survey = survey_of(case, spacing)
        run(case[2], survey, options.product, 100.0)
        filling, seconds = run(case[2], survey, options.product, 4000.0)
        rows.append(
            {
                "spacing_mm": spacing,
                "porous_cells": int((survey.bone.region == POROUS).sum()),
                "seconds": seconds,
                "steps": len(filling.curve.time_s) - 1,
                "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
            }
        )
        tell(rows[-1])
    return rows


def study_pressure(case, options):
    survey = survey_of(case, options.spacing)
    volume = 0.2 * survey.vertebra.body_volume_mm3
    rows = []
    for age in (3.5, 6.5):
        for void in (False, True):
            given = {"age_min": age, "void": void}
            found = [
                run(case[2][:1], survey, options.product, volume, seed=seed, **given)[0].curve
                for seed in range(options.seeds)
            ]
            flowing = [c.rate_mm3_per_s > 0.0 for c in found]
            shares = [
                (c.tip_mpa[f] / c.syringe_mpa[f]).max() for c, f in zip(found, flowing, strict=True)
            ]
            tips = [1e3 * float(curve.tip_mpa.max()) for curve in found]
            rows.append({**given, "tip_kpa": tips, "largest_tip_share": float(max(shares))})
            tell(rows[-1])
    return {"published_kpa": {"no void": 5.09, "void": 1.20}, "runs": rows}


def study_leak(case, options):
    survey = survey_of(case, options.spacing)
    rows = []
    for (product, age), published in HABIB_2010_G.items():
        leaks = [
            run(case[2], survey, product, 4000.0, age_min=age, seed=seed)[0].curve.leaked_mm3[-1]
            for seed in range(options.seeds)
        ]
        total = [float(leak.sum()) for leak in leaks]
        rows.append({"product": product, "age_min": age, "habib_g": published, "leak_mm3": total})
        tell(rows[-1])
    return rows


def study_sample(case, options):
    survey = survey_of(case, options.spacing)
    plan = plan_injection(survey.vertebra.level, case[2], cement_product(options.product), 4000.0)
    setting = SampleSetting(bone=BoneSetting(network=LeakNetwork(size_factor=options.size_factor)))
    start = time.perf_counter()
    spread = sample_injections(
        survey, plan, 1, samples=options.samples, workers=options.workers, setting=setting
    )
    found = {
        "seconds": time.perf_counter() - start,
        "probability": dict(zip(LEAK_PATHS, spread.leak_probability.tolist(), strict=True)),
        "mean_mm3": dict(zip(LEAK_PATHS, spread.leaked_mm3.mean(axis=0).tolist(), strict=True)),
        "safe_ml": np.quantile(spread.safe_volume_mm3 / 1000.0, [0.1, 0.5, 0.9]).tolist(),
        "stopped": float(spread.stopped.mean()),
        "tip_kpa": np.quantile(1e3 * spread.peak_tip_mpa, [0.1, 0.5, 0.9]).tolist(),
        "failed": list(spread.failed),
    }
    tell(found)
    return found


def tell(found):
    sys.stderr.write(json.dumps(found) + "\n")
    sys.stderr.flush()


STUDIES = {
    "time": study_time,
    "pressure": study_pressure,
    "leak": study_leak,
    "sample": study_sample,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="+", help="phantom, or CT and labels; then the studies")
    parser.add_argument("--level", default="L1")
    parser.add_argument("--density", type=float, default=62.0)
    parser.add_argument("--product", default="low_viscosity")
    parser.add_argument("--spacing", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--size-factor", type=float, default=1.0)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    options.case = [word for word in options.words if word not in STUDIES]
    case = read_case(options)
    found = {word: STUDIES[word](case, options) for word in options.words if word in STUDIES}
    if options.output:
        options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
