"""The pictures of a kyphoplasty: balloons, then the cement as of any injection."""

from dataclasses import replace
from typing import TYPE_CHECKING

from vertaug.augmentation.moved_spine import move_spine
from vertaug.augmentation.moved_vertebra import move_vertebra
from vertaug.case.kyphoplasty import BalloonCourse, SimulatedKyphoplasty
from vertaug.case.plan import Procedure
from vertaug.case.spine import Spine
from vertaug.report.balloon_moments import shown_moments
from vertaug.report.cavity import cavity_of
from vertaug.report.content_injection import AFTER_BALLOON
from vertaug.report.content_plan import kyphoplasty_plan, shown_paths
from vertaug.report.figure_needle_planes import draw_needle
from vertaug.report.filling_pictures import Glasses, injection_pictures
from vertaug.report.inputs import ReportInput
from vertaug.report.picture import Picture

if TYPE_CHECKING:
    from vertaug.report.enclosed_series import GlassVertebra

_MOVED = (
    " CT, bone surface and radiographs show the bone where the model left it after the balloons; "
    "what was compacted is no denser in them, and the cavity no darker. The needles stand in the "
    "middle of the cavity, drawn back or pushed on from the tip of the plan."
)
_OF_BONE = ("radiographs", "solid", "sections")


def kyphoplasty_pictures(case: ReportInput, glass: Glasses, after: Spine) -> tuple[Picture, ...]:
    """Return the pictures of balloons and cement, as far as computed.

    Parameters
    ----------
    case : ReportInput
    glass : mapping of str to GlassVertebra
        By level, as the CT shows them.
    after : Spine
        As the balloons left it.
    """
    found, films = case.kyphoplasty, case.kyphoplasty_films
    if found is None:
        return ()
    from vertaug.report.figure_balloon_curves import draw_balloon_curves
    from vertaug.report.figure_balloon_films import draw_balloon_radiographs
    from vertaug.report.figure_balloon_sections import draw_balloon_sections
    from vertaug.report.figure_balloon_solid import draw_balloon_solid

    course, pictures = found.balloon, list(_needles(case, found))
    if course is not None:
        pictures.append(draw_balloon_sections(course, case.spine))
        if films is not None and films.balloons is not None:
            pictures.append(draw_balloon_radiographs(films.balloons, course, case.spine))
        glasses = _glasses_of(course, glass[found.level])
        pictures.append(draw_balloon_solid(course, glasses))
        glass = {found.level: glasses[-1]}
        pictures.append(draw_balloon_curves(course))
    taken = None if films is None else films.cement
    cement = injection_pictures(found.cement, taken, after, glass, cavity_of(found))
    return (*pictures, *(_renamed(picture, moved=course is not None) for picture in cement))


def spine_after_balloons(case: ReportInput) -> Spine:
    """Return the spine as the balloons of a case left it; as the CT shows it without any."""
    found = case.kyphoplasty
    if found is None or found.balloon is None:
        return case.spine
    shift = found.balloon.bone_at("emptied")
    return case.spine if shift is None else move_spine(case.spine, found.level, shift)


def _needles(case: ReportInput, found: SimulatedKyphoplasty) -> tuple[Picture, ...]:
    """Return the cannulas of the kyphoplasty's plan, where the best plan is another one."""
    plan = kyphoplasty_plan(case)
    if plan is None:
        return ()
    number = found.cement.setup.plan_number
    drawn = (draw_needle(case.spine, found.level, path) for path in shown_paths(plan))
    return tuple(
        replace(
            one,
            name=f"{Procedure.KYPHOPLASTY.value}_{one.name}",
            caption=f"Plan {number} of the kyphoplasty. {one.caption}",
        )
        for one in drawn
    )


def _glasses_of(course: BalloonCourse, before: "GlassVertebra") -> "tuple[GlassVertebra, ...]":
    """Return the vertebra as glass at each moment that is shown."""
    from vertaug.report.enclosed_series import glass_vertebra

    shifts = [moment.frame.bone for moment in shown_moments(course)]
    return tuple(
        before if shift is None else glass_vertebra(move_vertebra(before.vertebra, shift))
        for shift in shifts
    )


def _renamed(picture: Picture, *, moved: bool) -> Picture:
    """Return a picture of the cement under the name that the kyphoplasty gives it."""
    of_bone = picture.name.endswith(_OF_BONE)
    return replace(
        picture,
        name=f"{AFTER_BALLOON.procedure.value}_{picture.name}",
        caption=f"{picture.caption}{_MOVED if moved and of_bone else ''}",
    )
