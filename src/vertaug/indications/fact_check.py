"""Facts that cannot all be true, and dates in the wrong order."""

from collections.abc import Callable
from datetime import date

from vertaug.case.errors import InputError
from vertaug.indications.identity import OLDEST_AGE
from vertaug.indications.patient_facts import PatientFacts

_DAYS_PER_YEAR = 365.25


def check_facts(facts: PatientFacts, on: date) -> None:
    """Refuse facts that contradict each other; all contradictions are named at once.

    Parameters
    ----------
    facts : PatientFacts
    on : date
        Today, or the day of the panel.

    Raises
    ------
    InputError
        If some do.
    """
    found = [*_check_dates(facts, on), *(words for check in _CHECKS if (words := check(facts)))]
    if found:
        raise InputError("; ".join(found))


def list_doubts(facts: PatientFacts) -> tuple[str, ...]:
    """Return where given facts hardly go together; both count, and somebody looks again.

    OF 3 is one endplate with more than a fifth of the posterior wall, OF 1 and OF 2 have a fifth
    at most (OF classification, clinical reference 1.4).
    """
    of_type, wall = facts.number("fx.of_type"), facts.value("fx.posterior_wall")
    over = wall in {"gt_fifth", "breached"}
    if of_type is None or wall is None or of_type > 3 or over == (of_type == 3):
        return ()
    asked = "more than a fifth" if of_type == 3 else "a fifth at most"
    shown = str(wall).replace("_", " ")
    note = (
        f"OF {of_type:g} (fx.of_type) means {asked} of the posterior wall, which is given as "
        f"'{shown}' (fx.posterior_wall): look at the images; each rule uses the fact that it asks "
        "for"
    )
    return (note,)


def _check_dates(facts: PatientFacts, on: date) -> list[str]:
    age = facts.number("patient.age_y")
    words = []
    for fact in facts.facts.values():
        if fact.dated is None:
            continue
        days = (on - fact.dated).days
        if days < 0:
            words.append(
                f"{fact.name} is dated {fact.dated.isoformat()}, after the day of the panel "
                f"({on.isoformat()}): correct one of the dates"
            )
        elif age is not None and age < OLDEST_AGE and days > (age + 1) * _DAYS_PER_YEAR:
            words.append(
                f"{fact.name} is dated {fact.dated.isoformat()}, before the birth of a patient "
                f"of {age:g} years"
            )
    return words


def _check_fracture_age(facts: PatientFacts) -> str:
    days, years = facts.number("fx.age_days"), facts.number("patient.age_y")
    if days is None or years is None or years >= OLDEST_AGE:
        return ""
    if days <= (years + 1) * _DAYS_PER_YEAR:
        return ""
    return (
        f"fx.age_days: the fracture is {days:g} days old, older than the patient of {years:g} "
        "years: correct one of them"
    )


def _check_pregnant(facts: PatientFacts) -> str:
    if facts.value("patient.pregnant") and facts.value("patient.sex") == "male":
        return "patient.pregnant is yes and patient.sex is male: correct one of them"
    return ""


def _check_care(facts: PatientFacts) -> str:
    """Care for this fracture cannot have begun before it."""
    care, age = facts.number("sx.nsm_days"), facts.number("fx.age_days")
    if care is None or age is None or care <= age + 1:
        return ""
    return (
        f"sx.nsm_days: {care:g} days of conservative care for a fracture of {age:g} days "
        "(fx.age_days): correct one of them"
    )


def _check_anticoagulation(facts: PatientFacts) -> str:
    taken = facts.value("med.anticoagulation")
    if taken and facts.value("med.antithrombotic_active") is False:
        return (
            "med.anticoagulation is yes and med.antithrombotic_active is no: an anticoagulant is "
            "an antithrombotic; correct one of them"
        )
    return ""


def _check_tension_band(facts: PatientFacts) -> str:
    of_type = facts.number("fx.of_type")
    if facts.value("fx.tension_band_failure") and of_type is not None and of_type < 5:
        return (
            f"fx.tension_band_failure is yes and fx.of_type is {of_type:g}: failure of the tension "
            "band is OF5; correct one of them"
        )
    return ""


def _check_endplates(facts: PatientFacts) -> str:
    if facts.value("fx.both_endplates") and facts.value("fx.one_endplate"):
        return "fx.both_endplates and fx.one_endplate are both yes: correct one of them"
    return ""


def _check_sepsis(facts: PatientFacts) -> str:
    if facts.value("inf.sepsis") and facts.value("inf.active_systemic") is False:
        return "inf.sepsis is yes and inf.active_systemic is no: correct one of them"
    return ""


def _check_neurology(facts: PatientFacts) -> str:
    if facts.value("neuro.ao_grade") == "N0" and facts.value("neuro.cauda_equina"):
        return "neuro.ao_grade is N0 and neuro.cauda_equina is yes: correct one of them"
    return ""


_CHECKS: tuple[Callable[[PatientFacts], str], ...] = (
    _check_fracture_age,
    _check_pregnant,
    _check_care,
    _check_anticoagulation,
    _check_tension_band,
    _check_endplates,
    _check_sepsis,
    _check_neurology,
)
