"""A page set by typst from a template and plain values; the same content gives the same bytes."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vertaug.case.errors import ComputationError

_FONTS = "fonts"


def typeset(
    template: str,
    data: Mapping[str, Any],
    what: str,
    *,
    pictures: Mapping[str, bytes] | None = None,
    fonts: tuple[str, ...] = (),
) -> bytes:
    """Return a PDF.

    Parameters
    ----------
    template : str
        File of ``report/templates``, which reads ``data.json``.
    data : mapping
        Plain values.
    what : str
        What is set, named in errors.
    pictures : mapping of str to bytes or None
        Files that the template shows, by name.
    fonts : tuple of str
        Files of ``report/fonts``, beside the letters that typst brings along; no others are used.

    Raises
    ------
    ComputationError
        If typst refuses the document.
    """
    import typst

    package = files("vertaug.report")
    sources = {
        "main.typ": package.joinpath("templates", template).read_bytes(),
        "data.json": json.dumps(data).encode("utf-8"),
    }
    sources |= {f"{_FONTS}/{name}": package.joinpath(_FONTS, name).read_bytes() for name in fonts}
    sources |= pictures or {}
    # typst takes files only, so they pass through a folder that goes away
    with TemporaryDirectory(prefix="vertaug-page-") as folder:
        root = Path(folder)
        (root / _FONTS).mkdir()
        for name, content in sources.items():
            (root / name).write_bytes(content)
        try:
            # a fixed time stamp: without one the file would differ from run to run
            return bytes(
                typst.compile(
                    str(root / "main.typ"),
                    root=folder,
                    font_paths=[str(root / _FONTS)],
                    format="pdf",
                    ignore_system_fonts=True,
                    timestamp=0,
                )
            )
        except typst.TypstError as error:
            message = f"{what} could not be set as PDF: {error}"
            raise ComputationError(message) from error
