from dataclasses import dataclass

import numpy as np
import pytest

from vertaug.case.plan import PlanningResult, Procedure, Route
from vertaug.case.spine import Spine
from vertaug.planning import SafetyRules, plan_access
from vertaug.planning.body import BodyShape, body_shape
from vertaug.planning.clearance import ClearanceFields, build_fields
from vertaug.planning.goals import Approach
from vertaug.planning.side import SideGeometry, side_geometry
from vertaug.verification.analytic_vertebra import AnalyticVertebra


@dataclass(frozen=True)
class Bench:
    """The analytic vertebra with everything planning derives from it."""

    truth: AnalyticVertebra
    spine: Spine
    shape: BodyShape
    fields: ClearanceFields
    left: SideGeometry
    right: SideGeometry

    def approach(self, route=Route.TRANSPEDICULAR, side="left", radius_mm=1.5) -> Approach:
        geometry = self.left if side == "left" else self.right
        return Approach(
            route=route, side=geometry, shape=self.shape, rules=SafetyRules(), radius_mm=radius_mm
        )


@pytest.fixture(scope="session")
def bench() -> Bench:
    truth = AnalyticVertebra()
    spine = truth.spine()
    vertebra = spine["L1"]
    shape = body_shape(vertebra)
    return Bench(
        truth=truth,
        spine=spine,
        shape=shape,
        fields=build_fields(vertebra, shape, spine.patient),
        left=side_geometry(vertebra, shape, "left"),
        right=side_geometry(vertebra, shape, "right"),
    )


@pytest.fixture(scope="session")
def result(bench) -> PlanningResult:
    return plan_access(bench.spine, "L1", None, tuple(Procedure))


@pytest.fixture
def random_paths(bench):
    """Tips in the body and directions within 20 degrees of the pedicle's axis."""
    rng = np.random.default_rng(7)
    targets = rng.uniform([-12, -10, -8], [12, 6, 8], size=(200, 3))
    directions = rng.normal(scale=0.25, size=(200, 3)) + bench.left.axis
    return targets, directions / np.linalg.norm(directions, axis=1, keepdims=True)
