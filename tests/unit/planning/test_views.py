import numpy as np
import pytest

from vertaug.case.positioner import describe_angles, positioner_angles, receptor_direction
from vertaug.case.spine import VertebraFrame
from vertaug.planning.views import standard_views, view_of_needle


@pytest.mark.parametrize(
    ("angles", "receptor"),
    [
        ((0, 0), (0, -1, 0)),  # the patient faces the receptor
        ((90, 0), (1, 0, 0)),  # LAO 90: receptor on the patient's left
        ((-90, 0), (-1, 0, 0)),
        ((0, 90), (0, 0, 1)),  # CRA 90: receptor at the head
        ((0, -90), (0, 0, -1)),
        ((180, 0), (0, 1, 0)),
    ],
)
def test_marker_directions(angles, receptor):
    np.testing.assert_allclose(receptor_direction(*angles), receptor, atol=1e-12)


def test_lao_and_cra_move_the_receptor_left_and_up():
    r = receptor_direction(30.0, 20.0)
    assert r[0] > 0
    assert r[1] < 0
    assert r[2] > 0
    assert describe_angles(30.0, -20.0) == "LAO 30.0°, CAU 20.0°"
    assert describe_angles(-12.34, 5.0) == "RAO 12.3°, CRA 5.0°"


def test_standard_views_of_an_aligned_vertebra():
    frame = VertebraFrame(origin_lps_mm=np.zeros(3), axes=np.eye(3))
    ap, lateral = standard_views("L1", frame)
    assert (ap.name, ap.primary_angle_deg, ap.secondary_angle_deg) == ("ap", 0.0, 0.0)
    assert lateral.name == "lateral"
    assert lateral.primary_angle_deg == pytest.approx(90.0)
    assert "LAO 0.0°, CRA 0.0°" in ap.sentence
    assert "PA image" in ap.sentence


def test_ap_of_a_tilted_vertebra_looks_along_its_own_endplates():
    tilt = np.radians(12.0)
    # anterior edge of the body turned down: the line of sight that keeps the endplates edge-on
    # has its front end toward the feet
    axes = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    ap, lateral = standard_views("L1", VertebraFrame(origin_lps_mm=np.zeros(3), axes=axes))
    assert ap.primary_angle_deg == pytest.approx(0.0, abs=1e-9)
    assert ap.secondary_angle_deg == pytest.approx(-12.0)
    assert "toward the head" in ap.sentence
    normal = axes[:, 2]
    for view in (ap, lateral):
        r = receptor_direction(view.primary_angle_deg, view.secondary_angle_deg)
        assert abs(r @ normal) < 1e-12


def test_barrel_view_runs_along_the_needle(result):
    for view in result.views[2:]:
        side = view.name.removeprefix("barrel_")
        path = next(p for plan in result.plans for p in plan.paths if p.side == side)
        axis = path.target_lps_mm - path.entry_lps_mm
        r = receptor_direction(view.primary_angle_deg, view.secondary_angle_deg)
        np.testing.assert_allclose(r, axis / np.linalg.norm(axis), atol=1e-9)
        # the needle comes from lateral: above the prone patient the receptor swings that way
        assert f"toward the patient's {side}" in view.sentence


def test_barrel_of_a_left_needle_is_rao(result):
    path = next(p for plan in result.plans for p in plan.paths if p.side == "left")
    view = view_of_needle("barrel_left", path)
    assert view.primary_angle_deg < 0
    assert "RAO" in view.sentence
    behind = positioner_angles(path.entry_lps_mm - path.target_lps_mm)
    assert f"primary {behind[0]:+.1f}°, secondary {behind[1]:+.1f}°" in view.sentence
