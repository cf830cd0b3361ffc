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
    StrengthField,
    StrengthState,
)
from vertaug.report.content_strength import strength_tables, strength_text

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


def test_before_and_after_stand_side_by_side_with_their_ratio():
    states, _ = strength_tables(assessment(state(3000.0, cement=0.7)))
    assert states.columns == ("L1 between platens", "as it is", "with 4 ml cement", "ratio")
    found = rows(states)
    assert found["failure load, linear 0.68 % (kN)"] == ["1.50", "3.00", "2.00"]
    assert found["stiffness in compression (kN/mm)"] == ["7.50", "15.0", "2.00"]
    assert found["bending stiffness forward (N m per degree)"][0] == "1000"
    assert found["bending stiffness to the side (N m per degree)"][0] == "500"
    share = found["middle layer: load by shell · left half · cement"]
    assert share == ["40 % · 45 %", "40 % · 45 % · 70 %", ""]
    assert all(len(row) == 4 for row in states.rows)


def test_the_main_definition_is_bold_and_named_with_its_spread():
    states, _ = strength_tables(assessment())
    strong = [row[0].text for row in states.rows if row[0].strong]
    assert strong == ["failure load, linear 0.68 % (kN)"]
    assert "1.30 kN and 1.70 kN (linear 0.68 %)" in states.note
    assert "123 ± 20 mg/ml" in states.note
    assert states.columns == ("L1 between platens", "as it is")


def test_a_load_without_a_value_is_no_row_but_a_reason():
    states, _ = strength_tables(assessment(curved=None))
    assert not any("offset" in name for name in rows(states))
    assert "Not given: 0.2 % offset (no curve)" in states.note


def test_the_spread_of_another_definition_is_not_that_of_the_main_one():
    found = assessment()
    other = replace(found, before=replace(found.before, main="0.2 % offset"))
    assert "varies more" in strength_tables(other)[0].note
    assert "varies more" not in strength_tables(found)[0].note


def test_an_unknown_uncertainty_is_said():
    states, _ = strength_tables(replace(assessment(), sensitivity=None))
    assert "uncertainty of the density is not known" in states.note


def test_simpler_measures_stand_beside_it_and_missing_ones_are_dashes():
    _, measures = strength_tables(assessment())
    found = rows(measures)
    assert found["integral density (mg/ml)"][0] == "123"
    assert found["trabecular density (mg/ml)"][0] == "–"
    assert found["minimum axial rigidity (kN)"] == ["244.00", "R2 0.81, error 0.65 kN"]
    assert found["finite elements, linear 0.68 % (kN)"][0] == "1.50"


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


def test_load_on_the_discs_stands_before_and_after_with_its_change():
    found = assessment(replace(state(3000.0), disc_load=disc_load(1100.0, 1.0)))
    found = replace(found, before=replace(found.before, disc_load=disc_load(1000.0, 0.0)))
    _, discs, measures = strength_tables(found)
    assert measures.title.startswith("Simpler")
    assert discs.columns[1:] == ("as it is", "with 4 ml cement", "change")
    shown = rows(discs)
    assert shown["stiffness with half of each disc (N/mm)"] == ["1000", "1100", "+10.0 %"]
    assert shown["superior: pressure on the middle (MPa)"] == ["1.000", "1.200", "+20.0 %"]
    assert shown["superior: pressure on the rim (MPa)"] == ["0.500", "0.400", "-20.0 %"]
    assert shown["superior: peak pressure, 95th percentile (MPa)"][2] == "+5.0 %"
    bulge = shown["superior: bulge of the endplate into the body (µm)"]
    assert bulge == ["20", "-10", "-30 µm"]
    assert shown["superior: centre of pressure moves"][2] == "0.5 mm right, 0.3 mm posterior"
    assert shown["inferior: pressure on the middle (MPa)"] == ["3.000", "3.000", "+0.0 %"]
    assert "not computed" in discs.note
    assert "half a disc" in " ".join(strength_text(found)[1].paragraphs)


def test_without_cement_or_discs_there_is_no_such_table():
    alone = assessment()
    known = replace(alone, before=replace(alone.before, disc_load=disc_load(1000.0, 0.0)))
    for found in (alone, known, replace(known, after=state(3000.0), cement_ml=4.0)):
        assert len(strength_tables(found)) == 2


def test_a_main_load_without_a_value_is_refused():
    with pytest.raises(ValueError, match="has no value"):
        replace(state(1500.0, curved=None), main="0.2 % offset")
