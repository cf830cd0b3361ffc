"""Bone as points that carry its mass, and what the voxels of a grid see of them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.foam_law import DENSEST_G_PER_ML, FoamLaw
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.case.grid import FloatArray
from vertaug.mechanics.model import POISSON
from vertaug.numerics.interpolation import sample_trilinear

_A_SIDE = 2
"""Points along each side of a voxel."""
_LINES = 4
_LEAST_BONE = 0.05
_SHARES = np.array([1.0, 4.0, 1.0]) / 6.0
_FULL = 0.95
"""A voxel with more of the balloon than this holds no bone that counts."""
_NEVER_YIELDS_MPA = 1e6
_MOST_SHRUNK = -0.5
"""Of a voxel in one increment, whose wall moves by 0.3 voxels in the mean."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BonePoints:
    """Points that carry bone, and discs, and are never made again: mass is kept exactly.

    Attributes
    ----------
    place_mm : (n, 3) float64 array
        From the corner of the grid.
    mass_mg : (n,) float64 array
    stress_mpa : (n, 6) float64 array
    flow : (n,) float64 array
        Equivalent plastic strain.
    elastic_mpa : (n,) float64 array
        Modulus of what does not yield (discs); 0 for bone.
    tension : (n,) float64 array
        Share of its strength that bone has against being pulled apart: 1 where it is whole, less
        where it is broken.
    opened : (n,) float64 array
        Logarithm of how much more room the bone takes than at first.
    hard : (n,) float64 array
        Times the strength of the law: 1 for cancellous bone.
    """

    place_mm: FloatArray
    mass_mg: FloatArray
    stress_mpa: FloatArray
    flow: FloatArray
    elastic_mpa: FloatArray
    tension: FloatArray
    opened: FloatArray
    hard: FloatArray

    def part(self, kept: NDArray[np.bool_]) -> "BonePoints":
        """Return some of the points."""
        return BonePoints(
            place_mm=self.place_mm[kept],
            mass_mg=self.mass_mg[kept],
            stress_mpa=self.stress_mpa[kept],
            flow=self.flow[kept],
            elastic_mpa=self.elastic_mpa[kept],
            tension=self.tension[kept],
            opened=self.opened[kept],
            hard=self.hard[kept],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PointGrid:
    """Cubic voxels, their corner at the origin.

    Attributes
    ----------
    shape : tuple of int
    spacing_mm : float
    """

    shape: tuple[int, int, int]
    spacing_mm: float

    @property
    def node_shape(self) -> tuple[int, int, int]:
        """Nodes along each axis."""
        i, j, k = self.shape
        return i + 1, j + 1, k + 1

    @property
    def step(self) -> tuple[int, int]:
        """From a node to the next along the first and the second axis."""
        return (self.shape[1] + 1) * (self.shape[2] + 1), self.shape[2] + 1

    def voxel_of(self, place_mm: FloatArray) -> NDArray[np.int64]:
        """Return the voxel of each point, numbered along the last axis."""
        most = np.array(self.shape) - 1
        i, j, k = np.clip((place_mm / self.spacing_mm).astype(np.int64), 0, most).T
        return np.asarray((i * self.shape[1] + j) * self.shape[2] + k)


def fill_points(
    grid: PointGrid, density_g_per_ml: FloatArray, elastic_mpa: FloatArray | None = None
) -> BonePoints:
    """Return points in all voxels with any density.

    Parameters
    ----------
    grid : PointGrid
    density_g_per_ml : (2 ni, 2 nj, 2 nk) float64 array
        Of each eighth of a voxel; 0 for none.
    elastic_mpa : the same shape, optional
        Modulus of what does not yield.
    """
    side = grid.spacing_mm / _A_SIDE
    where = np.argwhere(density_g_per_ml > 0.0)
    inside = tuple(where.T)
    count = len(where)
    elastic = np.zeros(count) if elastic_mpa is None else np.asarray(elastic_mpa)[inside]
    return BonePoints(
        place_mm=np.asarray((where + 0.5) * side, dtype=np.float64),
        mass_mg=density_g_per_ml[inside] * side**3,
        stress_mpa=np.zeros((count, 6)),
        flow=np.zeros(count),
        elastic_mpa=elastic,
        tension=np.ones(count),
        opened=np.zeros(count),
        hard=np.ones(count),
    )


def drill(points: BonePoints, surface: BalloonSurface, grid: PointGrid) -> BonePoints:
    """Return the points that are not within a surface: those within are taken out of the bone."""
    half = grid.spacing_mm / _A_SIDE
    fine = PointGrid(shape=_twice(grid.shape), spacing_mm=half)
    share = inside_share(surface, fine)
    return points.part(share.ravel()[fine.voxel_of(points.place_mm)] < 0.5)


def _twice(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    i, j, k = shape
    return _A_SIDE * i, _A_SIDE * j, _A_SIDE * k


def inside_share(surface: BalloonSurface, grid: PointGrid) -> FloatArray:
    """Return the share of each voxel within a surface."""
    from vertaug.augmentation.balloon._inside_numba import fill_inside

    out = np.zeros(grid.shape)
    fill_inside(surface.points_mm, surface.triangles, grid.spacing_mm, _LINES, out)
    return np.clip(out, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoxelBone:
    """What the voxels with bone or balloon hold before an increment; rows in one order.

    Attributes
    ----------
    voxel : (n,) int64 array
    corner : (n,) int64 array
        Node of each voxel with the lowest indices.
    stress_mpa : (n, 6) float64 array
    bulk_mpa, shear_mpa, strength_mpa, modulus_mpa : (n,) float64 arrays
    apart_mpa : (n,) float64 array
        By how much the yield surface is moved toward compression.
    volume_mm3 : (n,) float64 array
        Of bone.
    density_g_per_ml : (n,) float64 array
    balloon : (n,) float64 array
        Share within the balloon.
    points_voxel : (points,) int64 array
        Of each point.
    """

    voxel: NDArray[np.int64]
    corner: NDArray[np.int64]
    stress_mpa: FloatArray
    bulk_mpa: FloatArray
    shear_mpa: FloatArray
    strength_mpa: FloatArray
    apart_mpa: FloatArray
    modulus_mpa: FloatArray
    volume_mm3: FloatArray
    density_g_per_ml: FloatArray
    balloon: FloatArray
    points_voxel: NDArray[np.int64]


def gather_bone(points: BonePoints, grid: PointGrid, law: FoamLaw, inside: FloatArray) -> VoxelBone:
    """Return what the voxels hold.

    Parameters
    ----------
    points : BonePoints
    grid : PointGrid
    law : FoamLaw
    inside : (ni, nj, nk) float64 array
        Share of each voxel within balloons.
    """
    size = inside.size
    own = grid.voxel_of(points.place_mm)
    count = np.bincount(own, minlength=size)
    total = np.asarray(np.bincount(own, points.mass_mg, size), dtype=np.float64)
    carried_along = (points.flow, points.tension, points.opened, points.hard)
    sums = [np.bincount(own, along, size) for along in (*points.stress_mpa.T, *carried_along)]
    means = np.asarray(np.stack(sums, axis=1) / np.maximum(count, 1)[:, None], dtype=np.float64)
    stress, (flow, tension, opened, hard) = means[:, :6], means[:, 6:].T
    share = inside.ravel()
    density = _density(total, count, inside, grid)
    elastic = np.bincount(own, points.elastic_mpa > 0.0, size)
    modulus = np.bincount(own, points.elastic_mpa, size) / np.maximum(elastic, 1.0)
    disc = elastic > 0.5 * count
    active = np.flatnonzero((count > 0) | (share > 0.0))
    rho, disc = density[active], disc[active]
    young = np.where(disc, modulus[active], law.modulus_mpa(rho)) * (count[active] > 0)
    held = np.clip(count[active] / 4.0, 0.0, 1.0) * (1.0 - share[active])
    held[share[active] >= _FULL] = 0.0
    broken = np.where(disc | (count[active] == 0), 0.0, 1.0 - tension[active])
    strength = hard[active] * law.softened_mpa(rho, flow[active])
    strength *= law.contact(opened[active], broken)
    strength = np.where(disc, _NEVER_YIELDS_MPA, strength)
    i, j, k = np.unravel_index(active, grid.shape)
    return VoxelBone(
        voxel=active,
        corner=np.asarray(i * grid.step[0] + j * grid.step[1] + k),
        stress_mpa=stress[active],
        bulk_mpa=young / (3.0 * (1.0 - 2.0 * POISSON)),
        shear_mpa=young / (2.0 * (1.0 + POISSON)),
        strength_mpa=strength,
        apart_mpa=law.apart_mpa(strength, broken),
        modulus_mpa=young,
        volume_mm3=held * grid.spacing_mm**3,
        density_g_per_ml=rho,
        balloon=share[active],
        points_voxel=own,
    )


def _density(
    mass: FloatArray, count: NDArray[np.int64], inside: FloatArray, grid: PointGrid
) -> FloatArray:
    """Return the density of the bone in each voxel.

    Where points have moved, their number in a voxel jumps: there mass and room are both spread
    over the neighbours. Untouched voxels keep their own.
    """
    volume = grid.spacing_mm**3
    room = volume * (1.0 - inside.ravel()) * (count > 0)
    smooth = _spread(mass.reshape(grid.shape)).ravel()
    smooth /= np.maximum(_spread(room.reshape(grid.shape)).ravel(), _LEAST_BONE * volume)
    moved = (count != _A_SIDE**3) | (inside.ravel() > 0.0)
    found = np.where(moved & (count > 0), smooth, mass / volume)
    return np.clip(found, 0.0, DENSEST_G_PER_ML)


def _spread(values: FloatArray) -> FloatArray:
    """Return values shared with the neighbours along each axis, 1 : 4 : 1."""
    from scipy.ndimage import convolve1d

    for axis in range(3):
        values = convolve1d(values, _SHARES, axis=axis, mode="constant")
    return values


def carried(points_mm: FloatArray, u: FloatArray, grid: PointGrid) -> FloatArray:
    """Return points moved with a displacement of the nodes.

    Parameters
    ----------
    points_mm : (n, 3) float64 array
    u : (3, ni + 1, nj + 1, nk + 1) float64 array
    grid : PointGrid
    """
    place = points_mm / grid.spacing_mm
    return points_mm + np.stack([sample_trilinear(along, place) for along in u], axis=1)


def _dilation(u: FloatArray, voxel: NDArray[np.int64], spacing_mm: float) -> FloatArray:
    """Return the even volumetric strain of some voxels in a displacement of the nodes."""
    out = np.zeros(tuple(size - 1 for size in u.shape[1:]))
    for axis, along in enumerate(u):
        change = np.moveaxis(np.diff(along, axis=axis), axis, 0)
        near = change[:, :-1] + change[:, 1:]
        out += np.moveaxis(0.25 * (near[..., :-1] + near[..., 1:]), 0, axis)
    return np.asarray(out.ravel()[voxel] / spacing_mm)


def carry(
    points: BonePoints,
    bone: VoxelBone,
    found: tuple[FloatArray, FloatArray],
    u: FloatArray,
    grid: PointGrid,
) -> BonePoints:
    """Return the points after an increment.

    Parameters
    ----------
    points : BonePoints
    bone : VoxelBone
        Before it.
    found : tuple of (n, 6) and (n,) float64 arrays
        Stress after it and equivalent plastic strain in it, of the voxels in ``bone``.
    u : (3, ni + 1, nj + 1, nk + 1) float64 array
    grid : PointGrid
    """
    row = np.full(int(np.prod(grid.shape)), -1, dtype=np.int64)
    row[bone.voxel] = np.arange(bone.voxel.size)
    own = row[bone.points_voxel]
    counts = bone.volume_mm3[own] > 0.0
    more = np.log1p(np.maximum(_dilation(u, bone.voxel, grid.spacing_mm), _MOST_SHRUNK))[own]
    return replace(
        points,
        opened=points.opened + np.where(counts, more, 0.0),
        place_mm=carried(points.place_mm, u, grid),
        stress_mpa=np.where(counts[:, None], found[0][own], points.stress_mpa),
        flow=points.flow + np.where(counts, found[1][own], 0.0),
    )
