"""The voxels of a model with their fields as a VTU file for ParaView and the like.

An unstructured grid of VTK (XML, appended raw data, zlib), written without VTK. Points and cells
are those of `vertaug.report.abaqus`, in the same order but counted from 0.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import GeometryError, InputError
from vertaug.case.grid import FloatArray
from vertaug.case.storage import write_atomically
from vertaug.mechanics.assembly import LoadedBody
from vertaug.mechanics.comparison_fields import node_box
from vertaug.mechanics.model import VertebraModel
from vertaug.report.abaqus import BRICK_CORNERS, number_nodes

HEXAHEDRON = 12
"""VTK's number of the eight-node brick."""
_BLOCK = 1 << 16
_LEVEL = 4
_TURNED = [0, 3, 2, 1, 4, 7, 6, 5]
_NAMES = {"f4": "Float32", "i4": "Int32", "u1": "UInt8"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoxelFields:
    """What is known at nodes and in voxels; None is left out.

    Attributes
    ----------
    displacement_mm : (ni + 1, nj + 1, nk + 1, 3) array or None
        Of the nodes, along the model's axes (`displacement_box`).
    crushed_mm : (ni + 1, nj + 1, nk + 1, 3) array or None
        The same at the end of a crush.
    energy_mpa : (ni, nj, nk) array or None
        Strain-energy density, N mm per mm3.
    plastic_strain : (ni, nj, nk) array or None
    density_mg_per_ml : (ni, nj, nk) array or None
    cement_share : (ni, nj, nk) array or None
        Share of the marrow space that cement fills.
    region : (ni, nj, nk) array or None
        Whole numbers.
    """

    displacement_mm: NDArray[np.generic] | None = None
    crushed_mm: NDArray[np.generic] | None = None
    energy_mpa: NDArray[np.generic] | None = None
    plastic_strain: NDArray[np.generic] | None = None
    density_mg_per_ml: NDArray[np.generic] | None = None
    cement_share: NDArray[np.generic] | None = None
    region: NDArray[np.generic] | None = None


def displacement_box(loaded: LoadedBody, displacement_mm: ArrayLike) -> FloatArray:
    """Return displacements in the order of the runs, (3, m), as a box of nodes.

    Returns
    -------
    (ni + 1, nj + 1, nk + 1, 3) float64 array
        0 where there is no node.
    """
    return node_box(loaded.body.grid, displacement_mm)


def write_vtu(
    path: str | Path,
    model: VertebraModel,
    fields: VoxelFields | None = None,
    *,
    world: bool = True,
    compress: bool = True,
) -> Path:
    """Write the voxels of a model that hold matter.

    Point data ``displacement_mm`` and ``displacement_crushed_mm``; cell data ``modulus_mpa`` (bone
    and filler together), ``filler_mpa``, and what ``fields`` holds:
    ``strain_energy_density_mpa``, ``plastic_strain``, ``density_mg_per_ml``, ``cement_share``,
    ``region``. Numbers are single precision.

    Parameters
    ----------
    path : str or Path
        Ends in ``.vtu``.
    model : VertebraModel
    fields : VoxelFields, optional
    world : bool
        Points and displacements in LPS mm; otherwise along the model's axes, from the lower corner
        of its first voxel.
    compress : bool
        With zlib.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    GeometryError
        If a field does not fit the model.
    InputError
        If a field is not a number where there is matter.
    StorageError
        If the file cannot be written.
    """
    fields = fields or VoxelFields()
    number = number_nodes(model)
    points = _points(model, number, world=world)
    point_data = {}
    turn = model.grid.directions.T if world else np.eye(3)
    for name, given in (
        ("displacement_mm", fields.displacement_mm),
        ("displacement_crushed_mm", fields.crushed_mm),
    ):
        if given is not None:
            values = _displacement(name, model, given, number > 0)
            point_data[name] = (values @ turn).astype("<f4")
    cell_data = _cell_data(model, fields)
    cells = _cells(model, number)
    if world and np.linalg.det(model.grid.directions) < 0.0:
        cells = np.ascontiguousarray(cells[:, _TURNED])  # or bricks would be inside out

    def fill(part: Path) -> None:
        _write(part, (points, cells), (point_data, cell_data), compress=compress)

    return write_atomically(path, fill)


def _points(model: VertebraModel, number: NDArray[np.int32], *, world: bool) -> NDArray[Any]:
    nodes = np.argwhere(number)
    # node (i, j, k) is the lower corner of voxel (i, j, k)
    place = model.grid.to_world(nodes - 0.5) if world else nodes * model.grid.spacing_mm
    return place.astype("<f4")


def _cells(model: VertebraModel, number: NDArray[np.int32]) -> NDArray[Any]:
    """Return the points of each voxel, shape (n, 8), from 0."""
    filled = model.filled
    out = np.empty((int(filled.sum()), 8), dtype="<i4")
    i, j, k = filled.shape
    for n, (a, b, c) in enumerate(BRICK_CORNERS.tolist()):
        out[:, n] = number[a : a + i, b : b + j, c : c + k][filled] - 1
    return out


def _displacement(
    name: str, model: VertebraModel, given: NDArray[np.generic], used: NDArray[np.bool_]
) -> FloatArray:
    wanted = (*(n + 1 for n in model.grid.shape), 3)
    if given.shape != wanted:
        message = f"{name} has shape {given.shape}; the nodes of the model {wanted}"
        raise GeometryError(message)
    return _finite(name, np.asarray(given[used], dtype=np.float64))


def _cell_data(model: VertebraModel, fields: VoxelFields) -> dict[str, NDArray[Any]]:
    filled = model.filled
    given = {
        "modulus_mpa": model.bone_mpa + model.filler_mpa,
        "filler_mpa": model.filler_mpa,
        "strain_energy_density_mpa": fields.energy_mpa,
        "plastic_strain": fields.plastic_strain,
        "density_mg_per_ml": fields.density_mg_per_ml,
        "cement_share": fields.cement_share,
        "region": fields.region,
    }
    data = {}
    for name, values in given.items():
        if values is None:
            continue
        if values.shape != filled.shape:
            message = f"{name} has shape {values.shape}, the model {filled.shape}"
            raise GeometryError(message)
        kind = "<i4" if name == "region" else "<f4"
        data[name] = _finite(name, np.asarray(values[filled])).astype(kind)
    return data


def _finite(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if not np.isfinite(values).all():
        message = f"{name} is not a number in {int((~np.isfinite(values)).sum())} places of matter"
        raise InputError(message)
    return values


def _write(
    path: Path,
    mesh: tuple[NDArray[Any], NDArray[Any]],
    data: tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]],
    *,
    compress: bool,
) -> None:
    points, cells = mesh
    ends = np.arange(8, 8 * len(cells) + 1, 8, dtype="<i4")
    types = np.full(len(cells), HEXAHEDRON, dtype="u1")
    groups = (
        ("PointData", data[0]),
        ("CellData", data[1]),
        ("Points", {"Points": points}),
        ("Cells", {"connectivity": cells.ravel(), "offsets": ends, "types": types}),
    )
    blobs: list[bytes] = []
    lines = []
    for group, arrays in groups:
        lines.append(f"<{group}>")
        for name, values in arrays.items():
            offset = sum(len(blob) for blob in blobs)
            lines.append(_describe(name, values, offset))
            blobs.append(_encode(values, compress=compress))
        lines.append(f"</{group}>")
    packer = ' compressor="vtkZLibDataCompressor"' if compress else ""
    head = (
        '<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid" version="1.0" '
        f'byte_order="LittleEndian" header_type="UInt64"{packer}>\n<UnstructuredGrid>\n'
        f'<Piece NumberOfPoints="{len(points)}" NumberOfCells="{len(cells)}">\n'
    )
    foot = '\n</Piece>\n</UnstructuredGrid>\n<AppendedData encoding="raw">\n_'
    with path.open("wb") as out:
        out.write((head + "\n".join(lines) + foot).encode("ascii"))
        out.writelines(blobs)
        out.write(b"\n</AppendedData>\n</VTKFile>\n")


def _describe(name: str, values: NDArray[Any], offset: int) -> str:
    parts = f' NumberOfComponents="{values.shape[1]}"' if values.ndim == 2 else ""
    kind = _NAMES[values.dtype.str[1:]]
    return f'<DataArray type="{kind}" Name="{name}"{parts} format="appended" offset="{offset}"/>'


def _encode(values: NDArray[Any], *, compress: bool) -> bytes:
    """Return an array with VTK's header: its size, or the sizes of its compressed blocks."""
    raw = np.ascontiguousarray(values).tobytes()
    if not compress:
        return struct.pack("<Q", len(raw)) + raw
    packed = [zlib.compress(block, _LEVEL) for block in _blocks(raw)]
    last = len(raw) % _BLOCK
    sizes = (len(packed), _BLOCK, last, *(len(block) for block in packed))
    return struct.pack(f"<{len(sizes)}Q", *sizes) + b"".join(packed)


def _blocks(raw: bytes) -> Iterator[bytes]:
    for start in range(0, len(raw), _BLOCK):
        yield raw[start : start + _BLOCK]
