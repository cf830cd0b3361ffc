"""The kernels that are compiled ahead of an injection are those that it calls."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.verification, pytest.mark.slow]

# a fresh process, since any other test may have compiled more
PROGRAM = """
from importlib import import_module

import numpy as np

from vertaug.anatomy import analyse_spine
from vertaug.augmentation.cement.injection import inject
from vertaug.augmentation.cement.injection_plan import plan_injection
from vertaug.augmentation.cement.patient_heat import harden_filling
from vertaug.augmentation.cement.porous_body import build_porous_body
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.case.plan import Procedure
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.planning import plan_access
from vertaug.tissue import calibrate_generic
from vertaug.workflow.cement_kernels import CEMENT_KERNELS, warm_up_cement


def compiled():
    found = {}
    for kernel in CEMENT_KERNELS:
        found[kernel.name] = list(getattr(import_module(kernel.module), kernel.name).signatures)
    return found


heard = []
warm_up_cement(lambda message, fraction: heard.append((message, fraction)))
print("words", all("kernels" in m and 0.0 <= f < 1.0 for m, f in heard))
before = compiled()
spec = PhantomSpec(
    spacing_mm=(1.5, 1.5, 1.5), field_of_view_mm=(112.0, 120.0, 75.0), centre_mm=(0.0, 22.0, -4.0)
)
phantom = build_phantom(spec)
spine = analyse_spine(phantom.scan, phantom.labels)
plan = plan_access(spine, "L1", None, [Procedure.VERTEBROPLASTY]).plans[0]
survey = survey_bone(spine["L1"], calibrate_generic(120.0), phantom.scan.grid, spacing_mm=2.0)
product = cement_product("low_viscosity")
injection = plan_injection("L1", plan.paths, product, 1000.0)
body = build_porous_body(survey, np.random.default_rng(1), tracks=injection.tracks)
harden_filling(inject(body, injection), survey, product)
after = compiled()
for name, signatures in before.items():
    print(name, bool(signatures) and after[name] == signatures)
"""


def test_an_injection_compiles_nothing_that_the_block_did_not():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=900
    )
    lines = done.stdout.split("\n")[:-1]
    assert len(lines) == 24
    assert [line for line in lines if not line.endswith(" True")] == []
