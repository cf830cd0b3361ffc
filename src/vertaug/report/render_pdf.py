"""The report as PDF, set by typst with the fonts that it brings along."""

import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from vertaug.case.errors import ComputationError
from vertaug.report.content import ReportContent
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.picture import Picture, is_film


def render_pdf(content: ReportContent, pictures: tuple[Picture, ...]) -> bytes:
    """Return the PDF; the same content gives the same bytes.

    Raises
    ------
    ComputationError
        If typst refuses the document.
    """
    import typst

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
    template = files("vertaug.report").joinpath("templates/report.typ").read_bytes()
    sources = {"main.typ": template, "data.json": json.dumps(data).encode("utf-8")}
    sources |= {f"{p.name}.png": p.png for p in pictures}
    # typst takes pictures from files only, so they pass through a folder that goes away.
    with TemporaryDirectory(prefix="vertaug-report-") as folder:
        for name, content_bytes in sources.items():
            (Path(folder) / name).write_bytes(content_bytes)
        try:
            # A fixed time stamp: without one the file would differ from run to run.
            return bytes(
                typst.compile(
                    str(Path(folder) / "main.typ"),
                    root=folder,
                    format="pdf",
                    ignore_system_fonts=True,
                    timestamp=0,
                )
            )
        except typst.TypstError as error:
            message = f"the PDF of case '{content.case_name}' could not be set: {error}"
            raise ComputationError(message) from error
