"""DICOM segmentation objects (binary, fractional, label map) to label images.

Layout: DICOM PS3.3 C.8.20 (Segmentation). Frames may come in any order, empty frames may be
left out, and several segments share one object.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.clinical_code import level_names
from vertaug.case.errors import ImageError, LabelError
from vertaug.case.grid import FloatArray
from vertaug.imaging.dicom_file import (
    PARSE_ERRORS,
    DicomFile,
    list_dicom_files,
    parse,
    quiet_pydicom,
)
from vertaug.imaging.dicom_slice import merge_frame, numbers, sop_class, unit_vector
from vertaug.imaging.label_name import find_level
from vertaug.imaging.numbering import LEVEL_VALUES
from vertaug.imaging.stored_image import StoredImage, check_size

_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
_LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"


def read_segmentation(path: Path) -> tuple[StoredImage, tuple[str, ...]]:
    """Read the vertebrae of a DICOM SEG file, or of the only SEG in a folder.

    Returns
    -------
    image : StoredImage
        uint8 with the values of `LEVEL_VALUES`.
    notes : tuple of str

    Raises
    ------
    ImageError
        If there is no single SEG, it is damaged or its frames are irregular.
    LabelError
        If no segment names a vertebra, or two name the same one.
    """
    with quiet_pydicom():
        return _read_only_one(path)


def _read_only_one(path: Path) -> tuple[StoredImage, tuple[str, ...]]:
    files, _ = list_dicom_files(path)
    found = [f for f in files if sop_class(f) in {_SEGMENTATION, _LABEL_MAP}]
    if len(found) != 1:
        names = ", ".join(f.name for f in found[:5]) or "none"
        message = (
            f"{path.name}: expected a label file, a folder of masks named after vertebrae "
            f"(vertebrae_L1.nii.gz) or one DICOM SEG; DICOM SEG files found: {names}"
        )
        raise ImageError(message)
    file = found[0]
    try:
        return _read(file)
    except (ImageError, LabelError):
        raise
    except PARSE_ERRORS as error:
        problem = f"the segmentation cannot be read ({error}); it is damaged or not supported"
        raise file.fail(problem) from error


def _read(file: DicomFile) -> tuple[StoredImage, tuple[str, ...]]:
    with file.open() as stream:
        dataset = parse(stream, with_pixels=True)
    levels, dropped = _levels_of_segments(dataset, file.name)
    pixels = np.asarray(dataset.pixel_array)
    pixels = pixels[None] if pixels.ndim == 2 else pixels
    frames = [merge_frame(dataset, index) for index in range(len(pixels))]
    affine, places, depth = _lay_out(frames, dataset, file)
    shape = (pixels.shape[2], pixels.shape[1], depth)
    check_size(shape, file.name)
    values = np.zeros((depth, pixels.shape[1], pixels.shape[2]), dtype=np.uint8)
    shared = 0
    for frame, place, image in zip(frames, places, pixels, strict=True):
        painted = _paint(image, frame, levels, dataset)
        shared += int(np.count_nonzero((painted > 0) & (values[place] > 0)))
        np.copyto(values[place], painted, where=(painted > 0) & (values[place] == 0))
    notes: tuple[str, ...] = ()
    if dropped:
        notes += (f"Segments that are no vertebra were left out: {', '.join(dropped[:8])}.",)
    if shared:
        notes += (f"{shared} voxels were in two segments and stayed with the first one.",)
    stored = np.transpose(values, (2, 1, 0))
    return StoredImage(values=stored, affine=affine, source_format="dicom"), notes


def _levels_of_segments(dataset: Any, name: str) -> tuple[dict[int, str], list[str]]:
    levels: dict[int, str] = {}
    dropped: list[str] = []
    for segment in dataset.SegmentSequence:
        label = str(segment.get("SegmentLabel", ""))
        level = _level_of_code(segment) or find_level(label)
        if level is None:
            dropped.append(label or "unnamed")
        elif level in levels.values():
            message = f"{name}: two segments are called {level}; keep one of them"
            raise LabelError(message)
        else:
            levels[int(segment.SegmentNumber)] = level
    if not levels:
        message = (
            f"{name}: no segment names a vertebra, by its label (L1, vertebrae_L1) or SNOMED "
            f"code; segments found: {', '.join(dropped[:8]) or 'none'}"
        )
        raise LabelError(message)
    return levels, dropped


def _level_of_code(segment: Any) -> str | None:
    codes = segment.get("SegmentedPropertyTypeCodeSequence", None)
    if not codes or str(codes[0].get("CodingSchemeDesignator", "")) != "SCT":
        return None
    return level_names().get(str(codes[0].get("CodeValue", "")))


def _paint(
    image: NDArray[Any], frame: dict[str, Any], levels: dict[int, str], dataset: Any
) -> NDArray[np.uint8]:
    """Return one frame with the values of `LEVEL_VALUES`."""
    painted = np.zeros(image.shape, dtype=np.uint8)
    if str(dataset.get("SegmentationType", "")) == "LABELMAP":
        for number, level in levels.items():
            painted[image == number] = LEVEL_VALUES[level]
        return painted
    level = levels.get(int(frame["ReferencedSegmentNumber"]), "")
    if level:
        highest = int(dataset.get("MaximumFractionalValue", 1))
        painted[2 * image.astype(np.int32) > highest] = LEVEL_VALUES[level]
    return painted


def _lay_out(
    frames: list[dict[str, Any]], dataset: Any, file: DicomFile
) -> tuple[FloatArray, list[int], int]:
    """Return the affine (column, row, slice), the slice of each frame, and the slice count."""
    cosines = numbers(frames[0]["ImageOrientationPatient"], 6)
    row, column = unit_vector(cosines[:3]), unit_vector(cosines[3:])
    normal = np.cross(row, column)
    positions = np.array([numbers(f["ImagePositionPatient"], 3) for f in frames])
    along = positions @ normal
    spacing = _slice_spacing(frames[0], along)
    lowest = int(np.argmin(along))
    places = (along - along[lowest]) / spacing
    rounded = np.rint(places).astype(int)
    travel = positions - positions[lowest]
    sideways = float(np.linalg.norm(travel - np.outer(travel @ normal, normal), axis=1).max())
    if np.abs(places - rounded).max() > 0.1 or sideways > 0.1:
        problem = (
            f"its frames do not lie on an even stack (spacing {spacing:.3f} mm, sideways up to "
            f"{sideways:.2f} mm)"
        )
        raise file.fail(problem)
    pixel = numbers(frames[0]["PixelSpacing"], 2)
    affine = np.eye(4)
    affine[:3, 0] = row * pixel[1]
    affine[:3, 1] = column * pixel[0]
    affine[:3, 2] = normal * spacing
    affine[:3, 3] = positions[lowest]
    return affine, rounded.tolist(), int(max(rounded.max() + 1, 2))


def _slice_spacing(frame: dict[str, Any], along: FloatArray) -> float:
    stated = frame.get("SpacingBetweenSlices", frame.get("SliceThickness"))
    steps = np.diff(np.unique(np.round(along, 3)))
    smallest = float(steps.min()) if steps.size else None
    if stated is not None and float(stated) > 0:
        value = float(stated)
        # the thickness may differ from the spacing; the frames themselves decide
        if smallest is None or abs(smallest / value - round(smallest / value)) < 0.05:
            return value if smallest is None or smallest > 0.5 * value else smallest
    if smallest is None:
        message = "one frame only and no slice thickness"
        raise ValueError(message)
    return smallest
