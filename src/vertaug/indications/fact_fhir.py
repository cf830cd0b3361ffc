"""Facts from a FHIR R4 Bundle: observations by LOINC, conditions, allergies; nothing of a person.

Names, identifiers and addresses are not read. What is not in the bundle stays unknown: a list
without an allergy does not say that there is none.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from vertaug.case.clinical_code import CodeSystem, level_names
from vertaug.case.errors import FormatError, InputError
from vertaug.case.packaged_data import read_packaged_toml
from vertaug.indications.fact import Fact, FactValue
from vertaug.indications.fact_date import read_date
from vertaug.indications.fact_value import ReadFacts, read_value
from vertaug.indications.identity import keep_age
from vertaug.indications.patient_facts import PatientFacts, define_fact

_DRUGS = frozenset(
    {"MedicationStatement", "MedicationRequest", "MedicationAdministration", "MedicationDispense"}
)
_FINAL = frozenset({"final", "amended", "corrected"})
_WRONG = frozenset({"refuted", "entered-in-error"})
_OVER = frozenset({"inactive", "remission", "resolved"})


@cache
def _codes() -> Mapping[str, Any]:
    return read_packaged_toml("vertaug.indications", "fhir_codes")


def read_bundle(tree: Mapping[str, Any], name: str, *, on: date) -> ReadFacts:
    """Return the facts of a FHIR R4 Bundle.

    Of several observations of one fact the latest counts.

    Parameters
    ----------
    tree : mapping
        The Bundle as JSON values.
    name : str
        Of the file, the source of the facts.
    on : date
        Day of the panel; what is dated later is refused with the facts.

    Raises
    ------
    FormatError
        If it is no Bundle.
    InputError
        If a value is impossible.
    """
    if tree.get("resourceType") != "Bundle":
        message = f"{name} is expected as a FHIR Bundle; got a {tree.get('resourceType')}"
        raise FormatError(message)
    found: list[Fact] = []
    notes: list[str] = []
    for resource in _resources(tree):
        read = _READERS.get(str(resource.get("resourceType")))
        if read is None:
            continue
        facts, said = read(resource, on)
        found += [replace(fact, source=name) for fact in facts]
        notes += said
    if any(resource.get("resourceType") in _DRUGS for resource in _resources(tree)):
        notes.append(
            "from FHIR: drugs are not read, they stay unknown; give antithrombotics in a TOML or "
            "JSON file"
        )
    notes.append("from FHIR: names, identifiers and addresses were not read")
    return ReadFacts(facts=_latest(found), notes=tuple(dict.fromkeys(notes)))


def _resources(tree: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for entry in tree.get("entry") or ():
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        if isinstance(resource, Mapping):
            yield resource


def _latest(facts: Sequence[Fact]) -> PatientFacts:
    """Keep the latest of each fact; an undated one only where there is no other."""
    kept: dict[str, Fact] = {}
    for fact in facts:
        known = kept.get(fact.name)
        if known is None or (fact.dated or date.min) >= (known.dated or date.min):
            kept[fact.name] = fact
    return PatientFacts.of(kept.values())


def _codings(concept: Any, system: CodeSystem) -> list[str]:
    codings = concept.get("coding") if isinstance(concept, Mapping) else None
    return [
        str(coding.get("code"))
        for coding in codings or ()
        if isinstance(coding, Mapping) and coding.get("system") == system.uri
    ]


def _text(concept: Any) -> str:
    """Return the words of a concept, for people."""
    if not isinstance(concept, Mapping):
        return ""
    said = [concept.get("text")]
    said += [c.get("display") for c in concept.get("coding") or () if isinstance(c, Mapping)]
    return " ".join(str(words) for words in said if words)


def _day(resource: Mapping[str, Any], *keys: str) -> date | None:
    given = next((resource[key] for key in keys if resource.get(key)), None)
    # a year or a month alone is no day
    return (
        None if given is None or len(str(given)) < len("2026-01-01") else read_date(given, "FHIR")
    )


def _read_observation(resource: Mapping[str, Any], _on: date) -> tuple[list[Fact], list[str]]:
    if resource.get("status") not in _FINAL:
        return [], []
    codes = _codings(resource.get("code"), CodeSystem.LOINC)
    table = next((_codes()["loinc"][c] for c in codes if c in _codes()["loinc"]), None)
    quantity = resource.get("valueQuantity")
    if table is None or not isinstance(quantity, Mapping) or "value" not in quantity:
        return [], []
    name, words = table["fact"], _text(resource.get("code"))
    if table["status"] != "verified" and not re.search(table["words"], words, re.IGNORECASE):
        note = (
            f"an observation with the code {codes[0]} ('{words}') was left out: the code is not "
            f"verified here and its words do not name {define_fact(name).label}"
        )
        return [], [note]
    if quantity.get("comparator"):
        note = (
            f"{name} is given as {quantity['comparator']} {quantity['value']} and was left out: "
            "no number; give it by hand"
        )
        return [], [note]
    unit = str(quantity.get("code") or quantity.get("unit") or "")
    value = read_value(define_fact(name), quantity["value"], unit)
    fact = Fact(
        definition=define_fact(name),
        value=value,
        dated=_day(resource, "effectiveDateTime", "issued"),
        note=table["note"],
    )
    return [fact], []


def _is_current(resource: Mapping[str, Any]) -> bool:
    status = _any_code(resource.get("clinicalStatus"))
    return not (status & _OVER or _any_code(resource.get("verificationStatus")) & _WRONG)


def _any_code(concept: Any) -> set[str]:
    codings = concept.get("coding") if isinstance(concept, Mapping) else None
    return {str(c.get("code")) for c in codings or () if isinstance(c, Mapping)}


def _read_condition(resource: Mapping[str, Any], on: date) -> tuple[list[Fact], list[str]]:
    if not _is_current(resource):
        return [], []
    concept = resource.get("code")
    words, codes = _text(concept), _any_code(concept)
    facts: list[Fact] = []
    for table in _codes()["condition"]:
        by_code = any(code.startswith(tuple(table["codes"])) for code in codes)
        by_words = table["words"] and re.search(table["words"], words, re.IGNORECASE)
        if by_code and (table["status"] == "verified" or by_words):
            facts += [_said(name, value, words) for name, value in table["facts"].items()]
            if table.get("fracture"):
                facts += _read_fracture(resource, on)
    return facts, []


def _read_fracture(resource: Mapping[str, Any], on: date) -> list[Fact]:
    """Return level and age of a fracture."""
    facts = []
    sites, known = resource.get("bodySite") or (), level_names()
    codes = [code for site in sites for code in _codings(site, CodeSystem.SNOMED)]
    levels = [known[code] for code in codes if code in known]
    if len(levels) == 1:
        facts.append(_said("fx.level", levels[0], "body site"))
    onset = _day(resource, "onsetDateTime")
    if onset is not None:
        if onset > on:
            message = (
                f"the onset of the fracture is {onset.isoformat()}, after the day of the panel "
                f"({on.isoformat()}): correct one of the dates"
            )
            raise InputError(message)
        facts.append(_said("fx.age_days", float((on - onset).days), "from the onset"))
    return facts


def _read_allergy(resource: Mapping[str, Any], _on: date) -> tuple[list[Fact], list[str]]:
    if not _is_current(resource):
        return [], []
    words = _text(resource.get("code"))
    severe = resource.get("criticality") == "high" or any(
        reaction.get("severity") == "severe"
        for reaction in resource.get("reaction") or ()
        if isinstance(reaction, Mapping)
    )
    for table in _codes()["allergy"]:
        if not re.search(table["words"], words, re.IGNORECASE):
            continue
        if table["severe"] and not severe:
            note = (
                f"an allergy ('{words}') is recorded, not whether it is severe: "
                f"{table['fact']} stays unknown; ask"
            )
            return [], [note]
        return [_said(table["fact"], True, words)], []  # noqa: FBT003 - the value of a fact
    return [], []


def _read_patient(resource: Mapping[str, Any], on: date) -> tuple[list[Fact], list[str]]:
    """Read sex and whole years of age; the birth date itself is not kept."""
    facts: list[Fact] = []
    notes: list[str] = []
    if resource.get("gender") in {"female", "male", "other"}:
        facts.append(_said("patient.sex", resource["gender"], "administrative"))
    born = _day(resource, "birthDate")
    if born is not None and born <= on:
        years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
        age, notes = keep_age(float(years))
        facts.append(_said("patient.age_y", age, "whole years"))
    return facts, notes


def _said(name: str, value: FactValue, note: str) -> Fact:
    definition = define_fact(name)
    return Fact(definition=definition, value=read_value(definition, value), note=note)


_READERS = {
    "Observation": _read_observation,
    "Condition": _read_condition,
    "AllergyIntolerance": _read_allergy,
    "Patient": _read_patient,
}
