"""What the report says of the strength."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.grid import Grid
from vertaug.case.strength import (
    Competitors,
    DensitySensitivity,
    DiscLoad,
    EndplateLoad,
    FailureLoad,
    LoadLevel,
    StrengthAssessment,
    StrengthCurve,
    StrengthField,
    StrengthState,
)
from vertaug.case.strength_neighbour import IntactNeighbour
from vertaug.case.strength_words import gain_words, unusable_words
from vertaug.mechanics.comparison_words import (
    AFTER_BALLOONS,
    CEMENT_UPPER,
    NO_SAFE_LOAD,
    NOT_COMPARED,
    list_limits,
)
from vertaug.report.cement_contact import contact_areas, contact_note, contact_words
from vertaug.report.content import build_content
from vertaug.report.content_strength import (
    after_balloons_part,
    appendix_tables,
    first_page_words,
    strength_part,
    strength_tables,
    strength_text,
)
from vertaug.report.content_strength_table import before_after_table

SHAPE = (2, 2, 2)
FIELD = StrengthField(
    grid=Grid(shape=SHAPE, affine=np.eye(4)),
    bone_mpa=np.ones(SHAPE, np.float32),
    filler_mpa=np.zeros(SHAPE, np.float32),
    cement_share=np.zeros(SHAPE, np.float32),
    energy_mpa=np.zeros(SHAPE, np.float32),
    plastic_strain=None,
    displacement_mm=np.zeros((3, 3, 3, 3), np.float32),
    crushed_mm=None,
    superior_nodes=np.array([[0, 0, 2]]),
    inferior_nodes=np.array([[0, 0, 0]]),
)


def state(force, cement=0.0, curved=2000.0):
    return StrengthState(
        stiffness_n_per_mm=5.0 * force,
        # 180 / pi kN m per radian is 1000 N m per degree
        bending_nmm_per_rad={"flexion": 180e6 / np.pi, "bend_left": 90e6 / np.pi},
        failure_loads=(
            FailureLoad(name="linear 0.68 %", formula="F1", source="S1", force_n=force),
            FailureLoad(
                name="0.2 % offset", formula="F2", source="S2", force_n=curved, reason="no curve"
            ),
        ),
        main="linear 0.68 %",
        curve=None,
        yielded={},
        levels=(LoadLevel(name="middle", shell=0.4, core=0.6, cap=0, cement=cement, left=0.45),),
        asymmetry=0.05,
        peak_energy_mpa=0.01,
        field=FIELD,
    )


def assessment(after=None, curved=2000.0):
    return StrengthAssessment(
        level="L1",
        before=state(1500.0, curved=curved),
        after=after,
        cement_ml=None if after is None else 4.0,
        competitors=Competitors(integral_mg_per_ml=123.4, minimum_rigidity_n=244_000.0),
        sensitivity=DensitySensitivity(
            density_mg_per_ml=123.0,
            uncertainty_mg_per_ml=20.0,
            stiffness_n_per_mm=(1.0, 2.0),
            failure_load_n=(1300.0, 1700.0),
            definition="linear 0.68 %",
        ),
        height_mm=25.0,
        spacing_mm=1.0,
        voxels=8,
        method=("How.",),
        notes=("a limit",),
    )


def rows(table):
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def bold(table):
    return [row[0].text for row in table.rows if row[0].strong]


def test_before_and_after_stand_side_by_side_with_their_ratio():
    found = assessment(state(3000.0, cement=0.7))
    (states,) = strength_tables(found)
    _, shares = appendix_tables(found)
    assert states.columns == ("L1 between platens", "as it is", "with 4 ml of cement", "ratio")
    found = rows(states)
    assert states.lead == ""
    assert found["failure load, linear 0.68 % (kN)"] == ["1.50", "3.00", "2.0"]
    assert found["stiffness in compression (kN/mm)"] == ["7.50", "15.0", "2.0"]
    assert found["bending stiffness forward (N m per degree)"][0] == "1000"
    assert found["bending stiffness to the side (N m per degree)"][0] == "500"
    assert all(len(row) == 4 for row in states.rows)
    assert shares.columns == ("Load through L1", "as it is", "with 4 ml of cement")


def test_shares_stand_one_quantity_a_row_without_a_ratio():
    _, shares = appendix_tables(assessment(state(3000.0, cement=0.7)))
    assert rows(shares) == {
        "middle layer, through the shell": ["40 %", "40 %"],
        "middle layer, through voxels with cement": ["–", "70 %"],
        "middle layer, right : left": ["55 : 45", "55 : 45"],
        "farthest from even of all layers, share of the load": ["5 %", "5 %"],
    }
    assert "Shell and cement overlap" in shares.note
    _, alone = appendix_tables(assessment())
    assert not any("cement" in name for name in rows(alone))
    assert "overlap" not in alone.note


def test_what_yielded_is_of_bone_and_says_so():
    found = assessment(state(3000.0))
    yielded = {"all": 0.61, "superior": 0.5, "middle": 0.7, "inferior": 0.6, "shell": 0.1}
    before, after = (replace(s, yielded=yielded) for s in (found.before, found.after))
    _, shares = appendix_tables(replace(found, before=before, after=after))
    assert rows(shares)["yielded at the end, of all bone"] == ["61 %", "61 %"]
    assert rows(shares)["yielded at the end, of the middle third"] == ["70 %", "70 %"]
    assert "caps left out" in shares.note
    assert "yielded_bone_share" in shares.note
    assert "cement included" in shares.note
    _, alone = appendix_tables(replace(found, before=before, after=None, cement_ml=None))
    assert "caps left out" in alone.note
    assert "cement" not in alone.note


def test_the_headline_is_the_range_of_the_gain():
    states, *_ = strength_tables(assessment(state(3000.0, curved=6400.0)))
    head = states.rows[0]
    assert [cell.text for cell in head] == [
        "gain in failure load, times, by definition", "", "", "2.0 to 3.2"
    ]  # fmt: skip
    assert all(cell.strong for cell in head)


def crushed(force, slope):
    """A state whose curve ends with a slope relative to the elastic one."""
    plain = state(force)
    end = force + 0.1 * slope * plain.stiffness_n_per_mm
    x, f = np.array([0.0, 0.2, 0.3]), np.array([0.0, force, end])
    load = FailureLoad(name="force at 1.9 % strain", formula="F", source="S", force_n=end)
    return replace(
        plain,
        curve=StrengthCurve(displacement_mm=x, force_n=f, yielded=x),
        failure_loads=(plain.failure_loads[0], load),
        main=load.name,
    )


def test_a_linear_load_that_the_crushed_body_does_not_reach_is_said_to_be_extrapolated():
    plain = crushed(1500.0, 0.0)
    assert plain.failure_loads[0].name == "linear 0.68 %"
    high = (replace(plain.failure_loads[0], force_n=1690.0), plain.failure_loads[1])
    states, *_ = strength_tables(
        replace(assessment(crushed(3000.0, 0.0)), before=replace(plain, failure_loads=high))
    )
    assert "inear 0.68 % (1.69 kN) is extrapolated from the elastic model" in states.note
    assert "crushed, it bears at most 1.50 kN as it is." in states.note
    low = (replace(plain.failure_loads[0], force_n=1400.0), plain.failure_loads[1])
    states, *_ = strength_tables(
        replace(assessment(crushed(3000.0, 0.0)), before=replace(plain, failure_loads=low))
    )
    assert "extrapolated" not in states.note


def test_where_the_curve_with_cement_still_rises_no_definition_is_bold():
    name = "load at 1.9 % strain, not a failure (kN)"
    head = "gain in failure load, times, by definition"
    found = replace(assessment(crushed(3000.0, 0.5)), before=crushed(1500.0, 0.0))
    states, *_ = strength_tables(found)
    assert bold(states) == [head]
    assert rows(states)[name][1] == "3.75, curve still rises"
    assert rows(states)[name][0] == "1.50"
    assert "curve" not in rows(states)["failure load, linear 0.68 % (kN)"][1]
    assert "no definition stands for the strength" in states.note
    gain = "2.0 to 2.5 times the load, by definition, an upper estimate between stiff plates"
    assert f"{gain} (a curve still rises" in first_page_words(found)
    flat = replace(found, after=crushed(3000.0, 0.0))
    states, *_ = strength_tables(flat)
    plain = "failure load, force at 1.9 % strain (kN)"
    assert bold(states) == [head, plain]
    assert "still rises" not in states.note + rows(states)[plain][1] + first_page_words(flat)


def test_the_same_loads_stand_under_the_vertebroplasty():
    found = replace(assessment(crushed(3000.0, 0.5)), before=crushed(1500.0, 0.0))
    table = before_after_table(found, "L1")
    assert table.columns == ("", "as it is", "with this cement", "ratio")
    whole = rows(strength_tables(found)[0])
    assert rows(table) == {name: row for name, row in whole.items() if "bending" not in name}
    assert rows(table)["gain in failure load, times, by definition"][2] == "2.0 to 2.5"
    assert before_after_table(found, "L2") is None
    assert before_after_table(assessment(), "L1") is None


NEAR = IntactNeighbour(
    level="L2",
    height_mm=27.0,
    stiffness_n_per_mm=7000.0,
    linear_load_n=1400.0,
    rigidity_load_n=1300.0,
)


def test_a_sketched_volume_is_not_called_this_cement():
    sketched = replace(assessment(state(3000.0)), assumed_cement=True)
    columns = before_after_table(sketched, sketched.level).columns
    assert "assumed shape" in columns[2]
    injected = replace(sketched, assumed_cement=False)
    assert before_after_table(injected, sketched.level).columns[2] == "with this cement"


def test_a_fractured_level_stands_beside_its_intact_neighbour():
    found = replace(assessment(state(3000.0)), neighbour=NEAR)
    states, *_ = strength_tables(found)
    assert states.columns[-1] == "intact L2"
    assert states.columns[1] == "as it is, not usable"
    assert states.columns[2].endswith(", not usable either")
    told = rows(states)
    assert told["failure load, linear 0.68 % (kN)"] == ["1.50", "3.00", "1.40"]
    assert "ratio" not in states.columns
    assert told["failure load, 0.2 % offset (kN)"][2] == "–"
    assert told["minimum axial rigidity times 0.68 % (kN)"] == ["–", "–", "1.30"]
    assert told["stiffness in compression (kN/mm)"] == ["7.50", "15.0", "7.00"]
    assert {len(row) for row in states.rows} == {4}
    assert bold(states) == []
    assert gain_words(found) == ""
    assert "times the load" not in first_page_words(found)
    unusable = "Before value not usable: compacted bone reads stronger and stiffer than intact L2."
    assert states.lead == unusable
    assert before_after_table(found, "L1").lead == unusable
    assert unusable in first_page_words(found)
    assert "body 27.0 mm high, L1 25.0 mm" in states.note


@pytest.mark.parametrize(
    ("changed", "how"),
    [
        ({"linear_load_n": 1600.0}, "stiffer"),
        ({"stiffness_n_per_mm": 8000.0}, "stronger"),
        ({"stiffness_n_per_mm": 8000.0, "linear_load_n": 1600.0}, ""),
    ],
)
def test_only_what_is_better_than_the_neighbour_is_named(changed, how):
    found = replace(assessment(), neighbour=replace(NEAR, **changed))
    said = unusable_words(found)
    assert said == (
        f"before value not usable: compacted bone reads {how} than intact L2" if how else ""
    )
    assert bool(strength_tables(found)[0].lead) == bool(how)


def test_a_weaker_layer_alone_says_it_too():
    weak = replace(NEAR, stiffness_n_per_mm=8000.0, linear_load_n=1600.0)
    found = replace(assessment(), neighbour=weak)
    rigid = replace(found.competitors, strength_by_rigidity_n=1400.0)
    assert "stronger than intact L2" in unusable_words(replace(found, competitors=rigid))


def test_a_fractured_level_without_an_intact_neighbour_says_so():
    found = replace(assessment(), no_neighbour="no intact neighbour of L1 lies whole in the scan")
    (states,) = strength_tables(found)
    assert "No intact neighbour of L1 lies whole in the scan." in states.note
    assert states.columns == ("L1 between platens", "as it is")


def test_an_assumed_shape_is_called_one_everywhere():
    found = replace(assessment(state(3000.0, cement=0.7)), assumed_cement=True)
    words = "with cement (assumed shape, 4 ml, not an injection)"
    assert strength_tables(found)[0].columns[2] == words
    assert appendix_tables(found)[1].columns[2] == words
    assert words in first_page_words(found)
    assert words not in first_page_words(replace(found, assumed_cement=False))


def test_the_main_definition_is_bold_and_named_with_its_spread():
    states, *_ = strength_tables(assessment())
    assert bold(states) == ["failure load, linear 0.68 % (kN)"]
    assert "1.30 kN and 1.70 kN (linear 0.68 %)" in states.note
    assert "123 ± 20 mg/ml" in states.note
    assert "the error of the model is not in this range" in states.note
    assert states.columns == ("L1 between platens", "as it is")
    assert "no uncertainty" not in states.note
    assert "The gain has no uncertainty" in strength_tables(assessment(state(3000.0)))[0].note


def test_a_load_without_a_value_is_no_row_but_a_reason():
    states, *_ = strength_tables(assessment(curved=None))
    assert not any("offset" in name for name in rows(states))
    assert "Not given: 0.2 % offset (no curve)" in states.note


def test_the_spread_of_another_definition_is_not_that_of_the_main_one():
    found = assessment()
    other = replace(found, before=replace(found.before, main="0.2 % offset"))
    assert "varies more" in strength_tables(other)[0].note
    assert "varies more" not in strength_tables(found)[0].note


def test_an_unknown_uncertainty_is_said():
    states, *_ = strength_tables(replace(assessment(), sensitivity=None))
    assert "uncertainty of the density is not known" in states.note


def test_simpler_measures_stand_beside_it_and_missing_ones_are_dashes():
    measures, *_ = appendix_tables(assessment())
    found = rows(measures)
    assert measures.columns == ("measure", "value", "what is included")
    assert found["integral density (mg/ml)"][0] == "123"
    assert found["trabecular density (mg/ml)"][0] == "–"
    assert found["minimum axial rigidity (kN)"][0] == "244"
    assert found["finite elements, linear 0.68 % (kN)"][0] == "1.50"
    assert all(len(line) == 2 and line[1] for line in found.values())


def test_published_errors_are_not_lent_to_this_model():
    measures, *_ = appendix_tables(assessment())
    assert not any("R²" in cell.text for row in measures.rows for cell in row)
    assert "This model has not been compared with tests" in measures.note
    assert "intact vertebrae T6–T10 (Buckley" in measures.note
    assert "R2" not in measures.note


def test_the_density_of_the_first_page_stands_with_what_it_includes(report_input):
    measured = report_input.assessment.levels["L1"]
    bone = replace(measured.trabecular, method="core 5 mm inside the surface, without gas; law")
    measures, *_ = appendix_tables(assessment(), replace(measured, trabecular=bone))
    line = rows(measures)["cancellous bone of the first page (mg/ml)"]
    assert line == ["67", "core 5 mm inside the surface, without gas"]


def test_limits_stand_first_and_figures_under_the_heading(report_input):
    found = assessment(state(3000.0))
    part = strength_part(found)
    assert part.title == "Strength, L1"
    assert part.limits.paragraphs == ("A limit.",)
    assert [block.title for block in part.text] == ["Strength: method", "Strength: files"]
    assert [table.title for table in part.appendix][-1] == "Shares of the load"
    assert "strength_curve" in part.pictures
    content = build_content(replace(report_input, strength=found))
    assert content.strength is not None
    assert first_page_words(found) in content.status.advice
    assert "with 4 ml of cement" in first_page_words(found)
    assert not any("Strength" in block.title for block in content.text)
    assert build_content(report_input).strength is None


def test_three_limits_stand_first_and_the_others_last():
    notes = ("of this case", "second", NO_SAFE_LOAD, NOT_COMPARED, "third")
    main, *_, other = strength_text(replace(assessment(), notes=notes))
    assert main.paragraphs == ("Of this case.", NO_SAFE_LOAD, NOT_COMPARED)
    assert other.title == "Strength: further limits"
    assert other.paragraphs == ("Second.", "Third.")


def test_that_loads_with_cement_are_upper_estimates_stands_first_too():
    notes = ("of this case", "second", NO_SAFE_LOAD, CEMENT_UPPER, NOT_COMPARED)
    main, *_, other = strength_text(replace(assessment(), notes=notes))
    assert main.paragraphs == ("Of this case.", CEMENT_UPPER, NO_SAFE_LOAD, NOT_COMPARED)
    assert other.paragraphs == ("Second.",)
    assert CEMENT_UPPER in list_limits(linear=False, cement=True, levels=True)
    assert CEMENT_UPPER not in list_limits(linear=False, cement=False, levels=True)
    assert "upper estimates" in CEMENT_UPPER


def test_a_third_that_yields_more_with_cement_is_explained():
    found = assessment(state(3000.0))
    less = {"all": 0.61, "superior": 0.194, "middle": 0.7, "inferior": 0.301}
    more = {"all": 0.49, "superior": 0.43, "middle": 0.5, "inferior": 0.304}
    before, after = (
        replace(found.before, yielded=less),
        replace(found.after, yielded=more),
    )
    _, shares = appendix_tables(replace(found, before=before, after=after))
    assert "More yields with cement in the superior third (19 to 43 %): both" in shares.note
    raised = replace(found, before=before, after=after, after_height_mm=found.height_mm + 2.0)
    _, shares = appendix_tables(raised)
    assert "each body is shortened by the same share of its own height" in shares.note
    _, shares = appendix_tables(replace(found, before=before, after=after))
    assert "inferior third (" not in shares.note
    both = replace(after, yielded={**more, "inferior": 0.5})
    _, shares = appendix_tables(replace(found, before=before, after=both))
    assert "superior third (19 to 43 %) and the inferior third (30 to 50 %)" in shares.note
    fewer = replace(found.after, yielded=less)
    _, shares = appendix_tables(replace(found, before=before, after=fewer))
    assert "More yields" not in shares.note
    _, alone = appendix_tables(replace(found, before=before, after=None, cement_ml=None))
    assert "More yields" not in alone.note


def test_cement_on_a_cap_is_told_with_its_area():
    shape = (3, 3, 4)
    filler, bone, share = (np.zeros(shape, np.float32) for _ in range(3))
    filler[..., 0], filler[..., 3], bone[..., 1:3] = 2500.0, 2500.0, 300.0
    share[:2, :, 1], filler[:2, :, 1] = 0.9, 2000.0
    field = replace(
        FIELD,
        grid=Grid(shape=shape, affine=np.diag([2.0, 3.0, 1.0, 1.0])),
        bone_mpa=bone,
        filler_mpa=filler,
        cement_share=share,
    )
    assert contact_areas(field) == {"superior": 0.0, "inferior": 36.0}
    found = replace(assessment(replace(state(3000.0), field=field)), assumed_cement=True)
    told = " ".join(strength_text(found)[0].paragraphs)
    assert "Cement stands on the inferior cap (36 mm²) with no bone between" in told
    # of an injected cement the injection says the area, by its own cells
    injected = contact_note(replace(found, assumed_cement=False))
    assert injected.startswith("Cement stands on the inferior cap with no bone between")
    assert "mm²" not in injected
    assert "is that of the injection" in injected
    both = share.copy()
    both[:2, :, 2] = 0.9
    double = replace(
        found,
        assumed_cement=False,
        after=replace(found.after, field=replace(field, cement_share=both)),
    )
    assert contact_words(double) == "the superior and the inferior caps"
    assert contact_words(assessment()) == ""
    one = np.zeros_like(share)
    one[0, 0, 1] = 0.9
    single = replace(found, after=replace(found.after, field=replace(field, cement_share=one)))
    assert contact_areas(single.after.field)["inferior"] == 6.0
    assert contact_note(single) == ""


def test_sources_of_the_strength_stand_among_the_sources(report_input):
    def listed(strength):
        blocks = build_content(replace(report_input, strength=strength)).text
        return " ".join(next(b for b in blocks if b.title == "Sources").paragraphs)

    assert "Crawford" not in listed(None)
    assert "Crawford RP" in listed(assessment())
    assert "Kopperdahl DL" in listed(assessment())
    assert "Kinzl" not in listed(assessment())
    assert "Kinzl M" in listed(assessment(state(3000.0)))


def test_the_title_names_another_level_of_the_strength(report_input):
    own = build_content(replace(report_input, strength=assessment()))
    assert "strength" not in own.title
    other = build_content(replace(report_input, strength=replace(assessment(), level="L2")))
    assert other.title == "Vertebral augmentation plan, L1; strength: L2"


def test_method_and_limits_are_told():
    limits, method, files = strength_text(assessment())
    assert limits.paragraphs == ("A limit.",)
    text = " ".join(method.paragraphs)
    assert "How." in text
    for part in ("linear 0.68 %: F1 (S1)", "0.2 % offset: F2 (S2)"):
        assert part in text
    assert "half a disc" not in text
    assert "mechanics/L1_before.vtu, mechanics/L1_before.inp" in files.paragraphs[0]
    assert "after" not in files.paragraphs[0]


def disc_load(stiffness, shift):
    plate = EndplateLoad(
        name="superior",
        central_mpa=1.0 + 0.2 * shift,
        rim_mpa=0.5 - 0.1 * shift,
        peak_mpa=2.0 + 0.1 * shift,
        bulge_mm=0.02 - 0.03 * shift,
        centre_left_mm=1.0 - 0.5 * shift,
        centre_posterior_mm=0.3 * shift,
    )
    other = replace(plate, name="inferior", centre_left_mm=0.0, central_mpa=3.0)
    return DiscLoad(stiffness_n_per_mm=stiffness, plates=(plate, other))


def test_load_on_the_discs_stands_in_three_rows_of_whole_per_cent():
    found = assessment(replace(state(3000.0), disc_load=disc_load(1100.0, 1.0)))
    found = replace(found, before=replace(found.before, disc_load=disc_load(1000.0, 0.0)))
    _, discs = strength_tables(found)
    assert appendix_tables(found)[0].title.startswith("Simpler")
    assert discs.columns[1:] == ("as it is", "with 4 ml of cement", "change")
    assert rows(discs) == {
        "stiffness with half of each disc (kN/mm)": ["1.00", "1.10", "+10 %"],
        "pressure on the middle (MPa)": ["1.00 · 3.00", "1.20 · 3.00", "+20 % · 0 %"],
        "peak pressure (MPa)": ["2.00 · 2.00", "2.10 · 2.10", "+5 % · +5 %"],
    }
    assert discs.lead == "Changes below a few per cent cannot be told from zero."
    for part in ("No nucleus", "no posture", "not computed", "disagree", "case.json"):
        assert part in discs.note
    assert "half a disc" in " ".join(strength_text(found)[1].paragraphs)


def test_a_fall_on_the_discs_has_a_true_minus():
    found = assessment(replace(state(3000.0), disc_load=disc_load(900.0, 0.0)))
    found = replace(found, before=replace(found.before, disc_load=disc_load(1000.0, 0.0)))
    discs = rows(strength_tables(found)[1])
    assert discs["stiffness with half of each disc (kN/mm)"][2] == "−10 %"


def test_without_cement_or_discs_there_is_no_such_table():
    alone = assessment()
    known = replace(alone, before=replace(alone.before, disc_load=disc_load(1000.0, 0.0)))
    for found in (alone, known, replace(known, after=state(3000.0), cement_ml=4.0)):
        assert not any("discs" in table.title for table in strength_tables(found))
        assert "half a disc" not in " ".join(strength_text(found)[1].paragraphs)


def test_a_main_load_without_a_value_is_refused():
    with pytest.raises(ValueError, match="has no value"):
        replace(state(1500.0, curved=None), main="0.2 % offset")


def after_kyphoplasty(**changes):
    found = assessment(state(2250.0, cement=0.5))
    changed = {"after_balloons": True, "after_height_mm": 26.25, "cement_ml": 3.5}
    return replace(found, **(changed | changes))


def test_the_part_after_a_kyphoplasty_has_its_own_heading_height_and_pictures():
    part = after_balloons_part(after_kyphoplasty(notes=("a limit", AFTER_BALLOONS, "another")))
    assert part.title == "Strength after kyphoplasty, L1"
    states = part.tables[0]
    assert states.columns[2] == "after balloons, with 3.5 ml of cement"
    assert rows(states)["failure load, linear 0.68 % (kN)"] == ["1.50", "2.25", "1.5"]
    assert states.note.startswith(
        "Strains are of the body's own height: 25.00 mm as it is, 26.25 mm after the balloons."
    )
    assert part.limits.paragraphs[:2] == ("A limit.", AFTER_BALLOONS)
    assert part.text[-1].paragraphs == ("Another.",)
    assert part.pictures == (
        "kyphoplasty_strength_curve",
        "kyphoplasty_map_plastic_strain",
        "kyphoplasty_map_strain_energy",
    )
    assert [table.title for table in part.appendix] == ["Shares of the load"]
    # simpler measures, definitions and files stand once, with the strength of the level
    assert not any("files" in block.title for block in part.text)


def test_a_table_after_a_kyphoplasty_points_to_its_own_section():
    table = before_after_table(after_kyphoplasty(), "L1")
    assert table.note.endswith("see Strength after kyphoplasty, L1.")
    plain = before_after_table(assessment(state(3000.0)), "L1")
    assert plain.note.endswith("see Strength, L1.")
    assert "own height" not in plain.note


def test_the_first_page_says_the_gain_of_each_and_a_doubt_once():
    words = first_page_words(after_kyphoplasty())
    assert "as it is and after balloons, with 3.5 ml of cement: 1.0 to 1.5 times the load" in words
    assert words.endswith("see Strength after kyphoplasty, L1.")
    near = IntactNeighbour(
        level="L2", height_mm=25.0, stiffness_n_per_mm=1.0, linear_load_n=1.0, rigidity_load_n=None
    )
    assert "not usable" not in first_page_words(after_kyphoplasty(neighbour=near))
    assert "times the load" not in first_page_words(after_kyphoplasty(neighbour=near))
    assert "not usable" in first_page_words(replace(assessment(state(3000.0)), neighbour=near))


def test_files_of_a_kyphoplasty_stand_with_those_of_the_level():
    part = strength_part(assessment(state(3000.0)), None, after_kyphoplasty())
    files = next(block for block in part.text if block.title == "Strength: files")
    assert "mechanics/L1_kyphoplasty.vtu" in files.paragraphs[0]
    alone = strength_part(assessment(state(3000.0)))
    files = next(block for block in alone.text if block.title == "Strength: files")
    assert "kyphoplasty" not in files.paragraphs[0]
