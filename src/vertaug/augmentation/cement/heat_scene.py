"""Cement among tissues on a box: what conducts heat there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.heat_tissue import TISSUES, HeatTissue, heat_tissues
from vertaug.augmentation.cement.product import CementProduct
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.numerics.conduction import HeatBody

_CEMENT_STOPS_BLOOD = 0.1
"""Share of a voxel that is cement from which on no blood flows through it: a design default."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatScene:
    """Cement among tissues, on a box.

    Attributes
    ----------
    spacing_mm : (3,) float64 array
    tissue : (ni, nj, nk) uint8 array
        Position of each voxel's tissue in `TISSUES`.
    cement : (ni, nj, nk) float64 array
        Share of the voxel's whole volume that is cement, 0 to 1.
    regions : mapping of name to (ni, nj, nk) bool array
        Where dose is counted, e.g. ``canal``, ``endplate_superior``.
    tissues : dict of HeatTissue
        As `heat_tissues` returns it.
    body_c : float
        Of blood, of the box's sides and of tissue at the start.
    held : (3, 2) bool array
        Sides of the box (axis; lower, upper) that stay at ``body_c``; others are insulated.
    """

    spacing_mm: FloatArray
    tissue: NDArray[np.uint8]
    cement: FloatArray
    regions: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    tissues: dict[str, HeatTissue] = field(default_factory=heat_tissues)
    body_c: float = 37.0
    held: NDArray[np.bool_] = field(default_factory=lambda: np.ones((3, 2), dtype=bool))

    def __post_init__(self) -> None:
        shape = self.cement.shape
        masks = {"tissue": self.tissue, **self.regions}
        wrong = [name for name, a in masks.items() if a.shape != shape]
        if len(shape) != 3 or wrong:
            message = f"cement has shape {shape}; expected the same, in 3D, of {wrong or 'it'}"
            raise InputError(message)
        if not (
            np.isfinite(self.cement).all() and 0.0 <= self.cement.min() <= self.cement.max() <= 1
        ):
            message = "shares of cement are expected within 0 to 1"
            raise InputError(message)
        if self.tissue.max() >= len(TISSUES):
            message = f"tissues are expected as positions in {TISSUES}; got {self.tissue.max()}"
            raise InputError(message)
        empty = [name for name, mask in self.regions.items() if not mask.any()]
        if empty:
            message = f"regions without a voxel: {', '.join(empty)}; leave them out"
            raise InputError(message)
        if not self.cement.any():
            message = "there is no cement that could harden"
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatMixture:
    """Tissues of a box that share their voxels with more and more cement.

    Attributes
    ----------
    scene : HeatScene
        Its cement does not count.
    product : CementProduct
    conductivity, capacity, sink : (ni, nj, nk) float64 arrays
        Of the tissue alone: mJ/(s mm K), mJ/(mm3 K), and by blood mJ/(s mm3 K).
    """

    scene: HeatScene
    product: CementProduct
    conductivity: FloatArray
    capacity: FloatArray
    sink: FloatArray

    @property
    def cement_capacity(self) -> float:
        """Heat capacity of cement per volume, mJ/(mm3 K)."""
        product = self.product
        return 1e-3 * product.density_g_per_ml.value * product.heat_capacity_j_per_kg_k.value

    def body(self, cement: FloatArray) -> HeatBody:
        """Return what conducts, tissue and cement side by side in each voxel.

        Parameters
        ----------
        cement : (ni, nj, nk) float64 array
            Share of each voxel, 0 to 1.
        """
        scene, own_k = self.scene, self.product.conductivity_w_per_m_k.value
        return HeatBody(
            spacing_mm=np.asarray(scene.spacing_mm, dtype=np.float64),
            conductivity=_mix(self.conductivity, own_k, cement),
            capacity=_mix(self.capacity, self.cement_capacity, cement),
            perfusion=np.where(cement < _CEMENT_STOPS_BLOOD, self.sink, 0.0),
            blood_c=scene.body_c,
            held=scene.held,
            border_c=scene.body_c,
        )

    def with_fresh(
        self, temperature_c: FloatArray, fresh: FloatArray, fresh_c: float
    ) -> FloatArray:
        """Return the temperatures once cement has taken the place of tissue.

        Parameters
        ----------
        temperature_c : (ni, nj, nk) float64 array
            Before.
        fresh : (ni, nj, nk) float64 array
            Share of each voxel that comes in as cement.
        fresh_c : float
            Of the cement that comes in.
        """
        at = np.flatnonzero(fresh)
        share, out = fresh.reshape(-1)[at], temperature_c.copy()
        total = _mix(self.capacity.reshape(-1)[at], self.cement_capacity, share)
        warm = out.reshape(-1)
        warm[at] += share * self.cement_capacity / total * (fresh_c - warm[at])
        return out


def _mix(tissue: FloatArray, own: float, cement: FloatArray) -> FloatArray:
    """Return ``(1 - cement) tissue + cement own``."""
    out = own - tissue
    out *= cement
    out += tissue
    return out


def mixture_of(scene: HeatScene, product: CementProduct) -> HeatMixture:
    """Return the tissues of a scene, to be mixed with cement.

    Parameters
    ----------
    scene : HeatScene
    product : CementProduct
    """
    known = [scene.tissues[name] for name in TISSUES]
    conductivity = [tissue.conductivity_w_per_m_k.value for tissue in known]
    return HeatMixture(
        scene=scene,
        product=product,
        conductivity=np.array(conductivity)[scene.tissue],
        capacity=np.array([tissue.capacity_mj_per_mm3_k for tissue in known])[scene.tissue],
        sink=np.array([tissue.sink_mj_per_s_mm3_k for tissue in known])[scene.tissue],
    )
