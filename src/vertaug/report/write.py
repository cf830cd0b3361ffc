"""Write a report to a folder."""

from pathlib import Path

from vertaug.case.storage import replace_bytes
from vertaug.report.content import build_content
from vertaug.report.figures import draw_pictures
from vertaug.report.inputs import ReportFiles, ReportInput
from vertaug.report.library import require_libraries
from vertaug.report.render_html import render_html
from vertaug.report.render_pdf import render_pdf


def write_report(case: ReportInput, folder: Path, *, pdf: bool = True) -> ReportFiles:
    """Write ``report.html``, ``report.pdf`` and ``figures/*.png`` into a folder.

    The HTML holds its pictures; the files depend on the case alone. Nothing is written
    before everything is made, and each file appears whole or not at all.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    pdf : bool
        Also write the PDF.

    Raises
    ------
    MissingExtraError
        If matplotlib, jinja2, scikit-image or typst is missing.
    StorageError
        If a file cannot be written.
    """
    wanted = ("matplotlib", "jinja2", "skimage", *(("typst",) if pdf else ()))
    require_libraries(wanted, "a report")
    content = build_content(case)
    pictures = draw_pictures(case)
    html = render_html(content, pictures).encode("utf-8")
    printed = render_pdf(content, pictures) if pdf else None
    folder = Path(folder)
    figures = tuple(folder / "figures" / f"{p.name}.png" for p in pictures)
    for path, picture in zip(figures, pictures, strict=True):
        replace_bytes(path, picture.png)
    replace_bytes(folder / "report.html", html)
    if printed is None:
        return ReportFiles(html=folder / "report.html", pdf=None, figures=figures)
    replace_bytes(folder / "report.pdf", printed)
    return ReportFiles(html=folder / "report.html", pdf=folder / "report.pdf", figures=figures)
