"""The published failure load of L2 of sub-verse004, computed by another program."""

from pathlib import Path

import pytest

from vertaug.mechanics.bone_material import BoneMaterial
from vertaug.mechanics.comparison import StrengthOptions, assess_model
from vertaug.mechanics.segmented import model_from_regions
from vertaug.workflow.strength_images import ImagePair, read_volume

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "verse004-l2"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs the real CT in ../shared/data"),
]


def test_failure_loads_of_the_published_vertebra():
    pair = ImagePair(
        density=DATA / "sub-verse004_0000_vertebra_21_im.nii.gz",
        regions=DATA / "sub-verse004_0000_vertebra_21_seg.nii.gz",
        mapping="published",
        height_mm=29.0,
    )
    material = BoneMaterial(mapping=pair.mapping)
    model = model_from_regions(
        read_volume(pair.density), read_volume(pair.regions), material=material, height_mm=29.0
    )
    found = assess_model(model, "L2", StrengthOptions(material=material)).before
    loads = {load.name: load.force_n for load in found.failure_loads}
    assert found.stiffness_n_per_mm == pytest.approx(12_362.0, rel=1e-3)
    assert loads["linear 0.68 %"] == pytest.approx(2437.786, rel=1e-3)
    # F.Load (nonlinear) of the csv of spineFE-benchmark; at which displacement is not said there
    assert loads["force at 1.9 % strain"] == pytest.approx(1847.0, rel=0.03)
