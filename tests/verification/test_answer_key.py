"""Anatomy, grades and margins held against the phantom's exact answers."""

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
    phantom_variants,
    true_canal_clearance,
)

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
    assert np.sqrt((heights**2).mean()) < 0.4
    assert np.abs(heights).max() < 1.0
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


def test_planned_canal_margins_hold_in_the_exact_geometry(spine, phantom):
    result = plan_access(spine, "L1", None, (Procedure.VERTEBROPLASTY,))
    assert result.plans[0].safe
    for path in result.plans[0].paths:
        truth = true_canal_clearance(path, "L1", phantom)
        assert path.margins.canal_mm == pytest.approx(truth, abs=0.5)


def test_variants_cover_what_users_meet():
    variants = phantom_variants()
    assert len(variants) == 12
    assert len({v.name for v in variants}) == 12
    spacings = [s for v in variants for s in v.spec.spacing_mm]
    assert min(spacings) == 0.5
    assert max(spacings) == 3.0
