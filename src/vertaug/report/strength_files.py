"""The models of a strength with their fields, for ParaView, 3D Slicer, CalculiX and Abaqus."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vertaug.case.errors import GeometryError
from vertaug.case.mechanics_content import named_states, strength_file_names
from vertaug.case.storage import replace_text
from vertaug.case.strength import StrengthAssessment, StrengthField, StrengthState
from vertaug.mechanics.comparison_fields import NOTHING_MPA
from vertaug.mechanics.model import VertebraModel
from vertaug.report.abaqus import AbaqusOptions, write_abaqus
from vertaug.report.strength_model import model_of_field
from vertaug.report.vtu import VoxelFields, write_vtu

NOTHING, BONE, CAP = 0, 1, 2
"""Numbers of ``region`` in the VTU; bone may hold cement, nothing is of a density below 0."""


def write_strength_files(
    found: StrengthAssessment,
    folder: str | Path,
    stem: str,
    kyphoplasty: StrengthAssessment | None = None,
) -> tuple[Path, ...]:
    """Write the models before and after as VTU and as input of CalculiX, and the curves as CSV.

    Nodes lie in LPS mm, as the CT and the STL of the case; the two files of a model have the same
    nodes and elements in the same order, counted from 0 and from 1.

    Parameters
    ----------
    found : StrengthAssessment
    folder : str or Path
    stem : str
        Of the names inside the folder, with ``/``: see `strength_file_names`.
    kyphoplasty : StrengthAssessment, optional
        Of the same level with the cement of a kyphoplasty.

    Returns
    -------
    tuple of Path

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    paths = []
    states = dict(named_states(found, kyphoplasty))
    for name in strength_file_names(found, stem, kyphoplasty):
        path = Path(folder) / name
        if path.suffix == ".csv":
            replace_text(path, _curve_text(states))
        else:
            which = path.stem.rpartition("_")[2]
            whose = kyphoplasty if kyphoplasty is not None and which == "kyphoplasty" else found
            _write_model(path, states[which], whose.height_of(states[which]))
        paths.append(path)
    return tuple(paths)


def _write_model(path: Path, state: StrengthState, height_mm: float) -> None:
    model = model_of_field(state.field, height_mm)
    if path.suffix == ".vtu":
        write_vtu(path, model, _fields(state.field, model))
        return
    try:
        write_abaqus(path, model, options=AbaqusOptions(world=True))
    except GeometryError:  # axes of the image that no rotation makes
        write_abaqus(path, model)


def _fields(field: StrengthField, model: VertebraModel) -> VoxelFields:
    caps = (field.bone_mpa <= 0.0) & (field.cement_share <= 0.0)
    matter = model.bone_mpa + model.filler_mpa > NOTHING_MPA
    return VoxelFields(
        displacement_mm=field.displacement_mm,
        crushed_mm=field.crushed_mm,
        energy_mpa=field.energy_mpa,
        plastic_strain=field.plastic_strain,
        density_mg_per_ml=model.density_mg_per_ml,
        cement_share=field.cement_share,
        region=np.where(matter, np.where(caps, CAP, BONE), NOTHING),
    )


def _curve_text(states: Mapping[str, StrengthState]) -> str:
    lines = ["state,displacement_mm,force_n,yielded_share,yielded_bone_share"]
    for name, state in states.items():
        if state.curve is None:
            continue
        curve = state.curve
        known = curve.yielded_bone
        bone = [""] * len(curve.force_n) if known is None else [f"{share:.6f}" for share in known]
        rows = zip(curve.displacement_mm, curve.force_n, curve.yielded, bone, strict=True)
        lines += [f"{name},{u:.6f},{f:.4f},{share:.6f},{own}" for u, f, share, own in rows]
    return "\n".join(lines) + "\n"
