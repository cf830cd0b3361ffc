"""A vertebra as it is after its bone was moved.

What is at a place now is what was where it came from: CT, parts and neighbours are looked up there.
Bone that was compacted is not denser in it, and what was opened is not empty: that is told by
`deflated_survey` and `deflated_model`, which know the balloons.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.augmentation.balloon.moved_measures import carry_measures
from vertaug.augmentation.balloon.moved_surface import move_surface
from vertaug.case.bone_shift import BoneShift
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import Region, Vertebra
from vertaug.case.volume import Volume
from vertaug.numerics.interpolation import sample_trilinear, sample_vectors


def went_at(shift: BoneShift, places_lps_mm: ArrayLike) -> FloatArray:
    """Return how far what was at places has gone, both (..., 3) in LPS mm."""
    return sample_vectors(shift.went_mm, shift.grid.to_index(places_lps_mm))


def came_to(shift: BoneShift, places_lps_mm: ArrayLike) -> FloatArray:
    """Return how far what is at places now has come, both (..., 3) in LPS mm."""
    return sample_vectors(shift.came_mm, shift.grid.to_index(places_lps_mm))


def move_vertebra(vertebra: Vertebra, shift: BoneShift) -> Vertebra:
    """Return a vertebra after its bone was moved; itself where nothing was.

    Pedicles and arch keep their measures: balloons lie in front of them.

    Parameters
    ----------
    vertebra : Vertebra
        As the CT shows it.
    shift : BoneShift
    """
    if not shift.came_mm.any():
        return vertebra
    frame = vertebra.frame

    def went(places_mm: FloatArray) -> FloatArray:
        return went_at(shift, frame.to_world(places_mm)) @ frame.axes

    source = vertebra.regions.grid
    grid = source.widened(np.abs(shift.came_mm @ source.directions).max(axis=(0, 1, 2)))
    origin = _origin(grid, shift, source)
    regions = _nearest(vertebra.regions.values, origin)
    grown = np.count_nonzero(regions == Region.BODY) / np.count_nonzero(vertebra.mask(Region.BODY))
    share, others = (
        Volume(values=_between(volume.values, origin), grid=grid)
        for volume in (vertebra.occupancy, vertebra.neighbours)
    )
    border = np.clip(origin, 0.0, np.array(source.shape) - 1.0)
    hu = Volume(values=_between(vertebra.hu.values, border), grid=grid)
    return replace(
        carry_measures(vertebra, went),
        regions=Volume(values=regions, grid=grid),
        occupancy=share,
        neighbours=others,
        hu=hu,
        anterior_wall=move_surface(vertebra.anterior_wall, went, 1),
        posterior_wall=move_surface(vertebra.posterior_wall, went, 1),
        body_volume_mm3=vertebra.body_volume_mm3 * grown,
    )


def _origin(grid: Grid, shift: BoneShift, source: Grid) -> FloatArray:
    """Return from which index of another grid came what is in each voxel."""
    place = grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1))
    return source.to_index(place - came_to(shift, place))


def _between(values: NDArray[np.generic], index: FloatArray) -> NDArray[np.float32]:
    return sample_trilinear(values, index).astype(np.float32)


def _nearest(values: NDArray[np.generic], index: FloatArray) -> NDArray[np.generic]:
    """Return the nearest value, 0 outside."""
    nearest = np.floor(index + 0.5).astype(np.int64)
    inside = ((nearest >= 0) & (nearest < values.shape)).all(axis=-1)
    out = np.zeros(index.shape[:-1], dtype=values.dtype)
    out[inside] = values[tuple(nearest[inside].T)]
    return out
