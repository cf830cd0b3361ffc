"""Needle plans on real CT: what an interventional radiologist would accept."""

from pathlib import Path

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.case.plan import Procedure, Route
from vertaug.imaging import read_labels, read_scan
from vertaug.numerics.interpolation import sample_trilinear
from vertaug.planning import plan_access

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"real CT data not found at {DATA}"),
]


@pytest.fixture(scope="module")
def verse012():
    scan = read_scan(DATA / "verse012/sub-verse012_ct.nii.gz")
    return analyse_spine(
        scan, read_labels(DATA / "verse012/sub-verse012_seg-vert_msk.nii.gz", scan)
    )


@pytest.mark.parametrize("level", ["T12", "L1", "L3"])
def test_bipedicular_vertebroplasty_leaves_the_canal_untouched(verse012, level):
    outcome = plan_access(verse012, level, None, (Procedure.VERTEBROPLASTY,))
    best = outcome.plans[0]
    assert (best.route, best.sides) == (Route.TRANSPEDICULAR, "both")
    assert best.safe
    vertebra = verse012[level]
    for path in best.paths:
        assert path.gertzbein_robbins == "A"
        assert path.margins.canal_mm >= 1.0
        assert path.tip_thirds[0] == "anterior"
        assert 5.0 < path.axial_angle_deg < 30.0
        assert abs(path.sagittal_angle_deg) < 20.0
        assert 40.0 < path.length_mm < 65.0
        # all the way from bone entry to tip the axis is in this vertebra's bone
        s = np.linspace(0.05, 0.98, 60)[:, None]
        points = path.entry_lps_mm + s * (path.target_lps_mm - path.entry_lps_mm)
        index = vertebra.occupancy.grid.to_index(points)
        assert sample_trilinear(vertebra.occupancy.values, index).min() > 0.5
        # convergence: the tip lies nearer to the midline than the entry
        x = np.abs(vertebra.frame.to_local(np.stack([path.entry_lps_mm, path.target_lps_mm])))
        assert x[1, 0] < x[0, 0]


def test_kyphoplasty_of_the_fractured_level(verse012):
    outcome = plan_access(verse012, "L1", None, (Procedure.KYPHOPLASTY,))
    best = outcome.plans[0]
    assert best.sides == "both"
    assert best.safe
    assert all(path.needle.gauge == 10 for path in best.paths)
    assert all(path.margins.anterior_wall_mm >= 5.0 for path in best.paths)
    views = {view.name: view for view in outcome.views}
    # the left needle comes from the left back: as a DICOM angle the front receptor is RAO
    assert views["barrel_left"].primary_angle_deg < 0 < views["barrel_right"].primary_angle_deg
    assert abs(views["ap"].primary_angle_deg) < 15.0
    assert abs(views["lateral"].primary_angle_deg - 90.0) < 15.0


def test_skin_outside_the_narrow_scan_is_said(verse012):
    outcome = plan_access(verse012, "L1", None, (Procedure.VERTEBROPLASTY,))
    far = next(p for p in outcome.plans if p.route is Route.FAR_LATERAL)
    for path in far.paths:
        assert path.skin_entry_lps_mm is None
        assert any("outside the scan" in note for note in path.notes)
