"""Which images of a DICOM folder belong together, and which of them to read."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from vertaug.case.errors import ImageError
from vertaug.imaging.dicom_file import DicomFile
from vertaug.imaging.dicom_slice import DicomSlice, is_ct_image, is_overview, read_slices

_LEAST_SLICES = 3
_SEGMENTATION_MODALITIES = frozenset({"SEG", "RTSTRUCT"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DicomSeries:
    """Slices of one series with the same orientation and matrix.

    Attributes
    ----------
    key : str
        Short text by which this series is chosen.
    slices : tuple of DicomSlice
        In the order of the files.
    """

    key: str
    slices: tuple[DicomSlice, ...]

    @property
    def uid(self) -> str:
        """SeriesInstanceUID."""
        return self.slices[0].series_uid

    @property
    def description(self) -> str:
        """SeriesDescription, or a stand-in."""
        return str(self.slices[0].file.header.get("SeriesDescription", "") or "no description")

    def describe(self) -> str:
        """One line for the list from which the user chooses."""
        rows, columns = self.slices[0].shape
        thickness = self.slices[0].file.header.get("SliceThickness", None)
        kernel = self.slices[0].file.header.get("ConvolutionKernel", None)
        parts = [f"{len(self.slices)} slices of {columns} x {rows}"]
        if thickness:
            parts.append(f"{float(thickness):g} mm thick")
        if kernel:
            parts.append(f"kernel {kernel}")
        return f'series="{self.key}": {self.description}, ' + ", ".join(parts)


def find_series(
    files: tuple[DicomFile, ...], name: str
) -> tuple[tuple[DicomSeries, ...], tuple[str, ...]]:
    """Group the CT slices of many files; return the groups and what was left out.

    Raises
    ------
    ImageError
        If there is no CT image, or a file is damaged.
    """
    images = [f for f in files if is_ct_image(f)]
    volumes = [f for f in images if not is_overview(f)]
    if not volumes:
        raise ImageError(_explain_no_ct(files, images, name))
    slices = [piece for file in volumes for piece in read_slices(file)]
    groups = _group(slices)
    kept = [g for g in groups if len(g) >= _LEAST_SLICES]
    if not kept:
        message = (
            f"{name}: only {len(slices)} CT slice(s) found, a volume needs at least "
            f"{_LEAST_SLICES}; give the folder of the whole series"
        )
        raise ImageError(message)
    notes = _describe_left_out(files, images, volumes)
    stray = sum(len(g) for g in groups) - sum(len(g) for g in kept)
    if stray:
        notes += (f"{stray} single CT image(s) that form no volume were left out.",)
    return _name_groups(kept), notes


def choose_series(series: tuple[DicomSeries, ...], wanted: str | None, name: str) -> DicomSeries:
    """Return the series that was asked for, or the only one.

    Parameters
    ----------
    series : tuple of DicomSeries
        All CT series found.
    wanted : str or None
        Series number, SeriesInstanceUID, description, or a key of the list.
    name : str
        Folder or file name for messages.

    Raises
    ------
    ImageError
        If there are several and none was named, or the name fits none or several.
    """
    listing = "\n".join(f"  {s.describe()}" for s in series)
    if wanted is None:
        if len(series) == 1:
            return series[0]
        message = f"{name}: expected one CT series, found {len(series)}; choose one:\n{listing}"
        raise ImageError(message)
    exact = [s for s in series if s.key == wanted]
    named = [s for s in series if wanted in {s.uid, s.description, _number(s.slices)}]
    found = exact or named
    if len(found) == 1:
        return found[0]
    problem = f"fits {len(found)} of them" if found else "is not among them"
    message = f'{name}: series "{wanted}" {problem}; choose one:\n{listing}'
    raise ImageError(message)


def _group(slices: list[DicomSlice]) -> list[list[DicomSlice]]:
    groups: list[list[DicomSlice]] = []
    for piece in slices:
        for group in groups:
            if _belong_together(group[0], piece):
                group.append(piece)
                break
        else:
            groups.append([piece])
    return groups


def _belong_together(a: DicomSlice, b: DicomSlice) -> bool:
    return (
        a.series_uid == b.series_uid
        and a.shape == b.shape
        and bool(np.allclose(a.pixel_spacing_mm, b.pixel_spacing_mm, rtol=1e-4, atol=0.0))
        and bool(np.allclose(a.row_direction, b.row_direction, rtol=0.0, atol=2e-3))
        and bool(np.allclose(a.column_direction, b.column_direction, rtol=0.0, atol=2e-3))
    )


def _number(slices: tuple[DicomSlice, ...] | list[DicomSlice]) -> str:
    number = slices[0].file.header.get("SeriesNumber", None)
    return "" if number is None else str(number)


def _name_groups(groups: list[list[DicomSlice]]) -> tuple[DicomSeries, ...]:
    # file names must not decide which stack is called 1 and which 2
    groups = sorted(groups, key=lambda g: (_number(g), g[0].series_uid, -len(g), g[0].shape))
    numbers = Counter(_number(g) for g in groups)
    uids = Counter(g[0].series_uid for g in groups)
    seen: Counter[str] = Counter()
    named = []
    for group in groups:
        number, uid = _number(group), group[0].series_uid
        key = number
        if not number or numbers[number] > 1:
            seen[uid] += 1
            key = uid if uids[uid] == 1 else f"{uid}/{seen[uid]}"
        named.append(DicomSeries(key=key, slices=tuple(group)))
    return tuple(named)


def _describe_left_out(
    files: tuple[DicomFile, ...], images: list[DicomFile], volumes: list[DicomFile]
) -> tuple[str, ...]:
    notes: list[str] = []
    if len(images) > len(volumes):
        notes.append(f"{len(images) - len(volumes)} localizer image(s) were left out.")
    if len(files) > len(images):
        notes.append(f"{len(files) - len(images)} DICOM file(s) that are no CT were left out.")
    return tuple(notes)


def _explain_no_ct(files: tuple[DicomFile, ...], images: list[DicomFile], name: str) -> str:
    if images:
        return f"{name}: only localizer images found; give the folder of the CT slices"
    if not files:
        return (
            f"{name}: no DICOM file found; expected a folder or zip archive of CT slices, or a "
            ".nii, .nii.gz, .nrrd or .mha file"
        )
    kinds = Counter(str(f.header.get("Modality", "") or "unknown") for f in files)
    found = ", ".join(f"{count} of modality {kind}" for kind, count in sorted(kinds.items()))
    if set(kinds) <= _SEGMENTATION_MODALITIES:
        return f"{name}: expected CT images, found {found}; give that as labels, and the CT here"
    return f"{name}: expected CT images, found {found}. vertaug measures density and needs a CT"
