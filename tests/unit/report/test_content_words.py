"""What the tables and tiles say where a number alone would mislead."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.measurement import HeightSet
from vertaug.case.plan import Procedure
from vertaug.report.content import build_content
from vertaug.report.content_fracture import deciding_loss, heights_table
from vertaug.report.content_list import balloon_words
from vertaug.report.content_status import UNCHECKED
from vertaug.report.nearest import anterior_wall_aside_mm
from vertaug.report.style import Mark


def table(content, start):
    everything = (*content.left, *content.right, *content.wide)
    return next(t for t in everything if t.title.startswith(start))


def value(found, label):
    return next(r[1].text for r in found.rows if r[0].text == label)


def tile(content, start):
    return next(t for t in content.tiles if t.label.startswith(start))


def with_levels(report_input, **changed):
    """Return the case with fields of the named levels replaced."""
    levels = dict(report_input.assessment.levels)
    for level, fields in changed.items():
        levels[level] = replace(levels[level], **fields)
    return replace(report_input, assessment=replace(report_input.assessment, levels=levels))


def with_margins(planning, **margins):
    """Return the planning whose first plan has these margins on both sides."""
    plan = planning.plans[0]
    paths = tuple(replace(p, margins=replace(p.margins, **margins)) for p in plan.paths)
    return replace(planning, plans=(replace(plan, paths=paths), *planning.plans[1:]))


def test_density_is_that_of_the_intact_neighbours(report_input, assessment):
    bone = assessment.levels["T12"].trabecular
    case = with_levels(
        report_input,
        T12={"trabecular": replace(bone, density_mg_per_ml=90.0)},
        L1={"trabecular": replace(bone, density_mg_per_ml=124.0)},
        L2={"trabecular": replace(bone, density_mg_per_ml=77.0)},
    )
    content = build_content(case)
    density = tile(content, "Density")
    assert density.value == "84 mg/ml"
    assert density.detail == f"T12 90, L2 77; ± 12, {case.calibration.method} calibration"
    own = value(table(content, "Angles"), "Cancellous bone")
    assert own.startswith("124 ± 12 mg/ml")
    assert own.endswith("; fractured body, not comparable")
    bones = {r[0].text: r[10].text for r in table(content, "All levels").rows}
    assert (bones["T12"], bones["L1"]) == ("90", "(124)")


def test_without_an_intact_level_the_density_tile_says_so(report_input):
    case = with_levels(report_input, T12={"genant_grade": 1}, L2={"genant_grade": 2})
    density = tile(build_content(case), "Density")
    assert (density.value, density.detail) == ("–", "no intact neighbour measured")


def test_height_loss_is_the_one_that_decided_the_grade(report_input, assessment):
    case = with_levels(report_input, L1={"profile_loss_percent": 47.2, "profile_loss_depth": 0.3})
    content = build_content(case)
    loss = assessment.levels["L1"].loss_percent
    each = f"A {loss.anterior:.0f}, M {loss.middle:.0f}, P {loss.posterior:.0f}"
    shown = tile(content, "Deepest height loss")
    assert shown.value == "47 %"
    assert shown.detail.replace("\u00a0", " ") == f"at 30 % depth; {each} %"
    losses = {r[0].text: r[6].text for r in table(content, "All levels").rows}
    assert losses["L1"] == "47 % at 30 % depth"


@pytest.mark.parametrize(
    ("points", "profile", "grade", "where"),
    [
        (33.0, 33.9, 2, "anterior"),  # adds less than a per cent and decides nothing
        (33.0, 34.1, 2, "at 30 % depth"),
        (39.6, 40.2, 3, "at 30 % depth"),  # adds little, but the grade rests on it
        (33.0, 20.0, 2, "anterior"),
    ],
)
def test_a_profile_that_adds_little_is_named_only_if_it_decides(
    points, profile, grade, where, assessment
):
    measured = replace(
        assessment.levels["L1"],
        loss_percent=HeightSet(anterior=points, middle=10.0, posterior=5.0),
        profile_loss_percent=profile,
        profile_loss_depth=0.3,
        genant_grade=grade,
    )
    assert deciding_loss(measured)[1] == where


@pytest.mark.parametrize(("retropulsion", "depth", "told"), [(1.9, 14.5, False), (2.1, 14.3, True)])
def test_wall_and_canal_within_measurement_error(retropulsion, depth, told, report_input):
    wall = replace(
        report_input.assessment.levels["L1"].posterior_wall,
        retropulsion_mm=retropulsion,
        canal_depth_mm=depth,
        canal_compromise_percent=12.0,
    )
    findings = table(
        build_content(with_levels(report_input, L1={"posterior_wall": wall})), "Angles"
    )
    for label, number in (
        ("Posterior wall retropulsion", f"{retropulsion:.1f} mm"),
        ("Canal, mid-sagittal", "12 % compromised"),
    ):
        text = value(findings, label)
        assert number in text
        assert ("within measurement error" in text) is not told


@pytest.mark.parametrize(("depth", "told"), [(14.5, False), (14.3, True)])
def test_the_first_page_says_what_of_the_canal_is_within_the_error(depth, told, report_input):
    own = report_input.assessment.levels["L1"]
    wall = replace(
        own.posterior_wall,
        retropulsion_mm=4.0,
        canal_depth_mm=depth,
        canal_compromise_percent=12.0,
    )
    case = with_levels(report_input, L1={"posterior_wall": wall, "genant_grade": 2})
    line = next(line for line in build_content(case).status.advice if "into the canal" in line)
    assert "canal compromised by 12 %" in line
    assert ("(within measurement error)" in line) is not told


def test_the_height_that_the_strength_rests_on_is_said(report_input):
    measured = report_input.assessment.levels["L1"]
    assert "mean distance of the endplates" in heights_table(measured, 18.31).note
    assert "18.3 mm" in heights_table(measured, 18.31).note
    assert "Strength" not in heights_table(measured).note


def test_the_planned_volume_has_a_tile(report_input, planning):
    tile = next(t for t in build_content(report_input).tiles if t.label == "Suggested cement")
    assert tile.value == f"{planning.cement.target_ml:.2f} ml"
    assert "3.3–5.5 ml" in tile.detail


def test_narrow_margins_are_named_at_the_top_and_in_the_list(report_input, planning):
    case = replace(report_input, planning=with_margins(planning, lateral_wall_mm=2.1))
    content = build_content(case)
    assert "; 2 margins narrow: right and left lateral wall. " in content.status.text
    assert content.status.unchecked == UNCHECKED
    state = table(content, "All plans").rows[0][-1]
    assert (state.text, state.mark) == ("kept; narrow: right and left lateral wall", Mark.NARROW)


def test_the_anterior_wall_is_named_by_its_nearest_part(report_input, planning, spine):
    vertebra = spine["L1"]
    narrow = with_margins(planning, anterior_wall_mm=5.1).plans[0].paths
    left = next(p for p in narrow if p.side == "left")
    for x, name in ((2.0, "left anterior wall"), (14.0, "left antero-lateral wall")):
        path = replace(left, target_lps_mm=vertebra.frame.to_world([x, -10.0, 0.0]))
        plan = replace(planning.plans[0], sides="left", paths=(path,))
        case = replace(report_input, planning=replace(planning, plans=(plan,)))
        assert f"; one margin narrow: {name}. " in build_content(case).status.text
    assert abs(anterior_wall_aside_mm(vertebra, path)) > 8.0


def test_the_list_names_needle_balloon_and_unseen_skin(report_input, planning):
    plan = planning.plans[0]
    paths = tuple(replace(p, balloon_mm=15.0) for p in plan.paths)
    paths = (replace(paths[0], skin_entry_lps_mm=None, skin_depth_mm=None), paths[1])
    plan = replace(plan, procedure=Procedure.KYPHOPLASTY, paths=paths)
    case = replace(report_input, planning=replace(planning, plans=(plan,)))
    found = table(build_content(case), "All plans").rows[0]
    assert found[1].text == "kyphoplasty, 11 G, balloon 15 mm"
    assert found[-1].text == f"kept; skin outside the scan ({paths[0].side})"


def test_no_balloon_with_room(planning):
    path = planning.plans[0].paths[0]
    assert balloon_words(replace(path, balloon_mm=0.0)) == "none with room"
    assert balloon_words(path) is None


def test_only_the_prone_angles_stand_on_the_first_page(report_input):
    content = build_content(report_input)
    views = table(content, "Working views")
    assert views.columns[1].startswith("prone")
    assert all(len(r) == 2 and r[1].strong for r in views.rows)
    words = next(b for b in content.text if b.title == "Working views in words")
    assert len(words.paragraphs) == len(views.rows)


def test_nearest_wall_lies_on_the_side_of_the_tip(spine, planning):
    vertebra = spine["L1"]
    path = planning.plans[0].paths[0]
    for x in (-12.0, 12.0):
        at = replace(path, target_lps_mm=vertebra.frame.to_world([x, -10.0, 0.0]))
        assert np.sign(anterior_wall_aside_mm(vertebra, at)) == np.sign(x)


def test_a_note_that_several_levels_share_is_said_once(report_input):
    level = next(iter(report_input.spine.vertebrae))
    twins = {
        name: replace(v, notes=(f"{name} is short", "wide voxels"))
        for name, v in report_input.spine.vertebrae.items()
    }
    case = replace(report_input, spine=replace(report_input.spine, vertebrae=twins))
    notes = build_content(case).text[0].paragraphs
    assert f"{', '.join(twins)}: wide voxels." in notes
    assert f"{level} is short." in notes
