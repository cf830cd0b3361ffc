"""Places of voxels in the patient."""

import numpy as np

from vertaug.case.grid import Grid


def test_the_eighths_of_voxels_lie_within_them():
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    affine = np.eye(4)
    affine[:3, :3] = turn * [1.0, 2.0, 3.0]
    affine[:3, 3] = [5.0, -7.0, 11.0]
    whole = Grid(shape=(2, 3, 4), affine=affine)
    parts = whole.halved()
    assert parts.shape == (4, 6, 8)
    np.testing.assert_allclose(parts.spacing_mm, 0.5 * whole.spacing_mm)
    # the eight parts of voxel (1, 2, 3) are spread evenly about its centre
    eight = parts.to_world(np.argwhere(np.ones((2, 2, 2))) + np.array([2, 4, 6]))
    np.testing.assert_allclose(eight.mean(axis=0), whole.to_world([1, 2, 3]))
    np.testing.assert_allclose(np.ptp(whole.to_index(eight), axis=0), 0.5)
