"""Numbers of the recovery that a clinic may set: value, range, source."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from vertaug.case.errors import InputError
from vertaug.case.near_name import refuse_unknown
from vertaug.recovery.source_note import SITE, SourceNote, read_note


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteValue:
    """A number with its source.

    Attributes
    ----------
    name : str
        Ends with its unit where it has one.
    value : float
    low, high : float
        What published sources span; the value itself where only one is known.
    words : str
    note : SourceNote
    """

    name: str
    value: float
    low: float
    high: float
    words: str
    note: SourceNote

    @property
    def text(self) -> str:
        """The value without needless zeros."""
        return f"{self.value:g}"

    @property
    def spread(self) -> str:
        """What sources span; empty where there is only one."""
        return "" if self.low == self.high else f"{self.low:g} to {self.high:g}"


def read_values(
    tables: Mapping[str, Mapping[str, Any]], site: Mapping[str, Any] | None = None, what: str = ""
) -> Mapping[str, SiteValue]:
    """Return the numbers of a data file, with those that a clinic set.

    Parameters
    ----------
    tables : mapping
        ``value``, ``source``, ``status``, ``words`` of each name; ``low`` and ``high`` if known.
    site : mapping or None
        Values of a clinic, by name.
    what : str
        What the values are of, for errors.

    Raises
    ------
    InputError
        If a name is not known or a value is no number, negative, or far outside what is published.
    """
    own = {} if site is None else site
    for name in own:
        refuse_unknown(name, tuple(tables), f"value of {what}")
    found = {name: _value(name, table) for name, table in tables.items()}
    for name, given in own.items():
        found[name] = _set(found[name], given, what)
    return MappingProxyType(found)


def _value(name: str, table: Mapping[str, Any]) -> SiteValue:
    value = float(table["value"])
    return SiteValue(
        name=name,
        value=value,
        low=float(table.get("low", value)),
        high=float(table.get("high", value)),
        words=table["words"],
        note=read_note(table),
    )


_FAR = 5.0
"""A value beyond this many times the published one is a slip (design default)."""


def _set(default: SiteValue, given: object, what: str) -> SiteValue:
    """Return a value as a clinic set it."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        message = (
            f"{default.name} of {what} ({default.words}) is expected as a number; got {given!r}"
        )
        raise InputError(message)
    most = _FAR * max(default.high, default.value)
    if not 0 <= given <= most:
        message = (
            f"{default.name} of {what} ({default.words}) is expected between 0 and {most:g}; got "
            f"{given:g}"
        )
        raise InputError(message)
    return replace(default, value=float(given), note=SITE)
