"""Sequences of images: pulses, temporal filter, last-image hold, dose."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.fluoroscopy.exposure import Exposure, sum_exposures
from vertaug.fluoroscopy.matter import Matter
from vertaug.fluoroscopy.radiograph import Radiograph, absorb, blur_of_focus, finish
from vertaug.fluoroscopy.view import FixedView, add_matter


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cine:
    """A sequence of images.

    Attributes
    ----------
    frames : tuple of Radiograph
        In order.
    pulses_per_second : float
        Rate at which they are taken and shown.
    """

    frames: tuple[Radiograph, ...]
    pulses_per_second: float

    @property
    def exposure(self) -> Exposure:
        """Dose of the whole sequence."""
        return sum_exposures(frame.exposure for frame in self.frames)

    @property
    def last_image_hold(self) -> Radiograph:
        """The last image as it stays on the monitor, without further dose."""
        last = self.frames[-1]
        still = replace(
            last.exposure, mas=0.0, reference_kerma_ugy=0.0, kerma_area_ugy_cm2=0.0, frames=0
        )
        return replace(last, exposure=still)


def record(
    view: FixedView,
    steps: Iterable[Sequence[Matter]],
    rng: np.random.Generator | None = None,
    *,
    pulses_per_second: float = 7.5,
    persistence: float = 0.5,
    pulses_a_step: int = 1,
) -> Cine:
    """Record a sequence from a fixed position while what is brought in moves.

    Parameters
    ----------
    steps : iterable of sequences of Matter
        What is in the patient at each pulse.
    rng : numpy.random.Generator, optional
        Source of quantum noise; without it there is none.
    pulses_per_second : float
        0.5 to 30.
    persistence : float
        Share of the image before that stays (the fluoroscope's recursive filter): less noise,
        and a trail behind what moves. 0 to 0.95.
    pulses_a_step : int
        Pulses while a step stays as it is; the image of the last one is kept, and `Cine.exposure`
        counts the kept ones only.

    Raises
    ------
    InputError
        If rate, persistence or pulses are out of range or there is no step.
    """
    if not 0.5 <= pulses_per_second <= 30.0 or not 0.0 <= persistence <= 0.95:
        message = (
            "a sequence has 0.5 to 30 pulses a second and a persistence of 0 to 0.95; got "
            f"{pulses_per_second:g} and {persistence:g}"
        )
        raise InputError(message)
    if pulses_a_step < 1:
        message = f"a step of a sequence has at least one pulse; got {pulses_a_step}"
        raise InputError(message)
    frames: list[Radiograph] = []
    held: NDArray[np.float32] | None = None
    for matter in steps:
        behind = blur_of_focus(view, add_matter(view, matter))
        for _ in range(pulses_a_step):
            new = absorb(view, behind, rng)
            held = new if held is None else persistence * held + (1.0 - persistence) * new
        if held is not None:
            frames.append(finish(view, held.astype(np.float32)))
    if not frames:
        message = "a sequence needs at least one step"
        raise InputError(message)
    return Cine(frames=tuple(frames), pulses_per_second=pulses_per_second)
