"""What the user chose for the balloons of a kyphoplasty."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vertaug.augmentation.cement.cannula import tube_of_needle
from vertaug.case.case_file import read_case
from vertaug.case.errors import InputError
from vertaug.case.plan import AccessPlan
from vertaug.workflow.fingerprint import hash_values
from vertaug.workflow.option_check import refuse_unfit
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.workspace import PRIVATE

if TYPE_CHECKING:
    from vertaug.augmentation.balloon.product import Balloon

BALLOON_STEP = "balloon"
"""Name of the step of the balloons."""
MOST_DEFAULT_ML = 4.0
"""No more is taken unasked, also where a balloon is rated for more: what most are said to hold
(clinical reference 3.5, recalled); a design default."""
_MOST_ML, _MOST_N = 10.0, 1000.0
_MOST_CONTACT_MM = 10.0
_SPACING_RANGE_MM = (0.75, 2.0)
_ROOM_MM = 1e-6
FRACTURE_AGES = ("fresh", "healed")
"""As `FractureAge` of the balloons has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalloonWish:
    """What the user chose.

    Attributes
    ----------
    name : str or None
        None takes the longest that has room on every path.
    balloons : str or None
        Name of the file that the balloons came from; None for built-in ones.
    balloons_sha256 : str
        Of all values of the balloon, or of all that can be taken where none is named.
    volume_ml : float or None
        In each balloon; 0 puts in none. None takes what it is rated for, up to 4 ml.
    preload_n : float
        Axial force on the spine before the inflation.
    contact_mm : float
        A balloon with 1 cm2 of its surface so near the outer face of the cortex ends the
        inflation; at least a voxel.
    spacing_mm : float
        Of the voxels of the inflation.
    fracture_age : str
        ``fresh`` or ``healed``, of a fracture that the level has.
    """

    name: str | None = None
    balloons: str | None = None
    balloons_sha256: str = ""
    volume_ml: float | None = None
    preload_n: float = 100.0
    contact_mm: float = 3.0
    spacing_mm: float = 1.5
    fracture_age: str = "fresh"

    def __post_init__(self) -> None:
        volume = 0.0 if self.volume_ml is None else self.volume_ml
        low, high = _SPACING_RANGE_MM
        checks = (
            ("--balloon-ml", volume, 0.0 <= volume <= _MOST_ML, f"0 (none) to {_MOST_ML:g} ml"),
            (
                "--contact-mm",
                self.contact_mm,
                low <= self.contact_mm <= _MOST_CONTACT_MM,
                f"{low:g} to {_MOST_CONTACT_MM:g} mm",
            ),
            (
                "--preload-n",
                self.preload_n,
                0.0 <= self.preload_n <= _MOST_N,
                f"0 to {_MOST_N:g} N",
            ),
            (
                "--balloon-spacing-mm",
                self.spacing_mm,
                low <= self.spacing_mm <= high,
                f"{low:g} to {high:g} mm",
            ),
        )
        refuse_unfit(checks)
        if self.contact_mm < self.spacing_mm:
            message = (
                f"--contact-mm {self.contact_mm:g} is less than voxels of {self.spacing_mm:g} mm "
                f"can tell: {self.spacing_mm:g} at least, or a smaller --balloon-spacing-mm"
            )
            raise InputError(message)
        if self.fracture_age not in FRACTURE_AGES:
            message = f"--fracture-age is {' or '.join(FRACTURE_AGES)}; got {self.fracture_age!r}"
            raise InputError(message)

    @property
    def none(self) -> bool:
        """Whether no balloon is put in."""
        return self.volume_ml == 0.0


def hash_balloons(known: "Mapping[str, Balloon]", name: str | None) -> str:
    """Return the SHA-256 of all values of a balloon, or of all where none is named."""
    chosen = known if name is None else {name: known[name]}
    return hash_values({key: asdict(balloon) for key, balloon in chosen.items()})


def find_balloons(
    folder: Path, name: str | None, file: Path | None
) -> "tuple[Mapping[str, Balloon], str | None]":
    """Return the balloons that can be taken, and the name of the file that they came from.

    Without a file they are built in, or the one of that name with which the case was simulated.

    Parameters
    ----------
    folder : Path
        The case.
    name : str or None
    file : Path or None

    Raises
    ------
    InputError
        If the name is unknown; the known ones are named.
    FormatError
        If the file cannot be read, or the folder holds no case.
    """
    from vertaug.augmentation.balloon.product import known_balloons, read_balloons

    known = known_balloons() if file is None else read_balloons(file)
    if name is not None and name not in known:
        kept = _stored(folder, name) if file is None else None
        if kept is not None:
            return kept
        message = f"there is no balloon {name!r}; known: {', '.join(known)}; choose one with "
        message += "--balloon, or give --balloons FILE with your own"
        raise InputError(message)
    return known, None if file is None else file.name


def _stored(folder: Path, name: str) -> "tuple[Mapping[str, Balloon], str | None] | None":
    from vertaug.workflow.balloon_step import InflatedVertebra

    provenance = read_case(folder).provenance
    chosen = provenance.parameters.kyphoplasty
    key = next((step.key for step in provenance.steps if step.name == BALLOON_STEP), None)
    if chosen is None or chosen.balloon is None or chosen.balloon.name != name or key is None:
        return None
    found = StepStore(folder=folder / PRIVATE / "steps").load(BALLOON_STEP, key, InflatedVertebra)
    return None if found is None else ({name: found.balloon}, chosen.balloon.balloons)


def choose_balloon(
    known: "Mapping[str, Balloon]", plan: AccessPlan, wish: BalloonWish
) -> "tuple[Balloon, float]":
    """Return the balloon that is put on each path of a plan, and the volume in each, ml.

    Parameters
    ----------
    known : mapping of str to Balloon
    plan : AccessPlan
        Of a kyphoplasty.
    wish : BalloonWish

    Raises
    ------
    InputError
        If no balloon has room or passes the cannula, or the named one is not made for the volume.
    """
    bore = min(tube_of_needle(path.needle).bore_mm for path in plan.paths)
    if wish.name is None:
        balloon = _longest(known, plan, bore)
    else:
        balloon = known[wish.name]
        _refuse_thick(known, balloon, bore)
    volume = wish.volume_ml
    if volume is None:
        return balloon, min(balloon.rated_ml.value, MOST_DEFAULT_ML)
    if volume > balloon.rated_ml.value:
        message = (
            f"--balloon-ml {volume:g}: balloon {balloon.name!r} is rated for up to "
            f"{balloon.rated_ml.value:g} ml; ask for less, or take a --balloon that holds more"
        )
        raise InputError(message)
    return balloon, volume


def _longest(known: "Mapping[str, Balloon]", plan: AccessPlan, bore_mm: float) -> "Balloon":
    """Return the longest balloon with room on every path; of equal ones that which holds more.

    Of those that pass the cannula as thick as they are given, else of those that may.
    """
    room = min(path.balloon_mm or 0.0 for path in plan.paths)
    fitting = [b for b in known.values() if b.length_mm.value <= room + _ROOM_MM]
    if not fitting:
        shortest = min(b.length_mm.value for b in known.values())
        message = (
            f"the plan leaves room for a balloon of {room:g} mm, the shortest that is known is "
            f"{shortest:g} mm long; take another --plan, or a vertebroplasty"
        )
        raise InputError(message)
    passing = [b for b in fitting if b.folded_mm.value <= bore_mm]
    passing = passing or [b for b in fitting if b.thinnest_mm <= bore_mm]
    if not passing:
        _refuse_thick(known, min(fitting, key=lambda b: b.thinnest_mm), bore_mm)
    return max(passing, key=lambda b: (b.length_mm.value, b.rated_ml.value))


def _refuse_thick(known: "Mapping[str, Balloon]", balloon: "Balloon", bore_mm: float) -> None:
    """Refuse a balloon that does not pass the cannula, even as thin as it may be."""
    if balloon.thinnest_mm <= bore_mm:
        return
    passing = [b.name for b in known.values() if b.thinnest_mm <= bore_mm]
    others = f"take {' or '.join(passing)}, or plan" if passing else "plan"
    message = (
        f"balloon {balloon.name!r} is {balloon.thinnest_mm:g} mm thick when folded and does not "
        f"pass the plan's cannula, whose bore is {bore_mm:g} mm; {others} with a wider --gauge"
    )
    raise InputError(message)
