"""Pedicle widths held against the phantom where voxels are wide across the pedicle."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.case.plan import Procedure, Route
from vertaug.imaging.phantom import build_phantom
from vertaug.planning import plan_access
from vertaug.verification.answer_key import (
    compare_anatomy,
    compare_margins,
    phantom_variants,
)

pytestmark = [pytest.mark.verification, pytest.mark.slow]


def width_errors(spec):
    phantom = build_phantom(spec)
    spine = analyse_spine(phantom.scan, phantom.labels)
    return np.array([e.pedicle_width_mm for e in compare_anatomy(spine, phantom)])


@pytest.fixture(scope="module")
def wide_columns():
    return next(v.spec for v in phantom_variants() if v.name == "wide columns 3 mm")


def test_wide_columns_give_the_width_to_half_a_millimetre(wide_columns):
    errors = width_errors(wide_columns)
    assert errors.shape == (5, 2)
    assert np.abs(errors).max() < 0.5


def test_wide_columns_do_not_hide_the_canal_from_the_needle(wide_columns):
    """The mask alone shows up to 1.25 mm of bone that is not there."""
    phantom = build_phantom(wide_columns)
    spine = analyse_spine(phantom.scan, phantom.labels)
    assert any("voxels are 3.0 mm wide" in note for note in spine["T12"].notes)
    for level in ("T12", "L1"):
        result = plan_access(spine, level, None, (Procedure.VERTEBROPLASTY,))
        plan = next(p for p in result.plans if p.route is Route.TRANSPEDICULAR)
        for path in plan.paths:
            errors = compare_margins(path, level, phantom, plan.route)
            assert errors["canal_mm"] < 0.75, (level, path.side, errors)


def test_so_do_columns_elsewhere_but_for_a_few(wide_columns):
    # the mask alone is off by 0.7 mm in the root mean square, and by up to 1.2 mm
    x, y, z = wide_columns.centre_mm
    errors = width_errors(replace(wide_columns, centre_mm=(x + 1.0, y + 0.3, z + 0.4)))
    assert np.sqrt((errors**2).mean()) < 0.45
    assert np.abs(errors).max() < 1.0
