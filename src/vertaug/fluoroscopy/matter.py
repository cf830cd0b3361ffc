"""What is brought into the patient: needle, balloon, cement.

Solids are exact (their chord on every ray is computed in closed form); cement and anything
else of free shape is a field of volume fractions on its own grid. Chords add up, so two things in
one place count twice: cement must be kept clear of a needle that stands in it (`fill_share`).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray, Grid, read_only
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.line_integral import (
    ProjectedField,
    Window,
    integrate_field,
    prepare_field,
)
from vertaug.tissue.material import STEEL, Material, bone_cement, iodinated_contrast

WATER_G_PER_ML = 1.0
"""Tissue gives way to matter: it is taken out of the ray as water of this density."""

_NEAREST_MM = 1e-6
"""What reaches behind the focus is cut off this far in front of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cylinder:
    """A rod or tube with flat ends.

    Attributes
    ----------
    start_lps_mm, end_lps_mm : (3,) float64 arrays
        Ends of its axis.
    radius_mm, bore_radius_mm : float
        Outer radius, and that of the bore; 0 for a rod.
    material : Material
    displaced_g_per_ml : float
        Water that gives way.
    """

    start_lps_mm: FloatArray
    end_lps_mm: FloatArray
    radius_mm: float
    bore_radius_mm: float = 0.0
    material: Material = STEEL
    displaced_g_per_ml: float = WATER_G_PER_ML

    def __post_init__(self) -> None:
        object.__setattr__(self, "start_lps_mm", read_only(self.start_lps_mm, np.float64))
        object.__setattr__(self, "end_lps_mm", read_only(self.end_lps_mm, np.float64))
        length = float(np.linalg.norm(self.end_lps_mm - self.start_lps_mm))
        if not length > 0 or not 0 <= self.bore_radius_mm < self.radius_mm:
            message = (
                f"a cylinder needs two different ends and 0 <= bore < radius; got length "
                f"{length:g}, radius {self.radius_mm:g}, bore {self.bore_radius_mm:g} mm"
            )
            raise GeometryError(message)

    def parts(self) -> tuple[tuple[FloatArray, int, float], ...]:
        """Return (affine from its own coordinates, kind, sign) of the solids it is made of."""
        axis = self.end_lps_mm - self.start_lps_mm
        across = np.linalg.svd(axis[None, :])[2][1:]
        made = []
        for radius, sign in ((self.radius_mm, 1.0), (self.bore_radius_mm, -1.0)):
            if radius > 0:
                columns = np.stack([*(across * radius), axis, self.start_lps_mm], axis=1)
                made.append((columns, 0, sign))
        return tuple(made)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ellipsoid:
    """An ellipsoid, such as a balloon.

    Attributes
    ----------
    centre_lps_mm : (3,) float64 array
    semi_axes_lps_mm : (3, 3) float64 array
        Columns: the three semi-axes as vectors.
    material : Material
    displaced_g_per_ml : float
        Water that gives way.
    """

    centre_lps_mm: FloatArray
    semi_axes_lps_mm: FloatArray
    material: Material = field(default_factory=iodinated_contrast)
    displaced_g_per_ml: float = WATER_G_PER_ML

    def __post_init__(self) -> None:
        _freeze_axes(self, "an ellipsoid")

    def parts(self) -> tuple[tuple[FloatArray, int, float], ...]:
        """Return (affine from its own coordinates, kind, sign)."""
        return ((np.column_stack([self.semi_axes_lps_mm, self.centre_lps_mm]), 1, 1.0),)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Box:
    """A box, such as a slab of a test object.

    Attributes
    ----------
    centre_lps_mm : (3,) float64 array
    semi_axes_lps_mm : (3, 3) float64 array
        Columns: half its edges as vectors.
    material : Material
    displaced_g_per_ml : float
        Water that gives way.
    """

    centre_lps_mm: FloatArray
    semi_axes_lps_mm: FloatArray
    material: Material = STEEL
    displaced_g_per_ml: float = WATER_G_PER_ML

    def __post_init__(self) -> None:
        _freeze_axes(self, "a box")

    def parts(self) -> tuple[tuple[FloatArray, int, float], ...]:
        """Return (affine from its own coordinates, kind, sign)."""
        return ((np.column_stack([self.semi_axes_lps_mm, self.centre_lps_mm]), 2, 1.0),)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoxelMatter:
    """Matter of free shape: how much of each voxel it fills.

    Attributes
    ----------
    fraction : ProjectedField
        Volume fraction on its own grid, prepared (`voxel_matter`).
    material : Material
    displaced_g_per_ml : float
        Water that gives way.
    """

    fraction: ProjectedField
    material: Material = field(default_factory=bone_cement)
    displaced_g_per_ml: float = WATER_G_PER_ML


Matter = Cylinder | Ellipsoid | Box | VoxelMatter


def voxel_matter(
    fraction: NDArray[np.floating], grid: Grid, material: Material | None = None
) -> VoxelMatter:
    """Prepare matter of free shape, by default bone cement.

    Raises
    ------
    GeometryError
        If a fraction is not between 0 and 1, or shapes differ.
    """
    if np.size(fraction) and not (np.min(fraction) >= -1e-6 and np.max(fraction) <= 1 + 1e-6):
        message = "a volume fraction lies between 0 and 1"
        raise GeometryError(message)
    return VoxelMatter(fraction=prepare_field(fraction, grid), material=material or bone_cement())


def fill_share(solid: Cylinder, grid: Grid) -> FloatArray:
    """Return how much of each voxel a rod or tube takes, bore included, shape of the grid.

    Exact but for the voxels at its surface, which count by the distance of their centre.
    """
    voxel = float(np.prod(grid.spacing_mm)) ** (1.0 / 3.0)
    out = np.zeros(grid.shape)
    box = _box_around(solid, grid, voxel)
    where = grid.to_world(np.moveaxis(np.indices(grid.shape)[(slice(None), *box)], 0, -1))
    axis = solid.end_lps_mm - solid.start_lps_mm
    length = float(np.linalg.norm(axis))
    offset = where - solid.start_lps_mm
    along = offset @ axis / length
    across = np.linalg.norm(offset - along[..., None] * axis / length, axis=-1)
    inside = np.minimum(solid.radius_mm - across, np.minimum(along, length - along))
    out[box] = np.clip(0.5 + inside / voxel, 0.0, 1.0)
    return out


def _box_around(solid: Cylinder, grid: Grid, beyond_mm: float) -> tuple[slice, ...]:
    """Return the voxels of a grid in which a cylinder can lie."""
    ends = grid.to_index(np.stack([solid.start_lps_mm, solid.end_lps_mm]))
    room = (solid.radius_mm + beyond_mm) / grid.spacing_mm + 1.0
    low = np.clip(np.floor(ends.min(axis=0) - room), 0, grid.shape).astype(int)
    high = np.clip(np.ceil(ends.max(axis=0) + room) + 1, low, grid.shape).astype(int)
    return tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))


def find_window(matter: Matter, carm: CArm) -> Window | None:
    """Return the pixels that matter can cover; None if none of it is between focus and detector.

    Of matter that reaches behind the focus only the part in front is seen.
    """
    front = _cut_at_focus(_hull(matter), carm)
    if not len(front):
        return None
    # close to the focus a corner is seen far off: bounded before it becomes a whole number
    seen = np.clip(carm.project(front), -2.0, np.array(carm.pixels) + 2.0)
    low = np.floor(seen.min(axis=0)).astype(int) - 1
    high = np.ceil(seen.max(axis=0)).astype(int) + 2
    first = np.maximum(low, 0)
    last = np.minimum(high, carm.pixels)
    if np.any(last <= first):
        return None
    size = last - first
    return Window(column=int(first[0]), row=int(first[1]), columns=int(size[0]), rows=int(size[1]))


def measure_chords(matter: Matter, carm: CArm, window: Window) -> FloatArray:
    """Return the path through matter on the ray of each pixel in mm, shape (rows, columns)."""
    if isinstance(matter, VoxelMatter):
        return np.asarray(integrate_field(matter.fraction, carm, window)[0])
    from vertaug.fluoroscopy._chord_numba import add_chords

    world = np.array(carm.pixel_rays)
    world[1] += window.column * world[2] + window.row * world[3]
    out = np.zeros((window.rows, window.columns))
    for affine, kind, sign in matter.parts():
        inverse = np.linalg.inv(np.vstack([affine, [0.0, 0.0, 0.0, 1.0]]))[:3]
        add_chords(world, np.ascontiguousarray(inverse), kind, sign, out)
    # the two roots of a grazing ray through a bore can differ in the last digit
    return np.maximum(out, 0.0)


def _cut_at_focus(corners: FloatArray, carm: CArm) -> FloatArray:
    """Return the corners of what is in front of the focus of a box given by its corners."""
    depth = (corners - carm.focus_lps_mm) @ carm.receptor - _NEAREST_MM
    kept = [corners[depth >= 0]]
    for bit in (1, 2, 4):
        a = np.array([n for n in range(8) if not n & bit])
        b = a | bit
        crossing = depth[a] * depth[b] < 0
        a, b = a[crossing], b[crossing]
        share = depth[a] / (depth[a] - depth[b])
        kept.append(corners[a] + share[:, None] * (corners[b] - corners[a]))
    return np.concatenate(kept)


def _hull(matter: Matter) -> FloatArray:
    """Return the corners of a box that holds the matter, shape (8, 3).

    Corners whose numbers differ in one bit share an edge.
    """
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8).T.astype(float)
    if isinstance(matter, VoxelMatter):
        grid = matter.fraction.grid
        size = np.array(grid.shape)
        return grid.to_world((signs + 1) / 2 * size - 0.5)
    affine, kind, _ = matter.parts()[0]
    if kind == 0:
        signs[:, 2] = (signs[:, 2] + 1) / 2
    return np.asarray(signs @ affine[:, :3].T + affine[:, 3])


def _freeze_axes(solid: Ellipsoid | Box, name: str) -> None:
    for key, shape in (("centre_lps_mm", (3,)), ("semi_axes_lps_mm", (3, 3))):
        value: ArrayLike = getattr(solid, key)
        array = np.asarray(value, dtype=np.float64)
        if array.shape != shape or not np.isfinite(array).all():
            message = f"{name} needs {key} of shape {shape}; got {array.tolist()}"
            raise GeometryError(message)
        object.__setattr__(solid, key, read_only(array))
    if abs(np.linalg.det(solid.semi_axes_lps_mm)) < 1e-12:
        message = f"{name} needs three semi-axes that span space"
        raise GeometryError(message)
