"""How long each antithrombotic is held before a procedure, by policy and kidney function."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import ask_meant, find_near
from vertaug.case.packaged_data import read_packaged_toml
from vertaug.case.source_status import SourceStatus

UNNAMED = "table"
"""Policy of a value for which the reference names no body."""
_SPELLED_ALIKE = 0.87
"""Likeness from which a name is a slip of the pen; cangrelor and ticagrelor have 0.84."""


class HoldPolicy(StrEnum):
    """Bodies whose hold times the table knows."""

    ASRA = "ASRA2018"
    SIR = "SIR2019"
    PAUSE = "PAUSE"


class DrugKind(StrEnum):
    """What an antithrombotic acts on."""

    ANTICOAGULANT = "anticoagulant"
    ANTIPLATELET = "antiplatelet"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTest:
    """A comparison with a number, such as ``>= 50``."""

    sign: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> "NumberTest":
        """Return the comparison that a text writes."""
        sign, limit = text.split()
        return cls(sign=sign, limit=float(limit))

    def holds(self, value: float) -> bool:
        """Whether a value meets it."""
        return _SIGNS[self.sign](value, self.limit)

    @property
    def words(self) -> str:
        """The comparison as it is written."""
        return f"{self.sign} {self.limit:g}"


_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTime:
    """How long one policy holds a drug.

    Attributes
    ----------
    policy : str
        A `HoldPolicy`, or `UNNAMED`.
    least_h, most_h : float
        Hours from the last dose; 0 where ``full_days`` counts.
    full_days : int
        Whole calendar days without a dose, between the day of the last one and the procedure.
    crcl : NumberTest or None
        Creatinine clearance in mL/min for which it holds; None for all.
    words : str
        As the table prints it.
    status : SourceStatus
    """

    policy: str
    least_h: float
    most_h: float
    full_days: int
    crcl: NumberTest | None
    words: str
    status: SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartTime:
    """When one policy lets a drug go on: hours after the procedure."""

    policy: str
    least_h: float
    most_h: float
    words: str
    status: SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AntithromboticDrug:
    """A drug of the hold table.

    Attributes
    ----------
    name, title : str
    kind : DrugKind
    other_names : tuple of str
    holds : tuple of HoldTime
        Empty where the reference has none: local policy.
    restarts : tuple of RestartTime
        Empty where the table has none.
    inr_max : float or None
        INR that must also be met.
    may_continue : bool
        Policies also let it be continued.
    is_direct : bool
        A direct oral anticoagulant: the INR does not measure its effect.
    note : str
    """

    name: str
    title: str
    kind: DrugKind
    other_names: tuple[str, ...]
    holds: tuple[HoldTime, ...]
    restarts: tuple[RestartTime, ...]
    inr_max: float | None
    may_continue: bool
    is_direct: bool
    note: str

    def holds_by(self, policy: HoldPolicy) -> tuple[HoldTime, ...]:
        """Return the hold times of a policy, or of the next one that has any."""
        for name in (policy.value, *policy_after(policy)):
            found = tuple(hold for hold in self.holds if hold.policy == name)
            if found:
                return found
        return ()

    def restart_by(self, policy: HoldPolicy) -> RestartTime | None:
        """Return when the drug goes on by a policy, or the next one that says so."""
        for name in (policy.value, *policy_after(policy)):
            for restart in self.restarts:
                if restart.policy == name:
                    return restart
        return None


@cache
def _table() -> Mapping[str, Any]:
    return MappingProxyType(read_packaged_toml("vertaug.indications", "antithrombotics"))


def default_policy() -> HoldPolicy:
    """Return the policy used where none is chosen."""
    return HoldPolicy(_table()["default_policy"])


def policy_title(policy: str) -> str:
    """Return a policy in words."""
    if policy == UNNAMED:
        return "the hold table (no body named)"
    return str(_table()["policies"][policy]["title"])


def policy_after(policy: HoldPolicy) -> tuple[str, ...]:
    """Return the policies that are asked where this one has no value, in order."""
    return tuple(_table()["policies"][policy.value]["then"])


def read_limits() -> Mapping[str, Mapping[str, Any]]:
    """Return the rows of laboratory limits by name."""
    return MappingProxyType(_table()["limits"])


@cache
def read_drugs() -> Mapping[str, AntithromboticDrug]:
    """Return the drugs of the hold table by name."""
    tables = _table()["drugs"].items()
    return MappingProxyType({name: _drug(name, table) for name, table in tables})


def find_drug(name: str) -> AntithromboticDrug:
    """Return a drug by its name or another name of it.

    Raises
    ------
    InputError
        If the table does not know it, with names spelled almost alike, or if the name says too
        little. A relative or a look-alike is never taken for it, nor offered: phenprocoumon is
        not warfarin, enoxaparin not edoxaban.
    """
    asked = " ".join(name.lower().replace("_", " ").split())
    known = {
        written: drug
        for drug in read_drugs().values()
        for written in (drug.name.replace("_", " "), drug.title.lower(), *drug.other_names)
    }
    if asked in known:
        return known[asked]
    for group in _table()["unclear"].values():
        if asked in group["names"]:
            message = f"{name} is {group['what']} Give one of: {', '.join(group['meant'])}"
            raise InputError(message)
    near = find_near(asked, known, cutoff=_SPELLED_ALIKE)
    meant = ask_meant(dict.fromkeys(known[written].name for written in near))
    message = f"the hold table has no drug '{name}'{meant}; ask your pharmacy or haematology"
    raise InputError(message)


def _drug(name: str, table: Mapping[str, Any]) -> AntithromboticDrug:
    return AntithromboticDrug(
        name=name,
        title=table["title"],
        kind=DrugKind(table["kind"]),
        other_names=tuple(table["names"]),
        holds=tuple(_hold(row) for row in table["holds"]),
        restarts=tuple(_restart(row) for row in table["restarts"]),
        inr_max=table.get("inr_max"),
        may_continue=table.get("may_continue", False),
        is_direct=table.get("is_direct", False),
        note=table.get("inr_note", ""),
    )


def _hold(row: Mapping[str, Any]) -> HoldTime:
    skipped = row.get("doses", 0) * row.get("dose_hours", 0)
    least, most = row.get("hours", (skipped, skipped))
    return HoldTime(
        policy=row["policy"],
        least_h=float(least),
        most_h=float(most),
        full_days=row.get("full_days", 0),
        crcl=NumberTest.parse(row["crcl"]) if "crcl" in row else None,
        words=row["text"],
        status=SourceStatus(row["status"]),
    )


def _restart(row: Mapping[str, Any]) -> RestartTime:
    least, most = row["hours"]
    return RestartTime(
        policy=row["policy"],
        least_h=float(least),
        most_h=float(most),
        words=row["text"],
        status=SourceStatus(row["status"]),
    )
