"""What a leaflet knows of its patient: the words that choose its paragraphs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from vertaug.case.case_file import CaseDocument, MeasurementRecord
from vertaug.case.errors import InputError, LevelError
from vertaug.case.plan import Procedure
from vertaug.fracture.grading import GRADE_1_PERCENT
from vertaug.indications.patient_facts import PatientFacts


class Cause(StrEnum):
    """Why the bone broke, as far as the words differ."""

    OSTEOPOROTIC = "osteoporotic"
    TUMOUR = "tumour"
    TRAUMA = "trauma"
    UNKNOWN = "unknown"


_CAUSES = {
    "osteoporotic": Cause.OSTEOPOROTIC,
    "metastasis": Cause.TUMOUR,
    "myeloma": Cause.TUMOUR,
    "haemangioma": Cause.TUMOUR,
    "traumatic": Cause.TRAUMA,
}
_LOSSES = ((GRADE_1_PERCENT, ""), (29.0, "quarter"), (41.0, "third"), (58.0, "half"))
"""Upper limits in percent of the height and the word for it; below the first nothing is said.

Design default: it is where Genant's grade 1 begins; the others lie half way between the words.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletSituation:
    """What is known of the patient and what the leaflet is about.

    Attributes
    ----------
    level : str
        The broken bone.
    procedures : tuple of Procedure
        One or both.
    cause : Cause
        ``UNKNOWN`` where no fact tells it.
    simulated : tuple of Procedure
        Those of ``procedures`` that were.
    loss : str
        Word for the lost height, empty where it is not known or small.
    sides : str
        ``left``, ``right`` or ``both`` of the best plan, empty without one.
    other_levels : tuple of str
        Further levels with a lowered body.
    thinner_taken : bool
        A fact says that the patient takes a blood thinner.
    """

    level: str
    procedures: tuple[Procedure, ...]
    cause: Cause
    simulated: tuple[Procedure, ...]
    loss: str
    sides: str
    other_levels: tuple[str, ...]
    thinner_taken: bool

    @property
    def procedure_words(self) -> str:
        """``vertebroplasty``, ``kyphoplasty`` or ``both``."""
        return "both" if len(self.procedures) > 1 else self.procedures[0].value

    def holds(self, when: Iterable[Iterable[str]], more: frozenset[str] = frozenset()) -> bool:
        """Return whether each group of words has one that fits."""
        true = self._words | more
        return all(any(word in true for word in group) for group in when)

    @property
    def _words(self) -> frozenset[str]:
        words = {self.cause.value, self.procedure_words, f"only_{self.procedure_words}"}
        words |= {procedure.value for procedure in self.procedures}
        told = {
            "simulated": self.simulated,
            "height_known": self.loss,
            "planned": self.sides,
            "other_breaks": self.other_levels,
            "thinner_taken": self.thinner_taken,
        }
        return frozenset(words | {word for word, known in told.items() if known})


CONDITIONS = frozenset(
    {cause.value for cause in Cause}
    | {f"{prefix}{p.value}" for p in Procedure for prefix in ("", "only_")}
    | {"both", "simulated", "height_known", "planned", "other_breaks", "thinner_taken", "points"}
)
"""Words that ``structure.toml`` may ask for."""


def describe_situation(
    case: CaseDocument, facts: PatientFacts | None, procedures: tuple[Procedure, ...] = ()
) -> LeafletSituation:
    """Return what a case and the facts tell; what they do not tell is unknown, never a guess.

    Parameters
    ----------
    case : CaseDocument
    facts : PatientFacts or None
    procedures : tuple of Procedure
        Those that the leaflet is about; empty: those of the case.

    Raises
    ------
    LevelError
        If the case names no bone to treat.
    """
    level = case.fracture.level
    if level is None:
        message = (
            "a leaflet is about one broken bone, and this case names none; "
            "choose it with: vertaug measure CASE --level L1"
        )
        raise LevelError(message)
    wanted = procedures or case.provenance.parameters.procedures
    if not wanted:
        message = "a leaflet needs a procedure: vertebroplasty, kyphoplasty or both"
        raise InputError(message)
    found = facts or PatientFacts.of(())
    return LeafletSituation(
        level=level,
        procedures=wanted,
        cause=_CAUSES.get(str(found.value("fx.etiology")), Cause.UNKNOWN),
        simulated=_simulated(case, level, wanted),
        loss=_loss_word(case.fracture.levels.get(level)),
        sides=_sides(case, level, wanted),
        other_levels=tuple(
            name
            for name, measured in case.fracture.levels.items()
            if name != level and measured.complete and measured.genant_grade > 0
        ),
        thinner_taken=found.value("med.antithrombotic_active") is True,
    )


def _simulated(
    case: CaseDocument, level: str, wanted: tuple[Procedure, ...]
) -> tuple[Procedure, ...]:
    if case.augmentation is None:
        return ()
    records = {
        Procedure.VERTEBROPLASTY: case.augmentation.vertebroplasty,
        Procedure.KYPHOPLASTY: case.augmentation.kyphoplasty,
    }
    return tuple(p for p in wanted if (r := records[p]) is not None and r.level == level)


def _loss_word(measured: MeasurementRecord | None) -> str:
    """Return the word for the greatest loss of height, against the bones next to it."""
    if measured is None or not measured.complete:
        return ""
    loss = measured.loss_percent
    losses = [loss.anterior, loss.middle, loss.posterior, measured.profile_loss_percent]
    known = [value for value in losses if value is not None]
    if not known:
        return ""
    return next((word for limit, word in _LOSSES if max(known) < limit), "most")


def _sides(case: CaseDocument, level: str, wanted: tuple[Procedure, ...]) -> str:
    if case.planning is None or case.planning.level != level:
        return ""
    plans = (plan for plan in case.planning.plans if plan.procedure in wanted)
    return next((plan.sides for plan in plans), "")
