"""A vertebra's bone on the grid that cement is computed on: what is porous, sealed, or free."""

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
from vertaug.case.spine import Pedicle, Region, Vertebra
from vertaug.fracture.interior import GAS_HU, measure_depth
from vertaug.numerics.flow_cells import OUTSIDE, POROUS, SEALED
from vertaug.numerics.interpolation import extend_nearest
from vertaug.tissue.bone_law import check_density_unit

_SPACING_RANGE_MM = (0.5, 2.0)
_SMOOTHING_MM = 0.6
"""Blur within the bone before density becomes permeability, or the noise of the CT becomes a
noise of permeability (methods reference, cement flow)."""
_CORE_DEPTH_MM = 2.0
"""Deeper than this the blur of the cortex is not seen: scanner sigma 0.6 mm and a voxel of 1 mm."""
_CORE_REACH_MM = 1.5
"""Over which cancellous density is continued from the core to the cortex."""
_GAS_ALL_HU = -850.0
"""A voxel that is gas throughout, in CT of patients (scatter lifts it above -1000)."""
_GAS_DEPTH_MM = 1.0
"""Dark voxels nearer to the surface are the blurred edge of lung, bowel or disc."""
_MARGIN_MM = 2.0
_LONGEST_FILL_MM = 2.0
"""Between mask and endplate; beyond it the column has no bone below this endplate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoneOnGrid:
    """Bone on the working grid.

    Attributes
    ----------
    grid : Grid
        Along the vertebra's axes.
    region : (ni, nj, nk) uint8 array
        OUTSIDE, POROUS, SEALED of `vertaug.numerics.flow_cells`: body and pedicles in front of
        their isthmus are porous, the bone behind is sealed.
    in_body : (ni, nj, nk) bool array
        Porous cells of the body, without the pedicles.
    density_mg_per_ml : (ni, nj, nk) float64 array
        Mean over a cell, as the CT shows it, smoothed within the bone: with the cortex.
    cancellous_mg_per_ml : (ni, nj, nk) float64 array
        Of the bone inside the cortex, continued outward to the surface.
    gas_share : (ni, nj, nk) float64 array
        Share of a cell that a gas-filled gap takes.
    """

    grid: Grid
    region: NDArray[np.uint8]
    in_body: NDArray[np.bool_]
    density_mg_per_ml: FloatArray
    cancellous_mg_per_ml: FloatArray
    gas_share: FloatArray

    @property
    def gas_mm3(self) -> float:
        """Volume of the gas in the porous bone."""
        return float(self.gas_share[self.region == POROUS].sum() * self.grid.voxel_volume_mm3)


def bone_on_grid(
    vertebra: Vertebra, calibration: DensityCalibration | None, spacing_mm: FloatArray
) -> BoneOnGrid:
    """Resample a vertebra for flow.

    Parameters
    ----------
    vertebra : Vertebra
        Complete.
    calibration : DensityCalibration or None
        None is refused: porosity needs a density.
    spacing_mm : (3,) float64 array
        Of the cells, each 0.5 to 2 mm.

    Raises
    ------
    InputError
        If there is no calibration, the densities are not those of bone, the vertebra is cut, or
        the spacing cannot be used.
    """
    _check(vertebra, calibration, spacing_mm)
    assert calibration is not None
    source = vertebra.regions.grid
    share = np.array(vertebra.occupancy.values, dtype=np.float32)
    density = calibration.to_density(vertebra.hu.values)
    check_density_unit(density[share > 0.5])
    front = np.where(_is_sealed(vertebra), np.float32(0.0), share)
    grid = frame_grid(vertebra, share > 0.5, spacing_mm, np.full(3, _MARGIN_MM))
    parts = [int(np.ceil(s / float(source.spacing_mm[0]) - 1e-9)) for s in spacing_mm]
    in_front = average_over_voxels(front, source, grid, parts) > 0.5
    porous = _main_part(settle_endplates(in_front, vertebra, grid))
    # what is cut off at an endplate is disc, not arch
    behind = (average_over_voxels(share, source, grid, parts) > 0.5) & ~in_front
    body = np.where(vertebra.mask(Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE), 0.0, front)
    in_body = porous & (
        settle_endplates(average_over_voxels(body, source, grid, parts) > 0.5, vertebra, grid)
    )
    fields = _fields(density, np.asarray(vertebra.hu.values), share > 0.5, source.spacing_mm)
    whole, core, gas = (average_over_voxels(f, source, grid, parts) for f in fields)
    return BoneOnGrid(
        grid=grid,
        region=np.where(porous, POROUS, np.where(behind, SEALED, OUTSIDE)).astype(np.uint8),
        in_body=in_body,
        density_mg_per_ml=whole,
        cancellous_mg_per_ml=core,
        gas_share=gas,
    )


def _check(
    vertebra: Vertebra, calibration: DensityCalibration | None, spacing_mm: FloatArray
) -> None:
    low, high = _SPACING_RANGE_MM
    if not all(low <= s <= high for s in spacing_mm):
        found = " x ".join(f"{s:g}" for s in spacing_mm)
        message = f"cells for cement measure {low:g} to {high:g} mm; got {found} mm"
        raise InputError(message)
    if calibration is None:
        message = (
            f"{vertebra.level}: the density is not calibrated, so porosity and permeability are "
            "unknown; give the tube voltage, a phantom or tissue means (calibrate_generic, "
            "calibrate_from_phantom, calibrate_phantomless)"
        )
        raise InputError(message)
    if not vertebra.complete:
        cut = ", ".join(vertebra.cut_by) or "an edge of the scan"
        message = (
            f"{vertebra.level} is incomplete (cut by {cut}): cement would leave through the cut"
        )
        raise InputError(message)


def _is_sealed(vertebra: Vertebra) -> NDArray[np.bool_]:
    """Return the arch, and the pedicles behind their isthmus, on the vertebra's grid."""
    sealed = vertebra.mask(Region.ARCH)
    grid = vertebra.regions.grid
    pairs = (
        (Region.LEFT_PEDICLE, vertebra.left_pedicle),
        (Region.RIGHT_PEDICLE, vertebra.right_pedicle),
    )
    for code, pedicle in pairs:
        place = vertebra.mask(code)
        sealed |= place if pedicle is None else place & _is_behind(pedicle, grid)
    return sealed


def _is_behind(pedicle: Pedicle, grid: Grid) -> NDArray[np.bool_]:
    """Whether voxels lie behind the isthmus of a pedicle."""
    along = grid.affine[:3, :3].T @ pedicle.axis
    start = float((grid.affine[:3, 3] - pedicle.isthmus_lps_mm) @ pedicle.axis)
    i, j, k = (step * np.arange(n) for step, n in zip(along, grid.shape, strict=True))
    return np.asarray(start + i[:, None, None] + j[None, :, None] + k[None, None, :] < 0.0)


def settle_endplates(bone: NDArray[np.bool_], vertebra: Vertebra, grid: Grid) -> NDArray[np.bool_]:
    """Let the bone of a body end at the endplates that the CT shows.

    Parameters
    ----------
    bone : (ni, nj, nk) bool array
        Without the arch.
    vertebra : Vertebra
    grid : Grid
        Of the bone, along the vertebra's axes.
    """
    origin = vertebra.frame.to_local(grid.affine[:3, 3])
    x, y, z = (origin[a] + grid.spacing_mm[a] * np.arange(grid.shape[a]) for a in range(3))
    carries = bone.any(axis=2)
    for plate, sign in ((vertebra.superior, 1.0), (vertebra.inferior, -1.0)):
        height = np.where(carries, sign * surface_over_columns(plate.surface, x, y), np.nan)
        bone = settle_at_surface(bone, height, sign * z, _LONGEST_FILL_MM)
    return bone


def _main_part(bone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest part that hangs together over faces."""
    from scipy.ndimage import label

    labels, count = label(bone)
    if count == 0:
        message = "no porous bone is found: the body of this vertebra is thinner than a cell"
        raise InputError(message)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())


def _fields(
    density: FloatArray,
    hu: NDArray[np.floating],
    bone: NDArray[np.bool_],
    spacing_mm: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return density, cancellous density and gas on the vertebra's grid, everywhere defined."""
    from scipy.ndimage import binary_dilation

    depth = measure_depth(bone, spacing_mm)
    gas = bone & (hu < GAS_HU) & (depth > _GAS_DEPTH_MM)
    near_gas = bone & binary_dilation(gas, np.ones((3, 3, 3)))
    share = np.where(near_gas, np.clip(hu / _GAS_ALL_HU, 0.0, 1.0), 0.0)
    matter = bone & ~near_gas
    whole = _spread(density, matter, _SMOOTHING_MM / spacing_mm)
    whole = extend_nearest(np.where(matter, whole, 0.0), matter)
    core = matter & (depth >= _CORE_DEPTH_MM)
    if not core.any():
        core = matter
    continued = _spread(density, core, _CORE_REACH_MM / spacing_mm)
    near = _spread(core.astype(np.float64), np.ones_like(core), _CORE_REACH_MM / spacing_mm) > 0.02
    continued = extend_nearest(np.where(near, continued, 0.0), near)
    return whole, np.where(core, whole, continued), share


def _spread(values: FloatArray, where: NDArray[np.bool_], sigma: FloatArray) -> FloatArray:
    """Gaussian mean over the voxels of a mask only."""
    from scipy.ndimage import gaussian_filter

    total = gaussian_filter(np.where(where, values, 0.0), sigma)
    weight = gaussian_filter(where.astype(np.float64), sigma)
    return np.asarray(total / np.maximum(weight, 1e-9))
