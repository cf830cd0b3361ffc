"""Spectra, air kerma, and the signal over the whole spectrum."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.fluoroscopy import (
    Beam,
    Detector,
    _transmission_numba as fast,
    _transmission_reference as plain,
)
from vertaug.fluoroscopy.spectrum import (
    air_kerma_per_mas,
    half_value_layer_mm,
    kerma_transmission,
    mean_energy_kev,
)
from vertaug.fluoroscopy.transmission import (
    kerma_behind_tissue,
    model_signal,
    open_quanta_per_mas,
    signal_shares,
    tabulate_tissue,
)
from vertaug.tissue.ct_attenuation import basis_attenuation_per_mm
from vertaug.tissue.material import (
    ALUMINIUM,
    STEEL,
    WATER,
    bone_cement,
    iodinated_contrast,
    xray_energies_kev,
)
from vertaug.verification.xray import HALF_VALUE_LAYER_100_KV_MM, WATER_TRANSMISSION_100_KV

# physics reference 7.2: mean energy, half-value layer, air kerma, transmission of 20 cm of water
TABLE = {
    60: (40.5, 3.45, 16.7, 4.2e-3),
    70: (44.5, 4.01, 25.4, 5.9e-3),
    80: (48.4, 4.58, 35.8, 7.6e-3),
    90: (51.9, 5.14, 47.7, 9.3e-3),
    100: (55.0, 5.67, 61.0, 1.09e-2),
    120: (60.4, 6.63, 91.2, 1.37e-2),
}


def test_water_and_half_value_layer_at_100_kv():
    beam = Beam(tube_voltage_kv=100.0)
    assert kerma_transmission(beam, WATER, 200.0) == pytest.approx(
        WATER_TRANSMISSION_100_KV, rel=0.01
    )
    assert half_value_layer_mm(beam) == pytest.approx(HALF_VALUE_LAYER_100_KV_MM, rel=0.01)


@pytest.mark.parametrize("kv", sorted(TABLE))
def test_the_table_of_beams(kv):
    mean, layer, kerma, through = TABLE[kv]
    beam = Beam(tube_voltage_kv=float(kv))
    assert mean_energy_kev(beam) == pytest.approx(mean, rel=0.003)
    assert half_value_layer_mm(beam) == pytest.approx(layer, rel=0.01)
    assert air_kerma_per_mas(beam) == pytest.approx(kerma, rel=0.025)
    assert kerma_transmission(beam, WATER, 200.0) == pytest.approx(through, rel=0.02)


def test_kerma_falls_with_the_square_of_the_distance():
    beam = Beam(tube_voltage_kv=75.5)
    assert air_kerma_per_mas(beam, 500.0) == pytest.approx(4 * air_kerma_per_mas(beam))


def test_between_two_voltages_lies_what_is_between_them():
    low, middle, high = (air_kerma_per_mas(Beam(tube_voltage_kv=kv)) for kv in (80, 80.5, 81))
    assert middle == pytest.approx((low + high) / 2, rel=1e-3)
    assert mean_energy_kev(Beam(tube_voltage_kv=120.0)) > mean_energy_kev(Beam())


def test_more_filter_hardens():
    thick = Beam(tube_voltage_kv=80.0, filters=((ALUMINIUM, 6.0),))
    thin = Beam(tube_voltage_kv=80.0, filters=((ALUMINIUM, 2.5),))
    assert half_value_layer_mm(thick) > half_value_layer_mm(thin)
    assert air_kerma_per_mas(thick) < air_kerma_per_mas(thin)


@pytest.mark.parametrize("wrong", [{"tube_voltage_kv": 40.0}, {"energy_kev": 5.0}])
def test_what_is_no_beam_is_refused(wrong):
    with pytest.raises(InputError):
        Beam(**wrong)
    with pytest.raises(InputError):
        Beam(filters=((ALUMINIUM, -1.0),))


def full_signal(beam, detector, water, bone, matter=()):
    """Sum over every energy of the table."""
    basis = basis_attenuation_per_mm()
    depth = basis[:, 0] * water + basis[:, 1] * bone
    for material, mm in matter:
        depth = depth + material.attenuation_per_mm * mm
    return float(signal_shares(beam, detector) @ np.exp(-depth))


@pytest.mark.parametrize("kv", [60.0, 80.0, 120.0])
def test_groups_and_table_are_the_full_spectrum(kv):
    beam, detector = Beam(tube_voltage_kv=kv), Detector()
    table = tabulate_tissue(beam, detector)
    water, bone = np.meshgrid(np.linspace(0, 400, 9), np.linspace(0, 80, 7))
    sums = np.stack([water, bone])
    out = np.empty(water.shape, np.float32)
    fast.transmit_tissue(sums, table.values, table.first, table.step, out)
    exact = np.vectorize(lambda w, b: full_signal(beam, detector, w, b))(water, bone)
    assert abs(out / exact - 1).max() < 0.005


@pytest.mark.parametrize("kv", [60.0, 80.0, 120.0])
@pytest.mark.parametrize(
    "matter",
    [(STEEL, 3.0), (STEEL, 1.0), (bone_cement(), 20.0), (iodinated_contrast(150.0), 15.0)],
    ids=["needle", "wall", "cement", "balloon"],
)
def test_behind_matter_the_groups_are_the_full_spectrum(kv, matter):
    beam, detector = Beam(tube_voltage_kv=kv), Detector()
    model = model_signal(beam, detector)
    sums = np.array([180.0, 15.0]).reshape(2, 1, 1)
    chords = np.array([matter[1]]).reshape(1, 1, 1)
    out = np.empty((1, 1), np.float32)
    fast.transmit_matter(
        sums,
        chords,
        np.zeros(1),
        model.weights,
        model.basis,
        model.attenuation(matter[0])[:, None],
        out,
    )
    exact = full_signal(beam, detector, 180.0, 15.0, (matter,))
    assert out[0, 0] == pytest.approx(exact, rel=0.02)


def test_without_matter_both_ways_agree():
    """Pixels of a needle's window meet those beside it without a seam."""
    model = model_signal(Beam(tube_voltage_kv=70.0), Detector())
    table = tabulate_tissue(Beam(tube_voltage_kv=70.0), Detector())
    sums = np.random.default_rng(0).uniform(0, 1, (2, 5, 6)) * np.array([300, 50])[:, None, None]
    beside, within = np.empty((5, 6), np.float32), np.empty((5, 6), np.float32)
    fast.transmit_tissue(sums, table.values, table.first, table.step, beside)
    fast.transmit_matter(
        sums,
        np.full((1, 5, 6), 1e-9),
        np.zeros(1),
        model.weights,
        model.basis,
        model.attenuation(STEEL)[:, None],
        within,
    )
    np.testing.assert_allclose(beside, within, rtol=1e-3)


def test_one_energy_is_one_exponential():
    model = model_signal(Beam(energy_kev=60.0), Detector())
    assert model.weights.tolist() == [1.0]
    assert model.attenuation(STEEL)[0] == pytest.approx(STEEL.attenuation_at(60.0))


def test_compiled_transmission_is_that_of_the_reference():
    rng = np.random.default_rng(1)
    model = model_signal(Beam(), Detector())
    sums = rng.uniform(-10, 300, (2, 6, 7))
    chords = rng.uniform(0, 5, (2, 6, 7)) * (rng.random((2, 6, 7)) > 0.5)
    matter = np.stack([model.attenuation(m) for m in (STEEL, bone_cement())], axis=1)
    made, exact = (np.full((6, 7), 9.0, np.float32) for _ in range(2))
    table = tabulate_tissue(Beam(), Detector())
    given = (sums, table.values, table.first, table.step)
    fast.transmit_tissue(*given, made)
    plain.transmit_tissue(*given, exact)
    np.testing.assert_allclose(made, exact, rtol=1e-6)
    given = (sums, chords, np.array([1.0, 0.5]), model.weights, model.basis, matter)
    fast.transmit_matter(*given, made)
    plain.transmit_matter(*given, exact)
    np.testing.assert_allclose(made, exact, rtol=1e-5)


def test_counts_are_those_of_the_reference():
    mean = np.random.default_rng(2).uniform(0, 80, (9, 11)).astype(np.float32)
    made, exact = np.empty_like(mean), np.empty_like(mean)
    fast.count_quanta(mean, np.uint64(12345), made)
    plain.count_quanta(mean, np.uint64(12345), exact)
    np.testing.assert_allclose(made, exact, rtol=1e-5)


@pytest.mark.parametrize("expected", [0.3, 3.0, 20.0, 30.0, 400.0])
def test_counts_scatter_like_poisson(expected):
    mean = np.full((300, 300), expected, np.float32)
    out = np.empty_like(mean)
    fast.count_quanta(mean, np.uint64(7), out)
    assert out.mean() == pytest.approx(expected, rel=0.02)
    assert out.var() == pytest.approx(expected, rel=0.03)
    neighbours = np.corrcoef(out[:, 1:].ravel(), out[:, :-1].ravel())[0, 1]
    assert abs(neighbours) < 0.015


def test_quanta_are_as_many_as_a_detector_absorbs():
    """About 25 000-30 000 photons per mm2 and microgray, of which CsI absorbs most."""
    beam = Beam(tube_voltage_kv=70.0)
    assert 1.2e4 < open_quanta_per_mas(beam, Detector()) / air_kerma_per_mas(beam) < 3e4
    thin, usual = (
        open_quanta_per_mas(beam, detector) * model_signal(beam, detector).signal(200.0, 0.0)
        for detector in (Detector(scintillator_mm=0.2), Detector())
    )
    assert thin < 0.7 * usual


@pytest.mark.parametrize("voltage", [60.0, 85.0, 120.0])
@pytest.mark.parametrize(
    ("water", "low", "high"), [(200, 0.998, 1.002), (0, 0.86, 0.9), (300, 1.02, 1.05)]
)
def test_quanta_are_those_of_the_energies_absorbed(voltage, water, low, high):
    """Square of the sum of absorbed energies over the sum of their squares, photon by photon."""
    beam, detector, energies = Beam(tube_voltage_kv=voltage), Detector(), xray_energies_kev()
    behind = beam.fluence() * np.exp(-water * WATER.attenuation_per_mm) * detector.absorbed()
    expected = 0.5 * (behind @ energies) ** 2 / (behind @ energies**2)
    signal = model_signal(beam, detector).signal(water, 0.0)
    assert low < signal * open_quanta_per_mas(beam, detector) / expected < high


@pytest.mark.parametrize("voltage", [60.0, 85.0, 120.0])
def test_kerma_behind_tissue_is_less_than_the_signal(voltage):
    """A harder beam leaves more signal than kerma: the two must not be taken for one another."""
    beam = Beam(tube_voltage_kv=voltage)
    share = kerma_behind_tissue(beam, 200.0, 0.0)
    assert share == pytest.approx(kerma_transmission(beam, WATER, 200.0), rel=1e-9)
    assert model_signal(beam, Detector()).signal(200.0, 0.0) > 1.1 * share
