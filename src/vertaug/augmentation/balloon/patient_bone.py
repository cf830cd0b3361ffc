"""The bone of a patient's vertebra, and its discs, as points for a balloon.

Mass: the integral of the CT's density over the bone (occupancy above a half, ended at the
endplates) is what the points carry. A cortex thinner than a voxel is not thinned by the resampling:
what falls into eighths of voxels outside the bone goes to the nearest eighth within. What the
scanner's own blur shows outside the bone's surface is not counted. Noise makes some eighths lighter
than the least density: they are raised to it, and the others of their voxel give that mass, so that
only a voxel that is too light as a whole gains any.

Gas in the body is a gap: it has no points. Fluid in a cleft is weak by its density.

Kept of the posterior elements: pedicles and arch, as wide as the body, as high as the discs reach
and so far behind it as the setting says; they hold the posterior wall. Transverse processes, the
rest of the spinous process and the tips of the articular processes are cut, and their cut faces
bear nothing: no facet joint, no rib, no neighbour.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.anatomy.vertebra_grid import frame_grid
from vertaug.augmentation.balloon.bone_points import BonePoints, PointGrid, drill, fill_points
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.augmentation.balloon.vertebra_eighths import (
    POSTERIOR,
    VertebraEighths,
    divide_vertebra,
    kept_region,
)
from vertaug.case.density import DensityCalibration
from vertaug.case.errors import InputError, LevelError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.source_status import SourceStatus
from vertaug.case.spine import Region, Vertebra
from vertaug.fracture.interior import measure_depth
from vertaug.tissue.bone_law import check_density_unit
from vertaug.tissue.cited_value import CitedValue

_SPACING_RANGE_MM = (0.75, 2.0)
_DISC_G_PER_ML = 1e-3
"""A disc's points need a mass; it counts nowhere."""
_MG_PER_ML = 1000.0

DISC_MPA = CitedValue(
    value=6.0,
    low=2.0,
    high=16.0,
    status=SourceStatus.UNCERTAIN,
    source="a design default of a trial (methods, balloon inflation), Poisson's ratio that of bone",
    unit="MPa",
)
"""Of discs. The caps of `mechanics.disc_load` take 8 MPa and a greater Poisson's ratio."""


class BonePart(IntEnum):
    """What a point belongs to; numbers are vertaug's own."""

    CANCELLOUS = 1
    CORTEX = 2
    """The shell of the body, without endplates and the base of the pedicles."""
    SUPERIOR_ENDPLATE = 3
    INFERIOR_ENDPLATE = 4
    POSTERIOR = 5
    """Pedicles and arch."""
    DISC = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneSetting:
    """How a vertebra becomes points. Design defaults.

    Attributes
    ----------
    disc_mpa : CitedValue
        Modulus of the discs.
    disc_mm : float
        From the highest and lowest point of the endplates to the planes that are held.
    beside_mm : float
        Free grid around the body: with 3 mm the edge of the box stops the balloon (methods,
        balloon inflation, computed).
    arch_mm : float
        Posterior elements farther behind the body are cut.
    shell_mm : float
        Thickness of what is named cortex and endplate; no property of bone.
    least_g_per_ml : float
        Density of bone at least, K2HPO4-equivalent: fatty marrow reads less than nothing, and
        bone bears something.
    """

    disc_mpa: CitedValue = DISC_MPA
    disc_mm: float = 5.0
    beside_mm: float = 8.0
    arch_mm: float = 25.0
    shell_mm: float = 1.5
    least_g_per_ml: float = 0.01

    def __post_init__(self) -> None:
        if self.disc_mpa.value <= 0.0:
            message = f"a disc's modulus is expected above 0; got {self.disc_mpa.value:g} MPa"
            raise InputError(message)
        for name, low, high in (
            ("disc_mm", 1.0, 15.0),
            ("beside_mm", 8.0, 30.0),
            ("arch_mm", 0.0, 100.0),
            ("shell_mm", 0.5, 5.0),
            ("least_g_per_ml", 0.001, 0.05),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                message = f"{name} is expected from {low:g} to {high:g}; got {value:g}"
                raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatientBone:
    """A vertebra between its discs, as points on voxels along its own axes.

    Attributes
    ----------
    grid : PointGrid
        Of n x m x l voxels; places in it are mm from its corner.
    voxels : Grid
        The same voxels in the patient (LPS); axes left, posterior, superior of the vertebra's
        frame. A place p is at index ``p / spacing - 0.5``.
    points : BonePoints
    part : (points,) uint8 array
        `BonePart` of each point.
    held : (3, nodes) bool array
        Nodes that do not move: the outer faces of the discs.
    gap : (2 n, 2 m, 2 l) bool array
        Eighths of voxels in the body that hold gas and no point.
    raised_mg : float
        Mass that the least density added.
    notes : tuple of str
        What is cut and what the gap holds, in sentences.
    """

    grid: PointGrid
    voxels: Grid
    points: BonePoints
    part: NDArray[np.uint8]
    held: NDArray[np.bool_]
    gap: NDArray[np.bool_]
    raised_mg: float
    notes: tuple[str, ...]

    def where(self, *parts: BonePart) -> NDArray[np.bool_]:
        """Return which points belong to some parts."""
        return np.asarray(np.isin(self.part, parts))

    def to_place(self, points_lps_mm: ArrayLike) -> FloatArray:
        """Map points in the patient, LPS mm, shape (..., 3), to mm from the grid's corner."""
        return np.asarray((self.voxels.to_index(points_lps_mm) + 0.5) * self.grid.spacing_mm)

    def to_world(self, place_mm: ArrayLike) -> FloatArray:
        """Map mm from the grid's corner, shape (..., 3), to LPS mm."""
        place = np.asarray(place_mm, dtype=np.float64)
        return self.voxels.to_world(place / self.grid.spacing_mm - 0.5)

    def drilled(self, *surfaces: BalloonSurface) -> "PatientBone":
        """Return the bone without the points within surfaces, before anything has moved."""
        fine = PointGrid(shape=self.gap.shape, spacing_mm=0.5 * self.grid.spacing_mm)
        points = self.points
        for surface in surfaces:
            points = drill(points, surface, self.grid)
        # each point still lies alone in its eighth of a voxel
        kept = np.isin(fine.voxel_of(self.points.place_mm), fine.voxel_of(points.place_mm))
        return replace(self, points=points, part=self.part[kept])


def patient_bone(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    *,
    spacing_mm: float = 1.5,
    setting: BoneSetting | None = None,
) -> PatientBone:
    """Return the bone and discs of a vertebra as points.

    Parameters
    ----------
    vertebra : Vertebra
        Complete.
    calibration : DensityCalibration
        Of its Hounsfield units, to K2HPO4-equivalent density.
    spacing_mm : float
        Of the voxels, 0.75 to 2 mm; points are half as far apart.
    setting : BoneSetting, optional

    Raises
    ------
    LevelError
        If the vertebra is incomplete.
    InputError
        If the spacing cannot be used, the densities are not those of bone, or an endplate covers
        no bone.
    """
    setting = setting or BoneSetting()
    _check(vertebra, spacing_mm)
    density = calibration.to_density(vertebra.hu.values)
    check_density_unit(density[np.asarray(vertebra.occupancy.values) > 0.5])
    voxels = _box(vertebra, spacing_mm, setting)
    eighths = divide_vertebra(vertebra, density / _MG_PER_ML, voxels, setting.arch_mm)
    bone = (eighths.body | eighths.posterior) & ~eighths.gap
    carried = _raise_to_least(eighths.density_g_per_ml, bone, setting.least_g_per_ml)
    raised = float((carried - eighths.density_g_per_ml).sum())
    disc = _find_discs(eighths)
    grid = PointGrid(shape=voxels.shape, spacing_mm=spacing_mm)
    part = _name_parts(eighths, setting.shell_mm)
    part[disc] = BonePart.DISC
    filled = np.where(disc, _DISC_G_PER_ML, carried)
    return PatientBone(
        grid=grid,
        voxels=voxels,
        points=fill_points(grid, filled, np.where(disc, setting.disc_mpa.value, 0.0)),
        part=part[filled > 0.0],
        held=_hold(grid, disc),
        gap=eighths.gap,
        raised_mg=raised * float(eighths.grid.voxel_volume_mm3),
        notes=_describe(vertebra, eighths),
    )


def _check(vertebra: Vertebra, spacing_mm: float) -> None:
    low, high = _SPACING_RANGE_MM
    if not low <= spacing_mm <= high:
        message = f"voxels for a balloon measure {low:g} to {high:g} mm; got {spacing_mm:g} mm"
        raise InputError(message)
    if not vertebra.complete:
        cut = ", ".join(vertebra.cut_by) or "an edge of the scan"
        message = f"{vertebra.level} is incomplete (cut by {cut}): a balloon would leave its bone"
        raise LevelError(message)


def _box(vertebra: Vertebra, spacing_mm: float, setting: BoneSetting) -> Grid:
    """Return the voxels around the body and what is kept of the posterior elements."""
    body = vertebra.mask(Region.BODY) & (np.asarray(vertebra.occupancy.values) > 0.5)
    if not body.any():
        message = f"{vertebra.level} has no body; check its labels"
        raise InputError(message)
    keep = kept_region(vertebra, vertebra.regions.grid, setting.arch_mm)
    _, _, z = np.nonzero(body)
    keep[:, :, : int(z.min())] = keep[:, :, int(z.max()) + 1 :] = False
    bone = body | (keep & (np.asarray(vertebra.occupancy.values) > 0.5))
    margin = np.array([setting.beside_mm, setting.beside_mm, setting.disc_mm])
    return frame_grid(vertebra, bone, np.full(3, spacing_mm), margin)


def _raise_to_least(density: FloatArray, bone: NDArray[np.bool_], least: float) -> FloatArray:
    """Return densities of at least so much in bone, 0 elsewhere, with the mass of each voxel kept.

    Parameters
    ----------
    density, bone : (2 n, 2 m, 2 l) arrays
        Of each eighth of a voxel.
    least : float
    """
    shape = tuple(part for size in density.shape for part in (size // 2, 2))
    mine = bone.reshape(shape)
    given = np.where(mine, density.reshape(shape), 0.0)
    over = np.where(mine, np.maximum(given - least, 0.0), 0.0)
    axes = (1, 3, 5)
    wanted = given.sum(axis=axes, keepdims=True) - least * mine.sum(axis=axes, keepdims=True)
    found = over.sum(axis=axes, keepdims=True)
    share = np.clip(wanted, 0.0, None) / np.maximum(found, 1e-12)
    return np.asarray(np.where(mine, least + share * over, 0.0).reshape(density.shape))


def _find_discs(eighths: VertebraEighths) -> NDArray[np.bool_]:
    """Return the eighths of discs: beyond the endplates, to the ends of the box."""
    z, bone = eighths.z_mm, eighths.body | eighths.posterior
    above = z > np.nan_to_num(eighths.superior_mm, nan=np.inf)[:, :, None]
    below = z < np.nan_to_num(eighths.inferior_mm, nan=-np.inf)[:, :, None]
    if not ((above & ~bone)[..., -1].any() and (below & ~bone)[..., 0].any()):
        message = "an endplate covers no bone; check the anatomy of this vertebra"
        raise InputError(message)
    return np.asarray((above | below) & ~bone)


def _name_parts(eighths: VertebraEighths, shell_mm: float) -> NDArray[np.uint8]:
    """Return what each eighth of a voxel belongs to, 0 for nothing."""
    part = np.zeros(eighths.body.shape, dtype=np.uint8)
    part[eighths.posterior] = BonePart.POSTERIOR
    body, z = eighths.body, eighths.z_mm
    part[body] = BonePart.CANCELLOUS
    depth = measure_depth(body | eighths.posterior, eighths.grid.spacing_mm)
    part[body & (depth <= shell_mm)] = BonePart.CORTEX
    top = np.nan_to_num(eighths.superior_mm, nan=np.inf)[:, :, None]
    bottom = np.nan_to_num(eighths.inferior_mm, nan=-np.inf)[:, :, None]
    part[body & (z > top - shell_mm)] = BonePart.SUPERIOR_ENDPLATE
    part[body & (z < bottom + shell_mm)] = BonePart.INFERIOR_ENDPLATE
    return part


def _hold(grid: PointGrid, disc: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the nodes on the outer faces of the discs, (3, nodes)."""
    nodes = np.zeros(grid.node_shape, dtype=bool)
    for end in (0, -1):
        i, j = grid.shape[:2]
        face = disc[:, :, end].reshape(i, 2, j, 2).any(axis=(1, 3))
        for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
            nodes[a : i + a, b : j + b, end] |= face
    return np.repeat(nodes.reshape(1, -1), 3, axis=0)


def _describe(vertebra: Vertebra, eighths: VertebraEighths) -> tuple[str, ...]:
    whole = vertebra.mask(*POSTERIOR) & (np.asarray(vertebra.occupancy.values) > 0.5)
    voxel_ml = eighths.grid.voxel_volume_mm3 / 1000.0
    kept = float(eighths.posterior.sum()) * voxel_ml
    cut = float(whole.sum()) * vertebra.regions.grid.voxel_volume_mm3 / 1000.0 - kept
    first = (
        f"of the posterior elements {kept:.1f} ml are kept to hold the posterior wall and "
        f"{max(cut, 0.0):.1f} ml cut; facet joints bear nothing"
    )
    said = [first]
    if eighths.gap.any():
        gas = float(eighths.gap.sum()) * voxel_ml
        said.append(
            f"{gas:.2f} ml of gas in the body are a gap without bone: a cleft that has not united. "
            "What opens in the model is a band under the endplate, not the cleft, which balloon "
            "and cement would take first"
        )
    return tuple(said)
