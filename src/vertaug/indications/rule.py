"""One rule: when it holds, what its sources say then, and how much they are worth."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from vertaug.case.source_status import SourceStatus
from vertaug.indications.rule_expression import Expression


class Effect(StrEnum):
    """What it means when a rule holds."""

    EMERGENCY = "emergency"
    ABSOLUTE = "abs_ci"
    RELATIVE = "rel_ci"
    FOR = "for"
    AGAINST = "against"
    GATE = "gate"
    TECHNIQUE = "tech"
    INFORM = "inform"
    TASK = "task"


class Strength(StrEnum):
    """Strength of the evidence, strongest first (clinical reference 1.2).

    Criteria of payers and national bodies are no evidence; they stand in their own box.
    """

    SHAM_TRIAL = "RCT-sham"
    OPEN_TRIAL = "RCT-open"
    REVIEW = "SR-mixed"
    OBSERVATIONAL = "observational"
    CONSENSUS = "consensus"
    EXPERT = "expert"
    PAYER = "payer"


RULE_STATUSES = (SourceStatus.VERIFIED, SourceStatus.PARTLY, SourceStatus.RECALLED)
"""How well the statement of a rule may be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A threshold of the rules that a site may change within a range.

    Attributes
    ----------
    name : str
    value : float
        In force.
    default : float
        Of the rule file.
    low, high : float
        Range.
    unit : str
        UCUM; empty for a pure number.
    source : str
    """

    name: str
    value: float
    default: float
    low: float
    high: float
    unit: str
    source: str


_SHOWN_UNVERIFIED = frozenset({Effect.EMERGENCY, Effect.ABSOLUTE, Effect.RELATIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a pack.

    Attributes
    ----------
    name : str
        Such as ``C01``.
    when : str
        As written.
    condition : Expression
        The same, read.
    effect : Effect
    grade : str
        What the source itself calls its strength.
    strength : Strength
    status : SourceStatus
        One of `RULE_STATUSES`.
    sources : tuple of str
        Keys of the sources.
    say, patient : str
        Sentence for the clinician, and for the patient.
    alternatives : tuple of (str, str)
        Bodies that see another effect, and which.
    gate : str
        Of a payer or national body, for the effect ``gate``.
    applies : Expression or None
        For whom a gate is made; None: for everybody.
    clears : str
        What would clear a relative contraindication.
    reviewer : str
        Who read it last.
    review_by : date
        When it must be read again.
    """

    name: str
    when: str
    condition: Expression
    effect: Effect
    grade: str
    strength: Strength
    status: SourceStatus
    sources: tuple[str, ...]
    say: str
    patient: str
    alternatives: tuple[tuple[str, str], ...]
    gate: str
    applies: Expression | None
    clears: str
    reviewer: str
    review_by: date

    @property
    def unverified(self) -> bool:
        """Whether it is from knowledge and was not checked against its source."""
        return self.status is SourceStatus.RECALLED

    @property
    def on_by_default(self) -> bool:
        """Whether it is used unless all rules are asked for.

        Unverified emergencies and contraindications are, and marked; other unverified ones are
        not (clinical reference 1.2).
        """
        return not self.unverified or self.effect in _SHOWN_UNVERIFIED
