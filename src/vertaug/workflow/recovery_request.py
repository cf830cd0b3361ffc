"""What a user says about the recovery of a case, as texts, read into values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path

from vertaug.case.errors import InputError
from vertaug.recovery.bone_drug import DrugCourse
from vertaug.recovery.clinic_site import ClinicSite, read_site
from vertaug.recovery.recovery_plan import VisitDiary
from vertaug.recovery.time_shift import read_local_time, read_zone

_NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryRequest:
    """What a user gave.

    Attributes
    ----------
    procedure_at : str
        ISO 8601, with offset or in the zone.
    ends : str or None
        End of the procedure, ISO 8601 or a time of day; None: not known.
    timezone : str or None
        None: of the clinic's file, else of the offset, else of this computer.
    procedure : str or None
    facts, site : Path or None
        Files.
    phone, emergency_phone : str or None
    fracture_on : str or None
        ISO date.
    done : tuple of str
        Visits that were made, ``KEY=TIME``.
    now : str or None
        ISO time or ``now``.
    doses : tuple of str
        Drugs for pain, such as ``oxycodone 10 mg x2``.
    bone_drugs : tuple of str
        ``DRUG=STARTED`` or ``DRUG=STARTED..STOPPED``.
    """

    procedure_at: str
    ends: str | None = None
    timezone: str | None = None
    procedure: str | None = None
    facts: Path | None = None
    site: Path | None = None
    phone: str | None = None
    emergency_phone: str | None = None
    fracture_on: str | None = None
    done: tuple[str, ...] = ()
    now: str | None = None
    doses: tuple[str, ...] = ()
    bone_drugs: tuple[str, ...] = ()


def find_zone(request: RecoveryRequest, site: ClinicSite) -> tzinfo | None:
    """Return the zone of the clinic; None where the offset of the time has to do.

    Raises
    ------
    InputError
        If it is not known, or none is given and this computer names none.
    """
    if request.timezone is not None:
        return read_zone(request.timezone)
    if site.zone is not None:
        return site.zone
    if _has_offset(request.procedure_at):
        return None
    name = local_zone_name()
    if name is None:
        message = (
            f"the time zone of '{request.procedure_at}' is not known, and this computer names "
            "none; give it, such as --timezone Asia/Kolkata"
        )
        raise InputError(message)
    return read_zone(name)


def read_end(request: RecoveryRequest, procedure_at: datetime) -> datetime | None:
    """Return the end of the procedure; a time of day alone is of the day of its start.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if request.ends is None:
        return None
    text = request.ends.strip()
    if "T" not in text.upper() and " " not in text:
        text = f"{procedure_at.date().isoformat()}T{text}"
    return read_local_time(text, procedure_at.tzinfo)


def _has_offset(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def local_zone_name() -> str | None:
    """Return the name of this computer's time zone; None where it has none by name."""
    import os

    given = os.environ.get("TZ", "").removeprefix(":")
    if given:
        return given
    # where Linux and macOS keep it: a link into the list of zones
    target = os.path.realpath("/etc/localtime")
    _, found, name = target.partition("zoneinfo/")
    return name if found else None


def read_clinic(request: RecoveryRequest) -> ClinicSite:
    """Return the clinic: its file, with the numbers of the command.

    Raises
    ------
    InputError
        If something in it is not known or cannot be.
    """
    return read_site(request.site).with_phone(request.phone, request.emergency_phone)


def read_diary(request: RecoveryRequest, zone: tzinfo | None) -> VisitDiary | None:
    """Return what was done until when; None where no moment is given.

    Raises
    ------
    InputError
        If a visit is given twice, without a moment, or cannot be read.
    """
    if request.now is None:
        if request.done:
            message = "visits that were made need the moment of which states are told; give --now"
            raise InputError(message)
        return None
    now = (
        datetime.now().astimezone(zone)
        if request.now.lower() == _NOW
        else read_local_time(request.now, zone)
    )
    done = {}
    for key, text in split_pairs(request.done, "--done", "7d=2026-12-08T11:00"):
        done[key] = read_local_time(text, zone)
    return VisitDiary(now=now, done=done)


def split_pairs(given: Sequence[str], option: str, example: str) -> tuple[tuple[str, str], ...]:
    """Return pairs of name and value.

    Raises
    ------
    InputError
        If one is no pair, or a name comes twice.
    """
    pairs = []
    for text in given:
        name, sign, value = text.partition("=")
        if not (name.strip() and sign and value.strip()):
            message = f"{option} is expected such as {example}; got {text!r}"
            raise InputError(message)
        pairs.append((name.strip(), value.strip()))
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"{option} names {twice} twice"
        raise InputError(message)
    return tuple(pairs)


def read_day(text: str, what: str) -> date:
    """Return a date of ISO 8601.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"{what} is expected as a date such as 2026-11-01; got '{text}' ({error})"
        raise InputError(message) from error


def read_bone_drugs(given: Sequence[str]) -> tuple[DrugCourse, ...]:
    """Return drugs for bone: ``denosumab=2025-01-10..2026-01-10``, without an end still taken.

    Raises
    ------
    InputError
        If one cannot be read.
    """
    courses = []
    for text in given:
        ((drug, days),) = split_pairs((text,), "--bone-drug", "alendronate=2026-12-05")
        first, _, last = days.partition("..")
        courses.append(
            DrugCourse(
                drug=drug,
                started=read_day(first, f"the start of {drug}"),
                stopped=read_day(last, f"the end of {drug}") if last else None,
            )
        )
    return tuple(courses)
