"""Bone filled with acrylic cement: neither bone nor pure cement.

What is known (abstracts read; the papers' values of modulus are not in them):

- Kinzl, Boger, Zysset, Pahr 2011 (J Biomech 44:2732): 14 biopsies from augmented vertebrae, bone
  volume share 0.057 to 0.138, are weaker and less stiff than pure cement; their modulus follows
  the porosity of the cement and does not correlate with the bone (R2 < 0.05). Models of the
  cement without the bone fit better than with it: bone inside cement is "switched off".
- Kinzl, Boger, Zysset, Pahr 2012 (J Biomech 45:1478): shrinkage of the cement had broken the bone.
- Baroud, Nemes, Ferguson, Steffen 2003 (CMBBE 6:133): filled cores of osteoporotic vertebrae are
  8.5 times stiffer than before, and do not reach bulk cement.
- Zhao and others 2012 (PMC3438401) report from an earlier study of augmented foam that a modulus
  "considerably lower" than the rule of mixtures agreed with tests: the rules here are upper
  estimates but for `MixtureRule.SERIES`.
"""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.mechanics.bone_material import keep_largest_piece
from vertaug.mechanics.model import VertebraModel

_CEMENT_RANGE_MPA = (100.0, 10_000.0)
_LARGEST_BONE_SHARE = 0.5
_LEAST_SHARE = 1e-3
"""A voxel with less cement is left as it is."""
_BISECTIONS = 60
_FARTHEST_CENTRE_MM = 10.0
"""A needle tip may lie in a cleft or just before the wall."""


class MixtureRule(Enum):
    """How bone and cement share the load in a voxel that is partly filled.

    With s the share of the marrow space that is filled, phi the share of bone, E_b the modulus of
    the bone before and E_f = (1 - phi) E_cement that of a voxel filled with cement:
    """

    SWITCHED_OFF = "switched_off"
    """``(1 - s) E_b + s E_f``: bone carries nothing inside cement (Kinzl 2011), and filled and
    unfilled parts of a voxel stand side by side. The default."""
    PARALLEL = "parallel"
    """``E_b + s E_f``: bone and cement side by side (Voigt), the upper bound."""
    SERIES = "series"
    """``1 / ((1 - s) / E_b + s / E_f)``: filled and unfilled parts one upon the other (Reuss),
    the lower bound for parts that are as stiff as in `SWITCHED_OFF`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CementBone:
    """Cement and how it mixes with bone.

    Attributes
    ----------
    cement_mpa : float
        Modulus of the cement with its pores. 2450 MPa: finite elements of Leeds (Dryad db058,
        verified), within the 2.0 to 2.7 GPa of cements for vertebroplasty (Jasper 2002,
        verified); physics reference 3.1.
    cement_strength_mpa : float
        70 MPa, the least of ISO 5833 in compression (recalled).
    bone_share : float
        Share of a voxel that is bone tissue, where it is not known voxel by voxel. 0.10: middle of
        the 0.057 to 0.138 of Kinzl 2011.
    rule : MixtureRule
    """

    cement_mpa: float = 2450.0
    cement_strength_mpa: float = 70.0
    bone_share: float = 0.10
    rule: MixtureRule = MixtureRule.SWITCHED_OFF

    def __post_init__(self) -> None:
        object.__setattr__(self, "rule", MixtureRule(self.rule))
        low, high = _CEMENT_RANGE_MPA
        if not low <= self.cement_mpa <= high:
            message = (
                f"a cement has a modulus of {low:g} to {high:g} MPa (PMMA 2000 to 2700); got "
                f"{self.cement_mpa:g} MPa"
            )
            raise InputError(message)
        if not self.cement_strength_mpa > 0.0:
            message = f"a cement's strength is above 0; got {self.cement_strength_mpa:g} MPa"
            raise InputError(message)
        if not 0.0 <= self.bone_share <= _LARGEST_BONE_SHARE:
            message = (
                f"the share of bone tissue in trabecular bone is 0 to {_LARGEST_BONE_SHARE:g}; "
                f"got {self.bone_share:g}"
            )
            raise InputError(message)

    def mix(
        self, bone: ArrayLike, share: ArrayLike, bone_share: ArrayLike | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return the moduli of bone and of cement in voxels, MPa; their sum is the voxel's.

        A voxel never gets softer: where bone is stiffer than the mixture (cortex, which has no
        marrow space to speak of) it stays as it is. Voxels without bone hold cement alone.

        Parameters
        ----------
        bone : array-like
            Modulus before, MPa; 0 where there is no matter.
        share : array-like
            Share of the marrow space filled, 0 to 1.
        bone_share : array-like, optional
            Share of each voxel that is bone tissue; default: the one of this law everywhere.
        """
        return self._mix(np.asarray(bone, dtype=np.float64), share, bone_share, self.cement_mpa)

    def mix_strength(
        self, bone: ArrayLike, share: ArrayLike, bone_share: ArrayLike | None = None
    ) -> FloatArray:
        """Return the strength of voxels in MPa, by the same rule as the modulus."""
        before = np.asarray(bone, dtype=np.float64)
        parts = self._mix(before, share, bone_share, self.cement_strength_mpa)
        return np.asarray(parts[0] + parts[1])

    def _mix(
        self, bone: FloatArray, share: ArrayLike, bone_share: ArrayLike | None, cement: float
    ) -> tuple[FloatArray, FloatArray]:
        s = np.asarray(share, dtype=np.float64)
        void = bone <= 0.0
        tissue = self.bone_share if bone_share is None else np.asarray(bone_share, np.float64)
        filled = np.where(void, 1.0, 1.0 - tissue) * cement
        kept = bone if self.rule is MixtureRule.PARALLEL else (1.0 - s) * bone
        if self.rule is MixtureRule.SERIES:
            safe = np.where(void, 1.0, bone)
            total = 1.0 / ((1.0 - s) / safe + s / filled)
            added = np.where(void, s * filled, total - kept)
        else:
            added = s * filled
        stiffer = kept + added > bone
        return np.where(stiffer, kept, bone), np.where(stiffer, added, 0.0)


def with_cement(
    model: VertebraModel,
    share: NDArray[np.generic],
    law: CementBone | None = None,
    bone_share: FloatArray | None = None,
) -> VertebraModel:
    """Return the model with cement in its voxels.

    Caps stay as they are. Cement in empty voxels (a cleft, or leaked) counts where it hangs
    together with the rest; loose cement carries nothing and is left out.

    Parameters
    ----------
    model : VertebraModel
    share : (ni, nj, nk) array
        Share of the marrow space filled in each voxel, 0 to 1.
    law : CementBone, optional
    bone_share : (ni, nj, nk) array, optional
        Share of each voxel that is bone tissue; default: the one of the law everywhere.

    Raises
    ------
    InputError
        If the shares do not fit the model.
    """
    law = law or CementBone()
    s = _check_share(model, share)
    tissue = np.full(s.shape, law.bone_share) if bone_share is None else bone_share
    s = np.where((model.filler_mpa > 0.0) | (s < _LEAST_SHARE), 0.0, s)
    bone, cement = law.mix(model.bone_mpa, s, tissue)
    before = np.where(model.filled, model.strength_mpa, 0.0).astype(np.float64)
    # voxels that stay as stiff as they were hold no cement to speak of
    changed = (cement > 0.0) & np.isfinite(before)
    strength = np.array(before)
    strength[changed] = law.mix_strength(before[changed], s[changed], tissue[changed])
    filler = model.filler_mpa + cement
    kept = keep_largest_piece((bone > 0.0) | (filler > 0.0)) | model.filled
    return replace(
        model,
        bone_mpa=np.where(kept, bone, 0.0),
        filler_mpa=np.where(kept, filler, 0.0),
        strength_mpa=np.where(kept, strength, np.inf),
    )


def cement_volume_ml(
    model: VertebraModel,
    share: NDArray[np.generic],
    law: CementBone | None = None,
    bone_share: FloatArray | None = None,
) -> float:
    """Return the volume of cement that fills shares of the marrow space of a model."""
    law = law or CementBone()
    tissue = law.bone_share if bone_share is None else bone_share
    room = np.where(model.bone_mpa > 0.0, 1.0 - tissue, 1.0)
    s = _check_share(model, share)
    return float((s * room).sum() * model.grid.voxel_volume_mm3 / 1000.0)


def ellipsoid_share(
    model: VertebraModel,
    centre_mm: ArrayLike,
    volume_ml: float,
    aspect: ArrayLike = (1.0, 1.0, 1.0),
    law: CementBone | None = None,
) -> FloatArray:
    """Return the shares of an ellipsoid of cement within the bone of a model.

    The ellipsoid grows until the bone inside it holds the volume; what of it lies outside the
    bone or in a cap stays empty. At its surface the share falls over one voxel.

    Parameters
    ----------
    model : VertebraModel
    centre_mm : (3,) array-like
        LPS mm, as the model's grid.
    volume_ml : float
        Of cement.
    aspect : (3,) array-like
        Relative lengths of the half axes along the model's left, posterior, superior.
    law : CementBone, optional
        For the share of bone, which leaves no room for cement.

    Raises
    ------
    InputError
        If the bone cannot hold the volume, or a number cannot be used.
    """
    law = law or CementBone()
    ratio = np.asarray(aspect, dtype=np.float64)
    if ratio.shape != (3,) or not (np.isfinite(ratio).all() and ratio.min() > 0.0):
        message = f"the aspect of an ellipsoid is three lengths above 0; got {aspect!r}"
        raise InputError(message)
    bone = model.bone_mpa > 0.0
    room = cement_volume_ml(model, bone, law)
    if not 0.0 < volume_ml <= room:
        message = (
            f"the bone of the model has room for {room:.1f} ml of cement; got {volume_ml:g} ml"
        )
        raise InputError(message)
    _check_centre(model, centre_mm)
    spacing = model.grid.spacing_mm
    index = np.moveaxis(np.indices(model.grid.shape), 0, -1)
    offset = (index - model.grid.to_index(centre_mm)) * spacing
    across = np.linalg.norm(offset, axis=-1)
    size = np.linalg.norm(offset / ratio, axis=-1)
    # distance along the ray from the centre for each step of the scale
    step = np.where(size > 0.0, across / np.maximum(size, 1e-12), ratio.min())
    edge = float(spacing.mean())
    low, high = 0.0, float(size.max()) + 2.0 * edge / float(ratio.min())
    for _ in range(_BISECTIONS):
        scale = 0.5 * (low + high)
        share = np.clip(0.5 + (scale - size) * step / edge, 0.0, 1.0) * bone
        if cement_volume_ml(model, share, law) < volume_ml:
            low = scale
        else:
            high = scale
    return np.asarray(share)


def _check_centre(model: VertebraModel, centre_mm: ArrayLike) -> None:
    """Refuse a centre that no needle tip in this vertebra can have: a wrong frame, mostly."""
    spacing = model.grid.spacing_mm
    voxels = np.argwhere(model.bone_mpa > 0.0)
    offset = (voxels - model.grid.to_index(np.asarray(centre_mm, dtype=np.float64))) * spacing
    nearest = float(np.sqrt((offset**2).sum(axis=1).min()))
    if not nearest <= _FARTHEST_CENTRE_MM:
        message = (
            f"the centre of the cement lies {nearest:.0f} mm outside the bone (at most "
            f"{_FARTHEST_CENTRE_MM:g} mm); expected LPS mm of this CT"
        )
        raise InputError(message)


def _check_share(model: VertebraModel, share: NDArray[np.generic]) -> FloatArray:
    s = np.asarray(share, dtype=np.float64)
    if s.shape != model.grid.shape:
        message = f"shares of cement have shape {s.shape}, the model {model.grid.shape}"
        raise InputError(message)
    if not (np.isfinite(s).all() and s.min() >= 0.0 and s.max() <= 1.0):
        message = (
            f"shares of cement are 0 to 1; got {float(np.nanmin(s)):g} to {float(np.nanmax(s)):g}"
        )
        raise InputError(message)
    return s
