"""The facts that are known of one patient, by name; what is not named is unknown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import ask_meant, find_near
from vertaug.case.packaged_data import read_packaged_toml
from vertaug.indications.fact import Fact, FactDefinition, FactKind, FactValue


@cache
def read_definitions() -> Mapping[str, FactDefinition]:
    """Return the fact dictionary by name (clinical reference, part 1.3)."""
    found = {
        table.get("name", f"{group}.{name}"): table
        for group, tables in read_packaged_toml("vertaug.indications", "facts").items()
        for name, table in tables.items()
    }
    return MappingProxyType({name: _definition(name, table) for name, table in found.items()})


def _definition(name: str, table: Mapping[str, Any]) -> FactDefinition:
    return FactDefinition(
        name=name,
        kind=FactKind(table["kind"]),
        label=table["label"],
        how_to_get=table["how_to_get"],
        unit=table.get("unit", ""),
        low=table.get("low"),
        high=table.get("high"),
        whole=table.get("whole", False),
        choices=tuple(table.get("choices", ())),
    )


def define_fact(name: str) -> FactDefinition:
    """Return the definition of a fact.

    Raises
    ------
    InputError
        If there is no such fact; names the nearest ones.
    """
    known = read_definitions()
    if name in known:
        return known[name]
    message = f"there is no fact '{name}'{ask_meant(find_near(name, known))}"
    raise InputError(message)


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Facts of one patient.

    Attributes
    ----------
    facts : mapping of str to Fact
        Known ones, and those that were asked and are unknown.
    """

    facts: Mapping[str, Fact]

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> "PatientFacts":
        """Return the record of these facts.

        Raises
        ------
        InputError
            If a fact is given twice.
        """
        found: dict[str, Fact] = {}
        for fact in facts:
            if fact.name in found:
                message = f"{fact.name} is given twice"
                raise InputError(message)
            found[fact.name] = fact
        return cls(MappingProxyType(found))

    def value(self, name: str) -> FactValue | None:
        """Return a value; None where it is unknown.

        Raises
        ------
        InputError
            If no such fact is defined.
        """
        define_fact(name)
        fact = self.facts.get(name)
        return None if fact is None else fact.value

    def number(self, name: str) -> float | None:
        """Return the value of a fact that is a number; None where it is unknown.

        Raises
        ------
        InputError
            If no such fact is defined, or it is not a number.
        """
        value = self.value(name)
        if value is None:
            return None
        if isinstance(value, bool | str):
            message = f"{name} is not a number"
            raise InputError(message)
        return value

    def with_facts(self, more: Iterable[Fact]) -> "PatientFacts":
        """Return the record with further facts; known values of ``more`` win."""
        given = {fact.name: fact for fact in more if fact.value is not None}
        return PatientFacts(MappingProxyType({**self.facts, **given}))

    def with_open_cause(self) -> "PatientFacts":
        """Return the record in which a cause that is stated as unknown may still be any.

        Rules read such a cause as a finding of its own; a criterion that is made for one cause
        excludes nobody by it.
        """
        cause = self.facts.get("fx.etiology")
        if cause is None or cause.value != "unknown":
            return self
        opened = {**self.facts, cause.name: replace(cause, value=None)}
        return PatientFacts(MappingProxyType(opened))
