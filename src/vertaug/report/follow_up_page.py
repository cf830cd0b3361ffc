"""The follow-up sheet as a page in the browser and as PDF."""

import base64
from dataclasses import asdict

from vertaug.recovery.follow_up_sheet import FollowUpSheet, require_phone
from vertaug.recovery.red_flag import BLANK_PHONE
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.picture import Picture
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
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("vertaug.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = [
        {
            "name": picture.name,
            "caption": picture.caption,
            "source": "data:image/png;base64," + base64.b64encode(picture.png).decode("ascii"),
        }
        for picture in pictures
    ]
    return environment.get_template("follow_up.html.j2").render(
        sheet=sheet, pictures=shown, disclaimer=DISCLAIMER, blank=BLANK_PHONE
    )


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
    return typeset("follow_up.typ", {"sheet": asdict(sheet), "disclaimer": DISCLAIMER})
