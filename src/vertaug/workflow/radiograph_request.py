"""What radiograph or sequence of a case is asked for."""

from dataclasses import dataclass
from enum import StrEnum

from vertaug.case.errors import InputError
from vertaug.fluoroscopy.carm import Posture
from vertaug.fluoroscopy.sketch import BALLOON_RATIO


class Motion(StrEnum):
    """What moves in a sequence."""

    NEEDLE = "needle"
    """The needles are pushed in, one after the other."""
    ARM = "arm"
    """The C-arm swings about the patient's long axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiographRequest:
    """What to show and how.

    Attributes
    ----------
    view : str or None
        A working view of the plan: ``ap``, ``lateral``, ``barrel_left``, ``barrel_right``.
    primary_angle_deg, secondary_angle_deg : float or None
        C-arm angles in DICOM signs, where no view is named.
    level : str or None
        Level in the middle; None takes the one that is treated.
    preset : str
        C-arm.
    posture : Posture
    tube_voltage_kv : float or None
        None: automatic exposure.
    zoom : float or None
        Magnification mode, at least 1; None takes that of the report for working views, else 1.
    columns : int or None
        Pixels across; None takes the detector's own, in a sequence 512.
    plan : int
        Which plan's needles, from 1, among those of the procedure: with a balloon kyphoplasty,
        else the first of the case.
    needles : bool
        Show them.
    cement_ml, balloon_mm : float
        Cement of that volume, shared by the tips, or a balloon of that length at each: sketched,
        not simulated. 0: none.
    completed : bool
        Complete the trunk around a CT that is narrower, and cover what it does not show.
    outlines : bool
        Draw letters, levels and scale; a picture for further use has none.
    seed : int or None
        Of the noise; None: no noise.
    motion : Motion or None
        What moves; None makes a still.
    """

    view: str | None = None
    primary_angle_deg: float | None = None
    secondary_angle_deg: float | None = None
    level: str | None = None
    preset: str = "mobile"
    posture: Posture = Posture.PRONE
    tube_voltage_kv: float | None = None
    zoom: float | None = None
    columns: int | None = None
    plan: int = 1
    needles: bool = True
    cement_ml: float = 0.0
    balloon_mm: float = 0.0
    completed: bool = True
    outlines: bool = True
    seed: int | None = 1
    motion: Motion | None = None

    def __post_init__(self) -> None:
        given = (self.primary_angle_deg, self.secondary_angle_deg)
        if (self.view is None) == (given == (None, None)):
            message = (
                "name a working view (ap, lateral, barrel_left, barrel_right) or give the "
                "primary and secondary angle of the C-arm, not both"
            )
            raise InputError(message)
        self._check_matter()
        if self.columns is not None and not 32 <= self.columns <= 2048:
            message = f"an image is 32 to 2048 pixels wide; got {self.columns}"
            raise InputError(message)

    def _check_matter(self) -> None:
        if not 0.0 <= self.cement_ml <= 20.0 or not 0.0 <= self.balloon_mm <= 30.0:
            message = (
                "cement is 0 to 20 ml and a balloon 0 to 30 mm long; got "
                f"{self.cement_ml:g} ml and {self.balloon_mm:g} mm"
            )
            raise InputError(message)
        if self.cement_ml > 0 and self.balloon_mm > 0:
            message = "the balloon is taken out before cement is filled in: give one of the two"
            raise InputError(message)
        if self.motion is Motion.NEEDLE and (self.cement_ml > 0 or self.balloon_mm > 0):
            message = "a sequence of the needles (--cine needle) shows neither cement nor balloon"
            raise InputError(message)

    @property
    def looked_along(self) -> str | None:
        """Side of the needle that the view looks along."""
        side = (self.view or "").removeprefix("barrel_")
        return side if side != self.view and side else None

    @property
    def sketch_note(self) -> str:
        """Says that cement or balloon are not computed."""
        if self.cement_ml > 0:
            return f"Cement sketched, {self.cement_ml:g} ml in all: not simulated."
        if self.balloon_mm > 0:
            wide = self.balloon_mm * BALLOON_RATIO
            return f"Balloon of {self.balloon_mm:g} x {wide:.0f} mm sketched: not simulated."
        return ""
