"""Problems of elasticity with exact answers.

Displacements are mm, stresses and moduli MPa, forces N. Points are given as (..., 3) in mm,
radii as arrays of any shape.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.grid import FloatArray
from vertaug.verification.voxel_problem import (
    VoxelProblem,
    body_forces,
    free_body,
    hold_border,
    surface_forces,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotropic:
    """An isotropic elastic material."""

    modulus_mpa: float
    poisson: float

    @property
    def shear_mpa(self) -> float:
        """The shear modulus."""
        return self.modulus_mpa / (2.0 * (1.0 + self.poisson))

    @property
    def lame_mpa(self) -> float:
        """The first parameter of Lamé."""
        nu = self.poisson
        return self.modulus_mpa * nu / ((1.0 + nu) * (1.0 - 2.0 * nu))

    @property
    def confined_mpa(self) -> float:
        """Stress by strain where there is no strain to the sides."""
        return self.lame_mpa + 2.0 * self.shear_mpa


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearField:
    """The patch test: a displacement that grows evenly has the same strain everywhere.

    A homogeneous body takes it on when it is given at the border, whatever its voxels are
    (Irons and Razzaque 1972).

    Attributes
    ----------
    gradient : (3, 3) float64 array
        Of each component (first index) along each axis.
    """

    gradient: FloatArray

    def exact(self, points_mm: FloatArray) -> FloatArray:
        """Return the displacement at points."""
        return np.asarray(points_mm @ np.asarray(self.gradient).T)


def rigid_motions(points_mm: FloatArray) -> FloatArray:
    """Return three shifts and three turns about the axes, small ones, shape (6, ..., 3)."""
    modes = np.zeros((6, *points_mm.shape))
    for axis in range(3):
        modes[axis, ..., axis] = 1.0
        modes[3 + axis] = np.cross(np.eye(3)[axis], points_mm)
    return modes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ManufacturedField:
    """A smooth displacement, and the force per volume that makes it the answer.

    Component a is ``amplitude[a]`` times the product over the axes d of
    ``sin(wave[a, d] x_d + phase[a, d])``; the force is minus the divergence of its stress
    (method of manufactured solutions, Roache, J Fluids Eng 2002;124:4).

    Attributes
    ----------
    material : Isotropic
    amplitude_mm : (3,) float64 array
    wave : (3, 3) float64 array
        In 1/mm.
    phase : (3, 3) float64 array
    """

    material: Isotropic
    amplitude_mm: FloatArray
    wave: FloatArray
    phase: FloatArray

    def exact(self, points_mm: FloatArray) -> FloatArray:
        """Return the displacement at points."""
        return np.stack([self._derivative(points_mm, a, ()) for a in range(3)], axis=-1)

    def force(self, points_mm: FloatArray) -> FloatArray:
        """Return the force per volume at points, N/mm3."""
        mu, lame = self.material.shear_mpa, self.material.lame_mpa
        parts = []
        for a in range(3):
            laplace = sum(self._derivative(points_mm, a, (d, d)) for d in range(3))
            slope = sum(self._derivative(points_mm, d, (d, a)) for d in range(3))
            parts.append(-mu * laplace - (lame + mu) * slope)
        return np.stack(parts, axis=-1)

    def _derivative(self, points_mm: FloatArray, a: int, axes: tuple[int, ...]) -> FloatArray:
        """Return a derivative of component a; a sine's is a sine a quarter turn ahead."""
        total = np.full(points_mm.shape[:-1], float(self.amplitude_mm[a]))
        for d in range(3):
            order = axes.count(d)
            angle = self.wave[a, d] * points_mm[..., d] + self.phase[a, d] + order * np.pi / 2.0
            total *= self.wave[a, d] ** order * np.sin(angle)
        return total

    def problem(self, cells: int, edge_mm: float) -> VoxelProblem:
        """Return the problem on a cube, the displacement given on its sides."""
        modulus = np.full((cells,) * 3, self.material.modulus_mpa)
        body = free_body(modulus, self.material.poisson, np.full(3, edge_mm / cells))
        return hold_border(body, self.exact).add_forces(body_forces(body, self.force))


@dataclass(frozen=True, slots=True, kw_only=True)
class Laminate:
    """Layers of equal Poisson's ratio.

    Attributes
    ----------
    thickness_mm, modulus_mpa : tuple of float
        Of each layer.
    poisson : float
    """

    thickness_mm: tuple[float, ...]
    modulus_mpa: tuple[float, ...]
    poisson: float

    @property
    def along_mpa(self) -> float:
        """Modulus along the layers between sliding platens, sides free: the mean of Voigt.

        Exact for equal Poisson's ratios: all layers have the same strain.
        """
        share = np.array(self.thickness_mm) / sum(self.thickness_mm)
        return float(share @ np.array(self.modulus_mpa))

    @property
    def across_confined_mpa(self) -> float:
        """Stress by strain across the layers, no strain along them: the mean of Reuss.

        Exact: all layers have the same stress.
        """
        share = np.array(self.thickness_mm) / sum(self.thickness_mm)
        layers = [Isotropic(modulus_mpa=e, poisson=self.poisson) for e in self.modulus_mpa]
        return 1.0 / float(share @ np.array([1.0 / layer.confined_mpa for layer in layers]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cantilever:
    """A beam of rectangular section, clamped at one end, loaded across at the other.

    Attributes
    ----------
    material : Isotropic
    length_mm, depth_mm, width_mm : float
        Depth is along the force.
    force_n : float
    """

    material: Isotropic
    length_mm: float
    depth_mm: float
    width_mm: float
    force_n: float

    def exact(self) -> float:
        """Return the displacement of the loaded end.

        Bending and shear, P L^3 / (3 E I) + P L / (k G A) (Timoshenko, Phil Mag 1921;41:744), with
        the shear coefficient of a rectangle, k = 10 (1 + nu) / (12 + 11 nu) (Cowper, J Appl
        Mech 1966;33:335).
        """
        nu, area = self.material.poisson, self.width_mm * self.depth_mm
        inertia = area * self.depth_mm**2 / 12.0
        bending = self.force_n * self.length_mm**3 / (3.0 * self.material.modulus_mpa * inertia)
        coefficient = 10.0 * (1.0 + nu) / (12.0 + 11.0 * nu)
        shear = self.force_n * self.length_mm / (coefficient * self.material.shear_mpa * area)
        return bending + shear

    def problem(self, cells: tuple[int, int, int]) -> VoxelProblem:
        """Return the problem with cells along length, width and depth; the last two even.

        The force is spread over the end as a parabola of shear stress, as in the exact field.
        The clamped end stays flat and its middle lines stay where they are, but it may grow
        thinner: the formula knows nothing of a hindered contraction.
        """
        sides = np.array([self.length_mm, self.width_mm, self.depth_mm])
        modulus = np.full(cells, self.material.modulus_mpa)
        body = free_body(modulus, self.material.poisson, sides / np.array(cells))
        held = body.held.copy()
        held[0, 0] = True
        held[1, 0, cells[1] // 2], held[2, 0, :, cells[2] // 2] = True, True
        largest = 1.5 * self.force_n / (self.width_mm * self.depth_mm)

        def shear(points: FloatArray, _normal: FloatArray) -> FloatArray:
            height = 2.0 * points[:, 2] / self.depth_mm - 1.0
            return np.outer(largest * (1.0 - height**2), [0.0, 0.0, 1.0])

        forces = surface_forces(body, shear, lambda at: at[:, 0] > self.length_mm * (1.0 - 1e-9))
        return replace(body, held=held, forces_n=forces)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThickSphere:
    """A hollow sphere under internal pressure (Lamé 1852).

    Timoshenko and Goodier, Theory of Elasticity, 3rd ed., art. 136.

    Attributes
    ----------
    material : Isotropic
    inner_mm, outer_mm : float
    pressure_mpa : float
    """

    material: Isotropic
    inner_mm: float
    outer_mm: float
    pressure_mpa: float

    def exact(self, points_mm: FloatArray) -> FloatArray:
        """Return the displacement at points, the centre of the sphere being the origin."""
        radius = np.linalg.norm(points_mm, axis=-1)
        safe = np.maximum(radius, 1e-6 * self.inner_mm)
        return np.asarray((self.radial_mm(safe) / safe)[..., None] * points_mm)

    def radial_mm(self, radius_mm: ArrayLike) -> FloatArray:
        """Return the displacement outward."""
        r, nu = np.asarray(radius_mm, dtype=np.float64), self.material.poisson
        cube = (self.outer_mm / r) ** 3
        factor = self._swell / self.material.modulus_mpa
        return np.asarray(factor * r * ((1.0 - 2.0 * nu) + (1.0 + nu) * cube / 2.0))

    def stresses_mpa(self, radius_mm: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the radial stress and that around."""
        cube = (self.outer_mm / np.asarray(radius_mm, dtype=np.float64)) ** 3
        return self._swell * (1.0 - cube), self._swell * (1.0 + cube / 2.0)

    @property
    def _swell(self) -> float:
        a, b = self.inner_mm**3, self.outer_mm**3
        return self.pressure_mpa * a / (b - a)

    def traction_mpa(self, points_mm: FloatArray, normal: FloatArray) -> FloatArray:
        """Return the exact stress vector on planes of a normal at points, shape (n, 3)."""
        radius = np.linalg.norm(points_mm, axis=-1, keepdims=True)
        radial, around = self.stresses_mpa(radius)
        ray = points_mm / radius
        return np.asarray(around * normal + (radial - around) * ray * (ray @ normal)[..., None])

    def problem(self, cells: int, *, staircase: bool) -> VoxelProblem:
        """Return one octant, held by its three planes of symmetry.

        Parameters
        ----------
        cells : int
            Along the inner radius.
        staircase : bool
            False: every exposed face carries the exact stress of the sphere, so that the exact
            field is the answer for the body of voxels too; only the error of its elements is
            left. True: the pressure itself on the inner faces and nothing on the outer ones,
            as in a model of voxels; its rough surface adds an error.
        """
        size = self.inner_mm / cells
        count = int(np.ceil(self.outer_mm / size))
        middles = np.moveaxis(np.indices((count,) * 3), 0, -1) * size + size / 2.0
        radius = np.linalg.norm(middles, axis=-1)
        inside = (radius > self.inner_mm) & (radius < self.outer_mm)
        modulus = np.where(inside, self.material.modulus_mpa, 0.0)
        body = free_body(modulus, self.material.poisson, np.full(3, size))
        held = body.held.copy()
        held[0, 0], held[1, :, 0], held[2, :, :, 0] = True, True, True
        middle = (self.inner_mm + self.outer_mm) / 2.0

        def exposed(at: FloatArray) -> NDArray[np.bool_]:
            near = np.linalg.norm(at, axis=1) < (middle if staircase else np.inf)
            return np.asarray((at.min(axis=1) > 0.0) & near)

        def pressure(at: FloatArray, normal: FloatArray) -> FloatArray:
            return np.broadcast_to(-self.pressure_mpa * normal, at.shape)

        forces = surface_forces(body, pressure if staircase else self.traction_mpa, exposed)
        return replace(body, held=held, forces_n=forces)
