"""Volume of a body before its fracture, on blocks of known cross-section."""

import pytest

from vertaug.fracture import assess_fracture
from vertaug.fracture.norm import find_norm

SECTION_MM2 = 40.0 * 30.0
LEVELS = ("T12", "L1", "L2")


def make_spine(blocks, levels, crushed):
    vertebrae = []
    for place, level in enumerate(levels):
        norm, share = find_norm(level), crushed.get(level, 1.0)
        heights = (norm.anterior * share, norm.middle * share, norm.posterior * share)
        vertebrae.append(blocks.block_vertebra(level, heights, (0.0, 0.0, -35.0 * place)))
    return blocks.block_spine(*vertebrae)


def volume_ml(level):
    """Volume of an intact block: piecewise linear height over an even depth."""
    norm = find_norm(level)
    return SECTION_MM2 * (norm.anterior + 2 * norm.middle + norm.posterior) / 4 / 1000


def test_between_two_intact_levels_it_is_their_mean(blocks):
    found = assess_fracture(make_spine(blocks, LEVELS, {"L1": 0.55}), None).levels["L1"]
    assert found.predicted_volume_ml == pytest.approx(
        (volume_ml("T12") + volume_ml("L2")) / 2, rel=0.02
    )
    assert found.lost_volume_ml == pytest.approx(0.45 * volume_ml("L1"), rel=0.05)
    assert not any("own cross-section" in note for note in found.notes)


def test_between_levels_farther_off_it_is_interpolated(blocks):
    levels = ("T12", "L1", "L2", "L3")
    found = assess_fracture(make_spine(blocks, levels, {"L1": 0.55, "L2": 0.5}), None).levels
    for level, share in (("L1", 1 / 3), ("L2", 2 / 3)):
        expected = (1 - share) * volume_ml("T12") + share * volume_ml("L3")
        assert found[level].predicted_volume_ml == pytest.approx(expected, rel=0.02)
        assert not any("own cross-section" in note for note in found[level].notes)


def test_a_fractured_supernumerary_vertebra_is_a_step_along_the_spine(blocks):
    levels = ("T12", "T13", "L1", "L2")
    found = assess_fracture(make_spine(blocks, levels, {"T13": 0.6, "L1": 0.6}), None).levels
    expected = (found["T12"].body_volume_ml + 2 * found["L2"].body_volume_ml) / 3
    assert found["L1"].predicted_volume_ml == pytest.approx(expected)
    assert found["L1"].reference_method.startswith("intact neighbour L2 times")


def test_a_borderline_level_is_no_measure_of_the_volume(blocks):
    # T12 lost 17 %: the intact L2 has no better measure, but L1 has L2
    found = assess_fracture(make_spine(blocks, LEVELS, {"T12": 0.83, "L1": 0.6}), None).levels
    assert found["L2"].reference_levels == ("T12",)
    assert found["L1"].reference_levels == ("L2",)
    assert found["L1"].predicted_volume_ml == pytest.approx(volume_ml("L1"), rel=0.03)


@pytest.mark.parametrize(("levels", "level"), [(("L1", "L2"), "L1"), (("T12", "L1"), "L1")])
def test_at_the_end_it_is_the_own_cross_section_at_the_expected_height(blocks, levels, level):
    found = assess_fracture(make_spine(blocks, levels, {level: 0.55}), None).levels[level]
    assert found.predicted_volume_ml == pytest.approx(volume_ml(level), rel=0.03)
    assert any("own cross-section" in note for note in found.notes)


def test_one_body_alone_is_held_against_its_own_posterior_height(blocks):
    norm = find_norm("L1")
    heights = (0.6 * norm.anterior, norm.middle, norm.posterior)
    spine = blocks.block_spine(blocks.block_vertebra("L1", heights))
    found = assess_fracture(spine, None).levels["L1"]
    assert found.predicted_volume_ml == pytest.approx(volume_ml("L1"), rel=0.03)


def test_one_body_alone_that_lost_its_back_has_lost_volume(blocks):
    norm = find_norm("L1")
    heights = (0.95 * norm.anterior, 0.8 * norm.middle, 0.6 * norm.posterior)
    spine = blocks.block_spine(blocks.block_vertebra("L1", heights))
    found = assess_fracture(spine, None).levels["L1"]
    assert found.predicted_volume_ml == pytest.approx(0.95 * volume_ml("L1"), rel=0.04)
    assert found.lost_volume_ml > 2.0


def test_one_body_alone_without_a_fracture_has_no_expected_volume(blocks):
    norm = find_norm("L1")
    heights = (1.1 * norm.anterior, norm.middle, norm.posterior)
    spine = blocks.block_spine(blocks.block_vertebra("L1", heights))
    found = assess_fracture(spine, None).levels["L1"]
    assert found.genant_grade == 0
    assert found.predicted_volume_ml is None
    assert found.lost_volume_ml is None
