"""The pictures of a kyphoplasty: balloons, then the cement as of any injection."""

from dataclasses import replace

from vertaug.report.content_injection import AFTER_BALLOON
from vertaug.report.filling_pictures import Glasses, injection_pictures
from vertaug.report.inputs import ReportInput
from vertaug.report.picture import Picture

_BEFORE = (
    " CT, bone surface and radiographs show the bone as it was before the balloon; what it moved "
    "is drawn where it was."
)
_OF_BONE = ("radiographs", "solid", "sections")


def kyphoplasty_pictures(case: ReportInput, glass: Glasses) -> tuple[Picture, ...]:
    """Return the pictures of balloons and cement, as far as computed.

    Parameters
    ----------
    case : ReportInput
    glass : mapping of str to GlassVertebra
        By level.
    """
    found, films = case.kyphoplasty, case.kyphoplasty_films
    if found is None:
        return ()
    from vertaug.report.figure_balloon_curves import draw_balloon_curves
    from vertaug.report.figure_balloon_films import draw_balloon_radiographs
    from vertaug.report.figure_balloon_sections import draw_balloon_sections
    from vertaug.report.figure_balloon_solid import draw_balloon_solid

    course, pictures = found.balloon, []
    if course is not None:
        pictures.append(draw_balloon_sections(course, case.spine))
        if films is not None and films.balloons is not None:
            pictures.append(draw_balloon_radiographs(films.balloons, course, case.spine))
        pictures.append(draw_balloon_solid(course, glass[found.level]))
        pictures.append(draw_balloon_curves(course))
    taken = None if films is None else films.cement
    cement = injection_pictures(found.cement, taken, case.spine, glass)
    return (*pictures, *(_renamed(picture, moved=course is not None) for picture in cement))


def _renamed(picture: Picture, *, moved: bool) -> Picture:
    """Return a picture of the cement under the name that the kyphoplasty gives it."""
    of_bone = picture.name.endswith(_OF_BONE)
    return replace(
        picture,
        name=f"{AFTER_BALLOON.procedure.value}_{picture.name}",
        caption=f"{picture.caption}{_BEFORE if moved and of_bone else ''}",
    )
