"""Bone that was crushed once: softer and weaker than before, and not thinner.

Experiments on cement test a vertebra intact, crush it by a quarter of its height, fill it and test
it again. Two descriptions of the crushed bone, both from tests and neither fitted to what cement
does to it afterwards:

- From the strain of each voxel: Keaveny, Wachtel, Kopperdahl, J Orthop Res 1999;17:346. Human
  vertebral trabecular bone compressed to a total strain of 1 to 3 % and loaded again has about the
  secant modulus from the origin to where it was unloaded ("perfect damage"). Its modulus had
  fallen by 5.2 to 91.0 %, its strength by 3.6 to 63.8 %, with the strain and not with the density
  (recalled: the paper was not at hand).
- From the whole vertebra: Wegrzyn and others, J Bone Miner Res 2011;26:739 (PMC3179325, abstract
  read). 21 human L3 compressed by 25 % of their height and tested again after 30 minutes:
  stiffness 53 (SD 18) % and failure load 11 (SD 19) % lower.

They disagree on strength: crushed bone gets denser, which small strains do not know.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.mechanics.comparison_fields import equivalent_strain
from vertaug.mechanics.model import VertebraModel
from vertaug.mechanics.plastic import PlasticResult


@dataclass(frozen=True, slots=True, kw_only=True)
class OverloadLaw:
    """What a voxel of bone keeps after an overload.

    Attributes
    ----------
    strength_ratio : float
        Loss of strength relative to the loss of modulus, both as shares. 0.70: 3.6 / 5.2 and
        63.8 / 91.0 of Keaveny 1999 (recalled).
    largest_strain : float
        Total strain beyond which the losses grow no further: 3 %, where the tests end (recalled).
    """

    strength_ratio: float = 0.70
    largest_strain: float = 0.03

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength_ratio <= 1.0:
            message = (
                "strength is lost at most as fast as modulus, so their ratio is 0 to 1; got "
                f"{self.strength_ratio:g}"
            )
            raise InputError(message)
        if not 0.0 < self.largest_strain <= 1.0:
            message = f"a largest strain is above 0 and at most 1; got {self.largest_strain:g}"
            raise InputError(message)

    def modulus_left(self, yield_strain: ArrayLike, plastic_strain: ArrayLike) -> FloatArray:
        """Return the share of the modulus that is left: ``e_y / (e_y + e_p)``.

        The secant to the point of unloading of a material that yields at the strain e_y and then
        flows at constant stress by the plastic strain e_p.

        Parameters
        ----------
        yield_strain : array-like
            Above 0.
        plastic_strain : array-like
            Equivalent, 0 or more.

        Raises
        ------
        InputError
            If a strain is out of its range.
        """
        first = np.asarray(yield_strain, dtype=np.float64)
        flowed = np.asarray(plastic_strain, dtype=np.float64)
        if not (np.all(first > 0.0) and np.all(flowed >= 0.0) and np.isfinite(flowed).all()):
            message = "a yield strain is above 0 and a plastic strain 0 or more"
            raise InputError(message)
        total = np.minimum(first + flowed, np.maximum(self.largest_strain, first))
        return np.asarray(first / total)

    def strength_left(self, yield_strain: ArrayLike, plastic_strain: ArrayLike) -> FloatArray:
        """Return the share of the strength that is left; parameters as in `modulus_left`."""
        lost = 1.0 - self.modulus_left(yield_strain, plastic_strain)
        return np.asarray(1.0 - self.strength_ratio * lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvenLoss:
    """Losses of a whole vertebra, given to all of its bone alike.

    Attributes
    ----------
    modulus, strength : float
        Shares lost, 0 to below 1.
    source : str
    """

    modulus: float
    strength: float
    source: str

    def __post_init__(self) -> None:
        for name in ("modulus", "strength"):
            lost = getattr(self, name)
            if not 0.0 <= lost < 1.0:
                message = f"the share of {name} lost is 0 to below 1; got {lost:g}"
                raise InputError(message)


WEGRZYN_2011 = EvenLoss(
    modulus=0.53, strength=0.11, source="Wegrzyn 2011, 21 human L3 after 25 % of their height"
)
"""Means; standard deviations 0.18 and 0.19."""


def weaken_by_strain(
    model: VertebraModel, crushed: PlasticResult, law: OverloadLaw | None = None
) -> VertebraModel:
    """Return a model after the overload that left a plastic strain in it.

    The shape stays that of the model: height and density are not changed. Caps and cement keep
    what they had.

    Parameters
    ----------
    model : VertebraModel
        The one that was crushed, with strengths.
    crushed : PlasticResult
    law : OverloadLaw, optional

    Raises
    ------
    InputError
        If the result is not of this model.
    """
    law = law or OverloadLaw()
    strain = np.asarray(equivalent_strain(crushed), dtype=np.float64)
    if strain.shape != model.grid.shape:
        message = f"the crushed body has {strain.shape} voxels, the model {model.grid.shape}"
        raise InputError(message)
    hurt = _bone_alone(model) & (model.strength_mpa > 0.0) & (strain > 0.0)
    first = model.strength_mpa[hurt] / model.bone_mpa[hurt]
    modulus, strength = np.ones(model.grid.shape), np.ones(model.grid.shape)
    modulus[hurt] = law.modulus_left(first, strain[hurt])
    strength[hurt] = law.strength_left(first, strain[hurt])
    return _scale(model, modulus, strength)


def weaken_evenly(model: VertebraModel, loss: EvenLoss = WEGRZYN_2011) -> VertebraModel:
    """Return a model all of whose bone lost the same shares of modulus and strength."""
    bone = _bone_alone(model)
    return _scale(
        model, np.where(bone, 1.0 - loss.modulus, 1.0), np.where(bone, 1.0 - loss.strength, 1.0)
    )


def _bone_alone(model: VertebraModel) -> NDArray[np.bool_]:
    known = np.isfinite(model.strength_mpa)
    return np.asarray((model.bone_mpa > 0.0) & (model.filler_mpa == 0.0) & known)


def _scale(model: VertebraModel, modulus: FloatArray, strength: FloatArray) -> VertebraModel:
    return replace(
        model, bone_mpa=model.bone_mpa * modulus, strength_mpa=model.strength_mpa * strength
    )
