"""One phantom vertebra as it is, with a gas cleft, and with the CT and the patient turned."""

import pytest

from vertaug.anatomy import analyse_spine
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.tissue import calibrate_generic


def scanned(**setting):
    phantom = build_phantom(PhantomSpec(field_of_view_mm=(150.0, 150.0, 130.0), **setting))
    return analyse_spine(phantom.scan, phantom.labels)["L1"], phantom.scan.grid, phantom.truth


@pytest.fixture(scope="session")
def law():
    return calibrate_generic(120.0)


@pytest.fixture(scope="session")
def plain(phantom_spine):
    phantom, spine = phantom_spine
    return spine["L1"], phantom.scan.grid, phantom.truth


@pytest.fixture(scope="session")
def cleft():
    return scanned(gas_cleft=True)


@pytest.fixture(scope="session")
def turned():
    return scanned(grid_rotation_deg=(8.0, -11.0, 14.0), rotation_deg=(5.0, 4.0, -9.0))
