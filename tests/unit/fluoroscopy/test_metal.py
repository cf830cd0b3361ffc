"""Metal of the CT: its mass between thick slices, hardening behind it, and matter beside it."""

import numpy as np
import pytest

from vertaug.case.grid import Grid
from vertaug.case.volume import Scan, ScanInfo
from vertaug.fluoroscopy import prepare_patient
from vertaug.tissue.ct_attenuation import (
    HIGHEST_HU,
    LOWEST_HU,
    basis_attenuation_at,
    basis_of_hounsfield,
)

TISSUE_HU = 40


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
