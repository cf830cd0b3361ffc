from dataclasses import replace

import numpy as np
import pytest

from vertaug.planning._clearance_layout import Feature
from vertaug.planning.clearance import Trace
from vertaug.planning.margins import check_path, gertzbein_robbins, pedicle_quarters
from vertaug.planning.objective import PathState


def _state(bench, target, direction, radius=1.5):
    target, direction = np.array([target]), np.array([direction])
    return PathState(
        targets_mm=target,
        directions=direction,
        features=bench.fields.trace(target, direction, bench.left, Trace(radius_mm=radius)),
        tip_ideal_mm=target[0],
        tip_sigma_mm=np.ones(3),
    )


@pytest.mark.parametrize(
    ("clearance", "grade"),
    [
        (1.0, "A"),
        (0.0, "A"),
        (-0.04, "A"),  # reads as 0.0
        (-0.06, "B"),
        (-1.99, "B"),
        (-2.0, "C"),
        (-3.99, "C"),
        (-4.0, "D"),
        (-5.99, "D"),
        (-6.0, "E"),
        (-12.0, "E"),
    ],
)
def test_gertzbein_robbins_limits(clearance, grade):
    assert gertzbein_robbins(clearance) == grade


@pytest.mark.parametrize("offset", [(0.0, 0.0), (1.2, 0.0), (-1.0, 2.0), (0.0, -3.0)])
def test_quarters_of_an_elliptic_pedicle(bench, offset):
    side, truth = bench.left, bench.truth
    aside, up = offset
    target = side.centre_mm + 24.0 * side.axis + aside * side.width_axis + up * side.height_axis
    found = pedicle_quarters(bench.fields, bench.approach(), _state(bench, target, side.axis))
    a, b = truth.pedicle_half_width, truth.pedicle_half_height
    for name, middle in (("lateral", 0), ("superior", 90), ("medial", 180), ("inferior", 270)):
        turn = np.radians(middle + np.array([-30, -15, 0, 15, 30]))
        c, s = np.cos(turn) / a, np.sin(turn) / b
        x, y = aside / a, up / b
        # where a ray from inside leaves the ellipse
        p, q, r = c**2 + s**2, x * c + y * s, x**2 + y**2 - 1.0
        ray = (-q + np.sqrt(q**2 - p * r)) / p
        assert found[name] == pytest.approx(ray.min() - 1.5, abs=0.3), name


def test_breach_is_graded_and_named(bench):
    side = bench.left
    target = side.centre_mm + 24.0 * side.axis - 5.0 * side.width_axis
    check = check_path(bench.fields, bench.approach(), _state(bench, target, side.axis), 0.0)
    # 4.3 - 5 - 1.5: a breach of 2.2 mm
    assert check.gertzbein_robbins == "C"
    assert check.margins.pedicle_mm == pytest.approx(-2.2, abs=0.2)
    assert any("pedicle cortex: cut by 2." in text for text in check.violations)
    assert any(text.startswith("canal") for text in check.violations)
    assert any(text.startswith("medial pedicle border") for text in check.violations)


def test_central_path_keeps_every_rule(bench):
    side = bench.left
    state = _state(bench, side.centre_mm + 25.0 * side.axis, side.axis)
    check = check_path(bench.fields, bench.approach(), state, 0.0)
    assert check.violations == ()
    assert check.margins.pedicle_mm == pytest.approx(2.8, abs=0.1)


def test_lung_on_the_way_is_a_violation(bench):
    side = bench.left
    state = _state(bench, side.centre_mm + 25.0 * side.axis, side.axis)
    check = check_path(bench.fields, bench.approach(), state, 7.5)
    assert check.violations == ("7.5 mm through lung or air, at most 2.0 mm allowed",)


@pytest.mark.parametrize(
    ("feature", "value", "text"),
    [
        (Feature.CANAL, -0.03, "canal: clearance 0.0 mm, 1.0 mm required"),
        (Feature.CANAL, -0.06, "canal: cut by 0.1 mm, clearance of 1.0 mm required"),
        (Feature.CANAL, 0.96, None),
        (Feature.GAP, 1.04, None),
        (
            Feature.GAP,
            1.06,
            "1.1 mm outside bone between entry and tip, at most 1.0 mm allowed",
        ),
        (Feature.AIR, 2.04, None),
        (Feature.FOREIGN_BONE, 5.04, None),
    ],
)
def test_what_is_printed_and_what_is_decided_agree(bench, feature, value, text):
    side = bench.left
    state = _state(bench, side.centre_mm + 25.0 * side.axis, side.axis)
    features = state.features.copy()
    features[0, feature] = value
    check = check_path(bench.fields, bench.approach(), replace(state, features=features), 0.0)
    assert check.violations == (() if text is None else (text,))


@pytest.mark.parametrize("radius", [0.9, 1.2, 1.7])
def test_a_thicker_needle_has_less_room(bench, radius):
    side = bench.left
    thin = _state(bench, side.centre_mm + 24.0 * side.axis, side.axis, radius)
    thick = _state(bench, side.centre_mm + 24.0 * side.axis, side.axis, radius + 0.5)
    gain = thin.features[0] - thick.features[0]
    for name in (Feature.PEDICLE, Feature.CANAL, Feature.FACET, Feature.SUPERIOR):
        assert gain[name] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(("depth_mm", "where"), [(-3.0, "behind"), (1.5, "in front of")])
def test_a_tip_that_does_not_arrive_in_the_body_is_not_safe(bench, depth_mm, where):
    side = bench.left
    way = np.arange(-10.0, 30.0, 0.25)
    depth = [
        _state(bench, side.centre_mm + s * side.axis, side.axis).of(Feature.TIP_POSTERIOR)[0]
        for s in way
    ]
    tip = side.centre_mm + way[np.argmin(np.abs(np.array(depth) - depth_mm))] * side.axis
    check = check_path(bench.fields, bench.approach(), _state(bench, tip, side.axis), 0.0)
    assert any(f"mm {where} the posterior wall" in text for text in check.violations)
