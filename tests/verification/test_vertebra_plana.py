"""A body crushed flat at the end of the scan: thinner than its pedicles, with one neighbour."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.anatomy.orientation import check_head
from vertaug.case.errors import LabelError, OrientationError
from vertaug.case.volume import LabelMap
from vertaug.fracture import assess_fracture
from vertaug.imaging.phantom import HeightLoss, PhantomSpec, build_phantom

pytestmark = [pytest.mark.verification, pytest.mark.slow]


@pytest.fixture(scope="module")
def phantom():
    flat = HeightLoss(anterior=0.7, middle=0.7, posterior=0.7)
    return build_phantom(PhantomSpec(height_loss={"T11": flat}))


@pytest.fixture(scope="module")
def spine(phantom):
    return analyse_spine(phantom.scan, phantom.labels)


def test_a_body_crushed_flat_is_measured_and_graded(phantom, spine):
    found = assess_fracture(spine, None)
    assert found.level == "T11"
    measured, true = found.levels["T11"], phantom.truth["T11"]
    assert (measured.genant_grade, measured.shape) == (3, true.shape)
    for name in ("anterior", "middle", "posterior"):
        expected = getattr(true.heights_mm, name)
        assert getattr(measured.heights_mm, name) == pytest.approx(expected, abs=0.5)
    assert measured.lost_volume_ml == pytest.approx(true.lost_volume_mm3 / 1000, abs=1.2)
    assert any("crushed to 7 mm" in note for note in spine["T11"].notes)


def test_a_crushed_body_alone_is_not_taken_for_a_swapped_header():
    loss = HeightLoss(anterior=0.6, middle=0.6, posterior=0.6)
    phantom = build_phantom(PhantomSpec(height_loss={"T11": loss}))
    labels, value = phantom.labels, phantom.labels.levels["T11"]
    alone = LabelMap(
        values=np.where(labels.values == value, labels.values, 0),
        grid=labels.grid,
        levels={"T11": value},
        numbering=labels.numbering,
    )
    spine = analyse_spine(phantom.scan, alone)
    assert "head and foot could not be confirmed from the shape of the bodies" in spine.notes
    found = assess_fracture(spine, None)
    assert found.level is None
    assert "T11 is low for its depth and may be fractured" in found.level_source
    assert any("mm high at most" in note for note in found.levels["T11"].notes)


def test_pedicles_below_standing_bodies_are_refused(spine):
    assert check_head(spine.vertebrae) == ()
    turned = {level: _turn_pedicles(spine[level]) for level in ("L1", "L2", "L3")}
    with pytest.raises(OrientationError, match="head and foot are swapped"):
        check_head(turned)


def _turn_pedicles(vertebra):
    def turn(pedicle):
        local = vertebra.frame.to_local(pedicle.isthmus_lps_mm) * [1.0, 1.0, -1.0]
        return replace(pedicle, isthmus_lps_mm=vertebra.frame.to_world(local))

    left, right = turn(vertebra.left_pedicle), turn(vertebra.right_pedicle)
    return replace(vertebra, left_pedicle=left, right_pedicle=right)


def test_exchanged_labels_are_refused(phantom):
    levels = dict(phantom.labels.levels)
    levels["L1"], levels["L2"] = levels["L2"], levels["L1"]
    with pytest.raises(LabelError, match="L1 below L2"):
        analyse_spine(phantom.scan, replace(phantom.labels, levels=levels))
