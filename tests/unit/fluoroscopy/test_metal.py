"""Metal of the CT: its mass between thick slices, hardening behind it, and matter beside it."""

import numpy as np
import pytest

from vertaug.case.grid import Grid
from vertaug.case.volume import Scan, ScanInfo
from vertaug.fluoroscopy import (
    Beam,
    Detector,
    _transmission_numba as fast,
    _transmission_reference as plain,
    prepare_patient,
)
from vertaug.fluoroscopy.transmission import model_signal, signal_shares, tabulate_tissue
from vertaug.tissue.ct_attenuation import (
    HIGHEST_HU,
    LOWEST_HU,
    basis_attenuation_at,
    basis_attenuation_per_mm,
    basis_of_hounsfield,
)
from vertaug.tissue.material import WATER, Material, bone_cement

TISSUE_HU = 40
TITANIUM = Material(
    name="Ti-6Al-4V", density_g_per_ml=4.43, parts=(("titanium", 1.0),), source="test"
)
METAL_BASIS = basis_of_hounsfield(None)[-1]


def metal_block(spacing_mm, slices, axes=(2,)):
    """A block of metal in tissue, thin along axes of thick voxels."""
    hu = np.full((9, 10, 11), TISSUE_HU, np.int16)
    block = tuple(slice(4, 4 + slices) if a in axes else slice(3, 7) for a in range(3))
    hu[block] = HIGHEST_HU
    spacing = [spacing_mm if a in axes else 1.0 for a in range(3)]
    grid = Grid(shape=hu.shape, affine=np.diag([*spacing, 1.0]))
    return Scan(hu=hu, grid=grid, info=ScanInfo(source_format="phantom"))


def excess_at_60_kev(hu, grid):
    """Attenuation above that of the tissue around, summed over the volume."""
    per_code = basis_of_hounsfield(None) @ basis_attenuation_at(60.0)
    more = per_code[hu.astype(int) - LOWEST_HU] - per_code[TISSUE_HU - LOWEST_HU]
    return float(more.sum() * np.prod(grid.spacing_mm))


@pytest.mark.parametrize("slices", [1, 2])
@pytest.mark.parametrize("spacing_mm", [1.0, 2.0, 2.5, 3.0, 5.0])
@pytest.mark.parametrize("axes", [(2,), (0,), (1, 2)])
def test_metal_between_thick_slices_keeps_its_mass(spacing_mm, slices, axes):
    scan = metal_block(spacing_mm, slices, axes)
    tissue = prepare_patient(scan).tissue
    assert excess_at_60_kev(tissue.values, tissue.grid) == pytest.approx(
        excess_at_60_kev(scan.hu, scan.grid), rel=0.01
    )


def test_away_from_metal_thick_slices_are_still_interpolated():
    scan = metal_block(3.0, 1)
    hu = np.array(scan.hu)
    hu[:, :, 9:] = 200
    fine = prepare_patient(Scan(hu=hu, grid=scan.grid, info=scan.info)).tissue
    steps = np.diff(fine.values[0, 0].astype(int))
    assert steps.max() < 100
    assert (steps > 0).sum() == 3


def signal_of_layers(beam, *layers):
    """Sum over every energy of the table, with each material's own attenuation."""
    depth = sum(material.attenuation_per_mm * mm for material, mm in layers)
    return float(signal_shares(beam, Detector()) @ np.exp(-depth))


def signals_beside(sums, chord_mm, material, beam):
    """Signal behind a ray's sums and matter, from the kernel and from its reference."""
    model = model_signal(beam, Detector())
    made = []
    for twin in (fast, plain):
        out = np.empty((1, 1), np.float32)
        twin.transmit_matter(
            np.reshape(np.asarray(sums, dtype=float), (2, 1, 1)),
            np.full((1, 1, 1), chord_mm),
            np.ones(1),
            model.weights,
            model.basis,
            model.attenuation(material)[:, None],
            out,
        )
        made.append(float(out[0, 0]))
    return made


@pytest.mark.parametrize("titanium_mm", [0.0, 4.0, 8.0])
def test_matter_displaces_tissue_on_a_ray_through_metal_too(titanium_mm):
    """20 mm of cement in 120 mm of tissue: 100 mm of it are left, with metal or without."""
    beam, cement = Beam(tube_voltage_kv=80.0), bone_cement(0.3)
    sums = np.array([120.0, 0.0]) + titanium_mm * METAL_BASIS
    expected = signal_of_layers(beam, (WATER, 100.0), (cement, 20.0), (TITANIUM, titanium_mm))
    for made in signals_beside(sums, 20.0, cement, beam):
        assert made == pytest.approx(expected, rel=0.02)


def test_matter_displaces_no_more_than_the_mass_on_its_ray():
    """20 mm of cement in 5 mm of tissue: nothing is left but the cement."""
    beam, cement = Beam(tube_voltage_kv=80.0), bone_cement(0.3)
    for made in signals_beside([5.0, 0.0], 20.0, cement, beam):
        assert made == pytest.approx(signal_of_layers(beam, (cement, 20.0)), rel=0.01)
    for made in signals_beside([0.0, 0.0], 20.0, cement, beam):
        assert made == pytest.approx(signal_of_layers(beam, (cement, 20.0)), rel=0.01)


@pytest.mark.parametrize(("voltage", "allowed"), [(60.0, 0.045), (80.0, 0.02), (120.0, 0.01)])
def test_a_beam_goes_on_hardening_in_thick_metal(voltage, allowed):
    """At 60 kV two basis substances and groups of energies err by 4 % behind 40 mm."""
    beam = Beam(tube_voltage_kv=voltage)
    table = tabulate_tissue(beam, Detector())
    water, titanium = np.meshgrid(np.linspace(0, 200, 6), [5.0, 10.0, 20.0, 30.0, 40.0])
    sums = np.multiply.outer(METAL_BASIS, titanium)
    sums[0] += water
    out = np.empty(water.shape, np.float32)
    fast.transmit_tissue(sums, table.values, table.first, table.step, out)
    exact = np.vectorize(lambda w, t: signal_of_layers(beam, (WATER, w), (TITANIUM, t)))
    assert abs(out / exact(water, titanium) - 1).max() < allowed


@pytest.mark.parametrize("voltage", [60.0, 80.0, 120.0])
def test_the_table_is_fine_enough_for_tissue(voltage):
    """Between its nodes: the steps of these sums are not those of the table."""
    beam = Beam(tube_voltage_kv=voltage)
    table = tabulate_tissue(beam, Detector())
    assert np.isfinite(table.values).all()
    sums = np.stack(np.meshgrid(np.linspace(0, 600, 101), np.linspace(0, 120, 51)))
    out = np.empty(sums.shape[1:], np.float32)
    fast.transmit_tissue(sums, table.values, table.first, table.step, out)
    depth = np.tensordot(basis_attenuation_per_mm(), sums, axes=1)
    exact = np.tensordot(signal_shares(beam, Detector()), np.exp(-depth), axes=1)
    assert abs(out / exact - 1).max() < 0.003
