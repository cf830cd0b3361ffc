"""Blood tests grow old: an old one counts as unknown, and the panel says so (hazard 7)."""

from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from vertaug.indications.fact import Fact, FactKind
from vertaug.indications.patient_facts import PatientFacts

_HOURS_PER_DAY = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleFact:
    """A blood test that is too old to count.

    Attributes
    ----------
    fact : Fact
        With its old value.
    age_days : int
        On the day of the panel.
    limit_h : float
        Oldest that counts.
    """

    fact: Fact
    age_days: int
    limit_h: float

    @property
    def words(self) -> str:
        """What became of it, in a sentence."""
        value, unit = self.fact.value, self.fact.definition.shown_unit
        shown = f"{value:g} {unit}".strip() if isinstance(value, float) else str(value)
        return (
            f"{self.fact.definition.label} {shown} is {self.age_days} days old, at most "
            f"{self.limit_h / _HOURS_PER_DAY:g} days ({self.limit_h:g} h) are allowed: it counts "
            "as unknown; test again"
        )


def is_lab(fact: Fact) -> bool:
    """Whether a fact is a measurement that changes within days."""
    number = fact.definition.kind is FactKind.NUMBER
    return number and fact.name.startswith("lab.") and fact.value is not None


def drop_old_labs(
    facts: PatientFacts, on: date, limit_h: float
) -> tuple[PatientFacts, tuple[StaleFact, ...]]:
    """Return the facts with old blood tests unknown, and which they were.

    Dates have no hours: a test of seven days ago is 168 h old.

    Parameters
    ----------
    facts : PatientFacts
    on : date
        Day of the panel.
    limit_h : float
        Oldest that counts, in hours.
    """
    stale = []
    kept = dict(facts.facts)
    for fact in facts.facts.values():
        if fact.dated is None or not is_lab(fact):
            continue
        age = (on - fact.dated).days
        if _HOURS_PER_DAY * age > limit_h:
            stale.append(StaleFact(fact=fact, age_days=age, limit_h=limit_h))
            kept[fact.name] = replace(fact, value=None)
    return PatientFacts(MappingProxyType(kept)), tuple(stale)


def list_undated_labs(facts: PatientFacts) -> tuple[str, ...]:
    """Return the blood tests whose age nobody knows."""
    return tuple(f.name for f in facts.facts.values() if is_lab(f) and f.dated is None)
