"""A simulated vertebroplasty of a broken L1 on a real CT."""

from pathlib import Path

import numpy as np
import pytest

from vertaug.case.case_file import read_case
from vertaug.cli.main import main
from vertaug.workflow.strength_images import read_volume

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "verse012"
CT, LABELS = DATA / "sub-verse012_ct.nii.gz", DATA / "sub-verse012_seg-vert_msk.nii.gz"
L1 = 20
"""In the VerSe numbering of the labels."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"real CT not found at {DATA}"),
]


def call(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    assert not left.value.code


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verse012") / "case"
    chosen = ("--labels", LABELS, "--procedure", "vertebroplasty", "--no-pdf", "-q")
    call("plan", CT, "-o", folder, *chosen)
    # the simulation computes the strength as it was computed before: coarse and linear here
    call("strength", folder, "--linear-only", "--spacing-mm", 3, "-q")
    call("simulate", folder, "--spacing-mm", 2, "--samples", 2, "-q")
    return folder


@pytest.fixture(scope="module")
def case(folder):
    return read_case(folder)


def test_volume_balances_and_the_injection_ends_for_a_reason(case):
    found = case.augmentation.vertebroplasty
    leaked = sum(found.leak_ml.model_dump().values())
    assert found.in_bone_ml + leaked == pytest.approx(found.injected_ml, rel=1e-9)
    planned = found.injection.planned_ml
    acted = [event for event in found.events if event.acted_on]
    if acted:
        assert found.safe_volume_ml == pytest.approx(found.injected_ml, abs=0.1)
        assert found.injected_ml < planned
    else:
        assert found.injected_ml == pytest.approx(planned, rel=1e-9)
    assert found.stop_reason
    assert 1.0 < found.injected_ml <= planned
    assert found.peak_syringe_pressure_kpa > 10 * found.peak_pressure_kpa > 0.0


def test_cement_lies_in_the_body_and_around_the_tips(folder, case):
    found = case.augmentation.vertebroplasty
    assert found.fill_fraction * found.body_volume_ml > 0.9 * found.injected_ml
    last = read_volume(sorted((folder / "vertebroplasty").glob("L1_cement_*.nii.gz"))[-1])
    share = np.asarray(last.values, dtype=np.float64)
    in_bone = share.sum() * last.grid.voxel_volume_mm3 / 1000.0
    assert in_bone == pytest.approx(found.in_bone_ml, rel=1e-4)
    assert 0.0 <= share.min() <= share.max() <= 1.0
    labels = read_volume(LABELS)
    cement = last.grid.to_world(np.argwhere(share > 0.2))
    index = np.round(labels.grid.to_index(cement)).astype(int)
    of_l1 = np.asarray(labels.values)[tuple(index.T)] == L1
    assert of_l1.mean() > 0.97
    tips = np.round(last.grid.to_index(np.array(found.injection.tips_lps_mm))).astype(int)
    assert (share[tuple(tips.T)] > 0.2).all()
    assert 0.1 < found.left_share < 0.9  # both needles took part


def test_strength_rises_with_this_cement(case):
    found = case.mechanics
    assert found.level == "L1"
    assert found.cement_ml == pytest.approx(case.augmentation.vertebroplasty.in_bone_ml, rel=0.1)
    assert found.stiffness_ratio > 1.05
    assert min(found.load_ratios.values()) > 1.0


def test_the_samples_differ(case):
    spread = case.augmentation.vertebroplasty.spread
    assert spread.samples == 2
    assert not spread.failed
    low, *_, high = spread.peak_tip_kpa
    assert 0.0 < low < high
