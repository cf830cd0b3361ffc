"""The kernels that are compiled ahead of a strength are those that it calls."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.verification, pytest.mark.slow]

# a fresh process, since any other test may have compiled more
PROGRAM = """
from importlib import import_module
from vertaug.mechanics.comparison import StrengthOptions, assess_strength
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra
from vertaug.workflow.kernels import MECHANICS_KERNELS, warm_up_mechanics


def compiled():
    found = {}
    for kernel in MECHANICS_KERNELS:
        found[kernel.name] = list(getattr(import_module(kernel.module), kernel.name).signatures)
    return found


heard = []
warm_up_mechanics(lambda message, fraction: heard.append((message, fraction)))
print("words", all("kernels" in m and 0.0 <= f < 1.0 for m, f in heard))
before = compiled()
options = StrengthOptions(spacing_mm=2.0, cement_ml=2.0)
assess_strength(AnalyticVertebra(spacing=1.5).spine()["L1"], calibrate_generic(120.0), options)
after = compiled()
for name, signatures in before.items():
    print(name, bool(signatures) and after[name] == signatures)
"""


def test_a_strength_compiles_nothing_that_the_block_did_not():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=600
    )
    lines = done.stdout.split("\n")[:-1]
    assert len(lines) == 20
    assert [line for line in lines if not line.endswith(" True")] == []
