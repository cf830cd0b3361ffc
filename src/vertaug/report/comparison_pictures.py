"""The picture of a vertebroplasty beside a kyphoplasty."""

from vertaug.case.spine import Spine
from vertaug.report.inputs import ReportInput
from vertaug.report.picture import Picture


def comparison_pictures(case: ReportInput, after: Spine) -> tuple[Picture, ...]:
    """Return the picture of both procedures; none where not both are of one level.

    Parameters
    ----------
    case : ReportInput
    after : Spine
        As the balloons left it.
    """
    first, second = case.vertebroplasty, case.kyphoplasty
    if first is None or second is None or first.level != second.level:
        return ()
    from vertaug.report.figure_comparison import draw_comparison

    return (draw_comparison(first, second, (case.spine, after)),)
