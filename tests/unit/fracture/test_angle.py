"""Sagittal angles, kyphosis positive."""

import numpy as np
import pytest

from vertaug.case.errors import AnatomyError
from vertaug.case.spine import EndplateLine, VertebraFrame
from vertaug.fracture.angle import kyphosis_between, slope_in_plane

UPRIGHT = VertebraFrame(origin_lps_mm=np.zeros(3), axes=np.eye(3))


def line(direction):
    direction = np.asarray(direction, dtype=float)
    return EndplateLine(
        point_lps_mm=np.zeros(3),
        direction=direction / np.linalg.norm(direction),
        residual_mm=0.0,
    )


def rising(angle_deg):
    return line([0, np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])


def test_wedge_with_a_low_front_is_kyphosis():
    assert kyphosis_between(rising(8), rising(-4), UPRIGHT) == pytest.approx(12.0)
    assert kyphosis_between(rising(-5), rising(5), UPRIGHT) == pytest.approx(-10.0)


def test_wedge_angle_agrees_with_the_heights_and_the_depth(blocks):
    vertebra = blocks.block_vertebra("L1", (14.0, 20.0, 26.0), tilt_deg=15.0)
    angle = kyphosis_between(vertebra.superior.line, vertebra.inferior.line, vertebra.frame)
    assert angle == pytest.approx(2 * np.degrees(np.arctan(6.0 / 30.0)))


def test_direction_and_tilt_of_the_frame_do_not_matter(blocks):
    axes = blocks.rotation_about_x(30.0)
    turned = VertebraFrame(origin_lps_mm=np.ones(3), axes=axes)
    upper, lower = line(-axes @ rising(7).direction), line(axes @ rising(-3).direction)
    assert kyphosis_between(upper, lower, turned) == pytest.approx(10.0)


def test_lateral_tilt_is_projected_out():
    tilted = line([0.4, np.cos(np.radians(9)), np.sin(np.radians(9))])
    assert slope_in_plane(tilted, UPRIGHT) == pytest.approx(9.0)


def test_a_line_across_the_plane_has_no_angle():
    with pytest.raises(AnatomyError, match="undefined"):
        slope_in_plane(line([1, 0, 0]), UPRIGHT)
