"""Any supported label input to a `LabelMap` on the scan's grid."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import LabelError
from vertaug.case.grid import Grid
from vertaug.case.volume import LabelMap, Scan
from vertaug.imaging.label_detection import (
    LabelSummary,
    check_order,
    detect_numbering,
    explain_values,
)
from vertaug.imaging.label_fit import check_fit, remove_fragments
from vertaug.imaging.label_name import levels_of_names, read_name_table
from vertaug.imaging.numbering import LEVEL_VALUES, LevelChoice, Numbering, parse_numbering
from vertaug.imaging.scan_reader import find_format, read_image
from vertaug.imaging.stored_image import StoredImage, to_canonical

_LEAST_SHARE_INSIDE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class _Naming:
    """Level of each value to keep, and where the names come from."""

    levels: dict[int, str]
    source: str
    notes: tuple[str, ...] = ()


def read_labels(path: str | Path, scan: Scan, *, numbering: str | None = None) -> LabelMap:
    """Read vertebra labels and bring them onto the grid of a CT.

    Names in the file (TotalSegmentator's NIfTI extension, segment names of a NRRD, a JSON table
    beside the file, DICOM SEG segments, mask file names) win over numbers. Without names and
    without a declared numbering, the numbers and their order from head to foot must leave one
    reading.

    Parameters
    ----------
    path : str or Path
        Multi-label NIfTI, NRRD or MetaImage, a folder of masks named after vertebrae, or a
        DICOM SEG (file or folder).
    scan : Scan
        CT that the labels were made from.
    numbering : str or None
        A name of `vertaug.imaging.numbering.NUMBERINGS`, or ``level:L2``
        (``level:L2=1,2,3,4``) for a mask of one vertebra.

    Returns
    -------
    LabelMap
        Values are the VerSe numbers, whatever the file used.

    Raises
    ------
    ImageError, GeometryError
        If the file cannot be read.
    LabelError
        If the labels are empty, of unknown or unclear numbering, or of another patient.
    OrientationError
        If the levels run from foot to head by the header.
    """
    source = Path(path)
    declared = None if numbering is None else parse_numbering(numbering)
    image, named = _load(source)
    values, grid, notes = to_canonical(image, source.name)
    values = _whole_numbers(values, source.name)
    summary = _summarise(values, grid, source.name)
    naming = named or _find_names(image, source, summary, declared)
    if not isinstance(declared, LevelChoice):
        check_order(naming.levels, summary, source.name)
    renumbered = _renumber(values, naming.levels)
    on_scan, place_notes = _place_on_scan(renumbered, grid, scan, source.name)
    counts = np.bincount(on_scan.ravel(), minlength=256)
    present = {n: v for n, v in LEVEL_VALUES.items() if counts[v]}
    if not present:
        message = f"{source.name}: no labelled vertebra lies inside the CT"
        raise LabelError(message)
    cleaned, clean_notes = remove_fragments(on_scan, present, scan.grid.spacing_mm)
    labels = LabelMap(
        values=cleaned,
        grid=scan.grid,
        levels=present,
        numbering=naming.source,
        notes=notes + naming.notes + place_notes + clean_notes,
    )
    return replace(labels, notes=labels.notes + check_fit(labels, scan, source.name))


def _load(source: Path) -> tuple[StoredImage, _Naming | None]:
    """Return the image, and its naming where the kind of file fixes it."""
    if find_format(source) != "dicom":
        return read_image(source), None
    own_values = {value: name for name, value in LEVEL_VALUES.items()}
    if source.is_dir():
        from vertaug.imaging.label_folder import list_masks, read_masks

        masks = list_masks(source)
        if masks:
            image, notes = read_masks(masks)
            return image, _Naming(levels=own_values, source="mask file names", notes=notes)
    from vertaug.imaging.dicom_segmentation import read_segmentation

    image, notes = read_segmentation(source)
    return image, _Naming(levels=own_values, source="DICOM segments", notes=notes)


def _whole_numbers(values: NDArray[Any], name: str) -> NDArray[Any]:
    if values.dtype.kind == "f":
        whole = np.rint(values)
        if not np.array_equal(values, whole):
            message = (
                f"{name}: labels must be whole numbers, found fractions; this is an image or "
                "was resampled with interpolation. Give the label map"
            )
            raise LabelError(message)
        values = whole
    low, high = int(values.min()), int(values.max())
    if low == high == 0:
        message = f"{name}: the label map is empty (every voxel is 0)"
        raise LabelError(message)
    if low < 0 or high > 65535:
        message = (
            f"{name}: labels must lie between 0 and 65535, found {low} to {high}; this is an "
            "image. Give the label map"
        )
        raise LabelError(message)
    return values.astype(np.uint16)


def _summarise(values: NDArray[Any], grid: Grid, name: str) -> LabelSummary:
    counts = np.bincount(values.ravel())
    present = [int(v) for v in np.flatnonzero(counts) if v != 0]
    if len(present) > 512:
        message = f"{name}: {len(present)} different values; this is an image, not a label map"
        raise LabelError(message)
    labelled = np.nonzero(values)
    found = values[labelled]
    centres = np.stack(
        [np.bincount(found, weights=axis, minlength=len(counts)) for axis in labelled], axis=1
    )
    heights = {v: float(grid.to_world(centres[v] / counts[v])[2]) for v in present}
    volumes = {v: float(counts[v]) * grid.voxel_volume_mm3 for v in present}
    return LabelSummary(heights_mm=heights, volumes_mm3=volumes)


def _find_names(
    image: StoredImage,
    source: Path,
    summary: LabelSummary,
    declared: Numbering | LevelChoice | None,
) -> _Naming:
    if isinstance(declared, LevelChoice):
        return _names_of_choice(declared, summary, source.name)
    if isinstance(declared, Numbering):
        return _names_of_numbering(declared, summary, source.name)
    for names, where in (
        (image.label_names, "names in the file"),
        (read_name_table(source), "names beside the file"),
    ):
        levels = {v: n for v, n in levels_of_names(names).items() if v in summary.heights_mm}
        if levels:
            return _names_of_table(levels, where, summary, source.name)
    if summary.values == (1,):
        message = (
            f"{source.name}: only the value 1 is labelled; if this is the mask of one vertebra, "
            "say which: --numbering level:L1"
        )
        raise LabelError(message)
    detected, notes = detect_numbering(summary, source.name)
    naming = _names_of_numbering(detected, summary, source.name)
    return replace(naming, notes=notes + naming.notes)


def _names_of_choice(choice: LevelChoice, summary: LabelSummary, name: str) -> _Naming:
    wanted = choice.values or frozenset(summary.values)
    missing = wanted - set(summary.values)
    if missing or 0 in wanted:
        shown = ", ".join(str(v) for v in sorted(missing))
        found = ", ".join(str(v) for v in summary.values)
        message = f"{name}: the values {shown} are not in the labels; present: {found}"
        raise LabelError(message)
    notes: tuple[str, ...] = ()
    if not choice.values and len(wanted) > 1:
        shown = ",".join(str(v) for v in sorted(wanted))
        text = (
            f"All values of the labels ({shown}) were taken as {choice.level}; if some are not "
            f"its bone (cement, discs), name those that are: --numbering level:{choice.level}=1,2"
        )
        notes = (text,)
    rest = [str(v) for v in summary.values if v not in wanted]
    if rest:
        notes = (f"Values other than those of {choice.level} were left out: {', '.join(rest)}.",)
    levels = dict.fromkeys(sorted(wanted), choice.level)
    return _Naming(levels=levels, source=f"level:{choice.level}", notes=notes)


def _names_of_numbering(numbering: Numbering, summary: LabelSummary, name: str) -> _Naming:
    values = summary.values
    if any(v not in numbering.levels and v not in numbering.others for v in values):
        raise LabelError(explain_values(values, numbering, name))
    levels = {v: numbering.levels[v] for v in values if v in numbering.levels}
    if not levels:
        shown = ", ".join(str(v) for v in values[:12])
        message = f"{name}: in numbering '{numbering.name}' no vertebra has the number {shown}"
        raise LabelError(message)
    return _Naming(levels=levels, source=numbering.name, notes=_describe_dropped(levels, values))


def _names_of_table(
    levels: dict[int, str], where: str, summary: LabelSummary, name: str
) -> _Naming:
    twice = {n for n in levels.values() if list(levels.values()).count(n) > 1}
    if twice:
        message = (
            f"{name}: several numbers are called {', '.join(sorted(twice))}; correct the names"
        )
        raise LabelError(message)
    return _Naming(levels=levels, source=where, notes=_describe_dropped(levels, summary.values))


def _describe_dropped(levels: dict[int, str], values: tuple[int, ...]) -> tuple[str, ...]:
    dropped = [str(v) for v in values if v not in levels]
    if not dropped:
        return ()
    shown = ", ".join(dropped[:12]) + (" ..." if len(dropped) > 12 else "")
    return (f"Labels that are no vertebra were left out: {shown}.",)


def _renumber(values: NDArray[Any], levels: dict[int, str]) -> NDArray[np.uint8]:
    table = np.zeros(int(values.max()) + 1, dtype=np.uint8)
    for value, level in levels.items():
        if value < len(table):
            table[value] = LEVEL_VALUES[level]
    return np.asarray(table[values])


def _place_on_scan(
    values: NDArray[np.uint8], grid: Grid, scan: Scan, name: str
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    if grid.matches(scan.grid, tolerance_mm=0.01):
        return values, ()
    from vertaug.numerics.interpolation import resample_nearest

    labelled = np.argwhere(values > 0)
    index = scan.grid.to_index(grid.to_world(labelled))
    inside = np.all((index > -0.5) & (index < np.array(scan.grid.shape) - 0.5), axis=1)
    share = float(inside.mean())
    if share < _LEAST_SHARE_INSIDE:
        message = (
            f"{name}: only {100 * share:.1f} % of the labelled voxels lie inside the CT; these "
            "are the labels of another patient or scan. Give the labels made from this CT"
        )
        raise LabelError(message)
    index_map = np.linalg.inv(grid.affine) @ scan.grid.affine
    moved = resample_nearest(values, index_map, scan.grid.shape).astype(np.uint8)
    text = "The labels were on another grid and were resampled to the CT (nearest voxel)"
    lost = f"; {100 * (1 - share):.0f} % of them lie outside the CT." if share < 0.995 else "."
    return moved, (text + lost,)
