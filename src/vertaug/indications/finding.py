"""A rule with what it comes to for one patient."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from vertaug.case.errors import InputError
from vertaug.indications.fact import Fact, show_unit
from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.rule import Effect, Rule
from vertaug.indications.rule_expression import Truth, evaluate, list_facts, list_open_facts
from vertaug.indications.rule_pack import RulePack

_SHORTEST_REASON = 8


class GateState(StrEnum):
    """How a criterion of a payer or national body stands."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "does not apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Someone goes on in spite of a rule; the rule stays in the panel.

    Attributes
    ----------
    rule : str
        Its name.
    reason : str
        In words.
    user : str
        Role of who decided, not a name; may be empty.
    """

    rule: str
    reason: str
    user: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rule", self.rule.strip().upper())
        object.__setattr__(self, "reason", " ".join(self.reason.split()))
        if len(self.reason) < _SHORTEST_REASON:
            message = (
                f"an override of {self.rule} needs a reason in words, of at least "
                f"{_SHORTEST_REASON} characters; got '{self.reason}'"
            )
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule with what it comes to for one patient.

    Attributes
    ----------
    rule : Rule
    truth : bool or None
        None: undecided, which is never false.
    facts : tuple of Fact
        Known facts that it reads.
    missing : tuple of str
        Unknown facts that could decide it.
    clears : str
        What would clear it, with the thresholds in force.
    override : Override or None
        Why someone goes on in spite of it.
    gate_state : GateState or None
        Of a gate; None of other rules.
    """

    rule: Rule
    truth: Truth
    facts: tuple[Fact, ...]
    missing: tuple[str, ...]
    clears: str = ""
    override: Override | None = None
    gate_state: GateState | None = None

    @property
    def is_undecided(self) -> bool:
        """Whether unknown facts decide it; nobody looks for those of a gate made for others."""
        return self.truth is None and self.gate_state is not GateState.NOT_APPLICABLE


def find_truth(rule: Rule, facts: PatientFacts, pack: RulePack) -> Finding:
    """Return what a rule comes to."""
    condition, values = rule.condition, pack.values
    gate_state = _stand_gate(rule, facts, values)
    is_open = gate_state is GateState.UNKNOWN
    read = (facts.facts.get(name) for name in list_facts(condition))
    return Finding(
        rule=rule,
        truth=evaluate(condition, facts, values),
        facts=tuple(fact for fact in read if fact is not None and fact.value is not None),
        missing=list_open_facts(condition, facts.with_open_cause() if is_open else facts, values),
        clears=_fill_in(rule.clears, pack),
        gate_state=gate_state,
    )


def _stand_gate(rule: Rule, facts: PatientFacts, values: Mapping[str, float]) -> GateState | None:
    """Return how a gate stands; None for other rules."""
    if rule.effect is not Effect.GATE:
        return None
    known = facts.with_open_cause()
    if rule.applies is not None and evaluate(rule.applies, known, values) is False:
        return GateState.NOT_APPLICABLE
    truth = evaluate(rule.condition, known, values)
    if truth is None:
        return GateState.UNKNOWN
    return GateState.MET if truth else GateState.NOT_MET


def _fill_in(text: str, pack: RulePack) -> str:
    """Return a text with the values of the parameters that it names."""
    for parameter in pack.parameters.values():
        value = f"{parameter.value:g} {show_unit(parameter.unit)}".strip()
        text = re.sub(rf"\b{re.escape(parameter.name)}\b", value, text)
    return text


def apply_overrides(
    findings: Sequence[Finding], overrides: Iterable[Override]
) -> tuple[Finding, ...]:
    """Return the findings with the reasons why someone goes on in spite of them.

    Raises
    ------
    InputError
        If an override names a rule that does not hold, or one twice.
    """
    given: dict[str, Override] = {}
    for override in overrides:
        if override.rule in given:
            message = f"{override.rule} is overridden twice"
            raise InputError(message)
        given[override.rule] = override
    held = [finding.rule.name for finding in findings if finding.truth]
    lost = [name for name in given if name not in held]
    if lost:
        message = (
            f"only a rule that holds can be overridden; {', '.join(lost)} does not hold here; "
            f"these do: {', '.join(held) or 'none'}"
        )
        raise InputError(message)
    return tuple(replace(f, override=given.get(f.rule.name)) for f in findings)
