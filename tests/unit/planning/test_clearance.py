from dataclasses import replace

import numba
import numpy as np
import pytest

from vertaug.case.errors import PlanError
from vertaug.case.spine import Region
from vertaug.case.volume import Volume
from vertaug.planning import _clearance_numba, _clearance_reference
from vertaug.planning._clearance_layout import Channel, Feature
from vertaug.planning.clearance import Trace, build_fields
from vertaug.verification.analytic_vertebra import AnalyticVertebra

RADIUS = 1.5


def _one(bench, target, direction, side=None):
    direction = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    side = side or bench.left
    features = bench.fields.trace(
        np.array([target], dtype=float), direction[None], side, Trace(radius_mm=RADIUS)
    )
    return {name: float(features[0, name]) for name in Feature}


@pytest.mark.parametrize("aside", [0.0, 1.0, 2.0, 3.5, 5.5])
def test_pedicle_clearance_is_that_of_the_tube(bench, aside):
    # parallel to the tube's axis, moved lateral: half width less offset less radius
    axis = bench.left.axis
    target = bench.left.centre_mm + 24.0 * axis + aside * bench.left.width_axis
    expected = bench.truth.pedicle_half_width - aside - RADIUS
    assert _one(bench, target, axis)[Feature.PEDICLE] == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize(
    ("target", "direction"),
    [
        ([8.0, -6.0, 0.0], [-0.25, -1.0, -0.05]),
        ([2.0, -8.0, 1.0], [-0.48, -1.0, 0.0]),
        ([12.0, -4.0, -2.0], [-0.10, -1.0, -0.2]),
    ],
)
def test_canal_clearance_is_the_distance_to_the_ellipse(bench, target, direction):
    unit = np.array(direction) / np.linalg.norm(direction)
    points = np.array(target) - np.arange(RADIUS, 60.0, 0.1)[:, None] * unit
    expected = bench.truth.canal_clearance(points) - RADIUS
    assert _one(bench, target, direction)[Feature.CANAL] == pytest.approx(expected, abs=0.25)


def test_facet_clearance_is_the_distance_to_the_sphere(bench):
    target, direction = np.array([9.0, -6.0, 0.0]), np.array([-0.2, -1.0, -0.1])
    unit = direction / np.linalg.norm(direction)
    offset = np.array(bench.truth.facet_centre) - target
    aside = np.linalg.norm(offset - (offset @ unit) * unit)
    expected = aside - bench.truth.facet_radius - RADIUS
    assert _one(bench, target, direction)[Feature.FACET] == pytest.approx(expected, abs=0.25)


def test_walls_of_the_body(bench):
    # straight forward along -y near the mid-plane: flat endplates, posterior wall and vertex
    found = _one(bench, [0.0, -9.0, 2.0], [0.0, -1.0, 0.0])
    assert found[Feature.SUPERIOR] == pytest.approx(13.0 - 2.0 - RADIUS, abs=0.1)
    assert found[Feature.INFERIOR] == pytest.approx(13.0 + 2.0 - RADIUS, abs=0.1)
    # the foremost point of the needle is its tip: 16 - 9 mm from the vertex of the ellipse
    assert found[Feature.ANTERIOR] == pytest.approx(7.0, abs=0.25)
    assert found[Feature.TIP_POSTERIOR] == pytest.approx(22.0, abs=0.1)


def test_entry_is_where_the_axis_meets_the_bone(bench):
    # the lamina ends at y = 36
    found = _one(bench, [14.0, -5.0, 0.0], [0.0, -1.0, 0.0])
    assert found[Feature.ENTRY] == pytest.approx(41.0, abs=0.1)
    assert found[Feature.GAP] == pytest.approx(0.0, abs=0.05)


def _with_bone(bench, distance):
    """Same fields with another bone, given as a distance of points (..., 3)."""
    fields = bench.fields
    stack = fields.stack.copy()
    index = np.stack(np.meshgrid(*map(np.arange, stack.shape[:3]), indexing="ij"), axis=-1)
    stack[..., Channel.BONE] = distance(fields.origin_mm + fields.spacing_mm * index)
    return replace(fields, stack=stack)


@pytest.mark.parametrize("kernel", [_clearance_numba, _clearance_reference])
@pytest.mark.parametrize("tilt_deg", [0.0, 25.0, 50.0, 75.0])
@pytest.mark.parametrize("radius_mm", [8.0, 1e6])  # the back of a process, and a plane
def test_angle_of_the_needle_to_the_surface(bench, monkeypatch, kernel, tilt_deg, radius_mm):
    monkeypatch.setattr(_clearance_numba, "trace_paths", kernel.trace_paths)
    tilt = np.radians(tilt_deg)
    entry = np.array([6.0, 14.0, 2.0])
    outward = np.array([np.sin(tilt) * 0.6, np.cos(tilt), np.sin(tilt) * 0.8])
    centre = entry - radius_mm * outward
    fields = _with_bone(bench, lambda p: np.linalg.norm(p - centre, axis=-1) - radius_mm)
    direction = np.array([0.0, -1.0, 0.0])
    found = fields.trace(
        (entry + 5.0 * direction)[None], direction[None], bench.left, Trace(radius_mm=RADIUS)
    )[0]
    assert found[Feature.ENTRY] == pytest.approx(5.0, abs=0.1)
    # a plane is exact; on a sphere the straight difference over 1.5 mm turns by a degree or two
    angle = np.degrees(np.arcsin(found[Feature.INCIDENCE]))
    assert angle == pytest.approx(90.0 - tilt_deg, abs=0.3 if radius_mm > 1e3 else 3.0)


def test_gap_outside_bone_is_seen(bench):
    # through the canal: from the wall at 13 to the lamina at 29
    found = _one(bench, [0.0, -5.0, 9.0], [0.0, -1.0, 0.0])
    assert found[Feature.GAP] == pytest.approx(16.0, abs=1.0)
    assert found[Feature.CANAL] < -bench.truth.canal_half_depth


@pytest.mark.parametrize("softness", [0.0, 0.3])
def test_kernel_equals_reference(bench, random_paths, softness):
    targets, directions = (a[:40] for a in random_paths)
    targets = np.vstack([targets, [[0.0, 0.0, 90.0]]])
    directions = np.vstack([directions, [[0.0, -1.0, 0.0]]])
    how = Trace(radius_mm=RADIUS, step_mm=0.5, softness_mm=softness)
    fast = bench.fields.trace(targets, directions, bench.left, how)
    slow = _clearance_reference.trace_paths(
        bench.fields.stack,
        bench.fields.walls.values,
        targets,
        directions,
        bench.left.pack(),
        bench.fields.settings(how),
    )
    np.testing.assert_allclose(fast, slow, atol=1e-9)


def test_result_does_not_depend_on_the_number_of_threads(bench, random_paths):
    how = Trace(radius_mm=RADIUS, step_mm=0.5, softness_mm=0.25)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = bench.fields.trace(*random_paths, bench.left, how)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(bench.fields.trace(*random_paths, bench.left, how), one)


def test_soft_minimum_approaches_the_plain_one(bench):
    # met over a length L the soft minimum lies softness * ln(L) below the plain one
    axis = bench.left.axis
    target = (bench.left.centre_mm + 24.0 * axis)[None]
    plain = bench.fields.trace(target, axis[None], bench.left, Trace(radius_mm=RADIUS))
    how = Trace(radius_mm=RADIUS, softness_mm=0.1)
    soft = bench.fields.trace(target, axis[None], bench.left, how)
    for name in (Feature.CANAL, Feature.PEDICLE, Feature.SUPERIOR, Feature.FACET):
        assert soft[0, name] == pytest.approx(plain[0, name], abs=0.4)


def test_vertebra_without_canal_is_refused(bench):
    vertebra = AnalyticVertebra(spacing=1.5).vertebra()
    regions = np.array(vertebra.regions.values)
    regions[regions == Region.CANAL] = Region.BACKGROUND
    object.__setattr__(vertebra, "regions", Volume(values=regions, grid=vertebra.regions.grid))
    with pytest.raises(PlanError, match="no vertebral canal"):
        build_fields(vertebra, bench.shape, bench.spine.patient)
