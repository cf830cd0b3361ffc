"""What ``vertaug simulate`` asks and says of the balloons of a kyphoplasty."""

from dataclasses import replace
from typing import TYPE_CHECKING

from vertaug.case.augmentation_content import ATM, KPA
from vertaug.case.augmentation_record import ProcedureRecord
from vertaug.case.balloon_content import balloon_file_names
from vertaug.case.balloon_record import BalloonRecord
from vertaug.case.errors import InputError
from vertaug.workflow.balloon_choice import BalloonWish, find_balloons, hash_balloons
from vertaug.workflow.simulation_steps import SimulationRun

if TYPE_CHECKING:
    from vertaug.cli.simulate_options import Simulate

_OPTIONS = (
    "balloon",
    "balloons",
    "balloon_ml",
    "preload_n",
    "contact_mm",
    "balloon_spacing_mm",
    "fracture_age",
)


def refuse_balloon_options(given: "Simulate") -> None:
    """Refuse what only a kyphoplasty has.

    Raises
    ------
    InputError
        If an option of the balloons was given.
    """
    named = [name for name in _OPTIONS if getattr(given, name) is not None]
    if named:
        option = "--" + named[0].replace("_", "-")
        message = f"{option} is of a kyphoplasty: add --procedure kyphoplasty or both"
        raise InputError(message)


def with_balloons(run: SimulationRun, given: "Simulate") -> SimulationRun:
    """Return a simulation with the balloons that were asked for.

    Raises
    ------
    InputError
        If an option cannot be used; the known balloons are named.
    FormatError
        If the file cannot be read.
    """
    defaults = BalloonWish()
    preload, contact, spacing = given.preload_n, given.contact_mm, given.balloon_spacing_mm
    wish = BalloonWish(
        name=given.balloon,
        volume_ml=given.balloon_ml,
        preload_n=defaults.preload_n if preload is None else preload,
        contact_mm=defaults.contact_mm if contact is None else contact,
        spacing_mm=defaults.spacing_mm if spacing is None else spacing,
        fracture_age=(given.fracture_age or defaults.fracture_age).lower(),
    )
    known, file = find_balloons(given.case, given.balloon, given.balloons)
    wish = replace(wish, balloons=file, balloons_sha256=hash_balloons(known, given.balloon))
    return replace(run, choice=replace(run.choice, balloon=wish), balloons=known)


def list_balloon_lines(found: ProcedureRecord) -> list[str]:
    """Return what the balloons of a kyphoplasty did in a few lines."""
    balloon = found.balloon
    if balloon is None:
        return [f"kyphoplasty of {found.level} without a balloon: the body keeps its shape"]
    setup = balloon.setup
    return [
        (
            f"kyphoplasty of {found.level}, {setup.plan_words}: balloon {balloon.product.name} "
            f"({balloon.product.title}), {_volumes(balloon)} of {setup.wanted_ml:g} ml in each; "
            f"{_pressure(found)}; {balloon.end}"
        ),
        _height(balloon),
        f"cavity of the emptied balloons {balloon.cavity_ml:.1f} ml{_breaches(balloon)}",
        f"the inflation on the monitor: {' and '.join(balloon_file_names(found.level))}",
    ]


def _volumes(balloon: BalloonRecord) -> str:
    reached = balloon.volume_ml[-1] if balloon.volume_ml else (0.0,) * len(balloon.setup.sides)
    return " and ".join(f"{volume:.1f}" for volume in reached)


def _pressure(found: ProcedureRecord) -> str:
    if found.balloon_kpa is None:
        return "no pressure can be read"
    atm = found.balloon_kpa / KPA * ATM
    last = "" if found.balloon is None else _last_pressure(found.balloon)
    peak = (
        f"greatest pressure {found.balloon_kpa:.0f} kPa ({atm:.1f} atm; the first rise reads high)"
    )
    return f"{peak}{last}"


def _last_pressure(balloon: BalloonRecord) -> str:
    """Return the pressures at the end of the inflation, where all of them can be read."""
    if not balloon.readable or not all(balloon.readable[-1]):
        return ""
    return f", at the end {' and '.join(f'{kpa:.0f}' for kpa in balloon.pressure_kpa[-1])} kPa"


def _height(balloon: BalloonRecord) -> str:
    stages = {stage.name: stage for stage in balloon.stages}
    before, inflated, emptied = (stages[name] for name in ("before", "inflated", "emptied"))
    assert inflated.gain is not None  # only the first stage has none
    assert emptied.gain is not None
    gained, kept = inflated.gain.anterior, emptied.gain.anterior
    lost = (
        ""
        if kept.hr_lost_percent is None
        else f", {_even(kept.hr_lost_percent, 0):.0f} % of what was lost"
    )
    full_mm, kept_mm = (_even(gain.hr_mm, 1) for gain in (gained, kept))
    return (
        f"anterior height {before.heights_mm.anterior:.1f} mm as scanned, {full_mm:+.1f} mm "
        f"inflated, {kept_mm:+.1f} mm kept after the deflation{lost}; wedge angle "
        f"{before.wedge_angle_deg:.1f}°, inflated {inflated.wedge_angle_deg:.1f}°, kept "
        f"{emptied.wedge_angle_deg:.1f}°"
    )


def _even(value: float, digits: int) -> float:
    """Return a value rounded, without the sign of a zero."""
    return round(value, digits) + 0.0


def _breaches(balloon: BalloonRecord) -> str:
    walls = list(dict.fromkeys(breach.wall for breach in balloon.breaches))
    return f"; A BALLOON HAS LEFT THE BONE through the {', '.join(walls)}" if walls else ""
