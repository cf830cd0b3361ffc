"""The leaflet as one HTML page that needs nothing but itself."""

from importlib.resources import files

from vertaug.recovery.leaflet.leaflet import Leaflet
from vertaug.report.leaflet_page import page_data, page_files
from vertaug.report.leaflet_picture import LeafletPictures
from vertaug.report.page_template import embed, render_page

_KINDS = {"png": "image/png", "svg": "image/svg+xml", "ttf": "font/ttf"}


def render_leaflet_html(leaflet: Leaflet, pictures: LeafletPictures, *, large: bool) -> str:
    """Return the page: style, pictures and letters inside, no script, no reference outside.

    Parameters
    ----------
    leaflet : Leaflet
    pictures : LeafletPictures
    large : bool
        Large print.
    """
    found = page_files(leaflet, pictures)
    return render_page(
        "leaflet.html.j2",
        {
            "d": page_data(leaflet, pictures, large=large),
            "files": {name: _as_source(name, data) for name, data in found.items()},
            "fonts": _fonts() if leaflet.words.language == "hi" else (),
        },
    )


def _as_source(name: str, data: bytes) -> str:
    return embed(data, _KINDS[name.rpartition(".")[2]])


def _fonts() -> tuple[dict[str, str], ...]:
    """Return the letters of Hindi, which few computers outside India have."""
    folder = files("vertaug.report").joinpath("fonts")
    names = (("400", "NotoSansDevanagari-Regular.ttf"), ("700", "NotoSansDevanagari-Bold.ttf"))
    return tuple(
        {"weight": weight, "source": _as_source(name, folder.joinpath(name).read_bytes())}
        for weight, name in names
    )
