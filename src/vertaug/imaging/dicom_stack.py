"""Slices to a regular stack: order, doubles, gaps, tilt and spacing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import ImageError
from vertaug.case.grid import FloatArray
from vertaug.imaging.dicom_slice import DicomSlice

_SAME_PLACE_MM = 0.01
_TILT_LIMIT_DEG = 0.05
_TILT_TAG_LIMIT_DEG = 0.1
_SIDEWAYS_LIMIT_MM = 0.5
_GAP_FACTOR = 1.5
_SPACING_TOLERANCE = 0.1  # of the spacing
_ROUNDING_MM = 0.055  # some scanners round positions to 0.1 mm
_MANY_GAPS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Slices in order along their normal, evenly spaced.

    Attributes
    ----------
    slices : tuple of DicomSlice
        From the lowest to the highest position along the normal.
    affine : (4, 4) float64 array
        Maps (column, row, slice) to LPS mm.
    notes : tuple of str
    """

    slices: tuple[DicomSlice, ...]
    affine: FloatArray
    notes: tuple[str, ...]


def order_slices(
    slices: tuple[DicomSlice, ...], decode: Callable[[DicomSlice], NDArray[Any]], name: str
) -> Stack:
    """Sort slices by their position along the normal and check that they form a volume.

    Parameters
    ----------
    slices : tuple of DicomSlice
        One series, any order.
    decode : callable
        Returns the pixels of a slice; called only where two slices lie in the same place.
    name : str
        Folder or file name for messages.

    Raises
    ------
    ImageError
        For a tilted gantry, missing or contradicting slices, unequal spacing.
    """
    normal = slices[0].normal
    ordered = sorted(slices, key=lambda s: (float(s.position_lps_mm @ normal), s.file.name))
    unique, notes = _drop_doubles(ordered, normal, decode, name)
    if len(unique) < 3:
        message = f"{name}: only {len(unique)} different slice positions; a volume needs 3"
        raise ImageError(message)
    positions = np.array([s.position_lps_mm for s in unique])
    along = positions @ normal
    _check_gaps(along, name)
    _check_tilt(unique, positions, normal, name)
    spacing, spacing_notes = _find_spacing(along, name)
    affine = np.eye(4)
    affine[:3, 0] = unique[0].row_direction * unique[0].pixel_spacing_mm[1]
    affine[:3, 1] = unique[0].column_direction * unique[0].pixel_spacing_mm[0]
    affine[:3, 2] = normal * spacing
    affine[:3, 3] = _origin(positions, affine[:3, 2])
    return Stack(slices=tuple(unique), affine=affine, notes=notes + spacing_notes)


def _origin(positions: FloatArray, step: FloatArray) -> FloatArray:
    # the mean takes rounding evenly; where the header is exact the first slice is kept exactly
    origins = positions - np.arange(len(positions))[:, None] * step
    if np.abs(origins - origins[0]).max() < 1e-3:
        return np.asarray(origins[0])
    return np.asarray(origins.mean(axis=0))


def _drop_doubles(
    ordered: list[DicomSlice],
    normal: FloatArray,
    decode: Callable[[DicomSlice], NDArray[Any]],
    name: str,
) -> tuple[list[DicomSlice], tuple[str, ...]]:
    unique = [ordered[0]]
    differing: list[float] = []
    for piece in ordered[1:]:
        shift = piece.position_lps_mm - unique[-1].position_lps_mm
        if abs(float(shift @ normal)) > _SAME_PLACE_MM:
            unique.append(piece)
        elif np.linalg.norm(shift) > _SAME_PLACE_MM or not np.array_equal(
            decode(piece), decode(unique[-1])
        ):
            differing.append(float(piece.position_lps_mm @ normal))
    if differing:
        shown = ", ".join(f"{mm:.1f}" for mm in differing[:5])
        message = (
            f"{name}: {len(differing)} slice positions hold two different images (at {shown} mm "
            "along the stack): two phases or reconstructions in one series. Export one of them "
            "alone"
        )
        raise ImageError(message)
    count = len(ordered) - len(unique)
    if count:
        return unique, (f"{count} doubled slice(s) with the same pixels were dropped.",)
    return unique, ()


def _check_gaps(along: FloatArray, name: str) -> None:
    steps = np.diff(along)
    usual = float(np.median(steps))
    gaps = np.flatnonzero(steps > _GAP_FACTOR * usual)
    if gaps.size == 0:
        return
    if gaps.size > _MANY_GAPS * steps.size:
        raise ImageError(_explain_unequal(steps, name))
    lost = np.rint(steps[gaps] / usual).astype(int) - 1
    if np.any(np.abs(steps[gaps] / usual - lost - 1) > 0.2):
        raise ImageError(_explain_unequal(steps, name))
    places = ", ".join(
        f"{count} between {along[index]:.1f} and {along[index + 1]:.1f} mm"
        for index, count in zip(gaps[:5], lost[:5], strict=True)
    )
    message = (
        f"{name}: {int(lost.sum())} slice(s) are missing along the stack ({places}; the slice "
        f"spacing is {usual:.3g} mm). Export or copy the series again"
    )
    raise ImageError(message)


def _explain_unequal(steps: FloatArray, name: str) -> str:
    return (
        f"{name}: the slices are not evenly spaced: distances from {steps.min():.3f} to "
        f"{steps.max():.3f} mm, usually {float(np.median(steps)):.3f} mm. Give an evenly "
        "reconstructed series"
    )


def _check_tilt(
    slices: list[DicomSlice], positions: FloatArray, normal: FloatArray, name: str
) -> None:
    travel = positions - positions[0]
    along = travel @ normal
    sideways = travel - along[:, None] * normal
    slope = along @ sideways / float(along @ along)
    jump = float(np.linalg.norm(sideways - np.outer(along, slope), axis=1).max())
    if jump > _SIDEWAYS_LIMIT_MM:
        message = (
            f"{name}: slices are shifted sideways by up to {jump:.1f} mm against each other. "
            "Give a series reconstructed with one centre"
        )
        raise ImageError(message)
    angle = float(np.degrees(np.arctan(np.linalg.norm(slope))))
    remedy = (
        "Positions in a tilted stack are sheared and vertaug does not resample them; ask for a "
        "reconstruction without tilt, or correct it (for example dcm2niix, 3D Slicer)"
    )
    if angle > _TILT_LIMIT_DEG:
        message = (
            f"{name}: the gantry was tilted: the slices drift {angle:.1f} degrees away from "
            f"their normal. {remedy}"
        )
        raise ImageError(message)
    tag = slices[0].file.header.get("GantryDetectorTilt", None)
    tilt = 0.0 if tag is None or tag == "" else float(tag)
    if abs(tilt) > _TILT_TAG_LIMIT_DEG:
        message = (
            f"{name}: the header says the gantry was tilted by {tilt:.1f} degrees, but the slice "
            f"positions do not show it, so the geometry cannot be trusted. {remedy}"
        )
        raise ImageError(message)


def _find_spacing(along: FloatArray, name: str) -> tuple[float, tuple[str, ...]]:
    number = np.arange(len(along))
    spacing = float((along[-1] - along[0]) / (len(along) - 1))
    error = float(np.abs(along - along[0] - number * spacing).max())
    if error <= 1e-3:
        return spacing, ()
    spacing, first = (float(v) for v in np.polyfit(number, along, 1))
    error = float(np.abs(along - first - number * spacing).max())
    if error > max(_SPACING_TOLERANCE * spacing, _ROUNDING_MM):
        raise ImageError(_explain_unequal(np.diff(along), name))
    note = (
        f"Slice positions are up to {error:.3f} mm off an even spacing of {spacing:.4f} mm "
        "(rounded in the header); the even spacing was used."
    )
    return spacing, (note,)
