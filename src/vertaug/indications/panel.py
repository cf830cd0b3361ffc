"""The panel: what speaks for and against, who says so, and what is missing. Never one verdict."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from vertaug.indications.antithrombotic import HoldResult
from vertaug.indications.body_statement import BodyRow, read_bodies, say_bodies
from vertaug.indications.derived_fact import derive_facts
from vertaug.indications.fact_check import check_facts, list_doubts
from vertaug.indications.finding import Finding, Override, apply_overrides, find_truth
from vertaug.indications.hold_plan import HoldPlan
from vertaug.indications.lab_age import StaleFact, drop_old_labs, list_undated_labs
from vertaug.indications.missing_fact import MissingFact, list_missing
from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.rule import Effect, Parameter, Rule
from vertaug.indications.rule_pack import LAB_AGE, RulePack
from vertaug.indications.score.derived import list_scores
from vertaug.indications.score.score_result import ScoreResult


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicationPanel:
    """Everything that the rules say of one patient, in the order in which it is shown.

    Attributes
    ----------
    evaluated : date
        Day for which it holds.
    facts : PatientFacts
        As used: with derived ones, without old blood tests.
    emergencies, absolute, relative : tuple of Finding
        That hold.
    reasons_for, reasons_against, techniques, tasks, information : tuple of Finding
        That hold.
    gates : tuple of Finding
        All criteria of payers and national bodies: met, not met, unknown, or made for other
        patients. No evidence.
    bodies : tuple of BodyRow
        What each body says of this patient.
    undecided : tuple of Finding
        Rules that ask for unknown facts.
    missing : tuple of MissingFact
        What to find out, first what would change most.
    off_rules : tuple of Rule
        Not used, because nobody checked them against their source.
    overrides : tuple of Override
    stale : tuple of StaleFact
        Blood tests too old to count.
    changed : tuple of Parameter
        Set by the site to another value.
    pack_version, pack_name, pack_sha256 : str
    notes : tuple of str
        What a reader must know of the panel itself.
    hash : str
        SHA-256 of facts, rules, parameters and results.
    holds : HoldPlan
        Antithrombotics, all times by one clock.
    hold_results : tuple of HoldResult
        Of each drug.
    hold_tasks : tuple of str
        Whom to ask before a drug is held; never an advice to stop one.
    scores : tuple of ScoreResult
        Those made for the cause of the fracture, decided or not.
    """

    evaluated: date
    facts: PatientFacts
    emergencies: tuple[Finding, ...]
    absolute: tuple[Finding, ...]
    relative: tuple[Finding, ...]
    reasons_for: tuple[Finding, ...]
    reasons_against: tuple[Finding, ...]
    gates: tuple[Finding, ...]
    techniques: tuple[Finding, ...]
    information: tuple[Finding, ...]
    tasks: tuple[Finding, ...]
    bodies: tuple[BodyRow, ...]
    undecided: tuple[Finding, ...]
    missing: tuple[MissingFact, ...]
    off_rules: tuple[Rule, ...]
    overrides: tuple[Override, ...]
    stale: tuple[StaleFact, ...]
    changed: tuple[Parameter, ...]
    pack_version: str
    pack_name: str
    pack_sha256: str
    notes: tuple[str, ...]
    hash: str
    holds: HoldPlan
    hold_results: tuple[HoldResult, ...]
    hold_tasks: tuple[str, ...]
    scores: tuple[ScoreResult, ...]

    @property
    def fired(self) -> tuple[str, ...]:
        """Names of the rules that hold, in the order of the panel."""
        lists = (
            self.emergencies,
            self.absolute,
            self.relative,
            self.reasons_for,
            self.reasons_against,
            tuple(finding for finding in self.gates if finding.truth),
            self.techniques,
            self.information,
            self.tasks,
        )
        return tuple(finding.rule.name for found in lists for finding in found)


def weigh_indications(
    facts: PatientFacts,
    pack: RulePack,
    *,
    on: date,
    all_rules: bool = False,
    overrides: Iterable[Override] = (),
    holds: HoldPlan | None = None,
) -> IndicationPanel:
    """Return the panel of a patient.

    Parameters
    ----------
    facts : PatientFacts
        As given and measured; what follows from them is derived here.
    pack : RulePack
        With the parameters in force.
    on : date
        Day for which it holds, by which blood tests grow old.
    all_rules : bool
        Also use rules that nobody checked against their source.
    overrides : iterable of Override
        Rules that someone decided to go on in spite of; they stay in the panel.
    holds : HoldPlan, optional
        Antithrombotics of the patient; what follows from them is derived where it is not given.

    Raises
    ------
    InputError
        If facts contradict each other, a date lies after the day of the panel, an override names
        a rule that does not hold, or the last dose of a drug lies after the procedure.
    """
    check_facts(facts, on)
    holds = (HoldPlan() if holds is None else holds).on_one_clock()
    current, stale = drop_old_labs(facts, on, pack.values[LAB_AGE])
    results = holds.judge(current)
    known = derive_facts(current.with_facts(holds.derive(current)))
    used = [rule for rule in pack.rules if all_rules or rule.on_by_default]
    given = tuple(overrides)
    findings = apply_overrides([find_truth(rule, known, pack) for rule in used], given)
    undecided = tuple(finding for finding in findings if finding.is_undecided)
    held = [finding for finding in findings if finding.truth]

    def of(effect: Effect) -> tuple[Finding, ...]:
        return tuple(finding for finding in held if finding.rule.effect is effect)

    return IndicationPanel(
        evaluated=on,
        facts=known,
        emergencies=of(Effect.EMERGENCY),
        absolute=of(Effect.ABSOLUTE),
        relative=of(Effect.RELATIVE),
        reasons_for=of(Effect.FOR),
        reasons_against=of(Effect.AGAINST),
        gates=tuple(f for f in findings if f.rule.effect is Effect.GATE),
        techniques=of(Effect.TECHNIQUE),
        information=of(Effect.INFORM),
        tasks=of(Effect.TASK),
        bodies=say_bodies(read_bodies(), known),
        undecided=undecided,
        missing=list_missing(undecided),
        off_rules=tuple(rule for rule in pack.rules if rule not in used),
        overrides=given,
        stale=stale,
        changed=pack.changed,
        pack_version=pack.version,
        pack_name=pack.name,
        pack_sha256=pack.sha256,
        notes=(
            *_list_notes(known, used, on, stale),
            *list_doubts(current),
            *holds.conflicts(current),
        ),
        hash=_hash(known, pack, findings, on, results),
        holds=holds,
        hold_results=results,
        hold_tasks=holds.tasks(known),
        scores=list_scores(known),
    )


def _list_notes(
    facts: PatientFacts, used: Iterable[Rule], on: date, stale: Iterable[StaleFact]
) -> tuple[str, ...]:
    """Return what a reader must know of the panel itself."""
    notes = [old.words for old in stale]
    undated = list_undated_labs(facts)
    if undated:
        notes.append(
            f"no date: {', '.join(undated)}; whether these blood tests are recent is not known"
        )
    late = [rule.name for rule in used if rule.review_by < on]
    if late:
        notes.append(
            f"past their review date, sources may have changed: {', '.join(late)}; read them "
            "again before use"
        )
    return tuple(notes)


def _hash(
    facts: PatientFacts,
    pack: RulePack,
    findings: Iterable[Finding],
    on: date,
    holds: tuple[HoldResult, ...],
) -> str:
    """Return the SHA-256 of all that the panel comes from and to."""
    known = sorted(facts.facts.values(), key=lambda fact: fact.name)
    tree: dict[str, object] = {
        "evaluated": on.isoformat(),
        "pack": [pack.version, pack.sha256],
        "parameters": pack.values,
        "facts": [[f.name, f.value, f.dated and f.dated.isoformat()] for f in known],
        "results": [
            [f.rule.name, f.truth, f.override and [f.override.reason, f.override.user]]
            for f in findings
        ],
    }
    if holds:
        tree["holds"] = [[h.drug.name, h.state, h.policy_used, h.held_h] for h in holds]
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
