"""How volumes, pressures and gained heights of balloons are said, everywhere alike."""

import math
from typing import Any

from numpy.typing import NDArray

from vertaug.case.augmentation_content import ATM, KPA, PSI
from vertaug.case.kyphoplasty import BalloonCourse, ShapeStage
from vertaug.report import words

WALLS = ("anterior", "left", "right", "posterior, towards the canal")
"""In the order of `ShapeStage.wall_mm`."""
HEIGHTS = ("anterior", "middle", "posterior")
"""As they are listed."""

_CRACKS_MM = 1.0
"""A wall pushed out farther would be cracked in a patient (design default)."""


def pressure_words(pressure_mpa: float | None) -> str:
    """Return a pressure in kPa, and in atmospheres and psi as manometers of balloons show it."""
    if pressure_mpa is None:
        return "none can be read"
    kpa = words.three_figures(pressure_mpa * KPA)
    return f"{kpa} kPa ({pressure_mpa * ATM:.1f} atm, {pressure_mpa * PSI:.0f} psi)"


def end_pressure_words(course: BalloonCourse) -> str:
    """Return the pressure at the end, with the side of each balloon where they differ."""
    told = [
        pressure_words(float(mpa)) if read else "not readable"
        for mpa, read in zip(_last(course.pressure_mpa), _last(course.readable), strict=True)
    ]
    if course.end_mpa is None:
        return pressure_words(None)
    if len(set(told)) == 1:
        return told[0]
    return ", ".join(f"{text} {side}" for text, side in zip(told, course.setup.sides, strict=True))


def _last(values: NDArray[Any]) -> list[Any]:
    """Return what each balloon had at the end of the inflation; nothing without an increment."""
    return list(values[-1]) if len(values) else []


def sides_words(sides: tuple[str, ...]) -> str:
    """Return on which sides balloons lie."""
    return "one on each side" if len(sides) > 1 else f"on the {sides[0]}"


def each_ml(course: BalloonCourse) -> str:
    """Return the volume of each balloon with its side."""
    volumes = zip(course.setup.sides, course.reached_ml, strict=True)
    return ", ".join(f"{volume:.1f} ml {side}" for side, volume in volumes)


def inflated_words(course: BalloonCourse) -> str:
    """Return balloons, volume, pressure, and why the inflation ended, in one sentence."""
    sides, name = course.setup.sides, course.setup.balloon.name
    who = f"two balloons {name}" if len(sides) > 1 else f"a balloon {name} on the {sides[0]}"
    pressure = (
        "at a pressure that cannot be read"
        if course.end_mpa is None
        else f"at {end_pressure_words(course)} in the end"
    )
    wanted = f"of {course.setup.wanted_ml:g} ml wanted in each"
    return (
        f"{who} held {each_ml(course)} {wanted} {pressure}; the inflation ended because "
        f"{course.end}"
    )


def moved_words(course: BalloonCourse) -> str:
    """Return by when a wall had gone out by a millimetre, and what was gained; nothing for none."""
    moved = course.moved_wall
    if moved is None:
        return ""
    sides = zip(moved.volume_ml, course.setup.sides, strict=True)
    volumes = ", ".join(f"{volume:.1f} ml {side}" for volume, side in sides)
    return (
        f"at {volumes} a wall had gone out by 1 mm, where an operator may stop; by then the "
        f"anterior height had gained {signed(moved.anterior_mm)} mm"
    )


def contact_words(course: BalloonCourse) -> str:
    """Return how much of each balloon is near the wall at full inflation."""
    sides = zip(course.contact_mm2, course.setup.sides, strict=True)
    areas = ", ".join(f"{area / 100.0:.1f} cm² {side}" for area, side in sides)
    return (
        f"{areas} within {course.setup.contact_mm:g} mm of its outer face; endplates do not count"
    )


def gain_words(course: BalloonCourse) -> str:
    """Return what each height gained when inflated, and what was kept when emptied."""
    inflated, emptied = course.stage("inflated"), course.stage("emptied")
    gained = ", ".join(f"{name} {_gain(inflated, name)}" for name in HEIGHTS)
    kept = ", ".join(f"{name} {_gain(emptied, name)}" for name in HEIGHTS)
    return f"height gained when inflated (mm): {gained}; kept when emptied: {kept}"


def anterior_words(course: BalloonCourse) -> str:
    """Return what the anterior height gained, when inflated and kept, in a few words."""
    full, kept = (_gain(course.stage(name), "anterior") for name in ("inflated", "emptied"))
    return f"anterior height {full} mm when inflated, {kept} mm kept"


def bulge_words(course: BalloonCourse) -> str:
    """Return how far each wall was pushed out at most at full inflation."""
    walls = zip(WALLS, course.stage("inflated").wall_mm, strict=True)
    told = [f"{wall} {'not known' if math.isnan(mm) else signed(mm)}" for wall, mm in walls]
    inward = "; negative: inward" if any("−" in text for text in told) else ""
    return f"{', '.join(told)} mm at full inflation{inward}"


def crack_words(course: BalloonCourse) -> str:
    """Return that leaks cannot be judged where a wall was pushed out far; nothing elsewhere."""
    most = max((mm for mm in course.stage("inflated").wall_mm if not math.isnan(mm)), default=0.0)
    if most <= _CRACKS_MM:
        return ""
    return (
        f"walls pushed out by up to {most:.1f} mm, where a real cortex cracks: leaks after the "
        "balloon cannot be judged by this model"
    )


def signed(value: float | None, digits: int = 1) -> str:
    """Return a number with its sign, a dash if there is none; a rounded zero has none."""
    if value is None:
        return words.MISSING
    text = f"{value:+.{digits}f}"
    if float(text) == 0.0:
        return f"{0:.{digits}f}"
    return text.replace("-", "−")


def _gain(stage: ShapeStage, name: str) -> str:
    return words.MISSING if stage.gain is None else signed(getattr(stage.gain, name).hr_mm)
