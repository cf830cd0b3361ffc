"""The anatomy of one phantom, made once for all tests of a process."""

import pytest

from vertaug.anatomy import analyse_spine
from vertaug.imaging.phantom import PhantomSpec, build_phantom


@pytest.fixture(scope="session")
def phantom_spine():
    """The phantom and its anatomy."""
    phantom = build_phantom(PhantomSpec(field_of_view_mm=(150.0, 150.0, 130.0)))
    return phantom, analyse_spine(phantom.scan, phantom.labels)
