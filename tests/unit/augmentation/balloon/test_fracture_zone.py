"""Where a body is taken to be broken, and what its points then bear."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.crushed_bone import calibrated_bone
from vertaug.augmentation.balloon.fracture_zone import (
    broken_and_whole,
    find_fracture_zone,
)
from vertaug.augmentation.balloon.patient_bone import BonePart, patient_bone
from vertaug.augmentation.balloon.placement import Depression
from vertaug.case.errors import InputError
from vertaug.fracture.assessment import assess_fracture
from vertaug.planning.body import body_shape
from vertaug.tissue import calibrate_generic

LAW = calibrate_generic(120.0)
SHELL_MM = 1.5


@pytest.fixture(scope="module")
def case(phantom_spine):
    spine = phantom_spine[1]
    return spine["L1"], assess_fracture(spine, LAW, level="L1").levels["L1"]


@pytest.fixture(scope="module")
def bone(case):
    return patient_bone(case[0], LAW, spacing_mm=2.0)


@pytest.fixture(scope="module")
def zone(case, bone):
    return find_fracture_zone(bone, *case, SHELL_MM)


def places(case, bone):
    """Return depth behind the front as a share, and how far under the superior endplate."""
    vertebra = case[0]
    x, y, z = vertebra.frame.to_local(bone.to_world(bone.points.place_mm)).T
    mark = vertebra.landmarks
    front, back = (
        0.5 * sum(vertebra.frame.to_local(p)[1] for p in pair)
        for pair in (
            (mark.superior_anterior, mark.inferior_anterior),
            (mark.superior_posterior, mark.inferior_posterior),
        )
    )
    return (y - front) / (back - front), body_shape(vertebra).superior.at(x, y) - z


def test_a_wedge_is_broken_under_the_superior_endplate_where_it_lost_height(case, bone, zone):
    measured = case[1]
    lost = measured.reference_mm.anterior - measured.heights_mm.anterior
    assert zone.superior
    assert zone.deepest_mm == pytest.approx(lost, rel=0.02)
    share, under = places(case, bone)
    # the back lost less than 2 mm, and is whole
    assert measured.reference_mm.posterior - measured.heights_mm.posterior < 2.0
    assert not zone.points[share > 0.95].any()
    # half way back the band is as thick as what was lost there, with the endplate above it whole
    middle = measured.reference_mm.middle - measured.heights_mm.middle
    core = bone.where(BonePart.CANCELLOUS) & (abs(share - 0.5) < 0.03)
    assert under[core & zone.points].max() == pytest.approx(SHELL_MM + middle, abs=0.8)
    assert not zone.points[core & (under > SHELL_MM + middle + 0.6)].any()
    assert zone.points[core & (under < SHELL_MM + middle - 0.6)].all()
    plates = BonePart.SUPERIOR_ENDPLATE, BonePart.INFERIOR_ENDPLATE
    assert not zone.points[bone.where(*plates, BonePart.POSTERIOR, BonePart.DISC)].any()


def test_twice_the_loss_is_a_band_twice_as_thick(case, bone, zone):
    vertebra, measured = case
    before, now = measured.reference_mm, measured.heights_mm
    more = {
        name: 2.0 * getattr(before, name) - getattr(now, name)
        for name in ("anterior", "middle", "posterior")
    }
    other = replace(measured, reference_mm=replace(before, **more))
    found = find_fracture_zone(bone, vertebra, other, SHELL_MM)
    assert found.deepest_mm == pytest.approx(2.0 * zone.deepest_mm, rel=0.02)
    core = bone.where(BonePart.CANCELLOUS)
    assert (found.points | ~zone.points)[core].all()


def test_the_cortex_is_broken_along_a_line_round_the_middle_of_the_band(case, bone, zone):
    """Two voxels of 2 mm wide, so that it is loose and no hinge; above and below it is whole."""
    measured = case[1]
    share, under = places(case, bone)
    cortex = bone.where(BonePart.CORTEX)
    front = cortex & (abs(share - 0.02) < 0.03)
    lost = measured.reference_mm.anterior - measured.heights_mm.anterior
    middle = SHELL_MM + 0.5 * lost
    assert front.sum() > 50
    assert zone.points[front & (abs(under - middle) < 1.7)].all()
    assert not zone.points[front & (abs(under - middle) > 2.3)].any()
    whole = broken_and_whole(bone, zone, calibrated_bone()).points.hard
    assert (whole[front & (under < middle - 2.3)] > 5.0).all()


def test_an_inferior_endplate_that_is_pressed_in_has_the_band(case, bone, monkeypatch):
    from vertaug.augmentation.balloon import fracture_zone

    pressed = Depression(superior=False, depth_mm=4.0, place_mm=np.zeros(2))
    monkeypatch.setattr(fracture_zone, "find_depression", lambda _: pressed)
    found = find_fracture_zone(bone, *case, SHELL_MM)
    _, under = places(case, bone)
    assert not found.superior
    assert under[found.points].mean() > 0.5 * under[bone.where(BonePart.CANCELLOUS)].max()


def test_a_body_that_lost_no_height_is_whole(case, bone):
    vertebra, measured = case
    assert find_fracture_zone(bone, vertebra, replace(measured, genant_grade=0), SHELL_MM) is None
    unknown = replace(measured, reference_mm=None)
    assert find_fracture_zone(bone, vertebra, unknown, SHELL_MM) is None
    little = replace(measured, reference_mm=measured.heights_mm)
    assert find_fracture_zone(bone, vertebra, little, SHELL_MM) is None


def test_measures_of_another_level_are_refused(case, bone):
    vertebra, measured = case
    with pytest.raises(InputError, match="L1 is treated, L2 was measured"):
        find_fracture_zone(bone, vertebra, replace(measured, level="L2"), SHELL_MM)


def test_broken_bone_is_loose_and_a_whole_shell_is_hard(bone, zone):
    crushed = calibrated_bone()
    points = broken_and_whole(bone, zone, crushed).points
    assert set(points.tension[zone.points]) == {crushed.loose_tension.value}
    assert set(points.tension[~zone.points]) == {1.0}
    shell = bone.where(BonePart.CORTEX) & ~zone.points
    assert set(points.hard[shell]) == {crushed.hard}
    assert crushed.hard == pytest.approx(1.0 / 0.17)
    assert set(points.hard[zone.points]) == {1.0}
    assert set(points.hard[bone.where(BonePart.CANCELLOUS, BonePart.DISC)]) == {1.0}
    healed = broken_and_whole(bone, None, crushed).points
    assert set(healed.tension) == {1.0}
    assert set(healed.hard[bone.where(BonePart.CORTEX)]) == {crushed.hard}
