"""The patient's own bones for the leaflet: surfaces of the broken one and of those next to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.moved_vertebra import went_at
from vertaug.case.bone_shift import BoneShift
from vertaug.case.case_file import CaseDocument
from vertaug.case.errors import VertaugError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.level import sort_levels
from vertaug.case.plan import Procedure
from vertaug.imaging.nifti import read_nifti
from vertaug.report.raster import Mesh
from vertaug.report.surface import level_surface

_LABELS = "labels/levels.nii.gz"
_SMOOTHING_MM = 1.1
_CEMENT_SMOOTHING_MM = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeafletBones:
    """Bones as they are shown to the patient.

    Attributes
    ----------
    level : str
        The broken one.
    bones : mapping of str to Mesh
        It and those next to it, from the head to the foot.
    centres_lps_mm : mapping of str to (3,) array
        Of their bodies, where known.
    cement : Mesh or None
        None where nothing was simulated.
    """

    level: str
    bones: Mapping[str, Mesh]
    centres_lps_mm: Mapping[str, FloatArray]
    cement: Mesh | None = None


def read_bones(folder: Path, case: CaseDocument, level: str) -> LeafletBones | None:
    """Return the bones of a case as scanned; None where its labels are not there.

    Parameters
    ----------
    folder : Path
        Of the case.
    case : CaseDocument
    level : str
        The broken bone.
    """
    path = folder / _LABELS
    values = case.labels.values
    if not path.is_file() or level not in values:
        return None
    try:
        image = read_nifti(path)
    except VertaugError:
        return None
    grid = Grid(shape=image.values.shape, affine=image.affine)
    order = sort_levels(values)
    at = order.index(level)
    shown = order[max(0, at - 1) : at + 2]
    found = {name: _surface(image.values == values[name], grid, _SMOOTHING_MM) for name in shown}
    known = case.anatomy.levels
    return LeafletBones(
        level=level,
        bones={name: mesh for name, mesh in found.items() if mesh is not None},
        centres_lps_mm={n: np.array(known[n].origin_lps_mm) for n in shown if n in known},
    )


def bones_after(
    before: LeafletBones,
    folder: Path,
    case: CaseDocument,
    procedure: Procedure,
    shift: BoneShift | None = None,
) -> LeafletBones | None:
    """Return the bones after a simulated procedure, with its cement.

    None where the cement is not there, or, for a kyphoplasty, how the bone was moved.

    Parameters
    ----------
    before : LeafletBones
    folder : Path
        Of the case.
    case : CaseDocument
    procedure : Procedure
    shift : BoneShift, optional
        How the balloons moved the bone.
    """
    found = None if case.augmentation is None else getattr(case.augmentation, procedure.value)
    if found is None or (procedure is Procedure.KYPHOPLASTY and shift is None):
        return None
    volumes = sorted(name for name in found.files if name.endswith(".nii.gz"))
    path = folder / volumes[-1] if volumes else None
    if path is None or not path.is_file():
        return None
    try:
        image = read_nifti(path)
    except VertaugError:
        return None
    grid = Grid(shape=image.values.shape, affine=image.affine)
    cement = _surface(image.values, grid, _CEMENT_SMOOTHING_MM)
    if cement is None:
        return None
    moved = before if shift is None else _move(before, shift)
    return replace(moved, cement=cement)


def _surface(values: NDArray[np.generic], grid: Grid, smoothing_mm: float) -> Mesh | None:
    """Return the smoothed surface of a mask or share; None where there is hardly anything."""
    from scipy.ndimage import find_objects, gaussian_filter, zoom

    share = np.asarray(values, dtype=np.float32)
    box = find_objects((share > 0.5).astype(np.int8))
    if not box:
        return None
    near = tuple(
        slice(max(0, s.start - 4), min(n, s.stop + 4))
        for s, n in zip(box[0], share.shape, strict=True)
    )
    cut = np.pad(share[near], 4)
    first = np.array([s.start - 4.0 for s in near])
    # thick slices are divided first, so that no steps are seen
    factors = np.maximum(1.0, np.round(grid.spacing_mm))
    fine = zoom(cut, factors, order=1, grid_mode=False)
    scale = (np.array(cut.shape) - 1) / (np.array(fine.shape) - 1)
    affine = np.array(grid.affine)
    affine[:3, 3] = grid.to_world(first)
    affine[:3, :3] = grid.affine[:3, :3] * scale
    finer = Grid(shape=fine.shape, affine=affine)
    smooth = gaussian_filter(fine, smoothing_mm / finer.spacing_mm)
    if not smooth.max() > 0.5:
        return None
    return level_surface(smooth, finer)


def _move(before: LeafletBones, shift: BoneShift) -> LeafletBones:
    """Return the bones as the balloons left them: the broken one, and the one above as a whole."""
    names = sort_levels(before.bones)
    above = names[: names.index(before.level)]
    own = before.bones[before.level]
    moved = dict(before.bones)
    moved[before.level] = replace(own, vertices=own.vertices + went_at(shift, own.vertices))
    if shift.above is not None:
        way = shift.above
        for name in above:
            mesh = before.bones[name]
            offset = (mesh.vertices - way.centre_lps_mm) @ way.turn.T
            moved[name] = replace(
                mesh,
                vertices=way.centre_lps_mm + offset + way.shift_mm,
                normals=mesh.normals @ way.turn.T,
            )
    return replace(before, bones=moved)
