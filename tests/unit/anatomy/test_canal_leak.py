"""The canal does not run out between the laminae."""

import numpy as np

from vertaug.anatomy.canal import CanalAxis, fill_canal


def test_a_narrow_gap_of_the_arch_does_not_let_the_canal_out():
    step = 0.5
    x = np.arange(-16.0, 16.1, step)
    z = np.array([-step, 0.0, step])
    across, along = np.meshgrid(x, x, indexing="ij")
    radius = np.hypot(across, along)
    ring = (radius >= 9.0) & (radius < 10.5)
    canals = {}
    for name, gap_mm in (("closed", 0.0), ("narrow", 2.0), ("wide", 8.0)):
        arch = ring & ~((np.abs(across) < gap_mm / 2) & (along > 0))
        bone = np.repeat(arch[:, :, None], z.size, axis=2)
        axis = CanalAxis(
            centre_xy_mm=np.zeros(2), slope=np.zeros(2), opening=radius < 8.0, closing_mm=4.0
        )
        canals[name] = fill_canal(bone, np.ones_like(bone), axis, (x, x, z))[:, :, 1]
    assert canals["closed"].sum() == (radius < 9.0).sum()
    # at most the neck itself, one voxel beyond the growth back
    extra = canals["narrow"] & ~canals["closed"]
    assert radius[extra].max(initial=0.0) < 10.5
    # no arch there: the growth bounds it, as beside the foramina
    assert radius[canals["wide"]].max() > 11.0
