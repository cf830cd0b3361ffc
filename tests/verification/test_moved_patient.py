"""The same patient in another position gets the same plan: by the header, and resampled."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import affine_transform
from scipy.spatial.transform import Rotation

from vertaug.anatomy import analyse_spine
from vertaug.case.grid import Grid
from vertaug.case.plan import Procedure
from vertaug.case.volume import LabelMap
from vertaug.imaging.phantom import PhantomSpec, build_phantom
from vertaug.planning import plan_access

pytestmark = [pytest.mark.verification, pytest.mark.slow]

_LEVELS = ("T12", "L1", "L2")


def _motion(degrees):
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    motion[:3, 3] = (13.3, -21.7, 8.1)
    return motion


def _by_header(scan, labels, motion):
    def moved(grid):
        return Grid(shape=grid.shape, affine=motion @ grid.affine)

    return replace(scan, grid=moved(scan.grid)), replace(labels, grid=moved(labels.grid))


def _resampled(scan, labels, motion):
    """CT trilinear, labels by the nearest voxel, on a new grid along LPS."""
    old = scan.grid
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in old.shape], indexing="ij")).reshape(3, -1).T
    corners = old.to_world(ends) @ motion[:3, :3].T + motion[:3, 3]
    low, high = corners.min(axis=0), corners.max(axis=0)
    shape = tuple(int(n) for n in np.ceil((high - low) / old.spacing_mm) + 1)
    affine = np.diag([*old.spacing_mm, 1.0])
    affine[:3, 3] = low + 0.37
    back = np.linalg.inv(motion @ old.affine) @ affine

    def sample(values, order, outside):
        return affine_transform(
            values, back[:3, :3], back[:3, 3], output_shape=shape, order=order, cval=outside
        )

    grid = Grid(shape=shape, affine=affine)
    return (
        replace(scan, hu=sample(scan.hu, 1, -1024), grid=grid),
        replace(labels, values=sample(labels.values, 0, 0), grid=grid),
    )


def _best(scan, labels):
    spine = analyse_spine(scan, labels)
    plan = plan_access(spine, "L1", None, (Procedure.VERTEBROPLASTY,)).plans[0]
    return plan, {path.side: path for path in plan.paths}


def _axis(path):
    way = path.target_lps_mm - path.entry_lps_mm
    return way / np.linalg.norm(way)


@pytest.fixture(scope="module")
def still():
    spec = PhantomSpec(spacing_mm=(1.0, 1.0, 1.0), field_of_view_mm=(150.0, 140.0, 120.0))
    phantom = build_phantom(spec)
    full = phantom.labels
    kept = {name: full.levels[name] for name in _LEVELS}
    values = np.where(np.isin(full.values, list(kept.values())), full.values, 0)
    labels = LabelMap(values=values, grid=full.grid, levels=kept, numbering=full.numbering)
    return phantom.scan, labels, *_best(phantom.scan, labels)


@pytest.mark.parametrize(
    ("move", "degrees", "limits"),
    [
        # the same voxels: only the frame's first estimate differs
        (_by_header, (-20.0, 5.0, 3.0), (0.2, 0.2, 0.3)),
        # other voxels: the labels' outline itself moves by up to half of one
        (_resampled, (7.0, -5.0, 9.0), (0.5, 0.5, 0.8)),
    ],
)
def test_moved_patient_gets_the_moved_plan(still, move, degrees, limits):
    scan, labels, plan, paths = still
    motion = _motion(degrees)
    found, moved = _best(*move(scan, labels, motion))
    assert (found.route, found.sides) == (plan.route, plan.sides)
    assert found.score == pytest.approx(plan.score, abs=0.02)
    tip_mm, aside_mm, angle_deg = limits
    for side, path in paths.items():
        other = moved[side]
        axis = motion[:3, :3] @ _axis(path)
        tip = motion[:3, :3] @ path.target_lps_mm + motion[:3, 3] - other.target_lps_mm
        entry = motion[:3, :3] @ path.entry_lps_mm + motion[:3, 3] - other.entry_lps_mm
        assert np.linalg.norm(tip) < tip_mm
        assert np.linalg.norm(entry - (entry @ axis) * axis) < aside_mm
        assert np.degrees(np.arccos(min(1.0, axis @ _axis(other)))) < angle_deg
