"""Labels out of order are refused; a level that the upper edge cuts tells no order."""

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.case.errors import LabelError
from vertaug.case.grid import Grid
from vertaug.case.volume import LabelMap, Scan, ScanInfo

SHAPE = (60, 80, 50)


def analyse(top):
    """L1 is a stalk that reaches up to the voxel `top` from a knob lower than the body of L2."""
    values = np.zeros(SHAPE, np.uint8)
    values[15:45, 10:36, 14:38] = 21
    values[26:34, 36:60, 10:14] = 21
    values[24:36, 60:72, 18:28] = 20
    values[28:32, 64:68, 28:top] = 20
    grid = Grid(shape=SHAPE, affine=np.eye(4))
    hu = np.where(values > 0, 300, 40).astype(np.int16)
    return analyse_spine(
        Scan(hu=hu, grid=grid, info=ScanInfo(source_format="phantom")),
        LabelMap(values=values, grid=grid, levels={"L1": 20, "L2": 21}, numbering="verse"),
    )


def test_what_the_upper_edge_leaves_of_a_level_tells_no_order():
    spine = analyse(top=SHAPE[2])
    assert "L1" not in spine.vertebrae


def test_a_whole_level_below_the_next_is_refused():
    with pytest.raises(LabelError, match="L1 below L2"):
        analyse(top=40)
