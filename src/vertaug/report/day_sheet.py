"""The day's sheet as HTML, PDF and JSON."""

import json
from dataclasses import asdict, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import vertaug
from vertaug.case.case_file import PlanRecord
from vertaug.case.errors import InputError
from vertaug.case.storage import replace_bytes, replace_text
from vertaug.procedure_day.day_sheet import SHEET_VERSION, WATERMARK, DaySheet
from vertaug.procedure_day.local_anaesthetic import CEILING_WORDS
from vertaug.report.day_content import describe_day
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.page_template import render_page
from vertaug.report.typeset import typeset

STEM = "day_sheet"
_KINDS = (".html", ".pdf", ".json")


def day_tree(sheet: DaySheet) -> dict[str, Any]:
    """Return the sheet as data: everything with source and status, unknown as null."""
    tree = _tree(sheet)
    assert isinstance(tree, dict)
    return {
        "schema_version": SHEET_VERSION,
        "research_use_only": True,
        "disclaimer": DISCLAIMER,
        "watermark": WATERMARK,
        "ceilings_are": CEILING_WORDS,
        "software": f"vertaug {vertaug.__version__}",
        **tree,
    }


def _tree(value: object) -> object:
    if isinstance(value, PlanRecord):
        # the needles of the plan are told already; the whole plan is in case.json
        return {"route": value.route.value, "sides": value.sides, "safe": value.safe}
    if is_dataclass(value):
        return {f.name: _tree(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [_tree(item) for item in value]
    return _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction | float):
        return round(float(value), 4) + 0.0
    return value.isoformat() if isinstance(value, datetime | date) else value


def render_day_html(sheet: DaySheet) -> str:
    """Return one page of HTML that needs nothing but itself, and prints on A4."""
    return render_page("day_sheet.html.j2", {"sheet": describe_day(sheet), **_labels()})


def _labels() -> dict[str, str]:
    from vertaug.report.day_content import LABEL

    return {
        "disclaimer": DISCLAIMER,
        "watermark": WATERMARK,
        "label": LABEL,
        "software": f"vertaug {vertaug.__version__}",
    }


def render_day_pdf(sheet: DaySheet) -> bytes:
    """Return the PDF; the same sheet gives the same bytes.

    Raises
    ------
    ComputationError
        If typst refuses the document.
    """
    data = {"sheet": asdict(describe_day(sheet)), **_labels()}
    return typeset("day_sheet.typ", data, "the day's sheet")


def write_day_sheet(sheet: DaySheet, out: Path) -> tuple[Path, ...]:
    """Write the sheet, each file whole or not at all.

    Parameters
    ----------
    sheet : DaySheet
    out : Path
        A file that ends with .html, .pdf or .json; anything else is a folder for all three.

    Raises
    ------
    InputError
        If the name has another ending.
    StorageError
        If a file cannot be written.
    """
    suffix = out.suffix.lower()
    if suffix in _KINDS:
        return (_write(sheet, out, suffix),)
    if suffix and not out.is_dir():
        message = f"the sheet is written as .html, .pdf or .json, or into a folder; got {out.name}"
        raise InputError(message)
    return tuple(_write(sheet, out / f"{STEM}{kind}", kind) for kind in _KINDS)


def _write(sheet: DaySheet, path: Path, kind: str) -> Path:
    if kind == ".html":
        return replace_text(path, render_day_html(sheet))
    if kind == ".json":
        text = json.dumps(day_tree(sheet), indent=2, ensure_ascii=False, allow_nan=False)
        return replace_text(path, text + "\n")
    return replace_bytes(path, render_day_pdf(sheet))
