"""The wall of the porous bone: shell, endplates, and the ways that cement can take through them.

The wall is kept by faces between porous cells and the outside. Each counts with its share of the
true surface (its area times the cosine between face and surface), so the stairs of the voxels add
no area, and with the resistances of half a cell and of the shell in series, so a shell thinner
than a voxel is as thick as it was measured at any spacing.
"""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.bone_on_grid import BoneOnGrid
from vertaug.augmentation.cement.shell import SurfacePoints, measure_shell, project_to_surface
from vertaug.case.density import DensityCalibration
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.source_status import SourceStatus
from vertaug.case.spine import Region, Vertebra
from vertaug.numerics.flow_cells import OUTSIDE, POROUS
from vertaug.numerics.interpolation import sample_trilinear
from vertaug.tissue.cited_value import CitedValue

_ENDPLATE_COSINE = 0.7
"""A face of the surface tilted less than 45 degrees from the axis belongs to an endplate."""
_CANAL_MM = np.arange(0.5, 4.6, 0.5)
"""How far beyond the wall the canal is looked for."""
_AVERAGE_MM = 1.5
"""Thickness is averaged over this radius: single profiles carry the noise of the CT."""


class LeakPath(IntEnum):
    """Which way cement leaves: the types of Yeom et al. (J Bone Joint Surg Br 2003;85:83)."""

    NONE = 0
    """The cell has no way out."""
    B = 1
    """The basivertebral vein, into the canal."""
    S = 2
    """A segmental vein."""
    C = 3
    """A defect of the cortex, beside or in front of the body (Yeom's C toward the front)."""
    D = 4
    """An endplate, into the disc."""
    CANAL = 5
    """A defect of the cortex toward the canal (Yeom's C toward the back)."""
    TRACK = 6
    """The track of the needle."""


_UNCERTAIN = SourceStatus.UNCERTAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class WallSetting:
    """What the wall is made of, and what counts as an opening.

    Attributes
    ----------
    cortical_density : CitedValue
        mg/ml K2HPO4, of the shell itself.
    shell_permeability, endplate_permeability : CitedValue
        mm2, of cortex and of endplate with its cartilage.
    open_below_mm : float
        A wall measured thinner than this, over at least the area below, is open: eroded, broken,
        or a foramen. The thinnest shell of Silva 1994 measures 0.09 mm.
    least_area_mm2 : float
        A smaller thin place is taken as noise of the CT, or the square of the size that the CT
        shows if that is larger (design default).
    """

    cortical_density: CitedValue = field(
        default=CitedValue(
            value=940.0,
            low=750.0,
            high=1200.0,
            unit="mg/ml",
            source="1250 HU at 120 kV and 1.33 HU per mg/ml; cortical bone has "
            "1226 HU in one calibration file",
            status=_UNCERTAIN,
        )
    )
    shell_permeability: CitedValue = field(
        default=CitedValue(
            value=1e-6,
            low=0.0,
            high=1e-4,
            unit="mm2",
            source="the project's prototype (methods reference, cement flow); a design value",
            status=_UNCERTAIN,
        )
    )
    endplate_permeability: CitedValue = field(
        default=CitedValue(
            value=1e-7,
            low=0.0,
            high=1e-5,
            unit="mm2",
            source="a tenth of the cortex for the cartilage on it; a design value",
            status=_UNCERTAIN,
        )
    )
    open_below_mm: float = 0.09
    least_area_mm2: float = 4.0

    def least_seen_mm2(self, scan_grid: Grid | None) -> float:
        """Return the area from which on a thin place is an opening in a CT."""
        return max(self.least_area_mm2, visible_size(scan_grid) ** 2)

    def __post_init__(self) -> None:
        if not 0.0 <= self.open_below_mm <= 1.0:
            message = f"an open wall is thinner than 0 to 1 mm; got {self.open_below_mm:g} mm"
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wall:
    """Faces between porous bone and the outside.

    Attributes
    ----------
    cell : (n, 3) int64 array
        The porous cell of each face.
    axis : (n,) int64 array
        Along which the face looks out.
    area_mm2 : (n,) float64 array
        Its share of the true surface.
    points : SurfacePoints
        Where it lies on the surface.
    thickness_mm : (n,) float64 array
        Of the shell; 0 where the wall is open.
    path : (n,) uint8 array
        Values of `LeakPath`.
    foramen_mm2 : float
        Section of the basivertebral foramen that the CT shows; 0 if it shows none. Faces are too
        coarse for it.
    """

    cell: NDArray[np.int64]
    axis: NDArray[np.int64]
    area_mm2: FloatArray
    points: SurfacePoints
    thickness_mm: FloatArray
    path: NDArray[np.uint8]
    foramen_mm2: float = 0.0

    @property
    def opened(self) -> NDArray[np.bool_]:
        """Which faces have no shell."""
        return np.asarray(self.thickness_mm == 0.0)


def find_wall(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    bone: BoneOnGrid,
    scan_grid: Grid | None,
    setting: WallSetting,
) -> Wall:
    """Return the wall of the porous bone with its thickness, openings and paths.

    Parameters
    ----------
    vertebra : Vertebra
    calibration : DensityCalibration
    bone : BoneOnGrid
    scan_grid : Grid or None
        Of the CT, for the size of its voxels; None is taken as voxels of 1 mm.
    setting : WallSetting
    """
    cell, axis, side = _faces(bone.region)
    spacing = bone.grid.spacing_mm
    place = vertebra.frame.to_local(bone.grid.to_world(cell))
    place[np.arange(len(cell)), axis] += 0.5 * side * spacing[axis]
    points = project_to_surface(vertebra, place)
    area = np.asarray(np.prod(spacing) / spacing[axis])
    # a face that looks into the bone belongs to a step of the voxels, not to the surface
    area *= np.maximum(side * points.outward[np.arange(len(cell)), axis], 0.0)
    thickness = even_thickness(vertebra, calibration, (points, area), scan_grid, setting)
    least = setting.least_seen_mm2(scan_grid)
    opened = keep_large_patches(thickness < setting.open_below_mm, points.place_mm, area, least)
    shell = np.maximum(thickness, max(setting.open_below_mm, 0.01))
    return Wall(
        cell=cell,
        axis=axis,
        area_mm2=area,
        points=points,
        thickness_mm=np.where(opened, 0.0, shell),
        path=_paths(vertebra, points),
    )


def _faces(
    region: NDArray[np.uint8],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return cell, axis and side of the faces from POROUS to OUTSIDE."""
    cells, axes, sides = [], [], []
    for axis in range(3):
        for side in (-1, 1):
            beyond = np.roll(region, -side, axis=axis)
            found = np.argwhere((region == POROUS) & (beyond == OUTSIDE))
            cells.append(found)
            axes.append(np.full(len(found), axis))
            sides.append(np.full(len(found), side))
    return np.concatenate(cells), np.concatenate(axes), np.concatenate(sides)


def even_thickness(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    surface: tuple[SurfacePoints, FloatArray],
    scan_grid: Grid | None,
    setting: WallSetting,
) -> FloatArray:
    """Return the thickness of the shell at points, averaged over 1.5 mm, in mm.

    Parameters
    ----------
    vertebra : Vertebra
    calibration : DensityCalibration
    surface : (SurfacePoints, (n,) float64 array)
        Points and the area that each stands for, mm2.
    scan_grid : Grid or None
    setting : WallSetting
    """
    points, area = surface
    voxel = _voxel_along(vertebra, scan_grid, points.outward)
    thickness = measure_shell(vertebra, calibration, points, voxel, setting.cortical_density.value)
    return _average_near(points.place_mm, thickness, area)


def _voxel_along(vertebra: Vertebra, scan_grid: Grid | None, outward: FloatArray) -> FloatArray:
    """Size of the scan's voxels along normals of the vertebra frame, (n,)."""
    if scan_grid is None:
        return np.ones(len(outward))
    world = vertebra.frame.direction_to_world(outward)
    return np.asarray(np.linalg.norm((world @ scan_grid.directions) * scan_grid.spacing_mm, axis=1))


def visible_size(scan_grid: Grid | None) -> float:
    """Return the size in mm above which a CT shows a gap: one and a half of its largest voxel.

    Parameters
    ----------
    scan_grid : Grid or None
        None is taken as voxels of 1 mm.
    """
    return 1.5 if scan_grid is None else 1.5 * float(scan_grid.spacing_mm.max())


def _average_near(place: FloatArray, values: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean of values over the points within a radius, weighted by area."""
    from scipy.spatial import cKDTree

    tree = cKDTree(place)
    near = tree.sparse_distance_matrix(tree, _AVERAGE_MM, output_type="coo_matrix").tocsr()
    near.data[:] = 1.0
    near.setdiag(1.0)
    weight = np.maximum(weight, 1e-6)
    return np.asarray((near @ (weight * values)) / (near @ weight))


def keep_large_patches(
    chosen: NDArray[np.bool_], place: FloatArray, area: FloatArray, least_mm2: float
) -> NDArray[np.bool_]:
    """Keep the chosen points that lie in connected patches of some area."""
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    index = np.flatnonzero(chosen)
    out = np.zeros(len(chosen), dtype=bool)
    if len(index) == 0:
        return out
    tree = cKDTree(place[index])
    near = tree.sparse_distance_matrix(tree, 1.5 * _AVERAGE_MM, output_type="coo_matrix")
    _, label = connected_components(near, directed=False)
    large = np.bincount(label, weights=area[index]) >= least_mm2
    out[index] = large[label]
    return out


def _paths(vertebra: Vertebra, points: SurfacePoints) -> NDArray[np.uint8]:
    """Path through each point of the intact wall: disc, canal, or beside the body."""
    path = np.full(len(points.place_mm), LeakPath.C, dtype=np.uint8)
    grid = vertebra.regions.grid
    canal = (vertebra.regions.values == Region.CANAL).astype(np.float32)
    beyond = points.place_mm[:, None] + _CANAL_MM[:, None] * points.outward[:, None]
    index = grid.to_index(vertebra.frame.to_world(beyond))
    path[(sample_trilinear(canal, index) > 0.5).any(axis=1)] = LeakPath.CANAL
    body = _is_body(vertebra, points.place_mm - 2.0 * points.outward)
    path[body & (np.abs(points.outward[:, 2]) > _ENDPLATE_COSINE)] = LeakPath.D
    return path


def _is_body(vertebra: Vertebra, place_mm: FloatArray) -> NDArray[np.bool_]:
    grid = vertebra.regions.grid
    body = vertebra.mask(Region.BODY).astype(np.float32)
    return np.asarray(
        sample_trilinear(body, grid.to_index(vertebra.frame.to_world(place_mm))) > 0.4
    )
