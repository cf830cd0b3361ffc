"""The report as one HTML page that needs nothing but itself."""

from vertaug.report.content import ReportContent
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.page_template import embed, render_page
from vertaug.report.picture import Picture, is_film


def render_html(content: ReportContent, pictures: tuple[Picture, ...]) -> str:
    """Return the page: style and pictures inside, no script, no reference to anything outside."""
    shown = [
        {
            "name": p.name,
            "caption": p.caption,
            "source": embed(p.png, "image/png"),
            "width_mm": p.width_mm,
            "film": is_film(p.name),
        }
        for p in pictures
    ]
    named = {"content": content, "pictures": shown, "disclaimer": DISCLAIMER}
    return render_page("report.html.j2", named)
