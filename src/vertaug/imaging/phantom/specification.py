"""What a phantom is asked to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from vertaug.case.errors import InputError

PHANTOM_LEVELS: tuple[str, ...] = ("T11", "T12", "L1", "L2", "L3")
"""Levels that carry a label and a truth."""

RENDERED_LEVELS: tuple[str, ...] = ("T10", *PHANTOM_LEVELS, "L4")
"""Levels that are drawn; the outermost are cut by the usual field of view and not labelled."""

HU_PER_MG_PER_ML: Mapping[float, float] = MappingProxyType(
    {80.0: 1.82, 100.0: 1.51, 120.0: 1.33, 140.0: 1.21}
)
"""Hounsfield units per mg/ml K2HPO4 by tube voltage (physics reference 1.1, computed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeightLoss:
    """Share of the intact height that a vertebral body has lost, each in [0, 0.7].

    The shape follows from the three numbers: most loss in front is a wedge, most in the middle
    is biconcave, most behind (or the same everywhere) is a crush.
    """

    anterior: float = 0.0
    middle: float = 0.0
    posterior: float = 0.0

    def __post_init__(self) -> None:
        for name in ("anterior", "middle", "posterior"):
            value = getattr(self, name)
            if not 0.0 <= value <= 0.7:
                message = f"height loss {name} must lie in [0, 0.7]; got {value}"
                raise InputError(message)

    @property
    def largest(self) -> float:
        """The largest of the three."""
        return max(self.anterior, self.middle, self.posterior)


DEFAULT_LOSS: Mapping[str, HeightLoss] = MappingProxyType(
    {"L1": HeightLoss(anterior=0.34, middle=0.27, posterior=0.05)}
)
"""A moderate wedge fracture of L1 (Genant grade 2)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhantomSpec:
    """A thoracolumbar CT to build.

    Attributes
    ----------
    height_loss : mapping of str to HeightLoss
        Fractured levels among T11-L3 and what they lost; levels not named are intact.
    retropulsion_mm : float
        How far the upper posterior wall of each fractured body bulges into the canal.
    gas_cleft : bool
        Whether the most collapsed body holds an intravertebral gas cleft.
    trabecular_density_mg_per_ml : float
        K2HPO4-equivalent density of the core of the bodies; below 80 is osteoporosis by
        quantitative CT (physics reference 1.2).
    spacing_mm, field_of_view_mm, centre_mm : tuple of float
        Voxel size along i, j, k; extent of the grid; where its centre lies from the origin
        (centre of the body of L1) along the grid's axes.
    grid_rotation_deg : tuple of float
        Oblique direction cosines of the stored grid: rotations about x, y, z, in this order.
    rotation_deg, translation_mm : tuple of float
        Pose of the patient in LPS: rotations about x (left), y (posterior), z (superior), in
        this order, about the origin, then the translation.
    scoliosis_deg : float
        Coronal angle between T11 and L3, apex L1, with coupled axial rotation.
    noise_hu : float
        Standard deviation of the image noise in soft tissue.
    sharpness_mm : float
        Standard deviation of the scanner's point-spread function.
    kvp : float
        Tube voltage: 80, 100, 120 or 140.
    seed : int
        Of noise and texture.
    """

    height_loss: Mapping[str, HeightLoss] = field(default_factory=lambda: dict(DEFAULT_LOSS))
    retropulsion_mm: float = 1.5
    gas_cleft: bool = False
    trabecular_density_mg_per_ml: float = 62.0
    spacing_mm: tuple[float, float, float] = (0.8, 0.8, 1.0)
    field_of_view_mm: tuple[float, float, float] = (180.0, 180.0, 200.0)
    centre_mm: tuple[float, float, float] = (0.0, 14.0, -4.0)
    grid_rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    translation_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scoliosis_deg: float = 0.0
    noise_hu: float = 18.0
    sharpness_mm: float = 0.55
    kvp: float = 120.0
    seed: int = 20120

    def __post_init__(self) -> None:
        unknown = [name for name in self.height_loss if name not in PHANTOM_LEVELS]
        if unknown:
            expected = ", ".join(PHANTOM_LEVELS)
            message = f"the phantom can fracture {expected}; got {', '.join(unknown)}"
            raise InputError(message)
        ordered = {n: self.height_loss[n] for n in PHANTOM_LEVELS if n in self.height_loss}
        object.__setattr__(self, "height_loss", MappingProxyType(ordered))
        if self.kvp not in HU_PER_MG_PER_ML:
            known = ", ".join(f"{kv:g}" for kv in HU_PER_MG_PER_ML)
            message = f"the phantom knows tube voltages {known} kV; got {self.kvp:g}"
            raise InputError(message)
        self._check_ranges()

    def _check_ranges(self) -> None:
        limits = {
            "retropulsion_mm": (0.0, 6.0),
            "trabecular_density_mg_per_ml": (20.0, 250.0),
            "spacing_mm": (0.3, 5.0),
            "field_of_view_mm": (20.0, 400.0),
            "centre_mm": (-200.0, 200.0),
            "rotation_deg": (-25.0, 25.0),
            "grid_rotation_deg": (-25.0, 25.0),
            "scoliosis_deg": (-40.0, 40.0),
            "noise_hu": (0.0, 150.0),
            "sharpness_mm": (0.0, 2.0),
        }
        for name, (low, high) in limits.items():
            values = np.atleast_1d(getattr(self, name))
            if not np.all((values >= low) & (values <= high)):
                message = f"{name} must lie in [{low:g}, {high:g}]; got {getattr(self, name)}"
                raise InputError(message)

    def loss(self, level: str) -> HeightLoss:
        """Return what a level lost; nothing for intact levels."""
        return self.height_loss.get(level, HeightLoss())
