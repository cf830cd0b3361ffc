"""The anatomy of a spine as later steps see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import LevelError
from vertaug.case.grid import FloatArray, read_only
from vertaug.case.level import sort_levels
from vertaug.case.volume import LabelMap, Scan, Volume


class Region(IntEnum):
    """Parts of a vertebra in its region map; numbers are vertaug's own, names go to files."""

    BACKGROUND = 0
    BODY = 1
    LEFT_PEDICLE = 2
    RIGHT_PEDICLE = 3
    ARCH = 4
    """Everything of the bone behind the pedicles: laminae, processes, articular masses."""
    CANAL = 5
    """The vertebral canal (not bone)."""


class PatientRegion(IntEnum):
    """Values of a patient volume: where the patient is in the scan."""

    AIR = 0
    """Air around the patient, and the couch."""
    PATIENT = 1
    NOT_MEASURED = 2
    """Voxels that the scanner filled up with padding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VertebraFrame:
    """The vertebra's own axes.

    Attributes
    ----------
    origin_lps_mm : (3,) float64 array
        Centroid of the vertebral body.
    axes : (3, 3) float64 array
        Columns: x to the patient's left, y posterior, z superior along the normal of the
        mid-plane between the endplates; orthonormal, right-handed, in LPS.
    """

    origin_lps_mm: FloatArray
    axes: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin_lps_mm", read_only(self.origin_lps_mm, np.float64))
        object.__setattr__(self, "axes", read_only(self.axes, np.float64))

    def to_world(self, points_mm: ArrayLike) -> FloatArray:
        """Map points of the vertebra frame, shape (..., 3), to LPS mm."""
        return np.asarray(points_mm, dtype=np.float64) @ self.axes.T + self.origin_lps_mm

    def to_local(self, points_lps_mm: ArrayLike) -> FloatArray:
        """Map LPS mm points, shape (..., 3), to the vertebra frame."""
        offset = np.asarray(points_lps_mm, dtype=np.float64) - self.origin_lps_mm
        return np.asarray(offset @ self.axes)

    def direction_to_world(self, vectors: ArrayLike) -> FloatArray:
        """Rotate direction vectors, shape (..., 3), from the vertebra frame to LPS."""
        return np.asarray(vectors, dtype=np.float64) @ self.axes.T


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeightField:
    """One surface of the body as a height over two axes of the vertebra frame.

    Endplates: ``u`` is x, ``v`` is y, the height is z. Walls (anterior, posterior): ``u`` is
    x, ``v`` is z, the height is y.

    Attributes
    ----------
    u_mm, v_mm : (nu,), (nv,) float64 arrays
        Regular sampling in the vertebra frame.
    height_mm : (nu, nv) float64 array
        Height; NaN outside the surface.
    """

    u_mm: FloatArray
    v_mm: FloatArray
    height_mm: FloatArray

    def __post_init__(self) -> None:
        for name in ("u_mm", "v_mm", "height_mm"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.float64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EndplateLine:
    """Least-squares line of an endplate in the mid-sagittal section.

    Attributes
    ----------
    point_lps_mm, direction : (3,) float64 arrays
        A point on the line and its unit direction, pointing posterior, in LPS.
    residual_mm : float
        Root-mean-square distance of the profile points from the line.
    """

    point_lps_mm: FloatArray
    direction: FloatArray
    residual_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Endplate:
    """An endplate: its height map, best plane and mid-sagittal line.

    Attributes
    ----------
    surface : HeightField
        z over (x, y) in the vertebra frame.
    normal : (3,) float64 array
        Unit normal of the best plane in LPS, pointing superior for both endplates.
    centre_lps_mm : (3,) float64 array
        Point of the best plane above or below the body centroid.
    line : EndplateLine
        Line of the mid-sagittal section, for angles.
    """

    surface: HeightField
    normal: FloatArray
    centre_lps_mm: FloatArray
    line: EndplateLine


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Landmarks:
    """The six points of morphometry in the mid-sagittal section, LPS mm, each shape (3,).

    Corners are where the endplate, continued past the rounding of its rim, meets the wall;
    middle points lie on the endplate half way between its corners (clinical reference 2.1).
    """

    superior_anterior: FloatArray
    superior_middle: FloatArray
    superior_posterior: FloatArray
    inferior_anterior: FloatArray
    inferior_middle: FloatArray
    inferior_posterior: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pedicle:
    """One pedicle.

    Attributes
    ----------
    side : str
        ``left`` or ``right`` of the patient.
    isthmus_lps_mm : (3,) float64 array
        Centre of the narrowest section.
    axis : (3,) float64 array
        Unit vector along the pedicle in LPS, pointing from the arch into the body. Up to 10
        degrees off in the phantom, mostly in the sagittal plane: a pedicle is higher than long.
    width_mm, height_mm : float
        Smallest transverse width and the height of the isthmus section, outer cortex to
        outer cortex.
    transverse_angle_deg : float
        Convergence of the axis toward the midline, seen from above; positive if the axis runs
        medially on its way forward.
    sagittal_angle_deg : float
        Inclination of the axis in the vertebra frame; positive if it runs caudally on its way
        forward.
    contour_lps_mm : (n, 3) float64 array
        Outline of the isthmus section.
    """

    side: str
    isthmus_lps_mm: FloatArray
    axis: FloatArray
    width_mm: float
    height_mm: float
    transverse_angle_deg: float
    sagittal_angle_deg: float
    contour_lps_mm: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vertebra:
    """One vertebra with its parts, on an isotropic grid aligned with its own frame.

    Attributes
    ----------
    level : str
        Level name.
    complete : bool
        False if the body is cut by the edge of the scan; then only mask, frame and what is
        whole can be trusted and no plan is made.
    cut_by : tuple of str
        Which faces of the scan cut this vertebra (body or arch): ``superior``, ``inferior``,
        ``anterior``, ``posterior``, ``left``, ``right``.
    frame : VertebraFrame
        Origin and axes; the local grid's axes are the frame's axes.
    regions : Volume of uint8
        Values of `Region` on the local grid.
    occupancy : Volume of float32
        Share of bone in each voxel in [0, 1] from the mask, smooth; 0.5 is the surface.
    neighbours : Volume of float32
        Share of bone of all other labelled vertebrae, on the same grid; 0.5 is the surface.
    hu : Volume of float32
        The CT on the local grid, trilinear.
    superior, inferior : Endplate
        Endplates of the body.
    anterior_wall, posterior_wall : HeightField
        y over (x, z) in the vertebra frame; the posterior wall without the pedicles.
    landmarks : Landmarks
        Six points of morphometry.
    left_pedicle, right_pedicle : Pedicle or None
        None where the pedicle could not be found; the reason is in ``notes``.
    body_volume_mm3 : float
        Volume of the body.
    notes : tuple of str
        What was noticed, in sentences for the report.
    """

    level: str
    complete: bool
    cut_by: tuple[str, ...]
    frame: VertebraFrame
    regions: Volume
    occupancy: Volume
    neighbours: Volume
    hu: Volume
    superior: Endplate
    inferior: Endplate
    anterior_wall: HeightField
    posterior_wall: HeightField
    landmarks: Landmarks
    left_pedicle: Pedicle | None
    right_pedicle: Pedicle | None
    body_volume_mm3: float
    notes: tuple[str, ...] = ()

    def mask(self, *regions: Region) -> NDArray[np.bool_]:
        """Return where the given regions are, on the local grid."""
        return np.asarray(np.isin(self.regions.values, regions))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spine:
    """All labelled vertebrae of one scan with their anatomy.

    Attributes
    ----------
    vertebrae : mapping of str to Vertebra
        Analysed vertebrae (T1-L6), cranio-caudal order.
    patient : Volume of uint8
        Values of `PatientRegion` on the scan's grid.
    incomplete : mapping of str to str
        Labelled levels that could not be analysed, with the reason (cut by the edge of the
        scan, no body found).
    notes : tuple of str
        What was noticed about the whole.
    """

    scan: Scan
    labels: LabelMap
    vertebrae: Mapping[str, Vertebra]
    patient: Volume
    incomplete: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "incomplete", MappingProxyType(dict(self.incomplete)))
        ordered = {name: self.vertebrae[name] for name in sort_levels(self.vertebrae)}
        object.__setattr__(self, "vertebrae", MappingProxyType(ordered))

    def __getitem__(self, level: str) -> Vertebra:
        """Return the vertebra of a level.

        Raises
        ------
        LevelError
            If the level was not analysed in this scan.
        """
        if level in self.incomplete:
            message = f"level {level} cannot be used: {self.incomplete[level]}"
            raise LevelError(message)
        if level not in self.vertebrae:
            present = ", ".join(self.vertebrae) or "none"
            message = f"level {level} is not in this scan; levels present: {present}"
            raise LevelError(message)
        return self.vertebrae[level]
