"""Needle plans: paths, margins, working views, cement target."""

from dataclasses import dataclass
from enum import StrEnum

from vertaug.case.grid import FloatArray, read_only
from vertaug.case.instrument import Needle


class Procedure(StrEnum):
    """The two procedures of vertebral augmentation."""

    VERTEBROPLASTY = "vertebroplasty"
    KYPHOPLASTY = "kyphoplasty"


class Route(StrEnum):
    """How the needle reaches the body."""

    TRANSPEDICULAR = "transpedicular"
    PARAPEDICULAR = "parapedicular"
    FAR_LATERAL = "far_lateral"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMargins:
    """Clearances of the needle's outer surface in mm; negative where it cuts; None if not met.

    Attributes
    ----------
    canal_mm : float
        To the vertebral canal, over the whole path.
    pedicle_mm : float or None
        To the outer cortex of the pedicle while inside it (transpedicular route only).
    anterior_wall_mm, posterior_wall_mm, lateral_wall_mm : float
        Of the tip part inside the body, to the walls from within.
    superior_endplate_mm, inferior_endplate_mm : float
        Of the path inside the body, to the endplates from within.
    facet_mm : float or None
        To the bone of the neighbouring vertebrae at the articular processes (facet joints).
    neighbour_mm : float or None
        To any bone of the neighbouring vertebrae.
    pedicle_medial_mm, pedicle_lateral_mm, pedicle_superior_mm, pedicle_inferior_mm : float or None
        The pedicle's clearance by quarter of its cross-section (transpedicular route only).
    medial_wall_mm : float or None
        While dorsal to the posterior wall, how far the needle stays lateral to the medial border
        of the pedicle (clinical reference 3.4); None without a pedicle on that side.
    """

    canal_mm: float
    pedicle_mm: float | None
    anterior_wall_mm: float
    posterior_wall_mm: float
    lateral_wall_mm: float
    superior_endplate_mm: float
    inferior_endplate_mm: float
    facet_mm: float | None
    neighbour_mm: float | None
    pedicle_medial_mm: float | None = None
    pedicle_lateral_mm: float | None = None
    pedicle_superior_mm: float | None = None
    pedicle_inferior_mm: float | None = None
    medial_wall_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeedlePath:
    """One straight needle from the skin through bone to its tip.

    Attributes
    ----------
    entry_lps_mm, target_lps_mm : (3,) float64 arrays
        Where the axis meets the bone's outer surface, and the tip.
    skin_entry_lps_mm : (3,) float64 array or None
        Where the axis meets the skin; None if the skin is outside the scan.
    length_mm : float
        Bone entry to tip.
    skin_depth_mm : float or None
        Skin to bone entry.
    axial_angle_deg, sagittal_angle_deg : float
        In the vertebra frame: convergence toward the midline on the way forward, and caudal
        inclination on the way forward.
    entry_angle_deg : float or None
        Between the needle and the bone's surface at the entry; 90 is upright.
    gertzbein_robbins : str or None
        A to E by the breach of the pedicle wall (transpedicular route only).
    tip_thirds : tuple of str
        Where the tip lies: (``anterior``, ``middle``, ``posterior``), (``superior``, ...,
        ``inferior``), (``left``, ``middle``, ``right``) third of the body.
    tip_depth_fraction : float
        0 at the posterior, 1 at the anterior wall.
    safe : bool
        Whether every required margin is kept.
    violations : tuple of str
        Margins that are not kept, in words with figures.
    breach_probability : float or None
        Share of needles within the cone of error about this one that breach a wall.
    balloon_mm : float or None
        Kyphoplasty: the longest balloon with room on this path, 0 if none has.
    notes : tuple of str
        What else to know about this path (skin outside the scan, balloon that fits).
    """

    side: str
    needle: Needle
    entry_lps_mm: FloatArray
    target_lps_mm: FloatArray
    skin_entry_lps_mm: FloatArray | None
    length_mm: float
    skin_depth_mm: float | None
    axial_angle_deg: float
    sagittal_angle_deg: float
    margins: PathMargins
    gertzbein_robbins: str | None
    tip_thirds: tuple[str, str, str]
    tip_depth_fraction: float
    safe: bool
    violations: tuple[str, ...]
    entry_angle_deg: float | None = None
    breach_probability: float | None = None
    balloon_mm: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("entry_lps_mm", "target_lps_mm", "skin_entry_lps_mm"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, read_only(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPlan:
    """One way to do the procedure: one path, or one on each side.

    Attributes
    ----------
    score : float
        Objective in [0, 1], higher is better; ``score_terms`` are its parts, by name.
    sides : str
        ``left``, ``right`` or ``both``.
    """

    procedure: Procedure
    route: Route
    sides: str
    paths: tuple[NeedlePath, ...]
    score: float
    score_terms: tuple[tuple[str, float], ...]
    safe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingView:
    """C-arm angles in DICOM sign convention: LAO and CRA positive.

    Angles are those of the DICOM positioner, of the patient, not of the room; ``sentence`` says
    the view in words for the prone patient.
    """

    name: str
    primary_angle_deg: float
    secondary_angle_deg: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CementTarget:
    """How much cement to aim for, from the body's volume."""

    low_ml: float
    target_ml: float
    high_ml: float
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningResult:
    """All plans of one level, best first, with views and cement target.

    Attributes
    ----------
    plans : tuple of AccessPlan
        Ranked; may be empty or hold only unsafe plans.
    advice : tuple of str
        When nothing is safe: which margin fails and which smaller gauge would fit.
    objective : str
        The objective that ranked the plans, in words.
    """

    level: str
    needle: Needle
    plans: tuple[AccessPlan, ...]
    views: tuple[WorkingView, ...]
    cement: CementTarget
    advice: tuple[str, ...]
    objective: str

    def numbered(self) -> list[tuple[int, AccessPlan]]:
        """Return each plan with its rank, from 1, among those of its procedure."""
        counts: dict[Procedure, int] = {}
        found = []
        for plan in self.plans:
            counts[plan.procedure] = counts.get(plan.procedure, 0) + 1
            found.append((counts[plan.procedure], plan))
        return found
