"""A case folder with three blocks as bones, and cement in the middle one."""

import numpy as np
import pytest

from vertaug.case.bone_shift import BoneShift
from vertaug.case.grid import Grid
from vertaug.case.plan import Procedure
from vertaug.case.volume import LabelMap
from vertaug.imaging import write_label_nifti, write_nifti
from vertaug.recovery.leaflet.leaflet import LeafletRequest, compose_leaflet

LIFT_MM = 4.0


@pytest.fixture(scope="session")
def blocks():
    """Grid and label map: T12 above L1 above L2, 8 mm apart; behind each a thinner part."""
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    grid = Grid(shape=(40, 50, 90), affine=affine)
    values = np.zeros(grid.shape, dtype=np.uint8)
    for name, low in ((21, 8), (20, 34), (19, 60)):
        values[6:34, 6:30, low : low + 18] = name
        values[14:26, 30:44, low + 4 : low + 12] = name
    levels = {"T12": 19, "L1": 20, "L2": 21}
    return LabelMap(values=values, grid=grid, levels=levels, numbering="verse")


@pytest.fixture(scope="session")
def shift(blocks):
    """The broken bone lifted by 4 mm as a whole, and nothing above it moved."""
    went = np.zeros((*blocks.grid.shape, 3), dtype=np.float32)
    went[..., 2] = LIFT_MM
    return BoneShift(grid=blocks.grid, went_mm=went, came_mm=went)


@pytest.fixture(scope="session")
def leaflet_folder(blocks, tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaflet")
    write_label_nifti(folder / "labels" / "levels.nii.gz", blocks)
    cement = np.zeros(blocks.grid.shape, dtype=np.float32)
    cement[12:28, 10:22, 38:48] = 1.0
    for procedure in Procedure:
        path = folder / procedure.value / "L1_cement_01.nii.gz"
        write_nifti(path, cement, blocks.grid)
    return folder


@pytest.fixture(scope="session")
def block_case(make_leaflet_case):
    """Return a function that makes a case whose bodies are those of the blocks."""
    from vertaug.case.case_file import AnatomyRecord, VertebraRecord

    heights = {"T12": 69.0, "L1": 43.0, "L2": 17.0}
    levels = {
        name: VertebraRecord.model_construct(origin_lps_mm=(20.0, 18.0, z))
        for name, z in heights.items()
    }
    anatomy = AnatomyRecord.model_construct(levels=levels, incomplete={}, notes=())

    def make(**parts):
        return make_leaflet_case(**parts).model_copy(update={"anatomy": anatomy})

    return make


@pytest.fixture(scope="session")
def simulated(block_case):
    """A case with both procedures simulated, and a function for its leaflet."""
    case = block_case(simulated=tuple(Procedure))

    def leaflet(**wanted):
        return compose_leaflet(case, LeafletRequest(**wanted))

    return case, leaflet
