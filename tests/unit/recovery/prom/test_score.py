"""Every instrument against its published scoring."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.recovery.prom.answer import NOT_APPLICABLE
from vertaug.recovery.prom.instrument import find_instrument, list_instruments
from vertaug.recovery.prom.score import PromScore, same_scale, score_answers
from vertaug.recovery.prom.value_set import answers_of_state, read_value_set

from .conftest import decrement_lines


def one_score(instrument, answers):
    (found,) = score_answers(instrument, answers)
    return found


def by_name(instrument, answers, **more):
    return {one.score: one for one in score_answers(instrument, answers, **more)}


def ticks(count, of=24):
    return {f"q{i}": int(i <= count) for i in range(1, of + 1)}


# Numeric rating, visual analogue, seconds: the answer is the score.


@pytest.mark.parametrize("name", ["nrs_now", "nrs_rest", "nrs_move"])
def test_numeric_rating_is_the_number(name):
    assert [one_score(name, {name: n}).value for n in (0, 7, 10)] == [0, 7, 10]
    assert one_score(name, {name: 7}).scale == "0-10"


def test_numbers_of_tables_are_numbers():
    assert one_score("nrs_now", {"nrs_now": np.int64(7)}).value == 7
    assert one_score("vas_mm", {"vas_mm": np.float32(63.5)}).value == 63.5
    with pytest.raises(InputError, match="got nan"):
        score_answers("nrs_now", {"nrs_now": float("nan")})


@pytest.mark.parametrize("answer", [object(), {}, [3, "4"], b"7"])
def test_what_is_no_answer_at_all(answer):
    with pytest.raises(InputError, match=r"odi\), item s1: "):
        score_answers("odi", {"s1": answer})


@pytest.mark.parametrize("answer", [-1, 11, 6.5, float("nan"), float("inf"), True, "7", "na"])
def test_impossible_numeric_ratings_are_refused(answer):
    with pytest.raises(InputError, match=r"nrs_now.*whole number from 0 to 10.*or None"):
        score_answers("nrs_now", {"nrs_now": answer})


def test_visual_analogue_scale_is_in_millimetres():
    assert one_score("vas_mm", {"vas_mm": 63.5}).value == 63.5
    with pytest.raises(InputError, match="a number from 0 to 100"):
        score_answers("vas_mm", {"vas_mm": 100.5})


def test_a_test_that_cannot_be_done_has_no_time():
    assert one_score("tug_s", {"tug_s": 13.4}).value == 13.4
    unable = one_score("tug_s", {"tug_s": NOT_APPLICABLE})
    assert (unable.value, unable.answered, unable.flags) == (None, 0, ("not applicable",))
    for seconds in (0, -3, 601):
        with pytest.raises(InputError, match="from 1 to 600"):
            score_answers("tug_s", {"tug_s": seconds})


@pytest.mark.parametrize("one", [i for i in list_instruments() if i.id != "eq5d5l"])
def test_nothing_answered_is_no_score_and_never_zero(one):
    for score in score_answers(one.id, {}):
        assert score.value is None
        assert score.answered == 0
        assert score.flags


# Roland-Morris: Roland & Morris 1983, Roland & Fairbank 2000.


def test_roland_morris_counts_the_ticks():
    assert [one_score("rmdq24", ticks(n)).value for n in (0, 1, 17, 24)] == [0, 1, 17, 24]
    marked = one_score("rmdq24", {name: bool(tick) for name, tick in ticks(17).items()})
    assert (marked.value, marked.answered, marked.asked, marked.flags) == (17, 24, 24, ())


def test_roland_morris_not_applicable_is_no():
    answers = {**ticks(12), "q24": NOT_APPLICABLE, "q1": NOT_APPLICABLE}
    found = one_score("rmdq24", answers)
    assert (found.value, found.answered, found.flags) == (11, 24, ())


def test_roland_morris_blanks_count_as_no_and_more_than_four_are_flagged():
    four = {**ticks(10), **dict.fromkeys(("q21", "q22", "q23", "q24"))}
    assert (one_score("rmdq24", four).value, one_score("rmdq24", four).flags) == (10, ())
    five = {**four, "q20": None}
    found = one_score("rmdq24", five)
    assert (found.value, found.answered, found.asked, found.flags) == (10, 19, 24, ("5 blanks",))
    not_named = {name: tick for name, tick in five.items() if tick is not None}
    assert one_score("rmdq24", not_named) == found


@pytest.mark.parametrize("answer", [2, -1, 0.5, "yes", [1]])
def test_a_tick_is_a_tick_or_none(answer):
    with pytest.raises(InputError, match=r"rmdq24\), item q3: "):
        score_answers("rmdq24", {**ticks(5), "q3": answer})


def test_23_items_are_another_instrument():
    short = one_score("rdq23", ticks(23, of=23))
    assert (short.value, short.scale) == (23, "0-23")
    with pytest.raises(InputError, match="no item 'q24'; expected q1 to q23"):
        score_answers("rdq23", ticks(24))


# Oswestry: Fairbank & Pynsent 2000; clinical reference 9.1; the 16 of 50 and 16 of 45 of the form.


def sections(total, answered=10):
    """Answers of that many sections with that sum."""
    each, rest = divmod(total, answered)
    given = {f"s{i}": each + (i <= rest) for i in range(1, answered + 1)}
    return {**given, **{f"s{i}": None for i in range(answered + 1, 11)}}


@pytest.mark.parametrize(
    ("total", "answered", "percent"),
    [(16, 10, 32.0), (16, 9, 35.5), (31, 9, 68.9), (36, 10, 72.0), (0, 10, 0.0), (50, 10, 100.0)],
)
def test_oswestry_published_examples(total, answered, percent):
    found = one_score("odi", sections(total, answered))
    # The form cuts 35.56 to 35.5, the reference rounds 68.89 to 68.9.
    assert found.value == pytest.approx(percent, abs=0.06)
    assert (found.answered, found.asked, found.flags) == (answered, 10, ())


def test_oswestry_of_two_boxes_the_higher_counts():
    found = one_score("odi", {**sections(0), "s4": (1, 3)})
    assert found.value == pytest.approx(6.0)
    assert found.flags == ("two boxes in s4, the higher counts",)
    assert one_score("odi", {**sections(0), "s4": [3]}).flags == ()


def test_oswestry_with_fewer_than_eight_sections_is_flagged():
    assert one_score("odi", sections(16, 8)).flags == ()
    found = one_score("odi", sections(14, 7))
    assert (found.value, found.flags) == (40.0, ("7 of 10 sections, 8 expected",))


def test_oswestry_section_that_does_not_apply_is_left_out():
    skipped = one_score("odi", {**sections(31, 9), "s10": NOT_APPLICABLE})
    assert skipped == one_score("odi", sections(31, 9))


@pytest.mark.parametrize("answer", [6, -1, 2.5, (1, 6), ()])
def test_impossible_oswestry_answers(answer):
    with pytest.raises(InputError, match=r"odi\), item s2: "):
        score_answers("odi", {**sections(20), "s2": answer})


def test_two_boxes_elsewhere_are_asked_back():
    with pytest.raises(InputError, match="one answer is expected; got 2"):
        score_answers("rand36", {"q1": (2, 3)})


# RAND-36: scoring instructions of rand.org, tables 1 and 2.


def test_rand_published_example_with_a_blank():
    """ "4 on 23, 3 on 27, 3 on 29 and left 31 blank": 40, 60, 40, so 46.7."""
    found = by_name("rand36", {"q23": 4, "q27": 3, "q29": 3, "q31": None})["energy_fatigue"]
    assert found.value == pytest.approx(140 / 3)
    assert round(found.value, 1) == 46.7
    assert (found.answered, found.asked, found.flags) == (3, 4, ())


TABLE_1 = [
    ((1, 2, 20, 22, 34, 36), (100, 75, 50, 25, 0)),
    ((3, 4, 5, 6, 7, 8, 9, 10, 11, 12), (0, 50, 100)),
    ((13, 14, 15, 16, 17, 18, 19), (0, 100)),
    ((21, 23, 26, 27, 30), (100, 80, 60, 40, 20, 0)),
    ((24, 25, 28, 29, 31), (0, 20, 40, 60, 80, 100)),
    ((32, 33, 35), (0, 25, 50, 75, 100)),
]
TABLE_2 = {
    "physical_functioning": (3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    "role_physical": (13, 14, 15, 16),
    "role_emotional": (17, 18, 19),
    "energy_fatigue": (23, 27, 29, 31),
    "emotional_well_being": (24, 25, 26, 28, 30),
    "social_functioning": (20, 32),
    "pain": (21, 22),
    "general_health": (1, 33, 34, 35, 36),
    "health_change": (2,),
}


def test_rand_tables():
    rand = find_instrument("rand36")
    for numbers, points in TABLE_1:
        for number in numbers:
            item = rand.find_item(f"q{number}")
            assert (item.points, item.low, item.high) == (points, 1, len(points))
    assert sum(len(numbers) for numbers, _ in TABLE_1) == 36
    assert {s.name: tuple(int(i[1:]) for i in s.items) for s in rand.scales} == TABLE_2


def test_rand_best_and_worst_answers_give_100_and_0_on_every_scale():
    items = find_instrument("rand36").items
    best = {i.id: i.low + i.points.index(100) for i in items}
    worst = {i.id: i.low + i.points.index(0) for i in items}
    assert {s.value for s in score_answers("rand36", best)} == {100.0}
    assert {s.value for s in score_answers("rand36", worst)} == {0.0}


def test_rand_scale_with_fewer_than_half_is_flagged_not_hidden():
    half = by_name("rand36", {f"q{i}": 2 for i in range(3, 8)})["physical_functioning"]
    assert (half.value, half.answered, half.flags) == (50.0, 5, ())
    fewer = by_name("rand36", {f"q{i}": 2 for i in range(3, 7)})["physical_functioning"]
    assert (fewer.value, fewer.flags) == (50.0, ("4 of 10 items, fewer than half",))


def test_rand_scales_are_independent_of_each_other():
    found = by_name("rand36", {"q21": 1, "q22": 1})
    assert found["pain"].value == 100.0
    assert all(one.value is None for name, one in found.items() if name != "pain")


# EQ-5D-5L.


def test_eq5d_without_a_value_set_has_a_state_and_no_index():
    found = by_name("eq5d5l", answers_of_state("21232", 65))
    assert found["index"].value is None
    assert found["index"].flags == ("state 21232", "no value set given")
    assert (found["vas"].value, found["vas"].scale) == (65.0, "0-100")


def test_eq5d_index_of_published_states(set_file):
    """England (Devlin 2018, abstract): 55555 is -0.285, 11211 is 0.950, full health 1.

    The five level-5 decrements of that set, and 0.050 of usual activities level 2.
    """
    worst = {"mo": 0.274, "sc": 0.203, "ua": 0.184, "pd": 0.335, "ad": 0.289}
    lines = decrement_lines()
    for name, lost in worst.items():
        lines[lines.index(f"{name},5,0.3")] = f"{name},5,{lost}"
    england = read_value_set(set_file(lines), "England 2018")
    values = [
        by_name("eq5d5l", answers_of_state(state), value_set=england)["index"].value
        for state in ("11111", "11211", "55555")
    ]
    assert values == pytest.approx([1.0, 0.950, -0.285])


def test_eq5d_scale_names_the_value_set(set_file):
    one = read_value_set(set_file(decrement_lines(), "one.csv"))
    other = read_value_set(set_file(decrement_lines(), "other.csv"))
    answers = answers_of_state("22222")
    first, second = (by_name("eq5d5l", answers, value_set=s)["index"] for s in (one, other))
    assert first.value == second.value == pytest.approx(0.75)
    with pytest.raises(InputError, match=r"index, one\).*index, other\) differ in scale"):
        same_scale(first, second)


def test_eq5d_needs_all_dimensions(set_file):
    made_up = read_value_set(set_file(decrement_lines()))
    found = by_name("eq5d5l", {"mo": 2, "sc": 1, "ua": 3, "pd": 4}, value_set=made_up)["index"]
    assert (found.value, found.answered, found.asked) == (None, 4, 5)
    assert found.flags == ("4 of 5 dimensions, all are needed",)


@pytest.mark.parametrize("answers", [{"mo": 0}, {"mo": 6}, {"pd": 2.5}, {"vas": 101}, {"xx": 1}])
def test_impossible_eq5d_answers(answers):
    with pytest.raises(InputError, match="eq5d5l"):
        score_answers("eq5d5l", answers)


def test_a_value_set_goes_with_eq5d_only(set_file):
    made_up = read_value_set(set_file(decrement_lines()))
    with pytest.raises(InputError, match="a value set goes with eq5d5l; odi has none"):
        score_answers("odi", {}, value_set=made_up)


# QUALEFFO-41: LASA (Lips & Cooper), linear formula of the clinical reference.


def test_qualeffo_domain_by_the_linear_formula():
    """Pain 3, 4, 2, 5, 1: ((15 - 5) / (25 - 5)) * 100."""
    found = by_name("qualeffo41", {f"q{i}": a for i, a in enumerate((3, 4, 2, 5, 1), start=1)})
    assert found["pain"].value == pytest.approx(50.0)
    assert "recalled, unverified" in found["pain"].flags[-1]


def test_qualeffo_reverses_the_recalled_items():
    items = find_instrument("qualeffo41").items
    reversed_ = {i.id for i in items if i.points[0] > i.points[-1]}
    assert reversed_ == {f"q{n}" for n in (33, 34, 35, 37, 39, 40)}
    assert all(sorted(i.points)[0] == 0 and sorted(i.points)[-1] == 100 for i in items)


def test_qualeffo_best_and_worst():
    items = find_instrument("qualeffo41").items
    best = {i.id: i.low + i.points.index(0) for i in items}
    worst = {i.id: i.low + i.points.index(100) for i in items}
    assert {s.value for s in score_answers("qualeffo41", best)} == {0.0}
    assert {s.value for s in score_answers("qualeffo41", worst)} == {100.0}


def test_qualeffo_stretches_short_items_to_the_range_of_five():
    """LASA: 3 and 4 answers are recoded to 1-5; the middle of 3 is the middle of 5."""
    found = by_name("qualeffo41", {"q23": 2, "q27": 2})["social_function"]
    assert found.value == pytest.approx((50 + 100 / 3) / 2)
    assert found.flags[0] == "2 of 7 items, fewer than half"


def test_qualeffo_not_applicable_is_left_out():
    answers = {"q23": 3, "q24": NOT_APPLICABLE, "q25": NOT_APPLICABLE, "q26": NOT_APPLICABLE}
    found = by_name("qualeffo41", {**answers, "q27": 4, "q28": 4, "q29": NOT_APPLICABLE})
    assert found["social_function"].value == 100.0
    assert found["social_function"].answered == 3
    assert len(found["social_function"].flags) == 1
    with pytest.raises(InputError, match="item q1"):
        score_answers("qualeffo41", {"q1": NOT_APPLICABLE})


# PEG (Krebs 2009: mean of three) and the global impression.


def test_peg_is_the_mean_of_three():
    assert one_score("peg", {"p": 7, "e": 6, "g": 8}).value == pytest.approx(7.0)
    assert one_score("peg", {"p": 8, "e": 4, "g": 5}).value == pytest.approx(17 / 3)
    short = one_score("peg", {"p": 7, "e": 6})
    assert (short.value, short.flags) == (None, ("2 of 3 answered, all are needed",))


def test_global_impression_says_which_end_is_best():
    found = one_score("pgic", {"pgic": 6})
    assert (found.value, found.scale) == (6, "1-7, 7 best")
    with pytest.raises(InputError, match="from 1 to 7"):
        score_answers("pgic", {"pgic": 0})


# Scales never mix (hazard 14).


def other(score, **changed):
    names = ("instrument", "version", "score", "scale", "value", "answered", "asked", "flags")
    return PromScore(**{**{n: getattr(score, n) for n in names}, **changed})


def test_scales_never_mix():
    long, short = one_score("rmdq24", ticks(10)), one_score("rdq23", ticks(10, of=23))
    same_scale(long, one_score("rmdq24", ticks(3)))
    for wrong in (
        short,
        other(long, scale="0-100"),
        other(long, version="18 items"),
        one_score("odi", sections(10)),
    ):
        with pytest.raises(InputError, match="scores of different scales are not compared"):
            same_scale(long, wrong)
    rand = by_name("rand36", {"q21": 1, "q2": 1})
    with pytest.raises(InputError, match="differ in score"):
        same_scale(rand["pain"], rand["health_change"])


def test_unknown_items_and_instruments_are_refused():
    with pytest.raises(InputError, match="no item 'nrs'"):
        score_answers("nrs_now", {"nrs": 4})
    with pytest.raises(InputError, match="did you mean rmdq24"):
        score_answers("rmdq", {})
    with pytest.raises(InputError, match="QualityMetric"):
        score_answers("SF-12v2", {})
