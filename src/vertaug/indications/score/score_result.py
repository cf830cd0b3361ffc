"""A score with its parts, and what it could still become while facts are unknown."""

from dataclasses import dataclass

from vertaug.case.source_status import SourceStatus
from vertaug.indications.fact import FactValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCategory:
    """What a source calls a span of values.

    Attributes
    ----------
    low, high : int
        Least and greatest value, both included.
    words : str
        Never an order: what the source names.
    source : str
        Key of the clinical reference, part 10.
    """

    low: int
    high: int
    words: str
    source: str

    def holds(self, value: int) -> bool:
        """Whether a value lies in the span."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """One line of a score.

    Attributes
    ----------
    name, label : str
        Name, and words for a clinician.
    facts : tuple of (str, bool, float, str or None)
        What was asked and what is known of it; None is unknown.
    points : int or None
        None where unknown facts leave more than one outcome.
    low, high : int
        Least and most points that the known facts allow.
    words : str
        What was found.
    missing : tuple of str
        Unknown facts, where they leave more than one outcome.
    """

    name: str
    label: str
    facts: tuple[tuple[str, FactValue | None], ...]
    points: int | None
    low: int
    high: int
    words: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResult:
    """A score of one patient.

    Attributes
    ----------
    name, title : str
    value : int or None
        None while unknown facts leave more than one value.
    low, high : int
        Least and greatest value over everything that the unknown facts could turn out to be, as
        far as the score then applies.
    card_value : int or None
        Value by the rule of the source that unknown counts 0; only the modified OF score has such
        a rule. It is not what is known of the patient: ``low`` and ``high`` are.
    parts : tuple of ScorePart
    missing : tuple of str
        Facts that would narrow the range.
    category, card_category : ScoreCategory or None
        Of ``value``, or of the whole range where it lies in one; of ``card_value``.
    possible : tuple of ScoreCategory
        Categories that the range touches.
    sources : tuple of str
    status : SourceStatus
        How the score is known.
    notes : tuple of str
    """

    name: str
    title: str
    value: int | None
    low: int
    high: int
    card_value: int | None
    parts: tuple[ScorePart, ...]
    missing: tuple[str, ...]
    category: ScoreCategory | None
    card_category: ScoreCategory | None
    possible: tuple[ScoreCategory, ...]
    sources: tuple[str, ...]
    status: SourceStatus
    notes: tuple[str, ...]

    @property
    def words(self) -> str:
        """The result in one line, unknown parts included."""
        if self.value is not None:
            said = f"{self.title}: {self.value}"
        else:
            said = f"{self.title}: {self.low} to {self.high}, not decided"
        return f"{said} ({self.category.words})" if self.category is not None else said
