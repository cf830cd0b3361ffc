"""Closed surfaces of a vertebra and of needles."""

import numpy as np

from vertaug.case.errors import AnatomyError, MissingExtraError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import Vertebra
from vertaug.report.raster import Mesh


def vertebra_surface(vertebra: Vertebra) -> Mesh:
    """Return the bone's surface: the 0.5 level of the occupancy, closed, normals outward.

    Raises
    ------
    MissingExtraError
        If scikit-image is not installed.
    AnatomyError
        If the occupancy holds no bone.
    """
    return level_surface(np.asarray(vertebra.occupancy.values), vertebra.occupancy.grid)


def level_surface(occupancy: FloatArray, grid: Grid) -> Mesh:
    """Return the closed 0.5 surface of a field that is above 0.5 inside.

    The field is padded with zeros, so a structure cut by the grid gets a flat lid.
    """
    try:
        from skimage.measure import marching_cubes
    except ImportError as error:
        message = "surfaces need scikit-image; install it with: pip install 'vertaug[report]'"
        raise MissingExtraError(message) from error
    padded = np.pad(np.asarray(occupancy, dtype=np.float32), 1)
    if not padded.max() > 0.5:
        message = "the vertebra's occupancy holds no bone; look at its labels"
        raise AnatomyError(message)
    # A voxel of exactly 0.5 would put a vertex on a grid node and make triangles without area.
    padded[padded == 0.5] = np.nextafter(np.float32(0.5), np.float32(1.0))
    vertices, faces, normals, _ = marching_cubes(  # type: ignore[no-untyped-call]
        padded, level=0.5, gradient_direction="ascent"
    )
    world = grid.to_world(vertices.astype(np.float64) - 1.0)
    covectors = normals.astype(np.float64) @ np.linalg.inv(grid.affine[:3, :3])
    length = np.maximum(np.linalg.norm(covectors, axis=1, keepdims=True), 1e-12)
    return _outward(Mesh(vertices=world, normals=covectors / length, faces=faces.astype(np.int64)))


def _outward(mesh: Mesh) -> Mesh:
    """Turn faces and normals so that the enclosed volume is positive."""
    faces, normals = mesh.faces, mesh.normals
    if enclosed_volume_mm3(mesh) < 0:
        faces = faces[:, ::-1].copy()
    corner = mesh.vertices[faces]
    flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    if float(np.einsum("mc,mc->", flat, normals[faces[:, 0]])) < 0:
        normals = -normals
    return Mesh(vertices=mesh.vertices, normals=normals, faces=faces)


def enclosed_volume_mm3(mesh: Mesh) -> float:
    """Return the signed volume in mm3 of a closed mesh, positive if its faces look outward."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return float(np.einsum("mc,mc->", a, np.cross(b, c)) / 6)


def needle_surface(path: NeedlePath, *, from_skin: bool) -> Mesh:
    """Return the needle as a closed cylinder of its outer diameter.

    Parameters
    ----------
    from_skin : bool
        Start at the skin entry where it is known, else at the bone entry.
    """
    start = path.entry_lps_mm
    if from_skin and path.skin_entry_lps_mm is not None:
        start = path.skin_entry_lps_mm
    return cylinder(start, path.target_lps_mm, path.needle.radius_mm)


def cylinder(
    start_lps_mm: FloatArray,
    end_lps_mm: FloatArray,
    radius_mm: float,
    *,
    sides: int = 48,
    pieces: int = 1,
) -> Mesh:
    """Return a closed cylinder with flat ends.

    Parameters
    ----------
    sides : int
        Sides of the ring; its corners lie on the true radius.
    pieces : int
        Parts along the axis; drawing wants short triangles, files want few.
    """
    axis = end_lps_mm - start_lps_mm
    forward = axis / np.linalg.norm(axis)
    helper = np.eye(3)[int(np.argmin(np.abs(forward)))]
    u = np.cross(forward, helper)
    u = u / np.linalg.norm(u)
    angle = np.linspace(0.0, 2 * np.pi, sides, endpoint=False)[:, None]
    ring = np.cos(angle) * u + np.sin(angle) * np.cross(forward, u)
    centres = start_lps_mm + np.linspace(0.0, 1.0, pieces + 1)[:, None] * axis
    wall = (centres[:, None] + radius_mm * ring).reshape(-1, 3)
    # The lids have vertices of their own, so that the rim is sharp when it is lit.
    lids = np.concatenate([wall[:sides], wall[-sides:], centres[:1], centres[-1:]])
    backs, fronts = np.tile(-forward, (sides, 1)), np.tile(forward, (sides, 1))
    ends = np.concatenate([backs, fronts, -forward[None], forward[None]])
    k, n = np.arange(sides), (np.arange(sides) + 1) % sides
    low = np.arange(pieces)[:, None] * sides
    corners = [x.ravel() for x in (low + k, low + n, low + sides + n, low + sides + k)]
    base, back, front = len(wall), len(wall) + 2 * sides, len(wall) + 2 * sides + 1
    faces = np.concatenate(
        [
            np.stack([corners[0], corners[1], corners[2]], axis=-1),
            np.stack([corners[0], corners[2], corners[3]], axis=-1),
            np.stack([np.full(sides, back), base + n, base + k], axis=-1),
            np.stack([np.full(sides, front), base + sides + k, base + sides + n], axis=-1),
        ]
    )
    return _outward(
        Mesh(
            vertices=np.concatenate([wall, lids]),
            normals=np.concatenate([np.tile(ring, (pieces + 1, 1)), ends]),
            faces=faces,
        )
    )
