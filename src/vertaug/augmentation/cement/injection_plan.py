"""What an operator plans to inject: needles, portions, speed, and when to stop."""

from dataclasses import dataclass, field, replace

import numpy as np

from vertaug.augmentation.cement.cannula import Press, Syringe, Tube, tube_of_needle
from vertaug.augmentation.cement.needle_track import NeedleTrack
from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.rheology import working_window_s
from vertaug.augmentation.cement.stop_rules import StopRules
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, read_only
from vertaug.case.instrument import Needle
from vertaug.case.plan import NeedlePath

RATE_MM3_PER_S = 50.0
"""3 ml/min: the rate at which the intravertebral pressure of JOSR 2015;10:20 was measured
(physics reference 4.4, verified)."""
PORTION_MM3 = 1000.0
"""A syringe of 1 ml; the contralateral side and the AP view are checked about every ml (clinical
reference 3.6)."""
CHANGE_S = 15.0
"""To change the syringe and look: a design default, uncertain."""
BODY_C = 37.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacedNeedle:
    """A needle in the bone, through which cement is injected.

    Attributes
    ----------
    entry_lps_mm, tip_lps_mm : (3,) float64 arrays
        Where its axis enters the bone, and its tip.
    needle : Needle
    tube : Tube
        Its inside.
    """

    entry_lps_mm: FloatArray
    tip_lps_mm: FloatArray
    needle: Needle
    tube: Tube

    def __post_init__(self) -> None:
        for name in ("entry_lps_mm", "tip_lps_mm"):
            value = read_only(getattr(self, name), np.float64)
            object.__setattr__(self, name, value)
            if value.shape != (3,) or not np.isfinite(value).all():
                message = f"a needle's {name} is expected as three numbers in LPS mm; got {value}"
                raise InputError(message)

    @property
    def track(self) -> NeedleTrack:
        """The needle as a way out of the bone, for `build_porous_body`."""
        return NeedleTrack(
            entry_lps_mm=self.entry_lps_mm, tip_lps_mm=self.tip_lps_mm, needle=self.needle
        )

    def moved(self, by_mm: FloatArray) -> "PlacedNeedle":
        """Return the needle with its tip elsewhere and its entry where it was."""
        return replace(self, tip_lps_mm=self.tip_lps_mm + by_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Cement injected without a break through one needle: a constant flow, or a constant pressure.

    Attributes
    ----------
    tip : int
        Number of the needle, from 0.
    volume_mm3 : float
    rate_mm3_per_s : float or None
        Wanted; less where the syringe cannot press it.
    pressure_mpa : float or None
        At the syringe.
    pause_s : float
        Before it begins.
    """

    tip: int
    volume_mm3: float
    rate_mm3_per_s: float | None = None
    pressure_mpa: float | None = None
    pause_s: float = 0.0

    def __post_init__(self) -> None:
        if (self.rate_mm3_per_s is None) == (self.pressure_mpa is None):
            message = "a portion needs either a rate or a pressure, not both and not neither"
            raise InputError(message)
        given = self.rate_mm3_per_s if self.pressure_mpa is None else self.pressure_mpa
        if not (0.0 < self.volume_mm3 <= 3e4 and given is not None and 0.0 < given <= 1e3):
            message = (
                "a portion is expected to have a volume of up to 30 000 mm3 and a rate (mm3/s) or "
                f"pressure (MPa) above 0; got {self.volume_mm3:g} mm3 and {given}"
            )
            raise InputError(message)
        if not 0.0 <= self.pause_s <= 3600.0 or self.tip < 0:
            message = (
                "a portion is expected to have a pause of 0 to 3600 s and a needle's number from "
                f"0; got {self.pause_s:g} s and {self.tip}"
            )
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InjectionPlan:
    """An injection into one vertebra.

    Attributes
    ----------
    level : str
    product : CementProduct
    needles : tuple of PlacedNeedle
    portions : tuple of Portion
        In the order in which they are injected.
    first_age_s : float
        From the start of mixing to that of the injection.
    room_c : float
        Of the cement until it enters the bone.
    syringe : Syringe
    stop_rules : StopRules
    """

    level: str
    product: CementProduct
    needles: tuple[PlacedNeedle, ...]
    portions: tuple[Portion, ...]
    first_age_s: float
    room_c: float = 22.0
    syringe: Syringe = field(default_factory=Syringe)
    stop_rules: StopRules = field(default_factory=StopRules)

    def __post_init__(self) -> None:
        if not self.needles or not self.portions:
            message = "an injection needs at least one needle and one portion"
            raise InputError(message)
        last = max(portion.tip for portion in self.portions)
        if last >= len(self.needles):
            message = (
                f"a portion is injected through needle {last}, but the needles are numbered 0 to "
                f"{len(self.needles) - 1}"
            )
            raise InputError(message)
        if not 0.0 <= self.room_c <= 37.0:
            message = f"cement is kept at 0 to 37 °C before injection; got {self.room_c:g} °C"
            raise InputError(message)

    @property
    def volume_mm3(self) -> float:
        """Of all portions."""
        return sum(portion.volume_mm3 for portion in self.portions)

    @property
    def tracks(self) -> tuple[NeedleTrack, ...]:
        """The needles as ways out of the bone, for `build_porous_body`."""
        return tuple(needle.track for needle in self.needles)

    def press(self, tip: int) -> Press:
        """Return the syringe at one of the needles."""
        return Press(
            product=self.product,
            tube=self.needles[tip].tube,
            syringe=self.syringe,
            temperature_c=self.room_c,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionSetting:
    """How a volume is divided into portions, and kept and pressed.

    Attributes
    ----------
    rate_mm3_per_s : float
    portion_mm3 : float
        Of one syringe; portions alternate between the needles.
    change_s : float
        Between two portions.
    first_age_s : float or None
        From the start of mixing; None is the middle of the working window.
    room_c : float
    syringe : Syringe
    stop_rules : StopRules
    """

    rate_mm3_per_s: float = RATE_MM3_PER_S
    portion_mm3: float = PORTION_MM3
    change_s: float = CHANGE_S
    first_age_s: float | None = None
    room_c: float = 22.0
    syringe: Syringe = field(default_factory=Syringe)
    stop_rules: StopRules = field(default_factory=StopRules)


def place_needle(path: NeedlePath, *, bore_mm: float | None = None) -> PlacedNeedle:
    """Return the needle of a planned path, with its inside.

    Parameters
    ----------
    path : NeedlePath
    bore_mm : float, optional
        Inner diameter; that of the gauge where not given.
    """
    return PlacedNeedle(
        entry_lps_mm=path.entry_lps_mm,
        tip_lps_mm=path.target_lps_mm,
        needle=path.needle,
        tube=tube_of_needle(path.needle, bore_mm=bore_mm),
    )


def plan_injection(
    level: str,
    needles: tuple[NeedlePath | PlacedNeedle, ...],
    product: CementProduct,
    volume_mm3: float,
    setting: InjectionSetting | None = None,
) -> InjectionPlan:
    """Divide a volume into portions that alternate between the needles.

    Every needle gets the same volume, in as few portions of at most ``portion_mm3`` as that needs.

    Parameters
    ----------
    level : str
    needles : tuple of NeedlePath or PlacedNeedle
    product : CementProduct
    volume_mm3 : float
        Of all portions together.
    setting : InjectionSetting, optional

    Raises
    ------
    InputError
        If a value cannot be used.
    """
    chosen = setting or InjectionSetting()
    if not 0.0 < volume_mm3 <= 3e4 or not chosen.portion_mm3 > 0.0:
        message = (
            "a volume of up to 30 000 mm3 in portions above 0 is expected; got "
            f"{volume_mm3:g} mm3 in portions of {chosen.portion_mm3:g} mm3"
        )
        raise InputError(message)
    placed = tuple(place_needle(n) if isinstance(n, NeedlePath) else n for n in needles)
    each = volume_mm3 / max(len(placed), 1)
    rounds = int(np.ceil(each / chosen.portion_mm3 - 1e-9))
    portions = tuple(
        Portion(
            tip=tip,
            volume_mm3=each / rounds,
            rate_mm3_per_s=chosen.rate_mm3_per_s,
            pause_s=0.0 if turn == 0 and tip == 0 else chosen.change_s,
        )
        for turn in range(rounds)
        for tip in range(len(placed))
    )
    first = chosen.first_age_s
    if first is None:
        first = 0.5 * sum(working_window_s(product, chosen.room_c))
    return InjectionPlan(
        level=level,
        product=product,
        needles=placed,
        portions=portions,
        first_age_s=first,
        room_c=chosen.room_c,
        syringe=chosen.syringe,
        stop_rules=chosen.stop_rules,
    )
