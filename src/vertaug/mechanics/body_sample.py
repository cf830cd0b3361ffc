"""The bone of a vertebra on the grid of a model, with its endplates, before it gets caps.

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
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import Endplate, Region, Vertebra, VertebraFrame

_BESIDE_MM = 1.0
"""Free grid beside the bone, and beyond the caps."""
_POSTERIOR = (Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE, Region.ARCH)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColumnPlate:
    """An endplate over the columns of a model, seen from inside: outward is up.

    Attributes
    ----------
    height_mm, plane_mm : (ni, nj) float64 arrays
        Of the surface, NaN beside it, and of its best plane.
    """

    height_mm: FloatArray
    plane_mm: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodySample:
    """Bone of a vertebra on a model's grid, before its caps.

    Attributes
    ----------
    level : str
    grid : Grid
    density : (ni, nj, nk) float64 array
        Mean over each voxel, mg/ml K2HPO4.
    bone : (ni, nj, nk) bool array
        Ended at the endplates.
    superior, inferior : ColumnPlate
    """

    level: str
    grid: Grid
    density: FloatArray
    bone: NDArray[np.bool_]
    superior: ColumnPlate
    inferior: ColumnPlate


def bone_share(vertebra: Vertebra, *, body_only: bool = True) -> NDArray[np.float32]:
    """Return the occupancy of a vertebra on its own grid, without its posterior elements."""
    share = np.array(vertebra.occupancy.values, dtype=np.float32)
    if body_only:
        share[vertebra.mask(*_POSTERIOR)] = 0.0
    return share


def sample_grid(
    vertebra: Vertebra, spacing_mm: float, beyond_mm: float, *, body_only: bool = True
) -> Grid:
    """Return the grid of a model: along the vertebra's axes, with room for caps.

    Parameters
    ----------
    vertebra : Vertebra
    spacing_mm : float
        Of the voxels.
    beyond_mm : float
        From the outermost point of an endplate to the flat face of its cap.
    body_only : bool
    """
    bone = bone_share(vertebra, body_only=body_only) > 0.5
    margin = np.array([_BESIDE_MM, _BESIDE_MM, _BESIDE_MM + beyond_mm])
    return frame_grid(vertebra, bone, np.full(3, spacing_mm), margin)


def sample_body(
    vertebra: Vertebra, calibration: DensityCalibration, grid: Grid, *, body_only: bool = True
) -> BodySample:
    """Return density and bone on a grid, and the endplates over its columns.

    Parameters
    ----------
    vertebra : Vertebra
    calibration : DensityCalibration
    grid : Grid
        As of `sample_grid`.
    body_only : bool
        Whether pedicles and arch are cut.
    """
    source = vertebra.regions.grid
    parts = list_parts(source, grid)
    density = average_over_voxels(calibration.to_density(vertebra.hu.values), source, grid, parts)
    share = average_over_voxels(bone_share(vertebra, body_only=body_only), source, grid, parts)
    superior, inferior = plates_over(vertebra, grid, share > 0.5)
    return BodySample(
        level=vertebra.level,
        grid=grid,
        density=density,
        bone=end_at_plates(share > 0.5, (superior, inferior), depth_of(vertebra.frame, grid)),
        superior=superior,
        inferior=inferior,
    )


def list_parts(source: Grid, grid: Grid) -> list[int]:
    """Return how many samples of a CT are taken in a voxel along each axis."""
    spacing = float(grid.spacing_mm[0])
    return [int(np.ceil(spacing / float(source.spacing_mm[0]) - 1e-9))] * 3


def depth_of(frame: VertebraFrame, grid: Grid) -> FloatArray:
    """Return the height of the layers of a grid in the vertebra's frame, mm, shape (nk,)."""
    start = float(frame.to_local(grid.affine[:3, 3])[2])
    return np.asarray(start + float(grid.spacing_mm[2]) * np.arange(grid.shape[2]))


def plates_over(
    vertebra: Vertebra, grid: Grid, bone: NDArray[np.bool_]
) -> tuple[ColumnPlate, ColumnPlate]:
    """Return the superior and the inferior endplate over the columns of a grid that hold bone."""
    # a column without bone carries no cap
    carries = np.asarray(bone.any(axis=2))
    first, second = (
        _plate_over(plate, vertebra.frame, grid, carries, sign)
        for plate, sign in ((vertebra.superior, 1.0), (vertebra.inferior, -1.0))
    )
    return first, second


def end_at_plates(
    bone: NDArray[np.bool_], plates: tuple[ColumnPlate, ColumnPlate], z_mm: FloatArray
) -> NDArray[np.bool_]:
    """Let bone end at the superior and the inferior endplate."""
    inside = settle_at_surface(bone, plates[0].height_mm, z_mm)
    return settle_at_surface(inside, plates[1].height_mm, -z_mm)


def _plate_over(
    plate: Endplate, frame: VertebraFrame, grid: Grid, carries: NDArray[np.bool_], sign: float
) -> ColumnPlate:
    """Return an endplate over columns; heights grow outward."""
    origin, spacing = frame.to_local(grid.affine[:3, 3]), float(grid.spacing_mm[0])
    x, y = (origin[a] + spacing * np.arange(grid.shape[a]) for a in range(2))
    height = np.where(carries, surface_over_columns(plate.surface, x, y), np.nan)
    if not np.isfinite(height).any():
        message = "an endplate covers no bone; check the anatomy of this vertebra"
        raise InputError(message)
    normal = np.asarray(plate.normal) @ frame.axes
    centre = frame.to_local(plate.centre_lps_mm)
    along = normal[0] * (x - centre[0])[:, None] + normal[1] * (y - centre[1])[None, :]
    return ColumnPlate(height_mm=sign * height, plane_mm=sign * (centre[2] - along / normal[2]))
