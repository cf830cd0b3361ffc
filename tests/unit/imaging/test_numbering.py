"""Which number means which vertebra, and what cannot be decided."""

import pytest

from vertaug.case.errors import LabelError, OrientationError
from vertaug.imaging.label_detection import LabelSummary, check_order, detect_numbering
from vertaug.imaging.label_name import find_level, levels_of_names
from vertaug.imaging.numbering import LEVEL_VALUES, NUMBERINGS, LevelChoice, parse_numbering


def summarise(from_head, *, growing=True):
    """Values given from head to foot, 30 mm apart, each larger than the one above."""
    sign = 1 if growing else -1
    return LabelSummary(
        heights_mm={v: -30.0 * n for n, v in enumerate(from_head)},
        volumes_mm3={v: 20000.0 + sign * 1000.0 * n for n, v in enumerate(from_head)},
    )


@pytest.mark.parametrize(
    ("numbering", "value", "level"),
    [
        ("verse", 8, "T1"), ("verse", 19, "T12"), ("verse", 24, "L5"), ("verse", 25, "L6"),
        ("verse", 28, "T13"), ("totalsegmentator", 28, "L4"), ("totalsegmentator", 27, "L5"),
        ("totalsegmentator", 31, "L1"), ("totalsegmentator", 32, "T12"),
        ("totalsegmentator", 43, "T1"), ("totalsegmentator", 50, "C1"),
        ("totalsegmentator", 26, "S1"), ("totalsegmentator_v1", 18, "L5"),
        ("totalsegmentator_v1", 41, "C1"), ("totalsegmentator_v1", 23, "T12"),
        ("vertebrae_pp", 20, "L1"), ("spine_segment", 25, "L6"),
    ],
)  # fmt: skip
def test_tables_say_what_the_reference_says(numbering, value, level):
    assert NUMBERINGS[numbering].levels[value] == level


def test_28_is_no_vertebra_for_spine_segment():
    assert 28 not in NUMBERINGS["spine_segment"].levels
    assert 28 in NUMBERINGS["spine_segment"].others


def test_level_values_are_unique():
    assert len(set(LEVEL_VALUES.values())) == len(LEVEL_VALUES)
    assert LEVEL_VALUES["T13"] == 28


@pytest.mark.parametrize(
    ("from_head", "name"),
    [
        ([17, 18, 19, 20, 21, 22], "verse"),
        ([21, 22, 23], "verse"),
        ([20, 21, 22, 23, 24, 26], "verse"),
        ([34, 33, 32, 31, 30, 29, 27], "totalsegmentator"),
        ([45, 44, 43, 42, 41, 40], "totalsegmentator"),
        ([22, 21, 20, 19, 18], "totalsegmentator_v1"),
    ],
)
def test_numbers_and_order_decide(from_head, name):
    if name == "totalsegmentator" and 27 in from_head:
        # T10 .. L5 without L4: TotalSegmentator 1 would read T1 .. T8
        with pytest.raises(LabelError, match="totalsegmentator_v1"):
            detect_numbering(summarise(from_head), "x")
        return
    assert detect_numbering(summarise(from_head), "x")[0].name == name


def test_28_is_refused_with_the_clash_explained():
    with pytest.raises(LabelError) as caught:
        detect_numbering(summarise([19, 28, 20, 21]), "x")
    for words in ("T13 in verse", "L4 in totalsegmentator", "sacrum in spine_segment", "Declare"):
        assert words in str(caught.value)


def test_single_vertebra_is_ambiguous_unless_named():
    with pytest.raises(LabelError, match=r"verse \(20=L1\).*totalsegmentator_v1 \(20=L3\)"):
        detect_numbering(summarise([20]), "x.nii.gz")
    found, notes = detect_numbering(summarise([20]), "sub-1_seg-vert_msk.nii.gz")
    assert found.name == "verse"
    assert "seg-vert" in notes[0]


@pytest.mark.parametrize("growing", [False, True])
def test_turned_verse_map_is_not_taken_for_another_numbering(growing):
    # 22 .. 17 from head to foot: T10 .. L3 upside down (the scan's or only the numbers'), or
    # TotalSegmentator 1 with an organ
    with pytest.raises(LabelError, match="head and foot exchanged"):
        detect_numbering(summarise([22, 21, 20, 19, 18, 17], growing=growing), "x")


def test_only_reading_upside_down_is_an_orientation_error():
    with pytest.raises(OrientationError, match="wrong way round"):
        detect_numbering(summarise([13, 12, 11, 10]), "x")


def test_unknown_numbers_name_the_closest():
    with pytest.raises(LabelError, match=r"the numbers 1, 2, 500.*closest: .*unknown: 500"):
        detect_numbering(summarise([1, 2, 500]), "x")


def test_mixed_order_is_refused():
    levels = {19: "T12", 20: "L1", 21: "L2"}
    with pytest.raises(LabelError, match="T12 below L1"):
        check_order(levels, summarise([20, 19, 21]), "x")
    check_order(levels, summarise([19, 20, 21]), "x")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("vertebrae_L1", "L1"), ("L1 vertebra", "L1"), ("Th12", "T12"), ("vertebra T4", "T4"),
        ("sub-01_T10", "T10"), ("rib_left_1", None), ("disc_L1_L2", None), ("L1-L2", None),
        ("liver", None), ("T12 rib", None), ("L9", None), ("vertebrae_S1", "S1"),
        ("Segment_1", None),
    ],
)  # fmt: skip
def test_names_of_levels(text, level):
    assert find_level(text) == level


def test_placeholder_names_say_nothing():
    assert levels_of_names({1: "L1", 2: "L2", 3: "L3"}) == {}
    assert levels_of_names({1: "L2", 2: "L3"}) == {1: "L2", 2: "L3"}


def test_parse_numbering():
    assert parse_numbering("VerSe").name == "verse"
    assert parse_numbering("level:l2") == LevelChoice(level="L2", values=frozenset())
    assert parse_numbering("level:Th12=1, 2").values == {1, 2}
    for wrong in ("spine", "level:X4", "level:L2=a", "level:"):
        with pytest.raises(LabelError, match="numbering"):
            parse_numbering(wrong)


def test_vertebrae_that_grow_upward_are_doubted():
    # L5 .. L1 of TotalSegmentator 1, or T11 .. L3 of VerSe with head and foot exchanged
    with pytest.raises(LabelError, match=r"verse .*head and foot exchanged"):
        detect_numbering(summarise([22, 21, 20, 19, 18], growing=False), "x")


@pytest.mark.parametrize(
    "from_head",
    [[23, 22, 21, 19, 18], [24, 23, 22, 21, 19, 18], [19, 20, 21, 23, 24, 25]],
    ids=["verse", "verse, more", "totalsegmentator_v1"],
)
def test_turned_maps_with_a_level_missing_are_doubted(from_head):
    with pytest.raises(LabelError, match="head and foot exchanged"):
        detect_numbering(summarise(from_head, growing=False), "x")


def test_one_volume_out_of_line_does_not_hide_a_turned_map():
    whole = summarise([24, 23, 22, 21, 20, 19, 18], growing=False)
    volumes = {**whole.volumes_mm3, 21: 1.1 * whole.volumes_mm3[21]}
    with pytest.raises(LabelError, match="head and foot exchanged"):
        detect_numbering(LabelSummary(heights_mm=whole.heights_mm, volumes_mm3=volumes), "x")


def test_one_crushed_body_raises_no_doubt():
    whole = summarise([18, 19, 20, 21, 22, 23, 24])
    volumes = {**whole.volumes_mm3, 21: 0.5 * whole.volumes_mm3[21]}
    found, _ = detect_numbering(LabelSummary(heights_mm=whole.heights_mm, volumes_mm3=volumes), "x")
    assert found.name == "verse"
