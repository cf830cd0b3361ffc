"""A model from the anatomy of a vertebra in a CT: its bone between caps of PMMA.

Bone at the edge: a voxel is bone where more than half of it is (occupancy above 0.5), with the
density that the CT shows there. That density already mixes bone with what lies beside it, so the
modulus is not scaled by the occupancy as well, which would count the mixing twice.

Endplates: the height maps decide where bone ends and a cap begins, because they follow the edge
in the CT finer than the mask does. Mask beyond them goes to the cap; what lies between mask and
map is bone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.vertebra_grid import (
    average_over_voxels,
    frame_grid,
    settle_at_surface,
    surface_over_columns,
)
from vertaug.case.density import DensityCalibration
from vertaug.case.errors import InputError, LevelError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import Endplate, Region, Vertebra, VertebraFrame
from vertaug.mechanics.bone_material import BoneMaterial, keep_largest_piece, map_bone
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.tissue.bone_law import check_density_unit

_SPACING_RANGE_MM = (0.3, 4.0)
_POSTERIOR = (Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE, Region.ARCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapShape:
    """Caps of PMMA from the endplates to flat outer faces at right angles to the axis.

    Attributes
    ----------
    beyond_mm : float
        From the outermost point of the endplate to the flat face. 4 mm is what the published
        disks, 10 mm thick and 6 mm intruding, leave (Ogo production, physics reference 2.1,
        verified). The benchmark's sample case, verse004 L2, has disks of 8 mm that intrude by 5
        (counted in its region map).
    intrusion_mm : float or None
        How far a cap reaches inward from the outermost point, measured along the tilt of the
        endplate's best plane, so that the low side of a wedge is covered too; 6 mm as published.
        Deeper hollows stay empty, and no cap runs down the flank of the body. None fills down
        to the height map everywhere.
    """

    beyond_mm: float = 4.0
    intrusion_mm: float | None = 6.0

    def __post_init__(self) -> None:
        if not 0.0 < self.beyond_mm <= 30.0:
            message = f"a cap is more than 0 and at most 30 mm thick; got {self.beyond_mm:g} mm"
            raise InputError(message)
        if self.intrusion_mm is not None and self.intrusion_mm < 0.0:
            message = f"a cap cannot intrude by {self.intrusion_mm:g} mm; expected 0 or more"
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Plate:
    """An endplate over the columns of the model, seen from inside: outward is up.

    Attributes
    ----------
    height_mm, plane_mm : (ni, nj) float64 arrays
        Of the surface, NaN beside it, and of its best plane.
    """

    height_mm: FloatArray
    plane_mm: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Local:
    """Bone of a vertebra on the model's grid, before its caps."""

    grid: Grid
    z_mm: FloatArray
    density: FloatArray
    bone: NDArray[np.bool_]
    superior: _Plate
    inferior: _Plate


def model_from_vertebra(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    material: BoneMaterial | None = None,
    caps: CapShape | None = None,
    *,
    spacing_mm: float = 1.0,
    body_only: bool = True,
) -> VertebraModel:
    """Return the model of a vertebra along its own axes.

    Parameters
    ----------
    vertebra : Vertebra
        Complete.
    calibration : DensityCalibration
        Of its Hounsfield units, to K2HPO4-equivalent density.
    material : BoneMaterial, optional
        Laws and mapping; ``density`` must be K2HPO4.
    caps : CapShape, optional
    spacing_mm : float
        Of the voxels. Density and occupancy are averaged over each voxel. 1 mm is the published
        size; adequate for the stiffness of potted vertebrae (physics reference 2.1, verified).
    body_only : bool
        Whether pedicles and arch are cut, as Crawford 2003 and VirtuOst do (recalled); the
        published benchmark keeps them.

    Returns
    -------
    VertebraModel
        Its height is the mean distance between the endplates.

    Raises
    ------
    LevelError
        If the vertebra is incomplete.
    InputError
        If a number cannot be used, or the densities are not those of bone.
    """
    material, caps = material or BoneMaterial(), caps or CapShape()
    low, high = _SPACING_RANGE_MM
    if not low <= spacing_mm <= high:
        message = f"voxels of a model measure {low:g} to {high:g} mm; got {spacing_mm:g} mm"
        raise InputError(message)
    if not vertebra.complete:
        cut = ", ".join(vertebra.cut_by) or "an edge of the scan"
        message = f"{vertebra.level} is incomplete (cut by {cut}): a model would be too weak"
        raise LevelError(message)
    local = _resample(vertebra, calibration, spacing_mm, caps.beyond_mm, body_only=body_only)
    check_density_unit(local.density[local.bone], material.density)
    mapped = map_bone(local.density, local.bone, material)
    # voxels of bone that the recipe drops stay empty: no cap grows into them
    superior = _cap(local.superior, local.z_mm, caps) & ~local.bone
    inferior = _cap(local.inferior, -local.z_mm, caps) & ~local.bone
    kept = keep_largest_piece(mapped.bone | superior | inferior)
    if not ((superior & kept).any() and (inferior & kept).any()):
        message = f"{vertebra.level}: a cap does not touch the bone; no load could pass"
        raise InputError(message)
    filler = (superior | inferior) & kept
    strength = np.where(filler, material.cap_strength_mpa, mapped.strength_mpa)
    return VertebraModel(
        grid=local.grid,
        bone_mpa=np.where(kept, mapped.modulus_mpa, 0.0),
        filler_mpa=np.where(filler, material.cap_mpa, 0.0),
        strength_mpa=np.where(kept, strength, np.inf),
        anisotropic=material.anisotropic,
        superior_nodes=nodes_of_faces(superior & kept, upper=True),
        inferior_nodes=nodes_of_faces(inferior & kept, upper=False),
        height_mm=float(np.nanmean(local.superior.height_mm + local.inferior.height_mm)),
        density_mg_per_ml=np.where(mapped.bone & kept, local.density, 0.0),
    )


def _resample(
    vertebra: Vertebra,
    calibration: DensityCalibration,
    spacing_mm: float,
    beyond_mm: float,
    *,
    body_only: bool,
) -> _Local:
    """Return density and bone on the model's grid, and the endplates over its columns."""
    source = vertebra.regions.grid
    share = np.array(vertebra.occupancy.values, dtype=np.float32)
    if body_only:
        share[vertebra.mask(*_POSTERIOR)] = 0.0
    margin = np.array([1.0, 1.0, 1.0 + beyond_mm])
    grid = frame_grid(vertebra, share > 0.5, np.full(3, spacing_mm), margin)
    parts = [int(np.ceil(spacing_mm / float(source.spacing_mm[0]) - 1e-9))] * 3
    hu_density = calibration.to_density(vertebra.hu.values)
    density = average_over_voxels(hu_density, source, grid, parts)
    bone = average_over_voxels(share, source, grid, parts) > 0.5
    origin = vertebra.frame.to_local(grid.affine[:3, 3])
    x, y, z = (origin[a] + spacing_mm * np.arange(grid.shape[a]) for a in range(3))
    # a column without bone carries no cap
    carries = np.asarray(bone.any(axis=2))
    superior, inferior = (
        _plate_over(plate, (vertebra.frame, x, y), carries, sign)
        for plate, sign in ((vertebra.superior, 1.0), (vertebra.inferior, -1.0))
    )
    inside = settle_at_surface(bone, superior.height_mm, z)
    inside = settle_at_surface(inside, inferior.height_mm, -z)
    return _Local(
        grid=grid, z_mm=z, density=density, bone=inside, superior=superior, inferior=inferior
    )


def _plate_over(
    plate: Endplate,
    place: tuple[VertebraFrame, FloatArray, FloatArray],
    carries: NDArray[np.bool_],
    sign: float,
) -> _Plate:
    """Return an endplate over columns; heights grow outward."""
    frame, x, y = place
    height = np.where(carries, surface_over_columns(plate.surface, x, y), np.nan)
    if not np.isfinite(height).any():
        message = "an endplate covers no bone; check the anatomy of this vertebra"
        raise InputError(message)
    normal = np.asarray(plate.normal) @ frame.axes
    centre = frame.to_local(plate.centre_lps_mm)
    along = normal[0] * (x - centre[0])[:, None] + normal[1] * (y - centre[1])[None, :]
    return _Plate(height_mm=sign * height, plane_mm=sign * (centre[2] - along / normal[2]))


def _cap(plate: _Plate, z: FloatArray, caps: CapShape) -> NDArray[np.bool_]:
    """Return the voxels of a cap outside a plate."""
    height = plate.height_mm
    cap = np.isfinite(height)[:, :, None] & (z > np.nan_to_num(height)[:, :, None])
    cap &= z < float(np.nanmax(height)) + caps.beyond_mm
    if caps.intrusion_mm is not None:
        lead = float(np.nanmax(height - plate.plane_mm))
        cap &= z > (plate.plane_mm + lead - caps.intrusion_mm)[:, :, None]
    return np.asarray(cap)
