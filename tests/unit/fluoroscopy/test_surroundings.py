"""The trunk around a CT that is narrower than the patient."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.grid import Grid
from vertaug.case.volume import Scan, ScanInfo, Volume
from vertaug.fluoroscopy import Beam, CArm, Technique, Trunk, fix_view, prepare_patient, render
from vertaug.fluoroscopy.patient import say_wide_voxels
from vertaug.fluoroscopy.surroundings import complete_trunk, find_uncovered

MU_WATER_60 = 0.02059
"""1/mm at 60 keV (NIST)."""


def make_scan(shape, spacing, hu, origin=(0.0, 0.0, 0.0)):
    """A CT whose middle is at the origin of LPS."""
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = np.asarray(origin) - (np.array(shape) - 1) / 2 * np.array(spacing)
    values = np.full(shape, hu, dtype=np.int16)
    return Scan(
        hu=values, grid=Grid(shape=shape, affine=affine), info=ScanInfo(source_format="test")
    )


@pytest.fixture(scope="module")
def narrow():
    """A block of water of 100 x 150 x 120 mm with a spine, air of 20 mm behind it."""
    scan = make_scan((50, 85, 60), (2.0, 2.0, 2.0), 0)
    hu = np.array(scan.hu)
    hu[:, 75:] = -1000
    hu[20:30, 45:55] = 400
    return Scan(hu=hu, grid=scan.grid, info=ScanInfo(source_format="test"))


def water_on_rays(volume, trunk, carm):
    """Signal of a single energy, as mm of water."""
    patient = prepare_patient(volume, trunk=trunk)
    view = fix_view(patient, carm, Technique(beam=Beam(tube_voltage_kv=100.0, energy_kev=60.0)))
    return view.sums[0] / MU_WATER_60


def arm(primary=0.0, **more):
    given = {"isocentre_lps_mm": np.zeros(3), "pixels": (60, 60), "detector_mm": (120.0, 120.0)}
    return CArm(primary_angle_deg=primary, **(given | more))


def test_a_lateral_ray_meets_the_whole_trunk(narrow):
    trunk = Trunk(width_mm=300.0, depth_mm=200.0)
    plain = water_on_rays(narrow, None, arm(90.0))
    whole = water_on_rays(narrow, trunk, arm(90.0))
    middle = np.s_[28:32, 18:22]  # in front of the bone
    assert plain[middle].mean() == pytest.approx(100.0, abs=1.0)
    # half way between middle and skin a rounded outline is nearly as wide as the trunk
    assert whole[middle].mean() == pytest.approx(297.0, abs=6.0)
    assert np.ptp(whole[middle]) < 3.0


def test_skin_that_the_ct_shows_is_not_covered(narrow):
    """Behind the back there is air, beside the CT too."""
    field = complete_trunk(narrow, Trunk())
    at = field.grid.to_index([[90.0, 40.0, 0.0], [90.0, 75.0, 0.0], [0.0, 75.0, 0.0]])
    inside, behind_aside, behind = np.rint(at).astype(int)
    assert field.values[tuple(inside)] > 0.9
    for place in (behind_aside, behind):
        outside = np.any(place < 0) or np.any(place >= field.grid.shape)
        assert outside or field.values[tuple(place)] < 0.05


def test_no_tissue_is_counted_twice_at_the_faces(narrow):
    """Along the trunk the body goes on: a ray through the end face loses nothing."""
    carm = arm(0.0, pixels=(8, 200), detector_mm=(16.0, 400.0))
    whole = water_on_rays(narrow, Trunk(), carm)[:, 3]
    low, high = np.min(whole), np.max(whole)
    lengthened = 1.0 / np.cos(np.arctan(200.0 / carm.source_detector_mm))
    assert high / low < 1.03 * lengthened + 0.25  # the bone adds a little in the middle
    assert np.abs(np.diff(whole)).max() < 12.0


def test_a_ct_that_holds_the_whole_patient_is_left_alone():
    scan = make_scan((60, 60, 40), (2.0, 2.0, 2.0), -1000)
    hu = np.array(scan.hu)
    hu[15:45, 15:45, 5:35] = 30
    assert (
        complete_trunk(Scan(hu=hu, grid=scan.grid, info=ScanInfo(source_format="test")), Trunk())
        is None
    )


def test_what_was_not_measured_is_filled_inside_the_ct(narrow):
    hu, kind = np.array(narrow.hu), (narrow.hu > -350).astype(np.uint8)
    hu[:10, :40] = -1024
    kind[:10, :40] = 2
    cut = Scan(hu=hu, grid=narrow.grid, info=ScanInfo(source_format="test"))
    field = complete_trunk(cut, Trunk(), Volume(values=kind, grid=narrow.grid))
    place = np.rint(field.grid.to_index([-40.0, -50.0, 0.0])).astype(int)
    assert field.values[tuple(place)] > 0.9
    carm = arm(180.0, detector_mm=(180.0, 180.0))
    assert find_uncovered(field, carm, narrow.grid)[
        :, -5:
    ].any()  # the patient's right, seen from behind


def test_uncovered_tissue_is_behind_blades_and_air_is_not(narrow):
    carm = arm(0.0, pixels=(100, 100), detector_mm=(300.0, 300.0))
    patient = prepare_patient(narrow, trunk=Trunk())
    image = render(patient, carm)
    half = 50.0 * carm.source_detector_mm / carm.source_isocentre_mm / 3.0  # pixels
    columns = np.abs(np.arange(100) - 49.5)
    assert not image.field[:, columns > half + 1.5].any()
    assert image.field[50, columns < half - 1.5].all()
    assert image.grey[:, :5].max() == 0
    assert image.completed
    assert "completed as water" in image.sentence
    lateral = render(patient, arm(90.0, pixels=(100, 100), detector_mm=(300.0, 300.0)))
    assert lateral.field[50, -10:].all()  # air behind the back stays in the picture
    tall = render(patient, arm(90.0, pixels=(100, 200), detector_mm=(300.0, 600.0)))
    assert not tall.field[:20].any()  # nor is air beyond the end of the CT known


def test_axes_of_the_grid_do_not_matter(narrow):
    trunk = Trunk()
    same = water_on_rays(narrow, trunk, arm(30.0))
    order = (2, 0, 1)
    affine = np.array(narrow.grid.affine)
    affine[:3, :3] = affine[:3, :3][:, order]
    turned = np.transpose(narrow.hu, order)[:, ::-1]
    affine[:3, 3] += affine[:3, 1] * (turned.shape[1] - 1)
    affine[:3, 1] *= -1
    shape = tuple(int(n) for n in turned.shape)
    other = Scan(
        hu=np.ascontiguousarray(turned),
        grid=Grid(shape=shape, affine=affine),
        info=ScanInfo(source_format="test"),
    )
    again = water_on_rays(other, trunk, arm(30.0))
    np.testing.assert_allclose(again, same, atol=2.5)


def test_lung_is_continued_as_lung_inside_a_wall():
    scan = make_scan((60, 80, 40), (2.0, 2.0, 2.0), 20)
    hu = np.array(scan.hu)
    hu[:20, 10:60] = -800
    hu[28:34, 40:50] = 500
    field = complete_trunk(
        Scan(hu=hu, grid=scan.grid, info=ScanInfo(source_format="test")), Trunk()
    )
    aside = field.grid.to_index([[-80.0, 0.0, 0.0], [-140.0, 0.0, 0.0]])
    lung, wall = (field.values[tuple(np.rint(place).astype(int))] for place in aside)
    assert lung == pytest.approx(0.25, abs=0.1)
    assert wall == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("size", [(50.0, 200.0), (300.0, 900.0)])
def test_what_is_no_trunk_is_refused(size):
    with pytest.raises(InputError, match="100 to 800 mm"):
        Trunk(width_mm=size[0], depth_mm=size[1])


def test_thick_voxels_lose_nothing_at_the_faces():
    thick = make_scan((20, 30, 30), (4.0, 2.0, 2.0), 0)
    plain = water_on_rays(thick, None, arm(90.0, source_isocentre_mm=5e4, source_detector_mm=6e4))
    assert plain[30, 30] == pytest.approx(80.0, rel=0.012)  # HU 0 is water within 1 %
    fine = make_scan((80, 60, 60), (1.0, 1.0, 1.0), 0)
    same = water_on_rays(fine, None, arm(90.0, source_isocentre_mm=5e4, source_detector_mm=6e4))
    assert plain[30, 30] == pytest.approx(same[30, 30], rel=1e-6)


def test_wide_voxels_are_said_where_they_blur():
    thick = make_scan((10, 40, 40), (3.0, 0.8, 0.8), 0).grid
    assert "3.0 mm left-right" in say_wide_voxels(thick)
    assert "left-right" in say_wide_voxels(thick, np.array([0.0, 1.0, 0.0]))
    assert say_wide_voxels(thick, np.array([1.0, 0.0, 0.0])) == ""
    assert say_wide_voxels(make_scan((10, 10, 10), (1.4, 0.8, 0.8), 0).grid) == ""
