"""A published vertebra recomputed: L2 of sub-verse004 of spineFE-benchmark.

Numbers of Walle, Matheson, Boyd, GigaScience 2025 giaf094, and of the independent recomputation in
the physics reference, 0.1 and 0.3.
"""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from vertaug.case.grid import Grid
from vertaug.case.volume import Volume
from vertaug.mechanics.bone_material import BoneMaterial
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.rigidity import failure_load
from vertaug.mechanics.segmented import model_from_regions

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs the real CT in ../shared/data"),
]

VERSE004 = DATA / "verse004-l2" / "sub-verse004_0000_vertebra_21_im.nii.gz"
VERSE004_REGIONS = DATA / "verse004-l2" / "sub-verse004_0000_vertebra_21_seg.nii.gz"


def read_volume(path):
    image = nib.load(path)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine  # RAS to LPS
    return Volume(values=np.asarray(image.dataobj), grid=Grid(shape=image.shape, affine=affine))


@pytest.fixture(scope="module")
def images():
    return read_volume(VERSE004), read_volume(VERSE004_REGIONS)


# published; computed by another code with the correct bins; with the exact modulus
@pytest.mark.parametrize(
    ("mapping", "stiffness"), [("published", 12_362.0), ("binned", 10_442.0), ("exact", 10_483.0)]
)
def test_stiffness_of_the_published_vertebra(images, mapping, stiffness):
    model = model_from_regions(*images, material=BoneMaterial(mapping=mapping), height_mm=29.0)
    found = solve_elastic(model)
    assert found.stiffness == pytest.approx(stiffness, rel=1e-3)
    if mapping == "published":
        assert found.reaction_n == pytest.approx(2472.0, rel=1e-3)
        load = failure_load(found.stiffness, model.height_mm)
        assert load == pytest.approx(2437.786, rel=1e-3)


def test_header_that_lies_about_front_and_back_is_set_right(images):
    model = model_from_regions(*images)
    bone = np.argwhere(model.bone_mpa > 0)[:, 1]
    caps = np.argwhere(model.filler_mpa > 0)[:, 1]
    assert bone.mean() > caps.mean() + 5  # the process lies behind the body
