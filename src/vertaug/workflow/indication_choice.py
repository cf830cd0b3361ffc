"""What the user gave for the indication panel, kept in the case so that it is never stale."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from vertaug.case.case_file import CaseDocument
from vertaug.case.errors import FormatError
from vertaug.case.indication_record import (
    IndicationParameters,
    IndicationRecord,
    OverrideRecord,
)
from vertaug.indications.fact_case import join_case
from vertaug.indications.finding import Override
from vertaug.indications.hold_plan import HoldPlan
from vertaug.indications.hold_record import keep_holds, restore_holds
from vertaug.indications.panel import IndicationPanel, weigh_indications
from vertaug.indications.panel_record import describe_panel, keep_facts, restore_facts
from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.rule_pack import RulePack, parse_rule_pack, read_own_pack, read_rule_text


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChoice:
    """Which rules are used, and how.

    Attributes
    ----------
    name, text : str or None
        Of a site's file; None takes ours.
    settings : mapping of str to float
        Other values of parameters.
    all_rules : bool
        Also use rules that nobody checked against their source.
    overrides : tuple of Override
    """

    name: str | None = None
    text: str | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    all_rules: bool = False
    overrides: tuple[Override, ...] = ()

    @classmethod
    def of_file(
        cls,
        path: Path | None,
        settings: Mapping[str, float],
        overrides: Iterable[Override] = (),
        *,
        all_rules: bool = False,
    ) -> "RuleChoice":
        """Return the choice with the rules of a file; None takes ours.

        Raises
        ------
        FormatError
            If the file cannot be read.
        """
        return cls(
            name=None if path is None else path.name,
            text=None if path is None else read_rule_text(path),
            settings=dict(settings),
            all_rules=all_rules,
            overrides=tuple(overrides),
        )

    def read_pack(self) -> RulePack:
        """Return the rules with the parameters in force.

        Raises
        ------
        InputError
            If the rules or a setting cannot be used.
        """
        own = self.text is None
        pack = read_own_pack() if own else parse_rule_pack(self.text or "", self.name or "")
        return pack.with_settings(self.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicationChoice:
    """Facts of a patient, the day of the panel, and the rules.

    Attributes
    ----------
    facts : PatientFacts
        As given by the user.
    evaluated : date
    rules : RuleChoice
    level : str or None
        Of the case when they were given; a panel is made for no other.
    holds : HoldPlan
        Antithrombotics of the patient, and the procedure before which they are held.
    """

    facts: PatientFacts
    evaluated: date
    rules: RuleChoice = field(default_factory=RuleChoice)
    level: str | None = None
    holds: HoldPlan = field(default_factory=HoldPlan)

    def weigh(self) -> IndicationPanel:
        """Return the panel without a case.

        Raises
        ------
        InputError
            If facts or rules cannot be used.
        """
        return self._weigh(self.facts)

    def weigh_case(self, document: CaseDocument) -> tuple[IndicationPanel, tuple[str, ...]]:
        """Return the panel with what the case has measured, and notes on that.

        Raises
        ------
        InputError
            If facts or rules cannot be used, or the facts are those of another level.
        """
        joined = join_case(self.facts, document)
        return self._weigh(joined.facts), joined.notes

    def _weigh(self, facts: PatientFacts) -> IndicationPanel:
        return weigh_indications(
            facts,
            self.rules.read_pack(),
            on=self.evaluated,
            all_rules=self.rules.all_rules,
            overrides=self.rules.overrides,
            holds=self.holds,
        )

    def record_case(self, document: CaseDocument) -> IndicationRecord | None:
        """Return the panel of a case; None where the case treats another level now.

        An override of a rule that does not hold any more, because the case was measured again,
        is left out and the panel says so.
        """
        if document.fracture.level != self.level:
            return None
        bare = replace(self, rules=replace(self.rules, overrides=()))
        held = bare.weigh_case(document)[0].fired
        kept = tuple(o for o in self.rules.overrides if o.rule in held)
        lost = [o.rule for o in self.rules.overrides if o.rule not in held]
        own = replace(self, rules=replace(self.rules, overrides=kept))
        panel, notes = own.weigh_case(document)
        said = (f"the override of {name} is left out: the rule does not hold" for name in lost)
        return describe_panel(panel, (*notes, *said))

    def own_part(self) -> dict[str, Any]:
        """Return it as plain values, as a part of the key of the case."""
        return self.as_parameters().model_dump(mode="json")

    def as_parameters(self) -> IndicationParameters:
        """Return it as ``case.json`` keeps it."""
        return IndicationParameters(
            evaluated=self.evaluated.isoformat(),
            level=self.level,
            facts=keep_facts(self.facts, self.evaluated),
            settings=dict(self.rules.settings),
            all_rules=self.rules.all_rules,
            overrides=tuple(
                OverrideRecord(rule=o.rule, reason=o.reason, user=o.user)
                for o in self.rules.overrides
            ),
            rules_name=self.rules.name,
            rules_text=self.rules.text,
            holds=keep_holds(self.holds, self.evaluated),
        )


def indication_choice_of(given: IndicationParameters) -> IndicationChoice:
    """Return what a case has kept.

    Raises
    ------
    FormatError
        If its facts are damaged.
    """
    try:
        on = date.fromisoformat(given.evaluated)
        facts = restore_facts(given.facts, on)
        holds = restore_holds(given.holds, on)
        overrides = tuple(
            Override(rule=o.rule, reason=o.reason, user=o.user) for o in given.overrides
        )
    except ValueError as error:
        message = (
            f"the facts of the indication panel in this case cannot be read: {error}; give them "
            "again with: vertaug indications CASE --facts FACTS"
        )
        raise FormatError(message) from error
    rules = RuleChoice(
        name=given.rules_name,
        text=given.rules_text,
        settings=dict(given.settings),
        all_rules=given.all_rules,
        overrides=overrides,
    )
    return IndicationChoice(facts=facts, evaluated=on, rules=rules, level=given.level, holds=holds)
