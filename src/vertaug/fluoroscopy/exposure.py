"""How much is exposed, and what dose that is."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.spectrum import Beam, Filters, air_kerma_per_mas

REFERENCE_POINT_MM = 150.0
"""The interventional reference point lies this far from the isocentre toward the tube
(IEC 60601-2-43)."""
_VOLTAGES_KV = tuple(float(kv) for kv in range(60, 125, 5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Collimation:
    """Blades: the share of the field that each of them covers, from its edge."""

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0

    def __post_init__(self) -> None:
        sides = (self.left, self.right, self.top, self.bottom)
        open_ = self.left + self.right < 1.0 and self.top + self.bottom < 1.0
        if min(sides) < 0.0 or not open_:
            message = f"collimation takes shares of the field that leave it open; got {sides}"
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureLimits:
    """What the automatic exposure may use.

    It takes the lowest voltage whose pulse stays below ``usual_mas``, the way a fluoroscope
    trades contrast for dose, and at the highest voltage up to ``largest_mas``.

    Attributes
    ----------
    least_mas, usual_mas, largest_mas : float
        Tube charge of one pulse.
    source : str
        Where the values come from.
    """

    least_mas: float = 0.01
    usual_mas: float = 0.25
    largest_mas: float = 1.5
    source: str = "pulses of 2-20 ms at 5-80 mA (recalled); usual charge: design default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One pulse, or the sum of several.

    Attributes
    ----------
    tube_voltage_kv : float
        Highest of the pulses.
    mas : float
        Tube charge.
    reference_kerma_ugy : float
        Air kerma at the interventional reference point, free in air.
    kerma_area_ugy_cm2 : float
        Kerma-area product.
    detector_kerma_ugy : float
        Air kerma at the detector behind the patient, last pulse: behind the median water and
        the median bone of the measuring field. It is not the mean over the field, which bright
        parts raise.
    frames : int
        Pulses.
    limited : bool
        Whether the tube could not reach the dose that the detector asks for.
    excessive : bool
        Whether the shortest pulse of the tube gives more dose than that.
    """

    tube_voltage_kv: float
    mas: float
    reference_kerma_ugy: float
    kerma_area_ugy_cm2: float
    detector_kerma_ugy: float
    frames: int = 1
    limited: bool = False
    excessive: bool = False

    def describe(self) -> str:
        """Return charge and dose in words."""
        frames = "" if self.frames == 1 else f"{self.frames} frames in all, "
        weak = "; tube at its limit, image noisier than intended" if self.limited else ""
        bright = "; shortest pulse of the tube, more dose than needed" if self.excessive else ""
        return (
            f"{frames}{two_figures(self.mas)} mAs, reference air kerma "
            f"{two_figures(self.reference_kerma_ugy)} µGy, kerma-area product "
            f"{two_figures(self.kerma_area_ugy_cm2 / 1000)} mGy cm²{weak}{bright}"
        )


def two_figures(value: float) -> str:
    """Return a value rounded to two figures, without an exponent."""
    return f"{float(f'{value:.2g}'):g}"


def sum_exposures(exposures: Iterable[Exposure]) -> Exposure:
    """Return the sum of pulses, as over a procedure.

    Raises
    ------
    InputError
        If there is none.
    """
    given = list(exposures)
    if not given:
        message = "no exposure to sum"
        raise InputError(message)
    return Exposure(
        tube_voltage_kv=max(e.tube_voltage_kv for e in given),
        mas=sum(e.mas for e in given),
        reference_kerma_ugy=sum(e.reference_kerma_ugy for e in given),
        kerma_area_ugy_cm2=sum(e.kerma_area_ugy_cm2 for e in given),
        detector_kerma_ugy=given[-1].detector_kerma_ugy,
        frames=sum(e.frames for e in given),
        limited=any(e.limited for e in given),
        excessive=any(e.excessive for e in given),
    )


def open_field(carm: CArm, collimation: Collimation) -> NDArray[np.bool_]:
    """Return which pixels the blades and a round field leave open, bool (rows, columns)."""
    columns, rows = carm.pixels
    x = (np.arange(columns) + 0.5) / columns
    y = (np.arange(rows) + 0.5) / rows
    across = (x > collimation.left) & (x < 1.0 - collimation.right)
    down = (y > collimation.top) & (y < 1.0 - collimation.bottom)
    field = down[:, None] & across[None, :]
    if carm.round_field:
        width, height = carm.detector_mm
        radius = min(width, height) / 2
        dx, dy = (x - 0.5) * width, (y - 0.5) * height
        field &= dx[None, :] ** 2 + dy[:, None] ** 2 <= radius**2
    return np.asarray(field)


def dose_of_pulse(
    carm: CArm, beam: Beam, mas: float, open_share: float, detector_kerma_ugy: float
) -> Exposure:
    """Return the dose of one pulse.

    Parameters
    ----------
    open_share : float
        Share of the detector's area that is irradiated.
    detector_kerma_ugy : float
        What the detector received.
    """
    at_reference = carm.source_isocentre_mm - REFERENCE_POINT_MM
    if at_reference <= 0:
        at_reference = carm.source_isocentre_mm
    width, height = carm.detector_mm
    area_cm2 = width * height * open_share / 100.0
    at_detector = air_kerma_per_mas(beam, carm.source_detector_mm) * mas
    return Exposure(
        tube_voltage_kv=beam.tube_voltage_kv,
        mas=mas,
        reference_kerma_ugy=air_kerma_per_mas(beam, at_reference) * mas,
        kerma_area_ugy_cm2=at_detector * area_cm2,
        detector_kerma_ugy=detector_kerma_ugy,
    )


def candidate_beams(filters: Filters) -> tuple[Beam, ...]:
    """Return the beams among which the automatic exposure chooses, lowest voltage first."""
    return tuple(Beam(tube_voltage_kv=kv, filters=filters) for kv in _VOLTAGES_KV)
