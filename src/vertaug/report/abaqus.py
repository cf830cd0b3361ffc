"""A model and its load as an input file of Abaqus or CalculiX.

Numbering: nodes and elements count from 1 without gaps, in the order of the array with the third
index fastest. Nodes are those at corners of voxels with matter (`number_nodes` gives the number
of each); the eight nodes of an element run around its inferior face and then around its superior
one. Units are mm, N and MPa.

CalculiX integrates C3D8 fully, as vertaug does. Abaqus evaluates the change of volume of its C3D8
at the middle of the element, so its stiffness differs a little; nobody has measured by how much.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError, InputError
from vertaug.case.grid import FloatArray
from vertaug.case.storage import write_atomically
from vertaug.mechanics.assembly import assemble
from vertaug.mechanics.load_case import LoadCase, Motion, Platen
from vertaug.mechanics.model import POISSON, VertebraModel

BRICK_CORNERS: NDArray[np.int64] = np.array(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]]
)
"""Corners of a brick in the order that Abaqus, CalculiX and VTK expect, shape (8, 3)."""
_DIGITS_RANGE = (2, 9)
_PER_LINE = 16
_CHUNK = 50_000
IntArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbaqusOptions:
    """How a model is written.

    Attributes
    ----------
    digits : int
        Significant digits of the moduli: voxels that agree in them share a material. 4 digits
        change a modulus by at most 0.05 %; a design default.
    most_materials : int
        If there were more, digits are dropped until there are not; the file says how many it has
        kept. A design default.
    world : bool
        Whether nodes lie in LPS mm; otherwise along the model's axes (left, posterior, superior)
        from the lower corner of its first voxel.
    """

    digits: int = 4
    most_materials: int = 5000
    world: bool = False

    def __post_init__(self) -> None:
        low, high = _DIGITS_RANGE
        if not low <= self.digits <= high:
            message = f"moduli are written with {low} to {high} digits; got {self.digits}"
            raise InputError(message)
        if self.most_materials < 1:
            message = f"a model needs at least one material; got {self.most_materials}"
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbaqusFile:
    """What has been written.

    Attributes
    ----------
    path : Path
    nodes, elements, materials : int
        How many there are.
    digits : int
        Significant digits of the moduli in the file.
    """

    path: Path
    nodes: int
    elements: int
    materials: int
    digits: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Materials:
    """Distinct materials and which one each voxel with matter has.

    Attributes
    ----------
    bone_mpa, filler_mpa : (n,) float64 arrays
        Rounded.
    number : (elements,) int32 array
        From 0.
    digits : int
    """

    bone_mpa: FloatArray
    filler_mpa: FloatArray
    number: IntArray
    digits: int


def write_abaqus(
    path: str | Path,
    model: VertebraModel,
    load: LoadCase | None = None,
    options: AbaqusOptions | None = None,
) -> AbaqusFile:
    """Write a model with its platens as one linear static step.

    Sets: nodes ``SUPERIOR`` and ``INFERIOR``; elements and material ``M1``, ``M2``, ... of each
    modulus. The reaction forces of ``SUPERIOR`` and their total are printed. Between sliding
    platens the body could still shift and turn in their plane: one inferior node is held along
    both axes of the plane and a second one across the line between them, which takes no force.
    Where nodes lie in LPS mm, platens act along the model's axes by a transform at their nodes,
    and the printed force of each node is along those axes too (the total that CalculiX prints
    below them is along LPS axes).

    Parameters
    ----------
    path : str or Path
        Ends in ``.inp``.
    model : VertebraModel
    load : LoadCase, optional
        Default: 0.2 mm of compression between sliding platens.
    options : AbaqusOptions, optional

    Raises
    ------
    InputError
        If no load can pass, or the moduli need more materials than allowed even with 2 digits.
    GeometryError
        If the model's axes are not orthogonal and right-handed (in LPS mm only).
    StorageError
        If the file cannot be written.
    """
    load, options = load or LoadCase(), options or AbaqusOptions()
    if options.world:
        _check_axes(model)
    down = _platen_motion(model, load)
    number = number_nodes(model)
    materials = _sort_materials(model, options)

    def fill(part: Path) -> None:
        with part.open("w", encoding="ascii", newline="\n") as out:
            _write_head(out, model, load, materials, world=options.world)
            _write_nodes(out, model, number, world=options.world)
            _write_elements(out, model, number)
            _write_node_sets(out, model, number)
            _write_materials(out, model, materials, world=options.world)
            _write_step(out, (model, load), number, down, world=options.world)

    write_atomically(path, fill)
    return AbaqusFile(
        path=Path(path),
        nodes=int(number.max()),
        elements=len(materials.number),
        materials=len(materials.bone_mpa),
        digits=materials.digits,
    )


def number_nodes(model: VertebraModel) -> IntArray:
    """Return the number of each node in the file, 0 where no voxel has it as its corner.

    Returns
    -------
    (ni + 1, nj + 1, nk + 1) int32 array
    """
    filled = model.filled
    used = np.zeros(tuple(n + 1 for n in filled.shape), dtype=bool)
    for corner in BRICK_CORNERS:
        used[tuple(slice(c, c + n) for c, n in zip(corner, filled.shape, strict=True))] |= filled
    number = np.zeros(used.shape, dtype=np.int32)
    number[used] = np.arange(1, int(used.sum()) + 1, dtype=np.int32)
    return number


def _check_axes(model: VertebraModel) -> None:
    axes = model.grid.directions
    if not np.allclose(axes.T @ axes, np.eye(3), atol=1e-4) or np.linalg.det(axes) < 0.0:
        message = (
            "the axes of the model must be orthogonal and right-handed in LPS; got "
            f"{np.round(axes, 4).tolist()}. Write it along its own axes instead"
        )
        raise GeometryError(message)


def _platen_motion(model: VertebraModel, load: LoadCase) -> FloatArray:
    """Return the displacement of each superior node along the model's axis, mm."""
    loaded = assemble(model, load)
    return np.array(loaded.superior_mm)


def _sort_materials(model: VertebraModel, options: AbaqusOptions) -> _Materials:
    filled = model.filled
    bone, filler = model.bone_mpa[filled], model.filler_mpa[filled]
    if not model.anisotropic:
        bone, filler = bone + filler, np.zeros(1)
    for digits in range(options.digits, _DIGITS_RANGE[0] - 1, -1):
        bones, of_bone = np.unique(_round(bone, digits), return_inverse=True)
        fillers, of_filler = np.unique(_round(filler, digits), return_inverse=True)
        code = of_bone.ravel() * len(fillers) + of_filler.ravel()
        pairs, number = np.unique(code, return_inverse=True)
        if len(pairs) <= options.most_materials:
            return _Materials(
                bone_mpa=bones[pairs // len(fillers)],
                filler_mpa=fillers[pairs % len(fillers)],
                number=number.ravel().astype(np.int32),
                digits=digits,
            )
    message = (
        f"the moduli make {len(pairs)} materials even with {_DIGITS_RANGE[0]} digits; at most "
        f"{options.most_materials} are allowed"
    )
    raise InputError(message)


def _round(values: FloatArray, digits: int) -> FloatArray:
    """Round to significant digits; 0 stays 0."""
    order = np.floor(np.log10(np.where(values > 0.0, values, 1.0)))
    scale = 10.0 ** (digits - 1 - order)
    return np.asarray(np.round(values * scale) / scale)


def _write_head(
    out: TextIO, model: VertebraModel, load: LoadCase, materials: _Materials, *, world: bool
) -> None:
    frame = "LPS, mm" if world else "left, posterior, superior of the vertebra, mm"
    size = f"{load.angle_deg:g} degrees" if load.motion.is_bending else ""
    size = size or f"{load.displacement_mm:g} mm"
    out.write(
        "*HEADING\n"
        f"vertaug: vertebra between platens, {load.motion.value} of {size}, "
        f"{load.platen.value} platens\n"
        f"** Units: mm, N, MPa. Axes of the nodes: {frame}.\n"
        "** Nodes and elements are numbered in the order of the voxels, third index fastest.\n"
        f"** Moduli rounded to {materials.digits} significant digits: "
        f"{len(materials.bone_mpa)} materials.\n"
        f"** Height of the body for apparent strain: {model.height_mm:.4f} mm.\n"
    )


def _slabs(number: NDArray[np.generic]) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Yield the nonzero places (n, 3) of each slab along the first axis, and the slab."""
    for i in range(number.shape[0]):
        jk = np.argwhere(number[i])
        if len(jk):
            yield np.column_stack([np.full(len(jk), i), jk]), i


def _write_nodes(out: TextIO, model: VertebraModel, number: IntArray, *, world: bool) -> None:
    out.write("*NODE, NSET=ALLNODES\n")
    for nodes, _ in _slabs(number):
        # node (i, j, k) is the lower corner of voxel (i, j, k)
        place = model.grid.to_world(nodes - 0.5) if world else nodes * model.grid.spacing_mm
        rows = [number[tuple(nodes.T)].tolist(), *place.T.tolist()]
        lines = "%d, %.9g, %.9g, %.9g\n" * len(nodes)
        out.write(lines % tuple(v for row in zip(*rows, strict=True) for v in row))


def _write_elements(out: TextIO, model: VertebraModel, number: IntArray) -> None:
    out.write("*ELEMENT, TYPE=C3D8, ELSET=ALLBRICKS\n")
    first = 1
    for voxels, _ in _slabs(model.filled):
        table = np.empty((len(voxels), 9), dtype=np.int64)
        table[:, 0] = np.arange(first, first + len(voxels))
        for n, corner in enumerate(BRICK_CORNERS):
            table[:, n + 1] = number[tuple((voxels + corner).T)]
        first += len(voxels)
        out.write((", ".join(["%d"] * 9) + "\n") * len(table) % tuple(table.ravel().tolist()))


def _write_numbers(out: TextIO, numbers: NDArray[np.integer]) -> None:
    """Write the members of a set, 16 in a line."""
    for start in range(0, len(numbers), _CHUNK * _PER_LINE):
        some = numbers[start : start + _CHUNK * _PER_LINE].tolist()
        for n in range(0, len(some), _PER_LINE):
            out.write(", ".join(map(str, some[n : n + _PER_LINE])) + "\n")


def _write_node_sets(out: TextIO, model: VertebraModel, number: IntArray) -> None:
    for name, nodes in (("SUPERIOR", model.superior_nodes), ("INFERIOR", model.inferior_nodes)):
        out.write(f"*NSET, NSET={name}\n")
        _write_numbers(out, number[tuple(nodes.T)])


def _write_materials(
    out: TextIO, model: VertebraModel, materials: _Materials, *, world: bool
) -> None:
    """Write sets of elements, materials and sections."""
    if world and model.anisotropic:
        left, posterior, _ = model.grid.directions.T
        axes = ", ".join(f"{v:.12g}" for v in (*left, *posterior))
        out.write(f"*ORIENTATION, NAME=VERTEBRA, SYSTEM=RECTANGULAR\n{axes}\n")
    order = np.argsort(materials.number, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(materials.number))
    start = 0
    for n, end in enumerate(ends.tolist()):
        bone, filler = float(materials.bone_mpa[n]), float(materials.filler_mpa[n])
        turned = model.anisotropic and bone > 0.0
        out.write(f"*ELSET, ELSET=M{n + 1}\n")
        _write_numbers(out, order[start:end] + 1)
        law = f"*ELASTIC\n{bone + filler:.{materials.digits}g}, {POISSON:g}"
        if turned:
            law = _orthotropic(model, bone, filler)
        out.write(f"*MATERIAL, NAME=M{n + 1}\n{law}\n")
        orientation = ", ORIENTATION=VERTEBRA" if turned and world else ""
        out.write(f"*SOLID SECTION, ELSET=M{n + 1}, MATERIAL=M{n + 1}{orientation}\n")
        start = end


def _orthotropic(model: VertebraModel, bone: float, filler: float) -> str:
    """Return the engineering constants of bone and filler side by side."""
    of_bone, of_filler = model.elasticity
    compliance = np.linalg.inv(bone * of_bone + filler * of_filler)
    young = 1.0 / np.diag(compliance)[:3]
    # strains 3, 4, 5 are the shears 23, 13, 12
    shear_23, shear_13, shear_12 = 1.0 / np.diag(compliance)[3:]
    nu_12, nu_13, nu_23 = (-compliance[b, a] * young[a] for a, b in ((0, 1), (0, 2), (1, 2)))
    first = (*young, nu_12, nu_13, nu_23, shear_12, shear_13)
    text = ", ".join(f"{v:.10g}" for v in first)
    return f"*ELASTIC, TYPE=ENGINEERING CONSTANTS\n{text}\n{shear_23:.10g}"


def _write_step(
    out: TextIO,
    case: tuple[VertebraModel, LoadCase],
    number: IntArray,
    down: FloatArray,
    *,
    world: bool,
) -> None:
    model, load = case
    superior = number[tuple(model.superior_nodes.T)]
    if world:
        left, posterior, _ = model.grid.directions.T
        axes = ", ".join(f"{v:.12g}" for v in (*left, *posterior))
        for name in ("SUPERIOR", "INFERIOR"):
            out.write(f"*TRANSFORM, NSET={name}, TYPE=R\n{axes}\n")
    out.write("*STEP\n*STATIC\n*BOUNDARY\nINFERIOR, 3, 3\n")
    if load.platen is Platen.FIXED:
        out.write("INFERIOR, 1, 2\nSUPERIOR, 1, 2\n")
    else:
        for nodes, axis in _plane_supports(model.inferior_nodes):
            out.write(f"{number[tuple(nodes)]}, {axis}, {axis}\n")
    if load.motion is Motion.COMPRESSION:
        out.write(f"SUPERIOR, 3, 3, {down[0]:.12g}\n")
    else:
        pairs = zip(superior.tolist(), down.tolist(), strict=True)
        out.writelines(f"{node}, 3, 3, {value:.12g}\n" for node, value in pairs)
    out.write(
        "*NODE PRINT, NSET=SUPERIOR, TOTALS=YES, GLOBAL=NO\nRF\n*NODE FILE\nU, RF\n*END STEP\n"
    )


def _plane_supports(nodes: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], int]]:
    """Return node and axis (1 or 2) of three supports that stop shifts and turns in the plane."""
    rows, sizes = np.unique(nodes[:, 1], return_counts=True)
    row = nodes[nodes[:, 1] == rows[np.argmax(sizes)]]
    one, other = row[np.argmin(row[:, 0])], row[np.argmax(row[:, 0])]
    return [(one, 1), (one, 2), (other, 2)]
