"""Which faces of the scan cut a vertebra."""

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import PatientRegion, Region, Vertebra
from vertaug.case.volume import Scan, Volume

_FACES = (("right", "left"), ("anterior", "posterior"), ("inferior", "superior"))
_BODY_TOUCH_MM2 = 15.0
"""A body that meets the edge of the scan over more than this is cut."""


def find_cut_faces(mask: NDArray[np.bool_], grid: Grid) -> dict[str, float]:
    """Return the area in mm2 of a mask on each face of the scan that it touches."""
    spacing = grid.spacing_mm
    found = {}
    for axis, names in enumerate(_FACES):
        area = float(np.prod(np.delete(spacing, axis)))
        for end, name in zip((0, -1), names, strict=True):
            touched = int(np.take(mask, end, axis=axis).sum())
            if touched:
                found[name] = touched * area
    return found


def body_is_cut(vertebra: Vertebra, patient: Volume) -> bool:
    """Whether the body of an analysed vertebra meets the edge of what was measured."""
    grid = vertebra.regions.grid
    surface = _surface_voxels(vertebra.mask(Region.BODY))
    index = patient.grid.to_index(grid.to_world(np.argwhere(surface)))
    shape = np.array(patient.values.shape)
    near_edge = ((index < 0.75) | (index > shape - 1.75)).any(axis=1)
    rounded = np.clip(np.rint(index).astype(int), 0, shape - 1)
    lost = patient.values[tuple(rounded.T)] == PatientRegion.NOT_MEASURED
    area = float((near_edge | lost).sum()) * float(grid.spacing_mm[0]) ** 2
    return area > _BODY_TOUCH_MM2


def _surface_voxels(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.ndimage import binary_erosion

    return np.asarray(mask & ~binary_erosion(mask))


def thickest_point_at_edge(
    mask: NDArray[np.bool_], grid: Grid, centre_lps_mm: FloatArray, reach_mm: float = 4.0
) -> bool:
    """Whether the thickest part of a mask lies at the edge of the scan: the body is not whole."""
    index = grid.to_index(centre_lps_mm)
    room = np.minimum(index + 0.5, np.array(mask.shape) - 0.5 - index) * grid.spacing_mm
    return bool((room < reach_mm).any())


def describe_cut(level: str, faces: tuple[str, ...], scan: Scan) -> str:
    """Return the reason, in a sentence, why a cut vertebra is not used."""
    size = " x ".join(f"{n:.0f}" for n in np.array(scan.grid.shape) * scan.grid.spacing_mm)
    where = " and ".join(faces) or "outer"
    return (
        f"the body of {level} is cut by the {where} edge of the scan ({size} mm); "
        "a scan that holds the whole vertebra is needed"
    )
