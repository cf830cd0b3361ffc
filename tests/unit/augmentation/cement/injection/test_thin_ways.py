import numpy as np
import pytest

from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.porous_body import build_porous_body
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.augmentation.cement.veins import Way


def way(kind, size_mm, own_mm3, length_mm):
    return Way(
        path=LeakPath.S,
        kind=kind,
        mouth_mm=np.zeros(3),
        inner_mm=np.ones(3),
        size_mm=size_mm,
        own_mm3=own_mm3,
        length_mm=length_mm,
    )


def test_a_vein_holds_its_section_times_its_length():
    size, length = 0.8, 13.0
    own = np.pi * size**4 / (128.0 * length)
    found = way("vein", size, own, 6.0).room_mm3
    assert found == pytest.approx(np.pi / 4.0 * size**2 * length)


def test_a_fissure_holds_width_times_length_times_depth():
    width, length, deep = 0.2, 5.0, 0.5
    own = length * width**3 / (12.0 * deep)
    found = way("fissure", width, own, length).room_mm3
    assert found == pytest.approx(width * length * deep)


def test_walls_are_sheared_by_the_flow():
    vein = way("vein", 0.8, 1e-3, 6.0)
    assert vein.shear_per_mm3 == pytest.approx(8.0 / 0.8 / (np.pi / 4.0 * 0.8**2))
    slit = way("fissure", 0.2, 1e-3, 5.0)
    assert slit.shear_per_mm3 == pytest.approx(6.0 / 0.2 / (0.2 * 5.0))


def test_a_body_knows_what_its_thin_ways_pass_and_hold(plain, law):
    survey = survey_bone(plain[0], law, plain[1], spacing_mm=1.5)
    body = build_porous_body(survey, np.random.default_rng(3))
    assert body.room_mm3.sum() == pytest.approx(sum(w.room_mm3 for w in body.ways))
    assert 0.0 < body.thin_mm3.sum() < sum(w.own_mm3 for w in body.ways)
    whole = body.links * body.permeability_mm2
    assert (body.thin_mm3 <= whole * (1.0 + 1e-9)).all()
    assert ((body.thin_shear_per_mm3 > 0.0) == (body.thin_mm3 > 0.0)).all()
