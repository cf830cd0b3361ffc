"""Where the patient ends."""

import numpy as np

from vertaug.anatomy.skin import find_patient
from vertaug.case.grid import Grid
from vertaug.case.spine import PatientRegion
from vertaug.case.volume import Scan, ScanInfo


def test_a_crop_full_of_tissue_is_patient_up_to_its_corners():
    grid = Grid(shape=(40, 50, 30), affine=np.diag([1.0, 1.0, 1.5, 1.0]))
    rng = np.random.default_rng(0)
    hu = rng.normal(40.0, 30.0, grid.shape).astype(np.int16)
    found = find_patient(Scan(hu=hu, grid=grid, info=ScanInfo(source_format="test")))
    assert (found.values == PatientRegion.PATIENT).all()


def test_a_thin_table_behind_the_back_is_not_patient():
    grid = Grid(shape=(60, 60, 30), affine=np.diag([2.5, 2.5, 2.5, 1.0]))
    hu = np.full(grid.shape, -1000, np.int16)
    hu[10:50, 5:40] = 20
    hu[5:55, 48] = -200
    found = find_patient(Scan(hu=hu, grid=grid, info=ScanInfo(source_format="test")))
    assert (found.values[12:48, 8:38] == PatientRegion.PATIENT).all()
    assert (found.values[:, 46:50] == PatientRegion.AIR).all()
