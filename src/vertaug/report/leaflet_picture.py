"""All pictures of one leaflet: own bones before and after, and the six steps."""

from dataclasses import dataclass
from pathlib import Path

from vertaug.case.bone_shift import BoneShift
from vertaug.case.case_file import CaseDocument
from vertaug.case.plan import Procedure
from vertaug.recovery.leaflet.leaflet import Leaflet
from vertaug.report.leaflet_bone import LeafletBones, bones_after, read_bones
from vertaug.report.leaflet_drawing import draw_steps
from vertaug.report.leaflet_panel import (
    LeafletPanel,
    PanelText,
    body_plane,
    draw_panel,
    panel_plane,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletPictures:
    """Pictures of a leaflet.

    Attributes
    ----------
    before, after : tuple of LeafletPanel
        Own bones; empty where the case lacks what they are made of.
    steps : tuple of str
        Six line drawings, SVG.
    """

    before: tuple[LeafletPanel, ...]
    after: tuple[LeafletPanel, ...]
    steps: tuple[str, ...]

    def panels(self, key: str) -> tuple[LeafletPanel, ...]:
        """Return the panels of ``picture_before`` or ``picture_after``."""
        return self.before if key == "picture_before" else self.after


def draw_leaflet_pictures(
    leaflet: Leaflet, folder: Path, case: CaseDocument, shift: BoneShift | None
) -> LeafletPictures:
    """Return the pictures of a leaflet.

    Parameters
    ----------
    leaflet : Leaflet
    folder : Path
        Of the case.
    case : CaseDocument
    shift : BoneShift or None
        How the balloons of a simulated kyphoplasty moved the bone; None leaves it out.
    """
    about = leaflet.situation
    balloon = Procedure.KYPHOPLASTY in about.procedures
    steps = draw_steps(Procedure.KYPHOPLASTY if balloon else Procedure.VERTEBROPLASTY)
    bones = read_bones(folder, case, about.level)
    if bones is None:
        return LeafletPictures(before=(), after=(), steps=steps)
    after = {
        procedure: found
        for procedure in Procedure
        if procedure in about.simulated
        and (found := bones_after(bones, folder, case, procedure, _shift_of(procedure, shift)))
    }
    return LeafletPictures(
        before=_before(leaflet, bones), after=_after(leaflet, bones, after), steps=steps
    )


def _shift_of(procedure: Procedure, shift: BoneShift | None) -> BoneShift | None:
    return shift if procedure is Procedure.KYPHOPLASTY else None


def _before(leaflet: Leaflet, bones: LeafletBones) -> tuple[LeafletPanel, ...]:
    word = leaflet.words.groups["picture"]
    side = PanelText(
        name="before-side",
        title=word["side_view"],
        ends=(word["front"], word["back"]),
        broken=word["broken"],
    )
    behind = PanelText(
        name="before-behind", title=word["back_view"], ends=(word["left"], word["right"]), broken=""
    )
    return (
        draw_panel(bones, side, panel_plane(bones)),
        draw_panel(bones, behind, panel_plane(bones, from_behind=True)),
    )


def _after(
    leaflet: Leaflet, bones: LeafletBones, after: dict[Procedure, LeafletBones]
) -> tuple[LeafletPanel, ...]:
    """Return the same view before and after, in one scale and one place."""
    if not after:
        return ()
    word = leaflet.words.groups["picture"]
    plane = body_plane(bones, *after.values())
    ends = (word["front"], word["back"])
    shown = (("before", bones), *((procedure.value, found) for procedure, found in after.items()))
    return tuple(
        draw_panel(
            state, PanelText(name=f"after-{name}", title=word[name], ends=ends, broken=""), plane
        )
        for name, state in shown
    )
