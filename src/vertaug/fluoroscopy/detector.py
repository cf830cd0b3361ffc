"""The receptor: what it absorbs, how it blurs, how much noise it has."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.tissue.material import CAESIUM_IODIDE, xray_energies_kev


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """An energy-integrating flat detector, and the focal spot that blurs with it.

    Attributes
    ----------
    scintillator_mm : float
        Caesium iodide.
    blur_mm : float
        Standard deviation of the scintillator's spread.
    focal_spot_mm : float
        Width of the focal spot; its penumbra at the isocentre blurs the image before noise.
    target_kerma_ugy : float
        Air kerma at the detector per frame that the automatic exposure holds in its field.
    electronic_noise_quanta : float
        Standard deviation of a pixel without X-rays, in absorbed quanta.
    source : str
        Where the values come from.
    """

    scintillator_mm: float = 0.6
    blur_mm: float = 0.12
    focal_spot_mm: float = 0.6
    target_kerma_ugy: float = 0.03
    electronic_noise_quanta: float = 2.0
    source: str = "typical of flat detectors in fluoroscopy, 20-40 nGy a frame (recalled)"

    def __post_init__(self) -> None:
        positive = (self.scintillator_mm, self.target_kerma_ugy)
        if min(positive) <= 0 or min(self.blur_mm, self.focal_spot_mm) < 0:
            message = f"a detector needs a scintillator, a target and no negative blur; got {self}"
            raise InputError(message)

    def absorbed(self) -> FloatArray:
        """Return the share of photons absorbed at the table's energies, shape (n,)."""
        attenuation = CAESIUM_IODIDE.attenuation_per_mm
        return np.asarray(1.0 - np.exp(-attenuation * self.scintillator_mm))

    def absorbed_at(self, energy_kev: float) -> float:
        """Return the share of photons of one energy that is absorbed."""
        depth = CAESIUM_IODIDE.attenuation_at(energy_kev) * self.scintillator_mm
        return float(-np.expm1(-depth))

    def response(self) -> FloatArray:
        """Return the signal a photon leaves at the table's energies: energy absorbed, keV."""
        return self.absorbed() * xray_energies_kev()
