"""The keys ``augmentation.kyphoplasty.balloon`` of ``case.json``."""

from vertaug.case.case_part import Figure, HeightTriple, Part, ProductValueRecord, Triple


class BalloonSheetRecord(Part):
    """A balloon with all its numbers."""

    name: str
    title: str
    values: dict[str, ProductValueRecord]
    uncertain: tuple[str, ...]


class BalloonSetupRecord(Part):
    """What was chosen; ``wanted_ml`` is in each balloon, ``bone`` how strong crushed bone is."""

    plan: int
    plan_words: str
    sides: tuple[str, ...]
    wanted_ml: Figure
    preload_n: Figure
    contact_mm: Figure
    spacing_mm: Figure
    bone: dict[str, ProductValueRecord]
    fracture: str = ""


class HeightGainRecord(Part):
    """What one height gained, by the four formulas in use; absent without a reference or a loss."""

    hr_mm: Figure
    hr_pre_percent: Figure
    hr_lost_percent: Figure | None
    hr_ref_percent: Figure | None


class GainRecord(Part):
    """What the three heights gained against the body as scanned."""

    anterior: HeightGainRecord
    middle: HeightGainRecord
    posterior: HeightGainRecord


class WallRecord(Part):
    """Farthest outward movement of each wall in mm, absent where the wall is not known."""

    anterior: Figure | None
    left: Figure | None
    right: Figure | None
    posterior: Figure | None


class StageRecord(Part):
    """The shape of the body: ``before``, ``inflated`` or ``emptied``."""

    name: str
    heights_mm: HeightTriple
    wedge_angle_deg: Figure
    local_kyphosis_deg: Figure | None
    body_volume_ml: Figure
    lift_mean_mm: Figure
    lift_most_mm: Figure
    wall_mm: WallRecord
    gain: GainRecord | None


class BreachRecord(Part):
    """A part of a balloon that has gone through a wall of the body."""

    wall: str
    area_mm2: Figure
    beyond_mm: Figure
    place_lps_mm: Triple


class MovedWallRecord(Part):
    """When a wall had gone out by 1 mm: volume of each balloon, gain of the anterior height."""

    volume_ml: tuple[Figure, ...]
    anterior_mm: Figure


class RoomRecord(Part):
    """Where the room of the full balloons came from: growth of the body, bone pressed together.

    Less what bone that came apart takes more.
    """

    added_ml: Figure
    grown_ml: Figure
    pressed_ml: Figure
    opened_ml: Figure


class BalloonRecord(Part):
    """The balloons; rows of the curves are of increments, their entries of balloons.

    Pressures where ``readable`` is false are of the voxels and not of the bone.
    """

    product: BalloonSheetRecord
    setup: BalloonSetupRecord
    volume_ml: tuple[tuple[Figure, ...], ...]
    pressure_kpa: tuple[tuple[Figure, ...], ...]
    readable: tuple[tuple[bool, ...], ...]
    end: str
    stages: tuple[StageRecord, ...]
    breaches: tuple[BreachRecord, ...]
    cavity_ml: Figure
    notes: tuple[str, ...]
    contact_mm2: tuple[Figure, ...] = ()
    moved_wall: MovedWallRecord | None = None
    room: RoomRecord | None = None
