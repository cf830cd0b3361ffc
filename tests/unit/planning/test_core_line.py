import numba
import numpy as np
import pytest

from vertaug.case.plan import Procedure
from vertaug.planning import plan_access
from vertaug.planning.body import continue_sheet
from vertaug.planning.core_line import find_core_line


def test_core_of_a_tube_is_its_axis(bench):
    side = bench.left
    front, back = find_core_line(bench.spine["L1"], side.centre_mm, bench.truth.wall_y)
    tilt = np.degrees(np.arccos((front - back) @ side.axis / np.linalg.norm(front - back)))
    assert tilt < 0.5
    assert [front[1], back[1]] == pytest.approx(
        [bench.truth.wall_y + 1.0, bench.truth.wall_y + 7.0]
    )
    # the tube's axis: 15.15 mm from the mid-plane 4 mm behind the wall, converging by 10 degrees
    axis_x = 15.15 + (np.array([front[1], back[1]]) - 17.0) * np.tan(np.radians(10.0))
    np.testing.assert_allclose([front[0], back[0]], axis_x, atol=0.1)
    np.testing.assert_allclose([front[2], back[2]], 3.0, atol=0.1)


@pytest.mark.parametrize("offset", [(1.5, 0.0, 0.0), (-1.0, 2.0, 2.0), (0.0, -1.0, -2.5)])
def test_core_does_not_depend_on_where_the_search_begins(bench, offset):
    side = bench.left
    line = find_core_line(bench.spine["L1"], side.centre_mm, bench.truth.wall_y)
    other = find_core_line(bench.spine["L1"], side.centre_mm + offset, bench.truth.wall_y)
    np.testing.assert_allclose(other, line, atol=0.05)


def test_flank_beyond_the_rim_is_not_the_endplate(bench):
    """Columns that meet a pedicle's lower border far above the endplate are left out."""
    surface = bench.spine["L1"].inferior.surface
    height = np.array(surface.height_mm)
    seen = np.argwhere(np.isfinite(height))
    behind = seen[seen[:, 1] > np.quantile(seen[:, 1], 0.9)]
    height[tuple(behind.T)] += 9.0
    plate = continue_sheet(type(surface)(u_mm=surface.u_mm, v_mm=surface.v_mm, height_mm=height))
    assert np.ptp(plate.height_mm) < 0.5


def test_plan_does_not_depend_on_the_number_of_threads(bench, result):
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
        again = plan_access(bench.spine, "L1", None, tuple(Procedure))
    finally:
        numba.set_num_threads(before)
    for one, other in zip(result.plans, again.plans, strict=True):
        assert one.score == other.score
        for path, same in zip(one.paths, other.paths, strict=True):
            np.testing.assert_array_equal(path.entry_lps_mm, same.entry_lps_mm)
            np.testing.assert_array_equal(path.target_lps_mm, same.target_lps_mm)
