"""A score as ``case.json`` and the report hold it."""

from vertaug.case.indication_record import ScoreRecord
from vertaug.indications.score.score_result import ScoreCategory, ScoreResult

_MOST_WORDS = 2


def describe_score(result: ScoreResult) -> ScoreRecord:
    """Return a score as it is written."""
    return ScoreRecord(
        name=result.name,
        title=result.title,
        value=result.value,
        low=result.low,
        high=result.high,
        category=_word(result.category),
        possible=tuple(category.words for category in result.possible),
        # with nothing unknown the card says what the score says
        card_value=None if result.value is not None else result.card_value,
        card_category="" if result.value is not None else _word(result.card_category),
        missing=result.missing,
        sources=result.sources,
        status=result.status,
        notes=result.notes,
    )


def _word(category: ScoreCategory | None) -> str:
    return "" if category is None else category.words


def value_words(score: ScoreRecord) -> str:
    """Return its value, or the range that unknown facts leave."""
    return f"{score.value}" if score.value is not None else f"{score.low} to {score.high}"


def category_words(score: ScoreRecord) -> str:
    """Return what the source calls it, or could call it; open where more than two words fit."""
    if score.category or not score.possible:
        return score.category
    return "open" if len(score.possible) > _MOST_WORDS else " / ".join(score.possible)


def card_words(score: ScoreRecord) -> str:
    """Return the value of a card on which unknown counts 0, named as such; empty without one."""
    if score.card_value is None:
        return ""
    said = f": {score.card_category}" if score.card_category else ""
    return f"Card value, unknown counted as 0: {score.card_value}{said}; not what is known"
