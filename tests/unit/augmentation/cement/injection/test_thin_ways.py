import numpy as np
import pytest

from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.porous_body import build_porous_body
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.augmentation.cement.thin_links import link_way
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
    thin, ways = body.thin, body.ways
    assert thin.room_mm3.sum() == pytest.approx(sum(w.room_mm3 for w in ways))
    assert thin.own_mm3.sum() == pytest.approx(sum(w.own_mm3 for w in ways))
    inside = thin.bone_room_mm3 / thin.room_mm3
    assert inside.min() >= 0.0
    assert inside.max() <= 1.0 + 1e-9
    assert (thin.shear_per_mm3 > 0.0).all()
    assert (body.permeability_mm2[tuple(thin.cell.T)] > 0.0).all()


def test_the_links_of_a_way_are_the_way_with_its_bone_in_series():
    """Uneven bone; places in the same cell become one link."""
    size, length = 2.0, 14.0
    vein = way("vein", size, np.pi * size**4 / (128.0 * length), 8.0)
    permeability = np.array([0.03, 0.03, 0.01, 0.02, 0.02, 0.05, 0.05, 0.05])
    cell = np.stack([np.array([0, 0, 1, 2, 2, 3, 3, 3]), np.zeros(8), np.zeros(8)], axis=-1)
    reach = np.arange(8) + 0.5
    found = link_way(vein, cell.astype(int), permeability, reach, np.ones(3))
    assert len(found.cell) == 4
    draw = vein.draw_from_bone(permeability).sum()
    assert found.conductance_mm3.sum() == pytest.approx(1.0 / (1.0 / vein.own_mm3 + 1.0 / draw))
    # each part bends the flow of the whole by its share
    whole = found.shear_per_mm3 * found.own_mm3 / vein.own_mm3
    np.testing.assert_allclose(whole, vein.shear_per_mm3)
    assert found.room_mm3.sum() == pytest.approx(vein.room_mm3)
    # cement from the mean place on its way out
    mean = (permeability * reach).sum() / permeability.sum()
    assert found.bone_room_mm3.sum() == pytest.approx(0.25 * np.pi * size**2 * mean)
    assert found.moved((1, 2, 3)).cell[-1].tolist() == [2, -2, -3]


def test_a_fissure_lies_within_the_cortex():
    slit = way("fissure", 0.2, 5.0 * 0.2**3 / (12.0 * 0.5), 5.0)
    found = link_way(slit, np.zeros((1, 3), dtype=int), np.ones(1), np.full(1, 0.2), np.ones(3))
    assert found.bone_room_mm3.sum() == pytest.approx(0.2 * 5.0 * 0.5)
