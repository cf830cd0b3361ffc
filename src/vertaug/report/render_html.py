"""The report as one HTML page that needs nothing but itself."""

import base64

from vertaug.report.content import ReportContent
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.picture import Picture, is_film


def render_html(content: ReportContent, pictures: tuple[Picture, ...]) -> str:
    """Return the page: style and pictures inside, no script, no reference to anything outside."""
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
            "name": p.name,
            "caption": p.caption,
            "source": "data:image/png;base64," + base64.b64encode(p.png).decode("ascii"),
            "width_mm": p.width_mm,
            "film": is_film(p.name),
        }
        for p in pictures
    ]
    template = environment.get_template("report.html.j2")
    return template.render(content=content, pictures=shown, disclaimer=DISCLAIMER)
