"""The recovery of a case as files: the plan, the calendar, the sheet, what trials saw."""

import json
from dataclasses import dataclass
from pathlib import Path

from vertaug.case.storage import replace_bytes
from vertaug.recovery.calendar_file import calendar_bytes
from vertaug.recovery.follow_up_sheet import make_sheet, require_phone
from vertaug.recovery.recovery_plan import RecoveryPlan
from vertaug.recovery.recovery_record import recovery_tree
from vertaug.report.follow_up_page import render_follow_up_html, render_follow_up_pdf
from vertaug.report.library import require_libraries
from vertaug.report.picture import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryFiles:
    """What was written.

    Attributes
    ----------
    plan, calendar, html : Path
    pdf : Path or None
        None where it was not asked for, or there is no number to call.
    figures : tuple of Path
    """

    plan: Path
    calendar: Path
    html: Path
    pdf: Path | None
    figures: tuple[Path, ...]


def draw_outcomes() -> tuple[Picture, ...]:
    """Return the pictures of what trials saw: pain and function, courses, differences, shares."""
    from vertaug.report.figure_outcome_curves import draw_outcome_curves
    from vertaug.report.figure_outcome_differences import draw_outcome_differences
    from vertaug.report.figure_outcome_shares import draw_outcome_shares

    return (
        draw_outcome_curves("pain", "0-10"),
        draw_outcome_differences("pain", "0-10"),
        draw_outcome_shares(),
        draw_outcome_curves("RMDQ", "0-24"),
        draw_outcome_differences("RMDQ", "0-24"),
    )


def write_recovery(
    plan: RecoveryPlan,
    folder: Path,
    *,
    token: str,
    pdf: bool | None = None,
    full_words: bool = False,
) -> RecoveryFiles:
    """Write ``recovery.json``, ``follow-up.ics``, ``recovery.html``, ``recovery.pdf``, figures.

    Nothing is written before everything is made, and each file appears whole or not at all. The
    same plan gives the same bytes.

    Parameters
    ----------
    plan : RecoveryPlan
    folder : Path
        Made if it does not exist.
    token : str
        Of the calendar; only its hash is written.
    pdf : bool or None
        None: where the number to call is known. True without it is refused.
    full_words : bool
        In the calendar.

    Raises
    ------
    InputError
        If a PDF is asked for without the number to call.
    MissingExtraError
        If a library is missing.
    StorageError
        If a file cannot be written.
    """
    sheet = make_sheet(plan)
    if pdf:
        require_phone(sheet)
    wanted = bool(sheet.phone) if pdf is None else pdf
    libraries = ("matplotlib", "jinja2", *(("typst",) if wanted else ()))
    require_libraries(libraries, "the follow-up sheet")
    calendar = calendar_bytes(plan.follow_up, token, plan.site, full_words=full_words)
    pictures = draw_outcomes()
    html = render_follow_up_html(sheet, pictures).encode("utf-8")
    printed = render_follow_up_pdf(sheet) if wanted else None
    tree = json.dumps(recovery_tree(plan), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    figures = tuple(folder / "figures" / f"{picture.name}.png" for picture in pictures)
    for path, picture in zip(figures, pictures, strict=True):
        replace_bytes(path, picture.png)
    files = RecoveryFiles(
        plan=folder / "recovery.json",
        calendar=folder / "follow-up.ics",
        html=folder / "recovery.html",
        pdf=None if printed is None else folder / "recovery.pdf",
        figures=figures,
    )
    replace_bytes(files.plan, tree.encode("utf-8"))
    replace_bytes(files.calendar, calendar)
    replace_bytes(files.html, html)
    if printed is not None:
        replace_bytes(folder / "recovery.pdf", printed)
    else:
        # a sheet of an earlier run would not be of this plan
        (folder / "recovery.pdf").unlink(missing_ok=True)
    return files
