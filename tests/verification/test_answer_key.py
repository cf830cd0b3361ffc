"""Anatomy, grades and margins held against the phantom's exact answers."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.case.plan import Procedure
from vertaug.fracture import assess_fracture
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.planning import plan_access
from vertaug.tissue import calibrate_generic
from vertaug.verification.answer_key import (
    compare_anatomy,
    compare_margins,
    phantom_variants,
)
from vertaug.verification.true_margins import true_margins

pytestmark = [pytest.mark.verification, pytest.mark.slow]


@pytest.fixture(scope="module")
def phantom():
    return build_phantom(PhantomSpec(spacing_mm=(1.0, 1.0, 1.0)))


@pytest.fixture(scope="module")
def spine(phantom):
    return analyse_spine(phantom.scan, phantom.labels)


def test_every_labelled_level_is_analysed_whole(spine):
    assert list(spine.vertebrae) == ["T11", "T12", "L1", "L2", "L3"]
    assert all(v.complete for v in spine.vertebrae.values())
    assert not spine.incomplete


def test_heights_angles_and_pedicles_are_near_the_truth(spine, phantom):
    errors = compare_anatomy(spine, phantom)
    heights = np.array([e.height_mm for e in errors])
    assert np.sqrt((heights**2).mean()) < 0.2
    assert np.abs(heights).max() < 0.45
    assert max(abs(e.wedge_angle_deg) for e in errors) < 1.0
    assert max(e.frame_angle_deg for e in errors) < 1.5
    widths = np.array([e.pedicle_width_mm for e in errors])
    assert np.isfinite(widths).all()
    assert np.abs(widths).max() < 0.5


def test_grade_and_shape_are_those_of_the_truth(spine, phantom):
    found = assess_fracture(spine, calibrate_generic(120.0))
    assert found.level == "L1"
    for level, measured in found.levels.items():
        assert measured.genant_grade == phantom.truth[level].genant_grade
        assert measured.shape == phantom.truth[level].shape


@pytest.mark.parametrize("level", ["L1", "T12"])
def test_planned_margins_hold_in_the_exact_geometry(spine, phantom, level):
    result = plan_access(spine, level, None, (Procedure.VERTEBROPLASTY,))
    assert result.plans[0].safe
    compared = set()
    for plan in result.plans[:2]:
        for path in plan.paths:
            errors = compare_margins(path, level, phantom, plan.route)
            compared |= set(errors)
            assert max(abs(e) for e in errors.values()) < 0.5, (plan.route, path.side, errors)
    walls = {"anterior_wall_mm", "medial_wall_mm"}
    assert compared >= {"canal_mm", *walls}
    if level == "L1":
        assert compared >= {"pedicle_mm", "pedicle_inferior_mm", "pedicle_medial_mm"}


def test_true_margins_follow_a_moved_needle(spine, phantom):
    """Moved 1 mm toward the head the needle has 1 mm less to the superior endplate."""
    plan = plan_access(spine, "L1", None, (Procedure.VERTEBROPLASTY,)).plans[0]
    path = plan.paths[0]
    up = phantom.truth["L1"].frame.axes[:, 2]
    moved = replace(
        path, entry_lps_mm=path.entry_lps_mm + up, target_lps_mm=path.target_lps_mm + up
    )
    before = true_margins(path, "L1", phantom, plan.route)
    after = true_margins(moved, "L1", phantom, plan.route)
    change = after.superior_endplate_mm - before.superior_endplate_mm
    assert change == pytest.approx(-1.0, abs=0.15)
    assert 0.5 < after.pedicle_inferior_mm - before.pedicle_inferior_mm < 1.1
    assert after.medial_wall_mm == pytest.approx(before.medial_wall_mm, abs=0.2)


def test_variants_cover_what_users_meet():
    variants = phantom_variants()
    assert len(variants) == 12
    assert len({v.name for v in variants}) == 12
    spacings = [s for v in variants for s in v.spec.spacing_mm]
    assert min(spacings) == 0.5
    assert max(spacings) == 3.0
