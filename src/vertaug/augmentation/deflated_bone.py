"""Where the bone of a vertebra went while balloons were inflated in it and emptied again."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_motion import find_motion
from vertaug.augmentation.balloon.bone_points import PointGrid, inside_share
from vertaug.augmentation.balloon.moved_measures import move_plate
from vertaug.augmentation.balloon.moved_surface import move_surface
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.augmentation.kyphoplasty import BalloonTreatment
from vertaug.case.errors import InputError
from vertaug.case.grid import Grid, read_only
from vertaug.case.spine import HeightField, Vertebra
from vertaug.numerics.interpolation import extend_nearest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeflatedBone:
    """The bone after the balloons, by what each eighth of a balloon's voxel did.

    Attributes
    ----------
    voxels : Grid
        Of the balloon, along the vertebra's axes.
    moved_mm : (2 ni, 2 nj, 2 nk, 3) float32 array
        How far the bone in each eighth moved along the axes of the grid; beside bone as far as the
        nearest.
    drilled : (2 ni, 2 nj, 2 nk) bool array
        Eighths whose bone made way for the folded balloons and was taken out.
    cavities : tuple of BalloonSurface
        That the emptied balloons leave, in mm from the corner of the voxels.
    superior, inferior : HeightField
        The endplates after it, over x and y of the vertebra's frame.
    """

    voxels: Grid
    moved_mm: NDArray[np.float32]
    drilled: NDArray[np.bool_]
    cavities: tuple[BalloonSurface, ...]
    superior: HeightField
    inferior: HeightField

    def __post_init__(self) -> None:
        object.__setattr__(self, "moved_mm", read_only(self.moved_mm, np.float32))
        object.__setattr__(self, "drilled", read_only(self.drilled, np.bool_))
        shape = self.voxels.halved().shape
        if self.moved_mm.shape != (*shape, 3) or self.drilled.shape != shape:
            message = (
                f"the eighths of the balloon's voxels are {shape}; got moves of "
                f"{self.moved_mm.shape} and drilled ones of {self.drilled.shape}"
            )
            raise InputError(message)

    @property
    def eighths(self) -> Grid:
        """Grid of the eighths of the voxels."""
        return self.voxels.halved()


def deflated_bone(vertebra: Vertebra, found: BalloonTreatment) -> DeflatedBone:
    """Return where the bone went in an inflation and the deflation after it.

    Parameters
    ----------
    vertebra : Vertebra
        That was treated.
    found : BalloonTreatment

    Raises
    ------
    InputError
        If no bone of the balloon's model lies near the surface of the body.
    """
    voxels, before, after = found.bone.voxels, found.bone.points, found.emptied.points
    motion = find_motion(vertebra, voxels, before, after)
    own = before.elastic_mpa == 0.0
    eighths = voxels.halved()
    side = float(eighths.spacing_mm[0])
    cell = np.floor(before.place_mm[own] / side).astype(np.int64)
    moved = (after.place_mm - before.place_mm)[own]
    return DeflatedBone(
        voxels=voxels,
        moved_mm=_continued(cell, moved, eighths.shape).astype(np.float32),
        drilled=_drilled(found.folded, eighths),
        cavities=found.cavities,
        superior=move_surface(vertebra.superior.surface, motion.at),
        inferior=move_surface(vertebra.inferior.surface, motion.at),
    )


def with_moved_plates(vertebra: Vertebra, found: DeflatedBone) -> Vertebra:
    """Return a vertebra with its endplates after the balloons: surface and best plane."""
    return replace(
        vertebra,
        superior=move_plate(vertebra.superior, vertebra.frame, found.superior),
        inferior=move_plate(vertebra.inferior, vertebra.frame, found.inferior),
    )


def _continued(
    cell: NDArray[np.int64], values: NDArray[np.float64], shape: tuple[int, int, int]
) -> NDArray[np.float64]:
    """Return values in the cells of a grid, in empty ones those of the nearest."""
    out, known = np.zeros((*shape, values.shape[1])), np.zeros(shape, dtype=bool)
    out[tuple(cell.T)], known[tuple(cell.T)] = values, True
    return extend_nearest(out, known)


def _drilled(folded: tuple[BalloonSurface, ...], eighths: Grid) -> NDArray[np.bool_]:
    """Return the eighths that `bone_points.drill` takes the bone out of."""
    cells = PointGrid(shape=eighths.shape, spacing_mm=float(eighths.spacing_mm[0]))
    out = np.zeros(eighths.shape, dtype=bool)
    for surface in folded:
        out |= inside_share(surface, cells) >= 0.5
    return out
