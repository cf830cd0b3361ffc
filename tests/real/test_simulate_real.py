"""A simulated vertebroplasty of a broken L1 on a real CT; coarse, without report."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.augmentation.cement.product import cement_product
from vertaug.case.case_content import CaseResults
from vertaug.case.filling import Filling, FillingSpread
from vertaug.case.plan import Procedure
from vertaug.case.strength import StrengthAssessment
from vertaug.fracture import assess_fracture
from vertaug.imaging import read_labels, read_scan
from vertaug.planning import plan_access
from vertaug.tissue import calibrate_generic
from vertaug.workflow.level_survey import surveys_of
from vertaug.workflow.simulate import inject_scene, sample_scene, set_scene
from vertaug.workflow.simulation_choice import SimulationChoice

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "verse012"
CT, LABELS = DATA / "sub-verse012_ct.nii.gz", DATA / "sub-verse012_seg-vert_msk.nii.gz"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"real CT not found at {DATA}"),
]


@dataclass(frozen=True)
class Simulated:
    """What is looked at."""

    filling: Filling
    spread: FillingSpread
    strength: StrengthAssessment
    l1: np.ndarray
    planned_mm3: float


def say_nothing(*_):
    """Hear nothing."""


@pytest.fixture(scope="module")
def found():
    from vertaug.mechanics.comparison import StrengthOptions, assess_strength

    scan = read_scan(CT)
    labels = read_labels(LABELS, scan)
    spine = analyse_spine(scan, labels)
    law = calibrate_generic(120.0)
    results = CaseResults(
        spine=spine,
        calibration=law,
        assessment=assess_fracture(spine, law, level="L1"),
        planning=plan_access(spine, "L1", None, (Procedure.VERTEBROPLASTY,)),
    )
    product = cement_product("low_viscosity")
    choice = SimulationChoice(product_sha256="", samples=2, spacing_mm=2.0)
    scene = set_scene(results, choice, product, surveys_of(results))
    filling = inject_scene(scene, say_nothing).filling
    points = filling.grid.to_world(np.argwhere(np.ones(filling.grid.shape, dtype=bool)))
    index = np.round(labels.grid.to_index(points)).astype(int)
    inside = ((index >= 0) & (index < labels.grid.shape)).all(axis=1)
    l1 = np.zeros(len(points), dtype=bool)
    l1[inside] = labels.values[tuple(index[inside].T)] == labels.levels["L1"]
    return Simulated(
        filling=filling,
        spread=sample_scene(scene, choice, 1, say_nothing),
        strength=assess_strength(
            spine["L1"], law, StrengthOptions(linear_only=True, spacing_mm=3.0), filling=filling
        ),
        l1=l1.reshape(filling.grid.shape),
        planned_mm3=scene.plan.volume_mm3,
    )


def test_volume_balances_and_the_injection_ends_for_a_reason(found):
    filling = found.filling
    leaked = sum(leak.volume_mm3 for leak in filling.leaks)
    assert filling.in_bone_mm3 + leaked == pytest.approx(filling.injected_mm3, rel=1e-10)
    acted = [event for event in filling.events if event.acted_on]
    if acted:
        assert filling.stop_reason == f"stopped: {acted[0].sentence}"
        assert filling.injected_mm3 < found.planned_mm3
        assert filling.safe_volume_mm3 == acted[0].injected_mm3
    else:
        assert filling.injected_mm3 == pytest.approx(found.planned_mm3, rel=1e-9)
    assert filling.injected_mm3 > 1000.0
    curve = filling.curve
    assert curve.syringe_mpa.max() > 10 * curve.tip_mpa.max() > 0.0


def test_cement_lies_in_the_labelled_vertebra_around_the_tips(found):
    filling = found.filling
    share = filling.cement_share.astype(np.float64)
    assert 0.0 <= share.min() <= share.max() <= 1.0
    held = share.sum() * filling.grid.voxel_volume_mm3
    assert held == pytest.approx(filling.in_bone_mm3 - filling.in_ways_mm3, rel=1e-5)
    assert share[found.l1].sum() > 0.95 * share.sum()
    assert share[filling.in_body].sum() > 0.9 * share.sum()
    tips = np.round(filling.grid.to_index(filling.tips_lps_mm)).astype(int)
    assert (share[tuple(tips.T)] > 0.2).all()
    assert 0.2 < filling.left_share < 0.8  # both needles took part


def test_strength_rises_with_this_cement(found):
    strength, filling = found.strength, found.filling
    in_body = filling.fill_fraction * filling.body_volume_mm3 / 1000.0
    assert strength.cement_ml == pytest.approx(in_body, rel=0.02)
    assert strength.stiffness_ratio > 1.05
    assert min(strength.load_ratios.values()) > 1.05


def test_the_samples_differ(found):
    spread = found.spread
    assert not spread.failed
    low, high = np.sort(spread.peak_tip_mpa)
    assert 0.0 < low < high
    assert (spread.fill_fraction > 0.5 * found.filling.fill_fraction).all()
