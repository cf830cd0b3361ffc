"""All labelled vertebrae of a scan."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from vertaug.anatomy.body_centre import find_body_centres
from vertaug.anatomy.extent import (
    body_is_cut,
    describe_cut,
    find_cut_faces,
    thickest_point_at_edge,
)
from vertaug.anatomy.label_hole import fill_label_holes
from vertaug.anatomy.level_gap import describe_gaps
from vertaug.anatomy.occupancy import measure_mask_distance
from vertaug.anatomy.orientation import check_anterior, check_head, check_order, mirror_front_back
from vertaug.anatomy.pedicle_edge import refine_pedicles
from vertaug.anatomy.pose import estimate_frame, estimate_up
from vertaug.anatomy.skin import find_patient
from vertaug.anatomy.vertebra import VertebraInput, analyse_vertebra
from vertaug.case.errors import AnatomyError, GeometryError, LabelError, OrientationError
from vertaug.case.grid import FloatArray
from vertaug.case.level import AUGMENTABLE_LEVELS
from vertaug.case.spine import Spine, Vertebra
from vertaug.case.volume import LabelMap, Scan, Volume

logger = logging.getLogger(__name__)

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Start:
    """Where each level stands before its analysis."""

    centres: dict[str, FloatArray]
    points: dict[str, FloatArray]
    faces: dict[str, dict[str, float]]


def analyse_spine(
    scan: Scan,
    labels: LabelMap,
    *,
    correct_orientation: bool = False,
    progress: Progress | None = None,
) -> Spine:
    """Find the anatomy of every labelled thoracic and lumbar vertebra.

    Parameters
    ----------
    scan : Scan
    labels : LabelMap
        On the grid of the scan.
    correct_orientation : bool
        Mirror the front-back axis of the array if the header contradicts the anatomy, instead
        of refusing.
    progress : callable, optional
        Called with the level and the share done.

    Returns
    -------
    Spine
        Levels that cannot be analysed are in ``incomplete`` with the reason.

    Raises
    ------
    GeometryError
        If scan and labels lie on different grids.
    LabelError
        If no thoracic or lumbar vertebra is labelled, or they are out of order.
    OrientationError
        If the header contradicts the anatomy.
    """
    if not scan.grid.matches(labels.grid):
        message = "scan and labels lie on different grids; read the labels with the scan"
        raise GeometryError(message)
    levels = [name for name in labels.levels if name in AUGMENTABLE_LEVELS]
    if not levels:
        found = ", ".join(labels.levels) or "none"
        message = (
            f"no thoracic or lumbar vertebra is labelled; by the numbering '{labels.numbering}' "
            f"the labels mean {found}. If they mean other levels, give their names with the file, "
            "or declare the numbering (docs/labels.md)"
        )
        raise LabelError(message)
    labels, filled = fill_label_holes(labels, levels)
    start = _look_over(labels, levels)
    check_order(_whole_centres(start))
    try:
        check_anterior(_front_back_offsets(start))
    except OrientationError:
        if not correct_orientation:
            raise
        scan, labels = mirror_front_back(scan, labels)
        start = _look_over(labels, levels)
    patient = find_patient(scan)
    vertebrae, incomplete = _analyse_levels((scan, labels, patient), start, progress)
    notes = [*check_head(vertebrae), *describe_gaps(levels, start.centres)]
    notes += ["left and right are taken from the header; bone alone cannot confirm them"]
    notes += [
        f"{level}: a hole of {max(volume / 1000, 0.1):.1f} ml or less in its label (gas, or a gap "
        "of the labels) was filled and counts as part of the vertebra"
        for level, volume in filled.items()
    ]
    return Spine(
        scan=scan,
        labels=labels,
        vertebrae=vertebrae,
        patient=patient,
        incomplete=incomplete,
        notes=tuple(notes),
    )


def _look_over(labels: LabelMap, levels: list[str]) -> _Start:
    centres = find_body_centres(labels, levels)
    points, faces = {}, {}
    for level in centres:
        mask = labels.mask(level)
        points[level] = labels.grid.to_world(np.argwhere(mask))
        faces[level] = find_cut_faces(mask, labels.grid)
    return _Start(centres=centres, points=points, faces=faces)


def _whole_centres(start: _Start) -> dict[str, FloatArray]:
    """Centres of the bodies that the scan's upper edge leaves whole.

    Below it stays the arch, whose thickest part may lie lower than the next body.
    """
    return {
        level: centre
        for level, centre in start.centres.items()
        if "superior" not in start.faces[level]
    }


def _front_back_offsets(start: _Start) -> dict[str, FloatArray]:
    """Vectors from body centre to bone centroid of vertebrae not cut in front or behind."""
    return {
        level: start.points[level].mean(axis=0) - centre
        for level, centre in start.centres.items()
        if not {"anterior", "posterior"} & start.faces[level].keys()
    }


def _analyse_levels(
    images: tuple[Scan, LabelMap, Volume], start: _Start, progress: Progress | None
) -> tuple[dict[str, Vertebra], dict[str, str]]:
    scan, labels, patient = images
    vertebrae: dict[str, Vertebra] = {}
    incomplete: dict[str, str] = {}
    order = list(start.centres)
    for place, level in enumerate(order):
        if progress is not None:
            progress(level, place / len(order))
        mask = labels.mask(level)
        faces = tuple(start.faces[level])
        if thickest_point_at_edge(mask, labels.grid, start.centres[level]):
            incomplete[level] = describe_cut(level, faces, scan)
            continue
        up = estimate_up(list(start.centres.values()), place)
        try:
            vertebra = analyse_vertebra(
                VertebraInput(
                    level=level,
                    bone=measure_mask_distance(mask, labels.grid),
                    labels=labels,
                    points_lps_mm=start.points[level],
                    frame=estimate_frame(start.points[level], start.centres[level], up),
                ),
                scan,
            )
        except AnatomyError as error:
            incomplete[level] = describe_cut(level, faces, scan) if faces else str(error)
            continue
        vertebra = refine_pedicles(vertebra, scan)
        cut = body_is_cut(vertebra, patient)
        vertebrae[level] = replace(vertebra, complete=not cut, cut_by=faces)
        logger.debug("%s analysed", level)
    if progress is not None:
        progress(order[-1] if order else "", 1.0)
    return vertebrae, incomplete
