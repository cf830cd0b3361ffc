"""Facts that follow from the antithrombotics of a patient, and tasks before one is held."""

from dataclasses import dataclass
from datetime import datetime

from vertaug.indications.antithrombotic import (
    AntithromboticUse,
    HoldResult,
    HoldState,
    judge_holds,
)
from vertaug.indications.antithrombotic_table import (
    DrugKind,
    HoldPolicy,
    NumberTest,
    find_drug,
    read_limits,
)
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact

_ACTIVE, _ANTICOAGULATION = "med.antithrombotic_active", "med.anticoagulation"
_HELD = "med.hold_complete"
_RISKS = ("thrombosis.stent_12mo", "thrombosis.mechanical_valve", "thrombosis.vte_3mo")


@dataclass(frozen=True, slots=True, kw_only=True)
class AntithromboticRecord:
    """The antithrombotics of a patient.

    Attributes
    ----------
    uses : tuple of AntithromboticUse
    is_whole : bool
        The drug chart was read and there are no others; without it, no drug listed does not mean
        that none is taken.
    """

    uses: tuple[AntithromboticUse, ...] = ()
    is_whole: bool = False


def derive_antithrombotics(
    record: AntithromboticRecord,
    facts: PatientFacts,
    procedure: datetime | None = None,
    policy: HoldPolicy | None = None,
) -> tuple[Fact, ...]:
    """Return whether antithrombotics are taken and were held, where it is known and not given.

    Parameters
    ----------
    record : AntithromboticRecord
    facts : PatientFacts
        Creatinine clearance and INR are taken from them; what they already say is not repeated,
        see `list_conflicts`.
    procedure : datetime, optional
        Without it nothing is said of the hold.
    policy : HoldPolicy, optional

    Raises
    ------
    InputError
        As `vertaug.indications.antithrombotic.judge_hold`.
    """
    found = _find(record, facts, procedure, policy)
    return tuple(fact for fact in found if facts.value(fact.name) is None)


def list_conflicts(
    record: AntithromboticRecord,
    facts: PatientFacts,
    procedure: datetime | None = None,
    policy: HoldPolicy | None = None,
) -> tuple[str, ...]:
    """Return where given facts say otherwise than the drugs do; the given ones are kept.

    Raises
    ------
    InputError
        As `vertaug.indications.antithrombotic.judge_hold`.
    """
    return tuple(
        f"{fact.name} is given as {_yes_no(facts.value(fact.name))}, but the drugs make it "
        f"{_yes_no(fact.value)} ({fact.note}); check the drug chart"
        for fact in _find(record, facts, procedure, policy)
        if facts.value(fact.name) not in {None, fact.value}
    )


def _yes_no(value: object) -> str:
    return "yes" if value else "no"


def _find(
    record: AntithromboticRecord,
    facts: PatientFacts,
    procedure: datetime | None,
    policy: HoldPolicy | None,
) -> tuple[Fact, ...]:
    drugs = [find_drug(use.drug) for use in record.uses]
    listed = ", ".join(drug.title for drug in drugs) or "none on the drug chart"
    found = []
    if drugs or record.is_whole:
        found.append(_fact(_ACTIVE, value=bool(drugs), note=listed))
    anticoagulants = [drug for drug in drugs if drug.kind is DrugKind.ANTICOAGULANT]
    if anticoagulants or record.is_whole:
        found.append(_fact(_ANTICOAGULATION, value=bool(anticoagulants), note=listed))
    if procedure is not None and drugs:
        crcl, inr = facts.number("lab.crcl"), facts.number("lab.inr")
        results = judge_holds(record.uses, procedure, crcl, policy, inr=inr)
        held = _all_held(results, is_whole=record.is_whole)
        if held is not None:
            note = "; ".join(f"{r.drug.name} {r.state.value} ({r.policy_used})" for r in results)
            found.append(_fact(_HELD, value=held, note=note))
    return tuple(found)


def _all_held(results: tuple[HoldResult, ...], *, is_whole: bool) -> bool | None:
    states = {result.state for result in results}
    if HoldState.NOT_COMPLETE in states:
        return False
    return True if is_whole and states == {HoldState.COMPLETE} else None


def _fact(name: str, *, value: bool, note: str) -> Fact:
    return Fact(
        definition=define_fact(name), value=value, source="computed: antithrombotics", note=note
    )


def list_thrombosis_tasks(facts: PatientFacts) -> tuple[str, ...]:
    """Return whom to ask before any antithrombotic is held; unknown risks are asked for.

    A recent stent, a mechanical valve or a recent thrombosis makes it a question for cardiology or
    haematology (clinical reference 1.5). Nothing here says that a drug may be stopped.
    """
    tasks = []
    for name in _RISKS:
        label, value = define_fact(name).label, facts.value(name)
        if value is None:
            tasks.append(f"{label}: unknown; find out before any antithrombotic is held.")
        elif value:
            tasks.append(
                f"{label}: ask cardiology or haematology before any antithrombotic is held."
            )
    return tuple(tasks)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitResult:
    """A laboratory value against the limit of a source.

    Attributes
    ----------
    fact, words : str
        The value asked for; the comparison with its unit.
    is_met : bool or None
        None: the value is unknown.
    patients : str
        For whom the limit is.
    source, status, note : str
    """

    fact: str
    words: str
    is_met: bool | None
    patients: str
    source: str
    status: str
    note: str


def judge_limits(facts: PatientFacts) -> tuple[LimitResult, ...]:
    """Return platelets and INR against their limits before a procedure of high bleeding risk.

    Limits for chronic liver disease (recalled, shown as unverified) are added where the patient
    has it; they do not replace the others.
    """
    liver = facts.value("patient.chronic_liver_disease") is True
    results = []
    for row in read_limits().values():
        if row["patients"] != "all" and not liver:
            continue
        test, value = NumberTest.parse(row["test"]), facts.number(row["fact"])
        definition = define_fact(row["fact"])
        results.append(
            LimitResult(
                fact=row["fact"],
                words=f"{definition.label} {test.words} {definition.shown_unit}".rstrip(),
                is_met=None if value is None else test.holds(value),
                patients=row["patients"],
                source=row["source"],
                status=row["status"],
                note=row.get("note", ""),
            )
        )
    return tuple(results)
