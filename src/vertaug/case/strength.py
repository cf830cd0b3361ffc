"""Stiffness and strength of a vertebra, before and after cement."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, Grid, read_only
from vertaug.case.strength_gain import end_slope
from vertaug.case.strength_neighbour import IntactNeighbour


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureLoad:
    """A failure load by one definition; loads of different definitions must not be compared.

    Attributes
    ----------
    name : str
        Short name of the definition.
    formula : str
        The definition in words.
    source : str
        Who uses it.
    force_n : float or None
        None where this computation cannot give it.
    displacement_mm : float or None
        Of the platen where the load lies.
    reason : str
        Why there is none.
    """

    name: str
    formula: str
    source: str
    force_n: float | None
    displacement_mm: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StrengthCurve:
    """Force over displacement of the superior platen, downward; the first point is the origin.

    Attributes
    ----------
    displacement_mm, force_n : (n,) float64 arrays
    yielded : (n,) float64 array
        Share of the volume of bone and caps that has yielded.
    yielded_bone : (n,) float64 array or None
        Share of the volume of bone alone, caps left out; None where it is not known.
    """

    displacement_mm: FloatArray
    force_n: FloatArray
    yielded: FloatArray
    yielded_bone: FloatArray | None = None

    def __post_init__(self) -> None:
        for name in (f.name for f in fields(self)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StrengthField:
    """What the voxels of a model are, and what happens in them; for pictures.

    Attributes
    ----------
    grid : Grid
        Axes left, posterior, superior of the vertebra.
    bone_mpa, filler_mpa : (ni, nj, nk) float32 arrays
        Modulus of bone, and of caps and cement.
    cement_share : (ni, nj, nk) float32 array
        Share of the marrow space that cement fills.
    energy_mpa : (ni, nj, nk) float32 array
        Strain energy per volume at the apparent strain of the linear failure load.
    plastic_strain : (ni, nj, nk) float32 array or None
        Equivalent plastic strain at the end of the curve; None in a linear computation.
    displacement_mm : (ni + 1, nj + 1, nk + 1, 3) float32 array
        Of the nodes along the grid's axes, at the same load as the energy; node (i, j, k) is the
        lower corner of voxel (i, j, k).
    crushed_mm : (ni + 1, nj + 1, nk + 1, 3) float32 array or None
        The same at the end of the curve.
    superior_nodes, inferior_nodes : (n, 3) int64 arrays
        Nodes at the platens.
    density_mg_per_ml : (ni, nj, nk) float32 array or None
        Of the image in voxels of bone, 0 elsewhere; None where it is not known.
    anisotropic : bool
        Whether bone is transversely isotropic.
    """

    grid: Grid
    bone_mpa: NDArray[np.float32]
    filler_mpa: NDArray[np.float32]
    cement_share: NDArray[np.float32]
    energy_mpa: NDArray[np.float32]
    plastic_strain: NDArray[np.float32] | None
    displacement_mm: NDArray[np.float32]
    crushed_mm: NDArray[np.float32] | None
    superior_nodes: NDArray[np.int64]
    inferior_nodes: NDArray[np.int64]
    density_mg_per_ml: NDArray[np.float32] | None = None
    anisotropic: bool = False

    def __post_init__(self) -> None:
        whole = ("superior_nodes", "inferior_nodes")
        plain = ("grid", "anisotropic")
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if value is not None and name not in plain:
                kind = np.int64 if name in whole else np.float32
                object.__setattr__(self, name, read_only(value, kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndplateLoad:
    """How one endplate takes an axial force of 1 kN through half a disc.

    Attributes
    ----------
    name : str
        ``superior`` or ``inferior``.
    central_mpa, rim_mpa, peak_mpa : float
        Pressure at the middle of the disc: mean of the inner and of the outer third of its area,
        and 95th percentile.
    bulge_mm : float
        How much farther the inner third of the endplate moves into the body than its outer third.
    centre_left_mm, centre_posterior_mm : float
        Centre of pressure, from the middle of the disc's area.
    """

    name: str
    central_mpa: float
    rim_mpa: float
    peak_mpa: float
    bulge_mm: float
    centre_left_mm: float
    centre_posterior_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscLoad:
    """The vertebra between two halves of discs, linear.

    Attributes
    ----------
    stiffness_n_per_mm : float
        Of all three in compression.
    plates : tuple of EndplateLoad
        Superior, inferior.
    """

    stiffness_n_per_mm: float
    plates: tuple[EndplateLoad, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLevel:
    """How the axial force passes one transverse layer in linear compression.

    Attributes
    ----------
    name : str
        ``superior``, ``middle`` or ``inferior`` layer of the body.
    shell, core, cap : float
        Shares of the force that bone near the side wall, bone inside, and caps carry.
    cement : float
        Share through voxels that hold cement; it is part of the others.
    left : float
        Share left of the middle of the bone; 0.5 is even.
    """

    name: str
    shell: float
    core: float
    cap: float
    cement: float
    left: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StrengthState:
    """A vertebra between platens, as it is or with cement.

    Attributes
    ----------
    stiffness_n_per_mm : float
        In compression.
    bending_nmm_per_rad : mapping of str to float
        ``flexion`` and ``bend_left``; linear, so extension and the other side are the same.
    failure_loads : tuple of FailureLoad
    main : str
        Name of the definition that stands for the failure load.
    curve : StrengthCurve or None
        None in a linear computation.
    yielded : mapping of str to float
        Share of the bone's volume that has yielded at the end of the curve: ``all``, by height
        ``superior``, ``middle``, ``inferior`` (thirds), and ``shell``, ``core``; empty in a
        linear computation.
    levels : tuple of LoadLevel
    asymmetry : float
        How far the left half's share of the force departs from a half, at most, over all layers
        without caps.
    peak_energy_mpa : float
        95th percentile of the strain energy per volume of bone, at the apparent strain of the
        linear failure load.
    field : StrengthField
    disc_load : DiscLoad or None
        How the endplates take their load from soft discs; None where it was not computed.
    """

    stiffness_n_per_mm: float
    bending_nmm_per_rad: Mapping[str, float]
    failure_loads: tuple[FailureLoad, ...]
    main: str
    curve: StrengthCurve | None
    yielded: Mapping[str, float]
    levels: tuple[LoadLevel, ...]
    asymmetry: float
    peak_energy_mpa: float
    field: StrengthField
    disc_load: DiscLoad | None = None

    def __post_init__(self) -> None:
        for name in ("bending_nmm_per_rad", "yielded"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        if self.main_load.force_n is None:
            message = f"the failure load {self.main!r} has no value and cannot be the main one"
            raise InputError(message)

    @property
    def main_load(self) -> FailureLoad:
        """The failure load that stands for this state."""
        for load in self.failure_loads:
            if load.name == self.main:
                return load
        message = f"no failure load is called {self.main!r}"
        raise InputError(message)

    @property
    def end_slope(self) -> float | None:
        """Slope of the last step of the curve as a share of the elastic stiffness."""
        curve = self.curve
        if curve is None:
            return None
        return end_slope(curve.displacement_mm, curve.force_n, self.stiffness_n_per_mm)

    @property
    def failure_load_n(self) -> float:
        """Force of the main failure load."""
        return float(self.main_load.force_n or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Competitors:
    """Simple measures beside the finite elements.

    Attributes
    ----------
    areal_mg_per_cm2, integral_mg_per_ml, trabecular_mg_per_ml : float or None
        Densities of the body, K2HPO4; None where no anatomy was given or there is no core.
    minimum_rigidity_n : float or None
        Modulus times area of the weakest layer without caps; None if there is no such layer.
    strength_by_rigidity_n : float or None
        That times the strain of the linear failure load.
    """

    areal_mg_per_cm2: float | None = None
    integral_mg_per_ml: float | None = None
    trabecular_mg_per_ml: float | None = None
    minimum_rigidity_n: float | None = None
    strength_by_rigidity_n: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DensitySensitivity:
    """The vertebra before, computed with densities one standard uncertainty lower and higher.

    Attributes
    ----------
    density_mg_per_ml, uncertainty_mg_per_ml : float
        Mean of the body and its standard uncertainty.
    stiffness_n_per_mm, failure_load_n : tuple of float
        At the lower and at the higher density.
    definition : str
        Of that failure load.
    """

    density_mg_per_ml: float
    uncertainty_mg_per_ml: float
    stiffness_n_per_mm: tuple[float, float]
    failure_load_n: tuple[float, float]
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StrengthAssessment:
    """What one vertebra bears.

    Attributes
    ----------
    level : str
    before : StrengthState
    after : StrengthState or None
        With cement; None where none was asked for.
    cement_ml : float or None
    competitors : Competitors
        Of the vertebra before.
    sensitivity : DensitySensitivity or None
        None where the uncertainty of the density is not known.
    height_mm : float
        Of the body, for apparent strain.
    spacing_mm : float
    voxels : int
        Of bone and caps.
    method : tuple of str
        How it was computed, in sentences, with sources.
    notes : tuple of str
        What limits this case.
    assumed_cement : bool
        Whether the cement is an assumed shape, not an injection.
    neighbour : IntactNeighbour or None
        Of a fractured level; None of an intact one, or where there is none.
    no_neighbour : str
        Why a fractured level has none.
    after_balloons : bool
        Whether the cement lies in bone that balloons had moved and compacted.
    after_height_mm : float or None
        Of that bone; None where the height is that of before.
    """

    level: str
    before: StrengthState
    after: StrengthState | None
    cement_ml: float | None
    competitors: Competitors
    sensitivity: DensitySensitivity | None
    height_mm: float
    spacing_mm: float
    voxels: int
    method: tuple[str, ...]
    notes: tuple[str, ...]
    assumed_cement: bool = False
    neighbour: IntactNeighbour | None = None
    no_neighbour: str = ""
    after_balloons: bool = False
    after_height_mm: float | None = None

    def height_of(self, state: StrengthState) -> float:
        """Return the height of the body that the apparent strain of a state refers to, mm."""
        own = self.after_height_mm
        return self.height_mm if state is self.before or own is None else own

    @property
    def load_ratio(self) -> float | None:
        """Failure load after over before, None without cement."""
        if self.after is None:
            return None
        return self.after.failure_load_n / self.before.failure_load_n

    @property
    def load_ratios(self) -> dict[str, float]:
        """Failure load after over before by each definition that both have."""
        if self.after is None:
            return {}
        after = {load.name: load.force_n for load in self.after.failure_loads}
        return {
            load.name: (after.get(load.name) or 0.0) / load.force_n
            for load in self.before.failure_loads
            if load.force_n and after.get(load.name)
        }

    @property
    def stiffness_ratio(self) -> float | None:
        """Stiffness after over before, None without cement."""
        if self.after is None:
            return None
        return self.after.stiffness_n_per_mm / self.before.stiffness_n_per_mm
