"""What was measured on the vertebrae: heights, ratios, grades, angles, canal, cleft."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from vertaug.case.level import sort_levels

WALL_ERROR_MM = 2.0
"""How far posterior wall and canal can be off; a coarser voxel counts more (design default)."""


class FractureShape(StrEnum):
    """Shape of a vertebral deformity by the height that lost most (Genant 1993)."""

    NONE = "none"
    WEDGE = "wedge"
    BICONCAVE = "biconcave"
    CRUSH = "crush"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeightSet:
    """Anterior, middle and posterior height in mm, or one ratio for each of them."""

    anterior: float
    middle: float
    posterior: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorWall:
    """Retropulsion and canal compromise at one level.

    Attributes
    ----------
    retropulsion_mm : float or None
        Largest distance of the posterior wall behind the line that joins the posterior
        corners of the neighbouring bodies (clinical reference 2.5); 0 if it lies in front.
    canal_depth_mm : float or None
        Mid-sagittal antero-posterior diameter of the canal, smallest over the body's height.
    canal_reference_mm : float or None
        Mean of the same diameter one level above and below.
    canal_compromise_percent : float or None
        ``(1 - depth / reference) * 100``, not below 0.
    """

    retropulsion_mm: float | None
    canal_depth_mm: float | None
    canal_reference_mm: float | None
    canal_compromise_percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleft:
    """Gas in the body: an intravertebral cleft, when it is large enough.

    Attributes
    ----------
    present : bool
        Whether it is called a cleft.
    volume_ml : float
        Of all gas.
    extent_mm : float
        Largest extent of one collection along the axes of the vertebra's frame.
    """

    present: bool
    volume_ml: float
    extent_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrabecularDensity:
    """Density of the cancellous bone of one body.

    Attributes
    ----------
    mean_hu, sd_hu : float
        Over the core of the body, away from cortex, endplates and gas.
    density_mg_per_ml, uncertainty_mg_per_ml : float or None
        K2HPO4-equivalent density and its standard uncertainty; None without a calibration.
    method : str
        How the density was made.
    """

    mean_hu: float
    sd_hu: float
    density_mg_per_ml: float | None
    uncertainty_mg_per_ml: float | None
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VertebraMeasurement:
    """Everything measured on one level.

    Attributes
    ----------
    heights_mm : HeightSet
        From the six points of the mid-sagittal section.
    heights_3d_mm : HeightSet
        Mean of the full height map over its anterior, middle and posterior third.
    own_ratios : HeightSet
        Heights divided by the own posterior height (wedge, biconcave, 1).
    reference_mm : HeightSet or None
        Expected heights; None if no reference could be formed.
    reference_method : str
        Where the reference comes from, in words.
    reference_levels : tuple of str
        The levels that the reference comes from; empty for level norms.
    loss_percent : HeightSet
        ``(1 - height / reference) * 100``, negative where the body is taller.
    profile_loss_percent : float or None
        Largest loss along the mid-sagittal height profile, against the same reference; a
        collapse need not be deepest at one of the six points.
    profile_loss_depth : float or None
        Where that is, as a share of the depth from the anterior wall.
    genant_grade : int
        0 to 3, quantitative, Genant-style: of the largest loss, six points and profile.
    shape : FractureShape
        By the height that lost most.
    depth_mm : float or None
        Of the body: mean distance of its anterior from its posterior corners.
    wedge_angle_deg : float
        Between the endplate lines of this body, kyphosis positive.
    local_kyphosis_deg : float or None
        Superior endplate of the level above to inferior endplate of this level.
    cobb_angle_deg : float or None
        Superior endplate of the level above to inferior endplate of the level below.
    body_volume_ml : float
        Volume of the body.
    predicted_volume_ml, lost_volume_ml : float or None
        Volume of the pre-fracture body predicted from the neighbours, and the loss against it;
        None for an unfractured level without any.
    endplate_residual_mm : tuple of float
        Root-mean-square residual of the superior and inferior endplate line.
    """

    level: str
    complete: bool
    heights_mm: HeightSet
    heights_3d_mm: HeightSet
    own_ratios: HeightSet
    reference_mm: HeightSet | None
    reference_method: str
    loss_percent: HeightSet
    genant_grade: int
    shape: FractureShape
    wedge_angle_deg: float
    local_kyphosis_deg: float | None
    cobb_angle_deg: float | None
    posterior_wall: PosteriorWall
    cleft: Cleft
    trabecular: TrabecularDensity
    body_volume_ml: float
    predicted_volume_ml: float | None
    lost_volume_ml: float | None
    endplate_residual_mm: tuple[float, float]
    notes: tuple[str, ...] = ()
    profile_loss_percent: float | None = None
    profile_loss_depth: float | None = None
    depth_mm: float | None = None
    reference_levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FractureAssessment:
    """All levels measured, and the level to treat.

    Attributes
    ----------
    level : str or None
        The level to treat: as given, or the one found; None if no level is fractured.
    level_source : str
        Why this level, in words.
    levels : mapping of str to VertebraMeasurement
        Cranio-caudal order.
    incomplete : mapping of str to str
        Levels that could not be measured, with the reason.
    """

    level: str | None
    level_source: str
    levels: Mapping[str, VertebraMeasurement]
    incomplete: Mapping[str, str]

    def __post_init__(self) -> None:
        ordered = {name: self.levels[name] for name in sort_levels(self.levels)}
        object.__setattr__(self, "levels", MappingProxyType(ordered))
        object.__setattr__(self, "incomplete", MappingProxyType(dict(self.incomplete)))
