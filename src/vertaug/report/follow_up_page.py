"""The follow-up sheet as a page in the browser and as PDF."""

from dataclasses import asdict

from vertaug.recovery.follow_up_sheet import FollowUpSheet, require_phone
from vertaug.recovery.red_flag import BLANK_PHONE
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.page_template import embed, render_page
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.typeset import typeset


def render_follow_up_html(sheet: FollowUpSheet, pictures: tuple[Picture, ...] = ()) -> str:
    """Return the page: everything inside, no script, no reference to anything outside.

    Without the number to call it says so in its place and cannot be printed.

    Parameters
    ----------
    sheet : FollowUpSheet
    pictures : tuple of Picture
        What trials saw, after both pages.
    """
    shown = [
        {
            "name": picture.name,
            "caption": picture.caption,
            "source": embed(picture.png, "image/png"),
            "share": f"{100 * picture.width_mm / PAGE_WIDTH_MM:.1f}",
        }
        for picture in pictures
    ]
    named = {"sheet": sheet, "pictures": shown, "disclaimer": DISCLAIMER, "blank": BLANK_PHONE}
    return render_page("follow_up.html.j2", named)


def render_follow_up_pdf(sheet: FollowUpSheet) -> bytes:
    """Return the PDF: one page for the patient, one for the clinic.

    Raises
    ------
    InputError
        If the number to call is missing.
    ComputationError
        If typst refuses the document.
    """
    require_phone(sheet)
    data = {"sheet": asdict(sheet), "disclaimer": DISCLAIMER, "blank": BLANK_PHONE}
    return typeset("follow_up.typ", data, "the follow-up sheet")
