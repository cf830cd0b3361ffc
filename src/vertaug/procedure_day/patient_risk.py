"""What of a patient raises the risk at the table, beyond the checklist: said, never judged."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from vertaug.indications.derived_fact import MEASURED
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.procedure_day.evidence import Evidence, evidence_of, read_table

TUMOURS = frozenset({"metastasis", "myeloma"})
"""Causes of a fracture that count as a malignant tumour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRisk:
    """Something known of the patient that raises the risk.

    Attributes
    ----------
    name, group, words : str
    leak : bool
        Whether it makes a leak, or what a leak does, worse.
    evidence : Evidence
    """

    name: str
    group: str
    words: str
    leak: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskOfDay:
    """The risks of a patient.

    Attributes
    ----------
    etiology : str
        Cause of the fracture; empty where it is not known.
    known : tuple of PatientRisk
    missing : tuple of str
        What is asked for with a tumour and not known; unknown is never no.
    """

    etiology: str
    known: tuple[PatientRisk, ...]
    missing: tuple[str, ...]

    @property
    def tumour(self) -> bool:
        """Whether the cause is known to be a malignant tumour."""
        return self.etiology in TUMOURS


def list_risks(facts: PatientFacts) -> RiskOfDay:
    """Return what of a patient raises the risk, in the order of the table."""
    said = facts.value("fx.etiology")
    etiology = said if isinstance(said, str) and said != "unknown" else ""
    known, missing = [], []
    for name, table in _tables().items():
        fact = facts.facts.get(table["fact"])
        if fact is None or fact.value is None:
            if etiology in TUMOURS and table.get("tumour", False):
                missing.append(define_fact(table["fact"]).label)
        elif _holds(table, fact):
            known.append(
                PatientRisk(
                    name=name,
                    group=table["group"],
                    words=_words(table, fact),
                    leak=table.get("leak", False),
                    evidence=evidence_of(table),
                )
            )
    return RiskOfDay(etiology=etiology, known=tuple(known), missing=tuple(missing))


@cache
def _tables() -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = read_table("risks")["risk"]
    return tables


def _holds(table: dict[str, Any], fact: Fact) -> bool:
    value = fact.value
    if "is" in table:
        return value in table["is"]
    if not isinstance(value, float):
        return False
    return bool(table["from"] <= value <= table.get("to", float("inf")))


def _words(table: dict[str, Any], fact: Fact) -> str:
    shown = f"{fact.value:.3g}" if isinstance(fact.value, float) else ""
    text = str(table["text"]).replace("{value}", shown)
    return f"{text} (measured on the CT of this case)" if fact.source == MEASURED else text
