"""A page set by typst from a template and plain values; the same content gives the same bytes."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vertaug.case.errors import ComputationError


def typeset(
    template: str, data: Mapping[str, Any], pictures: Mapping[str, bytes] | None = None
) -> bytes:
    """Return a PDF.

    Parameters
    ----------
    template : str
        File of ``report/templates``, which reads ``data.json``.
    data : mapping
        Plain values.
    pictures : mapping of str to bytes or None
        Files that the template shows, by name.

    Raises
    ------
    ComputationError
        If typst refuses the document.
    """
    import typst

    page = files("vertaug.report").joinpath(f"templates/{template}").read_bytes()
    sources = {"main.typ": page, "data.json": json.dumps(data).encode("utf-8")}
    sources |= pictures or {}
    # typst takes files only, so they pass through a folder that goes away
    with TemporaryDirectory(prefix="vertaug-page-") as folder:
        for name, content in sources.items():
            (Path(folder) / name).write_bytes(content)
        try:
            # a fixed time stamp: without one the file would differ from run to run
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
            message = f"a page could not be set from {template}: {error}"
            raise ComputationError(message) from error
