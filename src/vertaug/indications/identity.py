"""What names a person is not read: a panel needs none of it (clinical reference 7.5)."""

from dataclasses import replace

from vertaug.indications.patient_facts import PatientFacts

OLDEST_AGE = 90.0
"""Ages above 89 years are kept as this, 90 or more: it says no more about the end of a life."""

_WORDS = frozenset(
    {
        "name", "names", "first_name", "firstname", "given_name", "last_name", "lastname",
        "family_name", "surname", "full_name", "patient_name", "initials", "maiden_name",
        "birth_date", "birthdate", "date_of_birth", "dob", "birthday", "born", "birth",
        "death_date", "date_of_death", "deceased",
        "id", "patient_id", "mrn", "hospital_number", "case_number", "record_number", "nhs_number",
        "ssn", "social_security_number", "insurance_number", "insurance", "passport", "aadhaar",
        "abha", "account", "account_number", "identifier", "identifiers", "accession_number",
        "address", "street", "city", "zip", "zipcode", "postcode", "postal_code", "district",
        "phone", "telephone", "mobile", "fax", "email", "e_mail", "url", "ip", "ip_address",
        "photo", "picture", "face", "fingerprint", "contact", "next_of_kin", "relative",
        "doctor", "physician", "referrer", "gp", "device_serial", "licence_plate",
    }
)  # fmt: skip


def is_identifying(key: str) -> bool:
    """Whether a key of a file stands for something that names a person."""
    word = key.rpartition(".")[2].strip().lower().replace("-", "_").replace(" ", "_")
    return word in _WORDS


def keep_age(years: float) -> tuple[float, list[str]]:
    """Return the age as it is kept, and what was done to it."""
    if years < OLDEST_AGE:
        return years, []
    return OLDEST_AGE, ["the age is kept as 90 or more"] if years > OLDEST_AGE else []


def drop_words(facts: PatientFacts) -> PatientFacts:
    """Return the facts without notes, in which someone may have written a name."""
    return PatientFacts.of(replace(fact, note="") for fact in facts.facts.values())
