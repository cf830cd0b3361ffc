"""The leaflet's content: which sections and which paragraphs, with their numbers, in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from vertaug.case.case_file import CaseDocument
from vertaug.case.errors import FormatError
from vertaug.case.packaged_data import read_packaged_toml
from vertaug.case.plan import Procedure
from vertaug.indications.patient_facts import PatientFacts
from vertaug.recovery.leaflet.situation import CONDITIONS, LeafletSituation, describe_situation
from vertaug.recovery.leaflet.wording import PLACE, LeafletWords, name_level, read_words
from vertaug.recovery.red_flag import check_phone


class BlockKind(StrEnum):
    """How a block is set."""

    TEXT = "text"
    BULLETS = "bullets"
    STEPS = "steps"
    OPTIONS = "options"
    TIMES = "times"
    RISKS = "risks"
    CHANCES = "chances"
    ALARM = "alarm"
    QUESTIONS = "questions"
    PHONE = "phone"
    PICTURE = "picture"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletItem:
    """A sentence, a bullet or a row.

    Attributes
    ----------
    text : str
    name : str
        Of an option, a risk, a time, a tier of alarm; empty otherwise.
    count : int or None
        Dark figures of one hundred in an icon array.
    """

    text: str
    name: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletBlock:
    """A part of a section."""

    key: str
    kind: BlockKind
    items: tuple[LeafletItem, ...]

    @property
    def is_picture(self) -> bool:
        """Whether it stands for a picture of the patient's own bone."""
        return self.kind is BlockKind.PICTURE


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletSection:
    """A heading with its blocks."""

    key: str
    heading: str
    blocks: tuple[LeafletBlock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletRequest:
    """What the leaflet is wanted for.

    Attributes
    ----------
    language : str
        ``en`` or ``hi``.
    procedures : tuple of Procedure
        Empty: those of the case.
    facts : PatientFacts or None
    phone, emergency_phone : str
        Of the team and of the ambulance; empty leaves a line to fill in by hand.
    rules : tuple of str
        Numbers of the rules that fired, whose sentence for the patient is printed.
    """

    language: str = "en"
    procedures: tuple[Procedure, ...] = ()
    facts: PatientFacts | None = None
    phone: str = ""
    emergency_phone: str = ""
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, who in (("phone", "team"), ("emergency_phone", "ambulance")):
            number = getattr(self, name)
            if number:
                object.__setattr__(self, name, check_phone(number, who))


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaflet:
    """A leaflet in words.

    Attributes
    ----------
    situation : LeafletSituation
    words : LeafletWords
        Of its language: page lines, labels of the pictures.
    title, subtitle : str
    sections : tuple of LeafletSection
    sources : tuple of str
        Of the figures that it prints.
    phone : str
        Empty: to be filled in by hand.
    """

    situation: LeafletSituation
    words: LeafletWords
    title: str
    subtitle: str
    sections: tuple[LeafletSection, ...]
    sources: tuple[str, ...]
    phone: str

    def texts(self) -> tuple[str, ...]:
        """Return what is to be read, a heading, paragraph or bullet each, without the sources."""
        read = (t for section in self.sections for t in section_texts(section))
        captions = (self.caption(b.key) for s in self.sections for b in s.blocks if b.is_picture)
        return (self.title, self.subtitle, *read, *captions)

    def caption(self, key: str) -> str:
        """Return the caption of ``picture_before`` or ``picture_after``."""
        return self._picture_text(key, "caption")

    def picture_alt(self, key: str) -> str:
        """Return what ``picture_before`` or ``picture_after`` shows, for who cannot see it."""
        return self._picture_text(key, "alt")

    def _picture_text(self, key: str, kind: str) -> str:
        text = self.words.word("picture", f"{key.removeprefix('picture_')}_{kind}")
        return text.format(level=self.situation.level)


def section_texts(section: LeafletSection) -> tuple[str, ...]:
    """Return the texts of a section, its heading first."""
    items = [item for block in section.blocks for item in block.items]
    return (section.heading, *(t for item in items for t in (item.name, item.text) if t))


def compose_leaflet(case: CaseDocument, request: LeafletRequest | None = None) -> Leaflet:
    """Return the leaflet of a case.

    Paragraphs are chosen by the cause of the break, the procedure and what was simulated. Where a
    fact is unknown, the words are neutral.

    Raises
    ------
    LevelError
        If the case names no bone to treat.
    InputError
        If there is no such language.
    """
    wanted = request or LeafletRequest()
    words = read_words(wanted.language)
    situation = describe_situation(case, wanted.facts, wanted.procedures)
    composer = _Composer(words=words, situation=situation, request=wanted)
    sections = tuple(
        composer.section(table)
        for table in read_structure()
        if situation.holds(table.get("when", ()), composer.points)
    )
    return Leaflet(
        situation=situation,
        words=words,
        title=words.word("page", "title"),
        subtitle=words.word("page", f"subtitle_{situation.procedure_words}"),
        sections=sections,
        sources=composer.sources(),
        phone=wanted.phone,
    )


@cache
def read_structure() -> tuple[Mapping[str, Any], ...]:
    """Return the sections of ``data/structure.toml``, in order.

    Raises
    ------
    FormatError
        If a section asks for a condition that nothing can fulfil.
    """
    tree = read_packaged_toml("vertaug.recovery.leaflet", "structure")
    sections: list[Mapping[str, Any]] = tree["section"]
    for table in (t for section in sections for t in (section, *section["blocks"])):
        for word in (w for group in table.get("when", ()) for w in group):
            if word not in CONDITIONS:
                message = f"structure.toml, {table['key']}: nothing is called {word}"
                raise FormatError(message)
    return tuple(sections)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Composer:
    words: LeafletWords
    situation: LeafletSituation
    request: LeafletRequest

    @property
    def points(self) -> frozenset[str]:
        return frozenset({"points"} if self._fired() else ())

    def _fired(self) -> tuple[str, ...]:
        known = self.words.rules
        return tuple(dict.fromkeys(known[rule] for rule in self.request.rules if rule in known))

    def section(self, table: Mapping[str, Any]) -> LeafletSection:
        chosen = [block for block in table["blocks"] if self._holds(block)]
        return LeafletSection(
            key=table["key"],
            heading=self.words.section(table["key"], "heading"),
            blocks=tuple(self._block(table["key"], block) for block in chosen),
        )

    def _holds(self, table: Mapping[str, Any]) -> bool:
        return self.situation.holds(table.get("when", ()))

    def _block(self, section: str, table: Mapping[str, Any]) -> LeafletBlock:
        key, kind = table["key"], BlockKind(table["kind"])
        if section == "points" and key == "points":
            items = tuple(LeafletItem(text=text) for text in self._fired())
            return LeafletBlock(key=key, kind=kind, items=items)
        given = self.words.section(section, key)
        rows = [given] if isinstance(given, str) else given
        items = tuple(self._item(row) for row in rows)
        if kind is BlockKind.CHANCES:
            items = tuple(
                LeafletItem(text=item.text, count=round(self._figure(name)))
                for item, name in zip(items, table["figures"], strict=True)
            )
        if kind is BlockKind.PHONE:
            ambulance = key == "ambulance"
            number = self.request.emergency_phone if ambulance else self.request.phone
            items = tuple(LeafletItem(name=i.text, text=number) for i in items)
        return LeafletBlock(key=key, kind=kind, items=items)

    def _figure(self, name: str) -> float:
        return self.words.figures.figures[name].low

    def _item(self, row: str | list[str]) -> LeafletItem:
        if isinstance(row, str):
            return LeafletItem(text=self._fill(row))
        name, text = row
        return LeafletItem(name=self._fill(name), text=self._fill(text))

    def _fill(self, text: str) -> str:
        about, words = self.situation, self.words
        more = {
            "level": about.level,
            "level_words": name_level(words, about.level),
            "loss_words": words.groups["loss"].get(about.loss, ""),
            "side_words": words.groups["side"].get(about.sides, ""),
            "other_levels": ", ".join(about.other_levels),
            "edited": words.figures.edited,
        }
        return words.fill(text, more)

    def sources(self) -> tuple[str, ...]:
        """Return the printed names of the sources, in the order of the text."""
        used: dict[str, None] = {}
        for table in read_structure():
            for block in (b for b in table["blocks"] if self._holds(b)):
                for name in PLACE.findall(str(self.words.sections[table["key"]].get(block["key"]))):
                    if name in self.words.figures.figures:
                        used.setdefault(self.words.figures.figures[name].source)
        named = self.words.figures.sources
        return tuple(named[key] for key in used if named[key])
