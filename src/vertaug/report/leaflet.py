"""Write a patient leaflet: one page in HTML, the same as PDF."""

from dataclasses import dataclass
from pathlib import Path

from vertaug.case.storage import replace_bytes
from vertaug.recovery.leaflet.leaflet import Leaflet
from vertaug.report.leaflet_html import render_leaflet_html
from vertaug.report.leaflet_pdf import render_leaflet_pdf
from vertaug.report.leaflet_picture import LeafletPictures
from vertaug.report.library import require_libraries


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletFiles:
    """Files of a leaflet."""

    html: Path
    pdf: Path


def write_leaflet(
    leaflet: Leaflet, pictures: LeafletPictures, folder: Path, *, large: bool = False
) -> LeafletFiles:
    """Write ``leaflet_<language>.html`` and ``.pdf``; nothing before both are made.

    Parameters
    ----------
    leaflet : Leaflet
    pictures : LeafletPictures
    folder : Path
        Made if it does not exist.
    large : bool
        Large print; the names then end in ``_large``.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    html = render_leaflet_html(leaflet, pictures, large=large).encode("utf-8")
    pdf = render_leaflet_pdf(leaflet, pictures, large=large)
    stem = f"leaflet_{leaflet.words.language}{'_large' if large else ''}"
    files = LeafletFiles(html=folder / f"{stem}.html", pdf=folder / f"{stem}.pdf")
    replace_bytes(files.html, html)
    replace_bytes(files.pdf, pdf)
    return files


def require_leaflet_extras() -> None:
    """Ask for the optional libraries before any work is done.

    Raises
    ------
    MissingExtraError
        If jinja2, Pillow, scikit-image or typst is missing.
    """
    require_libraries(("jinja2", "PIL", "skimage", "typst"), "a leaflet")
