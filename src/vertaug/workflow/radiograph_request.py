"""What radiograph or sequence of a case is asked for."""

from dataclasses import dataclass
from enum import StrEnum

from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.fluoroscopy.carm import Posture
from vertaug.fluoroscopy.sketch import BALLOON_RATIO

LARGEST_ZOOM = 4.0
"""Largest magnification (design default): the field is then 75 mm on a detector of 300 mm."""


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
        Magnification mode, 1 to 4; None takes that of the report for working views, else 1.
    columns : int or None
        Pixels across; None takes the detector's own, in a sequence 512.
    plan : int or None
        Which plan's needles, from 1, among those of the procedure; None takes the first.
    procedure : Procedure or None
        Whose plans are counted; None takes kyphoplasty with a balloon, else that of the first
        plan of the case.
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
    plan: int | None = None
    procedure: Procedure | None = None
    needles: bool = True
    cement_ml: float = 0.0
    balloon_mm: float = 0.0
    completed: bool = True
    outlines: bool = True
    seed: int | None = 1
    motion: Motion | None = None

    def __post_init__(self) -> None:
        if self.view is not None:
            object.__setattr__(self, "view", self.view.lower())
        given = (self.primary_angle_deg, self.secondary_angle_deg)
        if (self.view is None) == (given == (None, None)):
            message = (
                "name a working view (ap, lateral, barrel_left, barrel_right) or give the "
                "primary and secondary angle of the C-arm, not both"
            )
            raise InputError(message)
        self._check_matter()
        if self.zoom is not None and not 1.0 <= self.zoom <= LARGEST_ZOOM:
            message = (
                f"a magnification (--zoom) is at least 1 and at most {LARGEST_ZOOM:g}; got "
                f"{self.zoom:g}"
            )
            raise InputError(message)
        if self.plan is not None and self.plan < 1:
            message = f"plans are numbered from 1; got {self.plan}"
            raise InputError(message)
        if self.columns is not None and not 32 <= self.columns <= 2048:
            message = f"an image is 32 to 2048 pixels wide; got {self.columns}"
            raise InputError(message)

    def _check_matter(self) -> None:
        if self.balloon_mm > 0 and self.procedure is Procedure.VERTEBROPLASTY:
            message = "a balloon is shown on a plan of kyphoplasty, not of vertebroplasty"
            raise InputError(message)
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
            spread = "spread through the marrow"
            return f"Cement sketched, not simulated: {self.cement_ml:g} ml in all, {spread}."
        if self.balloon_mm > 0:
            wide = self.balloon_mm * BALLOON_RATIO
            return f"Balloon sketched, not simulated: {self.balloon_mm:g} x {wide:.0f} mm."
        return ""
