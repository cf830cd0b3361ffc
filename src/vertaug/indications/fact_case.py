"""Facts that the case has measured, joined where the user gave none."""

import math
from dataclasses import dataclass

from vertaug.case.case_file import CaseDocument, MeasurementRecord
from vertaug.case.errors import InputError
from vertaug.case.measurement import WALL_ERROR_MM
from vertaug.indications.derived_fact import MEASURED
from vertaug.indications.fact import Fact, FactValue
from vertaug.indications.patient_facts import PatientFacts, define_fact

_SUPINE = "CT, lying"
_SAME: dict[str, float] = {
    "fx.height_loss_pct": 5.0,
    "fx.dorsal_wall_loss_pct": 5.0,
    "fx.vwa_deg": 5.0,
    "fx.lka_deg": 5.0,
    "fx.retropulsion_mm": 2.0,
    "fx.canal_compromise_pct": 10.0,
    "bone.hu_l1": 15.0,
}
"""Differences between a given and a measured value that are not told (design default)."""

_UNMEASURED = ("fx.posterior_wall", "fx.both_endplates", "fx.one_endplate")
"""Findings on CT that a case does not measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedFacts:
    """Facts of the user with those that the case has measured.

    Attributes
    ----------
    facts : PatientFacts
    notes : tuple of str
        Where both say something else, and what the CT cannot tell.
    """

    facts: PatientFacts
    notes: tuple[str, ...] = ()


def join_case(facts: PatientFacts, document: CaseDocument) -> JoinedFacts:
    """Return the facts with those of the case; one that the user gave is never replaced.

    Raises
    ------
    InputError
        If the facts are those of another level than the case treats.
    """
    level = document.fracture.level
    given = facts.value("fx.level")
    if given is not None and level is not None and given != level:
        message = (
            f"the facts are those of {given} (fx.level), the case treats {level}: give the facts "
            f"of {level}, or measure the other level with: vertaug measure CASE --level {given}"
        )
        raise InputError(message)
    measured, notes = measure_facts(document)
    notes += _list_unmeasured(facts)
    kept = []
    for fact in measured:
        own = facts.value(fact.name)
        if own is None:
            kept.append(fact)
        elif not _agree(fact.name, own, fact.value):
            unit = f" {fact.definition.shown_unit}".rstrip()
            notes.append(
                f"{fact.definition.label} ({fact.name}) is given as {_shown(own)} and measured as "
                f"{_shown(fact.value)}{unit}: the given value counts; look at the images"
            )
    return JoinedFacts(facts=facts.with_facts(kept), notes=tuple(notes))


def _agree(name: str, given: FactValue, measured: FactValue | None) -> bool:
    if isinstance(given, float) and isinstance(measured, float):
        return math.isclose(given, measured, abs_tol=_SAME.get(name, 0.0))
    return given == measured


def _shown(value: FactValue | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def measure_facts(document: CaseDocument) -> tuple[list[Fact], list[str]]:
    """Return the facts that a case has measured, and what its CT cannot tell."""
    level = document.fracture.level
    facts: list[Fact] = []
    notes: list[str] = []
    if level is not None:
        facts.append(_fact("fx.level", level, document.fracture.level_source))
    if document.planning is not None:
        facts.append(_fact("fx.n_levels_planned", 1.0, "plan of the case"))
    own = document.fracture.levels.get(level or "")
    if own is not None:
        facts += _shape_facts(own)
        notes += _compare_losses(own)
        error = max(WALL_ERROR_MM, *document.scan.spacing_mm)
        for read in (_read_wall, _read_cleft):
            found, said = read(own, error)
            facts += found
            notes += said
        notes += _list_others(document)
    found, said = _read_density(document)
    return facts + found, notes + said


def _list_others(document: CaseDocument) -> list[str]:
    """Return other deformed levels: CT does not tell when they broke."""
    others = [
        f"{level} (grade {record.genant_grade})"
        for level, record in document.fracture.levels.items()
        if record.genant_grade > 0 and level != document.fracture.level
    ]
    if not others:
        return []
    note = (
        f"also deformed in the CT: {', '.join(others)}; whether that is a previous fracture "
        "(fx.previous) only history or older images tell"
    )
    return [note]


def _list_unmeasured(facts: PatientFacts) -> list[str]:
    """Return what the images may show, no measurement of a case holds and nobody gave."""
    names = [name for name in _UNMEASURED if facts.value(name) is None]
    # the type of the fracture says what is broken
    if not names or facts.value("fx.of_type") is not None:
        return []
    note = (
        f"{', '.join(names)} stay unknown: the case measures heights, angles, retropulsion and "
        "canal, not which parts are broken; look at the images"
    )
    return [note]


def _fact(name: str, value: FactValue, note: str) -> Fact:
    return Fact(definition=define_fact(name), value=value, source=MEASURED, note=note)


def _largest_loss(own: MeasurementRecord) -> tuple[str, float]:
    loss = own.loss_percent
    return max(
        (("anterior", loss.anterior), ("middle", loss.middle), ("posterior", loss.posterior)),
        key=lambda pair: pair[1],
    )


def _compare_losses(own: MeasurementRecord) -> list[str]:
    """Return why the loss that the rules use is less than the one that makes the grade."""
    name, most = _largest_loss(own)
    profile = own.profile_loss_percent
    if profile is None or profile <= most + _SAME["fx.height_loss_pct"]:
        return []
    note = (
        f"two losses of height: {most:.1f} % at the {name} one of the three heights, as the "
        "sources of the rules measure it (fx.height_loss_pct, which the rules use), and "
        f"{profile:.1f} % at the deepest place of the mid-sagittal profile, which makes the grade"
    )
    return [note]


def _shape_facts(own: MeasurementRecord) -> list[Fact]:
    loss = own.loss_percent
    name, most = _largest_loss(own)
    note = f"CT, {name} height against: {own.reference_method}"
    profile = own.profile_loss_percent
    if profile is not None and profile > most:
        note += f"; {profile:.0f} % along the mid-sagittal profile"
    facts = [
        _fact("fx.height_loss_pct", min(max(most, 0.0), 100.0), note),
        _fact(
            "fx.dorsal_wall_loss_pct",
            min(max(loss.posterior, 0.0), 100.0),
            f"CT, posterior height against: {own.reference_method}",
        ),
        _fact("fx.vwa_deg", own.wedge_angle_deg, _SUPINE),
    ]
    if own.local_kyphosis_deg is not None:
        facts.append(_fact("fx.lka_deg", own.local_kyphosis_deg, _SUPINE))
    return facts


def _read_wall(own: MeasurementRecord, error_mm: float) -> tuple[list[Fact], list[str]]:
    """Return retropulsion and canal; a wall within the scan's error says nothing."""
    facts, notes = [], []
    back, canal = own.retropulsion_mm, own.canal_compromise_percent
    if back is not None and (back == 0.0 or back >= error_mm):
        facts.append(_fact("fx.retropulsion_mm", back, f"CT, error {error_mm:.1f} mm"))
    elif back is not None:
        notes.append(
            f"retropulsion (fx.retropulsion_mm) stays unknown: {back:.1f} mm measured, within the "
            f"error of {error_mm:.1f} mm"
        )
    if canal is not None:
        note = f"CT, error of the depth {error_mm:.1f} mm"
        facts.append(_fact("fx.canal_compromise_pct", min(max(canal, 0.0), 100.0), note))
    return facts, notes


def _read_cleft(own: MeasurementRecord, _error_mm: float) -> tuple[list[Fact], list[str]]:
    """Return a cleft that holds gas; fluid is not seen in CT, so that no gas is not no cleft."""
    if own.cleft_present:
        return [_fact("fx.cleft", value=True, note=f"gas {own.cleft_volume_ml:.1f} ml")], []
    note = (
        "intravertebral cleft (fx.cleft) stays unknown: no gas is seen in the CT, fluid is seen in "
        "MRI only"
    )
    return [], [note]


def _read_density(document: CaseDocument) -> tuple[list[Fact], list[str]]:
    bone = document.fracture.levels.get("L1")
    if bone is None:
        return [], []
    if bone.genant_grade > 0:
        note = "CT number of L1 (bone.hu_l1) stays unknown: L1 is fractured, its bone is compacted"
        return [], [note]
    if document.scan.contrast:
        note = "CT number of L1 (bone.hu_l1) stays unknown: contrast in the CT raises it"
        return [], [note]
    return [_fact("bone.hu_l1", bone.trabecular_hu, "CT, core of the body")], []
