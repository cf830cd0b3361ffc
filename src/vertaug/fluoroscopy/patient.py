"""The patient as X-rays meet it, prepared from a CT."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.volume import Scan, Volume
from vertaug.fluoroscopy.line_integral import ProjectedField, prepare_coded_field
from vertaug.fluoroscopy.surroundings import Trunk, complete_trunk
from vertaug.numerics.interpolation import resample_trilinear
from vertaug.tissue.ct_attenuation import (
    HIGHEST_HU,
    LOWEST_HU,
    METAL_HU,
    basis_attenuation_at,
    basis_of_hounsfield,
)

_FINE_MM = 1.0
"""Thicker voxels are interpolated to about this size before they are projected."""
_WIDE_MM = 1.5
"""Wider voxels blur a radiograph more than a fluoroscope does."""
_ALONG_BEAM = 0.94
"""Cosine to the beam, 20 degrees, from which on an axis is not seen to blur."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class XrayPatient:
    """A CT prepared for radiographs.

    Attributes
    ----------
    tissue : ProjectedField
        Water and cortical bone in g/ml of each voxel, by its HU.
    grid : Grid
        Of the CT, before what is air was cut off.
    tube_voltage_kv : float or None
        Of the CT.
    surroundings : ProjectedField or None
        Tissue around the CT as water in g/ml, if the trunk was completed and the CT cuts it.
    """

    tissue: ProjectedField
    grid: Grid
    tube_voltage_kv: float | None
    surroundings: ProjectedField | None = None
    _single: dict[float, ProjectedField] = field(default_factory=dict)

    def tissue_at(self, energy_kev: float) -> ProjectedField:
        """Return the attenuation at one energy in 1/mm, for the monoenergetic mode."""
        if energy_kev not in self._single:
            meaning = basis_of_hounsfield(self.tube_voltage_kv) @ basis_attenuation_at(energy_kev)
            self._single.clear()
            self._single[energy_kev] = prepare_coded_field(
                self.tissue.values, self.tissue.grid, meaning[:, None], LOWEST_HU
            )
        return self._single[energy_kev]

    @property
    def box_lps_mm(self) -> FloatArray:
        """Outer corners of the CT's voxels, shape (8, 3)."""
        size = np.array(self.grid.shape)
        flags = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, 8).T
        return self.grid.to_world(flags * size - 0.5)

    @property
    def centre_lps_mm(self) -> FloatArray:
        """Centre of the CT, shape (3,)."""
        return self.grid.to_world((np.array(self.grid.shape) - 1) / 2)


def prepare_patient(
    scan: Scan, patient: Volume | None = None, trunk: Trunk | None = None
) -> XrayPatient:
    """Prepare a CT for radiographs.

    Parameters
    ----------
    scan : Scan
    patient : Volume of uint8, optional
        Values of `PatientRegion` on the scan's grid; air and couch are left out.
    trunk : Trunk, optional
        Complete what the CT does not cover up to this outline; by default nothing is added.

    Raises
    ------
    GeometryError
        If the grids differ, or there is nothing but air.
    """
    hu = scan.hu if scan.hu.dtype == np.int16 else _whole(scan.hu)
    if patient is not None:
        if not patient.grid.matches(scan.grid):
            message = "the patient's outline is not on the grid of the CT"
            raise GeometryError(message)
        hu = np.where(patient.values > 0, hu, np.int16(LOWEST_HU))
    hu, grid = _refine(hu, scan.grid)
    if not (hu > -500).any():
        message = "the CT holds nothing but air: no voxel is above -500 HU"
        raise GeometryError(message)
    meaning = basis_of_hounsfield(scan.info.kvp)
    return XrayPatient(
        tissue=prepare_coded_field(hu, grid, meaning, LOWEST_HU),
        grid=scan.grid,
        tube_voltage_kv=scan.info.kvp,
        surroundings=None if trunk is None else complete_trunk(scan, trunk, patient),
    )


def say_wide_voxels(grid: Grid, line_of_sight: FloatArray | None = None) -> str:
    """Say along which direction wide voxels blur radiographs; empty where none do.

    Parameters
    ----------
    line_of_sight : (3,) array, optional
        Of one view: what is wide along it does not blur that view.
    """
    widest = int(np.argmax(grid.spacing_mm))
    size = float(grid.spacing_mm[widest])
    axis = grid.affine[:3, widest] / size
    if size <= _WIDE_MM or (line_of_sight is not None and abs(axis @ line_of_sight) > _ALONG_BEAM):
        return ""
    along = int(np.argmax(np.abs(axis)))
    direction = ("left-right", "front-back", "head-foot")[along]
    return (
        f"The CT's voxels are {size:.1f} mm {direction}: views in which that direction is seen are "
        "blurred along it, so that pedicle rings and endplates may not be visible; a radiograph of "
        "the patient would be sharper."
    )


def _refine(hu: NDArray[Any], grid: Grid) -> tuple[NDArray[Any], Grid]:
    """Interpolate along axes of thick voxels, whose steps would show as stripes."""
    parts = np.maximum(np.round(grid.spacing_mm / _FINE_MM - 0.25), 1.0).astype(int)
    if np.all(parts == 1):
        return hu, grid
    affine = np.array(grid.affine)
    affine[:3, :3] /= parts
    affine[:3, 3] = grid.to_world((1.0 / parts - 1.0) / 2)
    shape = tuple(int(n * p) for n, p in zip(grid.shape, parts, strict=True))
    fine = Grid(shape=(shape[0], shape[1], shape[2]), affine=affine)
    # beyond the middle of an outermost voxel its own value goes on: nothing is lost at the faces
    wide = np.pad(hu, 1, mode="edge")
    index_map = np.linalg.inv(grid.affine) @ fine.affine
    index_map[:3, 3] += 1.0
    values = resample_trilinear(wide, index_map, fine.shape, outside=float(LOWEST_HU))
    made = np.rint(values).astype(np.int16)
    _keep_metal(hu, made, parts)
    return made, fine


def _keep_metal(hu: NDArray[Any], fine: NDArray[np.int16], parts: NDArray[np.int_]) -> None:
    """Give voxels of metal, and those next to it, their own value all through.

    A threshold decides what is metal: between metal and tissue an interpolated HU would
    lose the metal's edge, or all of it where it is one slice thin.

    Parameters
    ----------
    hu, fine : int16 arrays
        Before and after interpolation; ``fine`` is changed.
    parts : (3,) int array
        Fine voxels of each voxel, along the axes.
    """
    found = hu >= METAL_HU
    if not found.any():
        return
    refined = [axis for axis in range(3) if parts[axis] > 1]
    box = []
    for axis in range(3):
        line = np.flatnonzero(found.any(axis=tuple(a for a in range(3) if a != axis)))
        reach = 1 if axis in refined else 0
        box.append(slice(max(int(line[0]) - reach, 0), int(line[-1]) + 1 + reach))
    near, own = found[tuple(box)], hu[tuple(box)]
    for axis in refined:
        wide = np.pad(near, [(1, 1) if a == axis else (0, 0) for a in range(3)])
        size = near.shape[axis]
        near = np.any([np.take(wide, range(k, k + size), axis=axis) for k in range(3)], axis=0)
    for axis in refined:
        near, own = (np.repeat(each, parts[axis], axis=axis) for each in (near, own))
    place = tuple(
        slice(b.start * p, b.start * p + n) for b, p, n in zip(box, parts, near.shape, strict=True)
    )
    np.copyto(fine[place], own, where=near)


def _whole(hu: NDArray[Any]) -> NDArray[Any]:
    known = np.clip(np.nan_to_num(hu, nan=LOWEST_HU), LOWEST_HU, HIGHEST_HU)
    return np.asarray(np.rint(known), dtype=np.int16)
