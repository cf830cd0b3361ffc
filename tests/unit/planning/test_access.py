import re
from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import InputError, LevelError
from vertaug.case.instrument import Needle, needle_of_gauge
from vertaug.case.plan import Procedure, Route
from vertaug.case.spine import Spine
from vertaug.planning import plan_access
from vertaug.planning.assemble import check_collision, needle_gap_mm
from vertaug.planning.path import check_reach
from vertaug.planning.rules import SafetyRules
from vertaug.verification.analytic_vertebra import AnalyticVertebra

PVP = (Procedure.VERTEBROPLASTY,)


def _spine_with(bench, **changes):
    vertebra = replace(bench.spine["L1"], **changes)
    spine = bench.spine
    return Spine(
        scan=spine.scan, labels=spine.labels, vertebrae={"L1": vertebra}, patient=spine.patient
    )


def test_best_plan_is_bilateral_transpedicular_and_safe(result):
    best = result.plans[0]
    assert (best.sides, best.route) == ("both", Route.TRANSPEDICULAR)
    assert best.safe
    assert not result.advice
    for path in best.paths:
        assert path.gertzbein_robbins == "A"
        assert path.tip_thirds[0] == "anterior"
        assert path.skin_depth_mm == pytest.approx(52.0, abs=4.0)


def test_every_combination_is_there_and_ranked(result):
    kinds = {(p.procedure, p.route, p.sides) for p in result.plans}
    assert len(kinds) == len(result.plans) == 12
    keys = [(not p.safe, -round(p.score, 2)) for p in result.plans]
    assert keys == sorted(keys)
    assert all(0.0 <= p.score <= 1.0 for p in result.plans)
    assert [v.name for v in result.views] == ["ap", "lateral", "barrel_left", "barrel_right"]


def test_margins_against_closed_form(bench, result):
    for plan in result.plans:
        for path in plan.paths:
            axis = path.target_lps_mm - path.entry_lps_mm
            axis = axis / np.linalg.norm(axis)
            r = path.needle.radius_mm
            points = path.target_lps_mm - np.arange(r, 70.0, 0.1)[:, None] * axis
            canal = bench.truth.canal_clearance(points) - r
            if canal < 8.0:
                assert path.margins.canal_mm == pytest.approx(canal, abs=0.3)
            front = -16.0 * np.sqrt(1 - (path.target_lps_mm[0] / 22.0) ** 2)
            assert path.target_lps_mm[1] - front > path.margins.anterior_wall_mm - 0.3
            if path.margins.pedicle_mm is None:
                continue
            sign = 1.0 if path.side == "left" else -1.0
            inside = points[(points[:, 1] > 13.0) & (points[:, 1] < 24.0)]
            tube = -bench.truth.pedicle_function(inside, sign).max() - r
            assert path.margins.pedicle_mm == pytest.approx(tube, abs=0.5)


def test_both_sides_mirror_each_other(result):
    for plan in result.plans:
        if plan.sides == "both":
            left, right = plan.paths
            mirrored = left.target_lps_mm * [-1, 1, 1]
            np.testing.assert_allclose(right.target_lps_mm, mirrored, atol=0.1)
            assert needle_gap_mm(left, right) > 0.0


def test_medial_wall_law_holds_on_safe_transpedicular_paths(bench, result):
    for plan in result.plans:
        for path in plan.paths:
            if plan.route is Route.TRANSPEDICULAR and path.safe:
                assert path.margins.medial_wall_mm >= 0.0
                axis = path.target_lps_mm - path.entry_lps_mm
                axis = axis / np.linalg.norm(axis)
                points = path.target_lps_mm - np.arange(0.0, 60.0, 0.1)[:, None] * axis
                dorsal = points[points[:, 1] > bench.truth.wall_y]
                border = bench.left.medial_border_mm
                assert (np.abs(dorsal[:, 0]) >= border + path.needle.radius_mm - 0.2).all()


def test_kyphoplasty_says_which_balloon_fits(result):
    path = next(p for p in result.plans if p.procedure is Procedure.KYPHOPLASTY).paths[0]
    assert path.needle.gauge == 10
    assert any("balloon" in note and "mm" in note for note in path.notes)


def test_kyphoplasty_needs_a_cannula_that_a_balloon_passes(bench):
    spine, thin = bench.truth.spine(), needle_of_gauge(13)
    with pytest.raises(InputError, match="no balloon passes 13G, but 8G, 10G, 11G would do"):
        plan_access(spine, "L1", thin, [Procedure.KYPHOPLASTY])
    both = plan_access(spine, "L1", thin, list(Procedure))
    assert {p.procedure for p in both.plans} == {Procedure.VERTEBROPLASTY}
    assert "no balloon passes 13G" in both.advice[0]


def test_no_room_for_a_balloon_is_not_a_kept_plan():
    low = AnalyticVertebra(body_half_height=8.0, spacing=1.0)
    rules = SafetyRules(balloon_radius_mm=8.5)
    outcome = plan_access(low.spine(), "L1", None, [Procedure.KYPHOPLASTY], rules=rules)
    assert outcome.plans
    for path in (path for plan in outcome.plans for path in plan.paths):
        assert not path.safe
        assert any(text.startswith("balloon: none of 10, 15, 20 mm") for text in path.violations)


def test_narrow_pedicle_names_the_margin_and_the_gauge_that_fits():
    truth = AnalyticVertebra(pedicle_half_width=2.7, spacing=1.0)
    outcome = plan_access(truth.spine(), "L1", needle_of_gauge(8), PVP)
    through = [p for p in outcome.plans if p.route is Route.TRANSPEDICULAR]
    assert through
    assert not any(p.safe for p in through)
    for path in (path for plan in through for path in plan.paths):
        assert any("pedicle" in text for text in path.violations)
        # the tube leaves 2.7 - 2.1 mm at best
        assert -0.8 < path.margins.pedicle_mm < 0.8
    sides = [text.partition(":")[0] for text in outcome.advice]
    assert all(any(side in who for who in sides) for side in ("left", "right"))
    for text in outcome.advice:
        assert ": no transpedicular path with 8G keeps all margins; the best one fails on" in text
        assert "pedicle cortex" in text
        assert re.search("With 8G a (.* or )?far-lateral path keeps them", text)
        # 10G leaves 1.0 mm on each side only in the very middle, 11G and 13G more
        assert text.endswith("G a transpedicular path keeps them.")
        assert "safe" not in text


def test_pedicle_thinner_than_any_needle_is_said():
    truth = AnalyticVertebra(pedicle_half_width=1.2, spacing=1.0)
    outcome = plan_access(truth.spine(), "L1", needle_of_gauge(13), PVP)
    assert outcome.advice
    last = "No transpedicular path with a thinner gauge that can be used keeps them."
    assert all(text.endswith(last) for text in outcome.advice)


def test_needle_too_short_is_a_violation(bench):
    needle = Needle(gauge=11, outer_diameter_mm=3.05, usable_length_mm=80.0)
    outcome = plan_access(bench.spine, "L1", needle, PVP)
    assert not any(p.safe for p in outcome.plans)
    best = outcome.plans[0].paths[0]
    assert best.violations[-1].startswith("needle length: ")
    assert "the needle reaches 80 mm" in best.violations[-1]


def test_a_needle_too_short_by_less_than_is_printed_is_long_enough():
    needle = needle_of_gauge(11)
    assert check_reach(110.0, 40.04, needle) == ()
    (text,) = check_reach(110.0, 40.3, needle)
    assert text == "needle length: 150.3 mm from skin to tip, the needle reaches 150 mm"


@pytest.mark.parametrize(("overlap_mm", "said"), [(0.03, ()), (0.2, ("overlap by 0.2 mm",))])
def test_needles_collide_from_the_overlap_that_is_printed(result, overlap_mm, said):
    left = result.plans[0].paths[0]
    axis = left.target_lps_mm - left.entry_lps_mm
    aside = np.cross(axis, [0.0, 0.0, 1.0])
    aside *= (2 * left.needle.radius_mm - overlap_mm) / np.linalg.norm(aside)
    right = replace(
        left, entry_lps_mm=left.entry_lps_mm + aside, target_lps_mm=left.target_lps_mm + aside
    )
    for path in check_collision(left, right):
        new = path.violations[len(left.violations) :]
        assert len(new) == len(said)
        assert all(text.endswith(end) for text, end in zip(new, said, strict=True))


def test_missing_pedicle_leaves_the_other_routes(bench):
    outcome = plan_access(_spine_with(bench, left_pedicle=None), "L1", needle_of_gauge(11), PVP)
    kinds = {(p.route, p.sides) for p in outcome.plans}
    assert (Route.TRANSPEDICULAR, "left") not in kinds
    assert (Route.TRANSPEDICULAR, "right") in kinds
    assert (Route.FAR_LATERAL, "left") in kinds
    assert any("No left pedicle" in text for text in outcome.advice)


def test_thoracic_level_uses_the_parapedicular_route():
    truth = AnalyticVertebra(level="T8", spacing=1.0)
    outcome = plan_access(truth.spine(), "T8", None, PVP)
    assert outcome.needle.gauge == 13
    beside = next(p for p in outcome.plans if p.route is Route.PARAPEDICULAR)
    for path in beside.paths:
        assert path.margins.pedicle_mm is None
        assert path.gertzbein_robbins is None
        assert 12.0 < path.axial_angle_deg < 50.0


def test_incomplete_vertebra_is_refused(bench):
    spine = _spine_with(bench, complete=False, cut_by=("superior", "left"))
    with pytest.raises(LevelError, match="superior, left edge of the scan"):
        plan_access(spine, "L1", None, PVP)


def test_absent_level_and_no_procedure_are_refused(bench):
    with pytest.raises(LevelError, match="L2 is not in this scan"):
        plan_access(bench.spine, "L2", None, PVP)
    with pytest.raises(InputError, match="at least one procedure"):
        plan_access(bench.spine, "L1", None, ())
