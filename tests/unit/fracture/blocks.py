"""Block vertebrae with exact measures, for the tests of the fracture package."""

import numpy as np

from vertaug.case.grid import Grid, axis_aligned_grid
from vertaug.case.spine import (
    Endplate,
    EndplateLine,
    HeightField,
    Landmarks,
    Region,
    Spine,
    Vertebra,
    VertebraFrame,
)
from vertaug.case.volume import LabelMap, Scan, ScanInfo, Volume

STEP = 1.0
HALF_WIDTH, HALF_DEPTH, CANAL_DEPTH = 20.0, 15.0, 16.0
SHAPE = (52, 62, 52)
ORIGIN = np.array([-25.5, -20.5, -25.5])
TRABECULAR_HU, CORTEX_HU = 120.0, 500.0


def rotation_about_x(angle_deg):
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def body_height(y, heights):
    """Piecewise linear height through (anterior, middle, posterior)."""
    return np.interp(y, [-HALF_DEPTH, 0.0, HALF_DEPTH], heights)


def local_axes():
    return tuple(ORIGIN[a] + STEP * np.arange(SHAPE[a]) for a in range(3))


def block_regions(heights, canal_mm=CANAL_DEPTH):
    x, y, z = np.meshgrid(*local_axes(), indexing="ij")
    regions = np.zeros(SHAPE, dtype=np.uint8)
    inside = (np.abs(x) < HALF_WIDTH) & (np.abs(y) < HALF_DEPTH)
    regions[inside & (np.abs(z) < body_height(y, heights) / 2)] = Region.BODY
    behind = (y > HALF_DEPTH) & (y < HALF_DEPTH + canal_mm) & (np.abs(x) < 11)
    regions[behind & (np.abs(z) < 18)] = Region.CANAL
    arch = (y > HALF_DEPTH + canal_mm) & (y < HALF_DEPTH + canal_mm + 6) & (np.abs(x) < 15)
    regions[arch & (np.abs(z) < 12)] = Region.ARCH
    return regions


def block_hu(regions):
    hu = np.full(SHAPE, 50.0, dtype=np.float32)
    hu[regions == Region.BODY] = TRABECULAR_HU
    hu[regions == Region.ARCH] = CORTEX_HU
    return hu


def block_vertebra(
    level, heights, centre=(0.0, 0.0, 0.0), tilt_deg=0.0, *, hu=None, canal_mm=CANAL_DEPTH,
    complete=True, cut_by=(), wall_bulge_mm=0.0,
):  # fmt: skip
    """Make a vertebra of a straight box whose height varies from front to back."""
    frame = VertebraFrame(origin_lps_mm=np.array(centre), axes=rotation_about_x(tilt_deg))
    grid = axis_aligned_grid(frame.to_world(ORIGIN), frame.axes, STEP, SHAPE)
    regions = block_regions(heights, canal_mm)
    body = regions == Region.BODY
    bone = (body | (regions == Region.ARCH)).astype(np.float32)
    values = block_hu(regions) if hu is None else hu
    return Vertebra(
        level=level,
        complete=complete,
        cut_by=cut_by,
        frame=frame,
        regions=Volume(values=regions, grid=grid),
        occupancy=Volume(values=bone, grid=grid),
        neighbours=Volume(values=np.zeros(SHAPE, np.float32), grid=grid),
        hu=Volume(values=values, grid=grid),
        superior=_endplate(heights, frame, 1.0),
        inferior=_endplate(heights, frame, -1.0),
        anterior_wall=_wall(-HALF_DEPTH, heights[0], 0.0),
        posterior_wall=_wall(HALF_DEPTH, heights[2], wall_bulge_mm),
        landmarks=_landmarks(heights, frame),
        left_pedicle=None,
        right_pedicle=None,
        body_volume_mm3=float(body.sum() * STEP**3),
    )


def _endplate(heights, frame, sign):
    x, y = np.arange(-HALF_WIDTH + 0.5, HALF_WIDTH), np.arange(-HALF_DEPTH + 0.5, HALF_DEPTH)
    field = np.broadcast_to(sign * body_height(y, heights) / 2, (x.size, y.size))
    rise = sign * (heights[2] - heights[0]) / 2
    direction = np.array([0.0, 2 * HALF_DEPTH, rise])
    centre = frame.to_world([0.0, 0.0, sign * heights[1] / 2])
    line = EndplateLine(
        point_lps_mm=centre,
        direction=frame.direction_to_world(direction / np.linalg.norm(direction)),
        residual_mm=0.1,
    )
    return Endplate(
        surface=HeightField(u_mm=x, v_mm=y, height_mm=field),
        normal=frame.direction_to_world([0.0, 0.0, 1.0]),
        centre_lps_mm=centre,
        line=line,
    )


def _wall(y, height, bulge_mm):
    x, z = np.arange(-HALF_WIDTH + 0.5, HALF_WIDTH), np.arange(-height / 2 + 0.5, height / 2)
    field = np.full((x.size, z.size), y)
    field[np.abs(x) < 3] += bulge_mm * np.exp(-((z / 4.0) ** 2))
    return HeightField(u_mm=x, v_mm=z, height_mm=field)


def _landmarks(heights, frame):
    ys = (-HALF_DEPTH, 0.0, HALF_DEPTH)
    top = [frame.to_world([0.0, y, h / 2]) for y, h in zip(ys, heights, strict=True)]
    bottom = [frame.to_world([0.0, y, -h / 2]) for y, h in zip(ys, heights, strict=True)]
    return Landmarks(
        superior_anterior=top[0],
        superior_middle=top[1],
        superior_posterior=top[2],
        inferior_anterior=bottom[0],
        inferior_middle=bottom[1],
        inferior_posterior=bottom[2],
    )


def block_spine(*vertebrae, incomplete=None):
    """Put vertebrae into a spine; the scan itself is not looked at by the fracture package."""
    grid = Grid(shape=(2, 2, 2), affine=np.eye(4))
    zeros = np.zeros((2, 2, 2))
    return Spine(
        scan=Scan(hu=zeros, grid=grid, info=ScanInfo(source_format="phantom")),
        labels=LabelMap(values=zeros.astype(np.uint8), grid=grid, levels={}, numbering="verse"),
        vertebrae={v.level: v for v in vertebrae},
        patient=Volume(values=zeros.astype(np.uint8), grid=grid),
        incomplete=incomplete or {},
    )
