"""The words of a leaflet in one language, with the figures set into them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from vertaug.case.errors import FormatError, InputError
from vertaug.case.packaged_data import read_packaged_toml
from vertaug.recovery.leaflet.figure import LeafletFigure, LeafletFigures, read_figures

LANGUAGES = ("en", "hi")
PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletWords:
    """Texts of one language, as ``data/leaflet_<language>.toml`` has them.

    Attributes
    ----------
    language : str
        Of `LANGUAGES`.
    groups : mapping of str to mapping of str to str
        Short words: of the page, of pictures, of levels ...
    sections : mapping of str to mapping of str to str or list
        Heading and blocks of each section.
    rules : mapping of str to str
        What a rule of the indications says to the patient, by its number.
    figures : LeafletFigures
    """

    language: str
    groups: Mapping[str, Mapping[str, str]]
    sections: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, str]
    figures: LeafletFigures

    def word(self, group: str, name: str) -> str:
        """Return a short word.

        Raises
        ------
        FormatError
            If the language lacks it.
        """
        try:
            return self.groups[group][name]
        except KeyError as error:
            message = f"leaflet_{self.language}.toml lacks {group}.{name}"
            raise FormatError(message) from error

    def section(self, key: str, block: str) -> Any:
        """Return the text of a block: a string, a list of strings, or a list of pairs.

        Raises
        ------
        FormatError
            If the language lacks it.
        """
        try:
            return self.sections[key][block]
        except KeyError as error:
            message = f"leaflet_{self.language}.toml lacks section.{key}.{block}"
            raise FormatError(message) from error

    def say_figure(self, figure: LeafletFigure) -> str:
        """Return a figure as it is printed.

        What nobody has checked at its source gets a star where it is a rate or the number of a
        study, and "about" where it is an ordinary time or amount.
        """
        say = self.groups["say"]
        value = f"{figure.low:g}"
        if figure.high > figure.low:
            value = say["range"].format(low=value, high=f"{figure.high:g}")
        if not figure.checked and not figure.starred:
            value = say["about"].format(value=value)
        if figure.whole is not None:
            pattern = say["of_below"] if figure.below else say["of"]
            value = pattern.format(count=value, whole=figure.whole)
        return say["star"].format(value=value) if figure.starred else value

    def fill(self, text: str, more: Mapping[str, str]) -> str:
        """Return a text with its ``{names}`` replaced by figures or by words of the case.

        Raises
        ------
        FormatError
            If a name is neither.
        """

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in more:
                return more[name]
            if name in self.figures.figures:
                return self.say_figure(self.figures.figures[name])
            message = f"leaflet_{self.language}.toml asks for {name}, which is no figure"
            raise FormatError(message)

        return PLACE.sub(value, text)


@cache
def read_words(language: str) -> LeafletWords:
    """Return the words of a language.

    Raises
    ------
    InputError
        If there is none.
    """
    if language not in LANGUAGES:
        message = f"a leaflet comes in {', '.join(LANGUAGES)}; got {language}"
        raise InputError(message)
    tree = read_packaged_toml("vertaug.recovery.leaflet", f"leaflet_{language}")
    named = ("page", "say", "level", "loss", "side", "picture")
    return LeafletWords(
        language=language,
        groups=MappingProxyType({name: MappingProxyType(tree[name]) for name in named}),
        sections=MappingProxyType(tree["section"]),
        rules=MappingProxyType(tree["rules"]),
        figures=read_figures(),
    )


def name_level(words: LeafletWords, level: str) -> str:
    """Return a vertebral level in plain words, such as "bone number 1 of your lower back (L1)"."""
    region = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}[level[0]]
    return words.word("level", region).format(number=level[1:], level=level)
