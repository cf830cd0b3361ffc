"""A vertebra of ellipses, tubes and boxes whose clearances are known in closed form."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.grid import FloatArray, Grid, axis_aligned_grid
from vertaug.case.spine import (
    Endplate,
    EndplateLine,
    HeightField,
    Landmarks,
    Pedicle,
    Region,
    Spine,
    Vertebra,
    VertebraFrame,
)
from vertaug.case.volume import LabelMap, Scan, ScanInfo, Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnalyticVertebra:
    """Dimensions in mm, in the vertebra frame; proportions of an upper lumbar vertebra.

    Attributes
    ----------
    body_half_width, body_half_depth, body_half_height : float
        Elliptic cylinder, cut flat at ``wall_y``.
    pedicle_half_width, pedicle_half_height : float
        Elliptic tubes.
    pedicle_centre : (3,) tuple
        Point on the axis of the left tube; the right one is its mirror image.
    convergence_deg : float
        Angle of the tubes toward the midline.
    canal_centre_y, canal_half_width, canal_half_depth : float
        Elliptic cylinder along z.
    facet_centre, facet_radius
        Articular processes of the vertebra above: a sphere on each side.
    skin_y : float
        Flat skin behind.
    spacing, shift : float and (3,) tuple
        Local grid: voxel size, and by how many voxels it is moved against the frame.
    world_axes, world_origin : arrays
        Where the frame lies in LPS.
    """

    level: str = "L1"
    body_half_width: float = 22.0
    body_half_depth: float = 16.0
    body_half_height: float = 13.0
    wall_y: float = 13.0
    pedicle_half_width: float = 4.3
    pedicle_half_height: float = 7.5
    pedicle_centre: tuple[float, float, float] = (15.5, 19.0, 3.0)
    convergence_deg: float = 10.0
    canal_centre_y: float = 21.0
    canal_half_width: float = 10.5
    canal_half_depth: float = 7.5
    facet_centre: tuple[float, float, float] = (11.0, 40.0, 14.0)
    facet_radius: float = 5.0
    skin_y: float = 85.0
    spacing: float = 0.75
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    world_axes: FloatArray = field(default_factory=lambda: np.eye(3))
    world_origin: FloatArray = field(default_factory=lambda: np.zeros(3))

    def frame(self) -> VertebraFrame:
        """Return the vertebra frame."""
        return VertebraFrame(origin_lps_mm=self.world_origin, axes=self.world_axes)

    def pedicle_axis(self, sign: float) -> FloatArray:
        """Return the forward axis of the left (+1) or right (-1) tube."""
        angle = np.radians(self.convergence_deg)
        return np.array([-sign * np.sin(angle), -np.cos(angle), 0.0])

    def body_function(self, p: FloatArray) -> FloatArray:
        """Return about the distance to the body, negative inside; points (..., 3)."""
        side = _ellipse(p[..., 0], p[..., 1], (self.body_half_width, self.body_half_depth))
        flat = p[..., 1] - self.wall_y
        ends = np.abs(p[..., 2]) - self.body_half_height
        return np.asarray(np.maximum(np.maximum(side, flat), ends))

    def pedicle_function(self, p: FloatArray, sign: float) -> FloatArray:
        """Return about the distance to a tube, negative inside; exact at the surface."""
        axis = self.pedicle_axis(sign)
        across = np.array([-axis[1], axis[0], 0.0])
        offset = p - np.array(self.pedicle_centre) * [sign, 1.0, 1.0]
        tube = _ellipse(
            offset @ across, offset[..., 2], (self.pedicle_half_width, self.pedicle_half_height)
        )
        return np.asarray(np.maximum(tube, np.abs(offset @ axis) - 14.0))

    def arch_function(self, p: FloatArray) -> FloatArray:
        """Return about the distance to lamina, transverse and spinous processes."""
        lamina = _box(p, (-20.0, 29.0, -11.0), (20.0, 36.0, 11.0))
        transverse = _box(p, (-36.0, 29.0, 0.0), (36.0, 35.0, 8.0))
        spinous = _box(p, (-3.0, 34.0, -9.0), (3.0, 62.0, 5.0))
        return np.minimum(np.minimum(lamina, transverse), spinous)

    def canal_function(self, p: FloatArray) -> FloatArray:
        """Return about the distance to the canal, negative inside."""
        y = p[..., 1] - self.canal_centre_y
        return _ellipse(p[..., 0], y, (self.canal_half_width, self.canal_half_depth))

    def neighbour_function(self, p: FloatArray) -> FloatArray:
        """Return about the distance to the neighbours: bodies and articular spheres."""
        side = _ellipse(p[..., 0], p[..., 1], (self.body_half_width, self.body_half_depth))
        gap = self.body_half_height + 6.0 - np.abs(p[..., 2])
        out = np.maximum(side, gap)
        for sign in (1.0, -1.0):
            centre = np.array(self.facet_centre) * [sign, 1.0, 1.0]
            out = np.minimum(out, np.linalg.norm(p - centre, axis=-1) - self.facet_radius)
        return out

    def canal_clearance(self, points: FloatArray) -> float:
        """Return the exact distance of points (n, 3) to the canal, smallest over them."""
        angle = np.linspace(0.0, 2 * np.pi, 20001)
        x = self.canal_half_width * np.cos(angle)
        y = self.canal_centre_y + self.canal_half_depth * np.sin(angle)
        return float(np.min(np.hypot(points[:, :1] - x, points[:, 1:2] - y)))

    def local_grid(self) -> Grid:
        """Return the local grid: axes of the frame, isotropic."""
        low = np.array([-42.0, -24.0, -24.0]) + np.array(self.shift) * self.spacing
        counts = (np.array([84.0, 94.0, 48.0]) / self.spacing).astype(int) + 1
        origin = self.frame().to_world(low)
        shape = (int(counts[0]), int(counts[1]), int(counts[2]))
        return axis_aligned_grid(origin, self.world_axes, self.spacing, shape)

    def spine(self) -> Spine:
        """Return a spine that holds this one vertebra."""
        vertebra = self.vertebra()
        grid = axis_aligned_grid(np.array([-130, -90, -90]), np.eye(3), 3.0, (87, 70, 60))
        points = self.frame().to_local(grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1)))
        patient = (points[..., 1] < self.skin_y).astype(np.uint8)
        hu = np.where(patient > 0, 40, -1000).astype(np.int16)
        scan = Scan(hu=hu, grid=grid, info=ScanInfo(source_format="phantom"))
        labels = LabelMap(
            values=(self.body_function(points) < 0).astype(np.uint8),
            grid=grid,
            levels={self.level: 1},
            numbering="analytic",
        )
        return Spine(
            scan=scan,
            labels=labels,
            vertebrae={self.level: vertebra},
            patient=Volume(values=patient, grid=grid),
        )

    def vertebra(self) -> Vertebra:
        """Return the vertebra with all its parts."""
        grid = self.local_grid()
        points = self.frame().to_local(grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1)))
        tubes = [self.pedicle_function(points, sign) for sign in (1.0, -1.0)]
        body = self.body_function(points)
        bone = np.minimum(np.minimum(body, self.arch_function(points)), np.minimum(*tubes))
        occupancy = np.clip(0.5 - bone / (4 * self.spacing), 0.0, 1.0).astype(np.float32)
        neighbour = self.neighbour_function(points)
        around = np.clip(0.5 - neighbour / (4 * self.spacing), 0.0, 1.0).astype(np.float32)
        superior, inferior = (self._endplate(sign) for sign in (1.0, -1.0))
        anterior, posterior = self._walls()
        return Vertebra(
            level=self.level,
            complete=True,
            cut_by=(),
            frame=self.frame(),
            regions=Volume(values=self._regions(points, bone, tubes), grid=grid),
            occupancy=Volume(values=occupancy, grid=grid),
            neighbours=Volume(values=around, grid=grid),
            hu=Volume(values=(occupancy * 260 + 40).astype(np.float32), grid=grid),
            superior=superior,
            inferior=inferior,
            anterior_wall=anterior,
            posterior_wall=posterior,
            landmarks=self._landmarks(),
            left_pedicle=self._pedicle(1.0),
            right_pedicle=self._pedicle(-1.0),
            body_volume_mm3=float((body < 0).sum()) * self.spacing**3,
        )

    def _regions(
        self, points: FloatArray, bone: FloatArray, tubes: list[FloatArray]
    ) -> NDArray[np.uint8]:
        regions = np.zeros(points.shape[:-1], dtype=np.uint8)
        regions[self.canal_function(points) < 0] = Region.CANAL
        regions[bone < 0] = Region.ARCH
        between = (points[..., 1] >= self.wall_y) & (points[..., 1] < 27.0)
        regions[(tubes[0] < 0) & between] = Region.LEFT_PEDICLE
        regions[(tubes[1] < 0) & between] = Region.RIGHT_PEDICLE
        regions[(bone < 0) & (points[..., 1] < self.wall_y)] = Region.BODY
        return regions

    def _pedicle(self, sign: float) -> Pedicle:
        frame, axis = self.frame(), self.pedicle_axis(sign)
        across = np.array([-axis[1], axis[0], 0.0])
        angle = np.linspace(0.0, 2 * np.pi, 73)[:-1, None]
        centre = np.array(self.pedicle_centre) * [sign, 1.0, 1.0]
        contour = centre + self.pedicle_half_width * np.cos(angle) * across
        contour = contour + self.pedicle_half_height * np.sin(angle) * np.array([0.0, 0.0, 1.0])
        return Pedicle(
            side="left" if sign > 0 else "right",
            isthmus_lps_mm=frame.to_world(centre),
            axis=frame.direction_to_world(axis),
            width_mm=2 * self.pedicle_half_width,
            height_mm=2 * self.pedicle_half_height,
            transverse_angle_deg=self.convergence_deg,
            sagittal_angle_deg=0.0,
            contour_lps_mm=frame.to_world(contour),
        )

    def _endplate(self, sign: float) -> Endplate:
        frame = self.frame()
        u = np.arange(-24.0, 24.5, 1.0)
        x, y = np.meshgrid(u, u, indexing="ij")
        height = np.full_like(x, sign * self.body_half_height)
        edge = _ellipse(x, y, (self.body_half_width, self.body_half_depth))
        height[(edge > 0) | (y > self.wall_y)] = np.nan
        centre = frame.to_world([0.0, 0.0, sign * self.body_half_height])
        line = EndplateLine(
            point_lps_mm=centre,
            direction=frame.direction_to_world([0.0, 1.0, 0.0]),
            residual_mm=0.0,
        )
        return Endplate(
            surface=HeightField(u_mm=u, v_mm=u, height_mm=height),
            normal=frame.direction_to_world([0.0, 0.0, 1.0]),
            centre_lps_mm=centre,
            line=line,
        )

    def _walls(self) -> tuple[HeightField, HeightField]:
        u = np.arange(-24.0, 24.5, 1.0)
        v = np.arange(-self.body_half_height, self.body_half_height + 0.5, 1.0)
        x, _ = np.meshgrid(u, v, indexing="ij")
        ratio = np.clip(1.0 - (x / self.body_half_width) ** 2, 0.0, None)
        front = np.where(ratio > 0.05, -self.body_half_depth * np.sqrt(ratio), np.nan)
        back = np.where(np.abs(x) < 11.0, self.wall_y, np.nan)
        return (
            HeightField(u_mm=u, v_mm=v, height_mm=front),
            HeightField(u_mm=u, v_mm=v, height_mm=back),
        )

    def _landmarks(self) -> Landmarks:
        to_world = self.frame().to_world
        front, back, high = -self.body_half_depth, self.wall_y, self.body_half_height
        middle = (front + back) / 2
        return Landmarks(
            superior_anterior=to_world([0.0, front, high]),
            superior_middle=to_world([0.0, middle, high]),
            superior_posterior=to_world([0.0, back, high]),
            inferior_anterior=to_world([0.0, front, -high]),
            inferior_middle=to_world([0.0, middle, -high]),
            inferior_posterior=to_world([0.0, back, -high]),
        )


def _ellipse(x: FloatArray, y: FloatArray, halves: tuple[float, float]) -> FloatArray:
    """First-order distance to an ellipse: f / |grad f| with f = sqrt(q) - 1."""
    a, b = halves
    root = np.sqrt((x / a) ** 2 + (y / b) ** 2) + 1e-9
    slope = np.hypot(x / a**2, y / b**2) / root + 1e-9
    return np.asarray((root - 1.0) / slope)


def _box(p: FloatArray, low: ArrayLike, high: ArrayLike) -> FloatArray:
    centre = (np.asarray(low) + np.asarray(high)) / 2
    half = (np.asarray(high) - np.asarray(low)) / 2
    outside = np.abs(p - centre) - half
    far = np.linalg.norm(np.maximum(outside, 0.0), axis=-1)
    return np.asarray(far + np.minimum(outside.max(axis=-1), 0.0))
