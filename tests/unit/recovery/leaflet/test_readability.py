"""Reading level: the counts by hand, and the paragraph whose grade is known."""

import pytest

from vertaug.recovery.leaflet.readability import (
    GLOSSARY,
    count_syllables,
    find_words,
    measure_readability,
    split_sentences,
)

MODEL = (
    "You broke a bone in your back. The bone has sunk a little. Most breaks heal in about six to "
    "twelve weeks. If the pain stays very strong, a doctor can put bone cement in the bone through "
    "a needle. In kyphoplasty, a small balloon is opened first to make room. The cement sets in "
    "minutes. In fair tests, cement helped some people more than no cement. When it was tested "
    "against a pretend treatment, the extra help was small for most people. It may help more when "
    "the break is very new and the pain is very bad. Cement can leak. Most leaks cause no harm. "
    "Rarely, a leak can hurt a nerve or go to the lung. Ask what else could help you, and ask for "
    "a bone clinic visit."
)
"""Of the clinical reference, 7.6: 132 words, grade 2.7 and SMOG 4.7 with a dictionary."""


def test_the_model_paragraph_has_its_known_grades():
    found = measure_readability([MODEL])
    assert found.words == 132
    assert found.grade == pytest.approx(2.7, abs=0.5)
    assert found.smog == pytest.approx(4.7, abs=0.5)
    assert found.ease > 90


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("bone", 1), ("the", 1), ("table", 2), ("whole", 1), ("free", 1), ("people", 2),
        ("vertebra", 3), ("vertebroplasty", 5), ("kyphoplasty", 4), ("cement", 2),
        ("osteoporosis", 5), ("needle", 2), ("helped", 1), ("treated", 2), ("opened", 2),
        ("bones", 1), ("places", 2), ("rarely", 2), ("treatment", 2), ("careful", 2),
        ("X-ray", 2), ("doctor's", 2), ("L1", 2), ("rhythm", 1), ("hmm", 1),
        ("7", 2), ("0", 2), ("12", 1), ("13", 2), ("44", 3), ("100", 3), ("541", 6), ("0.7", 5),
        ("1,782", 10), ("1000", 3),
    ],
)  # fmt: skip
def test_syllables(word, syllables):
    assert count_syllables(word) == syllables


def test_sentences_end_at_marks_and_lines_but_not_within_numbers():
    text = "Pain fell by 0.7 points. Is that much? No! Two things:\nRest\nWalk a little"
    assert split_sentences(text) == (
        "Pain fell by 0.7 points", "Is that much", "No", "Two things", "Rest", "Walk a little",
    )  # fmt: skip
    assert split_sentences("... \n \n 12 of 100") == ("12 of 100",)


def test_words():
    words = ("X-ray", "of", "L1", "doesn't", "hurt", "3.9", "cm")
    assert find_words("X-ray of L1 (doesn't hurt): 3.9 cm") == words


def test_formulas_by_hand():
    found = measure_readability(["The cat sat. The terrible elephant remembered the avalanche."])
    assert (found.words, found.sentences, found.syllables) == (9, 2, 17)
    assert found.long_words == 4
    assert found.grade == pytest.approx(0.39 * 4.5 + 11.8 * 17 / 9 - 15.59)
    assert found.ease == pytest.approx(206.835 - 1.015 * 4.5 - 84.6 * 17 / 9)
    assert found.smog == pytest.approx(1.043 * 60**0.5 + 3.1291)
    assert found.long_share == pytest.approx(4 / 9)


@pytest.mark.parametrize(
    ("sentence", "passive"),
    [
        ("The skin is made numb.", 1),
        ("A balloon was often opened.", 1),
        ("The bone has been treated.", 1),
        ("The team opens a balloon.", 0),
        ("You are well.", 0),
    ],
)
def test_passive(sentence, passive):
    assert measure_readability([sentence]).passive == passive


def test_glossary_is_left_out_on_request():
    text = ["Kyphoplasty and vertebroplasty use cement."]
    strict, eased = measure_readability(text), measure_readability(text, GLOSSARY)
    assert strict.words == 5
    assert eased.words == 2
    assert eased.grade < strict.grade


def test_no_words_no_grade():
    with pytest.raises(ValueError, match="without words"):
        measure_readability(["...", ""])
