"""Who was studied in each trial, against what, who knew it and who paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.recovery.source_note import SourceNote, read_data, read_note


class Blinding(StrEnum):
    """What the patients of a trial could know, from the strongest design down."""

    SHAM = "sham"
    ACTIVE = "active"
    OPEN = "open"
    NONE = "none"


BLINDING_ORDER = tuple(Blinding)
"""Sham trials are shown first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial.

    Attributes
    ----------
    key, label : str
    procedure : str
        What was done in the treated arm.
    comparator : str
        Empty where there was none.
    blinding : Blinding
    blinding_words : str
    n : int
        Patients in all.
    population : tuple of str
        Who was let in.
    sponsor : SourceNote
        Who paid, and how well that is known.
    note : SourceNote
    crossover : str
        How many changed sides; empty where nobody could, or it is not known.
    crossover_after_days : float or None
        From then on both arms were mixed.
    """

    key: str
    label: str
    procedure: str
    comparator: str
    blinding: Blinding
    blinding_words: str
    n: int
    population: tuple[str, ...]
    sponsor: SourceNote
    note: SourceNote
    crossover: str = ""
    crossover_after_days: float | None = None

    def is_mixed(self, days: float | None) -> bool:
        """Whether patients had changed sides by that day."""
        return (
            self.crossover_after_days is not None
            and days is not None
            and days > self.crossover_after_days
        )

    @property
    def controlled(self) -> bool:
        """Whether there was anybody to compare with."""
        return bool(self.comparator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Something that trials measured, on one scale.

    Attributes
    ----------
    key, label, axis, scale : str
    members : tuple of str
        Names of the measure in the table of evidence.
    low, high : float
        Ends of the scale.
    low_is_good : bool
    raw_sign : int
        -1 where a positive published difference speaks against augmentation.
    mcid : float or None
        Least difference that matters.
    mcid_source : str
    """

    key: str
    label: str
    axis: str
    scale: str
    members: tuple[str, ...]
    low: float
    high: float
    low_is_good: bool
    raw_sign: int
    mcid: float | None
    mcid_source: str


@cache
def read_trials() -> Mapping[str, Trial]:
    """Return the trials by key, sham-controlled ones first."""
    tables = read_data("trials")["trial"]
    found = [_trial(key, table) for key, table in tables.items()]
    found.sort(key=lambda one: BLINDING_ORDER.index(one.blinding))
    return MappingProxyType({one.key: one for one in found})


def _trial(key: str, table: Mapping[str, Any]) -> Trial:
    return Trial(
        key=key,
        label=table["label"],
        procedure=table["procedure"],
        comparator=table["comparator"],
        blinding=Blinding(table["blinding"]),
        blinding_words=table["blinding_words"],
        n=table["n"],
        population=tuple(table["population"]),
        sponsor=read_note({"source": table["sponsor"], "status": table["sponsor_status"]}),
        note=read_note(table),
        crossover=table.get("crossover", ""),
        crossover_after_days=table.get("crossover_after_days"),
    )


@cache
def read_measures() -> Mapping[str, Measure]:
    """Return the measures by key."""
    tables = read_data("trials")["measure"]
    return MappingProxyType({key: _measure(key, table) for key, table in tables.items()})


def _measure(key: str, table: Mapping[str, Any]) -> Measure:
    return Measure(
        key=key,
        label=table["label"],
        axis=table["axis"],
        scale=table["scale"],
        members=tuple(table["members"]),
        low=float(table["low"]),
        high=float(table["high"]),
        low_is_good=table["best"] == "low",
        raw_sign=table.get("raw_sign", 1),
        mcid=table.get("mcid"),
        mcid_source=table.get("mcid_source", ""),
    )


def find_measure(name: str, scale: str) -> Measure:
    """Return the measure of a name on a scale.

    Parameters
    ----------
    name : str
        Key of a measure or its name in the table of evidence.
    scale : str
        Such as ``0-10``; scales are never mixed or converted.

    Raises
    ------
    InputError
        If there is no such measure, or not on that scale.
    """
    measures = read_measures()
    names = dict.fromkeys(n for m in measures.values() for n in (m.key, *m.members))
    refuse_unknown(name, tuple(names), "measure")
    found = [m for m in measures.values() if name in {m.key, *m.members}]
    for measure in found:
        if measure.scale == scale:
            return measure
    scales = ", ".join(dict.fromkeys(m.scale for m in found))
    message = (
        f"{name} is held on the scale {scales}; got {scale}. Values of different scales are never "
        "mixed or converted"
    )
    raise InputError(message)
