"""The kernels compiled ahead of a run are those that the run calls, with the same types."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.verification, pytest.mark.slow]

# a fresh process, since any other test may have compiled more
PROGRAM = """
from importlib import import_module
from vertaug.anatomy import analyse_spine
from vertaug.case.plan import Procedure
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.planning import plan_access
from vertaug.report.radiographs import take_films
from vertaug.workflow.kernels import CHAIN_KERNELS

spec = PhantomSpec(
    spacing_mm=(1.5, 1.5, 1.5), height_loss={}, field_of_view_mm=(140.0, 130.0, 80.0)
)
phantom = build_phantom(spec)
spine = analyse_spine(phantom.scan, phantom.labels)
planning = plan_access(spine, "L1", None, (Procedure.VERTEBROPLASTY,))
take_films(spine, "L1", planning.views, planning.plans[0].paths)
from numba.core import sigutils

for kernel in CHAIN_KERNELS:
    if kernel.module.startswith("vertaug.report"):
        continue
    used = getattr(import_module(kernel.module), kernel.name).signatures
    listed, _ = sigutils.normalize_signature("(" + ",".join(kernel.arguments) + ")")
    print(kernel.name, used == [listed])
"""


def test_the_list_of_kernels_is_what_anatomy_planning_and_films_compile():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=300
    )
    lines = done.stdout.split("\n")[:-1]
    assert len(lines) == 12
    assert [line for line in lines if not line.endswith(" True")] == []
