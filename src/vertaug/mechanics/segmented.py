"""A model from a calibrated image and a map of its regions, as in spineFE-benchmark."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError, InputError, LabelError, OrientationError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.volume import LabelMap, Volume
from vertaug.mechanics.bone_material import BoneMaterial, keep_largest_piece, map_bone
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.tissue.bone_law import check_density_unit

_MIRRORED = (
    "By its header the process lies in front of the body: the image was mirrored front to back. "
    "Only flexion and extension depend on it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionNumbers:
    """Which numbers of a region map mean what; the defaults are those of spineFE-benchmark.

    Attributes
    ----------
    body_trabecular, body_cortical : tuple of int
    process_trabecular, process_cortical : tuple of int
        Posterior elements; empty where there are none.
    inferior_cap, superior_cap : tuple of int
    """

    body_trabecular: tuple[int, ...] = (1,)
    body_cortical: tuple[int, ...] = (2,)
    process_trabecular: tuple[int, ...] = (3,)
    process_cortical: tuple[int, ...] = (4,)
    inferior_cap: tuple[int, ...] = (5,)
    superior_cap: tuple[int, ...] = (6,)

    def __post_init__(self) -> None:
        every = (*self.body, *self.process, *self.inferior_cap, *self.superior_cap)
        if 0 in every or len(set(every)) != len(every):
            message = f"numbers of regions must differ and not be 0; got {sorted(every)}"
            raise LabelError(message)

    @property
    def body(self) -> tuple[int, ...]:
        """Numbers of the vertebral body."""
        return (*self.body_trabecular, *self.body_cortical)

    @property
    def process(self) -> tuple[int, ...]:
        """Numbers of the posterior elements."""
        return (*self.process_trabecular, *self.process_cortical)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Turned:
    """Density and regions with axes left, posterior, superior."""

    density: FloatArray
    body: NDArray[np.bool_]
    process: NDArray[np.bool_]
    inferior: NDArray[np.bool_]
    superior: NDArray[np.bool_]
    grid: Grid
    notes: tuple[str, ...] = ()


def model_from_regions(
    density: Volume,
    regions: Volume | LabelMap,
    numbers: RegionNumbers | None = None,
    material: BoneMaterial | None = None,
    *,
    keep_process: bool = True,
    height_mm: float | None = None,
) -> VertebraModel:
    """Return the model of a vertebra between caps.

    The array is permuted and flipped so that its third axis runs superior; values are not
    resampled. Front and back are taken from the bone where there is a process: a header that
    has them the wrong way round is set right by mirroring the array, which only matters to flexion
    and extension, and is noted. The grid is mirrored with it, so that places stay those of the
    header; its axes are then left-handed. Voxels that do not hang together with the rest are left
    out and noted.

    Parameters
    ----------
    density : Volume
        Calibrated, mg/ml of ``material.density``; any order of axes.
    regions : Volume or LabelMap
        On the same grid.
    numbers : RegionNumbers, optional
    material : BoneMaterial, optional
        Default: the recipe of the benchmark with each voxel its own modulus.
    keep_process : bool
        Whether posterior elements are part of the model.
    height_mm : float, optional
        Of the body. Default: mean distance between the caps over the columns that both cover.

    Raises
    ------
    GeometryError
        If the grids differ, or no axis runs near superior.
    LabelError
        If body or caps are missing.
    OrientationError
        If the inferior cap lies above the superior one.
    InputError
        If the densities are not those of bone in mg/ml.
    """
    numbers, material = numbers or RegionNumbers(), material or BoneMaterial()
    turned = _turn(density, regions, numbers)
    bone = turned.body | turned.process if keep_process else turned.body
    check_density_unit(
        turned.density[bone], material.density, image_minimum=float(turned.density.min())
    )
    mapped = map_bone(turned.density, bone, material)
    caps = turned.inferior | turned.superior
    filled = mapped.bone | caps
    kept = keep_largest_piece(filled)
    inferior, superior = turned.inferior & kept, turned.superior & kept
    if not (inferior.any() and superior.any()):
        message = (
            "a cap does not hang together with the bone: no load could pass; check the region map"
        )
        raise LabelError(message)
    crop, grid = _crop(kept, turned.grid)
    caps = (caps & kept)[crop]
    alone = kept[crop] & ~caps
    strength = np.where(caps, material.cap_strength_mpa, mapped.strength_mpa[crop])
    height = height_mm if height_mm is not None else _height(turned)
    return VertebraModel(
        grid=grid,
        bone_mpa=np.where(alone, mapped.modulus_mpa[crop], 0.0),
        filler_mpa=np.where(caps, material.cap_mpa, 0.0),
        strength_mpa=np.where(kept[crop], strength, np.inf),
        anisotropic=material.anisotropic,
        superior_nodes=nodes_of_faces(superior[crop], upper=True),
        inferior_nodes=nodes_of_faces(inferior[crop], upper=False),
        height_mm=height,
        density_mg_per_ml=np.where(mapped.bone[crop] & alone, turned.density[crop], 0.0),
        notes=(*turned.notes, *_describe_loose(filled & ~kept, turned.grid)),
    )


def _describe_loose(loose: NDArray[np.bool_], grid: Grid) -> tuple[str, ...]:
    """Return number and size of the pieces that are left out, in a sentence; none for none."""
    from scipy.ndimage import label

    pieces, count = label(loose, structure=np.ones((3, 3, 3)))
    if count == 0:
        return ()
    sizes = np.bincount(pieces.ravel())[1:]
    volume_mm3 = float(sizes.sum()) * grid.voxel_volume_mm3
    largest = "" if count == 1 else f", the largest of {int(sizes.max())}"
    sentence = (
        f"Left out: {count} loose {'piece' if count == 1 else 'pieces'} of the region map, "
        f"{int(sizes.sum())} {'voxel' if sizes.sum() == 1 else 'voxels'} in all{largest} "
        f"({volume_mm3:.3g} mm3), not joined to the rest of the bone."
    )
    return (sentence,)


def _turn(density: Volume, regions: Volume | LabelMap, numbers: RegionNumbers) -> _Turned:
    if not density.grid.matches(regions.grid):
        message = "density and regions lie on different grids; resample one onto the other"
        raise GeometryError(message)
    order, flips, grid = _superior_last(density.grid)
    values = np.asarray(density.values, dtype=np.float64).transpose(order)[flips]
    numbered = np.asarray(regions.values).transpose(order)[flips]
    body, process, inferior, superior = (
        np.isin(numbered, n)
        for n in (numbers.body, numbers.process, numbers.inferior_cap, numbers.superior_cap)
    )
    for name, found in (("body", body), ("inferior cap", inferior), ("superior cap", superior)):
        if not found.any():
            present = ", ".join(str(n) for n in np.unique(numbered) if n) or "none"
            message = f"no voxel of the {name} in the region map; numbers present: {present}"
            raise LabelError(message)
    if _middle(inferior, 2) >= _middle(superior, 2):
        message = (
            "the inferior cap lies above the superior one: the header has head and foot the wrong "
            "way round, or the numbers of the caps are swapped"
        )
        raise OrientationError(message)
    fields, notes = [values, body, process, inferior, superior], tuple[str, ...]()
    if process.any() and _middle(process, 1) < _middle(body, 1):
        notes = (_MIRRORED,)
        fields = [f[:, ::-1] for f in fields]
        grid = _mirrored(grid)
    values, body, process, inferior, superior = (np.ascontiguousarray(f) for f in fields)
    return _Turned(
        density=values,
        body=body,
        process=process,
        inferior=inferior,
        superior=superior,
        grid=grid,
        notes=notes,
    )


def _mirrored(grid: Grid) -> Grid:
    """Return the grid with its second axis the other way round."""
    affine = np.array(grid.affine)
    affine[:3, 3] += (grid.shape[1] - 1) * affine[:3, 1]
    affine[:3, 1] *= -1.0
    return Grid(shape=grid.shape, affine=affine)


def _superior_last(grid: Grid) -> tuple[tuple[int, int, int], tuple[slice, ...], Grid]:
    """Return the order and the flips that make axes left, posterior, superior, and the grid."""
    toward = np.abs(grid.directions)
    third = int(np.argmax(toward[2]))
    if toward[2, third] < 0.7:
        message = (
            f"no axis of the array runs within 45 degrees of superior (nearest: "
            f"{np.degrees(np.arccos(toward[2, third])):.0f} degrees); resample the image upright"
        )
        raise GeometryError(message)
    rest = [a for a in range(3) if a != third]
    first = max(rest, key=lambda a: toward[0, a])
    second = next(a for a in rest if a != first)
    order = (first, second, third)
    affine = np.array(grid.affine)
    affine[:3, :3] = grid.affine[:3, list(order)]
    shape = tuple(grid.shape[a] for a in order)
    flips = []
    for axis in range(3):
        back = affine[axis, axis] < 0.0
        flips.append(slice(None, None, -1 if back else 1))
        if back:
            affine[:3, 3] += (shape[axis] - 1) * affine[:3, axis]
            affine[:3, axis] *= -1.0
    return order, tuple(flips), Grid(shape=(shape[0], shape[1], shape[2]), affine=affine)


def _middle(voxels: NDArray[np.bool_], axis: int) -> float:
    return float(np.argwhere(voxels)[:, axis].mean())


def _crop(voxels: NDArray[np.bool_], grid: Grid) -> tuple[tuple[slice, ...], Grid]:
    index = np.argwhere(voxels)
    start, stop = index.min(axis=0), index.max(axis=0) + 1
    low = (int(start[0]), int(start[1]), int(start[2]))
    high = (int(stop[0]), int(stop[1]), int(stop[2]))
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return box, grid.crop(low, high)


def _height(turned: _Turned) -> float:
    """Return the mean distance between the caps over the columns that both cover."""
    both = turned.inferior.any(axis=2) & turned.superior.any(axis=2)
    size = turned.superior.shape[2]
    ceiling = turned.superior.argmax(axis=2)
    floor = size - turned.inferior[:, :, ::-1].argmax(axis=2)
    gap = (ceiling - floor)[both]
    if not gap.size or gap.mean() <= 0.0:
        message = "no column is covered by both caps; give the height of the body"
        raise InputError(message)
    return float(gap.mean() * turned.grid.spacing_mm[2])
