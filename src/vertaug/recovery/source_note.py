"""Where a value or a sentence of the recovery comes from, and how well that is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from vertaug.case.errors import InputError


class Standing(StrEnum):
    """How well something is known to be what its source says."""

    VERIFIED = "verified"
    PARTLY_VERIFIED = "partly verified"
    COMPUTED = "computed"
    RECALLED = "recalled"
    DESIGN_DEFAULT = "design default"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNote:
    """A source and its standing.

    Attributes
    ----------
    source : str
        What it is taken from; ``site`` where a clinic set it.
    standing : Standing
    """

    source: str
    standing: Standing

    @property
    def unverified(self) -> bool:
        """Whether it must be checked against its source before anybody relies on it."""
        return self.standing in {Standing.RECALLED, Standing.PARTLY_VERIFIED}

    @property
    def words(self) -> str:
        """Source and standing as they are printed."""
        mark = " (unverified)" if self.standing is Standing.RECALLED else ""
        return f"{self.source}: {self.standing.value}{mark}"


SITE = SourceNote(source="site", standing=Standing.DESIGN_DEFAULT)
"""Of what a clinic has set itself."""


def read_note(table: Mapping[str, Any]) -> SourceNote:
    """Return the note of a table with ``source`` and ``status``."""
    return SourceNote(source=table["source"], standing=Standing(table["status"]))


@cache
def read_data(name: str) -> Mapping[str, Any]:
    """Return a TOML file of the recovery's data.

    Parameters
    ----------
    name : str
        Without folder and ending.
    """
    import tomllib

    text = files("vertaug.recovery").joinpath(f"data/{name}.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


def refuse_unknown(name: str, known: tuple[str, ...], what: str) -> None:
    """Refuse a name that is not known, and say the near ones.

    Raises
    ------
    InputError
        If ``name`` is not in ``known``.
    """
    from difflib import get_close_matches

    if name in known:
        return
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    meant = f"; did you mean {', '.join(near)}" if near else f"; expected one of {', '.join(known)}"
    message = f"there is no {what} '{name}'{meant}"
    raise InputError(message)
