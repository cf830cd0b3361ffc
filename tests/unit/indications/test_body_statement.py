"""What each body says: it says, could say once something is known, or does not cover."""

import pytest

from vertaug.indications.body_statement import Stance, read_bodies, say_bodies

OSTEOPOROTIC = {"fx.etiology": "osteoporotic", "sx.nrs_now": 7}
KEYS = {
    "POS2014", "SIR_QI2014", "ACRAC2018", "RAND2018", "Anselmetti2013", "NASS_AUC_ost",
    "NASS_AUC_neo", "NICE_TA279", "NICE_NG234", "AAOS2010", "Cochrane2018", "CIRSE2017",
    "IMWG2010", "IMWG2019", "SINS2010", "mOF", "CMS_LCD",
}  # fmt: skip


@pytest.fixture
def rows(know):
    def call(values):
        said = say_bodies(read_bodies(), know(values))
        return {row.body.source.key: row for row in said}

    return call


def test_all_bodies_are_there():
    assert {body.source.key for body in read_bodies()} == KEYS


def test_the_review_of_sham_trials_is_always_shown_for_osteoporotic(rows):
    row = rows({"fx.etiology": "osteoporotic"})["Cochrane2018"]
    assert row.stance is Stance.SAYS
    assert "0.7 of 10" in row.says[0]


def test_an_unknown_cause_excludes_no_body(rows):
    for values in ({}, {"fx.etiology": "unknown"}):
        said = rows(values)
        assert said["Cochrane2018"].stance is Stance.WOULD_SAY
        assert said["IMWG2010"].stance is Stance.WOULD_SAY
        assert said["Cochrane2018"].missing == ("fx.etiology",)


def test_another_cause_is_not_covered(rows):
    said = rows({"fx.etiology": "myeloma"})
    assert said["Cochrane2018"].stance is Stance.NOT_COVERED
    assert said["NASS_AUC_ost"].stance is Stance.NOT_COVERED
    assert rows(OSTEOPOROTIC)["IMWG2019"].stance is Stance.NOT_COVERED


def test_rand_changes_with_imaging(rows):
    worse = {**OSTEOPOROTIC, "sx.trend": "worse"}
    unknown = rows(worse)["RAND2018"]
    assert unknown.stance is Stance.WOULD_SAY
    assert ("fx.edema",) in [missing for _, missing in unknown.would_say]
    assert "appropriate" in rows({**worse, "fx.edema": True})["RAND2018"].says[0]
    assert "do not apply" in rows({**worse, "fx.edema": False})["RAND2018"].says[0]
    assert "Medtronic" in unknown.body.note


def test_myeloma_above_seven_is_primary(rows):
    row = rows({"fx.etiology": "myeloma", "sx.nrs_now": 7.5})["IMWG2010"]
    assert row.says[0].startswith("Primary")
    row = rows({"fx.etiology": "myeloma", "sx.nrs_now": 7, "fx.height_loss_pct": 25})["IMWG2010"]
    assert row.says[0].startswith("Secondary")


@pytest.mark.parametrize(("score", "words"), [(5, "conservative"), (6, "either"), (7, "surgery")])
def test_the_of_score_is_read(score, words, rows):
    assert words in rows({**OSTEOPOROTIC, "of_score": score})["mOF"].says[0]


@pytest.mark.parametrize(
    ("score", "words"), [(6, "stable"), (7, "potentially"), (12, "potentially"), (13, "unstable")]
)
def test_sins_is_read(score, words, rows):
    row = rows({"fx.etiology": "metastasis", "onc.sins": score})["SINS2010"]
    assert words in row.says[0]


def test_the_bodies_of_payers_are_marked():
    payers = {body.source.key for body in read_bodies() if body.payer}
    assert payers == {"NICE_TA279", "CMS_LCD"}


def test_no_body_gives_a_verdict():
    for body in read_bodies():
        texts = [body.otherwise, *(statement.text for statement in body.statements)]
        for text in texts:
            assert "indicated:" not in text.lower()
            assert "recommended" not in text.lower()
