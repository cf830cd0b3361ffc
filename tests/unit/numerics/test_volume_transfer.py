"""Contents of cells on another grid."""

import numpy as np
import pytest

from vertaug.numerics.volume_transfer import transfer_contents


def affine(spacing, origin=(0.0, 0.0, 0.0), turn_deg=0.0):
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    out = np.eye(4)
    out[:3, :3] = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) * spacing
    out[:3, 3] = origin
    return out


def between(one, other):
    return np.linalg.inv(other) @ one


def centroid(values, where):
    index = np.moveaxis(np.indices(values.shape), 0, -1)
    points = index @ where[:3, :3].T + where[:3, 3]
    return (values[..., None] * points).sum(axis=(0, 1, 2)) / values.sum()


@pytest.mark.parametrize("spacing", [0.6, 1.0, 1.7, np.array([0.8, 1.1, 2.3])])
@pytest.mark.parametrize("turn", [0.0, 17.0])
def test_nothing_is_lost_and_nothing_moves(spacing, turn):
    rng = np.random.default_rng(3)
    held = np.zeros((20, 18, 16))
    held[6:14, 5:12, 4:12] = rng.random((8, 7, 8))
    here, there = affine(1.0, (-9.3, -8.1, -7.7)), affine(spacing, (-24.0, -24.0, -20.0), turn)
    shape = tuple(int(n) for n in np.ceil(np.array([56.0, 56.0, 40.0]) / spacing))
    found, outside = transfer_contents(held, between(here, there), shape)
    assert outside == pytest.approx(0.0, abs=1e-10 * held.sum())
    assert found.sum() == pytest.approx(held.sum(), rel=1e-12)
    assert found.min() >= 0.0
    near = 1e-9 if turn == 0.0 and np.ndim(spacing) == 0 and spacing == 1.0 else 0.05
    assert centroid(found, there) == pytest.approx(centroid(held, here), abs=near)


def test_the_same_grid_gives_the_same_contents():
    held = np.random.default_rng(1).random((5, 6, 7))
    found, outside = transfer_contents(held, np.eye(4), held.shape)
    assert found == pytest.approx(held)
    assert outside == pytest.approx(0.0, abs=1e-12)


def test_an_axis_that_runs_the_other_way_is_followed():
    """Half of each cell goes to either side; half of the first one leaves."""
    held = np.arange(1.0, 5.0)[:, None, None]
    turned = np.diag([-1.0, 1.0, 1.0, 1.0])
    turned[0, 3] = 3.5
    found, outside = transfer_contents(held, turned, (4, 1, 1))
    assert found[:, 0, 0] == pytest.approx([2.0, 3.5, 2.5, 1.5])
    assert outside == pytest.approx(0.5)


def test_what_leaves_the_grid_is_told():
    held = np.ones((4, 4, 4))
    found, outside = transfer_contents(held, np.eye(4), (4, 4, 2))
    assert found.sum() == pytest.approx(32.0)
    assert outside == pytest.approx(32.0)
