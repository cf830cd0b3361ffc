"""Rows of one patient as FHIR R4 resources."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vertaug.recovery.registry.entry import read_answers
from vertaug.recovery.registry.fhir_code import (
    SYSTEM,
    Resource,
    absent,
    cobb_code,
    day,
    fracture_code,
    id_of,
    observe,
    pain_code,
    quantity,
    site_of,
    text_only,
    uuid_of,
    without_empty,
)
from vertaug.recovery.registry.field import OLDEST_TOLD, TOP_AGE

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows of a patient by table."""

_OUTCOMES = {
    "recovered": "resolved",
    "recovering": "recovering",
    "sequelae": "resolvedWithSequelae",
    "ongoing": "ongoing",
    "fatal": "fatal",
    "unknown": "unknown",
}
_UNITS = {
    "failure_load_n": "N", "stiffness_n_per_mm": "N/mm", "height_anterior_mm": "mm",
    "height_middle_mm": "mm", "height_posterior_mm": "mm", "wedge_angle_deg": "deg",
    "leak_ml": "mL", "cement_ml": "mL", "balloon_ml": "mL", "fill_fraction": "1",
    "peak_temperature_c": "Cel",
}  # fmt: skip
_SIMULATED = "simulated by vertaug, not for clinical decisions"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patient:
    """Rows of a patient, how they are named, and on which days visits were."""

    rows: Rows
    name: str
    days: Mapping[tuple[int, str], Any]

    @property
    def subject(self) -> Resource:
        return {"reference": uuid_of(f"patient/{self.name}")}

    def of(self, table: str) -> Sequence[Mapping[str, Any]]:
        return self.rows.get(table, ())

    def visited(self, row: Mapping[str, Any]) -> Any:
        return self.days.get((row["procedure_no"], row["kind"]))


def list_resources(rows: Rows) -> Iterator[Resource]:
    """Yield all resources of a patient; the first is the patient.

    Parameters
    ----------
    rows : mapping
        Rows by table, with exactly one of ``patient``.
    """
    person = rows["patient"][0]
    days = {(v["procedure_no"], v["kind"]): v["visited_on"] for v in rows.get("visit", ())}
    patient = _Patient(rows=rows, name=str(person["pseudonym"]), days=days)
    yield _write_patient(patient, person)
    makers: tuple[Callable[[_Patient], Iterator[Resource]], ...] = (
        _write_facts, _write_procedures, _write_predictions, _write_visits, _write_answers,
        _write_scores, _write_analgesics, _write_events, _write_images, _write_fractures,
        _write_treatments,
    )  # fmt: skip
    for make in makers:
        yield from make(patient)


def _write_patient(patient: _Patient, person: Mapping[str, Any]) -> Resource:
    numbers = [{"system": f"{SYSTEM}:pseudonym", "value": patient.name}]
    resource: Resource = {
        "resourceType": "Patient",
        "id": id_of(f"patient/{patient.name}"),
        "gender": person.get("sex"),
        "deceasedDateTime": day(person["died_on"]),
    }
    for identity in patient.of("identity"):
        if identity["record_number"] is not None:
            numbers.append({"system": f"{SYSTEM}:record", "value": identity["record_number"]})
        resource["name"] = [{"text": identity["name"]}] if identity["name"] else None
        resource["birthDate"] = day(identity["birth_date"])
    if not patient.of("identity"):
        label = {"system": f"{_TERMINOLOGY}/v3-ObservationValue", "code": "PSEUDED"}
        resource["meta"] = {"security": [label]}
    return without_empty(resource | {"identifier": numbers})


def _write_facts(patient: _Patient) -> Iterator[Resource]:
    person = patient.of("patient")[0]
    age, on = person["age_y"], person["enrolled_on"]
    if age is not None:
        value = quantity(OLDEST_TOLD + 1 if age == TOP_AGE else int(age), "a")
        if age == TOP_AGE:
            value["comparator"] = ">="
        name = f"age/{patient.name}"
        words = text_only("age when enrolled")
        yield observe(name, patient.subject, words, on, {"valueQuantity": value})
    if person["t_score"] is not None:
        value = {"valueQuantity": quantity(person["t_score"], "1")}
        words = text_only("lowest T-score")
        yield observe(f"t-score/{patient.name}", patient.subject, words, on, value)


def _write_procedures(patient: _Patient) -> Iterator[Resource]:
    for row in patient.of("procedure"):
        number = row["procedure_no"]
        levels = [r for r in patient.of("procedure_level") if r["procedure_no"] == number]
        causes = [id_of(f"fracture/{patient.name}/{number}/{r['level']}") for r in levels]
        for level, name in zip(levels, causes, strict=True):
            yield {
                "resourceType": "Condition",
                "id": name,
                "code": fracture_code(),
                "bodySite": [site_of(level["level"])],
                "subject": patient.subject,
                "note": [{"text": f"cause: {row['cause'] or 'not recorded'}"}],
            }
        yield without_empty(
            {
                "resourceType": "Procedure",
                "id": id_of(f"procedure/{patient.name}/{number}"),
                "status": "completed",
                "code": text_only(row["procedure"]),
                "subject": patient.subject,
                "performedDateTime": day(row["done_on"]),
                "bodySite": [site_of(level["level"]) for level in levels],
                "reasonReference": [{"reference": f"urn:uuid:{name}"} for name in causes],
                "note": [{"text": _cement_words(level)} for level in levels],
            }
        )
        for column, words, unit in (
            ("kap_gy_cm2", "kerma-area product", "Gy.cm2"),
            ("fluoroscopy_s", "fluoroscopy time", "s"),
        ):
            if row[column] is not None:
                yield observe(
                    f"{column}/{patient.name}/{number}", patient.subject, text_only(words),
                    row["done_on"], {"valueQuantity": quantity(row[column], unit)},
                )  # fmt: skip


def _cement_words(level: Mapping[str, Any]) -> str:
    cement, leak = level["cement_ml"], level["leak_seen"]
    volume = "cement volume not recorded" if cement is None else f"{cement:g} mL cement"
    seen = {None: "leak not recorded", True: "leak seen", False: "no leak seen"}[leak]
    measured = "" if level["leak_ml"] is None else f", {level['leak_ml']:g} mL outside"
    return f"{level['level']}: {volume}, {seen}{measured}"


def _write_predictions(patient: _Patient) -> Iterator[Resource]:
    for row in patient.of("prediction"):
        key = f"{row['procedure_no']}/{row['level']}/{row['simulated']}/{row['quantity']}"
        words = f"{row['quantity']} ({row['simulated']})"
        value = (
            absent() if row["value"] is None
            else {"valueQuantity": quantity(row["value"], _UNITS[row["quantity"]])}
        )  # fmt: skip
        found = observe(f"prediction/{patient.name}/{key}", patient.subject, text_only(words),
                        None, value)  # fmt: skip
        note = f"{_SIMULATED}; {row['definition'] or ''}".rstrip("; ")
        yield found | {
            "status": "preliminary",
            "bodySite": site_of(row["level"]),
            "method": text_only("computer simulation"),
            "note": [{"text": note}],
        }


def _write_visits(patient: _Patient) -> Iterator[Resource]:
    """Write what was asked at a visit; a missed visit has no observation."""
    for row in patient.of("visit"):
        key = f"{patient.name}/{row['procedure_no']}/{row['kind']}"
        if row["mme_per_day"] is not None:
            value = {"valueQuantity": quantity(row["mme_per_day"], "mg/d")}
            words = text_only("oral morphine milligram equivalents a day")
            yield observe(f"mme/{key}", patient.subject, words, row["visited_on"], value)
        if row["walking"] is not None:
            words = text_only("walks")
            value = {"valueCodeableConcept": text_only(row["walking"])}
            yield observe(f"walking/{key}", patient.subject, words, row["visited_on"], value)
        for column, label in (
            ("neuro_normal", "neurology of the legs as before"),
            ("red_flag", "a red flag was told"),
            ("osteoporosis_treated", "treatment of osteoporosis recorded"),
        ):
            if row[column] is not None:
                value = {"valueBoolean": row[column]}
                yield observe(f"{column}/{key}", patient.subject, text_only(label),
                              row["visited_on"], value)  # fmt: skip


def _write_answers(patient: _Patient) -> Iterator[Resource]:
    for row in patient.of("questionnaire"):
        key = f"{patient.name}/{row['procedure_no']}/{row['kind']}/{row['instrument']}"
        items = [
            {"linkId": item, "answer": [_answer(one) for one in _as_list(given)]}
            for item, given in sorted(read_answers(row["answers"]).items())
            if given is not None
        ]
        yield without_empty(
            {
                "resourceType": "QuestionnaireResponse",
                "id": id_of(f"answers/{key}"),
                "identifier": {"system": f"{SYSTEM}:instrument", "value": row["instrument"]},
                "status": "completed",
                "subject": patient.subject,
                "authored": day(patient.visited(row)),
                "item": items,
            }
        )


def _as_list(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list) else [given]


def _answer(given: Any) -> Resource:
    if isinstance(given, bool):
        return {"valueBoolean": given}
    if isinstance(given, int):
        return {"valueInteger": given}
    return {"valueDecimal": given} if isinstance(given, float) else {"valueString": str(given)}


def _write_scores(patient: _Patient) -> Iterator[Resource]:
    for row in patient.of("score"):
        name = f"{row['instrument']}/{row['score']}"
        words = f"{row['instrument']} {row['score']}, scale {row['scale']}"
        code = pain_code(words) if row["instrument"].startswith("nrs_") else text_only(words)
        value = absent() if row["value"] is None else {"valueQuantity": {
            "value": row["value"], "unit": f"of {row['scale']}"}}  # fmt: skip
        key = f"{patient.name}/{row['procedure_no']}/{row['kind']}/{name}"
        found = observe(f"score/{key}", patient.subject, code, patient.visited(row), value)
        flags = row["flags"]
        yield found | ({"note": [{"text": flags}]} if flags else {})


def _write_analgesics(patient: _Patient) -> Iterator[Resource]:
    for row in patient.of("analgesic"):
        key = f"{row['procedure_no']}/{row['kind']}/{row['drug']}/{row['route']}"
        dose = "" if row["amount"] is None else f"{row['amount']:g} {row['unit'] or ''}"
        times = "" if row["times_per_day"] is None else f", {row['times_per_day']:g} a day"
        yield without_empty(
            {
                "resourceType": "MedicationStatement",
                "id": id_of(f"analgesic/{patient.name}/{key}"),
                "status": "unknown",
                "medicationCodeableConcept": text_only(row["drug"]),
                "subject": patient.subject,
                "effectiveDateTime": day(patient.visited(row)),
                "dosage": [{"text": f"{dose}{times}, {row['route']}".strip(", ")}],
            }
        )


def _write_events(patient: _Patient) -> Iterator[Resource]:
    for row in patient.of("event"):
        serious = {None: None, True: "serious", False: "non-serious"}[row["serious"]]
        category = f"{_TERMINOLOGY}/adverse-event-seriousness"
        outcome = f"{_TERMINOLOGY}/adverse-event-outcome"
        grade = f", {row['grading']} {row['grade']}" if row["grade"] else ""
        yield without_empty(
            {
                "resourceType": "AdverseEvent",
                "id": id_of(f"event/{patient.name}/{row['event_no']}"),
                "actuality": "potential" if row["near_miss"] else "actual",
                "event": text_only(f"{row['type'].replace('_', ' ')}{grade}"),
                "subject": patient.subject,
                "date": day(row["onset_on"]),
                "seriousness": serious and {"coding": [{"system": category, "code": serious}]},
                "outcome": row["outcome"] and {"coding": [
                    {"system": outcome, "code": _OUTCOMES[row["outcome"]]}]},
            }
        )  # fmt: skip


def _write_images(patient: _Patient) -> Iterator[Resource]:
    for row in patient.of("imaging"):
        key = f"{patient.name}/{row['imaged_on']}/{row['modality']}/{row['level']}"
        for column, code, unit in (
            ("height_anterior_mm", text_only("anterior height of the vertebral body"), "mm"),
            ("height_middle_mm", text_only("middle height of the vertebral body"), "mm"),
            ("height_posterior_mm", text_only("posterior height of the vertebral body"), "mm"),
            ("wedge_angle_deg", text_only("wedge angle"), "deg"),
            ("local_kyphosis_deg", cobb_code(), "deg"),
        ):
            if row[column] is not None:
                value = {"valueQuantity": quantity(row[column], unit)}
                found = observe(f"{column}/{key}", patient.subject, code, row["imaged_on"], value)
                yield found | {
                    "bodySite": site_of(row["level"]),
                    "method": text_only(row["modality"]),
                }


def _write_fractures(patient: _Patient) -> Iterator[Resource]:
    for row in patient.of("new_fracture"):
        yield {
            "resourceType": "Condition",
            "id": id_of(f"new fracture/{patient.name}/{row['level']}/{row['found_on']}"),
            "code": fracture_code(),
            "bodySite": [site_of(row["level"])],
            "subject": patient.subject,
            "recordedDate": day(row["found_on"]),
            "note": [{"text": "new during follow-up"}],
        }


def _write_treatments(patient: _Patient) -> Iterator[Resource]:
    for row in patient.of("treatment"):
        period = without_empty({"start": day(row["started_on"]), "end": day(row["stopped_on"])})
        yield {
            "resourceType": "MedicationStatement",
            "id": id_of(f"treatment/{patient.name}/{row['drug']}/{row['started_on']}"),
            "status": "active" if row["stopped_on"] is None else "stopped",
            "medicationCodeableConcept": text_only(row["drug"]),
            "subject": patient.subject,
            "effectivePeriod": period,
            "reasonCode": [text_only("osteoporosis")],
        }
