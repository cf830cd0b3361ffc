"""Inside the body: gas, dense foreign material, trabecular density."""

import numpy as np
from numpy.typing import NDArray

from vertaug.case.density import DensityCalibration
from vertaug.case.grid import FloatArray
from vertaug.case.measurement import Cleft, TrabecularDensity
from vertaug.case.spine import Region, Vertebra

GAS_HU = -200.0
"""Below this a voxel inside the body is gas (clinical reference 2.5)."""
CLEFT_EXTENT_MM = 10.0
"""Least extent of a gas collection to be called a cleft (decision 0004)."""
_GAS_DEPTH_MM = 2.5
"""A gas collection must reach this deep, or it is the blurred edge of lung, bowel or disc."""
_GAS_VOLUME_MM3 = 10.0
"""A smaller collection is noise of the image."""

# Design defaults. Enamel-dense human bone stays below 2200 HU; steel and titanium saturate the
# scale. Barium cement reads 1400-3000 HU; cancellous bone does not, a sclerotic metastasis can.
_METAL_HU = 2500.0
_METAL_VOLUME_MM3 = 30.0
_DENSE_HU = 1400.0
_DENSE_VOLUME_MM3 = 300.0
_DENSE_DEPTH_MM = 3.0

_GAS_SHELL_MM = 2.0
_CORE_MARGINS_MM = (5.0, 4.0, 3.0, 2.0, 1.0)
_CORE_VOLUME_MM3 = 1000.0
_LEAST_CORE_VOXELS = 30


def measure_depth(mask: NDArray[np.bool_], spacing_mm: FloatArray) -> FloatArray:
    """Return the distance of every voxel inside a mask to its surface in mm, 0 outside."""
    from scipy.ndimage import distance_transform_edt

    padded = np.pad(mask, 1)
    depth = distance_transform_edt(padded, sampling=tuple(spacing_mm))[1:-1, 1:-1, 1:-1]
    # The transform counts to the centre of the nearest voxel outside; the surface is half-way.
    return np.asarray(np.maximum(depth - 0.5 * float(np.min(spacing_mm)), 0.0))


def crop_to_body(vertebra: Vertebra) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Return the CT and the body's mask, cut to the box of the body."""
    body = vertebra.mask(Region.BODY)
    box = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        places = np.nonzero(body.any(axis=others))[0]
        box.append(slice(int(places[0]), int(places[-1]) + 1))
    i, j, k = box
    return np.asarray(vertebra.hu.values[i, j, k]), body[i, j, k]


def find_cleft(hu: NDArray[np.floating], body: NDArray[np.bool_], spacing_mm: FloatArray) -> Cleft:
    """Return the gas inside a body.

    Gas is every connected collection of at least 10 mm3 of body voxels below -200 HU that
    reaches at least 2.5 mm deep. It is an intravertebral cleft if one collection extends at
    least 10 mm in any direction of the vertebra's frame (decision 0004).

    Parameters
    ----------
    hu : (nx, ny, nz) array
        The CT along the vertebra's own axes (left, posterior, superior).
    body : (nx, ny, nz) bool array
        The vertebral body.
    spacing_mm : (3,) float64 array
        Voxel size.

    Returns
    -------
    Cleft
        Volume of all collections; extent of the largest.
    """
    voxel = float(np.prod(spacing_mm))
    gas = body & (np.asarray(hu) < GAS_HU)
    if gas.sum() * voxel < _GAS_VOLUME_MM3:
        return Cleft(present=False, volume_ml=0.0, extent_mm=0.0)
    from scipy.ndimage import find_objects, label

    depth = measure_depth(body, spacing_mm)
    parts, _ = label(gas, structure=np.ones((3, 3, 3)))
    volume, extent = 0.0, 0.0
    for number, box in enumerate(find_objects(parts), start=1):
        part = parts[box] == number
        size = float(part.sum()) * voxel
        if size < _GAS_VOLUME_MM3 or depth[box][part].max() < _GAS_DEPTH_MM:
            continue
        volume += size / 1000.0
        reach = np.array(part.shape) * spacing_mm
        extent = max(extent, float(reach.max()))
    return Cleft(present=extent >= CLEFT_EXTENT_MM, volume_ml=volume, extent_mm=extent)


def find_metal(vertebra: Vertebra) -> str | None:
    """Return a sentence if metal, cement or other very dense material is in a vertebra.

    Metal: a connected cluster of at least 30 mm3 above 2500 HU anywhere in the bone. Dense
    material: at least 300 mm3 above 1400 HU deeper than 3 mm in the body (bone cement, an
    implant, or a sclerotic lesion). Design defaults.

    Parameters
    ----------
    vertebra : Vertebra
        Any vertebra, complete or not.

    Returns
    -------
    str or None
        What was found, with volume and largest HU; None if nothing was.
    """
    spacing = vertebra.regions.grid.spacing_mm
    voxel = float(np.prod(spacing))
    hu = np.asarray(vertebra.hu.values)
    dense = hu > _DENSE_HU
    if dense.sum() * voxel < _METAL_VOLUME_MM3:
        return None
    parts = (Region.BODY, Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE, Region.ARCH)
    bone = vertebra.mask(*parts)
    metal = _largest_cluster_mm3(bone & (hu > _METAL_HU), spacing)
    if metal >= _METAL_VOLUME_MM3:
        return (
            f"metal in {vertebra.level}: {metal / 1000:.2f} ml above {_METAL_HU:.0f} HU, up to "
            f"{hu[bone].max():.0f} HU; an implant is present and its streaks falsify heights and "
            "densities"
        )
    body = vertebra.mask(Region.BODY)
    if (body & dense).sum() * voxel < _DENSE_VOLUME_MM3:
        return None
    inside = measure_depth(body, spacing) >= _DENSE_DEPTH_MM
    filling = _largest_cluster_mm3(inside & dense, spacing)
    if filling < _DENSE_VOLUME_MM3:
        return None
    return (
        f"very dense material in the body of {vertebra.level}: {filling / 1000:.2f} ml above "
        f"{_DENSE_HU:.0f} HU, up to {hu[inside].max():.0f} HU; bone cement from an earlier "
        "procedure, an implant or a sclerotic lesion"
    )


def _largest_cluster_mm3(mask: NDArray[np.bool_], spacing_mm: FloatArray) -> float:
    if not mask.any():
        return 0.0
    from scipy.ndimage import label

    parts, _ = label(mask, structure=np.ones((3, 3, 3)))
    return float(np.bincount(parts.ravel())[1:].max() * np.prod(spacing_mm))


def select_core(
    hu: NDArray[np.floating], body: NDArray[np.bool_], spacing_mm: FloatArray
) -> tuple[NDArray[np.bool_], str]:
    """Return the cancellous core of a body and what it is, in words.

    The margin to the surface is 5 mm, or as much of it as leaves 1 ml (flat bodies). Left out are
    metal, gas and what lies within 2 mm or one voxel of it, and bone denser than the median by
    three robust standard deviations: the impacted band of a fracture, an endplate bulging in, or
    a bone island. If nothing is left (a body full of cement), the whole body is taken and the
    words say so.
    """
    depth = measure_depth(body, spacing_mm)
    voxel = float(np.prod(spacing_mm))
    for margin in _CORE_MARGINS_MM:
        deep = depth >= margin
        if deep.sum() * voxel >= _CORE_VOLUME_MM3:
            break
    bone = deep & (hu < _METAL_HU) & ~_near_gas(hu, body, spacing_mm)
    if bone.sum() < _LEAST_CORE_VOXELS:
        return body, "whole body with cortex: no cancellous core is left"
    values = hu[bone]
    median = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - median))
    core = np.asarray(bone & (hu <= median + 3.0 * max(float(spread), 1.0)))
    return core, f"core {margin:g} mm inside the surface, without gas and impacted bone"


def _near_gas(
    hu: NDArray[np.floating], body: NDArray[np.bool_], spacing_mm: FloatArray
) -> NDArray[np.bool_]:
    """Return the gas in a body with the shell around it, whose voxels hold gas and bone."""
    gas = body & (hu < GAS_HU)
    if gas.sum() * float(np.prod(spacing_mm)) < _GAS_VOLUME_MM3:
        return gas
    from scipy.ndimage import distance_transform_edt

    shell = max(_GAS_SHELL_MM, float(np.max(spacing_mm)))
    return np.asarray(distance_transform_edt(~gas, sampling=tuple(spacing_mm)) <= shell)


def measure_trabecular(
    vertebra: Vertebra, calibration: DensityCalibration | None
) -> TrabecularDensity:
    """Return mean HU and density of the cancellous core of a body.

    Parameters
    ----------
    vertebra : Vertebra
        A complete vertebra.
    calibration : DensityCalibration or None
        Law from HU to density; without it only HU is given.
    """
    hu, body = crop_to_body(vertebra)
    core, where = select_core(hu, body, vertebra.regions.grid.spacing_mm)
    values = hu[core].astype(np.float64)
    mean = float(values.mean())
    if calibration is None:
        density = uncertainty = None
        method = f"{where}; not calibrated"
    else:
        density = float(calibration.to_density(mean))
        uncertainty = calibration.uncertainty(density)
        method = f"{where}; {calibration.description}"
    return TrabecularDensity(
        mean_hu=mean,
        sd_hu=float(values.std()),
        density_mg_per_ml=density,
        uncertainty_mg_per_ml=uncertainty,
        method=method,
    )
