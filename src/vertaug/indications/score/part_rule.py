"""Points of one part of a score, over everything that its unknown facts could turn out to be."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from vertaug.indications.fact import FactKind, FactValue
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.score_result import ScorePart, ScoreResult
from vertaug.indications.score.score_table import ScoreDefinition

Values = Mapping[str, FactValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRule:
    """How the points of a part follow from facts.

    Attributes
    ----------
    name, label : str
    asks : mapping of str to tuple
        Each fact with values that stand for all it can be: one for each outcome.
    points : callable
        Known values of all those facts to the points that they allow; more than one where the
        findings contradict each other.
    """

    name: str
    label: str
    asks: Mapping[str, tuple[FactValue, ...]]
    points: Callable[[Values], Collection[int]]


def judge_part(rule: PartRule, facts: PatientFacts) -> ScorePart:
    """Return the points of a part, or their range while facts are unknown."""
    known = {name: facts.value(name) for name in rule.asks}
    choices = [rule.asks[name] if value is None else (value,) for name, value in known.items()]
    outcomes = {
        values: tuple(rule.points(dict(zip(known, values, strict=True))))
        for values in product(*choices)
    }
    low = min(min(points) for points in outcomes.values())
    high = max(max(points) for points in outcomes.values())
    return ScorePart(
        name=rule.name,
        label=rule.label,
        facts=tuple(known.items()),
        points=low if low == high else None,
        low=low,
        high=high,
        words="; ".join(describe_value(name, value) for name, value in known.items()),
        missing=tuple(name for place, name in enumerate(known) if _matters(place, outcomes)),
    )


def _matters(place: int, outcomes: Mapping[tuple[FactValue, ...], tuple[int, ...]]) -> bool:
    """Whether one fact, with all others as they may be, can change the points."""
    seen: dict[tuple[FactValue, ...], tuple[int, ...]] = {}
    return any(
        seen.setdefault(values[:place] + values[place + 1 :], points) != points
        for values, points in outcomes.items()
    )


def describe_value(name: str, value: FactValue | None) -> str:
    """Return a fact and its value in words; unknown is said, never left out."""
    definition = define_fact(name)
    if value is None:
        return f"{definition.label}: unknown"
    if definition.kind is FactKind.BOOL:
        return f"{definition.label}: {'yes' if value else 'no'}"
    if isinstance(value, str):
        return f"{definition.label}: {value.replace('_', ' ')}"
    return f"{definition.label}: {value:g} {definition.shown_unit}".rstrip()


def item_rule(name: str) -> PartRule:
    """Return the rule of an item that counts one point where it is true."""
    return PartRule(
        name=name,
        label=define_fact(name).label,
        asks=MappingProxyType({name: (False, True)}),
        points=lambda values: (int(bool(values[name])),),
    )


def choice_rule(name: str, fact: str, points: Mapping[str, int]) -> PartRule:
    """Return the rule of a part whose points stand in a table by choice, or by true and false."""
    definition = define_fact(fact)
    choices = definition.choices or (False, True)
    return PartRule(
        name=name,
        label=definition.label,
        asks=MappingProxyType({fact: choices}),
        points=lambda values: (points[_key(values[fact])],),
    )


def _key(value: FactValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def sum_up(
    score: ScoreDefinition,
    parts: Iterable[ScorePart],
    *,
    unknown_is_zero: bool = False,
    any_part: bool = False,
    notes: tuple[str, ...] = (),
) -> ScoreResult:
    """Return the score of its parts.

    Parameters
    ----------
    score : ScoreDefinition
    parts : iterable of ScorePart
        No two of them ask for the same fact, so that their ranges add.
    unknown_is_zero : bool, optional
        The source says that unknown counts 0: give that value too.
    any_part : bool, optional
        The score is a flag: 1 where any part is, instead of a sum.
    notes : tuple of str, optional
        Put before those of the score.
    """
    parts = tuple(parts)
    total = max if any_part else sum
    low, high = total(p.low for p in parts), total(p.high for p in parts)
    value = low if low == high else None
    card = sum(_nearest_zero(p) for p in parts) if unknown_is_zero else None
    possible = tuple(c for c in score.categories if c.low <= high and low <= c.high)
    missing = dict.fromkeys(name for part in parts for name in part.missing)
    return ScoreResult(
        name=score.name,
        title=score.title,
        value=value,
        low=low,
        high=high,
        card_value=card,
        parts=parts,
        missing=() if value is not None else tuple(missing),
        category=possible[0] if len(possible) == 1 else None,
        card_category=None if card is None else score.category(card),
        possible=possible,
        sources=score.sources,
        status=score.status,
        notes=(*notes, *score.notes),
    )


def _nearest_zero(part: ScorePart) -> int:
    """Return the points of what is known, where each unknown finding counts 0."""
    return min(max(0, part.low), part.high)
