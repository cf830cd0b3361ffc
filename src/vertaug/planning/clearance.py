"""Distance fields around one vertebra, and the clearance of needles in them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import PlanError
from vertaug.case.grid import FloatArray
from vertaug.case.spine import Region, Vertebra
from vertaug.case.volume import Volume
from vertaug.numerics.distance import signed_distance
from vertaug.numerics.interpolation import resample_trilinear, sample_trilinear
from vertaug.planning._clearance_layout import N_FINE, Channel
from vertaug.planning.body import BodyShape
from vertaug.planning.side import SideGeometry

_FAR_MM = 30.0
_MARGIN_MM = 12.0
_FACET_REACH_MM = 6.0
_REACH_MM = 9.0
"""Margins above this decide nothing."""
_WALL_SPACING_MM, _WALL_MARGIN_MM = 1.5, 6.0
_MASK_SMOOTH_VOXELS = 1.2
_CANAL_PAD_VOXELS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How paths are walked.

    Attributes
    ----------
    radius_mm : float
        Outer radius of the needle.
    step_mm : float
        Distance of samples along the path.
    length_mm : float
        How far dorsal of the tip the walk goes.
    softness_mm : float
        Scale of the soft minimum; 0 takes the plain minimum.
    tip_part_mm : float
        Length of the tip part for the wall margins.
    """

    radius_mm: float
    step_mm: float = 0.25
    length_mm: float = 110.0
    softness_mm: float = 0.0
    tip_part_mm: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WallFields:
    """Distances to walls and endplates around the body.

    Attributes
    ----------
    values : (mi, mj, mk, coarse channels) float32 array
        The coarse ones of `_clearance_layout.Channel`.
    origin_mm : (3,) float64 array
        First sample in the vertebra frame; the grid's axes are the frame's axes.
    spacing_mm : float
    """

    values: NDArray[np.float32]
    origin_mm: FloatArray
    spacing_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClearanceFields:
    """Fields of one vertebra on its local grid, interleaved for the kernel.

    Attributes
    ----------
    stack : (ni, nj, nk, fine channels) float32 array
        The fine ones of `_clearance_layout.Channel`.
    bone : (ni, nj, nk) float32 array
        The bone channel alone, contiguous, for sampling off the paths.
    origin_mm : (3,) float64 array
        First voxel in the vertebra frame; the grid's axes are the frame's axes.
    spacing_mm : float
        Voxel size.
    walls : WallFields
        Walls and endplates on a coarser grid.
    """

    stack: NDArray[np.float32]
    bone: NDArray[np.float32]
    origin_mm: FloatArray
    spacing_mm: float
    walls: WallFields

    def bone_distance(self, points_mm: FloatArray) -> FloatArray:
        """Return the distance to the bone's surface at points (..., 3), negative inside."""
        index = (points_mm - self.origin_mm) / self.spacing_mm
        return sample_trilinear(self.bone, index, _FAR_MM)

    def trace(
        self, targets_mm: FloatArray, directions: FloatArray, side: SideGeometry, how: Trace
    ) -> FloatArray:
        """Return the features of paths.

        Parameters
        ----------
        targets_mm, directions : (n, 3) float64 arrays
            Tips and unit forward directions in the vertebra frame.

        Returns
        -------
        (n, features) float64 array
            Columns as in `_clearance_layout.Feature`. The needle is a capsule of its outer
            radius whose foremost point is the tip; each clearance is the minimum over its axis
            of the distance field less the radius, and in the pedicle the minimum over points
            around its surface.
        """
        from vertaug.planning._clearance_numba import trace_paths

        return np.asarray(
            trace_paths(
                self.stack,
                self.walls.values,
                np.ascontiguousarray(targets_mm, dtype=np.float64),
                np.ascontiguousarray(directions, dtype=np.float64),
                side.pack(),
                self.settings(how),
            )
        )

    def settings(self, how: Trace) -> FloatArray:
        """Return the (13,) array that the clearance kernel takes."""
        walk = (how.radius_mm, how.step_mm, how.length_mm, how.softness_mm, how.tip_part_mm)
        walls = (*self.walls.origin_mm, self.walls.spacing_mm)
        return np.array([*self.origin_mm, self.spacing_mm, *walk, *walls], dtype=np.float64)


def build_fields(vertebra: Vertebra, shape: BodyShape, patient: Volume) -> ClearanceFields:
    """Compute the distance fields of one vertebra.

    Raises
    ------
    PlanError
        If the vertebra has no canal to keep clear of.
    """
    grid = vertebra.occupancy.grid
    spacing = float(grid.spacing_mm[0])
    origin = vertebra.frame.to_local(grid.to_world((0, 0, 0)))
    occupancy = np.asarray(vertebra.occupancy.values, dtype=np.float32)
    stack = np.empty((*grid.shape, N_FINE), dtype=np.float32)
    bone = signed_distance(occupancy, spacing, reach_mm=_REACH_MM)
    stack[..., Channel.BONE] = bone
    stack[..., Channel.CANAL] = _canal_distance(vertebra, spacing)
    neighbour = np.asarray(vertebra.neighbours.values, dtype=np.float32)
    stack[..., Channel.NEIGHBOUR] = _distance_in_crop(neighbour, spacing)
    facet = _facet_bone(vertebra, neighbour, shape, origin, spacing)
    stack[..., Channel.FACET] = _distance_in_crop(facet, spacing)
    to_patient = np.linalg.inv(patient.grid.affine) @ grid.affine
    # beyond the scan and in the air around the patient nothing is known: neither bone nor lung
    body_share = resample_trilinear(patient.values, to_patient, grid.shape, 0.0)
    stack[..., Channel.HU] = np.where(body_share > 0.99, vertebra.hu.values, 0.0)
    return ClearanceFields(
        stack=stack,
        bone=bone,
        origin_mm=origin,
        spacing_mm=spacing,
        walls=measure_walls(vertebra, shape),
    )


def _distance_in_crop(occupancy: NDArray[np.float32], spacing: float) -> NDArray[np.float32]:
    """Signed distance near a shape; far away only "far"."""
    out = np.full(occupancy.shape, _FAR_MM, dtype=np.float32)
    where = np.nonzero(occupancy > 0.5)
    if not len(where[0]):
        return out
    pad = int(np.ceil(_MARGIN_MM / spacing))
    crop = tuple(slice(max(int(w.min()) - pad, 0), int(w.max()) + pad + 1) for w in where)
    out[crop] = signed_distance(occupancy[crop], spacing, reach_mm=_REACH_MM)
    return out


def _canal_distance(vertebra: Vertebra, spacing: float) -> NDArray[np.float32]:
    """Distance to the canal; where it borders bone, the bone's own sub-voxel surface counts."""
    from scipy.ndimage import binary_dilation, gaussian_filter

    canal = vertebra.mask(Region.CANAL)
    if not canal.any():
        message = (
            f"{vertebra.level}: no vertebral canal was found, so no path can be checked against "
            "it; check that the labels hold the whole vertebra with its arch"
        )
        raise PlanError(message)
    where = np.argwhere(canal)
    # as far as the smoothing reaches
    low = np.maximum(where.min(axis=0) - _CANAL_PAD_VOXELS, 0)
    crop = tuple(
        slice(a, b + _CANAL_PAD_VOXELS + 1) for a, b in zip(low, where.max(axis=0), strict=True)
    )
    bone = np.asarray(vertebra.occupancy.values[crop], dtype=np.float32)
    lining = binary_dilation(canal[crop], iterations=2) & (bone > 0.5)
    smooth = gaussian_filter((canal[crop] | lining).astype(np.float32), _MASK_SMOOTH_VOXELS)
    share = np.zeros(canal.shape, dtype=np.float32)
    share[crop] = np.minimum(smooth, 1.0 - bone)
    return _distance_in_crop(share, spacing)


def _facet_bone(
    vertebra: Vertebra,
    neighbour: NDArray[np.float32],
    shape: BodyShape,
    origin: FloatArray,
    spacing: float,
) -> NDArray[np.float32]:
    """Return the neighbours' bone that faces this vertebra's arch: their articular processes."""
    from scipy.ndimage import distance_transform_edt

    arch = vertebra.mask(Region.ARCH)
    if not arch.any() or not (neighbour > 0.5).any():
        return np.zeros_like(neighbour)
    near = distance_transform_edt(~arch) * spacing < _FACET_REACH_MM
    y = origin[1] + spacing * np.arange(neighbour.shape[1])
    wall = float(shape.posterior.at(np.zeros(1), np.zeros(1))[0])
    behind = (y > wall)[None, :, None]
    return np.where(near & behind, neighbour, np.float32(0.0))


def measure_walls(vertebra: Vertebra, shape: BodyShape) -> WallFields:
    """Return half-spaces bounded by walls and endplates; smooth, so a coarser grid is enough."""
    body = np.argwhere(vertebra.mask(Region.BODY))
    corners = vertebra.regions.grid.to_world(np.stack([body.min(axis=0), body.max(axis=0)]))
    low, high = vertebra.frame.to_local(corners)
    low = np.floor((low - _WALL_MARGIN_MM) / _WALL_SPACING_MM) * _WALL_SPACING_MM
    axes = [
        np.arange(a, b + _WALL_MARGIN_MM + _WALL_SPACING_MM, _WALL_SPACING_MM)
        for a, b in zip(low, high, strict=True)
    ]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    xy, xz, yz = np.broadcast_arrays(x, y), np.broadcast_arrays(x, z), np.broadcast_arrays(y, z)
    depth = {
        Channel.SUPERIOR: shape.superior.at(*xy) - z,
        Channel.INFERIOR: z - shape.inferior.at(*xy),
        Channel.ANTERIOR: y - shape.anterior.at(*xz),
        Channel.POSTERIOR: shape.posterior.at(*xz) - y,
        Channel.LATERAL: np.minimum(shape.left.at(*yz) - x, x - shape.right.at(*yz)),
    }
    values = np.empty((*(len(a) for a in axes), len(depth)), dtype=np.float32)
    for channel, inside in depth.items():
        share = np.clip(0.5 + inside / (4 * _WALL_SPACING_MM), 0.0, 1.0)
        values[..., channel - N_FINE] = signed_distance(share, _WALL_SPACING_MM)
    return WallFields(values=values, origin_mm=low, spacing_mm=_WALL_SPACING_MM)
