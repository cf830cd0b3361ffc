"""Opioids as morphine milligram equivalents (MME) a day, by the factors of CDC 2022.

    MME a day = sum of daily dose in mg x factor

Oral doses only, and the fentanyl patch by micrograms an hour. The sum measures how much is taken;
it is not for conversion from one opioid to another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.recovery.dose import AnalgesicDose, DoseRoute
from vertaug.recovery.source_note import CitedSentence, SourceNote, read_data, read_note


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorSet:
    """Which factors were used; store it with every total.

    Attributes
    ----------
    name, version : str
    limits : str
        What the factors are for.
    note : SourceNote
    """

    name: str
    version: str
    limits: str
    note: SourceNote


@dataclass(frozen=True, slots=True, kw_only=True)
class MmeLine:
    """One drug of a total.

    Attributes
    ----------
    dose : AnalgesicDose
    factor : Decimal
    mme : Decimal
        A day.
    """

    dose: AnalgesicDose
    factor: Decimal
    mme: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MmeResult:
    """Opioids of one day.

    Attributes
    ----------
    total_per_day : Decimal or None
        MME; None where an opioid cannot be counted, because a sum without it would be too small.
    counted_per_day : Decimal
        MME of those that can be counted.
    lines : tuple of MmeLine
    refused : tuple of CitedSentence
        Opioids that cannot be counted, with the reason.
    flags : tuple of CitedSentence
        What to know about a drug or the total.
    no_opioids : tuple of str
        Drugs for pain that are no opioids.
    who_step : int
        Highest step of the WHO ladder, 0 where nothing is taken (recalled).
    factors : FactorSet
    """

    total_per_day: Decimal | None
    counted_per_day: Decimal
    lines: tuple[MmeLine, ...]
    refused: tuple[CitedSentence, ...]
    flags: tuple[CitedSentence, ...]
    no_opioids: tuple[str, ...]
    who_step: int
    factors: FactorSet


def read_factor_set() -> FactorSet:
    """Return name, version and limits of the factors."""
    data = read_data("mme_factors")
    return FactorSet(
        name=data["name"], version=data["version"], limits=data["limits"], note=read_note(data)
    )


def known_drugs() -> tuple[str, ...]:
    """Return the names of all drugs that are known, opioids first."""
    data = read_data("mme_factors")
    return (
        *data["opioid"],
        *data["refused"],
        *data["no_opioid"]["names"],
        *data["other_names"],
    )


def morphine_equivalents(
    doses: Sequence[AnalgesicDose], *, laxative_given: bool | None = None
) -> MmeResult:
    """Return the MME of all drugs that are taken in a day.

    Parameters
    ----------
    doses : sequence of AnalgesicDose
        As taken; an empty one is a day without drugs, not a day that was not asked.
    laxative_given : bool or None
        None: not recorded.

    Raises
    ------
    InputError
        If a drug is not known (near names are told), a patch is not given an hour, or an amount
        cannot be.
    """
    lines: list[MmeLine] = []
    refused: list[CitedSentence] = []
    others: list[str] = []
    steps = [0]
    data = read_data("mme_factors")
    for dose in doses:
        name = _name(dose.drug)
        if name in data["no_opioid"]["names"]:
            others.append(name)
            steps.append(1)
            continue
        found = data["opioid"].get(name) or data["refused"][name]
        steps.append(found["who_step"])
        line = _count(name, dose, found)
        if isinstance(line, MmeLine):
            lines.append(line)
        else:
            refused.append(line)
    counted = sum((line.mme for line in lines), Decimal(0))
    return MmeResult(
        total_per_day=None if refused else counted,
        counted_per_day=counted,
        lines=tuple(lines),
        refused=tuple(refused),
        flags=_flags(tuple(lines), counted, opioid=max(steps) > 1, laxative=laxative_given),
        no_opioids=tuple(dict.fromkeys(others)),
        who_step=max(steps),
        factors=read_factor_set(),
    )


def _name(drug: str) -> str:
    refuse_unknown(drug, known_drugs(), "drug")
    return str(read_data("mme_factors")["other_names"].get(drug, drug))


def _count(name: str, dose: AnalgesicDose, found: Mapping[str, Any]) -> MmeLine | CitedSentence:
    """Return the MME of a dose, or why it has none."""
    if "reason" in found:
        return CitedSentence(key=name, words=found["reason"], note=read_note(found))
    note = read_factor_set().note
    patch = found.get("patch", False)
    if dose.per_hour != (dose.route is DoseRoute.TRANSDERMAL):
        message = (
            f"a patch is given in ug/h, and only a patch; got {name} {dose.unit}, {dose.route}"
        )
        raise InputError(message)
    if patch != dose.per_hour or (not patch and dose.route is not DoseRoute.ORAL):
        form = "as a patch, in ug/h" if patch else "by mouth"
        reason = f"the factor of {name} is for {name} {form}; got {dose.route.value}"
        return CitedSentence(key=f"{name}_{dose.route.value}", words=reason, note=note)
    factor = Decimal(found["factor"])
    mme = (dose.amount if patch else dose.daily_mg) * factor
    _refuse_implausible(name, mme)
    return MmeLine(dose=dose, factor=factor, mme=mme)


def _refuse_implausible(name: str, mme: Decimal) -> None:
    table = read_data("mme_factors")["implausible"]
    if mme > Decimal(table["most_mme"]):
        message = f"{name}: {table['words'].format(limit=table['most_mme'])}; got {_plain(mme)} MME"
        raise InputError(message)


def _flags(
    lines: tuple[MmeLine, ...], counted: Decimal, *, opioid: bool, laxative: bool | None
) -> tuple[CitedSentence, ...]:
    data = read_data("mme_factors")
    flags = []
    limit = data["naloxone"]["least_mme"]
    if counted >= Decimal(limit):
        words = data["naloxone"]["words"].format(limit=limit)
        flags.append(CitedSentence(key="naloxone", words=words, note=read_note(data["naloxone"])))
    for name in dict.fromkeys(_name(line.dose.drug) for line in lines):
        table = data["opioid"][name]
        if "caution" in table:
            note = read_note({"source": table["caution_source"], "status": table["caution_status"]})
            flags.append(CitedSentence(key=name, words=table["caution"], note=note))
    if opioid and laxative is not True:
        table = data["laxative"]
        flags.append(CitedSentence(key="laxative", words=table["words"], note=read_note(table)))
    return tuple(flags)


def _plain(value: Decimal) -> str:
    """Return a decimal without trailing zeros or exponent."""
    return format(value.normalize(), "f")


def mme_words(result: MmeResult) -> str:
    """Return a day in words: the total, or what is missing from it."""
    if result.total_per_day is not None:
        return f"{_plain(result.total_per_day)} MME a day ({result.factors.name})"
    missing = ", ".join(dict.fromkeys(flag.key.partition("_")[0] for flag in result.refused))
    return (
        f"no total: {missing} cannot be counted; {_plain(result.counted_per_day)} MME a day "
        f"without it ({result.factors.name})"
    )
