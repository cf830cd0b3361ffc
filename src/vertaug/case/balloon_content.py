"""From the balloons of a kyphoplasty to their keys in ``case.json``."""

import math
from dataclasses import asdict

from vertaug.case.augmentation_content import FILM_VIEWS, KPA, filling_stem, product_values
from vertaug.case.balloon_record import (
    BalloonRecord,
    BalloonSetupRecord,
    BalloonSheetRecord,
    BreachRecord,
    GainRecord,
    MovedWallRecord,
    RoomRecord,
    StageRecord,
    WallRecord,
)
from vertaug.case.case_part import HeightTriple
from vertaug.case.kyphoplasty import BalloonBreach, BalloonCourse, BalloonSetup, ShapeStage
from vertaug.case.plan import Procedure
from vertaug.case.simulation import uncertain_names

_WALLS = ("anterior", "left", "right", "posterior")
"""In the order of `ShapeStage.wall_mm`."""


def balloon_file_names(level: str) -> tuple[str, ...]:
    """Return the names of the files of an inflation, in the case folder: one of each view."""
    stem = filling_stem(level, Procedure.KYPHOPLASTY)
    return tuple(f"{stem}_balloon_{view}.gif" for view in FILM_VIEWS)


def describe_balloon(course: BalloonCourse) -> BalloonRecord:
    """Return the keys ``balloon``.

    Raises
    ------
    ValidationError
        If a result is not a finite number.
    """
    sheet = course.setup.balloon
    return BalloonRecord(
        product=BalloonSheetRecord(
            name=sheet.name,
            title=sheet.title,
            values=product_values(sheet.values),
            uncertain=uncertain_names(sheet.values),
        ),
        setup=_setup(course.setup),
        volume_ml=tuple(tuple(row) for row in course.volume_ml.tolist()),
        pressure_kpa=tuple(tuple(row) for row in (course.pressure_mpa * KPA).tolist()),
        readable=tuple(tuple(row) for row in course.readable.tolist()),
        end=course.end,
        stages=tuple(_stage(stage) for stage in course.stages),
        breaches=tuple(_breach(breach) for breach in course.breaches),
        cavity_ml=course.cavity_ml,
        notes=course.notes,
        contact_mm2=course.contact_mm2,
        moved_wall=None
        if course.moved_wall is None
        else MovedWallRecord(**asdict(course.moved_wall)),
        room=None if course.room is None else RoomRecord(**asdict(course.room)),
    )


def _setup(setup: BalloonSetup) -> BalloonSetupRecord:
    return BalloonSetupRecord(
        plan=setup.plan_number,
        plan_words=setup.plan,
        sides=setup.sides,
        wanted_ml=setup.wanted_ml,
        preload_n=setup.preload_n,
        contact_mm=setup.contact_mm,
        spacing_mm=setup.spacing_mm,
        bone=product_values(setup.bone),
        fracture=setup.fracture,
    )


def _stage(stage: ShapeStage) -> StageRecord:
    walls = {
        name: far if math.isfinite(far) else None
        for name, far in zip(_WALLS, stage.wall_mm, strict=True)
    }
    return StageRecord(
        name=stage.name,
        heights_mm=HeightTriple(**asdict(stage.heights_mm)),
        wedge_angle_deg=stage.wedge_angle_deg,
        local_kyphosis_deg=stage.local_kyphosis_deg,
        body_volume_ml=stage.body_volume_ml,
        lift_mean_mm=stage.lift_mean_mm,
        lift_most_mm=stage.lift_most_mm,
        wall_mm=WallRecord(**walls),
        gain=None if stage.gain is None else GainRecord(**asdict(stage.gain)),
    )


def _breach(breach: BalloonBreach) -> BreachRecord:
    x, y, z = (float(value) for value in breach.place_lps_mm)
    return BreachRecord(
        wall=breach.wall,
        area_mm2=breach.area_mm2,
        beyond_mm=breach.beyond_mm,
        place_lps_mm=(x, y, z),
    )
