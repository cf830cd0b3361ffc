"""Build the phantom: geometry, drawing, scanning, truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray, Grid
from vertaug.case.volume import LabelMap, Scan, ScanInfo
from vertaug.imaging.phantom.posture import (
    Pose,
    patient_pose,
    place_vertebrae,
    rotation_xyz,
)
from vertaug.imaging.phantom.solid import Solid, deform, stack_solids
from vertaug.imaging.phantom.specification import (
    HU_PER_MG_PER_ML,
    PHANTOM_LEVELS,
    RENDERED_LEVELS,
    PhantomSpec,
)
from vertaug.imaging.phantom.truth import PhantomTruth, make_truth
from vertaug.imaging.phantom.vertebra_shape import SHAPES

_LABELS: Mapping[str, int] = {name: 18 + n for n, name in enumerate(PHANTOM_LEVELS)}
"""VerSe numbering: T11 is 18."""
_VERTEBRA_REACH_MM = np.array([[-55.0, 55.0], [-24.0, 72.0], [-58.0, 36.0]])
_DISC_REACH_MM = np.array([[-28.0, 28.0], [-22.0, 22.0], [0.0, 36.0]])
_RIB_REACH_MM = np.array([[-130.0, 130.0], [-60.0, 60.0], [-80.0, 20.0]])
_RIB_NODES_MM = np.array(
    [[23, 12, 4], [33, 31, 1], [52, 40, -8], [76, 36, -22], [98, 20, -38], [112, -8, -52]],
    dtype=np.float64,
)
_RIBBED = {"T10": 6, "T11": 6, "T12": 4}
_FINEST_STEP_MM = 0.62
_MOST_STEPS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phantom:
    """A built phantom.

    Attributes
    ----------
    spec : PhantomSpec
        What was asked for.
    scan : Scan
        The CT, int16.
    labels : LabelMap
        Whole vertebrae T11-L3, by the exact geometry at voxel centres.
    truth : PhantomTruth
        The exact answers.
    """

    spec: PhantomSpec
    scan: Scan
    labels: LabelMap
    truth: PhantomTruth


def build_phantom(spec: PhantomSpec | None = None) -> Phantom:
    """Build a phantom CT with labels and exact truth.

    Parameters
    ----------
    spec : PhantomSpec, optional
        What to build; the default is an osteoporotic spine with a wedge fracture of L1.

    Returns
    -------
    Phantom
        The same for the same ``spec``, bit by bit, on any number of threads.
    """
    spec = spec or PhantomSpec()
    solids = make_solids(spec)
    poses = place_vertebrae(spec, solids)
    patient = patient_pose(spec)
    grid = make_grid(spec)
    rng = np.random.default_rng(spec.seed)
    hu, values = _draw(spec, solids, poses, patient=patient, grid=grid, rng=rng)
    image = _scan(hu, spec, grid, rng)
    info = ScanInfo(
        source_format="phantom",
        kvp=spec.kvp,
        slice_thickness_mm=spec.spacing_mm[2],
        scanner="vertaug phantom",
        contrast=False,
        patient_position="HFS",
    )
    present = {n: v for n, v in _LABELS.items() if (values == v).any()}
    return Phantom(
        spec=spec,
        scan=Scan(hu=image, grid=grid, info=info),
        labels=LabelMap(values=values, grid=grid, levels=present, numbering="verse"),
        truth=make_truth(spec, solids, {n: patient.after(p) for n, p in poses.items()}),
    )


def make_solids(spec: PhantomSpec) -> dict[str, Solid]:
    """Return the deformed vertebrae T10-L4 in cranio-caudal order."""
    worst = max(spec.height_loss, key=lambda n: spec.loss(n).largest, default=None)
    return {
        name: deform(
            SHAPES[name],
            spec.loss(name),
            retropulsion_mm=spec.retropulsion_mm,
            cleft=spec.gas_cleft and name == worst,
            index=n,
        )
        for n, name in enumerate(RENDERED_LEVELS)
    }


def make_grid(spec: PhantomSpec) -> Grid:
    """Return the grid that the phantom is scanned on."""
    spacing = np.asarray(spec.spacing_mm, dtype=np.float64)
    i, j, k = (max(1, round(f / s)) for f, s in zip(spec.field_of_view_mm, spacing, strict=True))
    axes = rotation_xyz(spec.grid_rotation_deg)
    affine = np.eye(4)
    affine[:3, :3] = axes * spacing
    half = (np.array([i, j, k]) - 1) / 2 * spacing
    affine[:3, 3] = axes @ (np.asarray(spec.centre_mm) - half)
    return Grid(shape=(i, j, k), affine=affine)


def index_affine(pose: Pose, grid: Grid) -> FloatArray:
    """Return the (3, 4) map from voxel indices of a grid to a pose's local frame."""
    back = pose.inverse()
    linear = back.rotation @ grid.affine[:3, :3]
    offset = back.apply(grid.affine[:3, 3])
    return np.ascontiguousarray(np.column_stack([linear, offset]))


def _box(pose: Pose, reach: FloatArray, grid: Grid) -> NDArray[np.int64]:
    """Index range (3, 2) that holds a box given in the local frame of a pose."""
    flags = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, 8)
    corners = np.take_along_axis(reach, flags, axis=1).T
    index = grid.to_index(pose.apply(corners))
    limit = np.asarray(grid.shape)
    low = np.clip(np.floor(index.min(axis=0)), 0, limit)
    high = np.clip(np.ceil(index.max(axis=0)) + 1, 0, limit)
    return np.stack([low, high], axis=1).astype(np.int64)


def _spine_table(poses: Mapping[str, Pose], solids: Mapping[str, Solid]) -> FloatArray:
    """Return the course of the spine on a regular z: z, x, y, axial rotation, half depth."""
    from scipy.interpolate import PchipInterpolator

    rows = []
    for name in reversed(list(poses)):
        rotation, (x, y, z) = poses[name].rotation, poses[name].translation_mm
        turn = np.arctan2(rotation[1, 0], rotation[0, 0])
        rows.append((z, x, y, turn, solids[name].half_depth))
    known = np.array(rows)
    z = np.arange(known[0, 0] - 40.0, known[-1, 0] + 40.0, 2.0)
    inside = np.clip(z, known[0, 0], known[-1, 0])
    return np.column_stack([z, PchipInterpolator(known[:, 0], known[:, 1:])(inside)])


def _draw(
    spec: PhantomSpec,
    solids: Mapping[str, Solid],
    poses: Mapping[str, Pose],
    *,
    patient: Pose,
    grid: Grid,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Draw the object before the scanner, and the labels."""
    from vertaug.imaging.phantom._field_numba import draw_vertebra
    from vertaug.imaging.phantom._soft_numba import draw_disc, draw_ribs, draw_soft_tissue
    from vertaug.imaging.phantom.scanner import surface_spread

    lattice = rng.standard_normal((64, 64, 64), dtype=np.float32)
    fine = (rng.standard_normal((64, 64, 64), dtype=np.float32) * 0.9).astype(np.float32)
    hu = np.empty(grid.shape, dtype=np.float32)
    values = np.zeros(grid.shape, dtype=np.uint8)
    whole = index_affine(patient, grid)[None]
    draw_soft_tissue(hu, whole, _spine_table(poses, solids), lattice * 0.5)
    world = [patient.after(pose) for pose in poses.values()]
    table = stack_solids(tuple(solids.values()))
    affines = np.stack([index_affine(pose, grid) for pose in world])
    for n in range(len(world) - 1):
        box = _box(world[n + 1], _DISC_REACH_MM, grid)
        draw_disc(hu, affines, table, n, box, lattice)
    factor = HU_PER_MG_PER_ML[spec.kvp] / HU_PER_MG_PER_ML[120.0]
    core = spec.trabecular_density_mg_per_ml * HU_PER_MG_PER_ML[spec.kvp]
    spacing = grid.spacing_mm
    steps = tuple(int(np.clip(np.ceil(s / _FINEST_STEP_MM), 1, _MOST_STEPS)) for s in spacing)
    grain = float((spacing / np.array(steps)).max())
    spread = surface_spread(spec.sharpness_mm)
    margin = float(np.linalg.norm(spacing)) / 2 + grain + spread / 2
    # the texture of cancellous bone is coarse enough for one sample in a voxel of about 1 mm
    reach = (margin, grain, margin + 2.0 if spacing.max() <= 1.2 else 1e3, spread)
    for n, name in enumerate(solids):
        if name in _RIBBED:
            nodes = _RIB_NODES_MM[: _RIBBED[name]]
            draw_ribs(hu, affines, table, n, _box(world[n], _RIB_REACH_MM, grid), nodes, factor)
        box = _box(world[n], _VERTEBRA_REACH_MM, grid)
        setting = (core, factor)
        value = _LABELS.get(name, 0)
        draw_vertebra(hu, values, affines, table, n, value, box, steps, reach, setting, fine)
    return hu, values


def _scan(
    hu: NDArray[np.float32], spec: PhantomSpec, grid: Grid, rng: np.random.Generator
) -> NDArray[np.int16]:
    from vertaug.imaging.phantom.scanner import acquire

    return acquire(
        hu, grid.spacing_mm, sharpness_mm=spec.sharpness_mm, noise_hu=spec.noise_hu, rng=rng
    )
