"""Geometry of the C-arm, presets, and which side is where on the image."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from vertaug.case.errors import FormatError, GeometryError, InputError
from vertaug.case.grid import Grid
from vertaug.case.volume import Scan, ScanInfo
from vertaug.fluoroscopy import (
    Beam,
    CArm,
    Collimation,
    Cylinder,
    ExposureLimits,
    Posture,
    Technique,
    carm_preset,
    fix_view,
    prepare_patient,
    preset_names,
    render,
)
from vertaug.fluoroscopy.spectrum import air_kerma_per_mas
from vertaug.fluoroscopy.transmission import open_quanta_per_mas
from vertaug.tissue.ct_attenuation import basis_attenuation_per_mm
from vertaug.tissue.material import mass_attenuation, xray_energies_kev
from vertaug.verification.xray import make_marker_phantom

angle = st.floats(-180, 180, allow_nan=False)
tilt = st.floats(-90, 90, allow_nan=False)
ROD = Cylinder(start_lps_mm=np.zeros(3), end_lps_mm=np.ones(3), radius_mm=1.0)


def arm(primary=0.0, secondary=0.0, **more):
    given = {"pixels": (64, 48), "detector_mm": (200.0, 150.0), "isocentre_lps_mm": np.zeros(3)}
    return CArm(primary_angle_deg=primary, secondary_angle_deg=secondary, **(given | more))


@given(angle, tilt)
def test_a_point_its_pixel_and_its_ray_close(primary, secondary):
    carm = arm(primary, secondary, isocentre_lps_mm=np.array([12.0, -30.0, 400.0]))
    point = np.array([25.0, -11.0, 390.0])
    focus, ray = carm.trace(carm.project(point))
    gap = point - focus
    assert np.linalg.norm(gap - (gap @ ray) * ray) < 1e-9
    axes = np.stack([carm.right, carm.up, carm.receptor])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    # seen from the receptor: right, up and toward the viewer are right-handed
    assert np.linalg.det(axes) == pytest.approx(1.0)


def test_magnification_is_detector_over_object_distance():
    carm = arm(23.0, -8.0)
    for depth in (-120.0, 0.0, 150.0):
        point = depth * carm.receptor
        expected = 1060.0 / (600.0 + depth)
        assert carm.magnification(point) == pytest.approx(expected, rel=1e-12)
        seen = carm.project(np.stack([point, point + carm.right]))
        grown = np.linalg.norm(seen[1] - seen[0]) * carm.pitch_mm[0]
        assert grown == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("posture", list(Posture))
@pytest.mark.parametrize(
    ("angles", "marker", "side"),
    [
        ((0, 0), (1, 0, 0), "right"),  # the patient faces the receptor
        ((0, 0), (0, 0, 1), "up"),
        ((180, 0), (1, 0, 0), "left"),  # prone, receptor above the back
        ((180, 0), (0, 0, 1), "up"),
        ((90, 0), (0, -1, 0), "left"),  # receptor on the left: the front is on the left
        ((-90, 0), (0, -1, 0), "right"),
        ((40, 0), (0, -1, 0), "left"),  # LAO: what is in front moves to the patient's right
        ((-40, 0), (0, -1, 0), "right"),
        ((0, 35), (0, -1, 0), "down"),  # cranial: what is in front moves to the feet
        ((0, -35), (0, -1, 0), "up"),
        ((180, 35), (0, 1, 0), "down"),
    ],
)
def test_markers_are_on_their_side_of_the_image(angles, marker, side, posture):
    phantom = make_marker_phantom(marker)
    carm = arm(*angles, posture=posture)
    alone = replace(phantom.scan, hu=np.zeros_like(phantom.scan.hu))
    technique = Technique(beam=Beam(energy_kev=60.0))
    with_marker, without = (
        render(scan, carm, technique=technique).signal for scan in (phantom.scan, alone)
    )
    flat = np.log(with_marker / without)
    row, column = np.unravel_index(np.argmin(flat), flat.shape)
    x, y = column - 31.5, 23.5 - row
    towards = {"right": x, "left": -x, "up": y, "down": -y}
    assert max(towards, key=lambda name: towards[name]) == side
    assert towards[side] > 4


def test_an_image_says_how_it_was_taken():
    words = arm(25.0, -10.0, posture=Posture.SUPINE).describe()
    assert "LAO 25.0°, CAU 10.0°" in words
    assert "Patient supine, receptor above, 25° to left, 10° to feet" in words
    assert "tube under the table" in words  # supine, receptor in front
    over = arm(30.0, 5.0).describe()  # prone, receptor in front
    assert "receptor below, 30° to left, 5° to head, tube over the table" in over
    assert "primary -150°, secondary -5°" in over  # the same line of sight from above
    assert "tube beside the table" in arm(90.0).describe()


def test_straight_behind_the_patient_is_on_neither_side():
    for primary in (180.0, -180.0, -179.97):
        words = arm(primary, -4.0).describe()
        assert "(180.0°, CAU 4.0°; DICOM primary 180.0°, secondary -4.0°)" in words
    assert "RAO 179.9°" in arm(-179.9).describe()
    assert "from under it is primary 180°, secondary 0°" in arm(0.0, 0.0).describe()


@pytest.mark.parametrize(
    ("primary", "secondary", "receptor", "tube"),
    [
        (0.0, 90.0, "at the head", "tube at the feet"),
        (37.0, -85.0, "at the feet", "tube at the head"),
        (135.0, 65.0, "above, 45° to left, 65° to head", "tube under the table"),
        (45.0, 65.0, "below, 45° to left, 65° to head", "tube over the table"),
        (85.0, 65.0, "on the left, 65° to head", "tube beside the table"),
    ],
)
def test_steep_views_in_words(primary, secondary, receptor, tube):
    words = arm(primary, secondary).describe()
    assert f"receptor {receptor}, {tube} (" in words
    assert ("the same line of sight" in words) == (tube == "tube over the table")


@pytest.mark.parametrize(
    ("primary", "secondary", "posture", "place"),
    [
        (180.0, 0.0, Posture.PRONE, "above"),
        (0.0, 0.0, Posture.SUPINE, "above"),
        (0.0, 0.0, Posture.PRONE, "below"),
        (-160.0, 12.0, Posture.PRONE, "above, 20° to right, 12° to head"),
        (90.0, -2.0, Posture.PRONE, "on the left, 2° to feet"),
        (-90.0, 0.0, Posture.SUPINE, "on the right"),
        (0.0, 90.0, Posture.SUPINE, "at the head"),
        (37.0, -85.0, Posture.PRONE, "at the feet"),
    ],
)
def test_where_the_receptor_stands_in_words(primary, secondary, posture, place):
    assert arm(primary, secondary, posture=posture).receptor_place == place


def test_a_smaller_field_asks_for_more_dose_at_the_detector(patient):
    beam = Technique(beam=Beam(tube_voltage_kv=80.0), limits=ExposureLimits(least_mas=0.0))
    whole, zoomed = (
        render(patient, carm, technique=beam).exposure for carm in (arm(), arm().zoom(1.5))
    )
    ratio = zoomed.detector_kerma_ugy / whole.detector_kerma_ugy
    assert ratio == pytest.approx(1.5, rel=1e-6)
    assert "of 30 x 30" not in arm().describe()


def test_a_pulse_cannot_be_shorter_than_the_tube_makes_them(patient):
    beam = Beam(tube_voltage_kv=120.0)
    shortest = ExposureLimits(least_mas=0.5)
    image = render(patient, arm(), technique=Technique(beam=beam, limits=shortest))
    assert image.exposure.mas == pytest.approx(0.5)
    assert image.exposure.excessive
    assert "shortest pulse" in image.sentence


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"primary": 181.0}, "between -180 and 180"),
        ({"secondary": -91.0}, "between -90 and 90"),
        ({"primary": float("nan")}, "between -180 and 180"),
        ({"source_isocentre_mm": 2000.0}, "between source and detector"),
        ({"detector_mm": (0.0, 1.0)}, "positive size"),
        ({"pixels": (0, 4)}, "pixels"),
        ({"isocentre_lps_mm": np.zeros(2)}, "isocentre"),
        ({"isocentre_lps_mm": np.full(3, np.nan)}, "isocentre"),
    ],
)
def test_an_arm_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(GeometryError, match=said):
        arm(**wrong)


def test_points_behind_the_focus_are_refused():
    carm = arm()
    with pytest.raises(GeometryError, match="focal spot"):
        carm.project(carm.focus_lps_mm - carm.receptor)


def test_presets_have_sources_and_unknown_ones_are_named(tmp_path):
    for name in preset_names():
        carm = carm_preset(name, [1.0, 2.0, 3.0])
        assert carm.source
        assert carm.title
        np.testing.assert_array_equal(carm.isocentre_lps_mm, [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="known: mobile"):
        carm_preset("toy", [0, 0, 0])
    own = tmp_path / "own.toml"
    own.write_text(
        "[mine]\nsource_detector_mm = 900\nsource_isocentre_mm = 500\ndetector_mm = [200, 100]\n"
        'pixels = [512, 256]\nsource = "measured"\n'
    )
    assert carm_preset("mine", [0, 0, 0], file=own).pixels == (512, 256)
    own.write_text("[mine]\nsource_detector_mm = 900\n")
    with pytest.raises(FormatError, match="misses source_isocentre_mm"):
        carm_preset("mine", [0, 0, 0], file=own)
    own.write_text("[mine")
    with pytest.raises(FormatError, match="cannot be read"):
        carm_preset("mine", [0, 0, 0], file=own)


def test_zoom_and_pixels_keep_the_middle():
    carm = arm()
    for other in (carm.zoom(2.0), carm.with_pixels(32)):
        middle = (np.array(other.pixels) - 1) / 2
        np.testing.assert_allclose(other.project(np.zeros(3)), middle)
    assert carm.zoom(2.0).pixels == carm.pixels
    assert carm.with_pixels(32).pixels == (32, 24)
    with pytest.raises(GeometryError, match="zoom"):
        carm.zoom(0.5)


@pytest.fixture(scope="module")
def patient():
    return prepare_patient(make_marker_phantom((1, 0, 0)).scan)


def test_what_sees_no_patient_is_refused(patient):
    with pytest.raises(GeometryError, match="outside the CT, which spans L -60 to 60"):
        render(patient, arm(isocentre_lps_mm=np.array([200.0, 0.0, 0.0])))
    air = Scan(
        hu=np.full((4, 4, 4), -1000, np.int16),
        grid=Grid(shape=(4, 4, 4), affine=np.eye(4)),
        info=ScanInfo(source_format="phantom"),
    )
    with pytest.raises(GeometryError, match="nothing but air"):
        prepare_patient(air)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"matter": ROD}, r"a list, also of one thing; got Cylinder: write \[it\]"),
        ({"matter": 3}, "a list of Cylinder, Ellipsoid, Box, VoxelMatter; got int 3"),
        ({"matter": ["needle"]}, "found str 'needle' in it"),
        ({"rng": 1}, r"got int 1. Write: numpy.random.default_rng\(1\)"),
        ({"volume": Path("ct.nii.gz")}, r"a Scan or an XrayPatient; got .*ct.nii.gz.*read_scan"),
        ({"carm": "mobile"}, "must be a CArm; got str 'mobile'"),
        ({"technique": Beam(tube_voltage_kv=80.0)}, "must be a Technique or None; got Beam"),
    ],
)
def test_arguments_of_another_kind_are_refused(patient, wrong, said):
    given = {"volume": patient, "carm": arm()} | wrong
    with pytest.raises(InputError, match=said):
        render(**given)


def test_a_detector_beside_the_patient_is_refused():
    """The isocentre lies in the CT, in its air; no ray meets the patient."""
    hu = np.full((60, 20, 20), -1000, np.int16)
    hu[50:] = 0
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    scan = Scan(hu=hu, grid=Grid(shape=hu.shape, affine=affine), info=ScanInfo(source_format="x"))
    carm = arm(isocentre_lps_mm=np.array([5.0, 50.0, 50.0]), detector_mm=(30.0, 30.0))
    with pytest.raises(GeometryError, match="does not see the patient"):
        render(scan, carm)


def test_one_energy_is_the_exponential_of_its_sum(patient):
    from vertaug.fluoroscopy import Detector, fix_view
    from vertaug.fluoroscopy.line_integral import integrate_field

    bare = Detector(blur_mm=0.0, focal_spot_mm=0.0)
    technique = Technique(beam=Beam(energy_kev=60.0), detector=bare)
    image = render(patient, arm(10.0), technique=technique)
    sums = integrate_field(patient.tissue_at(60.0), arm(10.0))[0]
    np.testing.assert_allclose(image.signal, np.exp(-sums), rtol=1e-6)
    both = fix_view(patient, arm(10.0), Technique(beam=Beam(tube_voltage_kv=80.0)))
    assert both.sums.shape[0] == 2


def test_dose_follows_distance_area_and_charge(patient):
    technique = Technique(beam=Beam(tube_voltage_kv=70.0))
    whole = render(patient, arm(), technique=technique).exposure
    half = Technique(
        beam=Beam(tube_voltage_kv=70.0), collimation=Collimation(left=0.25, right=0.25)
    )
    cut = render(patient, arm(), technique=half)
    per_mas = [e.kerma_area_ugy_cm2 / e.mas for e in (whole, cut.exposure)]
    assert per_mas[1] == pytest.approx(per_mas[0] / 2, rel=1e-6)
    assert not cut.field[:, :15].any()
    assert cut.grey[:, :15].max() == 0
    assert whole.detector_kerma_ugy == pytest.approx(0.03, rel=1e-6)
    far = arm(source_detector_mm=1300.0, detector_mm=(200.0 * 1300 / 1060, 150.0 * 1300 / 1060))
    # the same cone of rays farther away: kerma by area is the same for the same charge
    other = render(patient, far, technique=technique).exposure
    assert other.kerma_area_ugy_cm2 / other.mas == pytest.approx(per_mas[0], rel=1e-6)
    assert other.reference_kerma_ugy / other.mas == pytest.approx(
        whole.reference_kerma_ugy / whole.mas
    )


def test_the_dose_at_the_detector_is_the_air_kerma_behind_the_patient(patient):
    """Summed over the spectrum anew; the signal of a hard beam would be more."""
    technique = Technique(beam=Beam(tube_voltage_kv=70.0), limits=ExposureLimits(least_mas=0.0))
    view = fix_view(patient, arm(), technique)
    rows, columns = view.sums.shape[1:]
    middle = view.sums[:, rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    typical = np.median(middle, axis=(1, 2))
    energies = view.beam.fluence() * xray_energies_kev() * mass_attenuation("air_absorption")
    share = energies @ np.exp(-basis_attenuation_per_mm() @ typical) / energies.sum()
    free = air_kerma_per_mas(view.beam, arm().source_detector_mm)
    assert view.exposure.detector_kerma_ugy == pytest.approx(0.03, rel=1e-6)
    assert view.exposure.mas * free * share == pytest.approx(0.03, rel=1e-6)


def test_a_tube_at_its_limit_says_so(patient):
    from vertaug.fluoroscopy import ExposureLimits

    weak = Technique(limits=ExposureLimits(usual_mas=1e-4, largest_mas=1e-3))
    image = render(patient, arm(), technique=weak)
    assert image.exposure.limited
    assert image.beam.tube_voltage_kv == 120.0
    assert "tube at its limit" in image.sentence


def test_noise_has_its_variance_and_its_seed(patient):
    from vertaug.fluoroscopy import Detector

    bare = Detector(blur_mm=0.0, focal_spot_mm=0.0, electronic_noise_quanta=0.0)
    beam = Beam(tube_voltage_kv=70.0)
    technique = Technique(beam=beam, detector=bare, limits=ExposureLimits(least_mas=0.0))
    image = render(patient, arm(), technique=technique)
    clean = image.signal
    first, again, other = (
        render(patient, arm(), technique=technique, rng=np.random.default_rng(seed)).signal
        for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5
    middle = np.s_[12:36, 16:48]
    spread = ((first - clean) / np.sqrt(clean))[middle]
    per_mm2 = open_quanta_per_mas(beam, bare) * (1000.0 / arm().source_detector_mm) ** 2
    quanta = per_mm2 * float(np.prod(arm().pitch_mm)) * image.exposure.mas
    assert spread.std() * np.sqrt(quanta) == pytest.approx(1.0, rel=0.06)
    louder = Technique(
        beam=beam,
        limits=ExposureLimits(least_mas=0.0),
        detector=Detector(
            blur_mm=0.0, focal_spot_mm=0.0, electronic_noise_quanta=0.0, target_kerma_ugy=0.0075
        ),
    )
    noisy = render(patient, arm(), technique=louder, rng=np.random.default_rng(5)).signal
    ratio = ((noisy - clean) / np.sqrt(clean))[middle].std() / spread.std()
    assert ratio == pytest.approx(2.0, rel=0.12)  # a quarter of the dose, twice the noise
