"""What a run needs beyond the core, checked before it starts."""

from vertaug.report.library import require_libraries

_REPORT = ("matplotlib", "jinja2", "skimage")
_PDF = ("typst",)


def check_extras(*, pdf: bool) -> None:
    """Refuse early what would fail late, when the report is written.

    Raises
    ------
    MissingExtraError
        If a library of the report is not installed; says how to install it.
    """
    require_libraries((*_REPORT, *(_PDF if pdf else ())), "the report")
