"""What a run needs beyond the core, checked before it starts."""

from importlib.util import find_spec

from vertaug.case.errors import MissingExtraError

_REPORT = ("matplotlib", "jinja2", "skimage")
_PDF = ("typst",)


def check_extras(*, pdf: bool) -> None:
    """Refuse early what would fail late, when the report is written.

    Raises
    ------
    MissingExtraError
        If a library of the report is not installed; says how to install it.
    """
    missing = [name for name in (*_REPORT, *(_PDF if pdf else ())) if find_spec(name) is None]
    if missing:
        message = (
            f"the report needs {', '.join(missing)}, which is not installed; "
            'install it with: pip install "vertaug[report]"'
        )
        raise MissingExtraError(message)
