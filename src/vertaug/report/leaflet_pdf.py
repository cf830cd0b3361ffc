"""The leaflet as PDF, set by typst with the letters that it brings along."""

from vertaug.recovery.leaflet.leaflet import Leaflet
from vertaug.report.leaflet_page import page_data, page_files
from vertaug.report.leaflet_picture import LeafletPictures
from vertaug.report.typeset import typeset

FONTS = (
    "NotoSans-Regular-Latin.ttf",
    "NotoSans-Bold-Latin.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansDevanagari-Bold.ttf",
)


def render_leaflet_pdf(leaflet: Leaflet, pictures: LeafletPictures, *, large: bool) -> bytes:
    """Return the PDF; the same leaflet gives the same bytes.

    Parameters
    ----------
    leaflet : Leaflet
    pictures : LeafletPictures
    large : bool
        Large print: 16 pt, one column.

    Raises
    ------
    ComputationError
        If typst refuses the document.
    """
    return typeset(
        "leaflet.typ",
        page_data(leaflet, pictures, large=large),
        "the leaflet",
        pictures=page_files(leaflet, pictures),
        fonts=FONTS,
    )
