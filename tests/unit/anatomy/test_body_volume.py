"""The volume of a body does not depend on how flat it is, and ends at the wall's line."""

import numpy as np
import pytest

from vertaug.anatomy.body import PosteriorBorder, measure_body_volume

STEP = 0.75


def cylinder(height_mm, depth_mm=16.0, width_mm=22.0):
    axes = tuple(np.arange(-n, n + STEP / 2, STEP) for n in (30.0, 30.0, 24.0))
    x, y, z = np.meshgrid(*axes, indexing="ij")
    radius = np.hypot(x / width_mm, y / depth_mm)
    # distance to the wall of an ellipse, to first order
    slope = np.hypot(x / width_mm**2, y / depth_mm**2) / np.maximum(radius, 1e-9)
    side = (radius - 1.0) / np.maximum(slope, 1e-9)
    distance = np.maximum(side, np.abs(z) - height_mm / 2)
    return np.clip(0.5 - distance / 2.0, 0.0, 1.0).astype(np.float32), axes


def border(axes, wall_mm):
    flat = np.full(len(axes[2]), wall_mm)
    return PosteriorBorder(
        z_mm=axes[2],
        canal_x_mm=np.zeros(len(axes[2])),
        canal_y_mm=flat,
        canal_half_width_mm=10.0,
        wall_left_mm=flat,
        wall_right_mm=flat,
        side_left_mm=22.0,
        side_right_mm=22.0,
    )


@pytest.mark.parametrize("height_mm", [26.0, 10.0, 6.0])
def test_volume_of_tall_and_flat_bodies(height_mm):
    occupancy, axes = cylinder(height_mm)
    found = measure_body_volume(occupancy, occupancy > 0.5, border(axes, 29.0), axes)
    assert found == pytest.approx(np.pi * 22.0 * 16.0 * height_mm, rel=0.02)


def test_volume_ends_at_the_line_of_the_wall():
    occupancy, axes = cylinder(26.0)
    half = measure_body_volume(occupancy, occupancy > 0.5, border(axes, 0.0), axes)
    assert half == pytest.approx(np.pi * 22.0 * 16.0 * 26.0 / 2, rel=0.02)
