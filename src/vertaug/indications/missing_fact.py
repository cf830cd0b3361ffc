"""Unknown facts that would change the picture, first what would change it most."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vertaug.indications.fact import FactDefinition
from vertaug.indications.finding import Finding
from vertaug.indications.patient_facts import define_fact, read_definitions
from vertaug.indications.rule import Effect

_WEIGHTS: Mapping[Effect, int] = {Effect.EMERGENCY: 32, Effect.ABSOLUTE: 4, Effect.RELATIVE: 2}
"""Of a rule by what it would mean, else 1: only the order of questions (design default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFact:
    """An unknown fact.

    Attributes
    ----------
    definition : FactDefinition
    rules : tuple of str
        That ask for it and could be decided by it.
    weight : int
        Of these rules together.
    """

    definition: FactDefinition
    rules: tuple[str, ...]
    weight: int

    @property
    def name(self) -> str:
        """Name of the fact."""
        return self.definition.name


def list_missing(undecided: Iterable[Finding]) -> tuple[MissingFact, ...]:
    """Return the unknown facts that undecided rules ask for, the heaviest first."""
    asked: dict[str, list[Finding]] = {}
    for finding in undecided:
        for name in finding.missing:
            asked.setdefault(name, []).append(finding)
    place = {name: number for number, name in enumerate(read_definitions())}
    missing = [
        MissingFact(
            definition=define_fact(name),
            rules=tuple(finding.rule.name for finding in findings),
            weight=sum(_WEIGHTS.get(finding.rule.effect, 1) for finding in findings),
        )
        for name, findings in asked.items()
    ]
    return tuple(sorted(missing, key=lambda fact: (-fact.weight, place[fact.name])))
