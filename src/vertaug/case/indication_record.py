"""The indication panel in ``case.json``: what sources say of the patient, never one verdict."""

from typing import Any

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from vertaug.case.case_part import Figure, Part
from vertaug.case.source_status import SourceStatus

FactValueRecord = bool | Figure | str
"""Yes or no, a number in the unit of its fact, or a word."""


class GivenFact(Part):
    """A fact that the user gave; a date is kept as days before the panel, a note on request."""

    name: str
    value: FactValueRecord
    age_days: int | None = None
    note: str = ""


class OverrideRecord(Part):
    """Someone goes on in spite of a rule; ``user`` is a role, not a name."""

    rule: str
    reason: str
    user: str = ""


class GivenAntithrombotic(Part):
    """A drug that the user gave; its last dose in hours from 0:00 of the panel's day."""

    drug: str
    last_dose_h: Figure | None = None


class GivenHolds(Part):
    """Antithrombotics that the user gave, and by what their hold is judged.

    ``is_whole``: the drug chart was read whole. ``procedure_h``: the procedure, in hours from 0:00
    of the panel's day.
    """

    drugs: tuple[GivenAntithrombotic, ...] = ()
    is_whole: bool = False
    procedure_h: Figure | None = None
    policy: str | None = None


class IndicationParameters(Part):
    """What the user gave for the panel, from which it is made again when the case changes.

    ``level`` is that of the case then; a panel is made for no other. ``rules_text`` holds the
    rules of a site, absent for ours.
    """

    evaluated: str
    level: str | None
    facts: tuple[GivenFact, ...]
    settings: dict[str, Figure] = Field(default_factory=dict)
    all_rules: bool = False
    overrides: tuple[OverrideRecord, ...] = ()
    rules_name: str | None = None
    rules_text: str | None = None
    holds: GivenHolds = GivenHolds()


class UsedFactRecord(Part):
    """A known fact; ``source`` says whether it was given, measured or derived."""

    name: str
    label: str
    value: FactValueRecord
    unit: str
    source: str
    note: str = ""
    age_days: int | None = None


class FindingRecord(Part):
    """A rule that holds; ``strength`` is our word for ``grade``, which is the source's own.

    ``unverified`` rules were not checked against their source; ``years`` are those of ``sources``.
    """

    id: str
    say: str
    sources: tuple[str, ...]
    years: tuple[int | None, ...]
    grade: str
    strength: str
    status: str
    unverified: bool
    facts: tuple[str, ...]
    clears: str = ""
    alternatives: dict[str, str] = Field(default_factory=dict)
    override: OverrideRecord | None = None

    @property
    def cited(self) -> str:
        """Its sources with their years, in words."""
        named = zip(self.sources, self.years, strict=True)
        return ", ".join(_with_year(key, year) for key, year in named).replace("_", " ")


def _with_year(name: str, year: int | None) -> str:
    """Return a name with a year that it does not hold itself."""
    return name if year is None or str(year) in name else f"{name} {year}"


class GateRecord(Part):
    """A criterion of a payer or national body: met, not met, unknown or does not apply."""

    id: str
    gate: str
    state: str
    say: str
    sources: tuple[str, ...]
    status: str
    missing: tuple[str, ...]


class WouldSayRecord(Part):
    """What a body would say, depending on the facts that are missing: one of ``texts``, or none."""

    texts: tuple[str, ...]
    missing: tuple[str, ...]


class BodyRecord(Part):
    """What a body says of the patient.

    ``missing`` are the facts that decide whether it covers the patient at all, ``otherwise`` what
    it says if nothing that it could say holds, ``ranges`` what an undecided score could become.
    """

    source: str
    name: str
    year: int | None
    population: str
    stance: str
    says: tuple[str, ...]
    would_say: tuple[WouldSayRecord, ...]
    otherwise: str
    missing: tuple[str, ...]
    note: str
    status: str
    payer: bool
    ranges: tuple[str, ...] = ()


class UndecidedRecord(Part):
    """A rule that asks for unknown facts; it neither holds nor does not."""

    id: str
    effect: str
    say: str
    unverified: bool
    missing: tuple[str, ...]


class MissingRecord(Part):
    """An unknown fact, with the rules that it could decide."""

    fact: str
    label: str
    asked_by_rules: tuple[str, ...]
    how_to_get: str


class OffRuleRecord(Part):
    """A rule that is not used, because it was not checked against its source."""

    id: str
    say: str
    sources: tuple[str, ...]
    status: str


class ChangedParameterRecord(Part):
    """A threshold that the site set to another value."""

    name: str
    value: Figure
    default: Figure
    unit: str
    source: str


class HoldRecord(Part):
    """An antithrombotic, and what a policy lists of its hold; never an advice to stop it.

    ``state`` is complete, not complete or unknown. ``listed`` is the hold in words, ``source`` the
    policy that lists it, ``status`` whether that was checked. ``complete_from_h`` is by time
    alone, in hours from 0:00 of the panel's day.
    """

    drug: str
    title: str
    state: str
    held_h: Figure | None
    complete_from_h: Figure | None
    listed: str
    source: str
    status: SourceStatus | None
    restart: str
    restart_source: str
    restart_status: SourceStatus | None
    missing: tuple[str, ...]
    words: tuple[str, ...]


class BloodThinnersRecord(Part):
    """Antithrombotics of the patient; ``tasks`` say whom to ask before one is held.

    ``procedure_h``: in hours from 0:00 of the panel's day. ``is_whole``: there are no others.
    """

    drugs: tuple[HoldRecord, ...]
    is_whole: bool
    procedure_h: Figure | None
    policy: str
    tasks: tuple[str, ...]


class ScoreRecord(Part):
    """A score; ``value`` is null while unknown facts leave more than one, ``low`` to ``high``.

    ``category`` is the word of the source for it, ``possible`` those that the range touches.
    ``card_value`` is that of the modified OF card, on which unknown counts 0; it is not what is
    known.
    """

    name: str
    title: str
    value: int | None
    low: int
    high: int
    category: str
    possible: tuple[str, ...]
    card_value: int | None
    card_category: str
    missing: tuple[str, ...]
    sources: tuple[str, ...]
    status: SourceStatus
    notes: tuple[str, ...]


class IndicationRecord(Part):
    """The panel, in the order in which it is shown.

    ``emergencies`` to ``tasks`` hold the rules that hold; what is undecided stands under
    ``undecided``. ``hash`` is the SHA-256 of facts, rules, parameters and results. In the file
    ``reasons_for`` is called ``for``, a word that Python keeps for itself.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    rule_pack_version: str
    rule_pack: str
    rule_pack_sha256: str
    evaluated_at: str
    emergencies: tuple[FindingRecord, ...]
    absolute: tuple[FindingRecord, ...]
    relative: tuple[FindingRecord, ...]
    reasons_for: tuple[FindingRecord, ...] = Field(validation_alias="for")
    against: tuple[FindingRecord, ...]
    gates: tuple[GateRecord, ...]
    techniques: tuple[FindingRecord, ...]
    information: tuple[FindingRecord, ...]
    sources: tuple[BodyRecord, ...]
    missing: tuple[MissingRecord, ...]
    tasks: tuple[FindingRecord, ...]
    undecided: tuple[UndecidedRecord, ...]
    off: tuple[OffRuleRecord, ...]
    facts: tuple[UsedFactRecord, ...]
    overrides: tuple[OverrideRecord, ...]
    changed_parameters: tuple[ChangedParameterRecord, ...]
    notes: tuple[str, ...]
    hash: str
    blood_thinners: BloodThinnersRecord | None = None
    scores: tuple[ScoreRecord, ...] = ()

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        tree: dict[str, Any] = write(self)
        return {"for" if key == "reasons_for" else key: value for key, value in tree.items()}
