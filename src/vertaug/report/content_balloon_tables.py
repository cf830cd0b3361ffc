"""What balloons did to a body, in tables: heights by four measures, shape, walls, breaches."""

import math

from vertaug.case.filling import Filling
from vertaug.case.height_restoration import HeightRestoration
from vertaug.case.kyphoplasty import STAGES, BalloonCourse, RoomForBalloons, ShapeStage
from vertaug.report import words
from vertaug.report.balloon_words import HEIGHTS, WALLS, signed
from vertaug.report.content import Cell, Table, cells
from vertaug.report.leak_site import leak_site

_AFTER = STAGES[1:]


def restoration_table(course: BalloonCourse) -> Table:
    """Return what each height gained by the four measures in use, inflated and emptied."""
    rows = []
    for height in HEIGHTS:
        for name in _AFTER:
            gain = course.stage(name).gain
            if gain is not None:
                rows.append(
                    (
                        Cell(text=f"{height}, {name}", strong=name == _AFTER[-1]),
                        *cells(*_measures(getattr(gain, height))),
                    )
                )
    return Table(
        title="Height gained, by four measures",
        columns=(
            "Height", "mm", "% of the height before", "% of the height lost",
            "% of the reference height",
        ),
        rows=tuple(rows),
        note=(
            "The four are not the same and must not be compared with each other. Gained: height "
            "at the stage minus height before. Height lost: reference, from the neighbours, minus "
            "height before; a dash where that is less than 2 mm or there is no reference. Bold: "
            "kept when the balloons are emptied; the cement moves no bone in the model."
        ),
    )  # fmt: skip


def _measures(gain: HeightRestoration) -> tuple[str, ...]:
    shares = (gain.hr_pre_percent, gain.hr_lost_percent, gain.hr_ref_percent)
    return signed(gain.hr_mm, 2), *(signed(share) for share in shares)


def shape_table(course: BalloonCourse) -> Table:
    """Return heights, angles and volume at each stage."""
    stages = course.stages
    rows = [
        cells(
            f"{name} height (mm)",
            *(words.millimetres(getattr(s.heights_mm, name), unit=False) for s in stages),
        )
        for name in HEIGHTS
    ]
    rows += [
        cells("wedge angle", *(words.degrees(s.wedge_angle_deg) for s in stages)),
        cells("local kyphosis", *(words.degrees(s.local_kyphosis_deg) for s in stages)),
        cells("volume of the body (ml)", *(f"{s.body_volume_ml:.1f}" for s in stages)),
        cells("superior endplate lifted, mean (mm)", *_lifts(stages, "lift_mean_mm")),
        cells("superior endplate lifted, most (mm)", *_lifts(stages, "lift_most_mm")),
    ]
    return Table(
        title="Shape of the body",
        columns=("", *(stage.name for stage in stages)),
        rows=tuple(rows),
        note=(
            "Measured alike at each stage, the first with the bone where the CT shows it. Local "
            "kyphosis: the level above tilts with the upper disc's outer face, the level below "
            "does not move. The volume grows with walls that bulge too: it is no height."
        ),
    )


def _lifts(stages: tuple[ShapeStage, ...], name: str) -> tuple[str, ...]:
    return tuple(signed(getattr(stage, name), 2) for stage in stages)


def wall_table(course: BalloonCourse) -> Table:
    """Return how far each wall has moved outward at most."""
    stages = [course.stage(name) for name in _AFTER]
    rows = [
        (
            Cell(text=wall, strong=wall.startswith("posterior")),
            *cells(*(_outward(stage.wall_mm[number]) for stage in stages)),
        )
        for number, wall in enumerate(WALLS)
    ]
    return Table(
        title="Walls that bulge",
        columns=("Wall", *(f"outward at most, {name} (mm)" for name in _AFTER)),
        rows=tuple(rows),
        note=(
            "The wall of the model stretches and does not crack, so that it gives way farther than "
            "a cortex would before it breaks: read a bulge as where the wall may break. Negative: "
            "inward, of the posterior wall away from the canal."
        ),
    )


def _outward(value: float) -> str:
    return "not known" if math.isnan(value) else signed(value)


def room_table(room: RoomForBalloons) -> Table:
    """Return where the room of the full balloons came from."""
    rows = (
        ("balloons, less what was drilled", f"{room.added_ml:.1f}"),
        ("body grown, with its height and its walls", signed(room.grown_ml)),
        ("bone pressed together", signed(room.pressed_ml)),
        ("bone that came apart: gaps", signed(-room.opened_ml)),
        ("left open by the measures", signed(room.rest_ml)),
    )
    return Table(
        title="Where the room came from",
        columns=("At full inflation", "ml"),
        rows=tuple(cells(*row) for row in rows),
        note=(
            "Gaps in loose bone beside the balloons take room that the body gives too; they are "
            "not drawn, and cement flows in them as in bone. Summed over points of bone, those at "
            "edges as those within."
        ),
    )


def breach_table(course: BalloonCourse, filling: Filling) -> Table:
    """Return where a balloon has left the bone.

    Parameters
    ----------
    course : BalloonCourse
    filling : Filling
        Of the same body, for places in words.
    """
    rows = [
        (
            Cell(text=breach.wall, strong=True),
            *cells(
                f"{breach.area_mm2:.0f}",
                f"{breach.beyond_mm:.1f}",
                leak_site(filling, breach.place_lps_mm),
            ),
        )
        for breach in course.breaches
    ]
    return Table(
        title="Balloon out of the bone",
        columns=("Through", "Area (mm²)", "Beyond it at most (mm)", "Where in the body"),
        rows=tuple(rows) or (cells("no wall", *[words.MISSING] * 3),),
        note=(
            "A part of a balloon counts as out where no bone of the body lies straight out from "
            "it, or only cortex stretched thin. None here is no proof of a whole wall: a cortex "
            "cracks earlier."
        ),
    )
