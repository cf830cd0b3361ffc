"""Results of a case folder become predictions of a treated level."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from vertaug.case.augmentation_record import ProcedureRecord
from vertaug.case.case_file import CASE_FILE, CaseDocument, read_case
from vertaug.case.errors import InputError
from vertaug.case.mechanics_record import StateRecord
from vertaug.recovery.registry.audit_entry import Author
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.entry import Entry
from vertaug.recovery.registry.intake import IntakeRules, write_with
from vertaug.recovery.registry.pen import Pen, open_pen
from vertaug.recovery.registry.schema import table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    """One number of a case; not usable with a reason."""

    simulated: str
    quantity: str
    value: float | None
    definition: str = ""
    usable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatedLevel:
    """Whose case it is; without ``level`` the one that the case treats."""

    pseudonym: str
    procedure_no: int = 1
    level: str | None = None


def add_case(
    engine: Engine,
    folder: str | Path,
    where: TreatedLevel,
    author: Author,
    *,
    replace: bool = False,
) -> int:
    """Write the results of a case into the registry; return how many.

    Parameters
    ----------
    engine : Engine
        Of an open registry.
    folder : str or Path
        Case folder.
    where : TreatedLevel
        The procedure and its level must be there.
    author : Author
    replace : bool
        Results that are there for the level are removed first.

    Raises
    ------
    FormatError
        If the case cannot be read.
    InputError
        If patient, procedure or level are not in the registry, or results are there already.
    """
    document = read_case(folder)
    level = where.level or document.fracture.level
    if level is None:
        message = f"{folder} treats no level; name one with --level"
        raise InputError(message)
    place: dict[str, str | int] = {
        "pseudonym": where.pseudonym, "procedure_no": where.procedure_no, "level": level
    }  # fmt: skip
    _check_level(engine, place)
    digest = hashlib.sha256((Path(folder) / CASE_FILE).read_bytes()).hexdigest()
    software = f"vertaug {document.provenance.software.get('vertaug', 'unknown')}"
    entries = [
        Entry(
            table="prediction",
            values={
                **place,
                "simulated": figure.simulated,
                "quantity": figure.quantity,
                "value": figure.value,
                "usable": figure.usable,
                "definition": figure.definition or None,
                "case_sha256": digest,
                "software": software,
            },
        )
        for figure in _list_figures(document, level)
        if figure.value is not None
    ]
    if not entries:
        message = f"{folder} holds no result for {level}; plan or simulate it first"
        raise InputError(message)
    with open_pen(engine, author) as pen:
        if replace:
            _remove(pen, place)
        write_with(pen, entries, IntakeRules())
    return len(entries)


def _check_level(engine: Engine, place: dict[str, str | int]) -> None:
    target = table_of("procedure_level")
    with reading(engine) as connection:
        found = connection.execute(
            sa.select(target.c.level).where(*(target.c[n] == v for n, v in place.items()))
        ).first()
    if found is None:
        message = (
            f"the registry has no treated level {place['level']} of procedure "
            f"{place['procedure_no']} of {place['pseudonym']}; add it first: "
            "vertaug registry add-procedure"
        )
        raise InputError(message)


def _remove(pen: Pen, place: dict[str, str | int]) -> None:
    target = table_of("prediction")
    is_it = [target.c[name] == value for name, value in place.items()]
    for row in pen.connection.execute(sa.select(target).where(*is_it)).mappings().all():
        pen.delete("prediction", row)


def _list_figures(document: CaseDocument, level: str) -> Iterator[_Figure]:
    yield from _list_heights(document, level)
    if document.planning is not None and document.planning.level == level:
        target = document.planning.cement.target_ml
        yield _Figure(simulated="plan", quantity="cement_ml", value=target, definition="target")
    yield from _list_strength(document, level)
    done = document.augmentation
    if done is not None:
        for name in ("vertebroplasty", "kyphoplasty"):
            record = getattr(done, name)
            if record is not None and record.level == level:
                yield from _list_procedure(name, record)


def _list_heights(document: CaseDocument, level: str) -> Iterator[_Figure]:
    measured = document.fracture.levels.get(level)
    if measured is None:
        return
    for name in (
        "height_anterior_mm", "height_middle_mm", "height_posterior_mm", "wedge_angle_deg",
    ):  # fmt: skip
        value = getattr(measured, name)
        yield _Figure(
            simulated="untreated", quantity=name, value=value, definition="measured on the CT"
        )


def _list_strength(document: CaseDocument, level: str) -> Iterator[_Figure]:
    strength = document.mechanics
    if strength is None or strength.level != level:
        return
    states: tuple[tuple[str, StateRecord | None], ...] = (
        ("untreated", strength.before),
        ("vertebroplasty", strength.after_vertebroplasty),
        ("kyphoplasty", strength.after_kyphoplasty),
    )
    for simulated, state in states:
        if state is None:
            continue
        # a crushed body that reads stronger than its intact neighbour says nothing, see strength
        bad = strength.before_not_usable if simulated == "untreated" else ""
        shape = strength.assumed_cement and simulated == "vertebroplasty"
        reason = bad or ("the cement is a shape, not an injection" if shape else "")
        yield _Figure(
            simulated=simulated, quantity="failure_load_n", value=state.failure_load_n,
            definition=reason or state.failure_load_definition, usable=not reason,
        )  # fmt: skip
        yield _Figure(
            simulated=simulated, quantity="stiffness_n_per_mm", value=state.stiffness_n_per_mm,
            definition=reason, usable=not reason,
        )  # fmt: skip


def _list_procedure(name: str, record: ProcedureRecord) -> Iterator[_Figure]:
    leaks = record.leak_ml
    leaked = leaks.B + leaks.S + leaks.C + leaks.D + leaks.canal + leaks.track
    yield _Figure(
        simulated=name, quantity="leak_ml", value=leaked, usable=record.leak_is_prediction,
        definition="" if record.leak_is_prediction else "of the model, no prediction",
    )  # fmt: skip
    yield _Figure(simulated=name, quantity="cement_ml", value=record.injected_ml)
    yield _Figure(simulated=name, quantity="fill_fraction", value=record.fill_fraction)
    yield _Figure(simulated=name, quantity="peak_temperature_c", value=record.peak_temperature_c)
    yield _Figure(simulated=name, quantity="balloon_ml", value=record.balloon_ml)
    emptied = [
        stage
        for stage in (record.balloon.stages if record.balloon is not None else ())
        if stage.name == "emptied"
    ]
    for stage in emptied:
        heights = stage.heights_mm
        yield _Figure(simulated=name, quantity="height_anterior_mm", value=heights.anterior)
        yield _Figure(simulated=name, quantity="height_middle_mm", value=heights.middle)
        yield _Figure(simulated=name, quantity="height_posterior_mm", value=heights.posterior)
        yield _Figure(simulated=name, quantity="wedge_angle_deg", value=stage.wedge_angle_deg)
