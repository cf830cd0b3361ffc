"""Files of a case for other programs: Slicer markups, STL surfaces, label NIfTI."""

import json
from dataclasses import dataclass
from pathlib import Path

from vertaug.case.measurement import FractureAssessment
from vertaug.case.plan import AccessPlan, PlanningResult
from vertaug.case.spine import Region, Spine, Vertebra
from vertaug.case.storage import replace_bytes, replace_text
from vertaug.report.markups import (
    Json,
    landmark_markup,
    markups_json,
    path_markups,
    plan_markups,
)
from vertaug.report.stl import stl_bytes
from vertaug.report.surface import needle_surface, vertebra_surface

MAX_PLANS = 6
"""Plans that are exported, best first; the report lists them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFiles:
    """Files that were written for other programs."""

    markups: tuple[Path, ...]
    surfaces: tuple[Path, ...]
    labels: tuple[Path, ...]


def write_case_files(
    spine: Spine, assessment: FractureAssessment, planning: PlanningResult | None, folder: Path
) -> CaseFiles:
    """Write plans, surfaces and labels, all in LPS mm.

    ``plans/<level>_<procedure>_<n>_<side>.mrk.json`` is one needle of the n-th plan,
    ``plans/<level>_all.mrk.json`` all of them with the landmarks, ``plans/landmarks.mrk.json``
    the landmarks of all levels. ``surfaces/<level>.stl`` is the bone of the level,
    ``surfaces/<level>_<procedure>_<n>_<side>_needle.stl`` a needle of the best plan from the
    skin. ``labels/levels.nii.gz`` numbers the levels on the scan's grid and
    ``labels/<level>_regions.nii.gz`` the parts of the level on its own oblique grid; a
    ``.json`` beside each names the numbers.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    folder = Path(folder)
    level = planning.level if planning is not None else assessment.level
    markups = _write_markups(spine, planning, folder / "plans")
    surfaces: tuple[Path, ...] = ()
    vertebra = spine.vertebrae.get(level) if level is not None else None
    if vertebra is not None:
        surfaces = _write_surfaces(vertebra, planning, folder / "surfaces")
    return CaseFiles(
        markups=markups,
        surfaces=surfaces,
        labels=_write_labels(spine, vertebra, folder / "labels"),
    )


def _plan_name(plan: AccessPlan, level: str, number: int) -> str:
    """Name of the n-th plan (from 1) of its procedure in file names."""
    return f"{level}_{plan.procedure.value}_{number}"


def _write_markups(spine: Spine, planning: PlanningResult | None, folder: Path) -> tuple[Path, ...]:
    """Write needles and landmarks for 3D Slicer."""
    landmarks = [landmark_markup(v) for v in spine.vertebrae.values()]
    written = {"landmarks": landmarks}
    if planning is not None:
        combined: list[Json] = [landmark_markup(spine[planning.level])]
        for number, plan in planning.numbered()[:MAX_PLANS]:
            name = _plan_name(plan, planning.level, number)
            for path in plan.paths:
                written[f"{name}_{path.side}"] = path_markups(f"{name} {path.side}", path)
            combined += plan_markups(name, plan)
        written[f"{planning.level}_all"] = combined
    paths = []
    for name, markups in written.items():
        file = folder / f"{name}.mrk.json"
        replace_bytes(file, markups_json(markups))
        paths.append(file)
    return tuple(paths)


def _write_surfaces(
    vertebra: Vertebra, planning: PlanningResult | None, folder: Path
) -> tuple[Path, ...]:
    """Write the bone of the level and the needles of the best plan."""
    files = {vertebra.level: stl_bytes(vertebra_surface(vertebra), vertebra.level)}
    if planning is not None and planning.plans:
        numbered = planning.numbered()
        number, best = next((pair for pair in numbered if pair[1].safe), numbered[0])
        for path in best.paths:
            name = f"{_plan_name(best, planning.level, number)}_{path.side}_needle"
            files[name] = stl_bytes(needle_surface(path, from_skin=True), name)
    paths = []
    for name, data in files.items():
        file = folder / f"{name}.stl"
        replace_bytes(file, data)
        paths.append(file)
    return tuple(paths)


def _write_labels(spine: Spine, vertebra: Vertebra | None, folder: Path) -> tuple[Path, ...]:
    """Write levels and regions as NIfTI, each with a table of names beside it."""
    from vertaug.imaging import write_label_nifti, write_nifti
    from vertaug.imaging.writer import name_table_path

    paths = [write_label_nifti(folder / "levels.nii.gz", spine.labels)]
    if vertebra is not None:
        image = folder / f"{vertebra.level}_regions.nii.gz"
        write_nifti(image, vertebra.regions.values, vertebra.regions.grid)
        names = {r.name.lower(): int(r) for r in Region if r is not Region.BACKGROUND}
        replace_text(name_table_path(image), json.dumps({"labels": names}, indent=2) + "\n")
        paths.append(image)
    return tuple(file for image in paths for file in (image, name_table_path(image)))
