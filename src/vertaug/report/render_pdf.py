"""The report as PDF, set by typst with the fonts that it brings along."""

from dataclasses import asdict

from vertaug.report.content import ReportContent
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.picture import Picture, is_film
from vertaug.report.typeset import typeset


def render_pdf(content: ReportContent, pictures: tuple[Picture, ...]) -> bytes:
    """Return the PDF; the same content gives the same bytes.

    Raises
    ------
    ComputationError
        If typst refuses the document.
    """
    data = {
        "content": asdict(content),
        "disclaimer": DISCLAIMER,
        "pictures": [
            {
                "file": f"{p.name}.png",
                "name": p.name,
                "caption": p.caption,
                "width_mm": p.width_mm,
                "film": is_film(p.name),
            }
            for p in pictures
        ],
    }
    return typeset(
        "report.typ",
        data,
        f"the report of case '{content.case_name}'",
        pictures={f"{p.name}.png": p.png for p in pictures},
    )
