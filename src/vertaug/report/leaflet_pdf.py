"""The leaflet as PDF, set by typst with the letters that it brings along."""

import json
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from vertaug.case.errors import ComputationError
from vertaug.recovery.leaflet.leaflet import Leaflet
from vertaug.report.leaflet_page import page_data, page_files
from vertaug.report.leaflet_picture import LeafletPictures

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
    import typst

    package = files("vertaug.report")
    data = page_data(leaflet, pictures, large=large)
    sources = {
        "main.typ": package.joinpath("templates/leaflet.typ").read_bytes(),
        "data.json": json.dumps(data).encode("utf-8"),
    }
    sources |= {f"fonts/{name}": package.joinpath(f"fonts/{name}").read_bytes() for name in FONTS}
    sources |= page_files(leaflet, pictures)
    # typst takes pictures and fonts from files only, so they pass through a folder that goes away
    with TemporaryDirectory(prefix="vertaug-leaflet-") as folder:
        root = Path(folder)
        (root / "fonts").mkdir()
        for name, content in sources.items():
            (root / name).write_bytes(content)
        try:
            return bytes(
                typst.compile(
                    str(root / "main.typ"),
                    root=folder,
                    font_paths=[str(root / "fonts")],
                    format="pdf",
                    ignore_system_fonts=True,
                    timestamp=0,
                )
            )
        except typst.TypstError as error:
            message = f"the PDF of the leaflet could not be set: {error}"
            raise ComputationError(message) from error
