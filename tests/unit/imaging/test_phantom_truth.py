"""The phantom's answer key, held against independent measurements of its geometry."""

import numpy as np
import pytest

from vertaug.case.errors import LevelError
from vertaug.case.measurement import FractureShape
from vertaug.case.spine import Region
from vertaug.imaging.phantom import HeightLoss, PhantomSpec
from vertaug.imaging.phantom.build import make_solids
from vertaug.imaging.phantom.posture import patient_pose, place_vertebrae, rotation_xyz
from vertaug.imaging.phantom.specification import PHANTOM_LEVELS
from vertaug.imaging.phantom.truth import make_truth


def truth_of(spec):
    solids = make_solids(spec)
    patient = patient_pose(spec)
    poses = place_vertebrae(spec, solids)
    return make_truth(spec, solids, {n: patient.after(p) for n, p in poses.items()})


@pytest.fixture(scope="module")
def truth():
    return truth_of(PhantomSpec())


def cross_surface(truth, level, part, inside, direction, longest=30.0):
    """Walk from an inner point along a direction until the part ends; bisect."""
    ticks = np.arange(0.0, longest, 0.1)
    value = truth.evaluate(level, part, inside + ticks[:, None] * direction)
    n = int(np.argmax(value > 0))
    low, high = ticks[n - 1], ticks[n]
    for _ in range(40):
        half = (low + high) / 2
        if truth.evaluate(level, part, inside + half * direction) > 0:
            high = half
        else:
            low = half
    return (low + high) / 2


@pytest.mark.parametrize("level", PHANTOM_LEVELS)
def test_middle_points_lie_on_the_body_by_ray_casting(truth, level):
    answer = truth[level]
    marks = answer.landmarks
    up = answer.frame.axes[:, 2]
    for point, sign in ((marks.superior_middle, 1), (marks.inferior_middle, -1)):
        start = point - sign * 6.0 * up
        assert cross_surface(truth, level, "body", start, sign * up) == pytest.approx(6.0, abs=0.05)


@pytest.mark.parametrize("level", PHANTOM_LEVELS)
def test_corners_are_where_profile_and_wall_meet(truth, level):
    """Extrapolate the plate from 3-6 mm inside the corner: it must pass through the corner."""
    answer = truth[level]
    marks, axes = answer.landmarks, answer.frame.axes
    for plate, sign in (("superior", 1), ("inferior", -1)):
        for edge, inward in (("anterior", 1), ("posterior", -1)):
            corner = getattr(marks, f"{plate}_{edge}")
            steps = np.array([3.5, 5.0, 6.5])
            heights = []
            for step in steps:
                start = corner + inward * step * axes[:, 1] - sign * 7.0 * axes[:, 2]
                heights.append(cross_surface(truth, level, "body", start, sign * axes[:, 2]) - 7.0)
            at_corner = np.polyval(np.polyfit(steps, heights, 2), 0.0)
            assert abs(at_corner) < 0.35


def test_pedicle_width_is_the_smallest_cast_across_it(truth):
    for level in PHANTOM_LEVELS:
        pedicle = truth[level].left_pedicle
        up = truth[level].frame.axes[:, 2]
        across = np.cross(up, pedicle.axis)
        across /= np.linalg.norm(across)
        widths = []
        for along in np.arange(-1.0, 1.01, 0.25):
            start = pedicle.isthmus_lps_mm + along * pedicle.axis
            widths.append(
                cross_surface(truth, level, "bone", start, across)
                + cross_surface(truth, level, "bone", start, -across)
            )
        assert min(widths) == pytest.approx(pedicle.width_mm, abs=0.1)


def test_pedicle_axes_converge_as_designed(truth):
    for level, angle in (("T12", -4.2), ("L1", 10.9), ("L3", 14.4)):
        for pedicle, sign in ((truth[level].left_pedicle, -1), (truth[level].right_pedicle, 1)):
            x, y, _ = pedicle.axis @ truth[level].frame.axes
            assert y < 0
            assert np.degrees(np.arctan2(sign * x, -y)) == pytest.approx(angle, abs=0.4)


@pytest.mark.parametrize(
    ("loss", "grade", "shape"),
    [
        ((0.0, 0.0, 0.0), 0, FractureShape.NONE),
        ((0.225, 0.10, 0.0), 1, FractureShape.WEDGE),
        ((0.12, 0.33, 0.05), 2, FractureShape.BICONCAVE),
        ((0.34, 0.33, 0.32), 2, FractureShape.CRUSH),
        ((0.50, 0.38, 0.08), 3, FractureShape.WEDGE),
    ],
)
def test_grade_and_shape_follow_the_asked_loss(loss, grade, shape):
    a, m, p = loss
    spec = PhantomSpec(height_loss={"L1": HeightLoss(anterior=a, middle=m, posterior=p)})
    truth = truth_of(spec)
    assert truth["L1"].genant_grade == grade
    assert truth["L1"].shape is shape
    others = [truth[n].genant_grade for n in PHANTOM_LEVELS if n != "L1"]
    assert others == [0, 0, 0, 0]


def test_heights_shrink_by_the_asked_share():
    intact = truth_of(PhantomSpec(height_loss={}))["L1"].heights_mm
    broken = truth_of(PhantomSpec())["L1"].heights_mm
    assert broken.anterior / intact.anterior == pytest.approx(0.66, abs=0.01)
    assert broken.posterior / intact.posterior == pytest.approx(0.95, abs=0.01)


def test_a_wedge_makes_kyphosis():
    straight, bent = truth_of(PhantomSpec(height_loss={})), truth_of(PhantomSpec())
    gain = bent["L1"].wedge_angle_deg - straight["L1"].wedge_angle_deg
    assert 8.0 < gain < 18.0
    assert bent["L1"].cobb_angle_deg - straight["L1"].cobb_angle_deg == pytest.approx(gain, abs=2.0)


def test_truth_of_a_rotated_phantom_is_the_rotated_truth(truth):
    spec = PhantomSpec(rotation_deg=(12.0, -20.0, 7.0), translation_mm=(3.0, -8.0, 40.0))
    moved = truth_of(spec)
    turn, shift = rotation_xyz(spec.rotation_deg), np.array(spec.translation_mm)
    for level in PHANTOM_LEVELS:
        a, b = truth[level], moved[level]
        np.testing.assert_allclose(b.frame.axes, turn @ a.frame.axes, atol=1e-12)
        corner = a.landmarks.superior_anterior
        np.testing.assert_allclose(b.landmarks.superior_anterior, turn @ corner + shift, atol=1e-9)
        assert b.heights_mm.anterior == pytest.approx(a.heights_mm.anterior, abs=1e-9)
        assert b.canal_depth_mm == pytest.approx(a.canal_depth_mm, abs=0.02)
        inner = a.left_pedicle.isthmus_lps_mm + np.array([0.4, 0.2, -0.3])
        before = truth.evaluate(level, "bone", inner)
        assert moved.evaluate(level, "bone", turn @ inner + shift) == pytest.approx(before)


def test_scoliosis_has_the_asked_coronal_angle():
    answer = truth_of(PhantomSpec(scoliosis_deg=20.0, height_loss={}))
    top, bottom = answer["T11"].frame.axes[:, 2], answer["L3"].frame.axes[:, 2]
    angle = np.degrees(np.arctan2(top[0], top[2]) - np.arctan2(bottom[0], bottom[2]))
    assert abs(angle) == pytest.approx(20.0, abs=2.0)


def test_signed_distance_is_a_distance(truth):
    """Against brute force over a dense cloud of the surface, and with unit slope."""
    rng = np.random.default_rng(4)
    centre = truth["L1"].left_pedicle.isthmus_lps_mm
    points = centre + rng.normal(size=(60, 3)) * 4.0
    found = truth.signed_distance_to("L1", "bone", points)
    assert np.array_equal(found > 0, truth.evaluate("L1", "bone", points) > 0)
    directions = rng.normal(size=(4000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for point, d in zip(points, found, strict=True):
        inner = point + 0.97 * abs(d) * directions
        same = truth.evaluate("L1", "bone", inner) > 0
        assert (same == (d > 0)).mean() > 0.999
    step = np.array([0.01, -0.02, 0.015])
    change = truth.signed_distance_to("L1", "bone", points + step) - found
    assert (np.abs(change) <= np.linalg.norm(step) + 0.05).all()


def test_distance_to_a_flat_place_is_exact(truth):
    marks = truth["L2"].landmarks
    surface = marks.superior_middle
    normal = np.zeros(3)
    for axis in range(3):
        e = np.eye(3)[axis] * 1e-4
        normal[axis] = truth.evaluate("L2", "body", surface + e) - truth.evaluate(
            "L2", "body", surface - e
        )
    normal /= np.linalg.norm(normal)
    offsets = np.array([-6.0, -2.0, 0.5, 3.0])
    found = truth.signed_distance_to("L2", "body", surface + offsets[:, None] * normal)
    np.testing.assert_allclose(found, offsets, atol=0.05)


def test_regions_lie_where_they_should(truth):
    answer = truth["L1"]
    canal = answer.frame.origin_lps_mm + 24.0 * answer.frame.axes[:, 1]
    points = np.array(
        [
            answer.frame.origin_lps_mm,
            answer.left_pedicle.isthmus_lps_mm,
            answer.right_pedicle.isthmus_lps_mm,
            canal,
            answer.frame.origin_lps_mm + 80.0 * answer.frame.axes[:, 1],
        ]
    )
    expected = [
        Region.BODY,
        Region.LEFT_PEDICLE,
        Region.RIGHT_PEDICLE,
        Region.CANAL,
        Region.BACKGROUND,
    ]
    assert truth.true_regions("L1", points).tolist() == expected
    left = answer.left_pedicle.isthmus_lps_mm - answer.frame.origin_lps_mm
    assert left @ answer.frame.axes[:, 0] > 0


def test_body_volume_is_that_of_its_outline(truth):
    """Monte Carlo over a box around the body."""
    answer = truth["L2"]
    rng = np.random.default_rng(8)
    half = np.array([24.0, 22.0, 18.0])
    local = rng.uniform(-half, half, size=(200_000, 3))
    inside = truth.evaluate("L2", "body", answer.frame.to_world(local)) <= 0
    assert inside.mean() * 8 * half.prod() == pytest.approx(answer.body_volume_mm3, rel=0.01)


def test_unknown_levels_and_parts_are_named(truth):
    with pytest.raises(LevelError, match="L4"):
        truth["L4"]
    with pytest.raises(ValueError, match="rib"):
        truth.evaluate("L1", "rib", np.zeros((1, 3)))
