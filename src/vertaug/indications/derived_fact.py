"""Facts that follow from other facts, joined where the patient's own are unknown."""

from collections.abc import Callable

from vertaug.indications.fact import DERIVED, Fact, FactValue
from vertaug.indications.patient_facts import PatientFacts, define_fact
from vertaug.indications.score.derived import derive_scores

KYPHOSIS_DEG = 15.0
"""Kyphosis from which there is a deformity (Anselmetti 2013, verified)."""
TESTED_YEARS = (12, 55)
"""Ages of women in which pregnancy is asked for (clinical reference 1.3)."""
HEIGHT_ERROR = 5.0
"""Percent of height by which a collapse of half the body stays open (design default)."""
_HALF = 50.0
"""Percent of height that tells the collapses of SINS apart (SINS2010, verified)."""
_LEAST_COLLAPSE = 20.0
"""Percent of height from which a loss is a collapse (design default)."""
MEASURED = "measured in the case"
"""Source of a fact from the CT of the case, in which the patient lies."""

Derivation = Callable[[PatientFacts], Fact | None]
"""Gives a fact that follows from others; None where it does not follow."""


def derive_facts(facts: PatientFacts) -> PatientFacts:
    """Return the facts with those that follow from them; one that is known is never replaced."""
    for derive in _DERIVATIONS:
        found = derive(facts)
        if found is not None and facts.value(found.name) is None:
            facts = facts.with_facts([found])
    # the OF type is a part of the OF score: a second round finds what the first made possible
    for _ in range(2):
        facts = facts.with_facts(derive_scores(facts))
    return facts


def derived_fact(name: str, value: FactValue, note: str) -> Fact:
    """Return a fact that follows from others.

    Parameters
    ----------
    note : str
        What it follows from.
    """
    return Fact(definition=define_fact(name), value=value, source=DERIVED, note=note)


def _find_kyphosis(facts: PatientFacts) -> Fact | None:
    """Return whether there is a kyphosis.

    Lying down hides some of it (JOSR 2023: 4 to 5 degrees on average between sitting and supine):
    what the CT of the case measures can say yes, never no.
    """
    for name in ("fx.lka_deg", "fx.vwa_deg"):
        angle = facts.number(name)
        if angle is None:
            continue
        label = define_fact(name).label
        if angle >= KYPHOSIS_DEG:
            note = f"{label} {angle:.1f} deg, at least {KYPHOSIS_DEG:g}"
            return derived_fact("fx.kyphosis_present", value=True, note=note)
        # a wedge below 15 degrees does not exclude a kyphosis of the segment
        if name == "fx.lka_deg" and facts.facts[name].source != MEASURED:
            note = f"{label} {angle:.1f} deg, below {KYPHOSIS_DEG:g}"
            return derived_fact("fx.kyphosis_present", value=False, note=note)
    return None


def _exclude_pregnancy(facts: PatientFacts) -> Fact | None:
    """Return that a man, or a woman whom nobody would test, is not pregnant."""
    sex, age = facts.value("patient.sex"), facts.number("patient.age_y")
    if sex == "male":
        return derived_fact("patient.pregnant", value=False, note="male")
    youngest, oldest = TESTED_YEARS
    if sex == "female" and age is not None and not youngest <= age < oldest + 1:
        note = f"female of {age:g} years; tested from {youngest} to {oldest}"
        return derived_fact("patient.pregnant", value=False, note=note)
    return None


def _find_collapse(facts: PatientFacts) -> Fact | None:
    """Return how far a body with a tumour has collapsed, where its height says so clearly."""
    loss = facts.number("fx.height_loss_pct")
    if loss is None or facts.value("fx.etiology") not in {"metastasis", "myeloma"}:
        return None
    label = define_fact("fx.height_loss_pct").label
    note = f"{label} {loss:.0f} %"
    if loss > _HALF + HEIGHT_ERROR:
        return derived_fact("onc.collapse", value="over_half", note=note)
    if _LEAST_COLLAPSE <= loss < _HALF - HEIGHT_ERROR:
        return derived_fact("onc.collapse", value="under_half", note=note)
    # near a half either may be true; hardly any loss does not tell how much of the body is involved
    return None


def _find_posterior_wall(facts: PatientFacts) -> Fact | None:
    """Return how much of the posterior wall a given OF type says is involved.

    OF 3 is more than a fifth of it. OF 1 and OF 2 are a fifth at most, which leaves open whether
    it is intact; the fact is then the less harmless one. OF 4 and OF 5 may have any wall.
    """
    of_type = facts.number("fx.of_type")
    if of_type == 3:
        note = "OF 3: more than a fifth of the posterior wall"
        return derived_fact("fx.posterior_wall", value="gt_fifth", note=note)
    # of a tumour an intact wall is asked for, which OF 1 and OF 2 do not exclude
    if of_type in {1, 2} and facts.value("fx.etiology") in {"osteoporotic", "traumatic"}:
        note = f"OF {of_type:g}: a fifth of the posterior wall at most; it may be intact"
        return derived_fact("fx.posterior_wall", value="lt_fifth", note=note)
    return None


_DERIVATIONS: tuple[Derivation, ...] = (
    _find_kyphosis,
    _exclude_pregnancy,
    _find_collapse,
    _find_posterior_wall,
)
"""In order: a later one may read what an earlier one found."""
