"""Why a rule holds, does not, or is undecided: each part, each fact, each source."""

from collections.abc import Iterator
from dataclasses import dataclass

from vertaug.indications.fact import Fact, FactDefinition
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.rule import Parameter, Rule
from vertaug.indications.rule_expression import (
    Expression,
    Truth,
    evaluate,
    list_facts,
    list_open_facts,
    list_parameters,
    parts_of,
)
from vertaug.indications.rule_pack import RulePack
from vertaug.indications.source import Source, read_sources

TRUTH_WORDS = {True: "true", False: "false", None: "unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedPart:
    """A part of a condition with what it comes to.

    Attributes
    ----------
    depth : int
        0 for the whole condition.
    text : str
    truth : bool or None
    """

    depth: int
    text: str
    truth: Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedFact:
    """A fact that a rule reads; ``fact`` is None where nothing is known of it."""

    definition: FactDefinition
    fact: Fact | None
    decisive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that a rule rests on.

    Attributes
    ----------
    rule : Rule
    truth : bool or None
    sources : tuple of Source
    parameters : tuple of Parameter
        That it reads, as in force.
    facts : tuple of ExplainedFact
        That it reads; those that could still decide it are decisive.
    parts : tuple of ExplainedPart
    """

    rule: Rule
    truth: Truth
    sources: tuple[Source, ...]
    parameters: tuple[Parameter, ...]
    facts: tuple[ExplainedFact, ...]
    parts: tuple[ExplainedPart, ...]


def explain_rule(name: str, facts: PatientFacts, pack: RulePack) -> Explanation:
    """Return why a rule holds, does not, or is undecided.

    Parameters
    ----------
    name : str
        Such as ``C01``.
    facts : PatientFacts
        Those that the panel used.
    pack : RulePack

    Raises
    ------
    InputError
        If there is no such rule; names near ones.
    """
    rule = pack.rule(name)
    condition, values = rule.condition, pack.values
    still_open = list_open_facts(condition, facts, values)
    return Explanation(
        rule=rule,
        truth=evaluate(condition, facts, values),
        sources=tuple(read_sources()[key] for key in rule.sources),
        parameters=tuple(pack.parameters[key] for key in list_parameters(condition)),
        facts=tuple(
            ExplainedFact(
                definition=define_fact(key),
                fact=facts.facts.get(key),
                decisive=key in still_open,
            )
            for key in list_facts(condition)
        ),
        parts=tuple(_explain(condition, facts, values, 0)),
    )


def _explain(
    part: Expression, facts: PatientFacts, values: dict[str, float], depth: int
) -> Iterator[ExplainedPart]:
    yield ExplainedPart(depth=depth, text=part.text, truth=evaluate(part, facts, values))
    for inner in parts_of(part):
        yield from _explain(inner, facts, values, depth + 1)
