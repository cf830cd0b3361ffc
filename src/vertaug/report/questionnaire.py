"""Questionnaires on paper: A4, to be filled in with a pen."""

import re
from dataclasses import asdict, dataclass, replace
from itertools import groupby, takewhile
from pathlib import Path
from typing import Literal

from vertaug.case.errors import InputError
from vertaug.case.storage import replace_bytes, replace_text
from vertaug.recovery.prom.instrument import Instrument, Item
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.library import require_libraries
from vertaug.report.page_template import render_page
from vertaug.report.typeset import typeset

Kind = Literal["numbers", "line", "ticks", "grid", "choice", "timed"]

_LONGEST_IN_ROW = 22
"""Options with more letters stand below each other."""
_STEP = re.compile(r"\s*\d+\.\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Questions that look alike.

    Attributes
    ----------
    kind : Kind
        Numbers in a row; a line of 100 mm; sentences to tick; questions with the same answers
        beside each other; one question with its answers; a timed test.
    stem : str
        What stands above.
    rows : tuple of tuple of str
        Number and words of each question; of a timed test the words and its steps.
    options : tuple of str
        Words of the answers; of numbers and lines the words of the two ends.
    values : tuple of int
        Numbers to choose from.
    upright : bool
        The answers stand below each other.
    """

    kind: Kind
    stem: str = ""
    rows: tuple[tuple[str, str], ...]
    options: tuple[str, ...] = ()
    values: tuple[int, ...] = ()
    upright: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One instrument on paper.

    Attributes
    ----------
    name, title : str
    instructions : tuple of str
        Paragraphs.
    blocks : tuple of Block
    by_patient : bool
        The patient fills it in; else an examiner.
    credit : str
        Whose it is.
    """

    name: str
    title: str
    instructions: tuple[str, ...]
    blocks: tuple[Block, ...]
    by_patient: bool
    credit: str


def build_sheet(instrument: Instrument) -> Sheet:
    """Return what is printed of an instrument.

    Raises
    ------
    InputError
        If its text is not there: its licence must allow it.
    """
    if not instrument.has_text:
        message = (
            f"{instrument.name} ({instrument.id}) has no text here: {instrument.licence} It can be "
            "scored from its answers"
        )
        raise InputError(message)
    blocks = tuple(_blocks(instrument))
    return Sheet(
        name=instrument.id,
        title=instrument.name,
        instructions=tuple(instrument.instructions.strip().split("\n\n")),
        blocks=blocks,
        by_patient=all(block.kind != "timed" for block in blocks),
        credit=instrument.attribution,
    )


def join_sheets(sheets: tuple[Sheet, ...]) -> tuple[Sheet, ...]:
    """Return the sheets; neighbours with the same instructions, short ones, share a page."""
    joined: list[Sheet] = []
    for sheet in sheets:
        last = joined[-1] if joined else None
        if last is not None and _is_short(last) and _is_short(sheet) and _agree(last, sheet):
            joined[-1] = replace(
                last,
                name=f"{last.name}, {sheet.name}",
                title=_shared_words(last.title, sheet.title),
                blocks=(*last.blocks, *sheet.blocks),
            )
        else:
            joined.append(sheet)
    return tuple(joined)


def _shared_words(one: str, other: str) -> str:
    """Return the words with which both titles begin; both titles if there are none."""
    pairs = zip(one.split(), other.split(), strict=False)
    shared = " ".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return shared or f"{one}, {other}"


def _is_short(sheet: Sheet) -> bool:
    return all(block.kind == "numbers" for block in sheet.blocks)


def _agree(one: Sheet, other: Sheet) -> bool:
    return (one.instructions, one.credit) == (other.instructions, other.credit)


def _blocks(instrument: Instrument) -> list[Block]:
    items = instrument.items
    if instrument.method == "count":
        return [Block(kind="ticks", rows=_rows(items, items))]
    found = []
    for (_, options), group in groupby(_with_stem(items), key=lambda one: (one[0], one[1].options)):
        same = [(stem, item) for stem, item in group]
        stem = same[0][0]
        alike = [item for _, item in same]
        if stem and len(alike) > 1:
            rows = _rows(alike, items)
            found.append(Block(kind="grid", stem=stem, rows=rows, options=options))
        else:
            found += [_single(item, stem, items) for item in alike]
    return found


def _with_stem(items: tuple[Item, ...]) -> list[tuple[str, Item]]:
    """Return the items with what stands above each; a stem ends where the answers change."""
    found: list[tuple[str, Item]] = []
    stem, options = "", None
    for item in items:
        if item.stem or item.options != options:
            stem, options = item.stem, item.options
        found.append((stem, item))
    return found


def _single(item: Item, stem: str, items: tuple[Item, ...]) -> Block:
    rows = _rows([item], items)
    if item.options:
        upright = max(map(len, item.options)) > _LONGEST_IN_ROW
        return Block(kind="choice", stem=stem, rows=rows, options=item.options, upright=upright)
    if item.ends and not item.whole:
        return Block(kind="line", rows=rows, options=item.ends)
    if item.ends:
        values = tuple(range(round(item.low), round(item.high) + 1))
        return Block(kind="numbers", rows=rows, options=item.ends, values=values)
    first, *steps = _STEP.split(item.text)
    numbered = tuple((str(n), step) for n, step in enumerate(steps, start=1))
    return Block(kind="timed", rows=(("", first), *numbered))


def _rows(
    some: list[Item] | tuple[Item, ...], items: tuple[Item, ...]
) -> tuple[tuple[str, str], ...]:
    alone = len(items) == 1
    return tuple(("" if alone else str(items.index(item) + 1), item.text) for item in some)


def render_questionnaire_html(sheets: tuple[Sheet, ...]) -> str:
    """Return one HTML page that prints on A4 and needs nothing but itself.

    Raises
    ------
    MissingExtraError
        If jinja2 is missing.
    """
    require_libraries(("jinja2",), "a questionnaire")
    return render_page("questionnaire.html.j2", {"sheets": sheets, "disclaimer": DISCLAIMER})


def render_questionnaire_pdf(sheets: tuple[Sheet, ...]) -> bytes:
    """Return the PDF; the same sheets give the same bytes.

    Raises
    ------
    MissingExtraError
        If typst is missing.
    ComputationError
        If typst refuses the document.
    """
    require_libraries(("typst",), "a questionnaire")
    data = {"sheets": [asdict(sheet) for sheet in sheets], "disclaimer": DISCLAIMER}
    return typeset("questionnaire.typ", data, "the questionnaire")


def write_questionnaire(instruments: tuple[Instrument, ...], path: str | Path) -> Path:
    """Write the questionnaires of some instruments to one file, ``.pdf`` or ``.html``.

    Raises
    ------
    InputError
        If the text of one may not be printed, or the file is of another kind.
    MissingExtraError
        If typst or jinja2 is missing.
    StorageError
        If it cannot be written.
    """
    target = Path(path)
    kind = target.suffix.lower()
    if kind not in {".pdf", ".html"}:
        message = f"a questionnaire is written as .pdf or .html; got {target.name!r}"
        raise InputError(message)
    sheets = join_sheets(tuple(build_sheet(instrument) for instrument in instruments))
    if not sheets:
        message = "name at least one questionnaire, such as rmdq24"
        raise InputError(message)
    if kind == ".pdf":
        return replace_bytes(target, render_questionnaire_pdf(sheets))
    return replace_text(target, render_questionnaire_html(sheets))
