"""Arrays that know where they lie: fields, CT scans and label maps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError, LevelError
from vertaug.case.grid import Grid, read_only
from vertaug.case.level import LEVELS, sort_levels


def _check_shape(values: NDArray[Any], grid: Grid, what: str) -> None:
    if values.shape != grid.shape:
        message = f"{what}: the array has shape {values.shape}, its grid {grid.shape}"
        raise GeometryError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume:
    """A scalar field on a grid; ``values[i, j, k]`` at voxel centres, read-only."""

    values: NDArray[Any]
    grid: Grid

    def __post_init__(self) -> None:
        _check_shape(self.values, self.grid, "volume")
        object.__setattr__(self, "values", read_only(self.values))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanInfo:
    """What is known about a CT beyond its voxels; nothing that names the patient.

    Attributes
    ----------
    source_format : str
        ``dicom``, ``nifti``, ``nrrd``, ``mha`` or ``phantom``.
    kvp : float or None
        Tube voltage in kV, if the file says it.
    slice_thickness_mm : float or None
        Nominal slice thickness, if the file says it.
    scanner, kernel : str or None
        Manufacturer with model, and the reconstruction kernel, if the file says them.
    contrast : bool or None
        Whether an intravenous contrast agent is recorded; None if unknown.
    patient_position : str or None
        DICOM patient position (``HFS`` ...), if the file says it.
    notes : tuple of str
        What the reader changed or noticed, in sentences for the report.
    """

    source_format: str
    kvp: float | None = None
    slice_thickness_mm: float | None = None
    scanner: str | None = None
    kernel: str | None = None
    contrast: bool | None = None
    patient_position: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scan:
    """A CT in Hounsfield units on a canonical grid.

    The reader has permuted and flipped the axes so that i, j, k run closest to left,
    posterior, superior; oblique directions stay in the affine.

    Attributes
    ----------
    hu : (ni, nj, nk) int16 or float32 array
        Hounsfield units; voxels that the scanner did not measure are -1024.
    """

    hu: NDArray[Any]
    grid: Grid
    info: ScanInfo

    def __post_init__(self) -> None:
        _check_shape(self.hu, self.grid, "scan")
        object.__setattr__(self, "hu", read_only(self.hu))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelMap:
    """Which voxel belongs to which vertebra.

    Attributes
    ----------
    values : (ni, nj, nk) uint8 array
        0 is background; other values are named by ``levels``.
    levels : mapping of str to int
        Value of each level present in ``values``, cranio-caudal order.
    numbering : str
        Numbering or source that the names were taken from.
    notes : tuple of str
        What the reader changed or noticed.
    """

    values: NDArray[np.uint8]
    grid: Grid
    levels: Mapping[str, int]
    numbering: str
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        _check_shape(self.values, self.grid, "label map")
        ordered = {name: int(self.levels[name]) for name in sort_levels(self.levels)}
        object.__setattr__(self, "levels", MappingProxyType(ordered))
        object.__setattr__(self, "values", read_only(self.values, np.uint8))

    def mask(self, level: str) -> NDArray[np.bool_]:
        """Return where the vertebra ``level`` is, shape as ``values``.

        Raises
        ------
        LevelError
            If the level is not labelled in this map.
        """
        if level not in self.levels:
            present = ", ".join(self.levels) or "none"
            known = "" if level in LEVELS else " (not a level name)"
            message = f"level {level}{known} is not in the labels; present: {present}"
            raise LevelError(message)
        return np.asarray(self.values == self.levels[level])
