"""The pictures of the strength: the one place where the report asks for them."""

from vertaug.report.inputs import ReportInput
from vertaug.report.picture import Picture


def strength_pictures(case: ReportInput) -> tuple[Picture, ...]:
    """Return the pictures of a case's strength; there are none yet."""
    del case
    return ()
