"""Quanta of a pixel: how many a beam of one energy has, and what few of them look like."""

import numpy as np
import pytest

from vertaug.fluoroscopy import Beam, CArm, Detector, Technique, fix_view
from vertaug.fluoroscopy.radiograph import detect, finish
from vertaug.fluoroscopy.spectrum import air_kerma_per_mas
from vertaug.fluoroscopy.transmission import open_quanta_per_mas
from vertaug.tissue.material import CAESIUM_IODIDE, mass_attenuation_at
from vertaug.verification.xray import make_marker_phantom


def seen(beam, detector, *, interactive=False):
    carm = CArm(isocentre_lps_mm=np.zeros(3), pixels=(160, 150), detector_mm=(200.0, 187.5))
    technique = Technique(beam=beam, detector=detector, interactive=interactive)
    return fix_view(make_marker_phantom((1, 0, 0)).scan, carm, technique)


def quanta_of_one_energy(view):
    """Absorbed photons of a pixel without a patient: air kerma over that of one photon."""
    kev = view.beam.energy_kev
    kerma_ugy = air_kerma_per_mas(view.beam, view.carm.source_detector_mm) * view.exposure.mas
    joule_per_kg = kev * 1.602176634e-16 * mass_attenuation_at("air_absorption", kev) * 0.1
    per_m2 = kerma_ugy * 1e-6 / joule_per_kg
    depth = CAESIUM_IODIDE.attenuation_at(kev) * view.technique.detector.scintillator_mm
    return per_m2 * 1e-6 * (1.0 - np.exp(-depth)) * float(np.prod(view.carm.pitch_mm))


@pytest.mark.parametrize("energy_kev", [30.0, 60.0, 100.0])
def test_noise_of_one_energy_is_that_of_its_own_photons(energy_kev):
    bare = Detector(blur_mm=0.0, focal_spot_mm=0.0, electronic_noise_quanta=0.0)
    view = seen(Beam(energy_kev=energy_kev), bare)
    opened = quanta_of_one_energy(view)
    level = 300.0 / opened
    flat = np.full(view.background.shape, level, np.float32)
    noisy = detect(view, flat, np.random.default_rng(3))
    assert noisy.mean() == pytest.approx(level, rel=0.005)
    assert noisy.var() * opened / level == pytest.approx(1.0, rel=0.03)


@pytest.mark.parametrize("interactive", [False, True])
@pytest.mark.parametrize("expected", [0.3, 1.0, 3.0])
def test_few_quanta_keep_their_mean(expected, interactive):
    """Electronic noise goes below zero as often as above: cut there, shadows would be brighter."""
    beam, detector = Beam(tube_voltage_kv=80.0), Detector()
    view = seen(beam, detector, interactive=interactive)
    per_mm2 = open_quanta_per_mas(beam, detector) * (1000.0 / view.carm.source_detector_mm) ** 2
    level = expected / (per_mm2 * view.exposure.mas * float(np.prod(view.carm.pitch_mm)))
    flat = np.full(view.background.shape, level, np.float32)
    noisy = detect(view, flat, np.random.default_rng(4))
    assert noisy.mean() == pytest.approx(level, rel=0.1)


def test_a_signal_below_zero_is_shown_as_none():
    view = seen(Beam(tube_voltage_kv=80.0), Detector())
    none, below = np.array(view.background), np.array(view.background)
    none[40:60, 50:90], below[40:60, 50:90] = 0.0, -0.01
    np.testing.assert_array_equal(finish(view, below).grey, finish(view, none).grey)
