"""The balloon's part of a kyphoplasty in a phantom, on coarse voxels."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.augmentation import kyphoplasty
from vertaug.augmentation.balloon.dead_weight import UpperEnd
from vertaug.augmentation.balloon.ends import EndOfInflation
from vertaug.augmentation.balloon.fracture_zone import FractureAge
from vertaug.augmentation.balloon.preload import axial_force_n
from vertaug.augmentation.balloon.product import balloon_named
from vertaug.augmentation.bone_shift import shift_of_bone
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.augmentation.deflated_bone import deflated_bone
from vertaug.augmentation.deflated_survey import compact_survey, survey_deflated
from vertaug.augmentation.kyphoplasty import BalloonChoice, treat_with_balloon
from vertaug.case.errors import InputError
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.plan import NeedlePath, PathMargins
from vertaug.fracture.assessment import assess_fracture
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.numerics.flow_cells import POROUS
from vertaug.tissue import calibrate_generic
from vertaug.tissue.bone_law import DensityKind, convert_density

pytestmark = pytest.mark.slow

LAW = calibrate_generic(120.0)
COARSE = BalloonChoice(balloon=balloon_named("10/3"), volume_ml=0.6, spacing_mm=2.0)
MARGINS = PathMargins(
    canal_mm=2.0,
    pedicle_mm=1.0,
    anterior_wall_mm=5.0,
    posterior_wall_mm=5.0,
    lateral_wall_mm=5.0,
    superior_endplate_mm=5.0,
    inferior_endplate_mm=5.0,
    facet_mm=None,
    neighbour_mm=None,
)


@pytest.fixture(scope="module")
def spine():
    spec = PhantomSpec(
        spacing_mm=(1.5, 1.5, 1.5),
        field_of_view_mm=(112.0, 120.0, 75.0),
        centre_mm=(0.0, 22.0, -4.0),
    )
    phantom = build_phantom(spec)
    return analyse_spine(phantom.scan, phantom.labels)


@pytest.fixture(scope="module")
def vertebra(spine):
    return spine["L1"]


def path_to(vertebra, x, y, *, side="left"):
    frame = vertebra.frame
    return NeedlePath(
        side=side,
        needle=needle_of_gauge(10),
        entry_lps_mm=frame.to_world([x, y + 40.0, 0.0]),
        target_lps_mm=frame.to_world([x, y, 0.0]),
        skin_entry_lps_mm=None,
        length_mm=40.0,
        skin_depth_mm=None,
        axial_angle_deg=0.0,
        sagittal_angle_deg=0.0,
        margins=MARGINS,
        gertzbein_robbins=None,
        tip_thirds=("anterior", "middle", "left"),
        tip_depth_fraction=0.8,
        safe=True,
        violations=(),
        balloon_mm=10.0,
    )


@pytest.fixture(scope="module")
def path(vertebra):
    return path_to(vertebra, 0.0, -5.0)


@pytest.fixture(scope="module")
def heard():
    return []


@pytest.fixture(scope="module")
def found(vertebra, path, heard):
    return treat_with_balloon(
        vertebra, LAW, (path,), COARSE, progress=lambda *told: heard.append(told)
    )


def test_the_wanted_volume_is_in_the_balloon(found, heard):
    assert found.inflation.end is EndOfInflation.VOLUME
    assert found.inflation.volume_mm3[-1, 0] == pytest.approx(600.0, rel=0.01)
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0, abs=0.01)
    assert heard[-1][1] == "0.6 of 0.6 ml in all"
    assert len(found.kept) <= 8
    assert found.kept[-1].surfaces[0].volume_mm3() == pytest.approx(
        found.inflation.volume_mm3[-1, 0]
    )


def test_before_is_the_body_of_the_ct(found, vertebra):
    assert found.before.lift_most_mm == 0.0
    assert found.before.body_volume_ml == pytest.approx(vertebra.body_volume_mm3 / 1000.0)
    assert found.inflated.body_volume_ml > found.before.body_volume_ml
    assert found.breaches == ()


def test_the_cavity_is_left_on_the_cells_of_the_cement(found, vertebra, spine):
    shift = shift_of_bone(
        vertebra, found.bone.voxels, found.bone.points, found.emptied.points.place_mm
    )
    survey = survey_deflated(vertebra, LAW, shift, spine.scan.grid, spacing_mm=2.0)
    moved, void = compact_survey(survey, deflated_bone(vertebra, found))
    cell = survey.bone.grid.voxel_volume_mm3
    assert void.sum() * cell == pytest.approx(found.cavity_mm3(), rel=0.01)
    middle = found.bone.to_world(found.cavities[0].points_mm.mean(axis=0))
    at = tuple(np.round(survey.bone.grid.to_index(middle)).astype(int))
    assert void[at] == pytest.approx(1.0)
    assert not np.array_equal(moved.bone.density_mg_per_ml, survey.bone.density_mg_per_ml)
    assert len(moved.notes) > len(survey.notes)


def test_cement_meets_all_the_bone_that_was_there(found, vertebra, spine):
    """Pressed aside, not lost: what the porous cells hold, but for what was drilled out."""
    before = survey_bone(vertebra, LAW, spine.scan.grid, spacing_mm=1.0)
    shift = shift_of_bone(
        vertebra, found.bone.voxels, found.bone.points, found.emptied.points.place_mm
    )
    survey = survey_deflated(vertebra, LAW, shift, spine.scan.grid, spacing_mm=1.0)
    moved, void = compact_survey(survey, deflated_bone(vertebra, found))

    def held(one, free):
        bone = one.bone
        apparent = convert_density(bone.density_mg_per_ml, DensityKind.K2HPO4, DensityKind.APPARENT)
        return float((apparent * free)[bone.region == POROUS].sum())

    assert held(moved, 1.0 - void) == pytest.approx(held(before, 1.0), rel=0.01)


def test_a_balloon_that_comes_up_to_the_cortex_ends(vertebra, path, found):
    """With 1 cm2 near it, and sooner where that may lie farther from it."""
    volumes = []
    for contact_mm in (6.0, 7.0):
        choice = replace(COARSE, volume_ml=2.0, contact_mm=contact_mm)
        ended = treat_with_balloon(vertebra, LAW, (path,), choice)
        assert ended.inflation.end is EndOfInflation.CORTEX
        (contact,) = ended.contacts
        assert 100.0 <= contact.area_mm2 < 120.0
        volumes.append(ended.inflation.state.volumes_mm3()[0])
        # in coarse voxels the measures leave a part open
        grown = 1000.0 * (ended.inflated.body_volume_ml - ended.before.body_volume_ml)
        added = volumes[-1] - ended.folded[0].volume_mm3()
        room = ended.room
        assert grown + room.pressed_mm3 - room.opened_mm3 == pytest.approx(added, rel=0.3)
    assert found.contacts[0].area_mm2 < 10.0
    assert 1900.0 > volumes[0] > volumes[1] > 200.0
    assert found.wall_moved is None


def test_the_first_increment_that_moves_a_wall_is_kept(vertebra, path, found, monkeypatch):
    """Here as soon as it has gone out by half of what it has in the end."""
    inflated = found.inflated
    most = max(wall.most_mm for wall in (inflated.anterior, inflated.left, inflated.right))
    monkeypatch.setattr(kyphoplasty, "WALL_MOVES_MM", 0.5 * most)
    moved = treat_with_balloon(vertebra, LAW, (path,), COARSE).wall_moved
    volumes = found.inflation.volume_mm3[:, 0]
    assert moved.volumes_mm3[0] in volumes
    heights = [s.heights_mm.anterior for s in (found.before, found.inflated)]
    assert min(heights) - 0.05 < moved.heights_mm.anterior < max(heights) + 0.05


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"contact_mm": 20.0}, "folded a balloon has come up to the cortex; take a shorter"),
        ({"lift_mm": -10.0}, "folded the wanted height is reached"),
    ],
)
def test_an_inflation_that_would_end_before_it_begins_is_refused(vertebra, path, change, words):
    with pytest.raises(InputError, match=words):
        treat_with_balloon(vertebra, LAW, (path,), replace(COARSE, **change))


def test_what_the_balloon_is_not_made_for_is_refused(vertebra, path):
    with pytest.raises(InputError, match=r"rated for up to 3\.5 ml"):
        treat_with_balloon(vertebra, LAW, (path,), replace(COARSE, volume_ml=4.0))


def test_a_fresh_fracture_lets_the_front_rise_and_a_healed_one_hardly(spine, vertebra, path, found):
    """With the measured loss bone is broken; the weight stays, and takes a part of the gain."""
    measured = assess_fracture(spine, LAW, level="L1").levels["L1"]
    more = replace(COARSE, volume_ml=2.0)
    gains = []
    for age in FractureAge:
        treated = treat_with_balloon(
            vertebra, LAW, (path,), replace(more, fracture=age), measured=measured
        )
        assert axial_force_n(treated.inflation.state) == pytest.approx(100.0, abs=10.0)
        before, *after = (
            s.heights_mm.anterior for s in (treated.before, treated.inflated, treated.after)
        )
        gains.append([height - before for height in after])
        assert (treated.zone is None) == (age is FractureAge.HEALED)
    (fresh, kept), (healed, _) = gains
    assert fresh > 3.0 * max(healed, 0.1)
    assert 0.0 < kept < fresh
    assert found.zone is None


def test_ends_that_are_held_bear_what_would_raise_them(vertebra, path):
    held = replace(COARSE, upper_end=UpperEnd.HELD, volume_ml=1.0)
    treated = treat_with_balloon(vertebra, LAW, (path,), held)
    assert treated.inflation.state.weight is None
    assert axial_force_n(treated.inflation.state) > 110.0
