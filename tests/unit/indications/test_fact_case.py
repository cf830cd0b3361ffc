"""Facts that a case has measured: joined, never over a given one, silent where CT cannot tell."""

from dataclasses import replace

import pytest

from vertaug.case.case_content import describe_case
from vertaug.case.errors import InputError
from vertaug.case.measurement import (
    Cleft,
    FractureAssessment,
    FractureShape,
    HeightSet,
    PosteriorWall,
    TrabecularDensity,
    VertebraMeasurement,
)
from vertaug.indications.derived_fact import MEASURED, derive_facts
from vertaug.indications.fact_case import join_case, measure_facts

BROKEN = VertebraMeasurement(
    level="L2",
    complete=True,
    heights_mm=HeightSet(anterior=16.0, middle=18.0, posterior=25.0),
    heights_3d_mm=HeightSet(anterior=16.0, middle=18.0, posterior=25.0),
    own_ratios=HeightSet(anterior=0.64, middle=0.72, posterior=1.0),
    reference_mm=HeightSet(anterior=26.0, middle=25.0, posterior=26.0),
    reference_method="mean of the intact L1 and L3",
    loss_percent=HeightSet(anterior=38.4615, middle=28.0, posterior=3.8),
    genant_grade=2,
    shape=FractureShape.WEDGE,
    wedge_angle_deg=16.0,
    local_kyphosis_deg=18.0,
    cobb_angle_deg=15.0,
    posterior_wall=PosteriorWall(
        retropulsion_mm=3.0,
        canal_depth_mm=12.0,
        canal_reference_mm=16.0,
        canal_compromise_percent=25.0,
    ),
    cleft=Cleft(present=True, volume_ml=0.7, extent_mm=14.0),
    trabecular=TrabecularDensity(
        mean_hu=150.0, sd_hu=20.0, density_mg_per_ml=None, uncertainty_mg_per_ml=None, method=""
    ),
    body_volume_ml=20.0,
    predicted_volume_ml=None,
    lost_volume_ml=None,
    endplate_residual_mm=(0.4, 0.4),
    profile_loss_percent=41.0,
)
INTACT = replace(
    BROKEN,
    level="L1",
    genant_grade=0,
    trabecular=replace(BROKEN.trabecular, mean_hu=88.0),
)


@pytest.fixture
def document(case_results, case_provenance):
    def make(own=BROKEN, intact=INTACT):
        levels = {m.level: m for m in (own, intact) if m is not None}
        assessment = FractureAssessment(
            level=None if own is None else own.level,
            level_source="the worst grade",
            levels=levels,
            incomplete={},
        )
        return describe_case(replace(case_results, assessment=assessment), case_provenance)

    return make


def test_what_is_measured(document):
    facts = {fact.name: fact for fact in measure_facts(document())[0]}
    values = {name: fact.value for name, fact in facts.items()}
    assert values == {
        "fx.level": "L2",
        "fx.height_loss_pct": 38.4615,
        "fx.dorsal_wall_loss_pct": 3.8,
        "fx.vwa_deg": 16.0,
        "fx.lka_deg": 18.0,
        "fx.retropulsion_mm": 3.0,
        "fx.canal_compromise_pct": 25.0,
        "fx.cleft": True,
        "bone.hu_l1": 88.0,
    }
    assert {fact.source for fact in facts.values()} == {MEASURED}
    assert "41 % along" in facts["fx.height_loss_pct"].note


def test_both_losses_of_height_are_named_where_they_differ(document):
    deep = replace(BROKEN, profile_loss_percent=46.9)
    facts, notes = measure_facts(document(deep))
    told = next(note for note in notes if "two losses of height" in note)
    assert "38.5 % at the" in told
    assert "which the rules use" in told
    assert "46.9 % at the deepest place" in told
    used = next(fact for fact in facts if fact.name == "fx.height_loss_pct")
    assert used.value == 38.4615
    assert not any("two losses" in note for note in measure_facts(document())[1])


def test_what_ct_cannot_tell_stays_unknown(document):
    wall = replace(BROKEN.posterior_wall, retropulsion_mm=1.2)
    gasless = replace(
        BROKEN, posterior_wall=wall, cleft=Cleft(present=False, volume_ml=0.0, extent_mm=0.0)
    )
    broken_l1 = replace(INTACT, genant_grade=1)
    facts, notes = measure_facts(document(gasless, broken_l1))
    names = {fact.name for fact in facts}
    assert not names & {"fx.cleft", "fx.retropulsion_mm", "bone.hu_l1"}
    told = " ".join(notes)
    assert all(words in told for words in ("within the error", "MRI only", "compacted"))


def test_a_wall_in_front_of_the_line_is_not_pushed_back(document):
    wall = replace(BROKEN.posterior_wall, retropulsion_mm=0.0)
    facts, _ = measure_facts(document(replace(BROKEN, posterior_wall=wall)))
    assert {fact.name: fact.value for fact in facts}["fx.retropulsion_mm"] == 0.0


def test_a_given_fact_is_never_replaced_and_a_conflict_is_told(document, know):
    joined = join_case(know({"fx.height_loss_pct": 20, "fx.cleft": False}), document())
    assert joined.facts.value("fx.height_loss_pct") == 20.0
    assert joined.facts.value("fx.cleft") is False
    assert joined.facts.value("fx.vwa_deg") == 16.0
    told = " ".join(joined.notes)
    assert "given as 20.0 and measured as 38.5" in told
    assert "given as no and measured as yes" in told


def test_a_small_difference_and_an_unknown_fact_are_no_conflict(document, know):
    given = {"fx.height_loss_pct": 40, "fx.cleft": None, "fx.of_type": 2}
    joined = join_case(know(given), document())
    assert joined.notes == ()
    assert joined.facts.value("fx.height_loss_pct") == 40.0
    assert joined.facts.value("fx.cleft") is True


def test_facts_of_another_level_are_refused(document, know):
    with pytest.raises(InputError, match="those of T12"):
        join_case(know({"fx.level": "T12"}), document())


def test_a_case_without_a_fracture_measures_little(document):
    facts, _ = measure_facts(document(None))
    assert [fact.name for fact in facts] == ["bone.hu_l1"]


@pytest.mark.parametrize(("local", "wedge"), [(12.0, 8.0), (9.5, 14.2), (0.0, 0.0)])
def test_a_lying_ct_never_says_that_there_is_no_kyphosis(local, wedge, document, know):
    near = replace(BROKEN, local_kyphosis_deg=local, wedge_angle_deg=wedge)
    facts = derive_facts(join_case(know({}), document(near)).facts)
    assert facts.value("fx.kyphosis_present") is None
    # a given measurement, of a standing patient, may
    standing = derive_facts(join_case(know({"fx.lka_deg": 9.0}), document(near)).facts)
    assert standing.value("fx.kyphosis_present") is False


def test_a_lying_ct_may_say_that_there_is_a_kyphosis(document, know):
    bent = replace(BROKEN, local_kyphosis_deg=15.0, wedge_angle_deg=8.0)
    facts = derive_facts(join_case(know({}), document(bent)).facts)
    assert facts.value("fx.kyphosis_present") is True


def test_what_no_measurement_holds_is_told_unless_given(document, know):
    assert "fx.posterior_wall" in " ".join(join_case(know({}), document()).notes)
    known = {"fx.posterior_wall": "intact", "fx.both_endplates": False, "fx.one_endplate": True}
    assert join_case(know(known), document()).notes == ()
    assert join_case(know({"fx.of_type": 3}), document()).notes == ()


def test_another_deformed_level_is_told_and_is_no_previous_fracture(document):
    facts, notes = measure_facts(document(intact=replace(INTACT, genant_grade=2)))
    assert "also deformed in the CT: L1 (grade 2)" in " ".join(notes)
    assert "fx.previous" not in {fact.name for fact in facts}
