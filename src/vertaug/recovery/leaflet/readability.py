"""How hard a text is to read: words, sentences, syllables and the grades made of them.

Formulas: Flesch-Kincaid grade and Flesch reading ease (Kincaid 1975, Flesch 1948), SMOG (McLaughlin
1969), as in the clinical reference, part 7.6. No word list is needed: syllables are counted by
rule, within half a grade of a count with a pronouncing dictionary (tested).
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

GLOSSARY = frozenset(
    {
        *("vertebra", "vertebrae", "vertebroplasty", "kyphoplasty", "cement"),
        *("osteoporosis", "radiotherapy"),
    }
)
"""Names that a leaflet has to use; measures are given with and without them."""

_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?(?:-[A-Za-z]+)*\d*|\d+(?:[.,]\d+)*")
_SENTENCE_END = re.compile(r"[.?!:]+(?=[\s\"'”’)]|$)")
_PIECE = re.compile(r"[a-z]+|\d")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(
    r"(?<![aeiouy])(?<![^aeiouy]l)e$"  # bone, whole; not table
    r"|(?<![aeiouydt])(?<![^aeiouy]l)ed$"  # helped; not treated
    r"|(?<![aeiouyszx])(?<![cs]h)(?<![cg])(?<![^aeiouy]l)es$"  # bones; not places
    r"|(?<=[aeiouy])(?<![aeiouy][aeiouy])[^aeiouy]+(e)(?:ly|ment|ful|less)$"  # rarely; not cement
)
_DIGIT_SYLLABLES = (2, 1, 1, 1, 1, 1, 1, 2, 1, 1)
_TEEN_SYLLABLES = (1, 3, 1, 2, 2, 2, 2, 3, 2, 2)
_TENS_SYLLABLES = (0, 0, 2, 2, 2, 2, 2, 3, 2, 2)
_BE = r"(?:am|is|are|was|were|be|been|being)"
_IRREGULAR = (
    "bent|broken|brought|built|done|drawn|driven|felt|found|given|gone|held|hurt|kept|known|left|"
    "lost|made|meant|put|read|seen|sent|set|shown|sunk|taken|told|worn|written"
)
_PASSIVE = re.compile(
    rf"\b{_BE}\s+(?:(?:not|also|often|only|then|first|still|\w+ly)\s+)*(?:\w+ed|{_IRREGULAR})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readability:
    """Counts of a text and the grades that follow.

    Attributes
    ----------
    words, sentences, syllables : int
    long_words : int
        Words of three syllables or more.
    passive : int
        Sentences in the passive voice, by rule.
    """

    words: int
    sentences: int
    syllables: int
    long_words: int
    passive: int

    @property
    def grade(self) -> float:
        """Flesch-Kincaid grade: the year of school that the text asks for."""
        return 0.39 * self.sentence_words + 11.8 * self.syllables / self.words - 15.59

    @property
    def ease(self) -> float:
        """Flesch reading ease: 100 is very easy, 0 very hard."""
        return 206.835 - 1.015 * self.sentence_words - 84.6 * self.syllables / self.words

    @property
    def smog(self) -> float:
        """Grade by the number of long words."""
        return 1.043 * math.sqrt(self.long_words * 30 / self.sentences) + 3.1291

    @property
    def sentence_words(self) -> float:
        """Mean number of words of a sentence."""
        return self.words / self.sentences

    @property
    def long_share(self) -> float:
        """Share of words of three syllables or more."""
        return self.long_words / self.words

    @property
    def passive_share(self) -> float:
        """Share of sentences in the passive voice."""
        return self.passive / self.sentences


def split_sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text; they end at a full stop, a colon, ``?`` or ``!``.

    Every line (a heading, a bullet) ends one too. A point within a number ends none.
    """
    parts = (part for line in text.splitlines() for part in _SENTENCE_END.split(line))
    return tuple(part.strip() for part in parts if _WORD.search(part))


def find_words(text: str) -> tuple[str, ...]:
    """Return the words of a text; numbers are words, and so are names such as L1."""
    return tuple(_WORD.findall(text))


def count_syllables(word: str) -> int:
    """Return the number of syllables of an English word or number, spoken.

    Vowel groups, less a silent e at the end or before -d, -s, -ly, -ment, -ful, -less (not that of
    -able), at least 1; the parts of a hyphenated word are summed, and numbers count as said.
    """
    if word[0].isdigit():
        return _number_syllables(word)
    pieces = _PIECE.findall(word.lower().replace("'", "").replace("’", ""))
    return sum(_DIGIT_SYLLABLES[int(p)] if p.isdigit() else _part_syllables(p) for p in pieces)


def _part_syllables(part: str) -> int:
    groups = len(_VOWELS.findall(part))
    return max(1, groups - bool(_SILENT.search(part)))


def _number_syllables(number: str) -> int:
    """Return the syllables of a number below 10 000 as it is said; digit by digit beyond."""
    whole, _, after = number.replace(",", "").partition(".")
    said = sum(_DIGIT_SYLLABLES[int(digit)] for digit in after) + (1 if after else 0)
    if len(whole) > 4:
        return said + sum(_DIGIT_SYLLABLES[int(digit)] for digit in whole)
    thousands, rest = divmod(int(whole), 1000)
    hundreds, rest = divmod(rest, 100)
    tens, ones = divmod(rest, 10)
    said += _DIGIT_SYLLABLES[thousands] + 2 if thousands else 0
    said += _DIGIT_SYLLABLES[hundreds] + 2 if hundreds else 0
    if tens == 1:
        return said + _TEEN_SYLLABLES[ones]
    said += _TENS_SYLLABLES[tens]
    return said + (_DIGIT_SYLLABLES[ones] if ones or int(whole) == 0 else 0)


def measure_readability(texts: Iterable[str], exempt: frozenset[str] = frozenset()) -> Readability:
    """Return the measures of texts, each a paragraph, a heading or a bullet.

    Parameters
    ----------
    texts : iterable of str
    exempt : frozenset of str
        Words in lower case that are left out of all counts, such as `GLOSSARY`.

    Raises
    ------
    ValueError
        If there is no word.
    """
    sentences = [sentence for text in texts for sentence in split_sentences(text)]
    words = [w for s in sentences for w in find_words(s) if w.lower() not in exempt]
    if not words:
        message = "a text without words has no grade; give at least one sentence"
        raise ValueError(message)
    syllables = [count_syllables(word) for word in words]
    return Readability(
        words=len(words),
        sentences=len(sentences),
        syllables=sum(syllables),
        long_words=sum(count >= 3 for count in syllables),
        passive=sum(bool(_PASSIVE.search(sentence)) for sentence in sentences),
    )
